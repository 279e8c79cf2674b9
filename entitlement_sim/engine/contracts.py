"""What the product does with entitlements: made, activated, edited, cancelled, ended, renewed.

`e` is an entitlement's place in the block, `day` a day number and `minute` the time at which that
day's states come into force.
"""

from typing import Any

from ..compiling import int64, part, rare_part
from ..population.days import months_later
from ..rules.allotment import refuse_new_total, refuse_total, refuse_total_for_channel
from ..rules.lifecycle import (
    refuse_activate,
    refuse_cancel,
    refuse_deactivate,
    refuse_edit,
    refuse_set_default,
    state_on_activation,
)
from ..rules.renewal import refuse_renew, renewed_end, renewed_remaining, state_of_old
from ..rules.words import (
    ORIGINS,
    Action,
    BalanceKind,
    EndedBy,
    Rank,
    Reason,
    Refusal,
    RuleId,
    State,
    Trigger,
)
from .agenda import book
from .balances import channel_of, new_balance, post, post_channel
from .tables import NO_TIME
from .world import Buffer, World


@part
def move(world: World, e: int, day: int, state: int, trigger: int) -> None:
    """Bring an entitlement into another state, and write it down."""
    n = world.n
    row = n.transitions
    if row == world.transitions.shape[0]:
        n.full = Buffer.TRANSITIONS.value
        return
    n.transitions = row + 1
    entitlement = world.entitlements[e]
    transition = world.transitions[row]
    transition.entitlement_id = e
    transition.on_date = day
    transition.from_state = entitlement.state
    transition.to_state = state
    transition.trigger = trigger
    entitlement.state = state


@part
def end(world: World, e: int, day: int, ended_by: int) -> None:
    """Note when and by what an entitlement ended; its customer decides when the day has closed."""
    world.entitlements[e].ended_on = day
    world.entitlements[e].ended_by = ended_by


@part
def term_end(template: Any, start: int) -> int:
    """Last day of a term that begins on day `start`."""
    if template.term_months > 0:
        return months_later(start, template.term_months) - 1
    return start + template.term_days - 1


@rare_part
def create(
    world: World, template_id: int, line: int, day: int, minute: int, start: int, last: int
) -> int:
    """Make a draft from a template (rules L1, P1, T8); return its place, or -1."""
    e = _new_record(world, template_id, day, start, last)
    if e >= 0:
        entitlement = world.entitlements[e]
        entitlement.predecessor_id = -1
        entitlement.renewal_number = 0
        entitlement.line = line
        _count_months(entitlement, start, world.templates[template_id].term_months)
        entitlement.total_terms = world.templates[template_id].total
        _allot(world, e, -1, minute)
    return e


@rare_part
def renew(world: World, e: int, template_id: int, day: int, minute: int, contiguous: bool) -> int:
    """Renew an expired or cancelled entitlement into a draft; return its place or -1 (L9, L10).

    By the product's rule the draft begins on the day of renewal and is as many days long as the old
    one. Moved to another template (which editing a draft allows), or renewed contiguously, it has
    the template's own term; moved, also the template's whole total. Months of contiguous terms
    count from the first of them: what was sold on a 31st ends before a 31st, or before the last day
    of a month without one, and no term shortens those that follow.
    """
    old = world.entitlements[e]
    state = old.state
    if refuse_renew(state) != Refusal.NONE:
        return int64(-1)
    template = world.templates[template_id]
    start = day
    anchor = day
    months = template.term_months
    if contiguous and state == State.EXPIRED:
        start = old.end_date + 1
        anchor = old.anchor
        months = old.months + template.term_months
    is_moved = not is_same_offering(world, template_id, old.template_id)
    if not contiguous and not is_moved:
        last = renewed_end(day, old.start_date, old.end_date)
    elif template.term_months > 0:
        last = months_later(anchor, months) - 1
    else:
        last = start + template.term_days - 1
    successor = _new_record(world, template_id, day, start, last)
    if successor < 0:
        return successor
    renewed = world.entitlements[successor]
    renewed.predecessor_id = e
    renewed.renewal_number = old.renewal_number + 1
    renewed.line = old.line
    _count_months(renewed, anchor, months)
    renewed.total_terms = world.templates[template_id].total if is_moved else old.total_terms
    _allot(world, successor, e, minute)
    after = state_of_old(state, world.run.renew_marks_old_cancelled)
    if after != state:
        move(world, e, day, after, Trigger.RENEWED_OLD_CANCELLED)
    return successor


@part
def is_same_offering(world: World, template_id: int, old: int) -> bool:
    """Whether a template is the offering that another one was, under the same name."""
    template = world.templates[old]
    return template_id == old or (template_id == template.today and not template.changed)


@part
def _count_months(entitlement: Any, anchor: int, months: int) -> None:
    """Note from when the months of a term count; where it has days instead, from the day after."""
    entitlement.anchor = anchor
    entitlement.months = months
    if months_later(anchor, months) != entitlement.end_date + 1:
        entitlement.anchor = entitlement.end_date + 1
        entitlement.months = 0


@part
def _new_record(world: World, template_id: int, day: int, start: int, last: int) -> int:
    """Make a draft with the fields of a template, still without terms; return its place, or -1."""
    n = world.n
    e = n.entitlements
    if e == world.entitlements.shape[0]:
        n.full = Buffer.ENTITLEMENTS.value
        return int64(-1)
    n.entitlements = e + 1
    template = world.templates[template_id]
    entitlement = world.entitlements[e]
    entitlement.entitlement_id = e
    entitlement.customer_id = n.customer
    entitlement.template_id = template_id
    entitlement.state = -1
    entitlement.is_default = 0
    entitlement.created_on = day
    entitlement.activated_on = NO_TIME
    entitlement.start_date = start
    entitlement.end_date = last
    entitlement.ended_on = NO_TIME
    entitlement.ended_by = -1
    entitlement.allocation = template.allocation
    entitlement.decrease_on = template.decrease_on
    entitlement.restrict = 1 if template.restrict else 0
    entitlement.remaining_terms = 0
    entitlement.price = template.price
    entitlement.entries = 0
    entitlement.refused = 0
    entitlement.missed = 0
    entitlement.first_balance = n.balances
    entitlement.balances = 0
    move(world, e, day, State.DRAFT, Trigger.CREATED)
    return int64(e)


@part
def _allot(world: World, e: int, old: int, minute: int) -> None:
    """Give a new record its terms, whole and by channel (rules T8, C3; L10 where it renews)."""
    entitlement = world.entitlements[e]
    copies = world.run.renew_copies_remaining
    is_same = old >= 0 and is_same_offering(
        world, entitlement.template_id, world.entitlements[old].template_id
    )
    total = entitlement.total_terms
    remaining = world.entitlements[old].remaining_terms if old >= 0 else int64(0)
    b = new_balance(world, e, BalanceKind.WHOLE, -1, total)
    if b < 0:
        return
    allotted = int64(renewed_remaining(total, remaining, is_same, copies))
    world.balances[b].allotted = allotted
    post(world, b, int64(-1), minute, allotted, Reason.ALLOT, RuleId.T8, int64(-1))
    template = world.templates[entitlement.template_id]
    for origin in range(ORIGINS):
        total = template.channels[origin]
        if total < 0:
            continue
        remaining = int64(0)
        if is_same:
            remaining = world.balances[channel_of(world, old, origin)].remaining_terms
        b = new_balance(world, e, BalanceKind.CHANNEL, origin, total)
        if b < 0:
            return
        allotted = int64(renewed_remaining(total, remaining, is_same, copies))
        world.balances[b].allotted = allotted
        post_channel(world, b, minute, allotted, Reason.ALLOT)


@rare_part
def activate(world: World, e: int, day: int) -> None:
    """Activate a draft: it waits, is active or has expired by its dates (rule L2)."""
    entitlement = world.entitlements[e]
    if refuse_activate(entitlement.state) != Refusal.NONE:
        return
    state = state_on_activation(day, entitlement.start_date, entitlement.end_date)
    move(world, e, day, state, Trigger.ACTIVATED)
    if entitlement.activated_on == NO_TIME:
        entitlement.activated_on = day
    if state == State.EXPIRED:
        end(world, e, day, EndedBy.EXPIRY)
        book(world, day + 1, Rank.DECISIONS, Action.DECIDE, e)


@rare_part
def deactivate(world: World, e: int, day: int) -> None:
    """Bring an active or waiting entitlement back to draft (rule L4)."""
    if refuse_deactivate(world.entitlements[e].state) == Refusal.NONE:
        move(world, e, day, State.DRAFT, Trigger.DEACTIVATED)


@rare_part
def cancel(world: World, e: int, day: int) -> None:
    """Cancel an active or waiting entitlement (rule L5)."""
    if refuse_cancel(world.entitlements[e].state) == Refusal.NONE:
        move(world, e, day, State.CANCELLED, Trigger.CANCELLED)
        end(world, e, day, EndedBy.CANCELLATION)
        book(world, day + 1, Rank.DECISIONS, Action.DECIDE, e)


@rare_part
def edit_total(world: World, e: int, minute: int, total: int) -> None:
    """Give a draft another total; a refused edit leaves a row too (rules L8, T7, T8, C3)."""
    entitlement = world.entitlements[e]
    if refuse_edit(entitlement.state) != Refusal.NONE:
        return
    before = entitlement.total_terms
    whole = entitlement.first_balance
    refused = refuse_total(total, entitlement.allocation) != Refusal.NONE
    if refuse_new_total(entitlement.remaining_terms, before, total) != Refusal.NONE:
        refused = True
    for channel in range(whole + 1, whole + entitlement.balances):
        of_channel = world.balances[channel].total_terms
        if refuse_total_for_channel(total, of_channel) != Refusal.NONE:
            refused = True
    none = int64(-1)
    if refused:
        post(world, whole, none, minute, int64(0), Reason.REFUSED, RuleId.T8, none)
    elif total != before:
        entitlement.total_terms = total
        world.balances[whole].total_terms = total
        post(world, whole, none, minute, total - before, Reason.ADJUST, RuleId.T8, none)


@part
def set_default(world: World, e: int) -> None:
    """Make an active entitlement the customer's default instead of the present one (rule A3)."""
    if refuse_set_default(world.entitlements[e].state) != Refusal.NONE:
        return
    present = world.n.default_entitlement
    if present >= 0:
        world.entitlements[present].is_default = 0
    world.entitlements[e].is_default = 1
    world.n.default_entitlement = e
