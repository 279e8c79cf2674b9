"""What is kept between runs: compiled kernels, and what else is worth keeping.

Numba renews a cached kernel only when the kernel's own file changes, not when a function that it
calls does. So the cache lives in a folder named after the source of all rooms that kernels are made
of: when a rule changes, the folder changes. It is a convenience: what cannot be used is thrown away
and made anew, and where nothing can be kept, everything is made each time.
"""

import functools
import hashlib
import io
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import numba
from numba.core.caching import FunctionCache, IndexDataCacheFile

from ..caching import cache_root, long_unused
from ..publishing.mark import bears_mark, mark_folder, remove_marked
from ..publishing.placing import PlacingError, new_file

#: Rooms whose functions kernels are made of, and the one that compiles them.
_ROOMS: Final = ("compiling", "rules", "population", "engine")
#: Folders of kernels that stay however old they are.
_MOST_FOLDERS: Final = 4
#: Bytes of the digest at the end of each file.
_DIGEST: Final = 32


@functools.cache
def cache_folder() -> Path:
    """Folder for kernels compiled from the source as it is now, where it is now."""
    package = Path(__file__).resolve().parents[1]
    # Numba uses no kernel that was compiled from another place.
    digest = hashlib.sha256(f"{numba.__version__} {sys.version} {package}".encode())
    for room in _ROOMS:
        for file in sorted((package / room).glob("*.py")):
            digest.update(f"{room}/{file.name}".encode())
            digest.update(file.read_bytes())
    return cache_root() / digest.hexdigest()[:16]


@functools.cache
def objection_to_caching() -> str | None:
    """Return why nothing can be kept in the folder for kernels, or None if something can."""
    try:
        mark_folder(cache_folder())
        tempfile.TemporaryFile(dir=cache_folder()).close()
    except OSError as error:
        return str(error.strerror or error)
    return None


def forget_old_kernels() -> None:
    """Remove the kernels of other sources, except the few that were used last.

    Those used within a day stay, however many they are: checkouts of the package may be in use side
    by side. Only folders that bear the package's mark are looked at.
    """
    own = cache_folder()
    with suppress(OSError):
        os.utime(own)  # a folder's time says when it was used last
    marked = []
    for folder in cache_root().glob("?" * len(own.name)):
        with suppress(OSError):
            if bears_mark(folder):
                marked.append(folder)
    for folder in long_unused(marked, _MOST_FOLDERS):
        if folder != own:
            with suppress(OSError):
                remove_marked(folder)


def cache_kernel(compiled: Any) -> None:
    """Let a compiled function be kept, if anything can be."""
    if objection_to_caching() is not None:
        return
    config: Any = numba.config
    before = config.CACHE_DIR
    config.CACHE_DIR = str(cache_folder())
    try:
        compiled._cache = _KernelCache(compiled.py_func)
    finally:
        config.CACHE_DIR = before


class _KernelFiles(IndexDataCacheFile):
    """Numba's files of a kernel, each with its digest at the end, which Numba does not read.

    To load a damaged one could end the process or, worse, compute something else.
    """

    def load(self, key: Any) -> Any:
        """Return what is kept for a signature; None if nothing is that can be used."""
        _discard_if_damaged(Path(self._index_path))
        return super().load(key)

    def save(self, key: Any, data: Any) -> None:
        """Keep something for a signature."""
        _discard_if_damaged(Path(self._index_path))
        super().save(key, data)

    def _load_data(self, name: str) -> Any:
        # Of a file that is not there, Numba makes another.
        _discard_if_damaged(Path(self._data_path(name)))
        return super()._load_data(name)

    @contextmanager
    def _open_for_write(self, filepath: str) -> Iterator[io.BytesIO]:
        buffer = io.BytesIO()
        yield buffer
        content = buffer.getvalue()
        with new_file(Path(filepath)) as made:
            made.write_bytes(content + hashlib.sha256(content).digest())


class _KernelCache(FunctionCache):
    """Numba's cache of one kernel, without which everything goes on."""

    def __init__(self, function: Any) -> None:
        super().__init__(function)
        files = self._cache_file
        self._cache_file = _KernelFiles(
            cache_path=self._cache_path,
            filename_base=self._impl.filename_base,
            source_stamp=files._source_stamp,
        )

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return a compiled signature; None if it has to be compiled."""
        with suppress(OSError):
            return super().load_overload(sig, target_context)
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep a compiled signature, if that can be done."""
        with suppress(OSError, PlacingError):
            super().save_overload(sig, data)


def _discard_if_damaged(file: Path) -> None:
    """Remove a file whose digest is not that of its content."""
    with suppress(FileNotFoundError):
        try:
            content = file.read_bytes()
        except OSError:
            content = b""
        digest = hashlib.sha256(content[:-_DIGEST]).digest()
        if len(content) < _DIGEST or digest != content[-_DIGEST:]:
            file.unlink()
