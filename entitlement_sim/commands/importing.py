"""The command ``import``."""

import datetime as dt
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ..telling import Right, Table, number, printable
from .mistakes import Mistake
from .simulating import OutFolder, what_was_made

if TYPE_CHECKING:
    from ..exchange.book import Book

_Day = Annotated[
    str | None, typer.Option("--as-of", metavar="DAY", help="Day of the export, as 2026-03-31.")
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
    date_only: Annotated[
        Literal["utc", "local"] | None,
        typer.Option(help="Whose day a moment means, in columns of days."),
    ] = None,
    pseudonyms: Annotated[
        bool,
        typer.Option("--pseudonyms", help="Replace customers, contacts and free text."),
    ] = False,
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
    recognised by what they hold; a folder may mix them. Rows that cannot be read are in the table
    rejected of the run, with why.
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
    from ..exchange.entering import enter
    from ..exchange.reading import read_book

    with _reading_shown() as progress:
        book = read_book(
            *paths,
            mapping=mapping,
            date_order=date_order,
            zone=zone,
            as_of=_day(as_of),
            date_only=date_only,
            pseudonyms=pseudonyms,
            name=name,
            progress=progress,
        )
    print(_what_was_read(book), flush=True)
    for note in book.notes:
        print(printable(f"Note: {note}"), file=sys.stderr)
    begun = time.monotonic()
    with enter(book, out=out, name=name, overwrite=overwrite) as made:
        print(what_was_made(made, time.monotonic() - begun))


def _day(text: str | None) -> dt.date | None:
    try:
        return None if text is None else dt.date.fromisoformat(text)
    except ValueError:
        raise Mistake(f"--as-of: '{text}' is no day; write it as 2026-03-31") from None


def _what_was_read(book: "Book") -> str:
    """Say how many rows of each file there are, and why some could not be read."""
    headings = ("file", "table", Right("rows"), Right("kept"), Right("rejected"))
    rows = [
        [str(file), str(table), number(int(count)), number(int(kept)), number(int(rejected))]
        for file, _, table, count, kept, rejected in book.sources.itertuples(index=False)
    ]
    text = Table(headings, rows).text()
    if len(book.rejected):
        counts = book.rejected["reason"].value_counts()
        reasons = [[str(reason), number(int(count))] for reason, count in counts.items()]
        text += "\n\n" + Table(("rejected because", Right("rows")), reasons).text()
    return text + "\n"


@contextmanager
def _reading_shown() -> Iterator[Callable[[str], None] | None]:
    """Show on a terminal which file is being read."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console

    with Console(stderr=True).status("reading") as status:
        yield lambda file: status.update(f"reading {printable(file)}")
