"""The commands ``ceiling`` and ``rule-impact``."""

import csv
from typing import TYPE_CHECKING, Annotated

import typer

from ..telling import iso_day
from .mistakes import Mistake
from .output import for_programs
from .progress import combinations_bar, switches_bar
from .quick_start import numba_alone
from .runs import RunArgument

if TYPE_CHECKING:
    import pandas as pd


def ceiling(
    run: RunArgument,
    entitlement: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Only this contract, by its number in the run."),
    ] = None,
    offering: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only contracts of this template.")
    ] = None,
    by: Annotated[
        str,
        typer.Option(
            metavar="ATTRIBUTE",
            help="What cases are told apart by: product, origin, contact, severity or cause.",
        ),
    ] = "product",
    as_csv: Annotated[
        bool, typer.Option("--csv", help="Print the groups as CSV, in UTF-8.")
    ] = False,
) -> None:
    """Say which cases used up what ran dry.

    Contracts are played again with the cases of every combination of groups: a group's share of
    the days without terms is its Shapley value, so shares add up to 1. The day until which a
    contract would have lasted without a group is the one on which it then runs dry.
    """
    from ..store.run import open_run

    with open_run(run, sealed=True) as opened, numba_alone():
        from ..attribution.ceiling import ATTRIBUTES
        from ..attribution.ceiling import ceiling as share_out

        if by not in ATTRIBUTES:
            raise Mistake(f"--by is {', '.join(ATTRIBUTES[:-1])} or {ATTRIBUTES[-1]}, not '{by}'")
        with combinations_bar() as progress:
            try:
                answer = share_out(
                    opened,
                    entitlement=entitlement,
                    offering=offering,
                    by=by,  # type: ignore[arg-type]
                    progress=progress,
                )
            except ValueError as error:
                raise Mistake(str(error)) from None
        if not as_csv:
            print(answer)
            return
        frame = answer.frame().astype({"without": object})
        frame["without"] = [
            "" if group.without is None else iso_day(group.without) for group in answer.groups
        ]
        _print_csv(frame)


def rule_impact(
    run: RunArgument,
    switch: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Print every balance that this one moves, as CSV."),
    ] = None,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="Print the switches as CSV, in UTF-8.")
    ] = False,
) -> None:
    """Say what each other reading of the rules would move.

    Every switch of the rulebook is turned alone: a run that was imported is played again, and one
    that was simulated is simulated again with the same draws.
    """
    from ..store.run import open_run

    with open_run(run, sealed=True) as opened, numba_alone():
        from ..audit.impact import rule_impact as turn

        with switches_bar() as progress:
            answer = turn(opened, progress=progress)
        if switch is not None:
            try:
                _print_csv(answer.balances(switch))
            except ValueError as error:
                raise Mistake(str(error)) from None
        elif as_csv:
            _print_csv(answer.frame())
        else:
            print(answer)


def _print_csv(frame: "pd.DataFrame") -> None:
    with for_programs() as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(frame.columns)
        writer.writerows(
            ["" if value != value else value for value in row]
            for row in frame.itertuples(index=False)
        )
