"""Which files there are to read, in folders and as they were named."""

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ..errors import FileProblem
from .recognising import Source

#: The mapping file of a folder, where none is named.
MAPPING_FILE: Final = "mapping.yaml"

#: What programs and systems leave in folders.
_LEFTOVERS: Final = ("thumbs.db", "desktop.ini", MAPPING_FILE)
_DELTA: Final = "_delta_log"


def find_files(paths: tuple[Path, ...]) -> Iterator[tuple[Source, bool] | FileProblem]:
    """Give the files to read, each with whether it was named itself, and what cannot be read."""
    for path in paths:
        if path.is_dir():
            files = list(_of_folder(path))
            yield from files
            if not files:
                yield FileProblem(str(path), "is a folder without any file")
        elif not path.exists():
            yield FileProblem(str(path), "there is no such file or folder")
        elif not stat.S_ISREG(path.stat().st_mode):
            yield FileProblem(str(path), "is no file that can be read")
        else:
            yield Source(str(path), path), True


def _of_folder(folder: Path) -> Iterator[tuple[Source, bool] | FileProblem]:
    entries = sorted(folder.iterdir())
    names = {entry.name for entry in entries}
    if _DELTA in names:
        yield FileProblem(
            str(folder),
            "is a Delta table, whose files are not all of today: read it with DuckDB's extension "
            "delta, save it as Parquet (COPY (FROM delta_scan('…')) TO 'table.parquet'), and "
            "import that",
        )
        return
    if "run.duckdb" in names:
        yield FileProblem(
            str(folder), "is a run already: open it as it is, as with entitlement-sim query"
        )
        return
    for entry in entries:
        if entry.name.startswith((".", "~$")) or entry.name.lower() in _LEFTOVERS:
            continue
        if entry.is_dir() and not entry.is_symlink():
            yield from _of_folder(entry)
        elif entry.is_file():
            yield Source(str(entry), entry), False
