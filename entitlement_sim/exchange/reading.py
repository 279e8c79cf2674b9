"""From files and folders to a book."""

import datetime as dt
import zoneinfo
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Protocol, cast

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
from pandas.api.types import union_categoricals

from ..scenario.values import currency_code
from .book import REJECTED, SOURCES, Book
from .errors import ExportError, FileError, FileProblem, ForeignFileError
from .files.finding import MAPPING_FILE, find_files
from .files.recognising import Source, recognise
from .files.sink import RowSink
from .memory import give_back
from .recurring import all_plain, are_kept_as_guids, is_recurring, written
from .understanding.currencies import currency_said
from .understanding.linking import link
from .understanding.mapping import NO_MAPPING, Mapping, read_mapping
from .understanding.parts import Part
from .understanding.pseudonyms import replace_names
from .understanding.renewals import renewals_said
from .understanding.settings import Settings
from .understanding.tables import understand, wanted_heads
from .vocabulary.columns import LINKS, TABLES

#: The module of the room of files that reads each form.
READERS: Final = {
    "excel": "excel",
    "csv": "csv_files",
    "parquet": "parquet",
    "dataverse-json": "dataverse_json",
    "migration-zip": "migration_zip",
}


class Reader(Protocol):
    """What a module that reads a form has."""

    def read(self, source: Source, rows: RowSink) -> None:
        """Put the rows of a file into `rows`."""


def read_book(
    *paths: str | Path,
    mapping: str | Path | None = None,
    date_order: str | None = None,
    zone: str = "UTC",
    as_of: dt.date | None = None,
    date_only: str | None = None,
    pseudonyms: bool = False,
    name: str | None = None,
    currency: str | None = None,
    progress: Callable[[str], None] | None = None,
    is_lean: bool = False,
) -> Book:
    """Read what was exported of a live system.

    Parameters
    ----------
    *paths : str or Path
        Files, or folders of them, in any forms.
    mapping : str or Path, optional
        What files, columns, labels and formats mean; by default ``mapping.yaml`` of a folder among
        the paths, where it has one.
    date_order : {"day-first", "month-first"}, optional
        The order of dates that fit both, in files where no value decides.
    zone : str, default "UTC"
        The business zone, as the IANA names it.
    as_of : date, optional
        The day of the export.
    date_only : {"utc", "local"}, optional
        Whose day a moment with an offset means in a column of days; by default each value says it,
        since it is midnight, or the last second of a day, of the one or the other.
    pseudonyms : bool, default False
        Whether to replace customers, contacts and free text; links stay.
    name : str, optional
        Of the book; by default that of the first path.
    currency : str, optional
        Of the prices, as three letters such as EUR; by default that with which entitlements are
        written.
    progress : callable, optional
        Called with the name of each file before it is read.
    is_lean : bool, default False
        Whether the book is only to be entered: texts that recur are categories, and columns that
        entering does not ask for are left out, which takes a fraction of the memory.

    Returns
    -------
    Book

    Raises
    ------
    ExportError
        Some file cannot be read; there is a line for each.
    DocumentError
        The mapping file says something that cannot be.
    """
    _check(paths, date_order, zone, date_only, currency)
    places = tuple(Path(path) for path in paths)
    settings = Settings(zone=zone, date_order=date_order, date_only=date_only)
    notes: list[str] = []
    said = _mapping(mapping, places, notes)
    problems: list[FileProblem] = []
    parts: list[Part] = []
    pages: list[tuple[str, str | None, bool]] = []
    for item in find_files(places):
        if isinstance(item, FileProblem):
            problems.append(item)
            continue
        source, is_named = item
        if progress is not None:
            progress(source.name)
        try:
            parts += read_file(source, settings, said, notes, pages)
        except ForeignFileError as error:
            if is_named:
                problems.append(FileProblem(source.name, str(error)))
            else:
                notes.append(f"{source.name} was left out: it {error}")
        except FileError as error:
            problems.append(FileProblem(source.name, str(error)))
        except OSError as error:
            problems.append(FileProblem(source.name, f"cannot be read: {error.strerror or error}"))
        give_back()
    problems += _unfinished(pages)
    if not parts and not problems:
        problems.append(FileProblem(str(places[0]), "has no export of any form that is read"))
    if problems:
        raise ExportError(problems)
    _drop_repeated(parts)
    if is_lean:
        for part in parts:  # nothing points at them, nor is anything rejected from here on
            own_id = TABLES[part.table][0].name if part.table in _UNPOINTED else ""
            part.rows = part.rows.drop(columns=own_id, errors="ignore")
    notes += link(parts)
    notes += renewals_said(parts)
    currency = currency or currency_said(parts, notes)
    if pseudonyms:
        replace_names(parts)
    elif _has_names(parts):
        notes.append("names of customers are as in the files; --pseudonyms replaces them")
    name = name or places[0].resolve().stem or "book"
    return _book(parts, notes, name, zone, as_of, currency, is_lean)


def read_file(
    source: Source,
    settings: Settings,
    mapping: Mapping,
    notes: list[str],
    pages: list[tuple[str, str | None, bool]],
) -> list[Part]:
    """Read one file; add to `notes` and `pages` what is to be said, and known, of all of them.

    Raises
    ------
    FileError
        It cannot be read.
    """
    entries = mapping.about(source.name)
    if entries and all(entry.table == "none" for entry in entries):
        notes.append(f"{source.name} was left out, as the mapping file says")
        return []
    sink = rows_of(source, mapping, wanted=partial(wanted_heads, source.name, mapping))
    give_back()
    parts = understand(sink, settings, mapping)
    notes += [f"{source.name}: {sentence}" for sentence in sink.notes]
    pages += [(source.name, *page) for page in sink.pages]
    return parts


def rows_of(
    source: Source,
    mapping: Mapping = NO_MAPPING,
    *,
    wanted: Callable[[list[str]], list[str]] | None = None,
) -> RowSink:
    """Return the rows of a file as they stand in it.

    A reader that can leaves out columns whose heads are not among those that `wanted` gives.

    Raises
    ------
    FileError
        It cannot be read.
    """
    entries = mapping.about(source.name)
    separators = [entry.separator for entry in entries if entry.separator]
    encodings = [entry.encoding for entry in entries if entry.encoding]
    sink = RowSink(
        source,
        recognise(source),
        separators[0] if separators else None,
        encodings[0] if encodings else None,
        wanted,
    )
    reader = cast(Reader, import_module(f".files.{READERS[sink.form]}", __package__))
    reader.read(source, sink)
    return sink


def _unfinished(pages: list[tuple[str, str | None, bool]]) -> Iterator[FileProblem]:
    """Return a problem for each set of pages whose last page is not among them."""
    last_files = {table: file for file, table, _ in pages}
    finished = {table for _, table, has_next in pages if not has_next}
    for table, file in last_files.items():
        if table not in finished:
            of = "" if table is None else f" of {table}"
            yield FileProblem(
                file,
                f"is a page{of} after which others come (@odata.nextLink), and the last of them is "
                "not here: fetch those that follow, and import all of them together",
            )


def _check(
    paths: tuple[str | Path, ...],
    date_order: str | None,
    zone: str,
    date_only: str | None,
    currency: str | None,
) -> None:
    """Make sure that what was asked for can be."""
    if not paths:
        raise ExportError([FileProblem("no path", "name the exports, or a folder of them")])
    if date_order not in (None, "day-first", "month-first"):
        message = "must be day-first or month-first"
        raise ExportError([FileProblem(f"date order '{date_order}'", message)])
    if date_only not in (None, "utc", "local"):
        raise ExportError([FileProblem(f"date only '{date_only}'", "must be utc or local")])
    if currency is not None:
        try:
            currency_code(currency)
        except ValueError as error:
            raise ExportError([FileProblem(f"currency '{currency}'", str(error))]) from None
    try:
        zoneinfo.ZoneInfo(zone)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        message = "is no time zone that is known; write one as Europe/Berlin"
        raise ExportError([FileProblem(f"zone '{zone}'", message)]) from None


def _mapping(mapping: str | Path | None, places: tuple[Path, ...], notes: list[str]) -> Mapping:
    if mapping is not None:
        return read_mapping(mapping)
    beside = [place / MAPPING_FILE for place in places if (place / MAPPING_FILE).is_file()]
    if not beside:
        return NO_MAPPING
    notes.append(f"{beside[0]} says what columns mean")
    return read_mapping(beside[0])


def _drop_repeated(parts: list[Part]) -> None:
    """Set rows aside whose record is met again: of two, the later version stays, else the first."""
    for table in TABLES:
        own = [part for part in parts if part.table == table and len(part.rows)]
        if not own:
            continue
        keys = [TABLES[table][0].name] if table not in LINKS else [c.name for c in TABLES[table]]
        if table == "audit":  # one change of several columns is several rows
            keys.append("column")
        keys = [key for key in keys if all(key in part.rows for part in own)]
        rows = _alike([part.rows[keys] for part in own])
        if not rows.size:
            continue
        begins = np.cumsum([0, *(len(part.rows) for part in own)])
        of_parts = [
            rows[(begin <= rows) & (rows < end)] - begin for begin, end in pairwise(begins.tolist())
        ]
        records = pd.concat(
            [
                all_plain(part.rows[keys].iloc[places])
                for part, places in zip(own, of_parts, strict=True)
            ],
            ignore_index=True,
        )
        versions = [part.versions[places] for part, places in zip(own, of_parts, strict=True)]
        order = np.argsort(-np.concatenate(versions), kind="stable")
        repeated = np.zeros(len(records), bool)
        repeated[order] = records.iloc[order].duplicated(keys).to_numpy()
        for part, places in zip(own, of_parts, strict=True):
            mask = np.zeros(len(part.rows), bool)
            mask[places] = repeated[: len(places)]
            part.set_aside(mask, "repeated")
            repeated = repeated[len(places) :]


#: So many rows are compared sooner than a connection is made that would reckon their digests.
_FEW_ROWS: Final = 5_000


def _alike(frames: list[pd.DataFrame]) -> np.ndarray:
    """Return the rows, of all frames in order, whose digest another row has, too; of few, all.

    Equal rows have equal digests, which take a fraction of their memory.
    """
    count = sum(map(len, frames))
    if count <= _FEW_ROWS:
        return np.arange(count)
    are_bytes = {
        name: all(are_kept_as_guids(frame[name]) for frame in frames) for name in frames[0]
    }
    digests = np.concatenate([_digests(frame, are_bytes) for frame in frames])
    ordered = np.sort(digests)
    twice = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    return np.flatnonzero(np.isin(digests, twice)) if twice.size else np.zeros(0, np.int64)


def _digests(frame: pd.DataFrame, are_bytes: dict[Any, bool]) -> np.ndarray:
    texts = {
        f"c{place}": pa.array(values if are_bytes[name] else written(values), from_pandas=True)
        for place, (name, values) in enumerate(frame.items())
    }
    with duckdb.connect() as connection:
        table = connection.from_arrow(pa.table(texts))
        digests: np.ndarray = table.project(f"hash({', '.join(texts)}) AS h").fetchnumpy()["h"]
    return digests


#: Tables whose own ids nothing points at.
_UNPOINTED: Final = ("audit", "incidentresolution", "activitypointer")
#: Columns that entering does not ask for, beside the own ids of these tables.
_UNASKED: Final = {"incident": ["ticketnumber", "title"]}


def _has_names(parts: list[Part]) -> bool:
    columns = [("account", "name"), ("contact", "name")]
    columns += [("incident", "customername"), ("entitlement", "customername")]
    return any(
        part.rows[column].notna().any()
        for part in parts
        for table, column in columns
        if part.table == table and column in part.rows
    )


def _book(
    parts: list[Part],
    notes: list[str],
    name: str,
    zone: str,
    as_of: dt.date | None,
    currency: str | None,
    is_lean: bool,
) -> Book:
    tables: dict[str, pd.DataFrame] = {}
    values_of: dict[tuple[str, str], int] = {}
    rejected: list[pd.DataFrame] = []
    sources: list[dict[str, object]] = []
    order = [*TABLES, ""]  # the last has rows of which no table is known, all of them rejected
    for part in sorted(parts, key=lambda part: order.index(part.table)):
        place = {"file": part.file, "form": part.form, "table": part.table}
        rejected += [rows.assign(**place) for rows in part.rejected if len(rows)]
        count = part.count_rejected()
        counts = {"rows": len(part.rows) + count, "kept": len(part.rows), "rejected": count}
        sources.append({**place, **counts})
    for table in TABLES:
        frames = [part.rows for part in parts if part.table == table]
        if frames and is_lean:
            rows = _ordered(table, _joined(frames))
            values_of[table, TABLES[table][0].name] = len(rows)
            values_of |= {(table, str(name)): int(rows[name].notna().sum()) for name in rows}
            tables[table] = rows.drop(columns=_UNASKED.get(table, []), errors="ignore")
        elif frames:
            tables[table] = _ordered(table, all_plain(_joined(frames)))
    none = pd.DataFrame(columns=list(REJECTED))
    return Book(
        tables,
        _typed(pd.concat(rejected) if rejected else none, REJECTED),
        _typed(pd.DataFrame(sources, columns=list(SOURCES)), SOURCES),
        tuple(notes),
        name,
        zone,
        as_of,
        currency,
        values_of if is_lean else None,
    )


def _joined(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Return rows one after the other, those that are categories with the categories of all.

    Ids are bytes where they are in all frames.
    """
    if len(frames) == 1:
        return frames[0]
    are_bytes = [{name for name in f if are_kept_as_guids(f[name])} for f in frames]
    mixed = set.union(*are_bytes) - set.intersection(*are_bytes)
    for name in mixed:
        frames = [f.assign(**{str(name): written(f[name])}) if name in f else f for f in frames]
    are_categories = [
        str(name)
        for name in frames[0]
        if all(name in f and isinstance(f[name].dtype, pd.CategoricalDtype) for f in frames)
    ]
    rest = pd.concat([frame.drop(columns=are_categories) for frame in frames], ignore_index=True)
    categories = {
        name: union_categoricals([frame[name] for frame in frames]) for name in are_categories
    }
    return rest.assign(**categories)


def _ordered(table: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows with their columns in order and of the types that a book has."""
    columns = [c for c in TABLES[table] if c.name in rows]
    typed = {
        c.name: rows[c.name]
        if is_recurring(rows[c.name]) or are_kept_as_guids(rows[c.name])
        else rows[c.name].astype(cast(Any, c.kind.dtype))
        for c in columns
    }
    return pd.DataFrame(typed, columns=[c.name for c in columns], copy=False)


def _typed(rows: pd.DataFrame, columns: dict[str, Any]) -> pd.DataFrame:
    return rows[list(columns)].astype(columns).reset_index(drop=True)
