"""Values of a book as whole numbers: days and minutes since 1970-01-01, codes of words."""

from collections.abc import Collection
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...engine.tables import NO_TIME
from ...rules.words import Word
from ..book import Book
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
    codes = texts.str.strip().str.capitalize().map(known)
    return whole(codes, -1)


def filled(book: Book, table: str) -> pd.DataFrame:
    """Return a table of a book with all its columns; what was not exported is missing."""
    return with_all_columns(table, book.tables.get(table))


def with_all_columns(table: str, exported: pd.DataFrame | None) -> pd.DataFrame:
    """Return the rows of a table, if any were exported, with all its columns."""
    columns = empty(table)
    if exported is None:
        return columns
    absent: dict[str, Any] = {
        str(name): pd.Series(
            pd.NaT if values.dtype.kind == "M" else pd.NA, exported.index, values.dtype
        )
        for name, values in columns.items()
        if name not in exported.columns
    }
    return exported.assign(**absent)


def changes_of(
    book: Book, table: str, columns: Collection[str], source_ids: "pd.Series[Any]"
) -> pd.DataFrame:
    """Return the exported changes of these columns of records, each with the place of its record.

    Left out are those without a moment, and those of records that are not among `source_ids`.
    """
    log = filled(book, "audit")
    of_these = log["table"].eq(table) & log["column"].isin(columns) & log["changed"].notna()
    rows = log.drop(columns=["auditid", "table"])[of_these.to_numpy(np.bool_)]
    record = rows.pop("recordid").astype("category")
    places = np.append(pd.Index(source_ids).get_indexer(record.cat.categories), -1)
    rows["place"] = places[record.cat.codes]
    rows = rows[rows["place"] >= 0]
    texts = {name: "str" for name, kind in rows.dtypes.items() if kind == "category"}
    return rows.astype(texts)


def found(known: "pd.Series[Any]", keys: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return what is known of keys, each known once; missing where nothing is."""
    return known.reindex(keys.to_numpy()).set_axis(keys.index)
