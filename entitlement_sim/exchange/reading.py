"""From files and folders to a book."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Final, cast

import pandas as pd

from .book import REJECTED, SOURCES, Book
from .columns import LINKS, TABLES
from .errors import ExportError, FileError, FileProblem
from .recognising import Source, recognise
from .settings import Settings
from .sink import RowSink
from .understanding import Understood, understand

#: A reader of a form.
Reader = Callable[[Source, RowSink], None]

#: The module of this room that reads each form, with a function `read`.
READERS: Final = {
    "excel": "excel",
    "csv": "csv_files",
    "parquet": "parquet",
    "dataverse-json": "dataverse_json",
    "migration-zip": "migration_zip",
}


def read_book(
    *paths: str | Path,
    mapping: str | Path | None = None,
    date_order: str | None = None,
    zone: str = "UTC",
    as_of: dt.date | None = None,
    date_only: str | None = None,
    pseudonyms: bool = False,
    name: str | None = None,
) -> Book:
    """Read exports into a book.

    Raises
    ------
    ExportError
        Some file cannot be read; there is a line for each.
    """
    settings = Settings(zone=zone, date_order=date_order, date_only=date_only)
    problems: list[FileProblem] = []
    parts: list[tuple[Source, str, Understood]] = []
    notes: list[str] = []
    for source in _sources(paths):
        try:
            form = recognise(source)
            sink = RowSink(source, form)
            cast(Reader, import_module(f".{READERS[form]}", __package__).read)(source, sink)
            parts += [(source, form, part) for part in understand(sink, settings)]
            notes += [f"{source.name}: {sentence}" for sentence in sink.notes]
        except FileError as error:
            problems.append(FileProblem(source.name, str(error)))
        except OSError as error:
            problems.append(FileProblem(source.name, f"cannot be read: {error.strerror}"))
    if problems:
        raise ExportError(problems)
    return _book(parts, notes, name or Path(paths[0]).stem, zone, as_of)


def _sources(paths: Iterable[str | Path]) -> Iterator[Source]:
    """Return the files of paths, those of folders by name."""
    for path in map(Path, paths):
        if path.is_dir():
            for file in sorted(path.rglob("*")):
                if file.is_file() and not file.name.startswith("."):
                    yield Source(str(file), file)
        else:
            yield Source(str(path), path)


def _book(
    parts: list[tuple[Source, str, Understood]],
    notes: list[str],
    name: str,
    zone: str,
    as_of: dt.date | None,
) -> Book:
    tables: dict[str, pd.DataFrame] = {}
    rejected: list[pd.DataFrame] = []
    sources: list[dict[str, object]] = []
    for table in TABLES:
        frames = [part.rows for _, _, part in parts if part.table == table]
        if not frames:
            continue
        rows = pd.concat(frames, ignore_index=True)
        own_id = TABLES[table][0].name
        keys = list(rows.columns) if table in LINKS else [own_id]
        repeated = rows.duplicated(keys).to_numpy()
        tables[table] = rows[~repeated].reset_index(drop=True)
        at = 0
        for source, form, part in parts:
            if part.table != table:
                continue
            mask = repeated[at : at + len(part.rows)]
            at += len(part.rows)
            again = pd.DataFrame(
                {
                    "line": pd.array(part.lines[mask], dtype="Int64"),
                    "record": part.rows.loc[mask, own_id],
                    "reason": "repeated",
                    "text": "",
                }
            )
            set_aside = pd.concat([*part.rejected, again])
            place = {"file": source.name, "form": form, "table": table}
            rejected.append(set_aside.assign(**place))
            count = len(part.rows) - int(mask.sum())
            rows_of_file = {"rows": count + len(set_aside), "kept": count}
            sources.append({**place, **rows_of_file, "rejected": len(set_aside)})
    return Book(
        tables,
        _typed(pd.concat(rejected) if rejected else pd.DataFrame(columns=list(REJECTED)), REJECTED),
        _typed(pd.DataFrame(sources, columns=list(SOURCES)), SOURCES),
        tuple(notes),
        name,
        zone,
        as_of,
    )


def _typed(rows: pd.DataFrame, columns: dict[str, str]) -> pd.DataFrame:
    return rows[list(columns)].astype(columns).reset_index(drop=True)
