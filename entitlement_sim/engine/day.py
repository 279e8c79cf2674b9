"""The order of the day, and the life of one customer by it.

1. The day before closes: customers of what ended decide about renewal.
2. Entitlements whose last day was yesterday expire.
3. Waiting ones whose first day is today become active.
4. What is booked for today happens: sales and renewals, activations of forgotten drafts,
   amendments, cancellations; then a customer without an active default gets one.
5. Case events happen in time order; of one minute, what gives terms back before what takes some,
   then by case.

Only days on which something happens to an entitlement are looked at; between them only cases move.
"""

import numpy as np

from ..population.compiling import part, rare_part
from ..population.customers import NEVER
from ..population.days import DAY
from ..rules.codes import State
from ..rules.lifecycle import state_by_date
from .cases import close_books, next_event, open_case, pop, queue_key
from .columns import (
    ACTIVE,
    BOOKED,
    BOOKINGS,
    CASES,
    DEFAULT,
    ENTITLEMENTS,
    FIRST,
    FULL,
    QUEUED,
)
from .contracts import (
    ACTIVATE,
    AMEND,
    CANCEL,
    CREATE,
    DEACTIVATE,
    DECIDE,
    EDIT,
    RENEW,
    RENEW_AND_SELL,
    SELL,
    SET_DEFAULT,
    activate,
    amend,
    cancel,
    create,
    deactivate,
    decide,
    edit_total,
    end,
    keep_default,
    move,
    next_template,
    put_to_work,
    renew,
    set_default,
    take,
    term_end,
)
from .rulebook import BY_EXPIRY, EXPIRED, STARTED

_FAR = np.int64(2**62)


@part
def begin(n):
    """Turn to the next customer."""
    n[BOOKED] = 0
    n[BOOKINGS] = 0
    n[QUEUED] = 0
    n[FIRST] = n[ENTITLEMENTS]
    n[DEFAULT] = -1
    n[ACTIVE] = 0


@part
def live(
    plan, segment, customer, number, days, templates, rows, lists, shares, script, events, count,
    entitlements, channels, transitions, cases, reactivations, ledger, agenda, active, queue, n,
):  # fmt: skip
    """Live through a customer's days: `count` cases of its script, and what its agenda holds."""
    first_case = n[CASES]
    k = np.int64(0)
    while n[FULL] == 0:
        day = _next_day(entitlements, agenda, n)
        in_run = day < plan.stop
        limit = days[day - plan.start].flips if in_run else plan.stop * DAY
        stop_key = queue_key(limit, 0, 0)
        created = queue_key(script[k].created, 1, n[CASES]) if k < count else _FAR
        while n[FULL] == 0:  # case events until the day's states come into force
            queued = queue[0] if n[QUEUED] > 0 else _FAR
            if created < queued:
                if created >= stop_key:
                    break
                open_case(
                    plan, segment, number, days, templates, lists, script, events, entitlements,
                    channels, cases, ledger, active, queue, n, k,
                )  # fmt: skip
                k += 1
                created = queue_key(script[k].created, 1, n[CASES]) if k < count else _FAR
            else:
                if queued >= stop_key:
                    break
                pop(queue, n)
                c = queued & ((1 << 34) - 1)
                next_event(
                    plan, events, entitlements, channels, cases, reactivations, ledger, queue, n, c,
                    queued >> 35,
                )  # fmt: skip
        if not in_run:
            break
        _begin_day(
            plan, segment, customer, number, day, limit, templates, rows, shares, entitlements,
            channels, transitions, ledger, agenda, active, n,
        )  # fmt: skip
    close_books(plan, cases, first_case, n[CASES])


@part
def _next_day(entitlements, agenda, n):
    """Next day on which something happens to an entitlement, or NEVER."""
    day = np.int64(NEVER)
    for slot in range(n[BOOKED]):
        day = min(day, agenda[slot].day)
    for e in range(n[FIRST], n[ENTITLEMENTS]):
        state = entitlements[e].state
        if state == State.ACTIVE:
            day = min(day, entitlements[e].end_date + 1)
        elif state == State.WAITING:
            day = min(day, entitlements[e].start_date)
    return day


@rare_part
def _begin_day(
    plan, segment, customer, number, day, minute, templates, rows, shares, entitlements, channels,
    transitions, ledger, agenda, active, n,
):  # fmt: skip
    """Steps 1 to 4 of the day."""
    for e in range(n[FIRST], n[ENTITLEMENTS]):
        state = entitlements[e].state
        start = entitlements[e].start_date
        last = entitlements[e].end_date
        if state_by_date(state, day, start, last) == State.EXPIRED and state != State.EXPIRED:
            if plan.decides:
                decide(plan, segment, rows, entitlements, agenda, n, customer, e, day)
            move(entitlements, transitions, n, e, day, State.EXPIRED, EXPIRED)
            end(entitlements, e, day, BY_EXPIRY)
    for e in range(n[FIRST], n[ENTITLEMENTS]):
        state = entitlements[e].state
        start = entitlements[e].start_date
        last = entitlements[e].end_date
        if state == State.WAITING and state_by_date(state, day, start, last) == State.ACTIVE:
            move(entitlements, transitions, n, e, day, State.ACTIVE, STARTED)
    while n[FULL] == 0:
        slot = take(agenda, n, day)
        if slot < 0:
            break
        _do(
            plan, segment, customer, number, day, minute, templates, rows, shares, entitlements,
            channels, transitions, ledger, agenda, n, agenda[slot].action, agenda[slot].what,
            agenda[slot].value, agenda[slot].start, agenda[slot].end,
        )  # fmt: skip
    if plan.decides:
        keep_default(templates, entitlements, n)
    count = 0
    for e in range(n[FIRST], n[ENTITLEMENTS]):
        if entitlements[e].state == State.ACTIVE:
            if count == active.shape[0]:
                n[FULL] = 1
                break
            active[count] = e
            count += 1
    n[ACTIVE] = count


@rare_part
def _do(
    plan, segment, customer, number, day, minute, templates, rows, shares, entitlements, channels,
    transitions, ledger, agenda, n, action, what, value, start, last,
):  # fmt: skip
    """Do one booked action; `what` is an entitlement by its place in the block, or what is sold."""
    if action == DECIDE:
        if plan.decides:
            decide(plan, segment, rows, entitlements, agenda, n, customer, what, day)
    elif action == SELL:
        # what: template, value: line
        e = create(
            templates, entitlements, channels, transitions, ledger, n, day, minute, number, what,
            start, term_end(templates[what], start), value, -1, False,
        )  # fmt: skip
        if e >= 0:
            put_to_work(
                plan, segment, shares, entitlements, transitions, agenda, n, customer, e, day
            )
    elif action == RENEW_AND_SELL:
        into = next_template(segment, templates, entitlements, what)
        contiguous = segment.contiguous and value == 0  # who returns begins anew
        e = renew(
            plan, templates, entitlements, channels, transitions, ledger, n, what, day, minute,
            into, contiguous,
        )  # fmt: skip
        if e >= 0:
            put_to_work(
                plan, segment, shares, entitlements, transitions, agenda, n, customer, e, day
            )
    elif action == ACTIVATE:
        activate(entitlements, transitions, agenda, n, what, day)
    elif action == AMEND:
        amend(
            entitlements, channels, transitions, ledger, agenda, n, what, day, minute, value, start
        )
    elif action == CANCEL:
        cancel(entitlements, transitions, agenda, n, what, day)
    elif action == CREATE:
        create(
            templates, entitlements, channels, transitions, ledger, n, day, minute, number, what,
            start, last, 0, -1, False,
        )  # fmt: skip
    elif action == RENEW:
        into = entitlements[what].template_id
        renew(
            plan, templates, entitlements, channels, transitions, ledger, n, what, day, minute,
            into, False,
        )  # fmt: skip
    elif action == DEACTIVATE:
        deactivate(entitlements, transitions, n, what, day)
    elif action == EDIT:
        edit_total(entitlements, channels, ledger, n, what, minute, value)
    elif action == SET_DEFAULT:
        set_default(entitlements, n, what)
