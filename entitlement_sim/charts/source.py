"""Rows for a chart: a query over a view of a run, or over a frame with the view's columns."""

from collections.abc import Sequence
from typing import Any

import duckdb
import pandas as pd

from ..store.run import Run
from ..telling import unknown

#: What a chart is drawn from.
Source = Run | pd.DataFrame

#: Where a run lists all values that rows can be picked by.
_LISTED = {"template": "templates", "segment": "segments"}


def rows(
    source: Source,
    view: str,
    columns: Sequence[str],
    query: str,
    params: dict[str, Any] | None = None,
    **picked: str | None,
) -> pd.DataFrame:
    """Query a view, or a frame that stands for it.

    Parameters
    ----------
    source : Run or DataFrame
    view : str
        The view or table of a run.
    columns : sequence of str
        Those of its columns that the query reads: a frame must have them.
    query : str
        SQL over the picked rows, which are called ``shown``; it may go on with further common
        table expressions.
    params : dict, optional
        Values of ``$name`` in the query.
    **picked : str or None
        Column and the value that its rows must have; None picks all.

    Raises
    ------
    TypeError
        `source` is neither a run nor a frame.
    ValueError
        The frame lacks columns, or no row can have a value that was picked.
    """
    chosen = {column: value for column, value in picked.items() if value is not None}
    where = " AND ".join(f"{column}::VARCHAR = $picked_{column}" for column in chosen) or "true"
    sql = f"WITH shown AS (SELECT * FROM {view} WHERE {where}) {query}"
    values = {**(params or {}), **{f"picked_{column}": value for column, value in chosen.items()}}
    if isinstance(source, Run):
        for column, value in chosen.items():
            _check(column, value, source.table(_LISTED[column])[column])
        return source.sql(sql, values)
    if not isinstance(source, pd.DataFrame):
        raise TypeError(f"a chart is drawn from a run or a DataFrame, not {type(source).__name__}")
    missing = [column for column in (*columns, *chosen) if column not in source.columns]
    if missing:
        raise ValueError(
            f"the frame lacks {', '.join(missing)}: it must have the columns of the view {view}"
        )
    for column, value in chosen.items():
        _check(column, value, source[column])
    return _query_frame(source, view, sql, values)


def records(frame: pd.DataFrame) -> list[Any]:
    """Return the rows of a frame, each with its columns as attributes."""
    return list(frame.itertuples(index=False))


def _check(column: str, value: str, known: "pd.Series[Any]") -> None:
    names = sorted({str(name) for name in known.dropna()})
    if value not in names:
        raise ValueError(unknown(column, value, names))


def _query_frame(frame: pd.DataFrame, view: str, sql: str, values: dict[str, Any]) -> pd.DataFrame:
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")
        connection.register(view, frame)
        return connection.execute(sql, values).df()
