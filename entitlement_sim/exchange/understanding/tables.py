"""From the rows of a file, as they stand there, to the tables of a book."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ...telling import listed, unknown
from ..errors import FileError, ForeignFileError
from ..files.sink import Batch, Refused, RowSink
from ..recurring import plain, unpacked
from ..vocabulary.columns import LINKS, TABLES, Column, Kind
from ..vocabulary.heads import MAKES_ID, columns_of, heads_beside, table_named, tables_fitting
from ..vocabulary.labels import FLAGS, WORK_ORDER, WORK_ORDER_ALLOCATIONS, words_of
from .dates import Moments
from .logged import in_words_of_book
from .mapping import NO_TABLE, FileMapping, Mapping
from .numbers import decimal_marks
from .parts import Part, rejected_rows
from .settings import Settings
from .values import Texts, converted, is_text

#: What a row must have beside its own id, by table, and what is missing where it has not.
_NEEDED: Final = {
    "entitlement": {"customerid": "no customer", "startdate": "no date", "enddate": "no date"},
    "entitlementchannel": {"entitlementid": "no entitlement", "channel": "no channel"},
    "entitlementtemplatechannel": {"templateid": "no template", "channel": "no channel"},
    "incident": {"createdon": "no date", "customerid": "no customer"},
    "incidentresolution": {"incidentid": "no case"},
    "audit": {"recordid": "no record", "changed": "no date"},
    "product_link": {"entitlementid": "no entitlement", "productid": "no product"},
    "contact_link": {"entitlementid": "no entitlement", "contactid": "no contact"},
}

#: What says most of a row, so that it is said where a file has no column of it, by table.
_EXPECTED: Final = {
    "entitlement": (
        "totalterms",
        "remainingterms",
        "allocation",
        "decrease_on",
        "restrict",
        "state",
    ),
    "entitlementchannel": ("totalterms",),
    "incident": ("entitlementid", "origin", "state"),
    "incidentresolution": ("timespent",),
}


#: Tables of so many rows that texts which recur stay categories, as all do in a log, and columns
#: of ids that differ from row to row.
_LARGE: Final = ("incident", "incidentresolution", "activitypointer", "audit")
_OF_EACH: Final = ("incidentid", "activityid", "auditid", "recordid")


@dataclass
class _Raw:
    """Rows of one table as they stand in the file, by columns of a book."""

    table: str
    columns: dict[str, pa.ChunkedArray]
    beside: dict[str, pa.ChunkedArray]
    lines: np.ndarray
    is_plain: bool
    entry: FileMapping | None
    options: tuple[tuple[str, ...], ...]
    texts: dict[str, Texts] = field(default_factory=dict)
    moments: dict[str, Moments] = field(default_factory=dict)

    def of_kind(self, *kinds: Kind) -> list[Column]:
        return [c for c in TABLES[self.table] if c.name in self.columns and c.kind in kinds]


def understand(sink: RowSink, settings: Settings, mapping: Mapping) -> list[Part]:
    """Return the tables of a file.

    Raises
    ------
    FileError
        It cannot be said which table the rows are of, or how its dates or numbers are meant.
    """
    raws = _raws(sink, mapping)
    sink.batches.clear()
    for raw in raws:
        missing = raw.entry.missing if raw.entry else ()
        for c in raw.of_kind(*(kind for kind in Kind if kind is not Kind.ID)):
            raw.columns[c.name] = unpacked(raw.columns[c.name])
        for c in raw.of_kind(*(kind for kind in Kind if kind not in (Kind.ID, Kind.TEXT))):
            if is_text(raw.columns[c.name]):
                raw.texts[c.name] = Texts(raw.columns[c.name], missing)
        for day in raw.of_kind(Kind.DAY, Kind.MOMENT):
            if day.name in raw.texts:
                raw.moments[day.name] = Moments(raw.texts[day.name].different)
    day_first = _day_first(raws, settings)
    decimal = _decimal(raws)
    parts = [_part(sink, raw, settings, day_first, decimal) for raw in raws]
    for refused in sink.refused:
        _set_aside(refused, parts, sink)
    return parts


def wanted_heads(file: str, mapping: Mapping, heads: list[str]) -> list[str]:
    """Return the heads of a file without sheets whose columns `understand` looks at.

    Those are all where it cannot be said which table the rows are of, or the mapping is wrong.
    """
    entries = [entry for entry in mapping.about(file) if entry.sheet is None]
    tables = {entry.table for entry in entries if not entry.columns} - {NO_TABLE}
    if not entries:
        tables = set(tables_fitting(heads, {}))
        if not tables:
            return heads
    wanted = {head for entry in entries for names in entry.columns.values() for head in names}
    if not wanted <= set(heads):
        return heads
    wanted.update(heads[:3], heads_beside(heads, {}).values())  # the first may say what they are
    for table in tables:
        wanted.update(columns_of(table, heads, {}).values())
    return [head for head in heads if head in wanted]


def _raws(sink: RowSink, mapping: Mapping) -> list[_Raw]:
    """Return the rows of each table, by what a mapping says or else by their heads."""
    entries = mapping.about(sink.source.name)
    grouped: dict[tuple[str, int], list[Batch]] = {}
    strangers: list[FileError] = []
    for batch in sink.batches:
        said = [e for e in entries if e.sheet in (None, batch.place)]
        if said:
            for entry in said:
                if entry.table != NO_TABLE:
                    grouped.setdefault((entry.table, entries.index(entry)), []).append(batch)
            continue
        try:
            grouped.setdefault((_table_of(batch, sink.source.name), -1), []).append(batch)
        except FileError as error:
            strangers.append(error)
            sink.note(f"sheet '{batch.place}' was left out, since it is no table that is read")
    if strangers and not grouped:
        raise strangers[0]
    return [
        _raw(table, batches, entries[number] if number >= 0 else None, mapping, sink)
        for (table, number), batches in grouped.items()
    ]


def _table_of(batch: Batch, file: str) -> str:
    """Return the table of a batch: as the file says, else as its heads do, else as it is named."""
    if batch.table is not None:
        table = table_named(batch.table)
        if table is None:
            raise FileError(f"has rows of a table '{batch.table}', which no book has")
        return table
    heads = batch.rows.column_names
    fitting = tables_fitting(heads, batch.heads)
    if len(fitting) == 1:
        return fitting[0]
    stem = PurePath(file).stem.casefold()
    named = [table for table in fitting if stem in (table, f"{table}s")]
    if named:
        return named[0]
    if len(heads) < 2:
        raise ForeignFileError("is no table: it has no columns")
    if fitting:
        raise FileError(
            f"can be any of {listed(fitting)} by its columns; name it after its table, or say in "
            "a mapping file which it is"
        )
    raise FileError(
        f"cannot be told to be any table that is read (columns: {listed(heads, most=6)}); say in "
        "a mapping file what they are (--suggest writes one to correct), or leave the file out"
    )


def _raw(
    table: str, batches: list[Batch], entry: FileMapping | None, mapping: Mapping, sink: RowSink
) -> _Raw:
    pieces: list[pa.Table] = []
    beside: list[pa.Table] = []
    for batch in batches:
        names = batch.rows.column_names
        if entry is not None and entry.columns:
            pieces.append(_mapped(entry, batch.rows, mapping))
        else:
            heads = columns_of(table, names, batch.heads)
            pieces.append(pa.table({name: batch.rows[head] for name, head in heads.items()}))
        others = heads_beside(names, batch.heads)
        beside.append(pa.table({name: unpacked(batch.rows[head]) for name, head in others.items()}))
    rows = _joined(pieces)
    if "customername" in rows.column_names and "customerid" not in rows.column_names:
        rows = rows.append_column("customerid", rows["customername"])
    lines = np.concatenate([batch.lines for batch in batches])
    columns = dict(zip(rows.column_names, rows.columns, strict=True))
    for name, value in (entry.values if entry else {}).items():
        columns.setdefault(name, pa.chunked_array([pa.repeat(value, len(lines))]))
    missing = [name for name in _NEEDED.get(table, {}) if name not in columns]
    if missing and len(lines) and entry is None:
        said = _without_column(table, missing, batches, entry, sink)
        raise FileError(
            f"{said}; say in a mapping file which it is (--suggest writes one to correct)"
        )
    missing += [name for name in _EXPECTED.get(table, ()) if name not in columns]
    if missing and len(lines):
        sink.note(_without_column(table, missing, batches, entry, sink))
    others_of_all = _joined(beside)
    options = tuple(dict.fromkeys(row for batch in batches for row in batch.options))
    extra = dict(zip(others_of_all.column_names, others_of_all.columns, strict=True))
    return _Raw(table, columns, extra, lines, all(b.is_plain for b in batches), entry, options)


def _without_column(
    table: str,
    missing: list[str],
    batches: list[Batch],
    entry: FileMapping | None,
    sink: RowSink,
) -> str:
    """Say which columns a table is without, and which heads were not understood."""
    heads = [*(head for batch in batches for head in batch.rows.column_names), *sink.passed_over]
    heads = list(dict.fromkeys(heads))
    read = {name for names in entry.columns.values() for name in names} if entry else set()
    for batch in batches:
        read |= set(columns_of(table, batch.rows.column_names, batch.heads).values())
    unread = [head for head in heads if head not in read]
    said = f"has rows of {table}, but no column that is known to be {listed(missing)}"
    if unread:
        said += f" (not understood: {listed(unread, most=8)})"
    return said


def _joined(pieces: Sequence[pa.Table]) -> pa.Table:
    try:
        return pa.concat_tables(pieces, promote_options="permissive")
    except (pa.ArrowInvalid, pa.ArrowTypeError):  # a date here, a text there
        texts = [
            pa.table({name: column.cast(pa.string()) for name, column in _named(piece)})
            for piece in pieces
        ]
        return pa.concat_tables(texts, promote_options="permissive")


def _named(piece: pa.Table) -> list[tuple[str, pa.ChunkedArray]]:
    return list(zip(piece.column_names, piece.columns, strict=True))


def _mapped(entry: FileMapping, rows: pa.Table, mapping: Mapping) -> pa.Table:
    """Return the columns that an entry names; several heads of one column are joined by blanks."""
    columns: dict[str, pa.ChunkedArray] = {}
    for name, heads in entry.columns.items():
        for head in heads:
            if head not in rows.column_names:
                place = mapping.place(entry, "columns", name)
                raise FileError(f"{unknown('column', head, rows.column_names)} ({place} names it)")
        parts = [rows[head] for head in heads]
        if len(parts) > 1:
            parts = [unpacked(part) for part in parts]
            texts = [pc.fill_null(part.cast(pa.string()), "") for part in parts]
            columns[name] = pc.binary_join_element_wise(*texts, " ")
        else:
            columns[name] = parts[0]
    return pa.table(columns)


def _day_first(raws: list[_Raw], settings: Settings) -> bool:
    """Return whether the day comes before the month, as some value of the file says."""
    sure_day, sure_month, open_in = False, False, ""
    for raw in raws:
        for name, moments in raw.moments.items():
            day, month, open_order = moments.orders()
            sure_day |= day
            sure_month |= month
            open_in = open_in or (name if open_order else "")
    if sure_day != sure_month:
        return sure_day
    orders = [raw.entry.dates for raw in raws if raw.entry and raw.entry.dates]
    order = orders[0] if orders else settings.date_order
    if order is not None:
        return order == "day-first"
    if sure_day:
        raise FileError(
            "has dates that must be day first and others that must be month first; say with "
            "--date-order which is meant: rows with the others are rejected then"
        )
    if open_in:
        raise FileError(
            f"has dates in '{open_in}' that can be day first or month first, and no value decides; "
            "say which with --date-order day-first or --date-order month-first"
        )
    return False


def _decimal(raws: list[_Raw]) -> str:
    """Return what parts the decimals of numbers, as some value of the file says."""
    point, comma, open_in = False, False, ""
    for raw in raws:
        for number in raw.of_kind(Kind.AMOUNT, Kind.MINUTES):
            if number.name not in raw.texts or raw.is_plain:
                continue
            needs_point, needs_comma, open_marks = decimal_marks(raw.texts[number.name].different)
            if number.kind is Kind.MINUTES:  # whole, so that any mark parts thousands
                continue
            point |= needs_point
            comma |= needs_comma
            open_in = open_in or (number.name if open_marks else "")
    said = [raw.entry.decimal for raw in raws if raw.entry and raw.entry.decimal]
    if point != comma:
        return "," if comma else "."
    if said:
        return said[0]
    if point:
        raise FileError(
            "has numbers with a decimal point and others with a decimal comma; say in a mapping "
            "file which is meant (decimal: ','): rows with the others are rejected then"
        )
    if open_in:
        raise FileError(
            f"has numbers in '{open_in}' whose mark can part thousands or decimals, and no value "
            "decides; say which in a mapping file (decimal: ',' or decimal: '.')"
        )
    return "."


def _part(sink: RowSink, raw: _Raw, settings: Settings, day_first: bool, decimal: str) -> Part:
    """Return the rows of one table; what stood in the file is let go column by column."""
    blamed = _Blamed(len(raw.lines))
    if raw.entry is not None and raw.entry.times == "utc":
        settings = replace(settings, are_times_utc=True)
    blamed.add(_work_orders(raw), "work order")
    rows: dict[str, pd.Series] = {}
    for c in TABLES[raw.table]:
        if c.name not in raw.columns:
            continue
        written = raw.columns.pop(c.name)
        labels = _labels_by_place(raw, c)
        if labels:
            meant = listed([f"{label} is {word}" for label, word in labels.items()])
            sink.note(f"labels of {c.name} are read by their order in the hidden sheet: {meant}")
        if raw.entry is not None:
            labels |= raw.entry.labels.get(c.name, {})
        result = converted(
            raw.table,
            c,
            written,
            settings,
            raw.moments.pop(c.name, None),
            raw.texts.pop(c.name, None),
            day_first=day_first,
            decimal=decimal,
            labels=labels,
            missing=raw.entry.missing if raw.entry else (),
            as_bytes=raw.table in _LARGE and c.name in _OF_EACH,
        )
        rows[c.name] = result.values if raw.table in _LARGE else plain(result.values)
        if raw.table == "audit" and c.kind is Kind.TEXT:
            rows[c.name] = rows[c.name].astype("category")
        for why, mask in result.reasons.items():
            blamed.add(mask, why, written, c.name)
    frame = pd.DataFrame(rows, copy=False)
    if raw.table == "audit":
        frame = in_words_of_book(frame, settings, decimal)
    own_id = TABLES[raw.table][0].name
    if own_id not in frame and raw.table not in LINKS:
        frame.insert(0, own_id, _made_ids(frame, MAKES_ID[raw.table]))
    needed = {} if raw.table in LINKS else {own_id: "no id"}
    for name, why in {**needed, **_NEEDED.get(raw.table, {})}.items():
        if name in frame:
            blamed.add(frame[name].isna().to_numpy(), why)
    part = Part(sink.source.name, sink.form, raw.table, frame, raw.lines, _versions(raw, frame))
    part.take_out(*blamed.rows())
    return part


class _Blamed:
    """Which rows cannot be read, each with the first reason, and what stands there."""

    def __init__(self, count: int) -> None:
        self._reasons = [""]
        self._reason_of = np.zeros(count, "uint8")
        self._texts: dict[int, str] = {}

    def add(
        self, mask: np.ndarray, why: str, written: pa.ChunkedArray | None = None, column: str = ""
    ) -> None:
        """Blame rows that have no reason yet, for what is written in a column."""
        if not mask.any():
            return
        mask = mask & (self._reason_of == 0)
        self._reason_of[mask] = len(self._reasons)
        self._reasons.append(why)
        if written is not None:
            values = written.filter(pa.array(mask)).to_pylist()
            texts = [f"{column}: {value}" for value in values]
            self._texts |= dict(zip(np.flatnonzero(mask).tolist(), texts, strict=True))

    def rows(self) -> tuple[np.ndarray, list[str], list[str]]:
        """Return which rows those are, their reasons and texts."""
        bad = self._reason_of > 0
        reasons = [self._reasons[number] for number in self._reason_of[bad].tolist()]
        return bad, reasons, [self._texts.get(row, "") for row in np.flatnonzero(bad).tolist()]


def _labels_by_place(raw: _Raw, c: Column) -> dict[str, str]:
    """Return what labels of a choice mean that are in no list of ours, by their order in the file.

    That holds where exactly one choice of the file has as many options as the column's and has all
    labels that the column has.
    """
    words = ("no", "yes") if c.kind is Kind.FLAG else c.words
    if not raw.options or not words or c.name not in raw.texts:
        return {}
    known = FLAGS if c.kind is Kind.FLAG else words_of(raw.table, c.name, words)
    labels = {text for text in raw.texts[c.name].different.to_pylist() if text}
    if all(label.casefold() in known for label in labels):
        return {}
    fitting = [row for row in raw.options if len(row) == len(words) and labels <= set(row)]
    return dict(zip(fitting[0], words, strict=True)) if len(fitting) == 1 else {}


def _work_orders(raw: _Raw) -> np.ndarray:
    """Whether rows are of Field Service: their entitlements cover work orders, not cases."""
    mask = np.zeros(len(raw.lines), bool)
    if raw.table not in ("entitlement", "entitlementtemplate"):
        return mask
    for values, words in (
        (raw.beside.get("entitytype"), WORK_ORDER),
        (raw.columns.get("allocation"), WORK_ORDER_ALLOCATIONS),
    ):
        if values is not None:
            texts = pc.utf8_lower(pc.utf8_trim_whitespace(values.cast(pa.string())))
            mask |= pc.is_in(texts, pa.array(sorted(words))).to_numpy()
    return mask


def _versions(raw: _Raw, frame: pd.DataFrame) -> np.ndarray:
    """Return numbers that are higher for the row to take of two rows of one record.

    That is the one of the higher version, or changed later, or as a mapping says: the first or
    the last by time of creation.
    """
    repeated = raw.entry.repeated if raw.entry is not None else None
    if repeated is not None:
        numbers = np.arange(len(frame), dtype="int64")
        if "createdon" in frame:
            numbers = np.asarray(frame["createdon"].rank(method="first").fillna(0), "int64")
        return numbers if repeated == "last" else -numbers
    version = raw.beside.get("versionnumber")
    if version is not None:
        if is_text(version):
            version = version.cast(pa.string())
        digits = pd.to_numeric(version.to_pandas(), errors="coerce")
        return np.asarray(digits.fillna(-1).clip(-1, 2**62), "int64")
    if "modifiedon" in frame:
        return np.asarray(frame["modifiedon"], "datetime64[us]").astype("int64")
    return np.broadcast_to(np.int64(0), len(frame))


def _made_ids(frame: pd.DataFrame, columns: tuple[str, ...]) -> pd.Series:
    """Return ids made of what a record is otherwise known by."""
    parts = [plain(frame[name]).astype("str") for name in columns if name in frame]
    if not parts:
        return pd.Series(pd.NA, index=frame.index, dtype="str")
    ids = parts[0]
    for part in parts[1:]:
        ids = ids.str.cat(part, sep="|")
    return ids


def _set_aside(refused: Refused, parts: list[Part], sink: RowSink) -> None:
    part = next((p for p in parts if refused.table in (None, p.table)), None)
    if part is None:
        table = table_named(refused.table or "") or ""
        none = np.zeros(0, "int64")
        part = Part(sink.source.name, sink.form, table, pd.DataFrame(), none, none)
        parts.append(part)
    part.rejected.append(
        rejected_rows([refused.line], [refused.record], [refused.reason], [refused.text])
    )
