"""The commands about whole runs: ``runs``, ``verify``."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..telling import Right, Table, number, tenths
from .mistakes import Mistake

if TYPE_CHECKING:
    from ..store.catalogue import CatalogueEntry

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
    from ..store.catalogue import list_runs

    if folder != _FOLDER and not folder.is_dir():
        raise Mistake(f"there is no folder {folder}")
    entries = list_runs(folder)
    if entries:
        print(Table(_HEADINGS, [_row(entry) for entry in entries]).text())
    else:
        print(f"no run in {folder} yet; make one: entitlement-sim demo")


def _row(entry: "CatalogueEntry") -> list[str]:
    return [
        entry.name,
        entry.scenario,
        str(entry.seed),
        number(entry.rows["customers"]),
        number(entry.rows["cases"]),
        number(entry.days),
        entry.start_date,
        tenths(entry.size / 1e6),
    ]


def verify(run: RunArgument) -> int:
    """Check that a run is as it was stored.

    Exits with 1 if a row differs.
    """
    # To start the threads of NumPy's linear algebra costs a third of checking a small run.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from ..store.run import open_run
    from ..store.verify import verify as verify_run

    with open_run(run) as opened:
        verification = verify_run(opened)
    print(verification)
    return 0 if verification.holds else 1
