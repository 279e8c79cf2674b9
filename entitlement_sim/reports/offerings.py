"""A page of the library: each offering with its burn-down, and what it comes to."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from nbformat import NotebookNode

from ..scenario.library import Offering
from ..store.run import Run
from ..telling import UNKNOWN, Right, Table, listed, number, percent, short_money, verbatim
from .cells import page_of_cells, picture_cell, table_cell, text_cell
from .frames import first
from .report import write_report

_SUMS: Final = """
WITH ended AS (
    SELECT sum(used)::DOUBLE AS used, sum(breakage)::DOUBLE AS lapsed FROM breakage
),
came AS (
    SELECT count(*) AS cases, count(*) FILTER (outcome = 'covered') AS covered FROM arrived_cases
),
refusals AS (SELECT coalesce(sum(used_up), 0)::BIGINT AS refused FROM blocked_demand),
earned AS (
    SELECT sum(bookings)::DOUBLE AS bookings, sum(recognised)::DOUBLE AS recognised,
           sum(overage)::DOUBLE AS overage, sum(margin)::DOUBLE AS margin
    FROM margin_by_month
)
SELECT * FROM ended CROSS JOIN came CROSS JOIN refusals CROSS JOIN earned
"""

_TEXT: Final = """
Each of these offerings is sold to the same thousand customers, unequal ones with two cases a month
on the average, for three years: so their sizes fit some better than others, and what they come to
is no verdict on whoever sells them. `entitlement-sim offerings --copy NAME` writes one as a
scenario, to be changed and run.
"""

_DEFINITIONS: Final = """
*Used* and *lapsed* are shares of the terms that were used or lapsed in what ended within the run,
by entitlement or by period; a dash stands where there is no number of terms. *Covered* and *found
none left* are shares of all cases; the latter asked a restricting offering for what it sells.
*Overage* is what was billed beyond all terms. *Recognised* is revenue on a straight line over the
terms, within the run; *margin* is that with overage and work without cover, less cost to serve and
what turned-away cases are assumed to cost.
"""


class ComesTo(NamedTuple):
    """What an offering comes to for the customers of the library.

    Attributes
    ----------
    used, lapsed : float
        Terms in what ended; NaN where there is no number of terms.
    cases, covered, refused : int
        All cases; those covered; those that found no terms left.
    bookings, recognised, overage, margin : float
        In the currency of the library.
    """

    used: float
    lapsed: float
    cases: int
    covered: int
    refused: int
    bookings: float
    recognised: float
    overage: float
    margin: float


def comes_to(run: Run) -> ComesTo:
    """Return what the run of an offering comes to."""
    row = first(run.sql(_SUMS))
    return ComesTo(**{name: getattr(row, name) for name in ComesTo._fields})


def table_of_offerings(rows: Sequence[tuple[str, ComesTo]], currency: str | None) -> Table:
    """Lay out what offerings come to, an offering a line."""
    headings = [
        "offering", Right("used"), Right("lapsed"), Right("covered"), Right("found none left"),
        Right("overage"), Right("bookings"), Right("recognised"), Right("margin"),
    ]  # fmt: skip
    lines = [
        [
            name,
            *(_share(part, come.used + come.lapsed) for part in (come.used, come.lapsed)),
            *(_share(part, come.cases) for part in (come.covered, come.refused)),
            *(
                short_money(value)
                for value in (come.overage, come.bookings, come.recognised, come.margin)
            ),
        ]
        for name, come in rows
    ]
    money = f" (money in {currency})" if currency else ""
    return Table(headings, lines, f"What each comes to in three years{money}")


def _share(part: float, whole: float) -> str:
    return percent(part, whole) if whole > 0 else UNKNOWN


def write_offerings_page(runs: Sequence[tuple[Offering, Run]], place: Path) -> None:
    """Write the page, whole or not at all.

    Parameters
    ----------
    runs : sequence of (Offering, Run)
        Each offering with the run of its scenario.
    place : Path

    Raises
    ------
    PlacingError
        The place cannot be written.
    """
    named = [(offering.name, run) for offering, run in runs]
    write_report(page_of_cells("Offerings as they are sold", _cells(runs), named), place)


def _cells(runs: Sequence[tuple[Offering, Run]]) -> Iterator[NotebookNode]:
    yield text_cell(f"# Offerings as they are sold\n{_TEXT}")
    yield text_cell("## What they come to")
    rows = [(offering.name, comes_to(run)) for offering, run in runs]
    yield table_cell(table_of_offerings(rows, runs[0][0].scenario.model.currency))
    yield text_cell(_DEFINITIONS)
    for offering, run in runs:
        yield from _cells_of(offering, run)


def _cells_of(offering: Offering, run: Run) -> Iterator[NotebookNode]:
    from ..charts import burn_down

    exact = offering.leaves_out or "Nothing: what is sold is said as a whole."
    sources = " ".join(line.lstrip("# ") for line in offering.sources.splitlines())
    yield text_cell(
        f"## {verbatim(offering.name)}\n{verbatim(offering.description)}\n\n"
        f"{verbatim(sources)}\n\n*Left out:* {verbatim(exact)}"
    )
    yield table_cell(_templates(offering))
    yield picture_cell(burn_down(run))


def _templates(offering: Offering) -> Table:
    rows = []
    for name, template in offering.scenario.model.templates.items():
        said = template.model_dump(mode="json", exclude_defaults=True)
        rows.append([name, listed([f"{key} {_value(value)}" for key, value in said.items()])])
    return Table(["template", "what it says"], rows, "What is sold")


def _value(value: Any) -> str:
    if isinstance(value, dict):
        inner = [f"{key} {_value(part)}" for key, part in value.items() if part is not None]
        return f"({', '.join(inner)})"
    return number(value) if isinstance(value, int) and not isinstance(value, bool) else str(value)
