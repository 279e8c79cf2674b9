"""The commands that ask a run: ``query``, ``explain``."""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from .mistakes import Mistake
from .runs import RunArgument

if TYPE_CHECKING:
    from ..store.run import Run


def query(
    run: RunArgument,
    sql: Annotated[str, typer.Argument(metavar="SQL", help="A query in DuckDB's SQL.")],
    rows: Annotated[int, typer.Option(min=1, help="Show at most so many rows.")] = 40,
) -> None:
    """Ask a run in SQL and print the answer."""
    import duckdb

    from ..store.run import open_run

    with open_run(run) as opened:
        try:
            answer = opened.connection.sql(sql)
            if answer is not None:
                answer.show(max_rows=rows)
        except duckdb.Error as error:
            raise Mistake(str(error)) from None


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

    with open_run(run) as opened:
        if on is not None:
            _check_day(opened, on)
        print(explain_balance(opened, entitlement, on))


def _check_day(run: "Run", day: date) -> None:
    first = date.fromisoformat(run.manifest["start_date"])
    last = first + timedelta(days=run.manifest["days"] - 1)
    if day > last:
        raise Mistake(f"the run {run.name} ends on {last}, before {day}")
