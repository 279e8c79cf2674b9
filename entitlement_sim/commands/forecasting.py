"""The command that lets a book go on from its last day: ``forecast``."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from .asking import parsed_day
from .mistakes import Mistake
from .runs import RunArgument


def forecast(
    run: RunArgument,
    until: Annotated[
        date, typer.Option(parser=parsed_day, metavar="DATE", help="Last day of the forecast.")
    ],
    replications: Annotated[
        int, typer.Option(metavar="N", min=1, max=100_000, help="How many futures are played.")
    ] = 100,
    page: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page on it, too.")
    ] = None,
    seed: Annotated[
        int, typer.Option(metavar="NUMBER", min=0, help="Seed of everything that is drawn.")
    ] = 0,
) -> None:
    """Let a book go on from its last day, through the rules.

    Open balances, open cases and waiting contracts are taken as they stand; every customer goes on
    with a rate of cases by all that it has asked so far, the rest by the scenario of the run, or by
    one that is fitted to an imported book. Printed are the contracts at risk of running dry, with
    the reason, and what comes by then: cases, expiries, renewals, breakage, revenue, margin.
    """
    from ..forecasting import forecast as forecast_of
    from ..store.run import open_run
    from .progress import replications_bar

    if page is not None:
        from .reporting import check_page

        check_page(page)
    with open_run(run, sealed=True) as opened, replications_bar(replications) as report:
        try:
            answer = forecast_of(
                opened, until, replications=replications, seed=seed, progress=report
            )
        except ValueError as error:
            raise Mistake(str(error)) from None
        print(answer.risks())
        print()
        print(answer)
        print()
        for said in answer.caveats:
            print(f"- {said}")
        if page is not None:
            answer.page(page)
            print(page)
