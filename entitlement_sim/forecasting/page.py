"""A forecast as one page that needs nothing but itself.

It begins with what to do, and ends with how far to trust it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from nbformat import NotebookNode

from ..reports.cells import page_of_cells, picture_cell, table_cell, text_cell
from ..reports.report import write_report
from ..telling import counted, day, verbatim
from .saying import TITLES, offers_of, table_of_calls

if TYPE_CHECKING:
    from .forecast import Forecast

#: Contracts of the list by risk.
_MOST = 40


def write_page(forecast: "Forecast", place: Path) -> None:
    """Write a forecast as a page of HTML, whole or not at all.

    Raises
    ------
    PlacingError
        The place cannot be written, or is no file.
    """
    run = forecast.run
    write_report(page_of_cells("Forecast", _cells(forecast), [(run.name, run)]), place)


def _cells(forecast: "Forecast") -> Iterator[NotebookNode]:
    yield text_cell(
        f"# What {verbatim(forecast.run.name)} may become by {day(forecast.until)}\n\n"
        f"From the close of {day(forecast.as_of)}, simulated through the rules "
        f"{counted(forecast.replications, 'time')}."
    )
    yield text_cell("## What to do\n\n" + offers_of(forecast))
    calls = table_of_calls(forecast)
    if calls is not None:
        yield table_cell(calls)
    yield text_cell("## When contracts run dry")
    yield picture_cell(forecast.running_dry())
    yield text_cell("## What comes by month")
    yield table_cell(forecast.table())
    for quantity in TITLES:
        if quantity != "margin" or forecast.has_margin:
            yield text_cell(f"### {TITLES[quantity]}")
            yield picture_cell(forecast.by_month(quantity))
    yield text_cell("## Contracts by risk")
    yield table_cell(forecast.risks(_MOST))
    yield text_cell(
        "## How far to trust it\n\n" + "\n".join(f"- {verbatim(said)}" for said in forecast.caveats)
    )
