"""Books that go on: customers as their history leaves them, and their days from then on, drawn.

What is known of a customer is played once, by the rules, and kept as it stands at the close of the
last day: entitlements with balances and the movements of those that have not ended, open cases,
periods that will close. Everything else that is to come is drawn, replication by replication, from
what the customer is like: cases, cancellations, renewals, sales. What has not happened by the last
day is drawn so that it does not contradict that.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..compiling import int64, kernel, part, rare_part, record_type
from ..population.arrivals import Script, draw_rest
from ..population.calendar_days import DAY
from ..population.customers import (
    NEVER,
    Customer,
    accepts_overage,
    draw_spend,
)
from ..population.distributions import gamma
from ..population.plan import Plan
from ..population.streams import JOINING, LEAVING_A, LEAVING_B, RATE, draw, unit
from ..rules.words import CaseState, EndedBy, Reason, State
from .blocks import Offering, Piece, draw_arrivals
from .cases import close_cases, queue_next
from .custom import await_renewal, book_sales_to_come, resume_term
from .day import live_until
from .given import Given, turn_to
from .happened import begin_unit, live_by_history
from .kept_lives import Records, forget, pack_tables, records_of, take_up
from .queue import push, queue_key
from .sums import (
    NOBODY,
    Offerings,
    Sums,
    Workspace,
    add_up_under,
    add_with_room,
    month_of_days,
    none_added,
)
from .tables import NO_TIME
from .world import (
    Buffer,
    Space,
    World,
    go_back,
    turn_to_next_customer,
    world_of,
)

#: What is known of an entitlement beyond its history: the place of the holding that it continues;
#: months from its anchor to the day after its end; cases that it refused and SLAs that it missed;
#: how often it has been renewed.
CARRIED = record_type(
    [("line", "i8"), ("months", "i8"), ("refused", "i8"), ("missed", "i8"), ("renewals", "i8")]
)

#: A customer of a forecast: its place in its segment, and what its rate of cases and its chance to
#: leave are drawn from, by what it has done so far.
PROSPECTS = record_type(
    [
        ("segment", "i8"),
        ("ordinal", "i8"),
        ("joined", "i8"),
        ("rate_shape", "f8"),  # 0: the rate is known
        ("per_day", "f8"),  # its mean
        ("key_share", "f8"),  # chance that it is a key account
        ("key_per_day", "f8"),  # mean rate where it is
        ("leave_alpha", "f8"),
        ("leave_beta", "f8"),
        ("writes", "?"),  # without ever having held anything
    ]
)


class Known(NamedTuple):
    """A history with what goes on by it.

    Attributes
    ----------
    given : Given
    terms, lists : ndarray
        Templates of the scenario, and behind them the terms of the history; what they list.
    carried : ndarray of CARRIED
        Of each entitlement of the history.
    """

    given: Given
    terms: NDArray[Any]
    lists: NDArray[np.int64]
    carried: NDArray[Any]


class Standing(NamedTuple):
    """Customers as they stand at the close of a day, end to end.

    Attributes
    ----------
    tables : tuple of ndarray of uint8
        Their records, as bytes (see :data:`~.kept_lives.TABLES`).
    begins : ndarray of int64, shape (customers + 1, tables)
        Where the bytes of each table begin.
    customers : ndarray of int64
        Their numbers in the history.
    """

    tables: tuple[NDArray[np.uint8], ...]
    begins: NDArray[np.int64]
    customers: NDArray[np.int64]


class Became(NamedTuple):
    """What became of the entitlements of the history in one replication.

    Attributes
    ----------
    dry_on, ended_on : ndarray of int64
        Day on which the last of its terms went, and on which it ended; NEVER: not by then.
    fate : ndarray of int64
        See :class:`Fate`.
    left : ndarray of int64
        Hundredths of a term that were left in the end.
    counts : ndarray of int64, shape (2, 2, months + 1)
        Entitlements whose last term went in a month, and renewals that began to count in it:
        each of customers of the book and of others.
    """

    dry_on: NDArray[np.int64]
    ended_on: NDArray[np.int64]
    fate: NDArray[np.int64]
    left: NDArray[np.int64]
    counts: NDArray[np.int64]


#: What is counted by month.
DRIED = 0
RENEWALS = 1

#: What became of an entitlement by the end of a forecast: it runs, was renewed, was not, or not
#: yet, or was cancelled.
RUNS = 0
RENEWED = 1
LAPSED = 2
CANCELLED = 3


class Tally(NamedTuple):
    """What is noted of a replication: sums of customers of the book and of others, and fates."""

    sums: Sums
    work: Workspace
    became: Became


# -------------------------------------------------------------------------------- standing still


@kernel
def keep_units(
    plan: Plan,
    space: Space,
    known: Known,
    records: Records,
    standing: Standing,
    kept: NDArray[np.int64],
) -> None:
    """Let the units of a history live through it, and keep how each of their customers stands.

    `kept` has how many are kept so far, and 1 more than the number of what had no room for them.
    The days of the plan end with the last one of the history; its `window` is the day after it.
    """
    world = world_of(plan, space, plan.run[0], known.terms, known.lists)
    n = world.n
    given = known.given
    for u in range(n.done, given.units.shape[0]):
        unit = given.units[u]
        life = int64(kept[0])
        for place in range(unit.first_member, unit.first_member + unit.members):
            go_back(n, NOBODY)
            turn_to_next_customer(world, given.members[unit.first_member])
            begin_unit(world, given, unit)
            live_by_history(world, given, plan.segments, unit)
            if n.full != Buffer.NONE:
                return
            turn_to(world, given, given.members[place])
            if unit.members > 1:
                _leave_others(world)
            _carry_over(world, known, unit)
            _keep_open_cases(world)
            if n.full != Buffer.NONE:
                return
            kept[1] = pack_tables(n, records, standing.tables, standing.begins, life)
            if kept[1] != 0:
                return
            standing.customers[life] = n.customer
            life += 1
        kept[0] = life
        n.done = u + 1


@rare_part
def _leave_others(world: World) -> None:
    """Leave out entitlements of others of the unit: those of the customer at hand stay."""
    n = world.n
    for e in range(n.entitlements):
        entitlement = world.entitlements[e]
        if entitlement.customer_id != n.customer:
            entitlement.state = State.EXPIRED.value
            entitlement.ended_by = EndedBy.EXPIRY.value
            entitlement.end_date = min(int64(entitlement.end_date), world.run.window - 1)
            entitlement.activated_on = NO_TIME
            entitlement.is_deleted = 1
    kept = int64(0)
    for slot in range(n.open_bookings):
        if world.entitlements[world.agenda[slot].entitlement].customer_id == n.customer:
            world.agenda[kept] = world.agenda[slot]
            kept += 1
    n.open_bookings = kept


@rare_part
def _carry_over(world: World, known: Known, unit: Any) -> None:
    """Give the entitlements of a unit what is known of them beyond their history."""
    given = known.given
    for b in range(unit.first_of_day, unit.first_of_day + unit.of_day):
        _carry(world, known, int64(given.of_day[b].entitlement))
    for b in range(unit.first_timed, unit.first_timed + unit.timed):
        _carry(world, known, int64(given.timed[b].entitlement))
    # What was brought forward had been used.
    for row in range(world.n.entries):
        if world.ledger[row].reason == Reason.BROUGHT_FORWARD:
            world.ledger[row].reason = Reason.CONSUME.value


@part
def _carry(world: World, known: Known, row: int) -> None:
    e = int64(known.given.entitlements[row].number)
    if e < 0:
        return
    carried = known.carried[row]
    entitlement = world.entitlements[e]
    entitlement.line = carried.line
    entitlement.rank = carried.line
    entitlement.refused = carried.refused
    entitlement.missed = carried.missed
    entitlement.renewal_number = carried.renewals
    if carried.months > 0:
        entitlement.months = carried.months
    entitlement.place = row


@rare_part
def _keep_open_cases(world: World) -> None:
    """Forget what says nothing of the days to come, and all cases but those that are open."""
    n = world.n
    n.queued = 0
    for c in range(n.cases):
        case = world.cases[c]
        if case.state == CaseState.ACTIVE and case.customer_id == n.customer:
            push(world, queue_key(int64(0), int64(0), int64(c)))
    if n.full != Buffer.NONE:
        return
    forget(world)
    n.queued = 0


# ------------------------------------------------------------------------------------ going on


@kernel
def go_on(
    plan: Plan,
    offerings: Offerings,
    space: Space,
    records: Records,
    standing: Standing,
    prospects: NDArray[Any],
    tally: Tally,
) -> None:
    """Let customers live through the days of a plan, which begin after those of their history.

    The first of the `prospects` are those that stand, in their order; the others have no history.
    Those that are done (``counts.done``) are left alone.
    """
    n = space.counts[0]
    known = standing.begins.shape[0] - 1
    script = Script(space.script, space.events, space.units)
    offering = Offering(offerings.runs[0], offerings.templates[0], offerings.lists[0])
    for life in range(n.done, prospects.shape[0]):
        prospect = prospects[life]
        segment = plan.segments[prospect.segment]
        customer = _met(plan, segment, prospect)
        world = world_of(plan, space, offering.run, offering.templates, offering.lists)
        go_back(n, NOBODY)
        turn_to_next_customer(world, life)
        if life < known:
            take_up(n, records, standing, life)
            n.done = life
            if n.full != Buffer.NONE:
                return
        before = int64(n.entitlements)
        n.accepts_overage = 1 if accepts_overage(world.run, segment, customer) else 0
        n.spend = draw_spend(world.run, segment, plan.distributions, customer)
        _begin(world, segment, customer, prospect)
        if n.full != Buffer.NONE:
            return
        if _has_future(world):
            arrivals = draw_arrivals(plan, segment, customer, script, n, plan.run[0].stop)
            if n.full != Buffer.NONE:
                return
            _draw_rests(plan, world, segment, customer, arrivals)
            live_until(world, segment, customer, int64(0), arrivals, int64(world.run.stop))
            close_cases(world, int64(0))
            if n.full != Buffer.NONE:
                return
            group = int64(0) if life < known else int64(1)
            if not add_up_under(world, tally.sums, tally.work, group, int64(0)):
                return
            _note(world, tally, before, group)
        n.done = life + 1


@rare_part
def _met(plan: Plan, segment: Any, prospect: Any) -> Customer:
    """Draw what a customer is like, from what is known of it."""
    run = plan.run[0]
    key, ordinal = segment.key, int64(prospect.ordinal)
    per_day = prospect.per_day
    if prospect.key_share > 0.0:
        words = draw(run, key, ordinal, JOINING, 0)
        if unit(words[2]) < prospect.key_share:
            per_day = prospect.key_per_day
    if prospect.rate_shape > 0.0:
        per_day *= gamma(run, key, ordinal, RATE, prospect.rate_shape) / prospect.rate_shape
    leaves = 0.0
    if segment.renew < 0.0:
        a = gamma(run, key, ordinal, LEAVING_A, prospect.leave_alpha)
        b = gamma(run, key, ordinal, LEAVING_B, prospect.leave_beta)
        leaves = a / (a + b) if a + b > 0.0 else 1.0
    return Customer(ordinal, int64(prospect.joined), per_day, leaves, int64(0))


@rare_part
def _begin(world: World, segment: Any, customer: Customer, prospect: Any) -> None:
    """Book what a customer has before it: of its terms, of what has ended, of what it never had."""
    n = world.n
    first = int64(world.run.window)
    for e in range(n.entitlements):
        entitlement = world.entitlements[e]
        if entitlement.is_deleted != 0:
            continue
        if entitlement.state == State.EXPIRED or entitlement.state == State.CANCELLED:
            if not _is_followed(world, e):
                await_renewal(world, segment, customer, int64(e), first)
        else:
            resume_term(world, segment, customer, int64(e), first)
    since = max(first, customer.joined)
    stop = int64(world.run.stop)
    book_sales_to_come(world, segment, customer, since, stop, bool(prospect.writes))


@rare_part
def _is_followed(world: World, e: int) -> bool:
    """Whether another entitlement renews one, or continues the same holding after it."""
    old = world.entitlements[e]
    for other in range(world.n.entitlements):
        entitlement = world.entitlements[other]
        if entitlement.predecessor_id == e:
            return True
        same = entitlement.line == old.line and entitlement.account == old.account
        if other != e and same and entitlement.start_date > old.start_date:
            return True
    return False


@rare_part
def _has_future(world: World) -> bool:
    """Whether anything can happen to a customer."""
    n = world.n
    if n.open_bookings > 0 or n.cases > 0 or n.demand_ends > world.run.window * DAY:
        return True
    for e in range(n.entitlements):
        state = world.entitlements[e].state
        if state == State.ACTIVE or state == State.WAITING:
            return True
    return False


@rare_part
def _draw_rests(
    plan: Plan, world: World, segment: Any, customer: Customer, arrivals: int
) -> None:  # fmt: skip
    """Draw how the cases that are open come to their end, behind the events of those to come."""
    n = world.n
    filled = int64(0)
    for k in range(arrivals):
        script = world.script[k]
        filled = max(filled, int64(script.first_event) + int64(script.events))
    for c in range(n.cases):
        if filled >= world.events.shape[0]:
            n.full = Buffer.EVENTS.value
            return
        case = world.cases[c]
        draw_rest(plan, segment, customer, case, world.events[filled])
        case.next_event = filled
        case.last_event = filled + 1
        filled += 1
        queue_next(world, int64(c))


@rare_part
def _note(world: World, tally: Tally, before: int, group: int) -> None:
    """Note what became of a customer's entitlements, of which `before` have a history."""
    n = world.n
    became = tally.became
    first = int64(world.run.window)
    for e in range(n.entitlements):
        world.entitlements[e].exhaustions = 0
    for row in range(n.entries):
        entry = world.ledger[row]
        day = entry.happened_at // DAY
        if day < first or entry.reason != Reason.CONSUME or entry.balance > 0:
            continue
        e = int64(entry.entitlement_id)
        entitlement = world.entitlements[e]
        if entitlement.exhaustions == 0 and entitlement.total_terms > 0:
            entitlement.exhaustions = 1
            became.counts[DRIED, group, tally.work.months[day - first]] += 1
            if e < before:
                became.dry_on[entitlement.place] = day
    for e in range(n.entitlements):
        entitlement = world.entitlements[e]
        day = max(int64(entitlement.activated_on), int64(entitlement.created_on))
        is_new = entitlement.activated_on != NO_TIME and first <= day < world.run.stop
        if entitlement.predecessor_id >= 0 and is_new:
            became.counts[RENEWALS, group, tally.work.months[day - first]] += 1
    for e in range(before):
        entitlement = world.entitlements[e]
        if entitlement.is_deleted != 0:
            continue
        row = int64(entitlement.place)
        became.left[row] = max(int64(entitlement.remaining_terms), int64(0))
        fate = int64(RUNS)
        if entitlement.state == State.EXPIRED or entitlement.state == State.CANCELLED:
            became.ended_on[row] = entitlement.ended_on
            fate = int64(LAPSED)
            if entitlement.ended_by == EndedBy.CANCELLATION:
                fate = int64(CANCELLED)
            for other in range(n.entitlements):
                if world.entitlements[other].predecessor_id == e:
                    fate = int64(RENEWED)
        became.fate[row] = fate


def none_noted(entitlements: int, months: int) -> Became:
    """Return what became of so many entitlements before anything is noted."""
    return Became(
        np.full(entitlements, NEVER, np.int64),
        np.full(entitlements, NEVER, np.int64),
        np.full(entitlements, LAPSED, np.int64),
        np.zeros(entitlements, np.int64),
        np.zeros((2, 2, months + 1), np.int64),
    )


def live_on(
    plan: Plan, offerings: Offerings, standing: Standing, prospects: NDArray[Any], entitlements: int
) -> tuple[Sums, Became]:
    """Let customers live through the days of a plan, and add up by month.

    Parameters
    ----------
    plan : Plan
        Its days follow the last one of the history.
    offerings : Offerings
        Twice the same: the templates of the plan, and behind them the terms of the history.
    standing : Standing
    prospects : ndarray of PROSPECTS
        Those that stand, in their order, and behind them others.
    entitlements : int
        How many the history has.

    Returns
    -------
    Sums
        Of the customers of the book, and of the others.
    Became

    Raises
    ------
    OverflowError
        A sum is :data:`~.pricing.TOO_LARGE`.
    """
    month_of = month_of_days(plan)
    sums = none_added(offerings, month_of, 0, tells_who=False)
    became = none_noted(entitlements, int(month_of[-1]) + 1)

    def add(space: Space, work: Workspace) -> None:
        tally = Tally(sums, work, became)
        go_on(plan, offerings, space, records_of(space), standing, prospects, tally)

    add_with_room(plan, Piece(0, 0, 1), offerings, month_of, add)
    return sums, became
