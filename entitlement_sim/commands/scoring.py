"""The command that holds a run against targets: ``scorecard``."""

from typing import Annotated

import typer

from .runs import RunArgument


def scorecard(
    run: RunArgument,
    against: Annotated[
        str | None,
        typer.Option(metavar="RUN", help="Hold it against this run, in place of the targets."),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 if a number misses that is declared.")
    ] = False,
) -> int:
    """Hold a run against what real logs of cases come to.

    Shows every number with its target, the values that hit, what it rests on and which keys of the
    scenario move it. A scenario declares under `scorecard` which rows it means to meet; these have
    a star, and --strict is about them alone.
    """
    from ..scoring.card import scorecard as score
    from ..scoring.saying import card_table, verdict
    from ..store.run import open_run

    with open_run(run, sealed=True) as opened:
        if against is None:
            card = score(opened)
        else:
            with open_run(against, sealed=True) as other:
                card = score(opened, other)
    print(card_table(card).text())
    print()
    print(verdict(card))
    return int(strict and ((card["verdict"] == "miss") & card["declared"]).any())
