"""Which runs a folder holds."""

import os
from dataclasses import dataclass
from pathlib import Path

from ..parameters import PATH, takes
from .errors import RunError
from .manifest import Manifest, read_manifest
from .publish import DATABASE, MANIFEST, storage_of


@dataclass(frozen=True)
class CatalogueEntry:
    """One run of a folder.

    Attributes
    ----------
    name : str
    path : Path
        Its folder.
    manifest : Manifest
        What it says about itself.
    size : int
        Bytes of the database, or of the files of Parquet.
    """

    name: str
    path: Path
    manifest: Manifest
    size: int


@dataclass(frozen=True)
class UnreadableRun:
    """One run of a folder that cannot be read.

    Attributes
    ----------
    name : str
    reason : str
        Why, in words.
    """

    name: str
    reason: str


@takes(folder=PATH)
def list_runs(folder: str | os.PathLike[str] = "runs") -> list[CatalogueEntry]:
    """Return the runs of a folder by name; whatever is no whole run is left out.

    A folder that does not exist holds none.
    """
    return look_through(folder)[0]


def look_through(
    folder: str | os.PathLike[str],
) -> tuple[list[CatalogueEntry], list[UnreadableRun]]:
    """Return the runs of a folder by name, and apart from them those that cannot be read."""
    place = Path(folder)
    runs: list[CatalogueEntry] = []
    unreadable: list[UnreadableRun] = []
    for child in sorted(place.iterdir()) if place.is_dir() else []:
        if child.name.startswith(".") or not _is_run(child):
            continue
        try:
            entry = _entry(child)
        except RunError as error:
            unreadable.append(UnreadableRun(child.name, str(error)))
            continue
        if entry.manifest.shard is None:
            runs.append(entry)
        else:
            reason = f"it is {entry.manifest.shard} of a run; merge them: entitlement-sim merge"
            unreadable.append(UnreadableRun(child.name, reason))
    return runs, unreadable


def _is_run(folder: Path) -> bool:
    """Whether a folder was meant to be a run."""
    return os.path.lexists(folder / DATABASE) or os.path.lexists(folder / MANIFEST)


def _entry(folder: Path) -> CatalogueEntry:
    manifest = read_manifest(folder)
    is_parquet = storage_of(folder) == "parquet"
    files = folder.glob("*.parquet") if is_parquet else [folder / DATABASE]
    size = 0
    for file in files:
        try:
            size += file.stat().st_size
        except OSError as error:
            raise RunError(f"{file} cannot be read: {error.strerror}") from None
    return CatalogueEntry(folder.name, folder, manifest, size)
