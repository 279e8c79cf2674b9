"""From the rows of a file, as they stand there, to the tables of a book."""

from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa

from .columns import LINKS, TABLES, Column, Kind, column
from .dates import Moments
from .errors import FileError
from .heads import columns_of, table_named, tables_fitting
from .numbers import decimal_marks
from .settings import Settings
from .sink import Batch, Refused, RowSink
from .values import Texts, converted, is_text

#: Letters of a rejected row's text at the most.
_LETTERS: Final = 200

#: What a row must have beside its own id, by table, and what is missing where it has not.
_NEEDED: Final = {
    "entitlement": {"customerid": "no customer", "startdate": "no date", "enddate": "no date"},
    "entitlementchannel": {"entitlementid": "no entitlement", "channel": "no channel"},
    "entitlementtemplatechannel": {"templateid": "no template", "channel": "no channel"},
    "incident": {"createdon": "no date", "customerid": "no customer"},
    "incidentresolution": {"incidentid": "no case"},
    "activitypointer": {},
    "audit": {"recordid": "no record", "changed": "no date"},
    "product_link": {"entitlementid": "no entitlement", "productid": "no product"},
    "contact_link": {"entitlementid": "no entitlement", "contactid": "no contact"},
}


@dataclass
class Understood:
    """Rows of one table in one file.

    Attributes
    ----------
    table : str
    rows : DataFrame
        Those that could be read, in columns of a book.
    lines : ndarray of int64
        Line of each.
    rejected : list of DataFrame
        The others: line, record, reason, text.
    """

    table: str
    rows: pd.DataFrame
    lines: np.ndarray
    rejected: list[pd.DataFrame]


@dataclass
class _Raw:
    """Rows of one table as they stand in the file, by columns of a book."""

    table: str
    columns: dict[str, pa.ChunkedArray]
    lines: np.ndarray
    is_plain: bool
    texts: dict[str, Texts] = field(default_factory=dict)
    moments: dict[str, Moments] = field(default_factory=dict)

    def of_kind(self, *kinds: Kind) -> list[Column]:
        return [c for c in TABLES[self.table] if c.name in self.columns and c.kind in kinds]


def understand(sink: RowSink, settings: Settings) -> list[Understood]:
    """Return the tables of a file.

    Raises
    ------
    FileError
        It cannot be said which table the rows are of, or how its dates or numbers are meant.
    """
    by_table: dict[str, list[Batch]] = {}
    for batch in sink.batches:
        by_table.setdefault(_table_of(batch, sink.source.name), []).append(batch)
    raws = [_raw(table, batches) for table, batches in by_table.items()]
    for raw in raws:
        for name, values in raw.columns.items():
            if is_text(values):
                raw.texts[name] = Texts(values)
        for day in raw.of_kind(Kind.DAY, Kind.MOMENT):
            if day.name in raw.texts:
                raw.moments[day.name] = Moments(raw.texts[day.name].different)
    day_first = _day_first(raws, settings)
    decimal = _decimal(raws)
    parts = [_understood(raw, settings, day_first, decimal) for raw in raws]
    for refused in sink.refused:
        _set_aside(refused, parts)
    return parts


def _table_of(batch: Batch, file: str) -> str:
    """Return the table of a batch: as the file says, else as its heads do, else as it is named."""
    if batch.table is not None:
        table = table_named(batch.table)
        if table is None:
            raise FileError(f"has rows of a table '{batch.table}', which no book has")
        return table
    fitting = tables_fitting(batch.rows.column_names, batch.heads)
    if len(fitting) == 1:
        return fitting[0]
    stem = PurePath(file).stem.casefold()
    named = [table for table in fitting if stem in (table, f"{table}s")]
    if named:
        return named[0]
    heads = ", ".join(batch.rows.column_names[:6])
    raise FileError(
        f"cannot be told to be any table that is read; its columns begin {heads}: say in a mapping "
        "file which they are (--suggest writes one to correct), or leave the file out"
    )


def _raw(table: str, batches: list[Batch]) -> _Raw:
    pieces: list[pa.Table] = []
    for batch in batches:
        heads = columns_of(table, batch.rows.column_names, batch.heads)
        pieces.append(pa.table({name: batch.rows[head] for name, head in heads.items()}))
    rows = pa.concat_tables(pieces, promote_options="permissive")
    lines = np.concatenate([batch.lines for batch in batches])
    columns = dict(zip(rows.column_names, rows.columns, strict=True))
    return _Raw(table, columns, lines, all(batch.is_plain for batch in batches))


def _day_first(raws: list[_Raw], settings: Settings) -> bool:
    """Return whether the day comes before the month, as some value of the file says."""
    if settings.date_order is not None:
        return settings.date_order == "day-first"
    sure_day, sure_month, open_in = False, False, ""
    for raw in raws:
        for name, moments in raw.moments.items():
            day, month, open_order = moments.orders()
            sure_day |= day
            sure_month |= month
            open_in = open_in or (name if open_order else "")
    if sure_day and sure_month:
        raise FileError(
            "has dates that must be day first and others that must be month first; say with "
            "--date-order which is meant, and the others are rejected by row"
        )
    if open_in and not sure_day and not sure_month:
        raise FileError(
            f"has dates in '{open_in}' that can be day first or month first, and no value decides; "
            "say which with --date-order day-first or --date-order month-first"
        )
    return sure_day


def _decimal(raws: list[_Raw]) -> str:
    """Return what parts the decimals of numbers, as some value of the file says."""
    point, comma, open_in = False, False, ""
    for raw in raws:
        for amount in raw.of_kind(Kind.AMOUNT):
            if amount.name in raw.texts and not raw.is_plain:
                marks = decimal_marks(raw.texts[amount.name].different)
                point |= marks[0]
                comma |= marks[1]
                open_in = open_in or (amount.name if marks[2] else "")
    if open_in and point == comma:
        raise FileError(
            f"has numbers in '{open_in}' whose mark can part thousands or decimals, and no value "
            "decides; say which in a mapping file (decimal: ',' or decimal: '.')"
        )
    return "," if comma and not point else "."


def _understood(raw: _Raw, settings: Settings, day_first: bool, decimal: str) -> Understood:
    rows: dict[str, pd.Series] = {}
    reason = np.full(len(raw.lines), "", dtype=object)
    blamed = np.full(len(raw.lines), "", dtype=object)
    for c in TABLES[raw.table]:
        if c.name not in raw.columns:
            continue
        result = converted(
            raw.table,
            c,
            raw.columns[c.name],
            settings,
            raw.moments.get(c.name),
            raw.texts.get(c.name),
            day_first=day_first,
            decimal=decimal,
        )
        rows[c.name] = result.values
        for why, mask in result.reasons.items():
            fresh = mask & (reason == "")
            reason[fresh], blamed[fresh] = why, c.name
    frame = pd.DataFrame(rows)
    own_id = TABLES[raw.table][0].name
    needed = {} if raw.table in LINKS else {own_id: "no id"}
    for name, why in {**needed, **_NEEDED.get(raw.table, {})}.items():
        if name in frame:
            lacking = frame[name].isna().to_numpy() & (reason == "")
            reason[lacking] = why
    bad = reason != ""
    rejected = _rejected(raw, frame, np.flatnonzero(bad), reason, blamed)
    return Understood(raw.table, frame[~bad].reset_index(drop=True), raw.lines[~bad], [rejected])


def _rejected(
    raw: _Raw, frame: pd.DataFrame, rows: np.ndarray, reason: np.ndarray, blamed: np.ndarray
) -> pd.DataFrame:
    own_id = TABLES[raw.table][0].name
    texts = []
    for row in rows:
        value = raw.columns[blamed[row]][int(row)].as_py() if blamed[row] else None
        texts.append(f"{blamed[row]}: {value}"[:_LETTERS] if blamed[row] else "")
    return pd.DataFrame(
        {
            "line": pd.array(raw.lines[rows], dtype="Int64"),
            "record": frame[own_id].iloc[rows].to_numpy() if own_id in frame else None,
            "reason": reason[rows],
            "text": texts,
        }
    )


def _set_aside(refused: Refused, parts: list[Understood]) -> None:
    part = next((p for p in parts if refused.table in (None, p.table)), None)
    if part is None:
        table = table_named(refused.table or "") or ""
        part = Understood(table, pd.DataFrame(), np.zeros(0, "int64"), [])
        parts.append(part)
    row = {
        "line": pd.array([refused.line], dtype="Int64"),
        "record": [refused.record],
        "reason": [refused.reason],
        "text": [refused.text[:_LETTERS]],
    }
    part.rejected.append(pd.DataFrame(row))
