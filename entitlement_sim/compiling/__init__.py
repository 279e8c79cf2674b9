"""Compiling the loops; ``parts.py`` puts them together, ``cache.py`` keeps what was compiled."""

import contextlib
import gc
import inspect
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import numba
import numpy as np
from numba.core.compiler import Compiler
from numba.core.dispatcher import Dispatcher
from numba.core.event import Event, Listener, register
from numba.extending import register_jitable

from ..announcing import begin_compiling, end_compiling
from .cache import cache_folder, cache_kernel, objection_to_caching

Function = TypeVar("Function", bound=Callable[..., Any])

# Whole numbers of kernels are of this type at run time, and of one type on every branch, as Numba
# wants them. They are annotated as `int`, which they stand for, so mypy takes the type for that.
if TYPE_CHECKING:
    int64 = int
else:
    int64 = np.int64

_LEAN: dict[str, Any] = {"_nrt": False, "error_model": "numpy", "no_cfunc_wrapper": True}


def record_type(fields: Any) -> np.dtype[Any]:
    """Return the type of records with these fields, laid out as compiled code likes them.

    Fields are attributes (``case.state``) in compiled code and, since the records are of type
    ``numpy.record``, in plain Python too. No field may have the name of one of that type's own
    attributes, such as ``shape`` or ``size``.
    """
    layout = np.dtype(fields, align=True)
    taken = sorted(name for name in layout.names or () if hasattr(np.record, name))
    if taken:
        raise ValueError(f"a record cannot have a field named {', '.join(taken)}")
    return np.dtype((np.record, layout))


def kernel(function: Function) -> Function:
    """Compile a function that is called from Python: cached, and free of the interpreter lock."""
    compiled: Function = numba.njit(nogil=True, forceinline=False, **_LEAN)(function)
    if isinstance(compiled, Dispatcher):
        cache_kernel(compiled)
    return compiled


class _Announcing(Listener):
    """Hears of what Numba compiles; of what it loads, or has compiled, it does not tell."""

    def on_start(self, event: Event) -> None:
        """Say what is compiled."""
        reason = objection_to_caching()
        unkept = reason and (
            f"in {cache_folder()} nothing can be kept ({reason}); the variable "
            "ENTITLEMENT_SIM_CACHE names another folder"
        )
        begin_compiling(_name_of(event), unkept)

    def on_end(self, event: Event) -> None:
        """Say that it is compiled."""
        end_compiling(_name_of(event))


def _name_of(event: Event) -> str:
    function = event.data["dispatcher"].py_func
    return f"{function.__module__}.{function.__qualname__}"


register("numba:compile", _Announcing())


@contextlib.contextmanager
def quiet_compilation() -> Iterator[None]:
    """Compile without the garbage collector, which would look through all of it again and again."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _compiler_of_parts() -> type[Compiler]:
    """Return what compiles parts: Numba's own where its inside is not as ours expects, slower."""
    try:
        from .parts import PartCompiler
    except ImportError:
        return Compiler
    return PartCompiler


_COMPILER = _compiler_of_parts()


def part(function: Function) -> Function:
    """Let kernels call a function, as if it stood where it is called.

    Called from Python, or with ``NUMBA_DISABLE_JIT=1``, it stays ordinary Python. Such a function
    makes no arrays: it works in those that it is given, so that nobody need count references to
    them, which would take more time than the work. To hand a dozen arrays over takes time too,
    hence the inlining.
    """
    return register_jitable(forceinline=True, pipeline_class=_COMPILER, **_LEAN)(function)


def written_out(function: Function) -> Function:
    """Let kernels use a function whose body then stands in theirs, before types are inferred.

    For answers that compiled functions cannot return, such as tuples of records.
    """
    return register_jitable(inline="always", **_LEAN)(function)


def rare_part(function: Function) -> Function:
    """Let kernels call a function that is not worth the time of compiling it again at each call."""
    return register_jitable(forceinline=False, pipeline_class=_COMPILER, **_LEAN)(function)


def compile_rules(*modules: Any) -> None:
    """Let kernels call every function of these modules of the rulebook."""
    for module in modules:
        for function in vars(module).values():
            if inspect.isfunction(function) and function.__module__ == module.__name__:
                part(function)
