"""A run appears whole or not at all.

It grows in a hidden folder beside its place and gets its name by one rename. The folder is locked
while its process lives, so what a killed process left behind is told from work in progress by
trying the lock; the next run clears it away.
"""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .errors import RunError

try:
    import fcntl
except ImportError:  # Windows: an open database cannot be deleted, which is lock enough
    fcntl = None  # type: ignore[assignment]

DATABASE = "run.duckdb"
MANIFEST = "manifest.json"

_PARTIAL = ".partial"
_REPLACED = ".replaced"


def check_name(name: str) -> str:
    """Return `name` if it can be a run's.

    Raises
    ------
    RunError
        It is empty, hidden or no plain name of a folder.
    """
    fits = 0 < len(name) <= 128 and not name.startswith(".") and name.isprintable()
    if not fits or any(sign in name for sign in '/\\:*?"<>|'):
        raise RunError(
            f"'{name}' cannot be the name of a run; use letters, digits, '-', '_' and '.', "
            "beginning with none of the last"
        )
    return name


@contextmanager
def building(out: Path, name: str, *, overwrite: bool = False) -> Iterator[Path]:
    """Give a hidden folder to build a run in, and publish it as ``out / name`` at the end.

    Whatever interrupts the building, nothing of it stays; with `overwrite` the old run of that
    name stays until the new one is whole.

    Raises
    ------
    RunError
        A run of that name exists, or `out` cannot be written.
    """
    place = out / check_name(name)
    if place.exists() and not overwrite:
        raise _exists(place)
    try:
        out.mkdir(parents=True, exist_ok=True)
        partial, lock = _locked_partial(out, name)
    except OSError as error:
        raise RunError(f"cannot write a run into {out}: {error.strerror or error}") from None
    try:
        yield partial
        _publish(partial, place, overwrite=overwrite)
    finally:
        _unlock(lock)
        shutil.rmtree(partial, ignore_errors=True)


def clear_leftovers(out: Path) -> None:
    """Remove what killed processes left in `out`; put back a run that was being replaced."""
    for folder in out.glob(f".*{_PARTIAL}"):
        if not _is_alive(folder):
            shutil.rmtree(folder, ignore_errors=True)
    for folder in out.glob(f".*{_REPLACED}"):
        place = out / folder.name[1:].removesuffix(_REPLACED)
        if place.exists():
            shutil.rmtree(folder, ignore_errors=True)
        else:
            folder.rename(place)


def _exists(place: Path) -> RunError:
    return RunError(
        f"the run {place} exists already; give it another name (--name) or replace it (--overwrite)"
    )


def _locked_partial(out: Path, name: str) -> tuple[Path, int | None]:
    """Make and lock a hidden folder, one process after the other, and clear leftovers."""
    with _turn(out):
        clear_leftovers(out)
        partial = out / f".{name}.{os.getpid()}-{secrets.token_hex(4)}{_PARTIAL}"
        partial.mkdir()
        return partial, _lock(partial)


def _publish(partial: Path, place: Path, *, overwrite: bool) -> None:
    with _turn(place.parent):
        if overwrite and place.exists():
            replaced = place.parent / f".{place.name}{_REPLACED}"
            place.rename(replaced)
            partial.rename(place)
            shutil.rmtree(replaced, ignore_errors=True)
            return
        try:
            partial.rename(place)
        except OSError:
            if place.exists():
                raise _exists(place) from None
            raise


@contextmanager
def _turn(out: Path) -> Iterator[None]:
    """Let one process at a time look at and rename what is in `out`."""
    lock = _lock(out, wait=True)
    try:
        yield
    finally:
        _unlock(lock)


def _lock(folder: Path, *, wait: bool = False) -> int | None:
    """Lock a folder until :func:`_unlock` or the end of the process; None where that is impossible.

    Raises
    ------
    BlockingIOError
        Another process holds it, and `wait` is false.
    """
    if fcntl is None:
        return None
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        os.close(handle)
        raise
    except OSError:  # a file system without such locks
        os.close(handle)
        return None
    return handle


def _unlock(lock: int | None) -> None:
    if lock is not None:
        os.close(lock)


def _is_alive(partial: Path) -> bool:
    """Whether a process still builds in this folder; where nobody can tell, it does."""
    if fcntl is None:
        with suppress(FileNotFoundError):
            try:
                (partial / DATABASE).unlink()
            except PermissionError:
                return True
        return False
    try:
        lock = _lock(partial)
    except OSError:
        return True
    _unlock(lock)
    return lock is None
