"""What becomes of contracts that are open when their offering is revised for all of them.

Each is deactivated, edited and activated again (rules L4, L8, L2), or edited where it is a draft.
What the product refuses to write leaves it as it was, and a row in the ledger.
"""

from typing import Any

from ..compiling import int64, part, rare_part
from ..rules.allotment import (
    ONE_CASE,
    refuse_new_total,
    refuse_total,
    refuse_total_for_channel,
)
from ..rules.amounts import prorated
from ..rules.words import Action, Allocation, Rank, Reason, Refusal, RuleId, State
from .agenda import book
from .balances import post, post_channel
from .contracts import activate, deactivate, own_term
from .world import World


@rare_part
def book_revisions(world: World, day: int) -> None:
    """Book for a day the revision of all that is open of the customer at hand."""
    for e in range(world.n.first_open, world.n.entitlements):
        book(world, day, Rank.AMENDMENTS, Action.REVISE, e)


@rare_part
def revise(world: World, e: int, day: int, minute: int) -> None:
    """Let an open entitlement become what its offering is from today on, as far as it is edited."""
    entitlement = world.entitlements[e]
    state = entitlement.state
    becomes = int64(world.templates[entitlement.template_id].revised)
    if becomes < 0 or state == State.EXPIRED or state == State.CANCELLED:
        return
    if state != State.DRAFT:
        deactivate(world, e, day)
    _edit(world, e, minute, becomes)
    if state != State.DRAFT:
        activate(world, e, day, minute)


@rare_part
def _edit(world: World, e: int, minute: int, becomes: int) -> None:
    """Write all of an edit, or nothing of it (rules L8, T7, T8, C3).

    Totals move by what the offering's do, so that what was agreed with a customer stays.
    """
    entitlement = world.entitlements[e]
    old, new = world.templates[entitlement.template_id], world.templates[becomes]
    base = int64(entitlement.base_balance)
    before = int64(entitlement.grant if old.has_allowance else world.balances[base].total_terms)
    added = _added(world, e, old, int64(old.total), int64(new.total))
    if old.has_allowance:
        added = int64(new.grant - old.grant)
    total = before + added
    none = int64(-1)
    if _refuses(world, e, old, new, before, total):
        post(world, base, none, minute, int64(0), Reason.REFUSED, RuleId.L8, none)
        return
    entitlement.template_id = becomes
    entitlement.restrict = 1 if new.restrict else 0
    entitlement.grant += added
    if world.balances[base].is_over != 0:
        added = int64(0)
    entitlement.total_terms += added
    world.balances[base].total_terms += added
    post(world, base, none, minute, added, Reason.ADJUST, RuleId.L8, none)
    first = int64(entitlement.first_balance)
    for channel in range(first + 1, first + 1 + entitlement.channels):
        added = _added_by_channel(world, e, old, new, int64(channel))
        if added != 0:
            world.balances[channel].total_terms += added
            if world.balances[channel].is_over == 0:
                post_channel(world, int64(channel), minute, added, Reason.ADJUST, RuleId.L8)


@part
def _refuses(world: World, e: int, old: Any, new: Any, before: int, total: int) -> bool:
    """Whether the product refuses a total, or that of a channel."""
    entitlement = world.entitlements[e]
    if entitlement.unlimited != 0:
        return False
    remaining = int64(world.balances[entitlement.base_balance].remaining_terms)
    if refuse_total(total, entitlement.allocation) != Refusal.NONE:
        return True
    if refuse_new_total(remaining, before, total) != Refusal.NONE:
        return True
    first = int64(entitlement.first_balance)
    for channel in range(first + 1, first + 1 + entitlement.channels):
        balance = world.balances[channel]
        written = int64(balance.total_terms)
        of_channel = written + _added_by_channel(world, e, old, new, int64(channel))
        if refuse_total(of_channel, entitlement.allocation) != Refusal.NONE:
            return True
        if refuse_total_for_channel(total, of_channel) != Refusal.NONE:
            return True
        if refuse_new_total(int64(balance.remaining_terms), written, of_channel) != Refusal.NONE:
            return True
    return False


@part
def _added_by_channel(world: World, e: int, old: Any, new: Any, channel: int) -> int:
    """By how much the total of a channel moves."""
    origin = world.balances[channel].origin
    before, after = int64(old.channels[origin]), int64(new.channels[origin])
    if old.has_allowance:
        return after - before
    return _added(world, e, old, before, after)


@part
def _added(world: World, e: int, template: Any, before: int, after: int) -> int:
    """By how much a total of a term moves, of a part of a term where totals are prorated."""
    if not template.prorates_total or before == after:
        return after - before
    entitlement = world.entitlements[e]
    start = int64(entitlement.start_date)
    days = int64(entitlement.end_date) - start + 1
    whole = own_term(template, start).whole
    unit = int64(ONE_CASE if template.allocation == Allocation.CASES else 1)
    return prorated(after, days, whole, unit) - prorated(before, days, whole, unit)
