"""Which runs a folder holds."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import RunError
from .manifest import read_manifest
from .publish import DATABASE


@dataclass(frozen=True)
class CatalogueEntry:
    """One run of a folder, as its manifest describes it.

    Attributes
    ----------
    name : str
    path : Path
        Its folder.
    scenario : str
    seed, days : int
    start_date : str
        First day, ISO.
    rows : dict of str to int
        Number of rows of each table.
    content_hash, package_version, created_at : str
    size : int
        Bytes of the database.
    """

    name: str
    path: Path
    scenario: str
    seed: int
    start_date: str
    days: int
    rows: dict[str, int]
    content_hash: str
    package_version: str
    created_at: str
    size: int


def list_runs(folder: str | os.PathLike[str] = "runs") -> list[CatalogueEntry]:
    """Return the runs of a folder by name; whatever is no whole run is left out.

    A folder that does not exist holds none.
    """
    place = Path(folder)
    if not place.is_dir():
        return []
    entries = (_entry(child) for child in sorted(place.iterdir()) if not child.name.startswith("."))
    return [entry for entry in entries if entry is not None]


def _entry(folder: Path) -> CatalogueEntry | None:
    try:
        size = (folder / DATABASE).stat().st_size
        return _from_manifest(folder, read_manifest(folder), size)
    except (RunError, OSError, KeyError, TypeError, ValueError):
        return None


def _from_manifest(folder: Path, manifest: dict[str, Any], size: int) -> CatalogueEntry:
    return CatalogueEntry(
        name=folder.name,
        path=folder,
        scenario=str(manifest["scenario"]),
        seed=int(manifest["seed"]),
        start_date=str(manifest["start_date"]),
        days=int(manifest["days"]),
        rows={str(table): int(count) for table, count in manifest["rows"].items()},
        content_hash=str(manifest["content_hash"]),
        package_version=str(manifest["package_version"]),
        created_at=str(manifest["created_at"]),
        size=size,
    )
