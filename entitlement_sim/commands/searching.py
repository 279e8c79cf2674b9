"""The command ``search``."""

import re
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from .mistakes import Mistake
from .progress import offerings_bar
from .quick_start import numba_alone
from .simulating import Overrides, ScenarioArgument, Threads

_FREE = re.compile(r"(?P<path>.+)=(?P<low>-?\d+)\.\.(?P<high>-?\d+)")
_CONDITION = re.compile(
    r"(?P<metric>[a-z_]+)\s*(?P<sign><=|>=)\s*(?P<bound>-?[\d.]+)(?P<percent>%?)"
)


def search(
    scenario: ScenarioArgument,
    most: Annotated[
        str,
        typer.Option(
            metavar="KEY",
            help="The metric that is to be as high as can be, such as margin; with a minus as low.",
        ),
    ],
    free: Annotated[
        list[str],
        typer.Option(
            metavar="PATH=LOW..HIGH",
            help="Whole numbers to try, such as 'templates.Pack 10.total_terms=6..14'; repeatable.",
        ),
    ],
    where: Annotated[
        list[str] | None,
        typer.Option(metavar="CONDITION", help="Such as 'refused<=5%'; repeatable."),
    ] = None,
    overrides: Overrides = None,
    worth: Annotated[
        float | None,
        typer.Option(
            metavar="AMOUNT",
            help="The difference that matters: points that are worse are left out early.",
        ),
    ] = None,
    replications: Annotated[
        int, typer.Option(min=5, metavar="N", help="How often everything is drawn anew.")
    ] = 20,
    budget: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Simulations at the most before the choice."),
    ] = None,
    unused: Annotated[
        float | None,
        typer.Option(metavar="COST", help="Of a term that lapses, for -sizing_regret."),
    ] = None,
    missing: Annotated[
        float | None,
        typer.Option(metavar="COST", help="Of a case that finds no terms, for -sizing_regret."),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, max=2**64 - 1, help="Another seed than the scenario's own."),
    ] = None,
    threads: Threads = None,
    allow_large: Annotated[
        bool, typer.Option("--allow-large", help="Go on where that takes hours.")
    ] = False,
) -> None:
    """Find the best of many offerings.

    Every point that the free settings come to is tried on the same draws. The winner and the
    runner-up are then judged again on replications that the choice has not seen, and those figures
    are shown. A condition holds where the limit of its interval does, for all points together.
    """
    from ..scenario.scenario import Scenario

    loaded = Scenario.load(scenario, overrides or ())
    varied = _free(free)
    conditions = _where(where or ())
    costs = None
    if unused is not None or missing is not None:
        costs = {"unused": unused or 0, "missing": missing or 0}
    with numba_alone():
        from ..searching.search import search as find

        with offerings_bar(0) as progress:
            try:
                answer = find(
                    loaded,
                    varied,
                    most,
                    conditions,
                    worth=worth,
                    replications=replications,
                    budget=budget,
                    seed=seed,
                    costs=costs,
                    threads=threads,
                    progress=progress,
                    allow_large=allow_large,
                )
            except ValueError as error:
                raise Mistake(str(error)) from None
    print(answer)


def _free(texts: Sequence[str]) -> dict[str, Any]:
    varied: dict[str, Any] = {}
    for text in texts:
        found = _FREE.fullmatch(text)
        if found is None:
            raise Mistake(f"--free takes PATH=LOW..HIGH, in whole numbers, not '{text}'")
        if found["path"] in varied:
            raise Mistake(f"{found['path']} is free twice; name it once")
        varied[found["path"]] = (int(found["low"]), int(found["high"]))
    return varied


def _where(texts: Sequence[str]) -> dict[str, tuple[str, float]]:
    conditions: dict[str, tuple[str, float]] = {}
    for text in texts:
        found = _CONDITION.fullmatch(text.strip())
        try:
            bound = float(found["bound"]) if found else None
        except ValueError:
            bound = None
        if found is None or bound is None:
            raise Mistake(f"--where takes METRIC<=BOUND or METRIC>=BOUND, not '{text}'")
        if found["metric"] in conditions:
            raise Mistake(f"{found['metric']} has two conditions; write one")
        conditions[found["metric"]] = (found["sign"], bound / 100 if found["percent"] else bound)
    return conditions
