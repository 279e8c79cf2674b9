"""The command ``import``."""

import datetime as dt
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ..announcing import while_compiling
from ..telling import Right, Table, number, printable
from .asking import parsed_day
from .mistakes import Mistake
from .quick_start import numba_alone
from .simulating import OutFolder, what_was_made

if TYPE_CHECKING:
    from ..exchange.book import Book
    from ..store.run import Run

_Day = Annotated[
    dt.date | None,
    typer.Option(
        "--as-of", parser=parsed_day, metavar="DAY", help="Day of the export, as 2026-03-31."
    ),
]
_FirstDay = Annotated[
    dt.date | None,
    typer.Option(
        "--begins",
        parser=parsed_day,
        metavar="DAY",
        help="First day of the run; what was used before is brought forward.",
    ),
]


def import_exports(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PATH...", help="Exported files, or folders of them."),
    ] = None,
    out: OutFolder = Path("runs"),
    name: Annotated[
        str | None, typer.Option(help="Name of the run, by default that of the first path.")
    ] = None,
    mapping: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What columns, labels and formats mean (YAML)."),
    ] = None,
    date_order: Annotated[
        Literal["day-first", "month-first"] | None,
        typer.Option(help="Of dates such as 1/2/2026, where no value of a file decides."),
    ] = None,
    zone: Annotated[
        str, typer.Option(help="Time zone of the business, such as Europe/Berlin.")
    ] = "UTC",
    as_of: _Day = None,
    begins: _FirstDay = None,
    date_only: Annotated[
        Literal["utc", "local"] | None,
        typer.Option(help="Whose day a moment means, in columns of days."),
    ] = None,
    pseudonyms: Annotated[
        bool,
        typer.Option("--pseudonyms", help="Replace customers, contacts and free text."),
    ] = False,
    currency: Annotated[
        str | None,
        typer.Option(metavar="CODE", help="Of the prices, such as EUR, where no file says it."),
    ] = None,
    suggest: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Write FOLDER/mapping.yaml, to correct, and stop."),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a run of that name.")
    ] = False,
) -> None:
    """Make a run of what was exported of a live system.

    Reads Export to Excel, CSV, Parquet, Dataverse JSON and Configuration Migration. Files are
    recognised by what they hold; a folder may mix them. Rows that cannot be read, or cannot enter,
    are in the table rejected of the run, with why.
    """
    if suggest is not None:
        if paths:
            raise Mistake("--suggest takes the folder of the exports, and no other path")
        from ..exchange.suggesting import suggest_mapping

        print(suggest_mapping(suggest))
        return
    if not paths:
        raise Mistake("name the exports, or a folder of them: entitlement-sim import PATH...")
    from ..store.publish import check_name

    if name is not None:
        check_name(name)
    from ..exchange.reading import read_book

    with _shown("reading") as progress:
        book = read_book(
            *paths,
            mapping=mapping,
            date_order=date_order,
            zone=zone,
            as_of=as_of,
            date_only=date_only,
            pseudonyms=pseudonyms,
            name=name,
            currency=currency,
            progress=progress,
            is_lean=True,
        )
    for note in book.notes:
        print(printable(f"Note: {note}"), file=sys.stderr)
    begun = time.monotonic()
    with _entered(book, out, name, overwrite, begins) as made:
        print(_what_entered(made))
        print(what_was_made(made, time.monotonic() - begun))


def _entered(
    book: "Book", out: Path, name: str | None, overwrite: bool, begins: dt.date | None
) -> "Run":
    """Make the run of a book; say so where that takes long."""
    with numba_alone():
        from ..exchange.entering import enter

        with _shown("playing what happened by the rules"):
            return enter(book, out=out, name=name, overwrite=overwrite, begins=begins, keep=False)


def _what_entered(run: "Run") -> str:
    """Say how many rows of each file entered a run, and why others did not."""
    headings = ("file", "table", Right("rows"), Right("kept"), Right("rejected"))
    sources = run.sql("SELECT file, table_name, row_count, kept, rejected FROM sources")
    rows = [
        [file, table, *map(number, counts)]
        for file, table, *counts in sources.itertuples(index=False)
    ]
    text = Table(headings, rows).text()
    reasons = run.sql("SELECT reason, count(*) FROM rejected GROUP BY ALL ORDER BY 2 DESC, 1")
    if len(reasons):
        counts = [[reason, number(count)] for reason, count in reasons.itertuples(index=False)]
        text += "\n\n" + Table(("rejected because", Right("rows")), counts).text()
    return text + "\n"


@contextmanager
def _shown(doing: str) -> Iterator[Callable[[str], None] | None]:
    """Show on a terminal what is being done, and to which file."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console

    with Console(stderr=True).status(doing) as status:

        def watch(compiling: bool) -> None:
            status.update("compiling" if compiling else doing)

        with while_compiling(watch):
            yield lambda file: status.update(f"{doing} {printable(file)}")
