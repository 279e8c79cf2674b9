"""Compiling the loops, and keeping what was compiled.

Numba renews a cached kernel only when the kernel's own file changes, not when a function that it
calls does. So the cache lives in a folder named after the source of all rooms that kernels are made
of: when a rule changes, the folder changes.
"""

import functools
import hashlib
import inspect
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core import config
from numba.extending import register_jitable

Function = TypeVar("Function", bound=Callable[..., Any])

_ROOMS = ("rules", "population", "engine", "store")
_KEPT = 4


def cache_root() -> Path:
    """Folder that holds the compiled kernels of all versions.

    ``ENTITLEMENT_SIM_CACHE`` names another place for it.
    """
    chosen = os.environ.get("ENTITLEMENT_SIM_CACHE")
    if chosen:
        return Path(chosen)
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA", str(Path.home() / "AppData" / "Local"))
    else:
        base = os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))
    return Path(base) / "entitlement_sim"


@functools.cache
def cache_folder() -> Path:
    """Folder for kernels compiled from the source as it is now."""
    package = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256(f"{numba.__version__} {sys.version}".encode())
    for room in _ROOMS:
        for file in sorted((package / room).glob("*.py")):
            digest.update(file.name.encode())
            digest.update(file.read_bytes())
    return cache_root() / digest.hexdigest()[:16]


def is_compiled() -> bool:
    """Whether the kernels have been compiled on this machine already."""
    return any(cache_folder().rglob("*.nbc"))


def forget_old_kernels() -> None:
    """Remove the kernels of older sources, except the few that were used last."""
    root = cache_root()
    folders = [folder for folder in root.glob("*") if folder.is_dir() and len(folder.name) == 16]
    folders.sort(key=lambda folder: folder.stat().st_mtime, reverse=True)
    for folder in folders[_KEPT:]:
        if folder != cache_folder():
            shutil.rmtree(folder, ignore_errors=True)


def kernel(function: Function) -> Function:
    """Compile a function that is called from Python: cached, and free of the interpreter lock."""
    before = config.CACHE_DIR
    config.CACHE_DIR = str(cache_folder())
    try:
        compiled: Any = numba.njit(
            cache=True, nogil=True, _nrt=False, error_model="numpy", forceinline=True
        )(function)
    finally:
        config.CACHE_DIR = before
    return cast(Function, compiled)


def part(function: Function) -> Function:
    """Let kernels call a function; called from Python it stays ordinary Python.

    Such a function makes no arrays: it works in those that it is given, so that nobody need count
    references to them, which would take more time than the work.
    """
    return cast(
        Function, register_jitable(_nrt=False, error_model="numpy", forceinline=True)(function)
    )


def compile_rules(*modules: Any) -> None:
    """Let kernels call every function of these modules of the rulebook."""
    for module in modules:
        for function in vars(module).values():
            if inspect.isfunction(function) and function.__module__ == module.__name__:
                register_jitable(_nrt=False, error_model="numpy", forceinline=True)(function)
