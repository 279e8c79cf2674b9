"""Memory that is free, given back to the system."""

import ctypes
import sys

import pyarrow as pa


def give_back() -> None:
    """Give back to the system what allocators keep of memory that was let go.

    They keep it for what comes next; but a book of millions of rows is understood in steps of other
    sizes each, and what is kept of all of them would be twice what any of them needs.
    """
    pa.default_memory_pool().release_unused()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # of the GNU C library
        if trim is not None:
            trim(0)
