"""The command that fits a scenario to a run: ``fit``."""

from pathlib import Path
from typing import Annotated

import typer

from .mistakes import Mistake
from .progress import steps_bar
from .runs import RunArgument


def fit(
    run: RunArgument,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the scenario into this file.")
    ] = None,
    page: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page on it, too.")
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="Leave a column out of account, as cases.origin."),
    ] = None,
    covariate: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Let it move renewals: utilisation."),
    ] = None,
    identify: Annotated[
        bool,
        typer.Option(
            "--identify", help="Say what so much data can tell, tried on a twin that is simulated."
        ),
    ] = False,
) -> None:
    """Fit a scenario to a run that was imported or simulated.

    Demand, durations, renewals and cancellations are estimated from the rows; offerings and opening
    hours are taken over. Above each key of the scenario stands its estimate with the standard error
    in brackets and what it rests on; what the book cannot tell keeps its default, and says so.
    Without --out the scenario is printed.
    """
    if identify:
        if out is not None or page is not None or without or covariate:
            raise Mistake("--identify is another answer; ask it alone")
        _identify(run)
        return
    from ..fitting import fit as fit_to
    from ..publishing.placing import check_file_place
    from ..store.run import open_run

    if page is not None:
        from .reporting import check_page

        check_page(page)
    if out is not None:
        check_file_place(out)
    with open_run(run, sealed=True) as opened:
        try:
            with steps_bar() as report:
                fitted = fit_to(
                    opened, without=without or (), covariates=covariate or (), progress=report
                )
        except ValueError as error:
            raise Mistake(str(error)) from None
        if out is None:
            print(fitted.text, end="")
        else:
            fitted.write(out)
            told = sum(each.status == "estimated" for each in fitted.learned)
            kept = sum(each.status == "default" for each in fitted.learned)
            print(f"{out}: {told} keys estimated, {kept} keep their default")
            print(
                f"look at it: entitlement-sim check {out}; let it live: entitlement-sim run {out}"
            )
        if page is not None:
            fitted.page(page)
            if out is not None:
                print(page)


def _identify(run: str) -> None:
    from ..fitting import identify
    from ..store.run import open_run

    with open_run(run, sealed=True) as opened:
        try:
            with steps_bar() as report:
                told = identify(opened, progress=report)
        except ValueError as error:
            raise Mistake(str(error)) from None
        print(told)
