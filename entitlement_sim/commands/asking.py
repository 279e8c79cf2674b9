"""The commands that ask a run: ``query``, ``explain``."""

import csv
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from .mistakes import Mistake
from .runs import RunArgument

if TYPE_CHECKING:
    from ..store.run import Run

_ANY_WIDTH = 10_000
_ROWS_AT_A_TIME = 10_000


def query(
    run: RunArgument,
    sql: Annotated[str, typer.Argument(metavar="SQL", help="A query in DuckDB's SQL.")],
    rows: Annotated[int, typer.Option(min=1, help="Show at most so many rows.")] = 40,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print all rows as CSV.")] = False,
) -> None:
    """Ask a run in SQL and print the answer.

    The query may read and write other files as DuckDB does, such as a CSV file to join. The run
    itself cannot be changed.
    """
    import duckdb

    if not sql.strip():
        raise Mistake("the query is empty; write one like 'SELECT count(*) FROM cases'")
    from ..store.damage import is_damage, words_of
    from ..store.errors import DamagedRun
    from ..store.run import open_run

    with open_run(run) as opened:
        try:
            if as_csv:
                _interruptibly(opened, lambda: _print_csv(opened, sql))
            else:
                _interruptibly(opened, lambda: _print_table(opened, sql, rows))
        except duckdb.Error as error:
            if is_damage(error):
                raise DamagedRun(opened.file, words_of(error)) from None
            raise Mistake(str(error)) from None


def _print_table(run: "Run", sql: str, rows: int) -> None:
    answer = run.connection.sql(sql)
    if answer is not None:
        # Only on a terminal need columns be left out to make the others fit.
        answer.show(max_rows=rows, max_width=None if sys.stdout.isatty() else _ANY_WIDTH)


def _print_csv(run: "Run", sql: str) -> None:
    answer = run.connection.execute(sql)
    if answer.description is not None:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow([column[0] for column in answer.description])
        while some := answer.fetchmany(_ROWS_AT_A_TIME):
            writer.writerows(some)


def _interruptibly(run: "Run", ask: Callable[[], None]) -> None:
    """Ask in a thread of its own: within DuckDB this one might not hear that it is interrupted."""
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask)
        try:
            asked.result()
        except KeyboardInterrupt:
            run.connection.interrupt()
            raise


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"'{text}' is no day; write one like 2025-03-31.") from None


def explain(
    run: RunArgument,
    entitlement: Annotated[int, typer.Argument(metavar="ENTITLEMENT", help="Its number.")],
    on: Annotated[
        date | None,
        typer.Option(parser=_day, metavar="DATE", help="Look no further than this day's close."),
    ] = None,
) -> None:
    """Explain the balance of an entitlement.

    Shows every movement and every refusal, with its case and its rule.
    """
    from ..store.explain import explain as explain_balance
    from ..store.run import open_run

    with open_run(run, sealed=True) as opened:
        if on is not None:
            _check_day(opened, on)
        print(explain_balance(opened, entitlement, on))


def _check_day(run: "Run", day: date) -> None:
    last = run.manifest.last_day
    if day > last:
        raise Mistake(f"the run {run.name} ends on {last}, before {day}")
