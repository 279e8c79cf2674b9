"""Rows for a chart: a query over a view of a run, or over a frame with the view's columns."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

import duckdb
import pandas as pd

from ..inference import Portfolio, portfolio_of
from ..inference.portfolio import customers_of_run
from ..store.run import Run
from ..telling import unknown
from ..telling.tables import records as records
from .dates import Day, span

#: What a chart is drawn from.
Source = Run | pd.DataFrame

#: Where a run lists all values that rows can be picked by.
_LISTED = {"template": "templates", "segment": "segments"}

#: Answers to the queries of one chart, by what was asked.
Answers = dict[tuple[str, str], Any]

Answer = TypeVar("Answer")

_ANSWERS: ContextVar[Answers | None] = ContextVar("answers", default=None)


@contextmanager
def answering_from(answers: Answers) -> Iterator[None]:
    """Keep the rows of a chart inside a ``with`` block, and ask for none of them twice."""
    outer = _ANSWERS.set(answers)
    try:
        yield
    finally:
        _ANSWERS.reset(outer)


def rows(
    source: Source,
    view: str,
    columns: Sequence[str],
    query: str,
    params: dict[str, Any] | None = None,
    *,
    dated: str = "",
    since: Day = None,
    until: Day = None,
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
    dated : str, optional
        The column by which rows are picked by `since` and `until`. Where it holds first days of
        months, ``whole_months`` of these come first.
    since, until : date or str, optional
        First and last day to show; None sets no limit.
    **picked : str or None
        Column and the value that its rows must have; None picks all.

    Raises
    ------
    TypeError
        `source` is neither a run nor a frame.
    ValueError
        The frame lacks columns, no row can have a value that was picked, or `since` and `until`
        are no days in their order.
    """
    chosen = {column: value for column, value in picked.items() if value is not None}
    first, last = span(since, until)
    conditions = [f"{column}::VARCHAR = $picked_{column}" for column in chosen]
    values = {**(params or {}), **{f"picked_{column}": value for column, value in chosen.items()}}
    if first is not None:
        conditions.append(f"{dated} >= $since")
        values["since"] = first
    if last is not None:
        conditions.append(f"{dated} <= $until")
        values["until"] = last
    where = " AND ".join(conditions) or "true"
    sql = f"WITH shown AS (SELECT * FROM {view} WHERE {where}) {query}"
    needed = [*columns, *chosen, *([dated] if first or last else [])]
    answer = answered((sql, repr(values)), lambda: _ask(source, view, needed, chosen, sql, values))
    return answer.copy(deep=False)  # copied by pandas where a chart writes into it


def answered(asked: tuple[str, str], ask: Callable[[], Answer]) -> Answer:
    """Return an answer, which is kept inside of :func:`answering_from`; nobody writes into it."""
    answers = _ANSWERS.get()
    if answers is None:
        return ask()
    if asked not in answers:
        answers[asked] = ask()
    kept: Answer = answers[asked]
    return kept


def _ask(
    source: Source,
    view: str,
    needed: Sequence[str],
    chosen: dict[str, str],
    sql: str,
    values: dict[str, Any],
) -> pd.DataFrame:
    if isinstance(source, Run):
        for column, value in chosen.items():
            _check(column, value, source.table(_LISTED[column])[column])
        return source.sql(sql, values)
    if not isinstance(source, pd.DataFrame):
        raise TypeError(f"a chart is drawn from a run or a DataFrame, not {type(source).__name__}")
    check_columns(source, needed, f"have the columns of the view {view}")
    for column, value in chosen.items():
        _check(column, value, source[column])
    return _query_frame(source, view, sql, values)


def check_columns(frame: pd.DataFrame, needed: Sequence[str], must: str) -> None:
    """Refuse a frame that lacks columns, and say what it must be or have.

    Raises
    ------
    ValueError
        It lacks some.
    """
    missing = [column for column in needed if column not in frame.columns]
    if missing:
        raise ValueError(f"the frame lacks {', '.join(missing)}: it must {must}")


def drawn_anew(source: Source, *, with_shocks: bool = False) -> Portfolio | None:
    """Return the customers that intervals draw anew; None for those that the rows name.

    What they share is asked for where it is told: to read a scenario takes as long as many charts.
    """
    if not isinstance(source, Run):
        return None
    return portfolio_of(source) if with_shocks else customers_of_run(source)


def _check(column: str, value: str, known: "pd.Series[Any]") -> None:
    names = sorted({str(name) for name in known.dropna()})
    if value not in names:
        raise ValueError(unknown(column, value, names))


def _query_frame(frame: pd.DataFrame, view: str, sql: str, values: dict[str, Any]) -> pd.DataFrame:
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")
        connection.register(view, frame)
        return connection.execute(sql, values).df()
