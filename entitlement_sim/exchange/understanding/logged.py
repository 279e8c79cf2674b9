"""What a log of changes says, in the words of a book: states, flags, amounts, ids."""

from typing import cast

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

_READ = (Kind.WORD, Kind.ORIGIN, Kind.AMOUNT, Kind.FLAG, Kind.ID)


def in_words_of_book(log: pd.DataFrame, settings: Settings, decimal: str) -> pd.DataFrame:
    """Return a log whose tables and columns have logical names, and its values those of a book.

    States and other choices become words, flags ``true`` or ``false``, amounts have a point and two
    decimals, ids are as ids are. What cannot be read so stays as it stands.

    Parameters
    ----------
    log : DataFrame
        Rows of the table ``audit``.
    settings : Settings
    decimal : str
        What parts the decimals of a number in the file.
    """
    if not {"table", "column"} <= set(log):
        return log
    read = log.copy()
    for said, rows in log.groupby(["table", "column"]).groups.items():
        said_table, said_column = (str(each) for each in cast(tuple[str, str], said))
        table = table_named(said_table)
        if table is None:
            continue
        read.loc[rows, "table"] = table
        name = known_heads(table).get(plain_head(said_column))
        if name is None:
            continue
        of = column(table, name)
        read.loc[rows, "column"] = of.logical
        if of.kind in _READ:
            for side in ("old", "new"):
                if side in log:
                    read.loc[rows, side] = _read(table, of, log.loc[rows, side], settings, decimal)
    return read


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
