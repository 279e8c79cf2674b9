"""The commands about whole runs: ``runs``, ``verify``."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..telling import Right, Table, iso_day, number, printable, tenths
from .mistakes import Mistake

if TYPE_CHECKING:
    from ..store.catalogue import CatalogueEntry
    from ..store.run import Run

RunArgument = Annotated[
    str, typer.Argument(metavar="RUN", help="A run's folder, or its name in the folder runs.")
]

_FOLDER = Path("runs")
_HEADINGS = (
    "run", "scenario", Right("seed"), Right("customers"), Right("cases"), Right("days"), "from",
    Right("MB"),
)  # fmt: skip


def runs(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where to look.")] = _FOLDER,
) -> None:
    """List the runs of a folder."""
    from ..store.catalogue import look_through

    if folder != _FOLDER and not folder.is_dir():
        raise Mistake(f"there is no folder {folder}")
    entries, unreadable = look_through(folder)
    if entries:
        print(Table(_HEADINGS, [_row(entry) for entry in entries]).text())
    for run in unreadable:
        print(printable(f"{run.name}: {run.reason}"))
    if not entries and not unreadable:
        print(f"no run in {folder} yet; make one: entitlement-sim demo")


def _row(entry: "CatalogueEntry") -> list[str]:
    facts = entry.manifest
    return [
        entry.name,
        facts.scenario,
        str(facts.seed),
        number(facts.rows["customers"]),
        number(facts.rows["cases"]),
        number(facts.days),
        iso_day(facts.start_date),
        tenths(entry.size / 1e6),
    ]


def verify(
    run: RunArgument,
    anew: Annotated[
        bool,
        typer.Option(
            "--again", help="Simulate it anew, too, and compare: as long as the run itself took."
        ),
    ] = False,
) -> int:
    """Check that a run is as it was stored.

    Compares every row and every fact with the hashes that the run carries, and exits with 1 if one
    differs or the run is damaged. That finds accidents and edits, but not what somebody has changed
    who computed the hashes anew: --again does. Views and macros in the file are for other tools and
    not looked at; no command runs them.
    """
    # To start the threads of NumPy's linear algebra costs a third of checking a small run.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from ..store.errors import DamagedRun
    from ..store.run import open_tables
    from ..store.verify import verify as verify_run

    try:
        with open_tables(run) as opened:
            verification = verify_run(opened)
            print(verification)
            holds = verification.holds
            if anew:
                holds = _is_what_its_scenario_gives(opened) and holds
    except DamagedRun as error:
        print(printable(str(error)))
        holds = False
    return 0 if holds else 1


def _is_what_its_scenario_gives(run: "Run") -> bool:
    """Simulate a run anew, say what differs, and return whether nothing does."""
    from .simulating import simulate_anew_visibly

    comparison = simulate_anew_visibly(run)
    print(printable(str(comparison)))
    return comparison.holds
