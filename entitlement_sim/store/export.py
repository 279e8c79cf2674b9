"""A run for other programs: its tables as files of a folder, or as sheets of a workbook."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import duckdb

from ..publishing.placing import NotOursError, PlacingError, new_file, new_folder
from ..telling import FORMULA_BEGINNINGS, listed, number
from .damage import is_damage, words_of
from .dictionary import Relation, columns_of, find_relation, relations
from .errors import DamagedRun, RunError
from .quoting import literal, quoted
from .words import IMPORTED_TABLE_WORDS, TABLE_WORDS

if TYPE_CHECKING:
    from .run import Run

Format = Literal["parquet", "csv", "excel", "xlsx"]

#: Forms in which a live system gives its records, and a copy of the run.
Form = Literal["excel", "csv", "parquet", "dataverse-json", "migration-zip", "duckdb"]

#: Called with the rows that are written and with all that there are.
Report = Callable[[int, int], None]

#: Formats as they are asked for, each with the end of its files' names.
FORMATS: Final = {"parquet": "parquet", "csv": "csv", "excel": "xlsx", "xlsx": "xlsx"}

#: What an export says about itself: its files, by which it is known again.
CONTENTS: Final = "export.json"

DICTIONARY: Final = "dictionary"

#: Rows of a sheet, its headings counted.
SHEET_ROWS: Final = 1_048_576

_MOST_NAMED: Final = 3
_KINDS_OF_TEXT: Final = ("VARCHAR", "JSON", "ENUM")


def export(
    run: "Run",
    place: Path,
    format: Format | None = None,
    names: Sequence[str] | None = None,
    guard_formulas: bool = False,
    overwrite: bool = False,
    progress: Report | None = None,
) -> Path:
    """Write tables of a run for other programs; see :meth:`~.run.Run.export`.

    Raises
    ------
    RunError
        The run has no such table or view, something else is at `place`, or a table has more rows
        than a sheet holds.
    """
    ending = _ending(place, format)
    chosen = [find_relation(run, name) for name in dict.fromkeys(names or _stored(run))]
    if ending == "xlsx":
        _check_sheets(run, chosen)
    with placing_refused(place), _asking(run):
        if place.suffix.lower() == ".xlsx":
            _check_workbook_place(place, overwrite)
            with new_file(place) as made:
                _write_workbook(run, chosen, made, progress)
        else:
            with new_folder(place, objection_to_replacing if overwrite else None) as made:
                if ending == "xlsx":
                    _write_workbook(run, chosen, made / f"{run.name}.xlsx", progress)
                else:
                    _write_files(run, chosen, made, ending, guard_formulas)
                write_contents(made, CONTENTS, {"run_id": run.manifest.run_id})
    return place


@contextmanager
def placing_refused(place: Path) -> Iterator[None]:
    """Say of what goes wrong with the place of an export what to do."""
    try:
        yield
    except FileExistsError:
        raise RunError(
            f"{place} exists already; name another place, or replace an earlier export "
            "(--overwrite)"
        ) from None
    except NotOursError as error:
        raise RunError(
            f"{place} is no export of this package; move it away, or name another place: "
            f"{error.reason}"
        ) from None
    except PlacingError as error:
        raise RunError(str(error)) from None


@contextmanager
def _asking(run: "Run") -> Iterator[None]:
    """Say of what DuckDB refuses while a run is written what to do."""
    try:
        yield
    except duckdb.PermissionException:
        raise RunError(
            f"the run {run.name} was opened sealed, so that it writes no files; open it again "
            "without sealed=True, or export a workbook"
        ) from None
    except duckdb.Error as error:
        if is_damage(error):
            raise DamagedRun(run.file, words_of(error)) from None
        raise


def export_records(
    run: "Run",
    place: Path,
    form: Form,
    as_of: date | None,
    culture: str | None,
    overwrite: bool,
    progress: Report | None,
) -> Path:
    """Write records of a run as a live system exports them; see :meth:`~.run.Run.export`.

    The forms are written by a room above this one, which is found by its name when it is needed.
    """
    writing = import_module(f"{__package__.rpartition('.')[0]}.exchange.leaving")
    written: Path = writing.export_records(
        run, place, form, as_of=as_of, culture=culture, overwrite=overwrite, progress=progress
    )
    return written


def _ending(place: Path, format: Format | None) -> str:
    """Return how the names of the files end, `place` itself or those in it."""
    is_workbook = place.suffix.lower() == ".xlsx"
    if format is None:
        return "xlsx" if is_workbook else "parquet"
    if format not in FORMATS:
        raise RunError(f"unknown format '{format}'; known: {', '.join(FORMATS)}")
    if is_workbook and FORMATS[format] != "xlsx":
        raise RunError(f"{place} is the name of a workbook; {format} files go into a folder")
    return FORMATS[format]


def _stored(run: "Run") -> list[str]:
    """Return the names of the tables in the order of the format, those of older runs without."""
    known = {relation.name for relation in relations(run, "table")}
    return [name for name in (*TABLE_WORDS, *IMPORTED_TABLE_WORDS) if name in known]


# ------------------------------------------------------------------------- a folder of files


def _write_files(
    run: "Run", chosen: Sequence[Relation], folder: Path, ending: str, guard_formulas: bool
) -> None:
    options = "(FORMAT parquet)" if ending == "parquet" else "(FORMAT csv, HEADER true)"
    for relation in chosen:
        query = _query(run, relation, guard_formulas and ending == "csv")
        file = folder / f"{relation.name}.{ending}"
        run.connection.execute(f"COPY ({query}) TO {literal(str(file))} {options}")
    rows = _dictionary(run, chosen)
    columns = [[row[place] for row in rows] for place in range(len(_HEADINGS))]
    lists = ", ".join(f'unnest(?::VARCHAR[]) AS "{heading}"' for heading in _HEADINGS)
    file = folder / f"{DICTIONARY}.{ending}"
    run.connection.execute(f"COPY (SELECT {lists}) TO {literal(str(file))} {options}", columns)


def write_contents(folder: Path, name: str, facts: Mapping[str, str]) -> None:
    """Write into a finished folder which files it has, by which it is known as an export."""
    files = {file.name: _digest(file) for file in sorted(folder.iterdir())}
    text = json.dumps({**facts, "files": files}, indent=1)
    (folder / name).write_text(f"{text}\n", encoding="utf-8")


def _query(run: "Run", relation: Relation, guarded: bool) -> str:
    """Return the query for all rows of a table, its texts no formulas where that is wanted."""
    if not guarded:
        return f"FROM {quoted(relation.name)}"
    signs = "".join(f"\\x{ord(sign):02x}" for sign in FORMULA_BEGINNINGS)
    columns = [
        f"CASE WHEN regexp_matches({name}::VARCHAR, '^[{signs}]') THEN '''' || {name}::VARCHAR "
        f"ELSE {name}::VARCHAR END AS {name}"
        if kind in _KINDS_OF_TEXT
        else name
        for name, kind in (
            (quoted(column.name), column.kind) for column in columns_of(run, relation.name)
        )
    ]
    return f"SELECT {', '.join(columns)} FROM {quoted(relation.name)}"


def _dictionary(run: "Run", chosen: Sequence[Relation]) -> list[tuple[str, str, str, str]]:
    """Return each table and each of its columns, with type and what it holds."""
    rows: list[tuple[str, str, str, str]] = []
    for relation in chosen:
        rows.append((relation.name, "", relation.kind, relation.holds))
        rows += [
            (relation.name, column.name, column.kind, column.holds)
            for column in columns_of(run, relation.name)
        ]
    return rows


#: Headings of the dictionary.
_HEADINGS: Final = ("table", "column", "type", "holds")


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def objection_to_replacing(folder: Path, contents: str = CONTENTS) -> str | None:
    """Return why what is at `folder` must not be replaced, or None if it is an export and no more.

    An export names its files with their digests, in its file `contents`: one that somebody changed
    or added to is none.
    """
    if folder.is_symlink() or not folder.is_dir():
        return "it is no folder"
    try:
        files = json.loads((folder / contents).read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return f"it has no {contents} of an export"
    present = {file.name for file in folder.iterdir()} - {contents}
    if not isinstance(files, dict) or present != set(files):
        others = sorted(present.symmetric_difference(files))
        return f"it holds, or lacks, {listed(others, _MOST_NAMED)}"
    changed = [
        name
        for name, digest in files.items()
        if not (folder / name).is_file() or _digest(folder / name) != digest
    ]
    return f"somebody changed {listed(changed, _MOST_NAMED)}" if changed else None


# ------------------------------------------------------------------------- a workbook


def _check_sheets(run: "Run", chosen: Sequence[Relation]) -> None:
    """Check that each table has no more rows than a sheet."""
    for relation in chosen:
        rows = _count(run, relation)
        if rows >= SHEET_ROWS:
            raise RunError(
                f"{relation.name} has {number(rows)} rows, and a sheet of Excel holds "
                f"{number(SHEET_ROWS - 1)} below its headings; export it as parquet or csv, or "
                "name other tables"
            )


def _count(run: "Run", relation: Relation) -> int:
    [(rows,)] = run._execute(f"SELECT count(*) FROM {quoted(relation.name)}").fetchall()
    return int(rows)


def _check_workbook_place(place: Path, overwrite: bool) -> None:
    from .workbook import is_our_workbook

    if os.path.lexists(place):
        if not overwrite:
            raise FileExistsError(str(place))
        if not is_our_workbook(place):
            raise NotOursError(place, "it was written, or changed, by another program")


def _write_workbook(
    run: "Run", chosen: Sequence[Relation], file: Path, progress: Report | None
) -> None:
    from .workbook import write_workbook

    total = sum(_count(run, each) for each in chosen) if progress is not None else 0
    done = 0

    def report(rows: int) -> None:
        nonlocal done
        done += rows
        if progress is not None:
            progress(done, total)

    sheets = ((each.name, run._execute(f"FROM {quoted(each.name)}")) for each in chosen)
    write_workbook(file, _HEADINGS, _dictionary(run, chosen), sheets, report)
