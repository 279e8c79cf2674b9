"""The rows of a run read back as the engine's numbers, in their order."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ..engine.tables import Column
from .formats import format_of
from .opened_views import VIEWS_SCHEMA
from .opening import own_labels_of
from .parquet import files_of, select_rows
from .quoting import quoted
from .schema import select_arrays

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .run import Run

#: Rows that are read at a time.
_READ_ROWS: Final = 500_000


def rows_of(
    run: "Run", table: str, columns: Sequence[Column]
) -> "Iterator[dict[str, NDArray[Any]]]":
    """Yield the rows of a table of a run, some at a time.

    Parameters
    ----------
    run : Run
    table : str
        One that the engine fills.
    columns : sequence of Column
        Those that are read; what the run lacks of a table is derived.

    Yields
    ------
    dict of str to ndarray
        Arrays by column, in the engine's types.
    """
    for part in _parts(run, table, columns):
        arrays = run.connection.execute(part).fetchnumpy()
        yield {
            column.name: np.asarray(arrays[column.name], column.array_type) for column in columns
        }


def _parts(run: "Run", table: str, columns: Sequence[Column]) -> list[str]:
    """Return queries that read a table in parts, in the order of its rows."""
    layout = format_of(run.manifest)
    if table not in layout.columns:
        return [select_arrays(f"{VIEWS_SCHEMA}.{quoted(table)}", columns)]
    if run.path is not None and run.storage == "parquet":
        own = own_labels_of(run.connection, run.stored_in, layout)
        return [
            select_arrays(f"({select_rows(table, [file], layout, own)})", columns)
            for file in files_of(run.path)[table]
        ]
    relation = f"{run.stored_in}.{quoted(table)}"
    query = select_arrays(relation, columns)
    [(rows,)] = run.connection.execute(f"SELECT count(*) FROM {relation}").fetchall()
    return [
        f"{query} WHERE rowid >= {begin} AND rowid < {begin + _READ_ROWS}"
        for begin in range(0, rows, _READ_ROWS)
    ]
