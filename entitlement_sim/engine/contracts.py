"""What the product does with entitlements: made, activated, edited, cancelled, ended, renewed.

`e` is an entitlement's place in the block, `day` a day number and `minute` the time at which that
day's states come into force.
"""

from typing import Any, NamedTuple

import numpy as np

from ..compiling import int64, part, rare_part
from ..population.days import next_date
from ..rules.allotment import (
    ONE_CASE,
    refuse_new_total,
    refuse_total,
    refuse_total_for_channel,
    serves_account,
)
from ..rules.amounts import prorated
from ..rules.days import months_later
from ..rules.lifecycle import (
    refuse_activate,
    refuse_cancel,
    refuse_deactivate,
    refuse_edit,
    refuse_set_default,
    state_on_activation,
)
from ..rules.periods import OPEN_END
from ..rules.renewal import refuse_renew, renewed_remaining, state_of_old
from ..rules.words import (
    ORIGINS,
    Action,
    Allocation,
    BalanceKind,
    Decision,
    EndedBy,
    Rank,
    Reason,
    Refusal,
    RuleId,
    State,
    Trigger,
)
from .agenda import book
from .agreed_prices import listed_price
from .allowances import book_close, close_for_good, grant, resume_period, running_period
from .balances import channel_of, new_balance, post, post_channel
from .tables import NO_AMOUNT, NO_TIME
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
def minute_of(world: World, day: int) -> int:
    """Minute at which a day's states come into force."""
    return int64(world.days[day - world.run.start].flips)


@part
def end(world: World, e: int, day: int, ended_by: int) -> None:
    """Note when and by what an entitlement ended; its customer decides when the day has closed."""
    entitlement = world.entitlements[e]
    entitlement.ended_on = day
    entitlement.ended_by = ended_by
    n = world.n
    n.covered_until = max(n.covered_until, min(day, entitlement.end_date + 1))


class Term(NamedTuple):
    """Days that an entitlement runs.

    Attributes
    ----------
    start, last : int
        First and last day.
    whole : int
        Days of a whole period, of which a part may be prorated.
    anchor : int
        Day from which its months count, or NO_TIME.
    months : int
        Months from then to the day after its end; 0 without an anchor.
    """

    start: int
    last: int
    whole: int
    anchor: int
    months: int


@part
def ends_on_date(template: Any) -> bool:
    """Whether the terms of a template end on dates, whenever they begin."""
    return template.until_month > 0 or template.term_from >= 0 or template.term_open


@rare_part
def own_term(template: Any, start: int) -> Term:
    """Term by a template of what is to begin on day `start`.

    A calendar year ends on the next such date. Fixed periods follow each other: what begins before
    the first of them waits for it, what begins within one ends with it.
    """
    months = int64(template.term_months)
    if template.term_open:
        whole = int64(OPEN_END) - start + 1
        return Term(int64(start), int64(OPEN_END), whole, int64(NO_TIME), int64(0))
    if template.until_month > 0:
        last = next_date(start, template.until_month, template.until_day)
        return Term(int64(start), last, last - months_later(last, -12), int64(NO_TIME), int64(0))
    anchor = int64(start) if template.term_from < 0 else int64(template.term_from)
    start = max(int64(start), anchor)
    if months > 0:
        periods = (start - anchor) // (31 * months) + 1
        while months_later(anchor, periods * months) <= start:
            periods += 1
        first = months_later(anchor, (periods - 1) * months)
        last = months_later(anchor, periods * months) - 1
        return Term(start, last, last - first + 1, anchor, periods * months)
    whole = int64(template.term_days)
    last = anchor + ((start - anchor) // whole + 1) * whole - 1
    return Term(start, last, whole, int64(NO_TIME), int64(0))


@part
def term_until(template: Any, start: int, last: int) -> Term:
    """Term that ends with another one: a part of the template's own, or more than it."""
    return Term(
        int64(start), int64(last), own_term(template, start).whole, int64(NO_TIME), int64(0)
    )


@part
def product_term(template: Any, start: int, last: int) -> Term:
    """Term between given days; where it is the template's months, these have an anchor."""
    anchor, months = int64(NO_TIME), int64(0)
    if template.term_months > 0 and months_later(start, template.term_months) == last + 1:
        anchor, months = int64(start), int64(template.term_months)
    return Term(int64(start), int64(last), int64(last - start + 1), anchor, months)


@rare_part
def create(world: World, template_id: int, line: int, day: int, minute: int, term: Term) -> int:
    """Make a draft from a template (rules L1, P1, T8); return its place, or -1."""
    e = new_record(world, template_id, day, term)
    if e >= 0:
        entitlement = world.entitlements[e]
        entitlement.predecessor_id = -1
        entitlement.renewal_number = 0
        entitlement.line = line
        entitlement.rank = line
        allot(world, e, int64(-1), minute, term)
    return e


@rare_part
def renew(world: World, e: int, template_id: int, day: int, minute: int, term: Term) -> int:
    """Renew an expired or cancelled entitlement into a draft; return its place or -1 (L9, L10).

    Moved to another template (which editing a draft allows), or where totals are prorated, it has
    the template's total, else that of the old one.
    """
    old = world.entitlements[e]
    state = old.state
    if refuse_renew(state) != Refusal.NONE:
        return int64(-1)
    successor = new_record(world, template_id, day, term)
    if successor < 0:
        return successor
    renewed = world.entitlements[successor]
    renewed.predecessor_id = e
    renewed.renewal_number = old.renewal_number + 1
    renewed.line = old.line
    renewed.rank = old.rank
    renewed.account = old.account
    renewed.purchase = old.purchase
    is_same = is_same_offering(world, template_id, old.template_id)
    if is_same and not world.templates[template_id].prorates_total:
        renewed.total_terms = world.balances[old.base_balance].total_terms
        renewed.grant = old.grant
    if world.templates[template_id].has_allowance:
        renewed.total_terms = 0
    allot(world, successor, int64(e) if is_same else int64(-1), minute, term)
    leave_renewed(world, e, day)
    return successor


@part
def leave_renewed(world: World, e: int, day: int) -> None:
    """Bring an entitlement into the state of one that has been renewed (rule L10, question Q3)."""
    state = world.entitlements[e].state
    after = state_of_old(state, world.run.renew_marks_old_cancelled)
    if after != state:
        move(world, e, day, after, Trigger.RENEWED_OLD_CANCELLED)


@part
def is_same_offering(world: World, template_id: int, old: int) -> bool:
    """Whether a template is the offering that another one was, under the same name."""
    template = world.templates[old]
    return template_id == old or (template_id == template.today and not template.changed)


@part
def _prorated_total(template: Any, total: int, term: Term) -> int:
    """Total of a term, of a part period where totals are prorated (rule T7: cases are whole)."""
    if not template.prorates_total:
        return int64(total)
    unit = ONE_CASE if template.allocation == Allocation.CASES else 1
    return prorated(int64(total), term.last - term.start + 1, term.whole, int64(unit))


@part
def new_record(world: World, template_id: int, day: int, term: Term) -> int:
    """Make a draft with the fields of a template, still without terms; return its place, or -1."""
    n = world.n
    e = n.entitlements
    if e == world.entitlements.shape[0]:
        n.full = Buffer.ENTITLEMENTS.value
        return int64(-1)
    n.entitlements = e + 1
    n.owned += 1
    template = world.templates[template_id]
    entitlement = world.entitlements[e]
    entitlement.entitlement_id = e
    entitlement.customer_id = n.customer
    entitlement.template_id = template_id
    entitlement.state = -1
    entitlement.is_default = 0
    entitlement.created_on = day
    entitlement.activated_on = NO_TIME
    entitlement.start_date = term.start
    entitlement.end_date = term.last
    entitlement.anchor = term.anchor
    entitlement.months = term.months
    entitlement.ended_on = NO_TIME
    entitlement.ended_by = -1
    entitlement.allocation = template.allocation
    entitlement.decrease_on = template.decrease_on
    entitlement.restrict = 1 if template.restrict else 0
    entitlement.total_terms = _prorated_total(template, template.total, term)
    entitlement.unlimited = 1 if template.unlimited else 0
    entitlement.grant = template.grant
    entitlement.has_blocks = 1 if template.has_allowance or template.goes_over else 0
    if template.has_allowance or template.unlimited:
        n.has_options = 1
    entitlement.has_closed = 0
    entitlement.period = 0
    entitlement.gone = 0
    entitlement.is_deleted = 0
    entitlement.account = -1
    entitlement.topped_up = 0
    entitlement.exhaustions = 0
    entitlement.orders = 0
    entitlement.purchase = 0
    entitlement.remaining_terms = 0
    entitlement.list_price = listed_price(world, template, term.start, term.last, term.whole)
    entitlement.price = entitlement.list_price
    entitlement.unrisen_price = entitlement.list_price
    entitlement.billed = 0
    entitlement.decided_on = NO_TIME
    entitlement.decision = Decision.NONE
    entitlement.regrets = 0
    entitlement.promised_terms = NO_AMOUNT
    entitlement.moved = np.nan
    entitlement.entries = 0
    entitlement.refused = 0
    entitlement.missed = 0
    entitlement.first_balance = n.balances
    entitlement.last_balance = n.balances
    entitlement.base_balance = n.balances
    entitlement.balances = 0
    entitlement.channels = 0
    move(world, e, day, State.DRAFT, Trigger.CREATED)
    return int64(e)


@part
def allot(world: World, e: int, old: int, minute: int, term: Term) -> None:
    """Give a new record its terms, whole and by channel (rules T8, C3).

    `old` is the entitlement of the same offering that it renews (rule L10), or -1.
    """
    entitlement = world.entitlements[e]
    copies = world.run.renew_copies_remaining
    is_same = old >= 0
    template = world.templates[entitlement.template_id]
    if template.has_allowance:
        entitlement.period = running_period(world, e, int64(entitlement.created_on))
        if grant(world, e, minute) < 0:
            return
        book_close(world, e)
    else:
        total = entitlement.total_terms
        remaining = world.entitlements[old].remaining_terms if is_same else int64(0)
        allotted = int64(renewed_remaining(total, remaining, is_same, copies))
        b = new_balance(world, e, BalanceKind.WHOLE, -1, total, allotted)
        if b < 0:
            return
        post(world, b, int64(-1), minute, allotted, Reason.ALLOT, RuleId.T8, int64(-1))
    for origin in range(ORIGINS):
        if template.channels[origin] >= 0:
            total = _prorated_total(template, template.channels[origin], term)
            _allot_channel(world, e, old, minute, origin, total)
    first = template.first_own_channel
    for place in range(first, first + 2 * template.own_channels, 2):
        _allot_channel(world, e, old, minute, world.lists[place], world.lists[place + 1])


@part
def _allot_channel(world: World, e: int, old: int, minute: int, origin: int, total: int) -> None:
    """Give a new record the terms of a channel."""
    entitlement = world.entitlements[e]
    is_renewed = old >= 0 and not world.templates[entitlement.template_id].has_allowance
    before = channel_of(world, old, origin) if is_renewed else int64(-1)
    remaining = world.balances[before].remaining_terms if before >= 0 else int64(0)
    copies = world.run.renew_copies_remaining
    allotted = int64(renewed_remaining(total, remaining, before >= 0, copies))
    b = new_balance(world, e, BalanceKind.CHANNEL, origin, total, allotted)
    if b < 0:
        return
    entitlement.channels += 1
    post_channel(world, b, minute, allotted, Reason.ALLOT, RuleId.T8)


@part
def activate(world: World, e: int, day: int, minute: int) -> None:
    """Activate a draft: it waits, is active or has expired by its dates (rule L2)."""
    entitlement = world.entitlements[e]
    if refuse_activate(entitlement.state) != Refusal.NONE:
        return
    state = state_on_activation(day, entitlement.start_date, entitlement.end_date)
    move(world, e, day, state, Trigger.ACTIVATED)
    if entitlement.activated_on == NO_TIME:
        entitlement.activated_on = day
    if entitlement.has_blocks != 0 and world.templates[entitlement.template_id].has_allowance:
        resume_period(world, e, day, minute)
    if state == State.EXPIRED:
        _end_at_once(world, e, day, minute)


@rare_part
def _end_at_once(world: World, e: int, day: int, minute: int) -> None:
    """End what has expired by the time at which it is activated (rule L2)."""
    end(world, e, day, EndedBy.EXPIRY)
    if world.entitlements[e].has_blocks != 0:
        close_for_good(world, e, minute)
    book(world, day + 1, Rank.DECISIONS, Action.DECIDE, e)


@rare_part
def deactivate(world: World, e: int, day: int) -> None:
    """Bring an active or waiting entitlement back to draft (rule L4)."""
    if refuse_deactivate(world.entitlements[e].state) == Refusal.NONE:
        move(world, e, day, State.DRAFT, Trigger.DEACTIVATED)


@rare_part
def cancel(world: World, e: int, day: int, minute: int) -> None:
    """Cancel an active or waiting entitlement (rule L5)."""
    if refuse_cancel(world.entitlements[e].state) == Refusal.NONE:
        move(world, e, day, State.CANCELLED, Trigger.CANCELLED)
        end(world, e, day, EndedBy.CANCELLATION)
        if world.entitlements[e].has_blocks != 0:
            close_for_good(world, e, minute)
        book(world, day + 1, Rank.DECISIONS, Action.DECIDE, e)


@rare_part
def edit_total(world: World, e: int, minute: int, total: int) -> None:
    """Give a draft another total; a refused edit leaves a row too (rules L8, T7, T8, C3)."""
    entitlement = world.entitlements[e]
    if refuse_edit(entitlement.state) != Refusal.NONE:
        return
    has_allowance = world.templates[entitlement.template_id].has_allowance
    base = int64(entitlement.base_balance)
    before = int64(entitlement.grant if has_allowance else world.balances[base].total_terms)
    remaining = int64(world.balances[base].remaining_terms)
    first = entitlement.first_balance
    refused = refuse_total(total, entitlement.allocation) != Refusal.NONE
    if refuse_new_total(remaining, before, total) != Refusal.NONE:
        refused = True
    for channel in range(first + 1, first + 1 + entitlement.channels):
        of_channel = world.balances[channel].total_terms
        if refuse_total_for_channel(total, of_channel) != Refusal.NONE:
            refused = True
    none = int64(-1)
    if refused:
        post(world, base, none, minute, int64(0), Reason.REFUSED, RuleId.T8, none)
    elif total != before:
        entitlement.grant += total - before
        if world.balances[base].is_over == 0:
            entitlement.total_terms += total - before
            world.balances[base].total_terms += total - before
            post(world, base, none, minute, total - before, Reason.ADJUST, RuleId.T8, none)


@part
def set_default(world: World, e: int) -> None:
    """Make an active entitlement the default of whom it serves, instead of the present one (A3)."""
    entitlement = world.entitlements[e]
    if refuse_set_default(entitlement.state) != Refusal.NONE:
        return
    present = own_default(world, int64(entitlement.account))
    if present >= 0:
        world.entitlements[present].is_default = 0
    entitlement.is_default = 1
    if entitlement.account < 0:
        world.n.default_entitlement = e


@part
def own_default(world: World, account: int) -> int:
    """Default among what an account holds itself, or the customer for all (account -1); or -1."""
    if account < 0:
        return int64(world.n.default_entitlement)
    return _default_apart(world, account) if world.n.holds_apart != 0 else int64(-1)


@rare_part
def _default_apart(world: World, account: int) -> int:
    """Default among what an account holds itself, or -1."""
    n = world.n
    for e in range(n.first_entitlement, n.entitlements):
        entitlement = world.entitlements[e]
        if entitlement.is_default == 0 or entitlement.is_deleted != 0:
            continue
        if entitlement.account == account and entitlement.customer_id == n.customer:
            return int64(e)
    return int64(-1)


@part
def default_for(world: World, account: int) -> int:
    """Default that a case of an account gets, or -1: the account's own before the customer's."""
    if world.n.holds_apart != 0:
        own = own_default(world, account)
        if own >= 0:
            return own
    return int64(world.n.default_entitlement)


@part
def serving(world: World, account: int) -> int:
    """How many of the active entitlements serve an account (rule B7)."""
    return _serving_apart(world, account) if world.n.holds_apart != 0 else int64(world.n.active)


@rare_part
def _serving_apart(world: World, account: int) -> int:
    """How many do where some of them serve single accounts."""
    count = int64(0)
    for place in range(world.n.active):
        holder = int64(world.entitlements[world.active[place]].account)
        count += 1 if serves_account(holder, int64(account)) else 0
    return count


@part
def holds_any(world: World, account: int) -> bool:
    """Whether the customer at hand has had an entitlement that serves an account (rule B7)."""
    n = world.n
    return n.owned > 0 and (n.holds_apart == 0 or _holds_apart_any(world, account))


@rare_part
def _holds_apart_any(world: World, account: int) -> bool:
    """Whether it has where some of them serve single accounts."""
    n = world.n
    for e in range(n.first_entitlement, n.entitlements):
        entitlement = world.entitlements[e]
        is_own = entitlement.customer_id == n.customer and entitlement.is_deleted == 0
        if is_own and serves_account(int64(entitlement.account), int64(account)):
            return True
    return False


@part
def give_to_account(world: World, e: int, account: int) -> None:
    """Let an account hold an entitlement, for its own cases only; -1: it serves all accounts."""
    world.entitlements[e].account = account
    if account >= 0:
        world.n.holds_apart = 1


@part
def list_active(world: World) -> None:
    """List the customer's active entitlements, in the order in which they were made."""
    n = world.n
    count = 0
    for e in range(n.first_open, n.entitlements):
        entitlement = world.entitlements[e]
        if entitlement.state == State.ACTIVE and entitlement.customer_id == n.customer:
            if count == world.active.shape[0]:
                n.full = Buffer.ACTIVE.value
                break
            world.active[count] = e
            count += 1
    n.active = count
