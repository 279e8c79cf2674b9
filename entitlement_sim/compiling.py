"""Compiling the loops, and keeping what was compiled.

Numba renews a cached kernel only when the kernel's own file changes, not when a function that it
calls does. So the cache lives in a folder named after the source of all rooms that kernels are made
of: when a rule changes, the folder changes.
"""

import contextlib
import functools
import gc
import hashlib
import inspect
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numba
import numpy as np
from numba.extending import register_jitable

from .caching import cache_root

Function = TypeVar("Function", bound=Callable[..., Any])

# Whole numbers of kernels are of this type at run time, and of one type on every branch, as Numba
# wants them. They are annotated as `int`, which they stand for, so mypy takes the type for that.
if TYPE_CHECKING:
    int64 = int
else:
    int64 = np.int64

#: Rooms whose functions kernels are made of.
_ROOMS = ("rules", "population", "engine")
#: Folders of kernels that stay however old they are.
_MOST_FOLDERS = 4
#: Seconds of a day.
_DAY = 24 * 60 * 60
_LEAN: dict[str, Any] = {"_nrt": False, "error_model": "numpy", "no_cfunc_wrapper": True}


@functools.cache
def cache_folder() -> Path:
    """Folder for kernels compiled from the source as it is now, where it is now."""
    package = Path(__file__).resolve().parent
    # Numba uses no kernel that was compiled from another place.
    digest = hashlib.sha256(f"{numba.__version__} {sys.version} {package}".encode())
    for room in _ROOMS:
        for file in sorted((package / room).glob("*.py")):
            digest.update(f"{room}/{file.name}".encode())
            digest.update(file.read_bytes())
    digest.update(Path(__file__).read_bytes())
    return cache_root() / digest.hexdigest()[:16]


def is_compiled() -> bool:
    """Whether the kernels have been compiled on this machine already."""
    return any(cache_folder().rglob("*.nbc"))


def forget_old_kernels() -> None:
    """Remove the kernels of other sources, except the few that were used last.

    Those used within a day stay, however many they are: checkouts of the package may be in use side
    by side.
    """
    own = cache_folder()
    if own.is_dir():
        os.utime(own)  # a folder's time says when it was used last
    last_uses = {
        folder: folder.stat().st_mtime
        for folder in cache_root().glob("?" * len(own.name))
        if folder.is_dir()
    }
    by_last_use = sorted(last_uses, key=lambda folder: last_uses[folder], reverse=True)
    for folder in by_last_use[_MOST_FOLDERS:]:
        if folder != own and last_uses[folder] < time.time() - _DAY:
            shutil.rmtree(folder, ignore_errors=True)


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
    config: Any = numba.config
    before = config.CACHE_DIR
    config.CACHE_DIR = str(cache_folder())
    try:
        compiled: Function = numba.njit(cache=True, nogil=True, forceinline=False, **_LEAN)(
            function
        )
        return compiled
    finally:
        config.CACHE_DIR = before


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


def part(function: Function) -> Function:
    """Let kernels call a function, as if it stood where it is called.

    Called from Python, or with ``NUMBA_DISABLE_JIT=1``, it stays ordinary Python. Such a function
    makes no arrays: it works in those that it is given, so that nobody need count references to
    them, which would take more time than the work. To hand a dozen arrays over takes time too,
    hence the inlining.
    """
    return register_jitable(forceinline=True, **_LEAN)(function)


def written_out(function: Function) -> Function:
    """Let kernels use a function whose body then stands in theirs, before types are inferred.

    For answers that compiled functions cannot return, such as tuples of records.
    """
    return register_jitable(inline="always", **_LEAN)(function)


def rare_part(function: Function) -> Function:
    """Let kernels call a function that is not worth the time of compiling it again at each call."""
    return register_jitable(forceinline=False, **_LEAN)(function)


def compile_rules(*modules: Any) -> None:
    """Let kernels call every function of these modules of the rulebook."""
    for module in modules:
        for function in vars(module).values():
            if inspect.isfunction(function) and function.__module__ == module.__name__:
                part(function)
