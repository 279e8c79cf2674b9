"""A balance explained to the customer whose it is: in plain sentences, without our own words."""

import html
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from ..telling import Right, Table, clock, counted, day, exact, number, price, signed

if TYPE_CHECKING:
    from .explain import Explanation, Movement

#: What the customer is told of a movement, by its reason.
_PLAINLY: Final = {
    "allot": "included in your contract",
    "consume": "used for a case",
    "restore": "given back for a case",
    "adjust": "your contract was changed",
    "topup": "bought in addition",
    "rollover_in": "carried over from before",
    "rollover_out": "carried over",
    "expire": "left over when its time ended",
    "void": "left over when the contract was cancelled",
    "refused": "a case that was not covered",
    "brought_forward": "used earlier",
    "correct": "the balance was corrected",
    "overage": "used beyond it, billed apart",
    "forgiven": "used beyond it, not billed",
}

#: What became of a case that a contract did not cover.
_OUTCOMES: Final = {
    "covered": "covered by another of your contracts",
    "uncovered": "worked on without a contract",
    "turned_away": "not worked on",
}

#: How a contract stands.
_STATES: Final = {
    "draft": "It is not in force yet.",
    "waiting": "It begins on its first day.",
    "active": "It is in force.",
    "cancelled": "It was cancelled.",
    "expired": "It has ended.",
}

_HEADINGS: Final = ("when", "what", "case", "account", Right("change"), Right("left"))
_ACCOUNT: Final = _HEADINGS.index("account")


class Letter:
    """What a customer is written about a balance; prints as text and as HTML in a notebook.

    Parameters
    ----------
    explanation : Explanation
    currency : str, optional
        Of its price.
    """

    def __init__(self, explanation: "Explanation", currency: str | None = None) -> None:
        self._facts = explanation
        self._currency = currency

    def sentences(self) -> list[str]:
        """Return what stands above the list of movements, a sentence each."""
        facts = self._facts
        included = self._sum("allot", "adjust", "topup")
        used = -self._sum("consume", "restore", "brought_forward")
        sentences = [
            f"Your contract {facts.template} (number {facts.entitlement_id}) runs from "
            f"{day(facts.start_date)} {self._end()}. {_STATES[facts.state]}"
        ]
        if facts.account is not None:
            sentences.append(f"It covers cases of your account {facts.account} only.")
        if facts.price:
            sentences.append(f"Its price is {price(facts.price, self._currency)}.")
        if facts.is_unlimited:
            sentences.append(f"It covers as many cases as you have; used so far: {self._of(used)}.")
        else:
            every = f"{self._of(facts.grant)} every {facts.every}, " if facts.grant else ""
            so_far = " so far" if facts.grant else ""
            sentences.append(
                f"It includes {every}{self._of(included)}{so_far}. Your cases have used "
                f"{self._of(used)}{'' if facts.grant else ' of it'}. {self._left()}"
            )
            sentences += self._gone()
        refused = len({movement.case_id for movement in facts.refusals} - {None})
        if refused:
            sentences.append(
                f"{counted(refused, 'case')} could not be covered by it: nothing was left, or "
                "what came that way is no part of it."
            )
        return sentences

    def _end(self) -> str:
        facts = self._facts
        return "without an end" if facts.is_open_ended else f"to {day(facts.end_date)}"

    def _gone(self) -> list[str]:
        """Say what lapsed, and what was used beyond it."""
        lapsed = -self._sum("expire")
        billed = self._sum("overage")
        forgiven = self._sum("forgiven")
        sentences = []
        if lapsed:
            sentences.append(f"Left over when their time ended: {self._of(lapsed)}.")
        if billed:
            sentences.append(f"Used beyond it and billed apart: {self._of(billed)}.")
        if forgiven:
            sentences.append(f"Used beyond it and not billed: {self._of(forgiven)}.")
        return sentences

    def _left(self) -> str:
        facts = self._facts
        left = self._of(max(facts.balance, Decimal(0)))
        is_one = facts.balance == 1
        if facts.state in ("expired", "cancelled"):
            return f"{left} {'was' if is_one else 'were'} left when it ended."
        when = f"at the end of {day(facts.on)}" if facts.on else "now"
        return f"{left} {'is' if is_one else 'are'} left {when}."

    def _of(self, amount: Decimal) -> str:
        unit = self._facts.allocation
        return f"{number(amount)} {unit.removesuffix('s') if amount == 1 else unit}"

    def _sum(self, *reasons: str) -> Decimal:
        moved = (each.amount for each in self._facts.movements if each.reason in reasons)
        return sum(moved, Decimal(0))

    def as_rows(self) -> tuple[list[str], list[list[str]]]:
        """Return the movements as headings and rows."""
        table = self.table()
        return [str(heading) for heading in table.headings], table.rows

    def table(self) -> Table:
        """Lay out each movement: when, what, of which case, by how much, and what is left.

        Where cases have accounts of the customer, these are named beside them.
        """
        rows = [
            self._row(movement)
            for movement in self._facts.movements
            if movement.amount or movement.reason == "refused" or _is_share_of_a_channel(movement)
        ]
        headings = list(_HEADINGS)
        if not any(row[_ACCOUNT] for row in rows):
            for cells in (headings, *rows):
                del cells[_ACCOUNT]
        return Table(headings, rows, "How we come to it")

    def _row(self, movement: "Movement") -> list[str]:
        plainly = _PLAINLY[movement.reason]
        if _is_share_of_a_channel(movement):
            most = (
                f"at most {self._of(movement.origin_amount)}" if movement.origin_amount else "none"
            )
            return [
                clock(movement.happened_at), f"of these {most} by {movement.origin}", "", "",
                "", exact(movement.balance),
            ]  # fmt: skip
        if movement.origin is not None:
            plainly = f"{plainly} by {movement.origin}"
        if movement.reason == "refused" and movement.case_id is None:
            plainly = "a change of your contract that could not be made"
        elif movement.reason == "refused" and movement.outcome is not None:
            plainly = f"{plainly}: {_OUTCOMES[movement.outcome]}"
        return [
            clock(movement.happened_at),
            plainly,
            "" if movement.case_id is None else str(movement.case_id),
            "" if movement.account is None else str(movement.account),
            signed(movement.amount),
            exact(movement.balance),
        ]

    def __str__(self) -> str:
        return "\n".join([*self.sentences(), "", repr(self.table())])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        paragraph = " ".join(map(html.escape, self.sentences()))
        return f"<p>{paragraph}</p>{self.table().html()}"


def _is_share_of_a_channel(movement: "Movement") -> bool:
    """Whether a movement only says how much of the whole may come by a channel."""
    return movement.reason == "allot" and not movement.amount and movement.origin is not None
