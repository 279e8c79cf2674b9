"""Top-ups: blocks that are added to an entitlement, and lapse with it or before.

`e` is an entitlement's place in the block, `day` a day number and `minute` the time of what
happens.
"""

from typing import NamedTuple

from ..compiling import int64, rare_part
from ..rules.allotment import refuse_total
from ..rules.lifecycle import refuse_dates, refuse_top_up
from ..rules.words import Action, BalanceKind, Rank, Reason, Refusal, RuleId
from .agenda import book
from .allowances import lapse
from .balances import new_balance, post
from .world import World


class TopUp(NamedTuple):
    """A block to be added.

    Attributes
    ----------
    terms : int
        Hundredths of a term.
    last : int
        Its last day; it ends with the entitlement at the latest.
    priority : int
    price : int
        Hundredths of the currency.
    """

    terms: int
    last: int
    priority: int
    price: int


@rare_part
def top_up(world: World, e: int, day: int, minute: int, added: TopUp) -> None:
    """Add a block to an entitlement, unless it has ended (rule B6)."""
    entitlement = world.entitlements[e]
    starts = max(int64(day), int64(entitlement.start_date))
    ends = min(added.last, int64(entitlement.end_date))
    if (
        refuse_top_up(entitlement.state) != Refusal.NONE
        or refuse_total(added.terms, entitlement.allocation) != Refusal.NONE
        or refuse_dates(starts, ends) != Refusal.NONE
    ):
        return
    b = new_balance(world, e, BalanceKind.TOPUP, -1, added.terms, added.terms)
    if b < 0:
        return
    balance = world.balances[b]
    balance.starts = starts
    balance.ends = ends
    balance.priority = added.priority
    balance.price = added.price
    entitlement.has_blocks = 1
    entitlement.total_terms += added.terms
    entitlement.topped_up += added.terms
    none = int64(-1)
    post(world, b, none, minute, added.terms, Reason.TOPUP, RuleId.B6, none)
    if ends < entitlement.end_date:
        booking = world.agenda[book(world, ends + 1, Rank.LAPSES, Action.LAPSE, e)]
        booking.balance = b
        booking.order = (int64(e) << 32) + b  # in the order of their entitlements


@rare_part
def lapse_top_up(world: World, e: int, b: int, minute: int) -> None:
    """Let a top-up lapse whose own last day was yesterday (rule B6)."""
    if world.entitlements[e].has_closed == 0 and world.balances[b].is_over == 0:
        lapse(world, b, minute)
