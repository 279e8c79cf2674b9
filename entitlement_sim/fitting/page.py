"""What was learned from a run as one page that needs nothing but itself."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from nbformat import NotebookNode

from ..reports.cells import page_of_cells, table_cell, text_cell
from ..reports.report import write_report
from ..telling import Table, verbatim
from .learned import Learned
from .writing import sentence

if TYPE_CHECKING:
    from .fitted import Fitted


def write_page(fitted: "Fitted", place: Path) -> None:
    """Write what was learned as a page of HTML, whole or not at all.

    Raises
    ------
    PlacingError
        The place cannot be written, or is no file.
    """
    run = fitted.run
    write_report(page_of_cells("Fitted scenario", _cells(fitted), [(run.name, run)]), place)


def _cells(fitted: "Fitted") -> Iterator[NotebookNode]:
    yield text_cell(
        f"# A scenario fitted to {verbatim(fitted.run.name)}\n\nEach key with its estimates, their "
        "standard errors in brackets (clustered by customer), what they rest on and how they were "
        "found."
    )
    for title, status in (
        ("What was estimated", "estimated"),
        ("What the records give", "given"),
        ("What this book does not tell", "default"),
    ):
        rows = [each for each in fitted.learned if each.status == status]
        if rows:
            yield text_cell(f"## {title}")
            yield table_cell(Table(("key", "what it rests on"), [_row(each) for each in rows]))


def _row(each: Learned) -> tuple[str, str]:
    said = sentence(each) if each.status != "default" else f"default kept: {each.note}"
    return ".".join(each.path), said
