"""An audit's answer in words and tables, as a terminal, a notebook and a page show it."""

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final

from ..rules.amounts import terms
from ..rules.words import SWITCHES
from ..telling import (
    Right,
    Table,
    clock,
    counted,
    exact,
    listed,
    money,
    number,
    plain_name,
    printable,
)
from .deciding import Class, Finding
from .kinds import MEANINGS, Kind

if TYPE_CHECKING:
    from .answer import Audit

#: Findings that a terminal shows, and reasons.
_MOST: Final = 5


def sentences(answer: "Audit") -> list[str]:
    """Return what an audit comes to, sentence by sentence."""
    counts = answer.counts
    total = sum(counts.values())
    said = [
        counted(counts[verdict], *words)
        for verdict, *words in (
            (Class.AGREES, "agrees with the rules", "agree with the rules"),
            (Class.PARTS, "parts from them", "part from them"),
            (Class.SWITCH, "is explained by a switch", "are explained by a switch"),
            (Class.UNDECIDED, "cannot be decided", "cannot be decided"),
            (Class.FAULT, "contradicts itself", "contradict themselves"),
        )
        if counts[verdict] or verdict in (Class.AGREES, Class.PARTS)
    ]
    texts = [f"Of {counted(total, 'recorded balance')}, {listed(said)}."]
    parting = [finding for finding in answer.findings if finding.verdict == Class.PARTS]
    if parting:
        texts.append(_worth(answer, parting))
    switches = Counter(f.switch for f in answer.findings if f.verdict == Class.SWITCH)
    for switch, count in switches.most_common():
        question = SWITCHES[switch].question
        texts.append(
            f"The book keeps to {switch} (question {question}), which explains "
            f"{counted(count, 'balance')}."
        )
    return texts


def _worth(answer: "Audit", parting: list[Finding]) -> str:
    contracts = len({finding.contract.row["entitlement_id"] for finding in parting})
    who = counted(contracts, "entitlement parts", "entitlements part")
    worths = [finding.worth for finding in parting if finding.worth is not None]
    if not worths:
        return f"{who}; no price is known to say what that is worth."
    currency = answer.run.currency
    left = sum(worth for worth in worths if worth > 0)
    lacking = -sum(worth for worth in worths if worth < 0)
    return (
        f"{who}: terms worth {money(terms(left), currency)} too many are left, and terms worth "
        f"{money(terms(lacking), currency)} too few."
    )


def in_short(answer: "Audit") -> str:
    """Return the answer as a terminal shows it: in a screen."""
    blocks = [f"Audit of {printable(answer.run.name)}", " ".join(sentences(answer))]
    if answer.parts:
        blocks.append(table_by_kind(answer).text())
        blocks.append(str(table_of_findings(answer, _MOST)))
    undecided = table_of_undecided(answer, _MOST)
    if undecided.rows:
        blocks.append(str(undecided))
    return "\n\n".join(blocks)


def table_by_kind(answer: "Audit") -> Table:
    """Return how many balances part by each kind, by how much, and what that is worth."""
    groups: dict[Kind, list[Finding]] = defaultdict(list)
    for finding in answer.findings:
        if finding.verdict == Class.PARTS and finding.kind is not None:
            groups[finding.kind].append(finding)
    ordered = sorted(groups, key=lambda kind: (-_size(groups[kind]), kind))
    lines = [
        [
            str(kind),
            MEANINGS[kind].rule,
            number(len({finding.contract.row["entitlement_id"] for finding in groups[kind]})),
            *_sums(groups[kind]),
            _money(groups[kind], answer.run.currency),
        ]
        for kind in ordered
    ]
    headings = [
        "what happened", "rule", Right("entitlements"), Right("terms too many"),
        Right("too few"), Right("worth"),
    ]  # fmt: skip
    return Table(headings, lines, "What parts from the rules")


def _size(findings: list[Finding]) -> int:
    return sum(abs(finding.worth or 0) for finding in findings)


def _sums(findings: list[Finding]) -> tuple[str, str]:
    amounts = [finding.amount for finding in findings if finding.is_counted]
    many = sum(amount for amount in amounts if amount > 0)
    few = -sum(amount for amount in amounts if amount < 0)
    return exact(terms(many)), exact(terms(few))


def _money(findings: list[Finding], currency: str | None) -> str:
    worths = [finding.worth for finding in findings if finding.worth is not None]
    return money(terms(sum(map(abs, worths))) if worths else None, currency)


def largest(answer: "Audit", most: int | None = None) -> list[Finding]:
    """Return what parts, what is worth most first."""
    parting = [finding for finding in answer.findings if finding.verdict == Class.PARTS]
    parting.sort(key=lambda finding: (-abs(finding.worth or 0), -abs(finding.amount)))
    return parting[:most]


def table_of_findings(answer: "Audit", most: int | None = None) -> Table:
    """Return what parts, what is worth most first, with the first event of each."""
    shown = largest(answer, most)
    parting = answer.counts[Class.PARTS]
    caption = "The first event after which a balance parts"
    if len(shown) < parting:
        caption += f" ({number(len(shown))} of {number(parting)}, those worth most)"
    lines = [
        [
            name_of(finding),
            finding.channel or "whole",
            "" if finding.at is None else clock(finding.at),
            str(finding.kind),
            exact(terms(finding.amount)),
            money(None if finding.worth is None else terms(finding.worth), answer.run.currency),
        ]
        for finding in shown
    ]
    headings = [
        "entitlement", "channel", "when", "what happened", Right("terms"), Right("worth"),
    ]  # fmt: skip
    return Table(headings, lines, caption)


def name_of(finding: Finding) -> str:
    """Return how an entitlement is called: by its name, else by its id."""
    name = finding.contract.row["name"]
    return name if isinstance(name, str) and name else finding.contract.row["source_id"]


def table_of_undecided(answer: "Audit", most: int | None = None) -> Table:
    """Return what cannot be decided, why, what it may be, and what would decide it."""
    groups: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in answer.findings:
        if finding.verdict in (Class.UNDECIDED, Class.FAULT):
            groups[finding.why, finding.decided_by].append(finding)
    ordered = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
    lines = [
        [why, number(len(findings)), _candidates(findings), decided_by]
        for (why, decided_by), findings in ordered[:most]
    ]
    headings = ["why", Right("balances"), "most often it may be", "what would decide it"]
    return Table(headings, lines, "What cannot be decided")


def _candidates(findings: list[Finding]) -> str:
    counts = Counter(str(kind) for finding in findings for kind in finding.candidates)
    return listed([kind for kind, _ in counts.most_common()], most=3)


def table_of_switches(answer: "Audit") -> Table:
    """Return what each switch of the rulebook does, turned alone."""
    lines = [
        [
            turned.question,
            plain_name(turned.switch),
            number(turned.moved),
            number(len(turned.explained)),
            number(len(turned.parted)),
            turned.why_none_moved,
        ]
        for turned in answer.switching
    ]
    headings = [
        "question", "switch turned", Right("balances moved"), Right("then agree"),
        Right("then part"), "why none moves",
    ]  # fmt: skip
    return Table(headings, lines, "What each reading of the rules comes to on this book")


def best_in_words(answer: "Audit") -> str:
    """Say which setting of all switches explains most of the book."""
    chosen, agreeing = answer.best_switches()
    total = sum(answer.counts.values())
    agreed = answer.counts[Class.AGREES]
    if not chosen:
        return (
            "As the rulebook recommends them, the switches explain most of the book: no other "
            f"setting makes more than {number(agreed)} of {counted(total, 'balance')} agree."
        )
    turned = [f"{name} ({SWITCHES[name].question})" for name in chosen]
    return (
        f"With {listed(turned)} turned, {number(agreeing)} of {counted(total, 'balance')} agree; "
        f"as recommended, {number(agreed)}."
    )
