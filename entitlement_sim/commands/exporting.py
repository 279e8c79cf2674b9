"""The command ``export``."""

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from .asking import interruptibly, parsed_day
from .mistakes import Mistake
from .progress import writing_bar
from .runs import RunArgument

if TYPE_CHECKING:
    from ..store.run import Run


def export(
    run: RunArgument,
    place: Annotated[
        Path | None,
        typer.Argument(metavar="PLACE", help="A new folder, or a workbook that ends in .xlsx."),
    ] = None,
    format: Annotated[
        Literal["parquet", "csv", "xlsx"] | None,
        typer.Option(help="Of tables; by default xlsx where PLACE ends so, else parquet."),
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
    form: Annotated[
        Literal["excel", "csv", "parquet", "dataverse-json", "migration-zip", "duckdb"] | None,
        typer.Option(help="Write records as a live system exports them, in this form."),
    ] = None,
    as_of: Annotated[
        date | None,
        typer.Option(
            parser=parsed_day, metavar="DATE", help="Records at the close of this day of the run."
        ),
    ] = None,
    culture: Annotated[
        Literal["en-US", "en-GB", "en-IN", "de-DE", "fr-FR"] | None,
        typer.Option(help="In which records have days and numbers, where these are texts."),
    ] = None,
    with_faults: Annotated[
        str | None,
        typer.Option(
            metavar="seed=N",
            help="Plant faults into the records, and write the key to them beside them.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="PLACE", help="The same as PLACE; of records by default RUN-FORM."),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an earlier export, and nothing else.")
    ] = False,
) -> None:
    """Write a run for other programs, or as a live system exports.

    Appears whole or not at all. Tables are those of the run, with a dictionary that says what each
    column holds; texts of a workbook are never formulas, and a table with more rows than a sheet
    holds is refused before anything is written. With --form records are written as a live system
    gives them to whoever exports, and can be imported again.
    """
    from ..store.run import open_run

    if place is not None and out is not None:
        raise Mistake("name the place once, as PLACE or with --out")
    place = place or out
    if form is None and (as_of is not None or culture is not None or with_faults is not None):
        raise Mistake("--as-of, --culture and --with-faults are about records; add --form")
    seed = None if with_faults is None else _seed(with_faults)
    if seed is not None and form == "duckdb":
        raise Mistake("faults are planted into records; --form duckdb copies the run")
    if form is not None and (format is not None or name or guard_formulas):
        raise Mistake("--format, --name and --guard-formulas are about tables; leave out --form")
    with open_run(run) as opened:
        if form is not None:
            place = place or Path(f"{opened.name}-{form}")
            _export_records(opened, place, form, as_of, culture, overwrite, seed)
            return
        if place is None:
            raise Mistake(f"say where to: entitlement-sim export {run} PLACE, or --out PLACE")
        if guard_formulas and (format or place.suffix.lower().removeprefix(".")) != "csv":
            raise Mistake("--guard-formulas is about CSV; add --format csv")
        with writing_bar() as progress:
            interruptibly(
                opened,
                lambda: opened.export(
                    place,
                    format,
                    names=name,
                    guard_formulas=guard_formulas,
                    overwrite=overwrite,
                    progress=progress,
                ),
            )
    print(place)


def _seed(text: str) -> int:
    name, _, number = text.partition("=")
    if name != "seed" or not number.isascii() or not number.isdigit():
        raise Mistake(f"--with-faults takes seed=N, such as seed=1, not '{text}'")
    return int(number)


def _export_records(
    opened: "Run",
    place: Path,
    form: Literal["excel", "csv", "parquet", "dataverse-json", "migration-zip", "duckdb"],
    as_of: date | None,
    culture: str | None,
    overwrite: bool,
    seed: int | None,
) -> None:
    from ..audit.examination import export_with_faults, key_place
    from ..exchange.leaving.forms import how_to_import, left_out
    from ..exchange.leaving.live_system import last_day_of, not_in_a_live_system

    with writing_bar() as progress:
        how: dict[str, Any] = {
            "as_of": as_of, "culture": culture, "overwrite": overwrite, "progress": progress
        }  # fmt: skip
        if seed is None:
            interruptibly(opened, lambda: opened.export(place, form=form, **how))
        else:
            interruptibly(opened, lambda: export_with_faults(opened, place, form, seed=seed, **how))
    print(place)
    if seed is not None:
        print(key_place(place))
    if form == "duckdb":
        return
    zone = opened.scenario.model.calendar.zone
    said = [*not_in_a_live_system(opened, last_day_of(opened, as_of)), *left_out(form)]
    for sentence in [*said, how_to_import(place, form, culture, zone)]:
        print(f"Note: {sentence}", file=sys.stderr)
