"""The command ``design``."""

from pathlib import Path
from typing import Annotated

import typer

from .mistakes import Mistake
from .progress import offerings_bar
from .quick_start import numba_alone
from .reporting import check_page_place
from .simulating import Overrides, ScenarioArgument, Threads


def design(
    scenario: ScenarioArgument,
    page: Annotated[
        Path, typer.Option("--html", metavar="FILE", help="The page to write, such as out.html.")
    ],
    template: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="The offering; by default the first that is held and paid for."
        ),
    ] = None,
    controls: Annotated[
        list[str] | None,
        typer.Option(
            "--control",
            metavar="FIELD[=V,V]",
            help="A field of the offering to move, such as total_terms=6,8,10; repeatable. By "
            "default its terms, its price, and whether it refuses cases.",
        ),
    ] = None,
    overrides: Overrides = None,
    replications: Annotated[
        int, typer.Option(min=2, metavar="N", help="How often everything is drawn anew.")
    ] = 20,
    seed: Annotated[
        int | None,
        typer.Option(min=0, max=2**64 - 1, help="Another seed than the scenario's own."),
    ] = None,
    threads: Threads = None,
    allow_large: Annotated[
        bool, typer.Option("--allow-large", help="Go on where that takes hours.")
    ] = False,
) -> None:
    """Write a page with sliders on which an offering is designed.

    Its sliders snap to values that are all tried beforehand, on the same customers with the same
    cases, so that the page needs no other program and asks nobody. Prices and costs are reckoned
    anew without simulating. At rest every difference is 0.
    """
    from ..scenario.scenario import Scenario

    loaded = Scenario.load(scenario, overrides or ())
    check_page_place(page)
    with numba_alone():
        from ..designing.designer import OfferingDesigner
        from ..designing.grid import answered_grid, axes_of
        from ..designing.page import write_page

        try:
            designer = OfferingDesigner(
                loaded,
                template,
                replications=replications,
                seed=seed,
                threads=threads,
                allow_large=allow_large,
            )
            axes = axes_of(designer, controls or ())
        except ValueError as error:
            raise Mistake(str(error)) from None
        with offerings_bar(0, of="settings") as progress:
            grid = answered_grid(designer, axes, progress)
        print(write_page(designer, grid, page))
