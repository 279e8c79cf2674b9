"""A book: what was exported of a live system, as tables with canonical names and types."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import pandas as pd

#: Columns of `Book.rejected` and of `Book.sources` with their types.
REJECTED: Final = {
    "file": "str",
    "form": "str",
    "table": "str",
    "line": "Int64",
    "record": "str",
    "reason": "str",
    "text": "str",
}
SOURCES: Final = {
    "file": "str",
    "form": "str",
    "table": "str",
    "rows": "Int64",
    "kept": "Int64",
    "rejected": "Int64",
}


def _no_rows(columns: Mapping[str, str]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series([], dtype=dtype) for name, dtype in columns.items()})


@dataclass(frozen=True)
class Book:
    """What was exported, read.

    Attributes
    ----------
    tables : dict of str to DataFrame
        Tables by the names of `columns.TABLES`, with columns of the types said there. A table, or
        a column, that was not exported is absent, which differs from being empty. Ids are distinct
        and never missing; amounts are hundredths; moments are local times of `zone`.
    rejected : DataFrame
        Rows that could not be read: file, form, table, line (row of a sheet, line of a CSV file,
        number of a record), record (its id, where known), reason, text (as it stood there).
    sources : DataFrame
        Rows of each table in each file: rows = kept + rejected.
    notes : tuple of str
        What whoever reads the book must know of it, in sentences.
    name : str
    zone : str
        The business zone, as the IANA names it.
    as_of : date or None
        The day of the export, where it was said.
    currency : str or None
    counts : dict of (str, str) to int, optional
        Values of each column by table and column, where a book that is only to be entered lacks
        columns; its ids may be the 16 bytes of GUIDs, and its texts categories.
    """

    tables: dict[str, pd.DataFrame]
    rejected: pd.DataFrame = field(default_factory=lambda: _no_rows(REJECTED))
    sources: pd.DataFrame = field(default_factory=lambda: _no_rows(SOURCES))
    notes: tuple[str, ...] = ()
    name: str = "book"
    zone: str = "UTC"
    as_of: dt.date | None = None
    currency: str | None = None
    counts: dict[tuple[str, str], int] | None = None
