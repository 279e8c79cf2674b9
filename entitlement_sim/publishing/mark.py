"""The mark of folders that may be removed: a file that names the folder in which it lies."""

from pathlib import Path
from typing import Final

from .folder import OpenFolder

#: Name of the file.
MARK: Final = "entitlement-sim.mark"

#: Beyond this, a file is no mark.
MARK_ROOM: Final = 4096


def mark_text(folder: str) -> bytes:
    """Return what the mark of a folder of that name says."""
    return f"{folder} was made by entitlement-sim, which may remove it with all in it.\n".encode()


def mark_folder(folder: Path) -> None:
    """Make a folder and mark it, before anything else is in it.

    A folder that holds something already stays without a mark, as it may be somebody's.

    Raises
    ------
    OSError
        The folder cannot be made or written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not any(folder.iterdir()):
        try:
            with (folder / MARK).open("xb") as mark:
                mark.write(mark_text(folder.name))
        except FileExistsError:  # another process does the same
            return
        except OSError:
            (folder / MARK).unlink()
            raise


def bears_mark(folder: Path) -> bool:
    """Whether a folder, no link to one, was marked under the name that it has."""
    mark = folder / MARK
    try:
        if folder.is_symlink() or mark.is_symlink() or not mark.is_file():
            return False
        with mark.open("rb") as file:
            return file.read(MARK_ROOM) == mark_text(folder.name)
    except OSError:
        return False


def remove_marked(folder: Path) -> None:
    """Remove a folder that bears the mark: the mark last, so that what is left of it bears it.

    Raises
    ------
    OSError
        It cannot be removed.
    """
    parent = OpenFolder(folder.parent)
    opened = parent.folder(folder.name)
    try:
        for name in opened.names():
            if name != MARK:
                opened.remove_all(name)
        opened.remove_file(MARK)
        parent.remove_empty(folder.name)
    finally:
        opened.close()
        parent.close()
