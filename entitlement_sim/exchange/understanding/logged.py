"""What a log of changes says, in the words of a book: states, flags, amounts, ids."""

from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ..vocabulary.columns import TABLES, Column, Kind, column
from ..vocabulary.cultures import INVARIANT, amounts, flags
from ..vocabulary.heads import known_heads, plain_head, table_named
from .settings import Settings
from .values import Texts, converted

#: What stands before the id of a record in a log: the table that it is of.
_TABLE_OF_ID = r"^[a-z_]+[,:]"

_WRITTEN: Final = ("table", "column", "old", "new")
_READ: Final = (Kind.WORD, Kind.ORIGIN, Kind.AMOUNT, Kind.FLAG, Kind.ID)


def in_words_of_book(log: pd.DataFrame, settings: Settings, decimal: str) -> pd.DataFrame:
    """Return a log whose tables and columns have logical names, and its values those of a book.

    States and other choices become words, flags ``true`` or ``false``, amounts have a point and two
    decimals, ids are as ids are. What cannot be read so stays as it stands.

    Parameters
    ----------
    log : DataFrame
        Rows of the table ``audit``, texts as categories.
    settings : Settings
    decimal : str
        What parts the decimals of a number in the file.
    """
    if not {"table", "column"} <= set(log):
        return log
    columns = {name: _Texts(log[name]) for name in _WRITTEN if name in log}
    said = log["table"].cat.categories, log["column"].cat.categories
    pairs = _pairs(columns["table"].codes, columns["column"].codes, *map(len, said))
    for pair in np.unique(pairs[pairs >= 0]).tolist():
        said_table, said_column = (
            str(texts[code]) for texts, code in zip(said, divmod(pair, len(said[1])), strict=True)
        )
        table = table_named(said_table)
        if table is None:
            continue
        rows = np.flatnonzero(pairs == pair)
        columns["table"].put(rows, pd.Series([table], dtype="str"), np.zeros(len(rows), np.int32))
        name = known_heads(table).get(plain_head(said_column))
        if name is None:
            continue
        of = column(table, name)
        logical = pd.Series([of.logical], dtype="str")
        columns["column"].put(rows, logical, np.zeros(len(rows), np.int32))
        if of.kind not in _READ:
            continue
        for side in ("old", "new"):
            if side in log:
                written, which = columns[side].different(rows)
                columns[side].put(rows, _read(table, of, written, settings, decimal), which)
    del pairs  # of millions of rows
    rest = log.drop(columns=list(columns))
    of_book = {name: columns.pop(name).values() for name in list(columns)}
    return rest.assign(**of_book)[list(log)]


def _pairs(
    tables: np.ndarray, columns: np.ndarray, table_count: int, column_count: int
) -> np.ndarray:
    """Return a number for the table and column of each row, by their codes; -1 without one."""
    fits = table_count * column_count < 2**31
    pairs: np.ndarray = np.multiply(
        tables, max(column_count, 1), dtype=np.int32 if fits else np.int64
    )
    np.add(pairs, columns, out=pairs)
    pairs[(tables < 0) | (columns < 0)] = -1
    return pairs


class _Texts:
    """A column of categories, of which parts become other texts."""

    def __init__(self, values: pd.Series) -> None:
        self._texts = [pd.Series(values.cat.categories, dtype="str")]
        self._index = values.index
        self._count = len(self._texts[0])
        self.codes = values.cat.codes.to_numpy(np.int32, copy=True)

    def different(self, rows: np.ndarray) -> tuple[pd.Series, np.ndarray]:
        """Return the different texts of some rows, and which of them each has; -1 for none."""
        codes = self.codes[rows]
        places = np.full(self._count + 1, -1, np.int32)  # the last is of none
        found = np.zeros(self._count + 1, np.bool_)
        found[codes] = True
        found[-1] = False
        there = np.flatnonzero(found)
        places[there] = np.arange(len(there), dtype=np.int32)
        return self._texts[0].iloc[there].reset_index(drop=True), places[codes]

    def put(self, rows: np.ndarray, texts: pd.Series, which: np.ndarray) -> None:
        """Give rows other texts, each by its place among them; -1 for none."""
        self.codes[rows] = np.where(which < 0, -1, self._count + which)
        self._texts.append(texts)
        self._count += len(texts)

    def values(self) -> pd.Series:
        """Return the column, each different text once among its categories."""
        places, different = pd.factorize(pd.concat(self._texts, ignore_index=True))
        codes = np.append(places, -1)[self.codes]
        texts = pd.Index(different, dtype="str")
        return pd.Series(pd.Categorical.from_codes(codes, texts), self._index)


def _read(
    table: str, of: Column, written: pd.Series, settings: Settings, decimal: str
) -> pd.Series:
    raw = pa.chunked_array([pa.array(written, pa.string())])
    if of.kind is Kind.ID and of is not TABLES[table][0]:
        raw = pc.replace_substring_regex(raw, _TABLE_OF_ID, "")
    values = converted(
        table,
        of,
        raw,
        settings,
        None,
        Texts(raw),
        day_first=False,
        decimal=decimal,
        labels={},
        missing=(),
    ).values
    if of.kind is Kind.AMOUNT:
        values = pd.Series(amounts(values, INVARIANT, grouped=False).to_pylist(), dtype="str")
    elif of.kind is Kind.FLAG:
        values = pd.Series(flags(values, INVARIANT).to_pylist(), dtype="str")
    values.index = written.index
    return values.fillna(written)
