"""A comparison as one page that needs nothing but itself."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from nbformat import NotebookNode

from ..reports.cells import page_of_cells, picture_cell, table_cell, text_cell
from ..reports.report import write_report
from ..telling import (
    Right,
    Table,
    clock,
    counted,
    exact,
    listed,
    move_of_kind,
    number,
    verbatim,
)
from ..telling.tables import records
from .measures import HEADLINES
from .outcomes import table_of_outcomes
from .saying import table_of
from .wrong_if import table_of_break_evens

if TYPE_CHECKING:
    import pandas as pd

    from .answer import Comparison, Group

#: Customers shown that gained or lost, and rows of a customer's ledger.
_MOVERS: Final = 5
_ROWS: Final = 24

_DEFINITIONS: Final = """
**Difference.** The other run less the first; of shares in percentage points.
**Interval.** The limits between which the difference lies, were customers drawn anew within their
segments; the star stands where it excludes 0. A customer's cases and contracts are never taken for
independent. Where both runs are about the same customers, what differs between the runs is taken
customer by customer. **Gain.** The variance that the difference would have between independent
runs, over the one it has. **n.** What a share is of, or the customers that add to a sum.
**Bookings.** The prices of all contracts sold in the days of the run, whatever their length.
**Recognised revenue.** What of all prices became revenue in these days, net of refunds, by the
`margin_method` of the scenario's money; without money in proportion to use (contract by contract),
straight-line where terms are unlimited. **Cost to serve.** Minutes worked at the cost of an hour,
and cases at the cost of one of their channel, covered or not. **Billed without cover.** What cases
that no contract covers are billed. **Margin.** Recognised revenue and what is billed without cover,
less the cost to serve and what cases turned away are assumed to cost.
**Break-even leaving.** The difference in margin over the margin of a customer who stays: one who
has a paid contract on the last day of the other run. So many may leave before a gain is gone, or
would have to stay to make up for a loss; the limits are those of the difference. **Break-even
demand.** How many times its cases a year every segment would have to have for the difference in
margin to be none, tried from half to twice, with replications of their own; cases of incidents stay
as they are, unless they are in proportion to a customer's own. **Break-even cost of an hour.** What
an hour of support would have to cost for that: the cost there is, and the difference in margin over
that in hours worked; limits are Fieller's over the pairs. **Break-even share.** Where no margin is
compared: the difference in recognised revenue (or bookings) over all that the other run has of it.
**Renewed, still there, retained.** Of the paid contracts and paying customers, unless nothing has a
price; of what has had its grace of 90 days. **Refused for want of terms.** Of the cases that asked
a restricting contract by a channel that it sells. **Unused.** Terms left at the end of what
expired, of the terms it held. **Hours worked.** Minutes of all resolutions of the cases that came
in these days.
"""


def write_page(answer: "Comparison", place: Path) -> None:
    """Write a comparison as a page of HTML, whole or not at all.

    Raises
    ------
    PlacingError
        The place cannot be written, or is no file.
    DamagedRun
        The facts of a stored run are not those that were stored.
    """
    write_report(page_of(answer), place)


def page_of(answer: "Comparison") -> str:
    """Return a comparison as a page of HTML: the same, byte for byte, for the same runs.

    Raises
    ------
    DamagedRun
        The facts of a stored run are not those that were stored.
    """
    runs = list(zip(answer.names, answer.runs, strict=True))
    if answer.asks_what_if:
        return page_of_cells("A question", _memo(answer), runs)
    return page_of_cells("What moved", _cells(answer), runs)


def _memo(answer: "Comparison") -> Iterator[NotebookNode]:
    """Yield what somebody is sent who has to decide: the question, the answer, what it rests on.

    What the runs were made with, to the seed, stands at the foot of the page, as of any page.
    """
    first, *others = (verbatim(name) for name in answer.names)
    places = range(1, len(answer.runs))
    yield text_cell(f"# What would come of {listed(others)}, in place of {first}?")
    yield text_cell("## The question")
    yield _changes(answer.causes())
    yield text_cell("## The answer")
    for place in places:
        if len(others) > 1:
            yield text_cell(f"### {others[place - 1]}")
        yield text_cell("\n".join(f"- {verbatim(text)}" for text in answer.in_short(place)))
    yield text_cell("## What moves")
    yield picture_cell(answer.forest())
    for place in places:
        yield table_cell(answer.table(place, with_base=True))
    if horizons := answer.horizons():
        yield text_cell(horizons)
    yield text_cell(answer.false_alarms())
    yield from _groups(answer, "segment")
    yield from _groups(answer, "template")
    yield text_cell("## Who loses")
    if len(outcomes := answer.outcomes()):
        yield table_cell(table_of_outcomes(outcomes))
    for place in places:
        yield from _movers(answer, place)
    yield text_cell("## What would have to be true for it to be wrong")
    yield from _break_evens(answer)
    yield text_cell("## What it rests on")
    for place in places:
        if len(others) > 1:
            yield text_cell(f"### {others[place - 1]}")
        yield text_cell("\n".join(f"- {verbatim(text)}" for text in answer.assumptions(place)))
    yield from _side_by_side(answer)
    yield text_cell(f"## Definitions\n{_DEFINITIONS}")


def _break_evens(answer: "Comparison") -> Iterator[NotebookNode]:
    places = range(1, len(answer.runs))
    found = [(answer.names[place], each) for place in places
             for each in answer.break_evens_of(place)]  # fmt: skip
    if found:
        yield table_cell(table_of_break_evens(found, answer.confidence_of_each, answer.currency))
    for place in places:
        yield text_cell(verbatim(answer.in_short(place)[-1]))


def _cells(answer: "Comparison") -> Iterator[NotebookNode]:
    first, *others = (verbatim(name) for name in answer.names)
    yield text_cell(f"# What moved: {listed(others)} against {first}")
    yield text_cell("## In short")
    for place in range(1, len(answer.runs)):
        yield text_cell("\n".join(f"- {verbatim(text)}" for text in answer.sentences(place)))
    yield text_cell("## What moved")
    yield picture_cell(answer.forest())
    for place in range(1, len(answer.runs)):
        yield table_cell(answer.table(place, with_base=True))
    yield text_cell(answer.false_alarms())
    yield from _groups(answer, "segment")
    yield from _groups(answer, "template")
    yield from _side_by_side(answer)
    yield text_cell("## Who gained and who lost")
    for place in range(1, len(answer.runs)):
        yield from _movers(answer, place)
    yield text_cell("## What was changed")
    yield _changes(answer.causes())
    yield text_cell(f"## Definitions\n{_DEFINITIONS}")


def _groups(answer: "Comparison", group: "Group") -> Iterator[NotebookNode]:
    from ..charts import comparison_groups

    rows = answer.by(group)
    rows = rows[rows["metric"].isin(HEADLINES) & (rows["difference"] != 0)]
    if rows[group].nunique() < 2:
        return
    yield text_cell(f"## By {group}")
    shown = [metric for metric in HEADLINES if rows.loc[rows["metric"] == metric, "moved"].any()]
    for metric in shown[:2]:
        yield picture_cell(comparison_groups(rows, metric, currency=answer.currency))
    for name in answer.names[1:]:
        yield table_cell(
            table_of(
                rows[rows["run"] == name],
                (answer.names[0], name),
                answer.confidence_of_each,
                answer.currency,
                group=group,
            )
        )


def _side_by_side(answer: "Comparison") -> Iterator[NotebookNode]:
    from ..charts import overlaid_active, overlaid_refusals, overlaid_renewals

    yield text_cell("## In one picture")
    runs = dict(zip(answer.names, answer.runs, strict=True))
    for chart in (overlaid_renewals, overlaid_refusals, overlaid_active):
        yield picture_cell(chart(runs))


def _movers(answer: "Comparison", place: int) -> Iterator[NotebookNode]:
    name = answer.names[place]
    if not answer.pairings[place - 1].is_paired:
        yield text_cell(
            f"{verbatim(name)} is about other customers, so nobody can be followed from run to run."
        )
        return
    movers = answer.movers(None, run=name)
    if movers.empty:
        as_many = " has as many cases turned away and" if answer.knows_turned_away else ""
        yield text_cell(f"In {verbatim(name)} everybody{as_many} buys as much.")
        return
    yield text_cell(_movers_in_words(answer, movers, name))
    yield table_cell(_table_of_movers(answer, movers.head(_MOVERS), name))
    customer = int(movers["customer_id"].iloc[0])
    yield table_cell(_table_of_rows(answer.moving_rows(customer, run=name), customer))


def _movers_in_words(answer: "Comparison", movers: "pd.DataFrame", name: str) -> str:
    texts = []
    for column, noun in (("turned_away", "cases turned away"), ("bookings", "bookings")):
        moved = movers[f"{column}_difference"]
        if moved.isna().all():  # in a run that was imported
            continue
        more, fewer = int((moved > 0).sum()), int((moved < 0).sum())
        same = answer.pairings[answer.names.index(name) - 1].customers - more - fewer
        texts.append(
            f"{counted(more, 'customer has', 'customers have')} more {noun}, {number(fewer)} "
            f"fewer, and {number(same)} as many"
        )
    return f"In {verbatim(name)} {'; '.join(texts)}."


def _table_of_movers(answer: "Comparison", movers: "pd.DataFrame", name: str) -> Table:
    kinds = {"turned_away": "count", "bookings": "money"}
    if not answer.knows_turned_away:
        del kinds["turned_away"]
    headings = [
        "customer", "segment",
        *(
            Right(f"{column.replace('_', ' ')}{side}")
            for column in kinds
            for side in (f", {answer.names[0]}", f", {name}", "")
        ),
    ]  # fmt: skip
    lines = [
        [
            str(row.customer_id),
            str(row.segment),
            *(
                text
                for column, kind in kinds.items()
                for text in (
                    number(getattr(row, f"{column}_first")),
                    number(getattr(row, f"{column}_second")),
                    move_of_kind(kind, getattr(row, f"{column}_difference"), answer.currency),
                )
            ),
        ]
        for row in records(movers)
    ]
    return Table(headings, lines, f"Whose outcome moved most in {name}")


def _table_of_rows(rows: "pd.DataFrame", customer: int) -> Table:
    shown = rows.head(_ROWS)
    caption = f"What moved customer {customer}: rows without a counterpart in the other run"
    if len(rows) > len(shown):
        caption += f" (first {number(len(shown))} of {number(len(rows))})"
    lines = [
        [
            row.run,
            clock(row.happened_at),
            _known(row.template),
            row.reason,
            "" if row.amount != row.amount else exact(row.amount),
            "" if row.balance != row.balance else exact(row.balance),
            _known(row.case_came_by),
            _known(row.case_outcome).replace("_", " "),
        ]
        for row in records(shown)
    ]
    headings = [
        "run", "when", "template", "reason", Right("amount"), Right("balance"), "case by",
        "outcome",
    ]  # fmt: skip
    return Table(headings, lines, caption)


def _changes(causes: "pd.DataFrame") -> NotebookNode:
    if causes.empty:
        return text_cell("All runs were made with the same scenario, seed, rules and versions.")
    lines = [[row.run, row.what, row.where, row.first, row.second] for row in records(causes)]
    return table_cell(Table(["run", "what", "where", "first", "there"], lines, "What differs"))


def _known(text: Any) -> str:
    return text if isinstance(text, str) else ""
