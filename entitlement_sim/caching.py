"""Where the package keeps what takes long to make and can be made anew at any time.

It is a convenience: what cannot be used is thrown away and made anew, and where nothing can be
kept, everything is made each time.
"""

import hashlib
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from .publishing.placing import PlacingError, put_file
from .publishing.workshop import workshop


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
    return place


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
