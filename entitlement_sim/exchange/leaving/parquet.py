"""Writing Parquet files, with the names and types of a book."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..vocabulary.columns import Kind, columns_in

if TYPE_CHECKING:
    from .writing import Leaving


def write(leaving: "Leaving", folder: Path) -> None:
    """Write a file for each table: amounts as decimals, days as dates, moments without a zone."""
    for table, rows in leaving:
        columns = {c.name: _array(c.kind, rows[c.name]) for c in columns_in(table, rows)}
        pq.write_table(pa.table(columns), folder / f"{table}.parquet", compression="zstd")
        leaving.wrote(len(rows))


def _array(kind: Kind, values: pd.Series) -> pa.Array:
    if kind is Kind.DAY:
        return pa.array(values, pa.timestamp("us")).cast(pa.date32())
    if kind is Kind.MOMENT:
        return pa.array(values, pa.timestamp("us"))
    if kind is Kind.AMOUNT:
        hundredths = pc.cast(pa.array(values, pa.int64()), pa.decimal128(19, 0))
        hundredth = pa.scalar("0.01").cast(pa.decimal128(2, 2))
        return pc.multiply(hundredths, hundredth).cast(pa.decimal128(18, 2))
    if kind is Kind.FLAG:
        return pa.array(values, pa.bool_())
    if kind is Kind.MINUTES:
        return pa.array(values, pa.int64())
    return pa.array(values, pa.string())
