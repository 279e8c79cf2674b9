"""The order of the day, and the life of one customer by it.

1. The day before closes: debts of what ended are settled, and its customers decide about renewal.
2. Entitlements whose last day was yesterday expire.
3. Waiting ones whose first day is today become active.
4. What is booked for today happens, in the order of ``words.Rank``: decisions, periods of
   allowances that close and open, top-ups that lapse, sales and renewals (what was ordered when
   terms ran out among them), activations of forgotten drafts, amendments and revisions,
   cancellations; then a customer without an active default gets one.
5. Case events happen in time order; of one minute, what gives terms back before what takes some,
   then by case. A customer whose demand has ended writes nothing. What is bought at once when terms
   run out is part of the event.

Only days on which something happens to an entitlement are looked at; between them only cases move.
"""

from typing import Any

from ..compiling import int64, part, rare_part
from ..population.calendar_days import DAY
from ..population.customers import NEVER, Customer
from ..rules.lifecycle import state_by_date
from ..rules.words import Action, EndedBy, State, Trigger
from .agenda import take
from .agreed_prices import agree_price
from .allowances import close_for_good, close_period
from .buying import buy_after_charge, deliver
from .cases import close_cases, next_event, open_case, queue_next
from .contracts import activate, cancel, create, end, give_to_account, list_active, move, renew
from .custom import (
    amend,
    decide,
    decide_as_booked,
    end_demand,
    keep_default,
    leaves_gap,
    next_template,
    put_to_work,
    rank_sale,
    renewed_term,
    sold_term,
)
from .queue import FAR, case_of, first_key, minute_of, pop, queue_key
from .revising import revise
from .topups import lapse_top_up
from .world import World


@part
def live(world: World, segment: Any, customer: Customer, first_case: int, last_case: int) -> None:
    """Live through a customer's days: cases of the script, and what its agenda holds."""
    first = world.n.cases
    live_until(world, segment, customer, first_case, last_case, world.run.stop)
    close_cases(world, first)


@part
def live_until(
    world: World, segment: Any, customer: Customer, first_case: int, last_case: int, stop: int
) -> int:
    """Live through a customer's days before day `stop`; return the first case that comes later."""
    n = world.n
    run = world.run
    k = int64(first_case)
    while n.full == 0:
        day = next_day(world)
        goes_on = day < stop
        minute = run.stop * DAY
        if goes_on or stop < run.stop:
            minute = world.days[min(day, stop) - run.start].flips
        day_begins = queue_key(minute, 0, 0)
        arrival = key_of_arrival(world, k, last_case)
        n.bought = 0
        while n.full == 0:  # case events until the day's states come into force
            event = first_key(world)
            if arrival < event:
                if arrival >= day_begins:
                    break
                at = int64(world.script[k].created)
                if at < n.demand_ends:
                    c = open_case(world, segment, customer, k)
                    if c >= 0:
                        queue_next(world, c)
                k += 1
                arrival = key_of_arrival(world, k, last_case)
            else:
                if event >= day_begins:
                    break
                pop(world)
                at = minute_of(event)
                next_event(world, case_of(event), at)
            if segment.buys:
                if n.charged >= 0:
                    buy_after_charge(world, segment, customer, at)
                if n.bought != 0:
                    break
        if n.bought != 0:  # what was bought or ordered may have days of its own before `day`
            continue
        if not goes_on:
            break
        _begin_day(world, segment, customer, day, minute)
    return k


@part
def key_of_arrival(world: World, k: int, last_case: int) -> int:
    """Key of the next case of the script, which comes after events of older cases."""
    return queue_key(world.script[k].created, 1, world.n.cases) if k < last_case else FAR


@part
def next_day(world: World) -> int:
    """Next day on which something happens to an entitlement, or NEVER."""
    n = world.n
    day = int64(NEVER)
    for slot in range(n.open_bookings):
        day = min(day, world.agenda[slot].day)
    for e in range(n.first_open, n.entitlements):
        state = world.entitlements[e].state
        if state == State.ACTIVE:
            day = min(day, world.entitlements[e].end_date + 1)
        elif state == State.WAITING:
            day = min(day, world.entitlements[e].start_date)
    return day


@rare_part
def _begin_day(world: World, segment: Any, customer: Customer, day: int, minute: int) -> None:
    """Steps 1 to 4 of the day."""
    n = world.n
    change_states(world, segment, customer, day, minute)
    while n.full == 0:
        slot = take(world, day)
        if slot < 0:
            break
        _do(world, segment, customer, slot, day, minute)
    pass_over_ended(world)
    if world.run.decides:
        keep_default(world)
        if segment.demand_ends >= 0:
            end_demand(world, segment, customer, day)
    list_active(world)


@part
def change_states(
    world: World, segment: Any, customer: Customer, day: int, minute: int
) -> None:  # fmt: skip
    """Let end what was last covered yesterday, then begin what waits for today (steps 1 to 3)."""
    n = world.n
    for e in range(n.first_open, n.entitlements):
        if _changes_to(world, e, day, State.EXPIRED):
            if world.entitlements[e].has_blocks != 0:
                close_for_good(world, e, minute)
            if world.run.decides:
                decide(world, segment, customer, e, day)
            move(world, e, day, State.EXPIRED, Trigger.EXPIRED)
            end(world, e, day, EndedBy.EXPIRY)
    for e in range(n.first_open, n.entitlements):
        if _changes_to(world, e, day, State.ACTIVE):
            move(world, e, day, State.ACTIVE, Trigger.STARTED)


@part
def pass_over_ended(world: World) -> None:
    """Leave out the entitlements before the first one that has not ended: they stay as they are."""
    n = world.n
    while n.first_open < n.entitlements:
        state = world.entitlements[n.first_open].state
        if state != State.EXPIRED and state != State.CANCELLED:
            break
        n.first_open += 1


@part
def _changes_to(world: World, e: int, day: int, state: int) -> bool:
    """Whether the state job brings an entitlement into another state today (rules L3, L6)."""
    entitlement = world.entitlements[e]
    if entitlement.state == state:
        return False
    after = state_by_date(entitlement.state, day, entitlement.start_date, entitlement.end_date)
    return after == state and after != entitlement.state


@part
def _do(world: World, segment: Any, customer: Customer, slot: int, day: int, minute: int) -> None:
    """Do one booked action."""
    booking = world.agenda[slot]
    action = booking.action
    e = booking.entitlement
    template_id = booking.template
    if action == Action.DECIDE or action == Action.GIVE_NOTICE:
        if world.run.decides:
            decide_as_booked(world, segment, customer, e, day, action == Action.GIVE_NOTICE)
    elif action == Action.SELL:
        term = sold_term(world, booking.line, booking.account, template_id, booking.start)
        sold = create(world, template_id, booking.line, day, minute, term)
        if sold >= 0:
            rank_sale(world, segment, sold, day)
            give_to_account(world, sold, booking.account)
            agree_price(world, customer, sold)
            put_to_work(world, segment, customer, sold, day, False)
    elif action == Action.BUY_MORE:
        deliver(world, segment, customer, e, minute)
    elif action == Action.RENEW_AND_SELL:
        gap = leaves_gap(world, segment, e, booking.returns == 1)
        into = next_template(world, segment, e, day)
        term = renewed_term(world, e, into, day, gap)
        renewed = renew(world, e, into, day, minute, term)
        if renewed >= 0:
            agree_price(world, customer, renewed)
            put_to_work(world, segment, customer, renewed, day, False)
    elif action == Action.CLOSE_PERIOD:
        close_period(world, e, minute)
    elif action == Action.LAPSE:
        lapse_top_up(world, e, booking.balance, minute)
    elif action == Action.ACTIVATE:
        activate(world, e, day, minute)
    elif action == Action.AMEND:
        amend(world, e, day, minute, booking.total, booking.days_in_draft)
    elif action == Action.CANCEL:
        cancel(world, e, day, minute)
    elif action == Action.REVISE:
        revise(world, e, day, minute)
