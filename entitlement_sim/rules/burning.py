"""Blocks: the balances of an entitlement that all its cases draw on, one after the other.

An entitlement has one base block, which alone may fall below zero: its total, or what the running
period of an allowance grants. Beside it there may be what was carried over from earlier periods,
and what was topped up.
"""

from .allotment import LARGEST_TOTAL, ONE_CASE
from .words import Allocation, BalanceKind, Debt, RuleId

#: Shares are whole parts of this.
WHOLE_SHARE = 10_000
#: In place of a limit: there is none.
NO_LIMIT = -1


def burn_rank(kind: int, carried_burns_last: bool) -> int:
    """Place of a block among those of its priority: what was carried is first or last (B2)."""
    if kind == BalanceKind.CARRIED:
        return 2 if carried_burns_last else 0
    return 1


def burn_key(
    priority: int, rank: int, ends: int, starts: int, block: int
) -> tuple[int, int, int, int, int]:
    """Order in which the blocks of an entitlement are used up: the least key is first (rule B2).

    By priority; by :func:`burn_rank`; by the earliest end, and of those by the earliest start; by
    number.
    """
    return (priority, rank, ends, starts, block)


def room_for_carrying(
    grant: int, share: int, at_most: int, still_carried: int, allocation: int
) -> int:
    """Hundredths that may be carried out of a period, beside what others still carry (rule B1).

    Parameters
    ----------
    grant : int
        What the period granted.
    share : int
        Part of the grant that may be carried, of :data:`WHOLE_SHARE`; or :data:`NO_LIMIT`.
    at_most : int
        Hundredths that all carried blocks may hold together; or :data:`NO_LIMIT`.
    still_carried : int
        Hundredths that older carried blocks go on holding.
    """
    room = LARGEST_TOTAL
    if share != NO_LIMIT:
        room = grant * share // WHOLE_SHARE
    if at_most != NO_LIMIT:
        room = min(room, max(0, at_most - still_carried))
    if allocation == Allocation.CASES:
        return room // ONE_CASE * ONE_CASE
    return room


def carried_over(left: int, room: int, allocation: int) -> int:
    """Hundredths that a period carries into the next one, of what it has left (rule B1).

    Cases are carried whole; the rest lapses.
    """
    if left <= 0:
        return 0
    carried = min(left, room)
    if allocation == Allocation.CASES:
        return carried // ONE_CASE * ONE_CASE
    return carried


def overage(short: int, free: int, at_most: int) -> int:
    """Hundredths that count as overage, of what was used beyond all blocks of a period (rule B3).

    The first ones may be free; those above a limit (or :data:`NO_LIMIT`) are nobody's.
    """
    counted = max(0, short - free)
    if at_most == NO_LIMIT:
        return counted
    return min(counted, at_most)


def overage_added(settled: int, short: int, free: int, at_most: int) -> int:
    """Hundredths by which overage grows when a period that has closed goes on (rules B3, M3)."""
    return overage(settled + short, free, at_most) - overage(settled, free, at_most)


def is_billed(debt: int) -> bool:
    """Whether overage is billed where no period follows that could begin with it (rule B3)."""
    return debt != Debt.FORGIVEN


def rule_of_lapse(kind: int) -> RuleId:
    """Rule by which a block lapses that ends: a top-up by its own (rules B1, B6)."""
    return RuleId.B6 if kind == BalanceKind.TOPUP else RuleId.B1


def restricts(restrict: bool, goes_over: bool, accepts_overage: bool) -> bool:
    """Whether the gate looks at terms: also for who does not accept what goes over (B3, G1)."""
    return restrict or (goes_over and not accepts_overage)


def gate_balance(
    remaining: int, unlimited: bool, goes_over: bool, free: int, at_most: int
) -> int:  # fmt: skip
    """Balance as the gate sees it: what may go over is there, too (rules B3, B5, G1).

    Parameters
    ----------
    remaining : int
        Of all blocks together.
    unlimited : bool
        Whether the entitlement has no total at all.
    goes_over : bool
        Whether it has overage, and its customer accepts it.
    free, at_most : int
        See :func:`overage`.
    """
    if unlimited or (goes_over and at_most == NO_LIMIT):
        return LARGEST_TOTAL
    if goes_over:
        return remaining + free + at_most
    return remaining
