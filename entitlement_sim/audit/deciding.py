"""Where a recorded balance parts from the rules, and by which kind, as far as a log tells."""

import datetime as dt
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from ..rules.allotment import ONE_CASE
from .evidence import WHOLE, Balance, Contract, Exported
from .kinds import Kind
from .walking import NEAR, Step, around, behind, log_of, steps_apart


class Class(StrEnum):
    """What can be said of a balance."""

    AGREES = "agrees"
    PARTS = "parts"
    SWITCH = "explained by a switch"
    UNDECIDED = "cannot be decided"
    FAULT = "data fault"


@dataclass
class Finding:
    """What is said of one balance that is not what the rules give.

    Attributes
    ----------
    contract : Contract
    channel : str
        Empty for the whole.
    verdict : Class
    kind : Kind or None
        Where it parts.
    at : datetime or None
        The first event after which it parts; `case` is its case.
    candidates : list of Kind
        Where it cannot be decided: all that can lead to such a balance, the likeliest first.
    why : str
        Why it cannot be decided, or what makes it a fault of the data.
    decided_by : str
        What of the live system would decide it.
    switch : str
        Where a switch explains it.
    amount : int
        Recorded less what the rules give, in hundredths.
    is_like_a_case : bool
        Whether a case that is missing in the export could have moved it so.
    is_further : bool
        Whether the recorded balance moved beyond what the rules give.
    is_cut : bool
        Whether it cannot be decided because a part of its history is missing.
    case_source_id : str
        Id of the case in the live system; empty where there is none.
    """

    contract: Contract
    channel: str
    verdict: Class
    kind: Kind | None = None
    at: dt.datetime | None = None
    case: int | None = None
    event: str = ""
    candidates: list[Kind] = field(default_factory=list)
    why: str = ""
    decided_by: str = ""
    switch: str = ""
    amount: int = 0
    is_like_a_case: bool = False
    is_cut: bool = False
    case_source_id: str = ""
    is_further: bool = False

    def __post_init__(self) -> None:
        self.amount = self.balance.difference
        known = self.contract.cases.get(self.case or 0)
        self.case_source_id = known.source_id if known else ""

    @property
    def balance(self) -> Balance:
        """The balance that it is about."""
        return self.contract.balances[self.channel]

    @property
    def is_counted(self) -> bool:
        """Whether its terms count in sums: those of a channel are those of the whole, too."""
        return self.channel == WHOLE or not self.contract.balances[WHOLE].difference

    @property
    def worth(self) -> int | None:
        """What the amount is worth by price and total, in hundredths of the currency.

        None where no price is known, or where it counts with the whole.
        """
        price, total = self.contract.row["price"], self.contract.balances[WHOLE].total
        if price != price or price is None or total <= 0 or not self.is_counted:
            return None
        sign = 1 if self.amount > 0 else -1
        return sign * int((2 * abs(self.amount) * int(price) + total) // (2 * total))


#: What a missing movement means, by what it would have been.
_MISSING: Final = {
    ("consume", "T1"): Kind.MISSED_DECREMENT,
    ("consume", "T4"): Kind.MISSED_DECREMENT,
    ("consume", "T2"): Kind.REACTIVATED_NOT_CHARGED,
    ("restore", "T3"): Kind.REOPENED_NOT_GIVEN_BACK,
    ("restore", "T2"): Kind.CANCELLED_NOT_GIVEN_BACK,
    ("restore", "M1"): Kind.CANCELLED_NOT_GIVEN_BACK,
    ("restore", "D1"): Kind.MARKED_NOT_GIVEN_BACK,
}

#: Most by which rounding can move an amount.
_ROUNDING: Final = 2

_LOG: Final = "audit rows of remainingterms, from the creation of the entitlement on"
_CASES: Final = "the cases from before, with their resolutions"
_STATES: Final = "audit rows of entitlement.statecode"
_MOVES: Final = "audit rows of incident.statecode"
_NOBODY: Final = "audit rows of isdecrementing, which tell whether a case was behind it"


#: Why a change cannot be laid to a hand.
NO_CASE: Final = "a case that was not exported may be behind it"


class Undecided(Exception):
    """What was exported does not tell; `decided_by` is what would.

    Where `is_of_unseen` cases, one that was not exported may have moved the balance.
    """

    def __init__(self, why: str, decided_by: str, *, is_of_unseen: bool = False) -> None:
        self.why = why
        self.decided_by = decided_by
        self.is_of_unseen = is_of_unseen
        super().__init__(why)


def first_parting(
    contract: Contract, channel: str, exported: Exported, closes: dt.datetime
) -> Finding:
    """Return the first event after which a recorded balance parts, with its kind.

    Raises
    ------
    Undecided
        What was exported does not tell.
    """
    balance = contract.balances[channel]
    log = log_of(balance, closes)
    if log.opening is None:
        raise Undecided("the log of its changes does not begin with its creation", _LOG)
    if log.gap is not None:
        raise Undecided("the balance changed without a row in the log", _LOG)
    opening = sum(move.amount for move in balance.moves if move.reason == "allot")
    if log.opening != opening:
        return _opened_otherwise(contract, channel)
    if contract.is_edited_unseen:
        raise Undecided("its total was changed, and not as far as its states tell", _STATES)
    if not exported.is_logged("incident", "statecode") and contract.may_have_been_reopened:
        raise Undecided("when its cases were reopened or cancelled was not exported", _MOVES)
    steps = steps_apart(balance)
    if not steps:
        raise Undecided("the log tells the movements that the rules give", _LOG)
    return _told(contract, channel, steps, exported)


def _opened_otherwise(contract: Contract, channel: str) -> Finding:
    first = contract.balances[channel].changes[0]
    openings = {
        label: balance.changes[0].after
        for label, balance in contract.balances.items()
        if balance.changes and balance.changes[0].before is None
    }
    is_copied = any(
        all(rests.get(label) == amount for label, amount in openings.items())
        for rests in contract.left_before.values()
    )
    kind = Kind.COPIED_BALANCE if is_copied else Kind.HAND_EDITED
    return Finding(contract, channel, Class.PARTS, kind, first.at, event="created")


def _told(contract: Contract, channel: str, steps: list[Step], exported: Exported) -> Finding:
    step = steps[0]
    others = {
        label: [other for other in steps_apart(balance) if abs(other.at - step.at) <= NEAR]
        for label, balance in contract.balances.items()
        if label != channel
    }
    near = [other for other in steps if abs(other.at - step.at) <= NEAR]
    kind, case, event = (
        _of_channel(contract, channel, near, others, exported)
        if channel != WHOLE and not others.get(WHOLE)
        else _of_whole(contract, channel, near, exported)
    )
    finding = Finding(contract, channel, Class.PARTS, kind, step.at, case, event)
    finding.is_further = step.move is None and not any(other.move for other in near)
    finding.is_like_a_case = case is None and _may_be_a_case(contract, channel, step)
    return finding


def _of_channel(
    contract: Contract,
    channel: str,
    near: list[Step],
    others: dict[str, list[Step]],
    exported: Exported,
) -> tuple[Kind, int | None, str]:
    """Say what happened where a channel goes another way and the whole does not."""
    step = near[0]
    elsewhere = [
        other
        for label, steps in others.items()
        if label != WHOLE
        for other in steps
        if other.amount == step.amount and (other.move is None) != (step.move is None)
    ]
    movement = step.move or next((other.move for other in elsewhere if other.move), None)
    case, event = _case_of(contract, step, movement.case if movement else None)
    if elsewhere:
        return Kind.WRONG_CHANNEL, case, event
    if step.move is not None:
        return Kind.CHANNEL_NOT_MOVED, case, event
    _require_known_marks(step, exported)
    if case is not None:
        return Kind.WRONG_CHANNEL, case, event
    _require_all_cases(contract, channel, step, exported)
    return _edited(contract, channel, step, Kind.CHANNEL_ABOVE_TOTAL, exported), None, ""


def _of_whole(
    contract: Contract, channel: str, near: list[Step], exported: Exported
) -> tuple[Kind, int | None, str]:
    """Say what happened where the whole goes another way, a channel perhaps with it."""
    missing = next((step for step in near if step.move is not None), None)
    further = next((step for step in near if step.move is None), None)
    if missing is not None and missing.move is not None:
        case, event = _case_of(contract, missing, missing.move.case)
        if further is not None and further.amount * missing.amount > 0:
            apart = abs(further.amount - missing.amount)
            kind = Kind.ROUNDING if apart <= _ROUNDING else Kind.WRONG_AMOUNT
            return kind, case, event
        return _missing(contract, missing, exported), case, event
    step = near[0]
    case, event = _case_of(contract, step, None)
    _require_known_marks(step, exported)
    if case is None:
        _require_all_cases(contract, channel, step, exported)
        return _edited(contract, channel, step, Kind.REMAINING_ABOVE_TOTAL, exported), None, ""
    return _further(contract, channel, step, case), case, event


def _missing(contract: Contract, step: Step, exported: Exported) -> Kind:
    move = step.move
    if move is None or (move.reason, move.rule) not in _MISSING:
        raise Undecided(
            "a change of the total is not in the log of the balance", "audit rows of totalterms"
        )
    kind = _MISSING[move.reason, move.rule]
    end = contract.row["end_date"].to_pydatetime() + dt.timedelta(days=1)
    resolves = contract.row["decrease_on"] == "resolution"
    if kind == Kind.MISSED_DECREMENT and resolves and move.at >= end:
        return Kind.PAST_EXPIRY_NOT_CHARGED
    return kind


def _further(contract: Contract, channel: str, step: Step, id: int) -> Kind:
    """Say why a case moved a balance that the rules leave alone then."""
    case = contract.cases[id]
    own = contract.balances[channel].moves
    if any(
        move.case == id and move.amount == step.amount and abs(move.at - step.at) <= NEAR
        for move in own
    ):
        return Kind.CHARGED_TWICE if step.amount < 0 else Kind.GIVEN_BACK_TWICE
    if not case.decrement:
        return Kind.DO_NOT_DECREMENT_CHARGED
    if id in contract.refused:
        return Kind.REFUSAL_IGNORED
    if case.refusal is not None:
        return Kind.ATTACHED_NOT_ACTIVE
    return Kind.WRONG_AMOUNT


def _case_of(contract: Contract, step: Step, case: int | None) -> tuple[int | None, str]:
    """Return the case behind a step and what it did; None where nobody did anything then."""
    present = behind(contract, step.at)
    if case is not None:
        event = next((event for id, event in present if id == case), "")
        return case, event
    charged = [
        (id, event)
        for id, event in present
        if contract.cases[id].refusal is not None
        or not contract.cases[id].decrement
        or any(
            move.case == id and abs(move.at - step.at) <= NEAR
            for balance in contract.balances.values()
            for move in balance.moves
        )
    ]
    found = charged or present
    return found[0] if found else (None, "")


def _edited(contract: Contract, channel: str, step: Step, above: Kind, exported: Exported) -> Kind:
    if not exported.is_logged("entitlement", "statecode") or contract.is_edited_unseen:
        raise Undecided(
            "its total may have been changed while it was a draft",
            "audit rows of entitlement.statecode and of totalterms",
        )
    if step.recorded is not None and step.recorded.after > contract.balances[channel].total:
        return above
    return Kind.HAND_EDITED


def _require_known_marks(step: Step, exported: Exported) -> None:
    """Make sure that no case that is not there changed its mark with a balance."""
    if any(None in exported.marks.get(at, ()) for at in around(step.at)):
        raise Undecided(
            "a case that was not exported, or was deleted, changed its mark then",
            "that case",
            is_of_unseen=True,
        )


def _require_all_cases(contract: Contract, channel: str, step: Step, exported: Exported) -> None:
    """Make sure that no case was behind a change, or refuse to decide.

    A case may be missing in the export, or was deleted: what looks as if it had been a case's needs
    the log of the marks to tell that it was none.
    """
    if exported.cases_since is None or step.at < exported.cases_since:
        raise Undecided("the exported cases begin later than the change", _CASES, is_of_unseen=True)
    if not _may_be_a_case(contract, channel, step):
        return
    since = exported.logged.get(("incident", "isdecrementing"))
    if since is None or step.at < since:
        raise Undecided(NO_CASE, _NOBODY, is_of_unseen=True)
    if not exported.is_logged("incident", "statecode"):
        raise Undecided("a case may have been reopened or cancelled then", _MOVES)


def _may_be_a_case(contract: Contract, channel: str, step: Step) -> bool:
    """Whether a case could have moved a balance so: one term, or hours, taken or given back."""
    if contract.row["allocation"] == "cases" and abs(step.amount) != ONE_CASE:
        return False
    if step.amount < 0:
        return True
    earlier = (change.amount for change in contract.balances[channel].changes)
    return -step.amount in earlier
