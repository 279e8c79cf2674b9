"""Workshops: hidden folders in which things are made before they get their names.

A workshop bears the mark from before anything else is in it until everything else has gone, and the
mark is locked while its process lives. So what a killed process left behind is told from work in
progress by trying the lock, and from everything of somebody else's by the mark; whoever works next
in the same folder clears it away.
"""

import atexit
import errno
import os
import re
import secrets
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from .folder import OpenFolder
from .mark import MARK, MARK_ROOM, mark_text

if sys.platform == "win32":
    import msvcrt

    #: A byte beyond the text, so that others can read that.
    _LOCKED_BYTE: Final = 2**20

    def _lock(handle: int) -> None:
        os.lseek(handle, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


#: How often another process may be in the way of making a workshop.
_ATTEMPTS: Final = 100

_NAME: Final = re.compile(r"\.entitlement-sim-[0-9a-f]{16}")

#: Where things are made, and where things go that are replaced.
_NEW, _OLD = "new", "old"

#: Of this process, for its end.
_AT_WORK: "list[Workshop]" = []


class Workshop:
    """A hidden folder in which something is made; see :func:`workshop`.

    Attributes
    ----------
    home : Path
        The folder in which it is, and in which what is made gets its name.
    new : Path
        A folder in it for what is made.
    old : Path
        A folder in it for what is replaced. It is put back if nothing has taken its name in `home`
        when the workshop is cleared, and removed otherwise.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self._process = os.getpid()
        self._missing_parents: list[Path] = []
        self._home: OpenFolder | None = None
        self._folder: OpenFolder | None = None
        self._mark: int | None = None
        self._name = ""

    @property
    def path(self) -> Path:
        """The hidden folder."""
        return self.home / self._name

    @property
    def new(self) -> Path:
        """Where things are made."""
        return self.path / _NEW

    @property
    def old(self) -> Path:
        """Where things go that are replaced."""
        return self.path / _OLD

    def is_gone(self) -> bool:
        """Whether it is no longer where it was made."""
        return not os.path.lexists(self.path)

    def open(self) -> None:
        """Make the folder, its mark before anything else.

        Raises
        ------
        OSError
            It cannot be made.
        """
        try:
            self._open()
        except OSError as error:  # nobody knows the hidden folder
            raise OSError(error.errno, error.strerror, str(self.home)) from None

    def _open(self) -> None:
        for _ in range(_ATTEMPTS):
            with suppress(FileNotFoundError):  # another process has removed what was empty
                self._make_parents()
                self._home = OpenFolder(self.home)
                self._name = f".entitlement-sim-{secrets.token_hex(8)}"
                self._folder = self._home.make_folder(self._name, 0o700)
                self._mark = _new_mark(self._folder, self._name)
            if self._folder is not None and self._mark is not None:
                for name in (_NEW, _OLD):
                    self._folder.make_folder(name).close()
                return
            self._close()
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(self.home))

    def _make_parents(self) -> None:
        parents = [self.home, *self.home.parents]
        missing = [folder for folder in parents if not folder.exists()]
        self._missing_parents += [each for each in missing if each not in self._missing_parents]
        for folder in reversed(missing):
            folder.mkdir(exist_ok=True)

    def settle_old(self) -> None:
        """Remove what was replaced; put back what nothing has replaced."""
        if self._home is not None and self._folder is not None:
            _settle_old(self._home, self._folder)

    def clear(self) -> None:
        """Remove it and all in it, and the parents that were made for nothing."""
        if self._process != os.getpid():
            return  # a fork of who made it
        with suppress(OSError):
            if self._home is not None and self._folder is not None:
                _clear(self._home, self._folder, self._mark)
            elif self._home is not None and self._name:
                self._home.remove_empty(self._name)
        self._close()
        for folder in self._missing_parents:
            with suppress(OSError):  # whatever holds something stays
                folder.rmdir()

    def _close(self) -> None:
        for folder in (self._folder, self._home):
            if folder is not None:
                folder.close()
        if self._mark is not None:
            with suppress(OSError):
                os.close(self._mark)
        self._home = self._folder = self._mark = None


@contextmanager
def workshop(home: Path) -> Iterator[Workshop]:
    """Give a workshop in a folder, which is made if there is none.

    Whatever interrupts the work, nothing of it stays.

    Raises
    ------
    OSError
        The folder cannot be written.
    """
    shop = Workshop(home)
    _AT_WORK.append(shop)
    try:
        clear_leftovers(home)
        shop.open()
        yield shop
    finally:
        shop.clear()
        with suppress(ValueError):  # cleared at the end of the process
            _AT_WORK.remove(shop)


@atexit.register
def clear_workshops() -> None:
    """Clear the workshops of this process: those whose own clearing away was interrupted."""
    while _AT_WORK:
        with suppress(OSError):
            _AT_WORK[-1].clear()
        _AT_WORK.pop()


def clear_leftovers(home: Path) -> None:
    """Remove the workshops that killed processes left in a folder; put back what they replaced."""
    try:
        opened = OpenFolder(home)
    except OSError:
        return
    try:
        for name in opened.names():
            if _NAME.fullmatch(name):
                with suppress(OSError):
                    _clear_leftover(opened, name)
    finally:
        opened.close()


def _clear_leftover(home: OpenFolder, name: str) -> None:
    folder = home.folder(name)
    mark = None
    try:
        if sys.platform != "win32" and folder.owner() != os.getuid():
            return
        if not folder.names():
            home.remove_empty(name)  # killed before its mark was made; there is nothing to lose
            return
        if folder.kind(MARK) != stat.S_IFREG:
            return
        mark = folder.open(MARK, os.O_RDWR)
        text = os.read(mark, MARK_ROOM)
        whole = text == mark_text(name)
        begun = mark_text(name).startswith(text) and folder.names() == [MARK]
        if whole or begun:
            _lock(mark)
            if folder.inode(MARK) == os.fstat(mark).st_ino:
                _clear(home, folder, mark)
    finally:
        folder.close()
        if mark is not None:
            with suppress(OSError):
                os.close(mark)


def _new_mark(folder: OpenFolder, name: str) -> int | None:
    """Mark a new folder and lock the mark; None if another process took it for a leftover."""
    try:
        mark = folder.open(MARK, os.O_RDWR | os.O_CREAT | os.O_EXCL)
    except FileNotFoundError:
        return None
    try:
        _lock(mark)
    except BlockingIOError:
        os.close(mark)
        return None
    except OSError:
        pass  # a file system without locks: such a workshop is never taken for a leftover
    os.lseek(mark, 0, os.SEEK_SET)
    try:
        os.write(mark, mark_text(name))
        if folder.inode(MARK) == os.fstat(mark).st_ino:
            return mark
    except FileNotFoundError:
        pass
    except OSError:
        os.close(mark)
        folder.remove_file(MARK)
        raise
    os.close(mark)
    return None


def _settle_old(home: OpenFolder, folder: OpenFolder) -> None:
    with suppress(FileNotFoundError):
        old = folder.folder(_OLD)
        try:
            for name in old.names():
                if home.kind(name) is None:
                    old.move(name, home)
                else:
                    old.remove_all(name)
        finally:
            old.close()


def _clear(home: OpenFolder, folder: OpenFolder, mark: int | None) -> None:
    """Remove a workshop of ours: the mark after everything else, so that all of it is marked."""
    _settle_old(home, folder)
    for name in folder.names():
        if name == _OLD:
            with suppress(OSError):
                folder.remove_empty(name)
        elif name != MARK:
            folder.remove_all(name)
    if set(folder.names()) <= {MARK}:
        if sys.platform == "win32" and mark is not None:
            os.close(mark)  # nobody can remove a file in use
        with suppress(FileNotFoundError):
            folder.remove_file(MARK)
        with suppress(FileNotFoundError):
            home.remove_empty(folder.path.name)
