"""Where the package keeps what takes long to make and can be made anew at any time.

It is a convenience: what cannot be used is thrown away and made anew, and where nothing can be
kept, everything is made each time.
"""

import hashlib
import os
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from .publishing.placing import PlacingError, put_file
from .publishing.workshop import workshop

#: Files of a kind that stay, however long ago they were used.
_MOST_KEPT: Final = 40
_DAY: Final = 24 * 60 * 60


def cache_root() -> Path:
    """Folder that holds what is kept, of all versions of the package.

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


def kept_file(folder: Path, key: str, suffix: str, make: Callable[[Path], None]) -> Path | None:
    """Return a file that is kept in a folder, made if need be; None if it cannot be kept.

    Its name carries the digest of its bytes: one that was damaged or changed is thrown away and
    made anew.

    Parameters
    ----------
    folder : Path
    key : str
        A name that changes with everything that the file is made of.
    suffix : str
        End of the file's name.
    make : callable
        Makes the file at a path.
    """
    for place in folder.glob(f"{key}-*{suffix}"):
        if kept_bytes(place) is not None:
            with suppress(OSError):
                os.utime(place)  # a file's time says when it was used last
            return place
        with suppress(OSError):
            place.unlink()
    try:
        with workshop(folder) as shop:
            made = shop.new / f"{key}{suffix}"
            make(made)
            place = folder / f"{key}-{digest_of(made.read_bytes())}{suffix}"
            put_file(made, place)
    except (OSError, PlacingError):
        return None  # what cannot be kept costs time, no more
    _forget_old(folder, suffix)
    return place


def _forget_old(folder: Path, suffix: str) -> None:
    """Remove kept files of a kind that nobody has used for long."""
    for file in long_unused(folder.glob(f"*-*{suffix}"), _MOST_KEPT):
        with suppress(OSError):
            file.unlink()


def long_unused(places: Iterable[Path], most: int) -> list[Path]:
    """Return files or folders that nobody has used within a day, but for those used last.

    Parameters
    ----------
    places : iterable of Path
        Their times say when they were used last.
    most : int
        How many of them stay, however long ago that was.
    """
    last_uses: dict[Path, float] = {}
    for place in places:
        with suppress(OSError):
            last_uses[place] = place.stat().st_mtime
    by_last_use = sorted(last_uses, key=lambda place: last_uses[place], reverse=True)
    return [place for place in by_last_use[most:] if last_uses[place] < time.time() - _DAY]


def kept_bytes(place: Path) -> bytes | None:
    """Return what a kept file holds; None if that is not what was kept."""
    try:
        content = place.read_bytes()
    except OSError:
        return None
    return content if place.stem.endswith(f"-{digest_of(content)}") else None


def digest_of(content: bytes) -> str:
    """Return what tells a content from any other."""
    return hashlib.sha256(content).hexdigest()[:32]
