"""An audit's answer held against the key of the faults that were planted."""

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from ..telling import Right, Table, counted, number
from .deciding import Class, Finding
from .key import AnswerKey
from .kinds import Kind
from .planting import Fault

if TYPE_CHECKING:
    import pandas as pd

    from .answer import Audit


class Scored(NamedTuple):
    """What became of one planted fault.

    Attributes
    ----------
    fault : Fault
    is_found : bool
        Whether its balance is said to be otherwise than the rules give.
    has_kind, has_event, has_amount : bool
        Whether kind, first event and amount are those of the key.
    is_candidate : bool
        Where it cannot be decided: whether the kind is among the candidates.
    is_decided : bool
        Whether the audit decided.
    """

    fault: Fault
    is_found: bool
    has_kind: bool
    has_event: bool
    has_amount: bool
    is_candidate: bool
    is_decided: bool


class Score:
    """An audit's answer held against a key; made by :func:`score`.

    Attributes
    ----------
    rows : list of Scored
        One for each balance that a fault moved.
    false_alarms : list of Finding
        Balances that are said to part, on entitlements without a fault.
    """

    def __init__(self, rows: list[Scored], false_alarms: list[Finding]) -> None:
        self.rows = rows
        self.false_alarms = false_alarms

    @property
    def is_perfect(self) -> bool:
        """Whether all was found, as far as it was decided rightly, and nothing else."""
        return not self.false_alarms and all(
            row.has_kind and row.has_event and row.has_amount
            if row.is_decided
            else row.is_found and row.is_candidate
            for row in self.rows
        )

    def __repr__(self) -> str:
        headings = [
            "planted", Right("entitlements"), Right("balances"), Right("found"), Right("kind"),
            Right("first event"), Right("amount"), Right("candidate"),
        ]  # fmt: skip
        lines = [[row[0], *map(number, row[1:])] for row in self.frame().itertuples(index=False)]
        alarms = counted(len(self.false_alarms), "false alarm")
        verdict = (
            "Everything was found as the key has it" if self.is_perfect else "Not all is right"
        )
        return f"{Table(headings, lines).text()}\n\n{verdict}; {alarms}."

    def frame(self) -> "pd.DataFrame":
        """Return a row for each kind with how many of its balances were found and how well."""
        import pandas as pd

        rows = pd.DataFrame(
            [
                (
                    str(row.fault.kind), row.fault.entitlement, row.is_found, row.has_kind,
                    row.has_event, row.has_amount, row.is_candidate,
                )
                for row in self.rows
            ],
            columns=["kind", "entitlement", "found", "kind_named", "event_named", "amount_right",
                     "candidate"],
        )  # fmt: skip
        grouped = rows.groupby("kind", sort=True)
        return grouped.agg(
            faults=("entitlement", "nunique"),
            balances=("entitlement", "size"),
            found=("found", "sum"),
            kind_named=("kind_named", "sum"),
            event_named=("event_named", "sum"),
            amount_right=("amount_right", "sum"),
            candidate=("candidate", "sum"),
        ).reset_index()


def score(answer: "Audit", key: AnswerKey) -> Score:
    """Hold an audit's answer against the key of a book with faults."""
    findings: dict[tuple[str, str], Finding] = {
        (finding.contract.row["source_id"], finding.channel.casefold()): finding
        for finding in answer.findings
    }
    rows = [
        _scored(fault, findings.get((fault.entitlement, fault.channel.casefold())))
        for fault in key.faults
    ]
    planted: dict[str, set[Kind]] = defaultdict(set)
    for fault in key.faults:
        planted[fault.entitlement].add(fault.kind)
    false_alarms = [
        finding
        for finding in answer.findings
        if finding.verdict == Class.PARTS and finding.contract.row["source_id"] not in planted
    ]
    return Score(rows, false_alarms)


def _scored(fault: Fault, finding: Finding | None) -> Scored:
    if finding is None:
        return Scored(fault, False, False, False, False, False, False)
    at = "" if finding.at is None else finding.at.isoformat(timespec="minutes")
    return Scored(
        fault,
        True,
        finding.kind == fault.kind,
        (at, finding.case_source_id) == (fault.at, fault.case),
        finding.amount == fault.amount,
        fault.kind in finding.candidates,
        finding.verdict == Class.PARTS,
    )
