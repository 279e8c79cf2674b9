"""Parts of kernels: typed and lowered on their own, made machine code of where they are called.

Numba optimises each compiled function and makes machine code of it, also of those that only
compiled functions call, and with all that they call in them. Parts are written into their callers
anyway, which are optimised then: what is nested ten deep would be optimised ten times. So a part
stays the intermediate code that a kernel is put together from, and only the kernel is optimised and
becomes machine code. That takes a third of the time off compiling.
"""

from typing import Any

from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler


class _NoMachineCode:
    """Numba's code generator, to which nothing is handed over to be run."""

    def __init__(self, generator: Any) -> None:
        self._generator = generator

    def __getattr__(self, name: str) -> Any:
        return getattr(self._generator, name)

    def _add_module(self, module: Any) -> None:
        """Leave a module out of what is run."""

    def set_env(self, name: str, environment: Any) -> None:
        """Let what is not run know nothing of Python's objects, as no part does."""


class _PartLibrary(JITCodeLibrary):
    """The intermediate code of one part, with that of the parts that it calls."""

    def _optimize_final_module(self) -> None:
        """Leave it to the kernel."""

    def _finalize_specific(self) -> None:
        """Make no machine code."""


class PartCompiler(Compiler):
    """Numba's compiler, for what is called by compiled functions alone."""

    def define_pipelines(self) -> Any:
        """Return Numba's own passes, which fill a library of ours."""
        state = self.state
        if state.library is None:
            generator = _NoMachineCode(state.targetctx.codegen())
            state.library = _PartLibrary(generator, state.func_id.func_qualname)
        return super().define_pipelines()
