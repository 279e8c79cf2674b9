"""An audit's answer as one page that needs nothing but itself."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from nbformat import NotebookNode

from ..reports.cells import page_of_cells, table_cell, text_cell
from ..reports.report import write_report
from ..rules.amounts import terms
from ..telling import Right, Table, clock, day, exact, number, verbatim
from .deciding import Finding
from .kinds import MEANINGS
from .saying import (
    best_in_words,
    largest,
    name_of,
    sentences,
    table_by_kind,
    table_of_findings,
    table_of_switches,
    table_of_undecided,
)

if TYPE_CHECKING:
    from .answer import Audit

#: Findings that have a line, those that are told with what happened around them, and how much.
_LINES: Final = 100
_TOLD: Final = 10
_BEFORE: Final = 3
_AFTER: Final = 4

_DEFINITIONS: Final = """
**By the rules.** What the events of the export come to by the rulebook of this package, in the
order in which they happened. **Recorded.** What the live system had. **Terms too many.** Recorded
less by the rules, where that is above nothing: the customer has more left than is due; too few,
where it is below. **Worth.** The terms at the price of the entitlement over its total; a channel
counts with the whole where both part. **Parts.** The log of changes goes from the creation of the
entitlement to its balance, and the first event is the first one that it tells otherwise than the
rules. **Explained by a switch.** The rulebook can be read two ways; turned alone, this reading
makes the entitlement agree, and it explains more balances of the book than it contradicts.
**Cannot be decided.** What was exported does not tell: nothing is claimed. **Contradicts itself.**
No event could lead to such a balance.
"""


def write_page(answer: "Audit", place: Path) -> None:
    """Write an audit as a page of HTML, whole or not at all.

    Raises
    ------
    PlacingError
        The place cannot be written, or is no file.
    DamagedRun
        The facts of the run are not those that were stored.
    """
    write_report(page_of(answer), place)


def page_of(answer: "Audit") -> str:
    """Return an audit as a page of HTML: the same, byte for byte, for the same run.

    Raises
    ------
    DamagedRun
        The facts of the run are not those that were stored.
    """
    return page_of_cells("Audit", _cells(answer), [(answer.run.name, answer.run)])


def _cells(answer: "Audit") -> Iterator[NotebookNode]:
    run = answer.run
    yield text_cell(
        f"# Audit of {verbatim(run.name)}\n\nBalances at the close of "
        f"{day(run.manifest.last_day)}, as they are recorded, held against the rules."
    )
    lines = [f"- {verbatim(sentence)}" for sentence in sentences(answer)]
    yield text_cell("\n".join(["## In short", "", *lines]))
    if answer.parts:
        yield text_cell("## What parts from the rules")
        yield table_cell(table_by_kind(answer))
        yield table_cell(table_of_findings(answer, _LINES))
        yield text_cell("## What happened where they part")
        for finding in _told(answer):
            yield text_cell(_in_words(finding))
            yield table_cell(events_around(finding))
    undecided = table_of_undecided(answer)
    if undecided.rows:
        yield text_cell("## What cannot be decided")
        yield table_cell(undecided)
    yield text_cell(f"## What other readings of the rules come to\n\n{best_in_words(answer)}")
    yield table_cell(table_of_switches(answer))
    yield text_cell(f"## Definitions\n{_DEFINITIONS}")


def _told(answer: "Audit") -> list[Finding]:
    """Return the findings that are told: of every kind the one worth most, then the others."""
    ordered = [finding for finding in largest(answer) if finding.is_counted]
    first: dict[object, Finding] = {}
    for finding in ordered:
        first.setdefault(finding.kind, finding)
    chosen = list(first.values())
    chosen += [finding for finding in ordered if finding not in chosen]
    return chosen[:_TOLD]


def _in_words(finding: Finding) -> str:
    kind = finding.kind
    assert kind is not None
    meaning = MEANINGS[kind]
    case = f", case {verbatim(finding.case_source_id)}" if finding.case_source_id else ""
    channel = f", channel {verbatim(finding.channel)}" if finding.channel else ""
    when = "" if finding.at is None else f"On {day(finding.at)}{case}: "
    recorded = finding.balance.recorded or 0
    return (
        f"### {verbatim(name_of(finding))}{channel}: {kind}\n\n{when}{meaning.sentence} "
        f"(rule {meaning.rule}). Recorded are {exact(terms(recorded))} terms "
        f"of {exact(terms(finding.balance.total))}; by the rules "
        f"{exact(terms(recorded - finding.amount))} are left."
    )


def events_around(finding: Finding) -> Table:
    """Return what moved a balance before and after it parts, recorded and by the rules."""
    balance = finding.balance
    moments = {move.at for move in balance.moves} | {change.at for change in balance.changes}
    if finding.at is not None:
        moments.add(finding.at)
    ordered = sorted(moments)
    place = ordered.index(finding.at) if finding.at is not None else 0
    shown = ordered[max(0, place - _BEFORE) : place + _AFTER + 1]
    lines = [_line(finding, moment) for moment in shown]
    headings = [
        "when", "case", "what it did", Right("by the rules"), Right("recorded"),
        Right("left by the rules"), Right("left as recorded"), "",
    ]  # fmt: skip
    left_out = len(ordered) - len(shown)
    caption = "Movements around it"
    if left_out:
        caption += f" ({number(left_out)} more are not shown)"
    return Table(headings, lines, caption)


def _line(finding: Finding, moment: dt.datetime) -> list[str]:
    balance, contract = finding.balance, finding.contract
    moves = [move.amount for move in balance.moves if move.at == moment]
    changes = [change.amount for change in balance.changes if change.at == moment]
    present = contract.moments.get(moment, [])
    cases = [contract.cases[id].source_id[:8] for id, _ in present if id in contract.cases]
    rules = sum(move.amount for move in balance.moves if move.at <= moment)
    recorded = sum(change.amount for change in balance.changes if change.at <= moment)
    return [
        clock(moment),
        ", ".join(cases),
        ", ".join(event for _, event in present),
        " ".join(exact(terms(amount)) for amount in moves),
        " ".join(exact(terms(amount)) for amount in changes),
        exact(terms(rules)),
        exact(terms(recorded)),
        "parts here" if moment == finding.at else "",
    ]
