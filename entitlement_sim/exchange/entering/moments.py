"""Values of a book as whole numbers: days and minutes since 1970-01-01, codes of words."""

from collections.abc import Collection
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...engine.tables import NO_TIME
from ...rules.words import Word
from ..book import Book
from ..recurring import by_row, places_in, recurring, texts_of
from ..vocabulary.columns import empty

#: Minutes of a day.
DAY: Final = 1440
Whole = NDArray[np.int64]


def days_of(dates: "pd.Series[Any]") -> Whole:
    """Return days since 1970-01-01; ``NO_TIME`` where there is none."""
    return _since_1970(dates, "D")


def minutes_of(moments: "pd.Series[Any]") -> Whole:
    """Return begun minutes since 1970-01-01; ``NO_TIME`` where there is none."""
    return _since_1970(moments, "m")


def _since_1970(moments: "pd.Series[Any]", unit: str) -> Whole:
    values = moments.to_numpy(dtype="datetime64[us]")
    numbers = values.astype(f"datetime64[{unit}]").astype(np.int64)
    return np.where(np.isnat(values), NO_TIME, numbers).astype(np.int64)


def whole(numbers: "pd.Series[Any]", missing: int) -> Whole:
    """Return whole numbers with `missing` where there is none."""
    return np.asarray(numbers.astype("Int64").fillna(missing), np.int64)


def flags(values: "pd.Series[Any]", missing: bool) -> NDArray[np.bool_]:
    """Return truth values with `missing` where there is none."""
    return values.astype("boolean").to_numpy(np.bool_, na_value=missing)


def codes_of(words: type[Word], texts: "pd.Series[Any]") -> Whole:
    """Return the codes of words: written as such, or as their numbers in Dataverse; -1 for none."""
    known = {str(word.dataverse): int(word) for word in words}
    known |= {word.label.capitalize(): int(word) for word in words}
    different, of_row = texts_of(texts)
    codes = different.str.strip().str.capitalize().map(known)
    return by_row(whole(codes, -1), of_row, -1)


def filled(book: Book, table: str) -> pd.DataFrame:
    """Return a table of a book with all its columns; what was not exported is missing."""
    return with_all_columns(table, book.tables.get(table))


def with_all_columns(table: str, exported: pd.DataFrame | None) -> pd.DataFrame:
    """Return the rows of a table, if any were exported, with all its columns."""
    columns = empty(table)
    if exported is None:
        return columns
    absent: dict[str, Any] = {
        str(name): _none(values.dtype, exported.index)
        for name, values in columns.items()
        if name not in exported.columns
    }
    return exported.assign(**absent)


def _none(kind: Any, index: "pd.Index[Any]") -> "pd.Series[Any]":
    """Return a column in which every value is missing; of texts it takes a byte a row."""
    if kind == "str":
        return recurring(pd.Series([], dtype="str"), np.full(len(index), -1, np.int8), index)
    return pd.Series(pd.NaT if kind.kind == "M" else pd.NA, index, kind)


def changes_of(
    book: Book, table: str, columns: Collection[str], source_ids: "pd.Series[Any]"
) -> pd.DataFrame:
    """Return the exported changes of these columns of records, each with the place of its record.

    Left out are those without a moment, and those of records that are not among `source_ids`.
    """
    log = filled(book, "audit")
    of_these = log["table"].eq(table) & log["column"].isin(columns) & log["changed"].notna()
    chosen = of_these.to_numpy(np.bool_)
    place = places_in(source_ids, log["recordid"][chosen]).astype(np.int32)
    rows = log[["column", "changed", "old", "new", "operation"]][chosen].assign(place=place)
    return rows if (place >= 0).all() else rows[place >= 0]


def found(known: "pd.Series[Any]", keys: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return what is known of keys, each known once; missing where nothing is."""
    different, codes = texts_of(keys)
    if codes is None:
        return known.reindex(keys.to_numpy()).set_axis(keys.index)
    of_each = known.reindex([*different, None])  # the last is of rows without a key
    return of_each.iloc[codes].set_axis(keys.index)
