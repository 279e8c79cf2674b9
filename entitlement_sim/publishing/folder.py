"""A folder that is found again wherever it is moved, and never left through a link."""

import os
import shutil
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any


class OpenFolder:
    """A folder by its handle; on Windows, where nobody can move a folder in use, by its path.

    Raises
    ------
    OSError
        There is no such folder; a link to one is none.
    """

    def __init__(self, path: Path, parent: "OpenFolder | None" = None) -> None:
        self.path = path
        self._handle: int | None = None
        if sys.platform == "win32":
            if path.is_symlink() or not path.is_dir():
                raise NotADirectoryError(20, "Not a directory", str(path))
        elif parent is None:
            self._handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        else:
            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
            self._handle = os.open(path.name, flags, dir_fd=parent._handle)

    def folder(self, name: str) -> "OpenFolder":
        """Open a folder in this one."""
        return OpenFolder(self.path / name, self)

    def names(self) -> list[str]:
        """Return the names of what is in it."""
        return os.listdir(self.path if self._handle is None else self._handle)

    def kind(self, name: str) -> int | None:
        """Return the kind of what has this name, as in ``st_mode``; None if nothing has."""
        with suppress(FileNotFoundError):
            return stat.S_IFMT(os.stat(**self._at(name), follow_symlinks=False).st_mode)
        return None

    def owner(self) -> int:
        """Return the number of the user to whom the folder belongs."""
        return os.stat(self.path if self._handle is None else self._handle).st_uid

    def inode(self, name: str) -> int:
        """Return the number of what has this name."""
        return os.stat(**self._at(name), follow_symlinks=False).st_ino

    def open(self, name: str, flags: int, mode: int = 0o600) -> int:
        """Open a file in it, no link to one."""
        return os.open(flags=flags | getattr(os, "O_NOFOLLOW", 0), mode=mode, **self._at(name))

    def make_folder(self, name: str, mode: int = 0o777) -> "OpenFolder":
        """Make a folder in it and open that."""
        os.mkdir(mode=mode, **self._at(name))
        return self.folder(name)

    def remove_file(self, name: str) -> None:
        """Remove a file or a link."""
        os.unlink(**self._at(name))

    def remove_empty(self, name: str) -> None:
        """Remove a folder in which nothing is."""
        os.rmdir(**self._at(name))

    def remove_all(self, name: str) -> None:
        """Remove a file, or a folder with everything in it, as far as that goes."""
        if self.kind(name) == stat.S_IFDIR:
            place = self._at(name)
            shutil.rmtree(place["path"], ignore_errors=True, dir_fd=place["dir_fd"])
        else:
            with suppress(OSError):
                self.remove_file(name)

    def move(self, name: str, other: "OpenFolder") -> None:
        """Move what has this name to another folder, where nothing has it."""
        source, target = self._at(name), other._at(name)
        os.rename(
            source["path"],
            target["path"],
            src_dir_fd=source["dir_fd"],
            dst_dir_fd=target["dir_fd"],
        )

    def close(self) -> None:
        """Close it; once is enough."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _at(self, name: str) -> dict[str, Any]:
        """Return the arguments that say where this name is."""
        if self._handle is None:
            return {"path": self.path / name, "dir_fd": None}
        return {"path": name, "dir_fd": self._handle}
