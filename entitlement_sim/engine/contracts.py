"""What happens to entitlements: sold, activated, started, amended, cancelled, expired, renewed.

`e` is an entitlement's place in the block, `day` a day number and `minute` the time at which that
day's states come into force.
"""

import numpy as np

from ..population.compiling import rare_part
from ..population.customers import NEVER, chance_to_renew, draw_leaning, draw_term
from ..population.days import months_later
from ..rules.allotment import refuse_new_total, refuse_total, refuse_total_for_channel
from ..rules.codes import Refusal, State
from ..rules.lifecycle import (
    refuse_activate,
    refuse_cancel,
    refuse_deactivate,
    refuse_edit,
    refuse_set_default,
    state_on_activation,
)
from ..rules.renewal import refuse_renew, renewed_end, renewed_remaining, state_of_old
from .columns import (
    BOOKED,
    BOOKINGS,
    CHANNELS,
    DEFAULT,
    ENTITLEMENTS,
    FIRST,
    FULL,
    TRANSITIONS,
)
from .ledger import post
from .rulebook import (
    ACTIVATED,
    ADJUST,
    ALLOT,
    BY_CANCELLATION,
    BY_EXPIRY,
    CANCELLED,
    CREATED,
    DEACTIVATED,
    REFUSED,
    RENEWED,
    T8,
)
from .tables import NO_TIME

# Actions that can be booked.
DECIDE = 0  # how does the customer of this ended entitlement lean?
SELL = 1  # make an entitlement of a line and activate it
RENEW_AND_SELL = 2
ACTIVATE = 3
AMEND = 4  # deactivate, change the total, activate again
CANCEL = 5
CREATE = 6
RENEW = 7
DEACTIVATE = 8
EDIT = 9
SET_DEFAULT = 10


@rare_part
def book(agenda, n, day, rank, action, what, value, start, end):
    """Book an action for a day.

    Within a day the lower rank comes first, and of one rank what was booked first.
    """
    slot = n[BOOKED]
    if slot == agenda.shape[0] - 1:  # the last place is for moving bookings
        n[FULL] = 1
        return
    n[BOOKED] = slot + 1
    n[BOOKINGS] += 1
    booking = agenda[slot]
    booking.day = day
    booking.rank = rank
    booking.number = n[BOOKINGS]
    booking.action = action
    booking.what = what
    booking.value = value
    booking.start = start
    booking.end = end


@rare_part
def take(agenda, n, day):
    """Move the next booking of a day behind the open ones, and return its slot, or -1."""
    best = np.int64(-1)
    for slot in range(n[BOOKED]):
        if agenda[slot].day == day and (
            best < 0
            or agenda[slot].rank < agenda[best].rank
            or (
                agenda[slot].rank == agenda[best].rank and agenda[slot].number < agenda[best].number
            )
        ):
            best = slot
    if best < 0:
        return best
    last = n[BOOKED] - 1
    n[BOOKED] = last
    spare = agenda.shape[0] - 1
    agenda[spare] = agenda[best]
    agenda[best] = agenda[last]
    agenda[last] = agenda[spare]
    return last


@rare_part
def move(entitlements, transitions, n, e, day, state, trigger):
    """Bring an entitlement into another state, and write it down."""
    held = entitlements[e]
    row = n[TRANSITIONS]
    if row == transitions.shape[0]:
        n[FULL] = 1
        return
    n[TRANSITIONS] = row + 1
    change = transitions[row]
    change.entitlement_id = e
    change.on_date = day
    change.from_state = held.state
    change.to_state = state
    change.trigger = trigger
    held.state = state


@rare_part
def end(entitlements, e, day, ended_by):
    """Note when and by what an entitlement ended."""
    held = entitlements[e]
    held.ended_on = day
    held.ended_by = ended_by


@rare_part
def term_end(template, start):
    """Last day of a term that begins on day `start`."""
    if template.term_months > 0:
        return months_later(start, template.term_months) - 1
    return start + template.term_days - 1


@rare_part
def create(
    templates, entitlements, channels, transitions, ledger, n, day, minute, customer, number, start,
    end_date, line, old, keeps_remaining,
):  # fmt: skip
    """Make a draft from a template, or as the successor of `old` (-1: none); rules L1, P1, T8, L10.

    Returns its place, or -1 if the room is too small. A successor from the same template has the
    total of the old one, amended or not; with `keeps_remaining` it begins with what that had left,
    also in channel rows that both have.
    """
    e = n[ENTITLEMENTS]
    template = templates[number]
    if e == entitlements.shape[0] or n[CHANNELS] + 6 > channels.shape[0]:
        n[FULL] = 1
        return np.int64(-1)
    n[ENTITLEMENTS] = e + 1
    new = entitlements[e]
    total = template.total
    if old >= 0 and entitlements[old].template_id == number:
        total = entitlements[old].total_terms
    remaining = total
    if old >= 0:
        old_remaining = entitlements[old].remaining_terms
        remaining = renewed_remaining(total, old_remaining, keeps_remaining)
    new.entitlement_id = e
    new.customer_id = customer
    new.template_id = number
    new.predecessor_id = old
    if old >= 0:
        new.renewal_number = entitlements[old].renewal_number + 1
    else:
        new.renewal_number = 0
    new.is_default = 0
    new.created_on = day
    new.activated_on = NO_TIME
    new.start_date = start
    new.end_date = end_date
    end(entitlements, e, NO_TIME, -1)
    new.allocation = template.allocation
    new.decrease_on = template.decrease_on
    new.restrict = 1 if template.restrict else 0
    new.total_terms = total
    new.remaining_terms = 0
    new.entries = 0
    new.refused = 0
    new.missed = 0
    new.channels = 0
    new.price = template.price
    new.line = line
    new.first_channel = n[CHANNELS]
    new.state = -1
    move(entitlements, transitions, n, e, day, State.DRAFT, CREATED)
    post(entitlements, channels, ledger, n, e, -1, minute, remaining, 0, ALLOT, T8, -1)
    for origin in range(6):
        of_channel = template.channels[origin]
        if of_channel < 0:
            continue
        row = n[CHANNELS]
        n[CHANNELS] = row + 1
        new.channels += 1
        channels[row].entitlement_id = e
        channels[row].origin = origin
        channels[row].total_terms = of_channel
        channels[row].remaining_terms = 0
        allotted = of_channel
        if old >= 0 and keeps_remaining:
            first = entitlements[old].first_channel
            for like in range(first, first + entitlements[old].channels):
                if channels[like].origin == origin:
                    allotted = channels[like].remaining_terms
        post(entitlements, channels, ledger, n, e, row, minute, 0, allotted, ALLOT, T8, -1)
    return e


@rare_part
def activate(entitlements, transitions, agenda, n, e, day):
    """Activate a draft: it waits, is active or has expired by its dates (rule L2)."""
    held = entitlements[e]
    if refuse_activate(held.state) != Refusal.NONE:
        return
    state = state_on_activation(day, held.start_date, held.end_date)
    move(entitlements, transitions, n, e, day, state, ACTIVATED)
    if held.activated_on == NO_TIME:
        held.activated_on = day
    if state == State.EXPIRED:
        end(entitlements, e, day, BY_EXPIRY)
        book(agenda, n, day + 1, 0, DECIDE, e, 0, 0, 0)


@rare_part
def deactivate(entitlements, transitions, n, e, day):
    """Bring an active or waiting entitlement back to draft (rule L4)."""
    held = entitlements[e]
    if refuse_deactivate(held.state) == Refusal.NONE:
        move(entitlements, transitions, n, e, day, State.DRAFT, DEACTIVATED)


@rare_part
def cancel(entitlements, transitions, agenda, n, e, day):
    """Cancel an active or waiting entitlement (rule L5)."""
    held = entitlements[e]
    if refuse_cancel(held.state) == Refusal.NONE:
        move(entitlements, transitions, n, e, day, State.CANCELLED, CANCELLED)
        end(entitlements, e, day, BY_CANCELLATION)
        book(agenda, n, day + 1, 0, DECIDE, e, 0, 0, 0)


@rare_part
def edit_total(entitlements, channels, ledger, n, e, minute, total):
    """Give a draft another total; a refused edit leaves a row too (rules L8, T7, T8, C3)."""
    held = entitlements[e]
    if refuse_edit(held.state) != Refusal.NONE:
        return
    before = held.total_terms
    remaining = held.remaining_terms
    refused = refuse_total(total, held.allocation) != Refusal.NONE
    if refuse_new_total(remaining, before, total) != Refusal.NONE:
        refused = True
    first = held.first_channel
    for row in range(first, first + held.channels):
        of_channel = channels[row].total_terms
        if refuse_total_for_channel(total, of_channel) != Refusal.NONE:
            refused = True
    if refused:
        post(entitlements, channels, ledger, n, e, -1, minute, 0, 0, REFUSED, T8, -1)
    elif total != before:
        held.total_terms = total
        post(entitlements, channels, ledger, n, e, -1, minute, total - before, 0, ADJUST, T8, -1)


@rare_part
def set_default(entitlements, n, e):
    """Make an active entitlement the customer's default instead of the present one (rule A3)."""
    if refuse_set_default(entitlements[e].state) != Refusal.NONE:
        return
    if n[DEFAULT] >= 0:
        entitlements[n[DEFAULT]].is_default = 0
    entitlements[e].is_default = 1
    n[DEFAULT] = e


@rare_part
def keep_default(templates, entitlements, n):
    """Where the default is not active, let another active entitlement be it.

    One that covers all products and contacts is preferred, and of its like the longest held one.
    """
    old = n[DEFAULT]
    if old >= 0 and entitlements[old].state == State.ACTIVE:
        return
    best = np.int64(-1)
    for e in range(n[FIRST], n[ENTITLEMENTS]):
        if entitlements[e].state != State.ACTIVE:
            continue
        template = templates[entitlements[e].template_id]
        if template.products == 0 and template.contacts == 0:
            best = e
            break
        if best < 0:
            best = e
    if best >= 0:
        set_default(entitlements, n, best)


@rare_part
def utilisation(entitlements, e):
    """Share of an entitlement's total that is used; 0 where the total is."""
    held = entitlements[e]
    total = held.total_terms
    if total <= 0:
        return 0.0
    return (total - held.remaining_terms) / np.float64(total)


@rare_part
def put_to_work(plan, segment, shares, entitlements, transitions, agenda, n, customer, e, day):
    """Activate a new entitlement, unless somebody forgets to, and book what its term holds."""
    held = entitlements[e]
    line = held.line
    renewal = held.renewal_number
    fate = draw_term(plan, segment, shares, customer, line, renewal)
    if fate.draft < 0:
        activate(entitlements, transitions, agenda, n, e, day)
    elif fate.draft > 0:
        book(agenda, n, day + fate.draft, 2, ACTIVATE, e, 0, 0, 0)
    start = max(held.start_date, day)
    last = held.end_date
    if fate.cancelled_after <= last - start:
        book(agenda, n, max(start + fate.cancelled_after, day + 1), 4, CANCEL, e, 0, 0, 0)
    if fate.amended_after <= last - start:
        when = max(start + fate.amended_after, day + 1)
        total = held.total_terms
        change = np.int64(np.floor(total * (1.0 + fate.change) / 100.0 + 0.5)) * 100
        book(agenda, n, when, 3, AMEND, e, change, fate.amendment_days, 0)


@rare_part
def amend(
    entitlements, channels, transitions, ledger, agenda, n, e, day, minute, total, days_in_draft
):
    """Deactivate an entitlement, give it another total and activate it again (rules L4, L8, L2)."""
    held = entitlements[e]
    if refuse_deactivate(held.state) != Refusal.NONE:
        return
    deactivate(entitlements, transitions, n, e, day)
    edit_total(entitlements, channels, ledger, n, e, minute, total)
    if days_in_draft == 0:
        activate(entitlements, transitions, agenda, n, e, day)
    else:
        book(agenda, n, day + days_in_draft, 2, ACTIVATE, e, 0, 0, 0)


@rare_part
def decide(plan, segment, rows, entitlements, agenda, n, customer, e, day):
    """Let the customer of an entitlement that has ended decide about renewing it from `day` on."""
    held = entitlements[e]
    line = held.line
    renewal = held.renewal_number
    leaning = draw_leaning(plan, segment, rows, customer, line, renewal)
    was_cancelled = held.state == State.CANCELLED
    chance = chance_to_renew(
        segment,
        customer,
        was_cancelled,
        utilisation(entitlements, e),
        held.refused,
        held.missed,
    )
    if leaning.renews_below < chance:
        book(agenda, n, day + leaning.late, 1, RENEW_AND_SELL, e, 0, 0, 0)
    elif leaning.returns != NEVER:
        book(agenda, n, day + leaning.returns, 1, RENEW_AND_SELL, e, 1, 0, 0)


@rare_part
def next_template(segment, templates, entitlements, e):
    """Template into which a customer renews: the same, or up or down by how much it used."""
    held = entitlements[e]
    number = held.template_id
    used = utilisation(entitlements, e)
    if used >= segment.up_above and templates[number].up >= 0:
        return templates[number].up
    if used < segment.down_below and templates[number].down >= 0:
        return templates[number].down
    return number


@rare_part
def renew(
    plan, templates, entitlements, channels, transitions, ledger, n, e, day, minute, number,
    contiguous,
):  # fmt: skip
    """Renew an expired or cancelled entitlement into a draft; return its place or -1 (L9, L10).

    By the product's rule the draft begins on the day of renewal and is as many days long as the old
    one. Moved to another template (which editing a draft allows), or renewed contiguously, it has
    the template's own term; moved, also the template's whole total.
    """
    held = entitlements[e]
    state = held.state
    if refuse_renew(state) != Refusal.NONE:
        return np.int64(-1)
    start = day
    old_start = held.start_date
    old_end = held.end_date
    if contiguous and state == State.EXPIRED:
        start = old_end + 1
    is_moved = number != held.template_id
    if contiguous or is_moved:
        last = term_end(templates[number], start)
    else:
        last = renewed_end(day, old_start, old_end)
    new = create(
        templates, entitlements, channels, transitions, ledger, n, day, minute,
        held.customer_id, number, start, last,
        held.line, e, plan.renew_copies_remaining and not is_moved,
    )  # fmt: skip
    after = state_of_old(state, plan.renew_marks_old_cancelled)
    if after != state:
        move(entitlements, transitions, n, e, day, after, RENEWED)
    return new
