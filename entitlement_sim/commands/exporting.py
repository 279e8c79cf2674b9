"""The command ``export``."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from .asking import interruptibly
from .mistakes import Mistake
from .runs import RunArgument


def export(
    run: RunArgument,
    place: Annotated[
        Path,
        typer.Argument(metavar="PLACE", help="A new folder, or a workbook that ends in .xlsx."),
    ],
    format: Annotated[
        Literal["parquet", "csv", "xlsx"] | None,
        typer.Option(help="By default xlsx where PLACE ends so, else parquet."),
    ] = None,
    name: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A table or view; repeatable. By default all tables."),
    ] = None,
    guard_formulas: Annotated[
        bool,
        typer.Option(
            "--guard-formulas",
            help="In CSV put ' before texts with = + - @ first: formulas to a spreadsheet.",
        ),
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an earlier export, and nothing else.")
    ] = False,
) -> None:
    """Write the tables of a run as Parquet, CSV or an Excel workbook.

    Appears whole or not at all, with a dictionary that says what each column holds. Texts of a
    workbook are never formulas; a table with more rows than a sheet holds is refused before
    anything is written.
    """
    from ..store.run import open_run

    with open_run(run) as opened:
        if guard_formulas and (format or place.suffix.lower().removeprefix(".")) != "csv":
            raise Mistake("--guard-formulas is about CSV; add --format csv")
        interruptibly(
            opened,
            lambda: opened.export(
                place, format, names=name, guard_formulas=guard_formulas, overwrite=overwrite
            ),
        )
    print(place)
