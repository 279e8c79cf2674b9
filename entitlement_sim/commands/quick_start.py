"""Saves a small run half a second."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

#: Numba loads these where they are installed: linear algebra, which no kernel uses, and the
#: measuring of what tests reach, which it can only do while compiling.
_UNUSED = ("scipy.linalg.cython_blas", "scipy.linalg.cython_lapack", "coverage")


@contextmanager
def numba_alone() -> Iterator[None]:
    """Let Numba start as if nothing else were installed; whoever asks later finds everything."""
    hidden = [name for name in _UNUSED if name not in sys.modules]
    # Python answers an import of what stands here as None with ImportError.
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
