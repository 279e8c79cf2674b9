"""Saves a small run half a second, and a page a second and a half."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

#: Numba loads these where they are installed: linear algebra, which no kernel uses, and the
#: measuring of what tests reach, which it can only do while compiling.
_UNUSED = ("scipy.linalg.cython_blas", "scipy.linalg.cython_lapack", "coverage")

#: What checks notebooks builds grammars of addresses with this where it is installed; no notebook
#: has such an address.
_GRAMMARS: Final = "rfc3987_syntax"


def without_grammars() -> None:
    """Let this process build no grammars of addresses, whoever asks for them."""
    sys.modules.setdefault(_GRAMMARS, None)  # type: ignore[arg-type]


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
