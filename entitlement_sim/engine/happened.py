"""The life of customers by a history: what is given happens at its time, by the rules.

The order of the day is that of ``day.py``: states change and what is booked for the day happens
when the day comes into force; what has a minute happens then, before the cases of that minute.
"""

from typing import Any

from ..compiling import int64, part, rare_part
from ..population.calendar_days import DAY
from ..population.customers import Customer
from ..rules.cases import (
    may_take,
    refuse_cancel_case,
    refuse_locked,
    refuse_reactivate_case,
    refuse_resolve,
)
from ..rules.lifecycle import refuse_delete
from ..rules.renewal import refuse_renew, renewed_end
from ..rules.words import Action, CaseMove, Outcome, Reason, Refusal, RuleId
from .agenda import take
from .allowances import close_period
from .balances import channel_of, post, post_channel
from .cases import cancel as cancel_case
from .cases import close_cases, mark, minutes_to_bill, open_case, reactivate, resolve
from .contracts import (
    Term,
    activate,
    allot,
    cancel,
    deactivate,
    edit_total,
    give_to_account,
    leave_renewed,
    list_active,
    new_record,
    product_term,
    renew,
    set_default,
)
from .custom import keep_default
from .day import change_states, key_of_arrival, next_day, pass_over_ended
from .given import Given, turn_to
from .history_columns import NO_MONTHS
from .paying import payer
from .queue import FAR, case_of, first_key, minute_of, pop, push, queue_key
from .saves import delete_case, merge, save
from .tables import NO_TIME
from .topups import TopUp, lapse_top_up, top_up
from .world import World

#: A place that no entitlement of a unit has: it is not there yet, or no more.
_NOWHERE = 2**40


@rare_part
def begin_unit(world: World, given: Given, unit: Any) -> None:
    """Forget whatever was noted of a unit."""
    for place in range(unit.first_member, unit.first_member + unit.members):
        person = given.people[given.members[place]]
        person.default_entitlement = -1
        person.owned = 0
    for b in range(unit.first_of_day, unit.first_of_day + unit.of_day):
        _forget(given.entitlements[given.of_day[b].entitlement])
    for b in range(unit.first_timed, unit.first_timed + unit.timed):
        _forget(given.entitlements[given.timed[b].entitlement])
    for k in range(unit.first_case, unit.first_case + unit.cases):
        given.case_ids[world.script[k].row] = -1
    given.first[0].script = unit.first_case
    given.first[0].case = world.n.cases


@part
def _forget(entitlement: Any) -> None:
    entitlement.number = -1
    entitlement.place = -1


@part
def live_by_history(world: World, given: Given, segments: Any, unit: Any) -> None:
    """Live through the days of a unit."""
    n = world.n
    run = world.run
    first = n.cases
    nobody = Customer(int64(0), int64(0), 0.0, 0.0, int64(0))
    k = int64(unit.first_case)
    last_case = k + unit.cases
    b = int64(unit.first_of_day)
    last_of_day = b + unit.of_day
    t = int64(unit.first_timed)
    last_timed = t + unit.timed
    while n.full == 0:
        day = next_day(world)
        if b < last_of_day:
            day = min(day, given.of_day[b].day)
        minute = world.days[day - run.start].flips if day < run.stop else run.stop * DAY
        timed_at = given.timed[t].at if t < last_timed else FAR
        is_timed = timed_at < minute
        k = _cases_before(world, given, segments, k, last_case, timed_at if is_timed else minute)
        if is_timed:
            _do(world, given, given.timed[t], given.timed[t].day, timed_at)
            t += 1
        elif day >= run.stop:
            break
        else:
            change_states(world, segments[0], nobody, day, minute)
            _close_periods(world, day, minute)
            while b < last_of_day and given.of_day[b].day == day and n.full == 0:
                _do(world, given, given.of_day[b], day, minute)
                b += 1
        _forget_habits(world)
        pass_over_ended(world)
        _keep_defaults(world, given, unit)
        list_active(world)
    close_cases(world, first)


@rare_part
def _keep_defaults(world: World, given: Given, unit: Any) -> None:
    """Let customers whose default has ended have another one, where that is their habit."""
    for place in range(unit.first_member, unit.first_member + unit.members):
        customer = given.members[place]
        if given.people[customer].keeps_default:
            turn_to(world, given, customer)
            keep_default(world)


# ---------------------------------------------------------------------------------- entitlements


@part
def _close_periods(world: World, day: int, minute: int) -> None:
    """Close the periods of allowances, and let top-ups lapse, whose last day was yesterday."""
    while world.n.full == 0:
        slot = take(world, day)
        if slot < 0:
            break
        if world.agenda[slot].action == Action.CLOSE_PERIOD:
            close_period(world, int64(world.agenda[slot].entitlement), minute)
        elif world.agenda[slot].action == Action.LAPSE:
            lapsing = int64(world.agenda[slot].balance)
            lapse_top_up(world, int64(world.agenda[slot].entitlement), lapsing, minute)


@part
def _forget_habits(world: World) -> None:
    """Forget what customers would do by habit: in a history, only what is given happens."""
    n = world.n
    kept = int64(0)
    for slot in range(n.open_bookings):
        action = world.agenda[slot].action
        if action == Action.CLOSE_PERIOD or action == Action.LAPSE:
            world.agenda[kept] = world.agenda[slot]
            kept += 1
    n.open_bookings = kept


@rare_part
def _do(world: World, given: Given, booking: Any, day: int, minute: int) -> None:
    """Do what is booked with an entitlement; of one that is not there, nothing."""
    entitlement = given.entitlements[booking.entitlement]
    turn_to(world, given, entitlement.customer)
    action = booking.action
    e = int64(entitlement.place)
    if action == Action.CREATE:
        _create(world, given, booking.entitlement, day, minute)
    elif action == Action.RENEW:
        _renew(world, given, booking.entitlement, day, minute)
    elif e < 0:
        return
    elif action == Action.ACTIVATE:
        activate(world, e, day, minute)
    elif action == Action.DEACTIVATE:
        deactivate(world, e, day)
    elif action == Action.EDIT:
        edit_total(world, e, minute, booking.amount)
    elif action == Action.CANCEL:
        cancel(world, e, day, minute)
    elif action == Action.SET_DEFAULT:
        set_default(world, e)
    elif action == Action.TOP_UP:
        priority, price = int64(booking.priority), int64(booking.price)
        added = TopUp(int64(booking.amount), int64(booking.ends), priority, price)
        top_up(world, e, day, minute, added)
    elif action == Action.DELETE:
        _delete(world, given, booking.entitlement)
    elif action == Action.CORRECT:
        _write_balance(world, e, booking, minute, Reason.CORRECT)
    else:
        _write_balance(world, e, booking, minute, Reason.BROUGHT_FORWARD)


@part
def _place(given: Given, row: int) -> int:
    """Place of an entitlement by its row, or -1."""
    return int64(given.entitlements[row].place) if row >= 0 else int64(-1)


@rare_part
def _create(world: World, given: Given, row: int, day: int, minute: int) -> None:
    """Make a draft as it is given; one that renews another begins as renewals do (rule L10)."""
    contract = given.entitlements[row]
    days = contract.end - contract.start + 1
    anchor = int64(contract.anchor if contract.anchor != NO_MONTHS else NO_TIME)
    term = Term(int64(contract.start), int64(contract.end), int64(days), anchor, int64(0))
    if contract.anchor == NO_TIME:  # nobody says from when its months count, or that none do
        term = product_term(world.templates[contract.terms], contract.start, contract.end)
    e = new_record(world, contract.terms, day, term)
    if e < 0:
        return
    contract.number = e
    contract.place = e
    entitlement = world.entitlements[e]
    entitlement.predecessor_id = -1
    entitlement.renewal_number = 0
    entitlement.line = 0
    entitlement.rank = 0
    give_to_account(world, e, int64(contract.account))
    old = _place(given, contract.predecessor)
    if old < 0:
        allot(world, e, int64(-1), minute, term)
        return
    entitlement.predecessor_id = old
    entitlement.renewal_number = world.entitlements[old].renewal_number + 1
    renews = refuse_renew(world.entitlements[old].state) == Refusal.NONE
    before = world.templates[world.entitlements[old].template_id]
    is_same = world.templates[contract.terms].number == before.number
    allot(world, e, old if renews and is_same else int64(-1), minute, term)
    if renews:
        leave_renewed(world, old, day)


@rare_part
def _renew(world: World, given: Given, row: int, day: int, minute: int) -> None:
    """Let the product renew an entitlement (rules L9, L10)."""
    e = _place(given, given.entitlements[row].predecessor)
    if e >= 0:
        old = world.entitlements[e]
        last = renewed_end(day, old.start_date, old.end_date)
        term = product_term(world.templates[old.template_id], day, last)
        renewed = renew(world, e, old.template_id, day, minute, term)
        given.entitlements[row].number = renewed
        given.entitlements[row].place = renewed


@rare_part
def _delete(world: World, given: Given, row: int) -> None:
    """Delete an entitlement; its cases stay, without it (rule L7). Its row tells what it was."""
    n = world.n
    e = int64(given.entitlements[row].place)
    if refuse_delete(world.entitlements[e].state) != Refusal.NONE:
        return
    for c in range(given.first[0].case, n.cases):
        case = world.cases[c]
        if payer(world, c) == e:
            case.takings = 0
        if case.entitlement_id == e:
            case.entitlement_id = -1
            case.outcome = Outcome.UNCOVERED.value
    given.entitlements[row].place = -1
    world.entitlements[e].is_deleted = 1
    world.entitlements[e].has_closed = 1  # no period of it comes any more
    n.owned -= 1
    if n.default_entitlement == e:
        n.default_entitlement = -1


@rare_part
def _write_balance(world: World, e: int, booking: Any, minute: int, reason: int) -> None:
    """Write the balance of the whole or of a channel, and say why in the ledger."""
    whole = int64(world.entitlements[e].base_balance)
    b = whole if booking.origin < 0 else channel_of(world, e, booking.origin)
    if b < 0:
        return
    amount = booking.amount - world.balances[b].remaining_terms
    if amount == 0 and reason == Reason.CORRECT:
        return
    if b == whole:
        post(world, b, int64(-1), minute, amount, reason, RuleId.T8, int64(-1))
    else:
        post_channel(world, b, minute, amount, reason, RuleId.T8)


# ----------------------------------------------------------------------------------------- cases


@part
def _cases_before(
    world: World, given: Given, segments: Any, k: int, last_case: int, minute: int
) -> int:
    """Let what happens to cases before a minute happen; return the first case that comes later."""
    n = world.n
    until = queue_key(minute, 0, 0)
    arrival = key_of_arrival(world, k, last_case)
    while n.full == 0:
        event = first_key(world)
        if arrival < event:
            if arrival >= until:
                break
            _open(world, given, segments, k)
            k += 1
            arrival = key_of_arrival(world, k, last_case)
        else:
            if event >= until:
                break
            pop(world)
            _next_event(world, given, case_of(event), minute_of(event))
    return k


@rare_part
def _open(world: World, given: Given, segments: Any, k: int) -> None:
    """Create a case, with the entitlement that is asked for or that its customer picks."""
    n = world.n
    script = world.script[k]
    turn_to(world, given, script.customer)
    script.wants = script.asked
    if script.asked >= 0:
        place = _place(given, script.asked)
        script.wants = place - n.first_entitlement if place >= 0 else _NOWHERE
    given.case_ids[script.row] = n.cases_out + n.cases
    nobody = Customer(int64(0), int64(0), 0.0, 0.0, int64(0))
    c = open_case(world, segments[given.people[script.customer].segment], nobody, k)
    if c >= 0:
        _queue_next(world, c)


@part
def _queue_next(world: World, c: int) -> None:
    """Queue the next event of a case, if it has one within the run."""
    case = world.cases[c]
    if case.next_event < case.last_event:
        event = world.events[case.next_event]
        if event.at < world.run.stop * DAY:
            takes = int64(1 if may_take(event.move, case.state, event.may_attach) else 0)
            push(world, queue_key(event.at, takes, int64(c)))


@rare_part
def _next_event(world: World, given: Given, c: int, minute: int) -> None:
    """Do what the next event of a case says, unless the rules refuse it; queue the one after it."""
    case = world.cases[c]
    event = world.events[case.next_event]
    case.next_event += 1
    state = int64(case.state)
    move = event.move
    locked = world.run.resolved_cases_locked
    if move == CaseMove.RESOLVE:
        if refuse_resolve(state, 0, False, locked) == Refusal.NONE:
            case.worked += event.minutes
            minutes = int64(event.billed)
            resolve(world, c, minute, minutes if minutes >= 0 else minutes_to_bill(world, c))
    elif move == CaseMove.CANCEL:
        if refuse_cancel_case(state, 0) == Refusal.NONE:
            cancel_case(world, c, minute)
    elif move == CaseMove.REACTIVATE:
        if refuse_reactivate_case(state) == Refusal.NONE:
            reactivate(world, c, minute)
    elif move == CaseMove.WORK:
        if refuse_locked(state, locked) == Refusal.NONE:
            case.worked += event.minutes
    elif move == CaseMove.SAVE:
        save(world, given, c, minute, given.saves[event.save])
    elif move == CaseMove.MERGE:
        merge(world, given, c, event.save, minute)
    elif move == CaseMove.DELETE:
        delete_case(world, c, minute)
    else:
        mark(world, c, minute, move == CaseMove.OPT_IN)
    _queue_next(world, c)
