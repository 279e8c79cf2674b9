"""Files and folders that appear at their place whole or not at all."""

import errno
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from .exchange import exchange
from .names import MOST_BYTES
from .workshop import Workshop, clear_leftovers, workshop


class PlacingError(Exception):
    """Something cannot be put where it was wanted; the message says why and what to do."""


class NotOursError(PlacingError):
    """What is at a place may not be replaced, for a reason."""

    def __init__(self, place: Path, reason: str) -> None:
        super().__init__(f"{place} is not ours to replace; move it away: {reason}")
        self.reason = reason


class UnwritableError(PlacingError):
    """A place cannot be written, for a reason."""

    def __init__(self, place: Path, error: OSError) -> None:
        self.reason = str(error.strerror or error)
        super().__init__(f"cannot write {place}: {self.reason}")


#: Says why a folder may not be replaced; None if it may.
Objection = Callable[[Path], str | None]

_Listing = list[tuple[str, int]]


@contextmanager
def new_folder(place: Path, objection: Objection | None = None) -> Iterator[Path]:
    """Give a hidden folder to fill; at the end it is `place`, whole.

    Parameters
    ----------
    place : path
        Where the folder shall be. What is missing above it is made.
    objection : callable, optional
        Says of a folder why it may not be replaced. Without one, nothing is replaced.

    Raises
    ------
    FileExistsError
        Something is at `place` already, and nothing may be replaced.
    PlacingError
        What is at `place` may not be replaced, or the folder above it cannot be written.
    """
    _check_replaceable(place, objection)
    with _working(place) as shop:
        made = shop.new / place.name
        made.mkdir()
        yield made
        _sync(made)
        _publish_folder(shop, made, place, objection)


@contextmanager
def new_file(place: Path) -> Iterator[Path]:
    """Give the hidden path of a file to write; at the end it is `place`, whole.

    A regular file there is replaced; where a link leads to one, that one is.

    Raises
    ------
    PlacingError
        What is at `place` is no file that could be replaced, or it cannot be written.
    """
    target = check_file_place(place)
    with _working(target) as shop:
        made = shop.new / target.name
        yield made
        put_file(made, target)


def put_file(made: Path, place: Path) -> None:
    """Move a whole file to its place, in the place of one that is there.

    Raises
    ------
    OSError
        It cannot be moved there.
    """
    _sync_file(made)
    made.replace(place)
    _sync_folder(place.parent)


def new_files(contents: Mapping[str, bytes], folder: Path) -> None:
    """Write files into a folder, all or none of them, and none in the place of another.

    Raises
    ------
    FileExistsError
        A file of one of these names exists.
    PlacingError
        They cannot be written; the message names the file.
    """
    # A command that was killed may have left its workshop within the folder or beside it.
    _check_links(folder)
    clear_leftovers(folder)
    if not os.path.lexists(folder):
        with new_folder(folder) as made:
            _write_all(contents, made, folder)
        return
    clear_leftovers(folder.parent)
    with _working(folder / next(iter(contents), "")) as shop:
        _write_all(contents, shop.new, folder)
        _sync(shop.new)
        inodes = {name: _inode(shop.new / name) for name in contents}
        try:
            for name in contents:
                _put_beside(shop.new / name, folder / name)
            _sync_folder(folder)
        except BaseException:
            for name, inode in inodes.items():
                with suppress(FileNotFoundError):
                    if _inode(folder / name) == inode:
                        (folder / name).unlink()
            raise


def check_file_place(place: Path) -> Path:
    """Return where a file at `place` goes, links followed.

    Raises
    ------
    PlacingError
        What is there is no file that could be replaced, the name is too long, or what stands
        above it is no folder.
    """
    if len(os.fsencode(place.name)) > MOST_BYTES:
        raise PlacingError(
            f"{place}: this name takes more than {MOST_BYTES} bytes; name a shorter one"
        )
    _check_links(place.parent)
    above = next(filter(os.path.exists, place.parents), place.parent)
    if not above.is_dir():
        raise UnwritableError(place, NotADirectoryError(errno.ENOTDIR, f"{above} is no folder"))
    if not os.path.lexists(place):
        return place
    _check_links(place)
    if not place.is_file():
        raise PlacingError(f"{place} is no file that could be replaced; name another")
    return place.resolve() if place.is_symlink() else place


# ------------------------------------------------------------------------- what may be replaced


def _check_replaceable(place: Path, objection: Objection | None) -> _Listing:
    """Return what is at a place, if that may be replaced or nothing is there."""
    _check_links(place.parent)
    while True:
        listing = _listing(place)
        if not os.path.lexists(place):
            return listing
        if objection is None:
            _check_links(place)
            raise _exists(place)
        reason = objection(place)
        if reason is None:
            return listing
        # It may have been replaced while it was being looked at.
        if _listing(place) == listing:
            raise NotOursError(place, reason)


def _exists(place: Path) -> FileExistsError:
    return FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(place))


def _check_links(place: Path) -> None:
    """Tell of a link that leads nowhere, at a place or above it."""
    for path in (place, *place.parents):
        if path.is_symlink() and not path.exists():
            raise PlacingError(f"{path} is a link that leads nowhere; remove it, or name another")


# ------------------------------------------------------------------------- moving to the place


def _publish_folder(shop: Workshop, made: Path, place: Path, objection: Objection | None) -> None:
    while True:
        checked = _check_replaceable(place, objection)
        if os.path.lexists(place):
            if exchange(made, place):
                reason = _late_objection(made, checked, objection)
                if reason is not None:
                    exchange(made, place)
                    raise NotOursError(place, reason)
                break
            # What another process has published under this name meanwhile is replaced as well.
            shop.settle_old()
            replaced = shop.old / place.name
            with suppress(FileNotFoundError):
                place.rename(replaced)
                reason = _late_objection(replaced, checked, objection)
                if reason is not None:
                    raise NotOursError(place, reason)
        try:
            made.rename(place)
        except OSError:
            if os.path.lexists(made) and os.path.lexists(place):
                continue
            raise
        break
    _sync_folder(place.parent)


def _late_objection(replaced: Path, checked: _Listing, objection: Objection | None) -> str | None:
    """Return why what was at a place may not go; somebody may just have put something there."""
    if objection is None or _listing(replaced) == checked:
        return None
    return objection(replaced)


def _listing(folder: Path) -> _Listing:
    """Return what is in a folder, to see whether that is still the same."""
    with suppress(OSError), os.scandir(folder) as entries:
        return sorted((entry.name, entry.inode()) for entry in entries)
    return []


def _put_beside(made: Path, place: Path) -> None:
    """Give a file its place, where nothing may be."""
    try:
        os.link(made, place)
    except FileExistsError:
        raise _exists(place) from None
    except OSError:  # a file system without a second name for a file
        if os.path.lexists(place):
            raise _exists(place) from None
        made.rename(place)


def _inode(file: Path) -> tuple[int, int]:
    status = file.lstat()
    return status.st_dev, status.st_ino


# ------------------------------------------------------------------------- writing


@contextmanager
def _working(place: Path) -> Iterator[Workshop]:
    """Give a workshop beside `place`; of what cannot be written, name the place."""
    home = place.parent
    shop: Workshop | None = None
    try:
        with workshop(home) as shop:
            try:
                yield shop
            except Exception:
                if shop.is_gone():
                    raise PlacingError(_gone(home)) from None
                raise
    except OSError as error:
        if shop is None or _is_within(error.filename, shop.path):
            raise UnwritableError(place, error) from None
        raise


def _gone(home: Path) -> str:
    return f"{'what was made in ' if home.is_dir() else ''}the folder {home} has gone"


def _is_within(name: object, folder: Path) -> bool:
    return name is None or str(name).startswith(str(folder))


def _write_all(contents: Mapping[str, bytes], made: Path, folder: Path) -> None:
    for name, content in contents.items():
        try:
            (made / name).write_bytes(content)
        except OSError as error:
            raise PlacingError(
                f"{folder / name}: {error.strerror or error}; nothing was written"
            ) from None


def _sync(folder: Path) -> None:
    """See to it that the files of a folder are on the disk, not only on their way there."""
    for file in folder.iterdir():
        _sync_file(file)
    _sync_folder(folder)


def _sync_file(file: Path) -> None:
    if not stat.S_ISREG(file.lstat().st_mode):
        raise PlacingError(f"{file.name} is no file")
    handle = os.open(file, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sync_folder(folder: Path) -> None:
    with suppress(OSError):  # Windows and some file systems keep folders in order themselves
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
