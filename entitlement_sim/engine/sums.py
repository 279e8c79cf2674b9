"""Sums without rows: what a portfolio comes to, added up while it is lived through.

One kernel draws a customer once and lets it live through one offering after the other, in records
that stay in the processor's caches; what the rows would say is added up by template and month, and
the records are used again. The sums equal those of the views over a stored run of the same seed.

Sums are whole numbers: hundredths of a term or of money, days, cases, entitlements. A metric that
is a mean of ratios, a quantile, a curve or a difference between two days of one customer is no sum
of these, and is asked of a stored run: :data:`NO_SUMS` says which and why.
"""

from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..compiling import int64, kernel, part, rare_part, record_type
from ..population.arrivals import Script
from ..population.calendar_days import DAY
from ..population.customers import NEVER, draw_customer
from ..population.plan import Plan
from ..rules.allotment import minutes_when_none_given
from ..rules.words import (
    Allocation,
    BalanceKind,
    EndedBy,
    Origin,
    Outcome,
    Reason,
    RuleId,
    State,
)
from .blocks import (
    PAST,
    RUN,
    Offering,
    Piece,
    close_run,
    days_of_joining,
    draw_arrivals,
    first_stage,
    live_through_stage,
    rooms_for,
)
from .buffers import Buffers
from .horizon import likely_horizon, writes_beyond
from .pricing import TOO_LARGE, half_up, price_blocks
from .publication import touches_run
from .tables import NO_AMOUNT, NO_TIME
from .world import Buffer, Mark, Space, World, go_back, turn_to_next_customer, world_of


class Measure(IntEnum):
    """What is added up, by template and month. The comment says in which month it counts."""

    SOLD = 0  # entitlements first activated: that day
    BOOKINGS = 1  # their price: that day; that of a top-up: when it is bought, or that day if later
    ALLOTTED = 2  # terms put in: the day of the movement
    USED = 3  # terms taken less terms given back: the day of the movement
    ARRIVALS = 4  # cases that asked: covered, or refused first; the day they came
    COVERED = 5  # cases covered: the day they came
    BLOCKED = 6  # cases refused for want of terms, by whom they asked first: the day they came
    BLOCKED_TURNED_AWAY = 7  # of these, not worked
    UNCOVERED = 8  # cases worked without an entitlement, under no template: the day they came
    TURNED_AWAY = 9  # cases not worked, under no template: the day they came
    COVERED_DAYS = 10  # days that closed Active: the day
    DRY_DAYS = 11  # of these, with a balance of 0 or less
    ENDED = 12  # that came to their end with a number of terms: the effective end; of what has
    # several balances, such as the grants of an allowance, each of these: its own end
    ENDED_ALLOTMENT = 13  # what was allotted to them
    BREAKAGE = 14  # what they left unused
    BREAKAGE_VALUE = 15  # the same at price / allotment, each rounded
    CANCELLED = 16  # that were cancelled, with a number of terms: the effective end
    CANCELLED_ALLOTMENT = 17
    CANCELLED_BREAKAGE = 18
    CANCELLED_BREAKAGE_VALUE = 19
    ENDS = 20  # with this end date, not cancelled: the end date, be it after the run
    ENDS_VALUE = 21  # their annual value, each rounded
    DUE = 22  # that covered a day and whose last one is over, not cancelled: the end date
    DUE_MATURE = 23  # of these, with the grace over
    RENEWED = 24  # of the mature ones, renewed within the grace
    ON_TIME = 25  # of these, begun the day after at the latest, booked and activated by then
    WIN_BACKS = 26  # of the mature ones, renewed after the grace
    IN_PORTFOLIO = 27  # that ever covered and hold a number of terms, at the close: the last month
    CLOSING_USED = 28  # what these have used
    CLOSING_ALLOTMENT = 29  # what is allotted to them
    OVER = 30  # of these, that used more than was allotted
    OVER_UNITS = 31  # by how much
    OVER_VALUE = 32  # the same at price / allotment, each rounded
    OVERAGE_VALUE = 33  # billed for use beyond all terms: the close of its period
    STRAIGHT_LINE = 34  # prices, of top-ups too, that became revenue in the run, evenly over their
    # days and less what is refunded, rounded at each close: the month of the day
    MINUTES = 35  # worked, by who covered the case or under no template: the day it came
    WORKED_PHONE = 36  # cases worked, likewise, by origin, in the order of Origin
    WORKED_EMAIL = 37
    WORKED_WEB = 38
    WORKED_FACEBOOK = 39
    WORKED_TWITTER = 40
    WORKED_IOT = 41
    ASKED_WHAT_IS_SOLD = 42  # of the arrivals, those that asked a restricting entitlement, and not
    # for what it never sold: the day they came
    USED_UP = 43  # of these, refused: its terms were used up


#: The measure of the cases worked that came by each origin.
WORKED_BY_ORIGIN: Final = {
    origin.label: Measure(Measure.WORKED_PHONE + origin) for origin in Origin
}

#: Metrics that are no sums, and why.
NO_SUMS: Final = {
    "mean and value-weighted utilisation": "means of ratios of single entitlements",
    "pacing index": "a ratio of single entitlements",
    "consumption rate": "looks back over a window of days of each entitlement",
    "time to exhaustion": "a curve over single entitlements, some of them censored",
    "probability of exhaustion": "needs each entitlement's own history",
    "revenue by use": "hangs on a rate that is estimated from all entitlements together",
    "expiring pipeline by share left": "needs each entitlement's own balance",
    "renewal lag": "a distribution over single renewals",
    "value renewal rate": "a successor's value is shared out among those that it renews",
    "retention": "compares two days of one customer",
    "cohort survival": "follows single chains of renewals",
    "coverage gaps": "need the order of one customer's entitlements",
    "expiry wall": "a greatest value over windows of days",
    "sizing regret": "needs the demand of each entitlement",
}

#: Days after the end within which a renewal counts; as in the view ``metric_parameters``.
GRACE_DAYS: Final = 90
#: Days after the end by which a renewal must be booked to be on time; likewise.
BOOKING_DAYS: Final = 1

#: Entitlements, periods and cases of a customer that there is room for at first.
_FIRST_ROOM: Final = 256

#: No rows: a customer that is added up leaves none.
NOBODY: Final = Mark(0, 0, 0, 0, 0, 0)

#: What is known of an entitlement beyond its record.
_FACTS: Final = record_type(
    [
        ("allotted", "i8"),
        ("used", "i8"),
        ("used_by_end", "i8"),
        ("lapsed", "i8"),
        ("settled", "i8"),
        ("is_open", "i8"),  # whether its term has no end
        ("refunds", "i8"),  # whether a cancellation gives the price of the days left back
        ("overage_price", "i8"),
        ("active_since", "i8"),  # -1: not Active
        ("balance_day", "i8"),  # -1: no movement yet
        ("balance", "i8"),  # at the close of that day
        ("lag", "i8"),  # of its first successor; NEVER: none
        ("successor", "i8"),
    ]
)

#: Consecutive days at whose close an entitlement was Active.
_PERIOD: Final = record_type([("entitlement", "i8"), ("first", "i8"), ("last", "i8")])


class Offerings(NamedTuple):
    """What differs between offerings that meet the same customers with the same cases.

    Attributes
    ----------
    runs : ndarray of RUN, shape (offerings,)
    templates : ndarray of TEMPLATES, shape (offerings, templates)
    lists : ndarray of int64, shape (offerings, places)
    pasts : ndarray of int64, shape (offerings,)
        Those with the same number have the same past: it is lived through once for all of them.
    """

    runs: NDArray[Any]
    templates: NDArray[Any]
    lists: NDArray[np.int64]
    pasts: NDArray[np.int64]


class Sums(NamedTuple):
    """Sums of some customers of one segment.

    Attributes
    ----------
    by_month : ndarray of int64, shape (offerings, templates + 1, months + 1, measures)
        The last template is "none", the last month "after the run".
    by_customer : ndarray of int64, shape (offerings, customers or 0, allocations + 1, measures)
        Templates in cases, in hours and "none" apart: their terms cannot be added.
    joined : ndarray of bool, shape (offerings, customers or 0)
        Who has a row in the run.
    """

    by_month: NDArray[np.int64]
    by_customer: NDArray[np.int64]
    joined: NDArray[np.bool_]


class Workspace(NamedTuple):
    """What adding up looks up, and the records that it takes notes in.

    Attributes
    ----------
    months : ndarray of int64, shape (days,)
        Month of each day of the run, from 0.
    allocations : ndarray of int64, shape (offerings, templates + 1)
        Code of each template's allocation, and one for "none" behind them.
    facts : ndarray of _FACTS
    periods : ndarray of _PERIOD
    refusers : ndarray of int64
        Of the entitlements that refused each case of the customer for want of terms, the one that
        was made first, or -1.
    overflow : ndarray of int64, shape (1,)
        1 where a sum became too large.
    """

    months: NDArray[np.int64]
    allocations: NDArray[np.int64]
    facts: NDArray[Any]
    periods: NDArray[Any]
    refusers: NDArray[np.int64]
    overflow: NDArray[np.int64]


class KeptPast(NamedTuple):
    """How the customer at hand stands after its past, for the offerings that share it.

    Attributes
    ----------
    there, kept : tuple of ndarray of uint8
        Bytes of the records of a :class:`Space` that a life fills, and the same bytes kept: rows of
        the tables, takings, bookings, active entitlements, coming events, counts.
    sizes : ndarray of int64
        Bytes of one record of each.
    rows : ndarray of int64
        How many are kept of each.
    of : ndarray of int64, shape (2,)
        Which past it is, or -1, and the first case that comes after it.
    """

    there: tuple[NDArray[np.uint8], ...]
    kept: tuple[NDArray[np.uint8], ...]
    sizes: NDArray[np.int64]
    rows: NDArray[np.int64]
    of: NDArray[np.int64]


class Totals(NamedTuple):
    """The sums that the customer at hand adds to under one offering, and the work space for it.

    Attributes
    ----------
    by_month : ndarray of int64, shape (templates + 1, months + 1, measures)
    by_allocation : ndarray of int64, shape (1 or 0, allocations + 1, measures)
        The customer's own, where they are asked for.
    months, facts, periods, refusers, overflow : ndarray
        As in :class:`Workspace`.
    allocations : ndarray of int64, shape (templates + 1,)
    """

    by_month: NDArray[np.int64]
    by_allocation: NDArray[np.int64]
    months: NDArray[np.int64]
    allocations: NDArray[np.int64]
    facts: NDArray[Any]
    periods: NDArray[Any]
    refusers: NDArray[np.int64]
    overflow: NDArray[np.int64]


@kernel
def _add_up_piece(
    plan: Plan,
    offerings: Offerings,
    space: Space,
    sums: Sums,
    work: Workspace,
    piece: tuple[int, int, int],
    joined: NDArray[np.int64],
    past: KeptPast,
) -> None:
    """Draw some customers of a segment, let them live through each offering, and add up.

    `piece` has the segment, the first of the customers and how many they are; `joined` the days on
    which they join, where they join as a stream. Customers that are done (``counts.done``) and
    offerings that the customer at hand has lived through (``counts.offerings``) are left alone.
    Cases are drawn as far ahead as the customer is likely to write, as in a run.
    """
    n = space.counts[0]
    segment_number, first, count = piece
    segment = plan.segments[segment_number]
    script = Script(space.script, space.events, space.units)
    for place in range(n.done, count):
        joins = joined[place] if joined.size > 0 else int64(NEVER)
        customer = draw_customer(plan.run[0], segment, first + place, joins)
        if customer.joined >= plan.run[0].stop:
            n.done = place + 1
            continue
        horizon = likely_horizon(plan, segment, customer)
        drawn_until = int64(NEVER)
        arrivals = int64(0)
        offering = int64(n.offerings)
        while offering < offerings.runs.shape[0]:
            if drawn_until != horizon:
                arrivals = draw_arrivals(plan, segment, customer, script, n, horizon)
                if n.full != Buffer.NONE:
                    return
                drawn_until = int64(horizon)
                past.of[0] = -1
            world = world_of(
                plan,
                space,
                offerings.runs[offering],
                offerings.templates[offering],
                offerings.lists[offering],
            )
            go_back(n, NOBODY)
            turn_to_next_customer(world, place)
            met = Offering(world.run, world.templates, world.lists)
            number = offerings.pasts[offering]
            _live_through(plan, space, met, segment, customer, arrivals, (past, number))
            n.offerings = offering
            if n.full != Buffer.NONE:
                return
            if writes_beyond(world, horizon):
                horizon = int64(world.run.stop)
                continue
            if not add_up_under(world, sums, work, offering, place):
                return
            if sums.joined.size > 0:
                is_new = customer.joined >= world.run.window
                sums.joined[offering, place] = is_new or touches_run(world, NOBODY)
            offering += 1
            n.offerings = offering
        n.offerings = 0
        n.done = place + 1


@part
def add_up_under(world: World, sums: Sums, work: Workspace, offering: int, place: int) -> bool:
    """Add up what the customer at hand has lived under an offering; say whether there was room."""
    n = world.n
    if max(n.transitions + n.entitlements, n.cases) > work.refusers.shape[0]:
        n.full = Buffer.SUMS.value
        return False
    totals = Totals(
        sums.by_month[offering],
        sums.by_customer[offering, place : place + 1],
        work.months,
        work.allocations[offering],
        work.facts,
        work.periods,
        work.refusers,
        work.overflow,
    )
    price_blocks(world, 0)
    _add_up_life(world, totals)
    return True


@part
def _live_through(
    plan: Plan,
    space: Space,
    offering: Offering,
    segment: Any,
    customer: Any,
    arrivals: int,
    known: tuple[KeptPast, int],
) -> None:
    """Let a customer live through all of its days, and through each past once.

    `known` has the past that was lived through last, and which one the offering has.
    """
    n = space.counts[0]
    past, number = known
    case = int64(0)
    for stage in range(first_stage(plan, customer), RUN + 1):
        if stage == PAST and past.of[0] == number:
            _take_up(past)
            case = past.of[1]
        else:
            span = (stage, case, arrivals)
            case = live_through_stage(plan, space, offering, segment, customer, span)
            if stage == PAST and n.full == Buffer.NONE:
                _keep(n, past)
                past.of[0] = number
                past.of[1] = case
    close_run(plan, space, offering, int64(0))


@rare_part
def _keep(n: Any, past: KeptPast) -> None:
    """Keep how a customer stands; rows in the order of :func:`_room_for_past`."""
    past.rows[0] = n.entitlements
    past.rows[1] = n.balances
    past.rows[2] = n.transitions
    past.rows[3] = n.cases
    past.rows[4] = n.reactivations
    past.rows[5] = n.entries
    past.rows[6] = n.takings
    past.rows[7] = n.open_bookings
    past.rows[8] = n.active
    past.rows[9] = n.queued
    past.rows[10] = 1
    for table in range(len(past.there)):
        there, kept = past.there[table], past.kept[table]
        for place in range(past.rows[table] * past.sizes[table]):
            kept[place] = there[place]


@rare_part
def _take_up(past: KeptPast) -> None:
    """Let the customer at hand stand as it was kept."""
    for table in range(len(past.there)):
        there, kept = past.there[table], past.kept[table]
        for place in range(past.rows[table] * past.sizes[table]):
            there[place] = kept[place]


# ---------------------------------------------------------------------------- adding up


@part
def _add(totals: Totals, template: int, month: int, measure: int, amount: int) -> None:
    column = int64(measure)  # older Numba takes no member of an enumeration for an index
    total = totals.by_month[template, month, column] + amount
    totals.by_month[template, month, column] = total
    if total >= TOO_LARGE or total <= -TOO_LARGE:
        totals.overflow[0] = 1
    if totals.by_allocation.shape[0] > 0:
        totals.by_allocation[0, totals.allocations[template], column] += amount


@part
def _add_flow(
    world: World, totals: Totals, template: int, day: int, measure: int, amount: int
) -> None:
    """Add what happened on a day to its month; what was before the run counts nowhere."""
    if day >= world.run.window:
        _add(totals, template, _month_of(world, totals, day), measure, amount)


@part
def _month_of(world: World, totals: Totals, day: int) -> int:
    """Month of a day; days after the run have a month of their own behind all others."""
    if day >= world.run.stop:
        return int64(totals.by_month.shape[1] - 1)
    return totals.months[day - world.run.window]


@rare_part
def _add_up_life(world: World, totals: Totals) -> None:
    """Add up one customer's life under one offering."""
    n = world.n
    facts = totals.facts
    for e in range(n.entitlements):
        template = world.templates[world.entitlements[e].template_id]
        world.entitlements[e].template_id = template.number
        facts[e].is_open = 1 if template.term_open else 0
        facts[e].refunds = 1 if template.refunds else 0
        facts[e].overage_price = template.overage_price
        facts[e].lapsed = 0
        facts[e].settled = 0
        facts[e].allotted = 0
        facts[e].used = 0
        facts[e].used_by_end = 0
        facts[e].active_since = -1
        facts[e].balance_day = -1
        facts[e].balance = 0
        facts[e].lag = NEVER
        facts[e].successor = -1
    for c in range(n.cases):
        totals.refusers[c] = -1
    periods = _find_periods(world, totals)
    _add_movements(world, totals, periods)
    _add_cases(world, totals)
    _find_successors(world, totals)
    for e in range(n.entitlements):
        _add_entitlement(world, totals, e)


@rare_part
def _find_periods(world: World, totals: Totals) -> int:
    """List the periods in which entitlements covered, add their days, return how many they are."""
    count = int64(0)
    facts = totals.facts
    for row in range(world.n.transitions):
        transition = world.transitions[row]
        e = transition.entitlement_id
        since = facts[e].active_since
        if since >= 0 and transition.on_date > since:
            _note_period(world, totals, count, e, transition.on_date - 1)
            count += 1
        facts[e].active_since = -1
        if transition.to_state == State.ACTIVE:
            facts[e].active_since = transition.on_date
    for e in range(world.n.entitlements):
        if facts[e].active_since >= 0:
            _note_period(world, totals, count, e, world.run.stop - 1)
            count += 1
    return count


@rare_part
def _note_period(world: World, totals: Totals, count: int, e: int, last: int) -> None:
    period = totals.periods[count]
    period.entitlement = e
    period.first = totals.facts[e].active_since
    period.last = last
    template = world.entitlements[e].template_id
    _add_days(world, totals, template, Measure.COVERED_DAYS, period.first, period.last)


@rare_part
def _add_days(
    world: World,
    totals: Totals,
    template: int,
    measure: int,
    first: int,
    last: int,
) -> None:
    """Add days to the months in which they lie, those of the run."""
    day = max(first, world.run.window)
    while day <= last:
        month = totals.months[day - world.run.window]
        until = day
        while until < last and totals.months[until + 1 - world.run.window] == month:
            until += 1
        _add(totals, template, month, measure, until - day + 1)
        day = until + 1


@rare_part
def _add_movements(world: World, totals: Totals, periods: int) -> None:
    """Add up the ledger: terms put in and used, and covered days with nothing left."""
    facts = totals.facts
    for row in range(world.n.entries):
        entry = world.ledger[row]
        e = entry.entitlement_id
        entitlement = world.entitlements[e]
        template = entitlement.template_id
        day = entry.happened_at // DAY
        reason = entry.reason
        balance = world.balances[entry.balance_id]
        if reason == Reason.ALLOT or reason == Reason.ADJUST or reason == Reason.TOPUP:
            balance.put_in += entry.amount
            facts[e].allotted += entry.amount
            _add_flow(world, totals, template, day, Measure.ALLOTTED, entry.amount)
            if reason == Reason.TOPUP:
                _add_price_of_top_up(world, totals, int64(entry.balance_id), int64(day))
        elif reason == Reason.CONSUME or reason == Reason.RESTORE:
            balance.used -= entry.amount
            facts[e].used -= entry.amount
            if day <= _effective_end(entitlement):
                facts[e].used_by_end -= entry.amount
            _add_flow(world, totals, template, day, Measure.USED, -entry.amount)
        elif reason == Reason.EXPIRE:
            facts[e].lapsed -= entry.amount
        elif reason == Reason.OVERAGE or reason == Reason.FORGIVEN:
            facts[e].settled += entry.amount
            if reason == Reason.OVERAGE:
                _add_overage(world, totals, entry)
        elif reason == Reason.REFUSED and entry.rule == RuleId.G1:
            c = entry.case_id
            at_arrival = entry.happened_at == world.cases[c].created_at
            if at_arrival and (totals.refusers[c] < 0 or e < totals.refusers[c]):
                totals.refusers[c] = e
        if facts[e].balance_day >= 0 and day > facts[e].balance_day:
            _add_dry_days(world, totals, periods, e, day - 1)
        facts[e].balance_day = day
        facts[e].balance = entry.balance
    for e in range(world.n.entitlements):
        if facts[e].balance_day >= 0:
            _add_dry_days(world, totals, periods, e, world.run.stop - 1)


@rare_part
def _add_overage(world: World, totals: Totals, entry: Any) -> None:
    """Add what is billed for use beyond all terms, on the last day of the period that it closes."""
    template = world.entitlements[entry.entitlement_id].template_id
    price = int64(totals.facts[entry.entitlement_id].overage_price)
    day = entry.happened_at // DAY
    ends = int64(world.balances[entry.balance_id].ends)
    closed_on = ends if day == ends + 1 else day
    value = half_up(int64(entry.amount), price, int64(100))
    _add_flow(world, totals, template, closed_on, Measure.OVERAGE_VALUE, value)


@rare_part
def _add_dry_days(world: World, totals: Totals, periods: int, e: int, last: int) -> None:
    """Add the covered days since the last movement, if it left nothing."""
    entitlement = world.entitlements[e]
    if totals.facts[e].balance > 0 or _is_unlimited(entitlement):
        return
    first = totals.facts[e].balance_day
    for p in range(periods):
        period = totals.periods[p]
        if period.entitlement == e and period.first <= last and period.last >= first:
            _add_days(
                world,
                totals,
                entitlement.template_id,
                Measure.DRY_DAYS,
                max(period.first, first),
                min(period.last, last),
            )


@rare_part
def _add_cases(world: World, totals: Totals) -> None:
    """Add up the cases by the template that they asked."""
    none = int64(totals.by_month.shape[0] - 1)
    for c in range(world.n.cases):
        case = world.cases[c]
        if case.created_at < world.run.window * DAY:
            continue
        month = _month_of(world, totals, case.created_at // DAY)
        refuser = totals.refusers[c]
        covered_by = case.entitlement_id
        asked = refuser if refuser >= 0 else covered_by
        if asked >= 0:
            template = world.entitlements[asked].template_id
            _add(totals, template, month, Measure.ARRIVALS, 1)
            if refuser >= 0:
                _add(totals, template, month, Measure.BLOCKED, 1)
                if case.outcome == Outcome.TURNED_AWAY:
                    _add(totals, template, month, Measure.BLOCKED_TURNED_AWAY, 1)
            restricts = world.entitlements[asked].restrict != 0
            if restricts and (refuser < 0 or _sells(world, totals, asked, int64(case.origin))):
                _add(totals, template, month, Measure.ASKED_WHAT_IS_SOLD, 1)
                if refuser >= 0:
                    _add(totals, template, month, Measure.USED_UP, 1)
        if covered_by >= 0:
            template = world.entitlements[covered_by].template_id
            _add(totals, template, month, Measure.COVERED, 1)
        elif case.outcome == Outcome.TURNED_AWAY:
            _add(totals, none, month, Measure.TURNED_AWAY, 1)
        else:
            _add(totals, none, month, Measure.UNCOVERED, 1)
        if case.outcome != Outcome.TURNED_AWAY:
            under = none
            if covered_by >= 0:
                under = int64(world.entitlements[covered_by].template_id)
            minutes = minutes_when_none_given(
                int64(case.billed), world.run.minimal_dialog_bills_zero
            )
            _add(totals, under, month, Measure.MINUTES, int64(minutes))
            if case.origin >= 0:
                _add(totals, under, month, Measure.WORKED_PHONE + int64(case.origin), 1)


@rare_part
def _sells(world: World, totals: Totals, e: int, origin: int) -> bool:
    """Whether an entitlement ever had terms for cases of an origin, as in ``blocked_demand``."""
    entitlement = world.entitlements[e]
    if not _is_unlimited(entitlement) and totals.facts[e].allotted <= 0:
        return False
    first = int64(entitlement.first_balance)
    for channel in range(first + 1, first + 1 + entitlement.channels):
        balance = world.balances[channel]
        if balance.origin == origin and balance.total_terms == 0:
            return False
    return True


@rare_part
def _find_successors(world: World, totals: Totals) -> None:
    """Note the first successor of each entitlement that became Active or Waiting, by its lag."""
    for e in range(world.n.entitlements):
        successor = world.entitlements[e]
        old = successor.predecessor_id
        if old >= 0 and _took_effect(successor):
            renewed_on = max(successor.start_date, successor.created_on, successor.activated_on)
            lag = renewed_on - (world.entitlements[old].end_date + 1)
            if lag < totals.facts[old].lag:
                totals.facts[old].lag = lag
                totals.facts[old].successor = e


@rare_part
def _add_entitlement(world: World, totals: Totals, e: int) -> None:
    """Add up one entitlement: its sale, its end, what it left, its renewal, how it stands."""
    entitlement = world.entitlements[e]
    template = entitlement.template_id
    activated = entitlement.activated_on
    if activated == NO_TIME:
        return
    _add_flow(world, totals, template, activated, Measure.SOLD, 1)
    _add_price(world, totals, template, _price_of_contract(world, totals, e))
    if _effective_end(entitlement) < world.run.window:
        return
    covered_from = max(entitlement.start_date, activated)
    has_several = _has_several_balances(world, e)
    if has_several and covered_from <= _effective_end(entitlement):
        _add_balances(world, totals, e)
    as_of = world.run.stop - 1
    was_in_force = covered_from <= min(_effective_end(entitlement), as_of)
    if was_in_force and not _is_unlimited(entitlement):
        if _effective_end(entitlement) < as_of and not has_several:
            _add_breakage(world, totals, e)
        is_running = entitlement.state != State.DRAFT and entitlement.state != State.WAITING
        if is_running and totals.facts[e].allotted > 0:
            _add_standing(world, totals, e)
    if entitlement.ended_by != EndedBy.CANCELLATION and totals.facts[e].is_open == 0:
        month = _month_of(world, totals, entitlement.end_date)
        if covered_from <= entitlement.end_date:
            days = entitlement.end_date - entitlement.start_date + 1
            value = half_up(entitlement.price, int64(365), days)
            _add(totals, template, month, Measure.ENDS, 1)
            _add(totals, template, month, Measure.ENDS_VALUE, value)
        if was_in_force and entitlement.end_date < as_of:
            _add_due(world, totals, e)


class Billed(NamedTuple):
    """A price that is billed, with the days over which it becomes revenue.

    Attributes
    ----------
    price : int
    start, end : int
        First and last day of what it is paid for.
    billed_on : int
    closes_on : int
        Day on which what has not become revenue by then does so.
    refunded : int
        What of it is given back.
    """

    price: int
    start: int
    end: int
    billed_on: int
    closes_on: int
    refunded: int


@rare_part
def _price_of_contract(world: World, totals: Totals, e: int) -> Billed:
    """Return the price of an entitlement that was activated."""
    entitlement = world.entitlements[e]
    start, end = int64(entitlement.start_date), int64(entitlement.end_date)
    activated = int64(entitlement.activated_on)
    ends = end
    if entitlement.ended_by == EndedBy.CANCELLATION:
        ends = int64(_effective_end(entitlement)) + 1
    price = int64(entitlement.price)
    refunded = _refund_of(world, totals, e, price, start, end)
    return Billed(price, start, end, activated, max(activated, ends), refunded)


@rare_part
def _add_price_of_top_up(world: World, totals: Totals, b: int, bought_on: int) -> None:
    """Add what a top-up is sold for, unless its entitlement never was activated.

    It is billed with its entitlement, or when it is bought if that is later.
    """
    balance = world.balances[b]
    e = int64(balance.entitlement_id)
    entitlement = world.entitlements[e]
    activated = int64(entitlement.activated_on)
    if activated == NO_TIME:
        return
    starts, ends = int64(balance.starts), int64(balance.ends)
    billed_on = max(bought_on, activated)
    closes_on = ends
    covered_to = int64(_effective_end(entitlement))
    if entitlement.ended_by == EndedBy.CANCELLATION and covered_to < ends:
        closes_on = covered_to + 1
    price = int64(balance.price)
    refunded = _refund_of(world, totals, e, price, starts, ends)
    billed = Billed(price, starts, ends, billed_on, max(billed_on, closes_on), refunded)
    _add_price(world, totals, int64(entitlement.template_id), billed)


@rare_part
def _refund_of(world: World, totals: Totals, e: int, price: int, start: int, end: int) -> int:
    """What the cancellation of an entitlement gives back of a price for some days."""
    entitlement = world.entitlements[e]
    if entitlement.ended_by != EndedBy.CANCELLATION or totals.facts[e].refunds == 0:
        return int64(0)
    covered_to = min(int64(_effective_end(entitlement)), end)
    return half_up(end - max(covered_to, start - 1), price, end - start + 1)


@rare_part
def _add_price(world: World, totals: Totals, template: int, billed: Billed) -> None:
    """Add a price to what is booked, and what of it became revenue in the run."""
    _add_flow(world, totals, template, billed.billed_on, Measure.BOOKINGS, billed.price)
    earned = _earned_by(billed, int64(world.run.window - 1))
    close = int64(world.run.stop - 1)
    if totals.by_month.shape[1] > 2:
        earned += _add_by_month(world, totals, template, billed, earned)
    last = _month_of(world, totals, close)
    _add(totals, template, last, Measure.STRAIGHT_LINE, _earned_by(billed, close) - earned)


@rare_part
def _add_by_month(world: World, totals: Totals, template: int, billed: Billed, before: int) -> int:
    """Add what became revenue by the close of each month but the last; return how much it was."""
    earned = before
    day = max(int64(world.run.window), min(billed.start, billed.billed_on))
    last_month = _month_of(world, totals, world.run.stop - 1)
    while day < min(int64(world.run.stop), billed.closes_on + 1):
        month = _month_of(world, totals, day)
        if month == last_month:
            break
        while _month_of(world, totals, day + 1) == month:
            day += 1
        by_then = _earned_by(billed, day)
        _add(totals, template, month, Measure.STRAIGHT_LINE, by_then - earned)
        earned = by_then
        day += 1
    return earned - before


@rare_part
def _earned_by(billed: Billed, close: int) -> int:
    """Price that has become revenue by the close of a day, evenly over its days."""
    if billed.closes_on <= close:
        return billed.price - billed.refunded
    if min(max(billed.start, billed.billed_on), billed.closes_on) > close:
        return int64(0)
    days = billed.end - billed.start + 1
    return half_up(min(close - billed.start + 1, days), billed.price, days)


@rare_part
def _add_breakage(world: World, totals: Totals, e: int) -> None:
    """Add what an entitlement had left at its effective end."""
    entitlement = world.entitlements[e]
    facts = totals.facts[e]
    month = _month_of(world, totals, _effective_end(entitlement))
    unused = max(facts.allotted - facts.used_by_end, 0)
    value = int64(0)
    if facts.allotted > 0:
        value = half_up(unused, entitlement.price, facts.allotted)
    is_cancelled = entitlement.ended_by == EndedBy.CANCELLATION
    left = Left(int64(1), int64(facts.allotted), int64(unused), value)
    _add_left(totals, entitlement.template_id, month, is_cancelled, left)


class Left(NamedTuple):
    """What entitlements or balances have left at their end, with what they held."""

    ended: int
    allotment: int
    unused: int
    value: int


@rare_part
def _add_left(totals: Totals, template: int, month: int, is_cancelled: bool, left: Left) -> None:
    if is_cancelled:
        _add(totals, template, month, Measure.CANCELLED, left.ended)
        _add(totals, template, month, Measure.CANCELLED_ALLOTMENT, left.allotment)
        _add(totals, template, month, Measure.CANCELLED_BREAKAGE, left.unused)
        _add(totals, template, month, Measure.CANCELLED_BREAKAGE_VALUE, left.value)
    else:
        _add(totals, template, month, Measure.ENDED, left.ended)
        _add(totals, template, month, Measure.ENDED_ALLOTMENT, left.allotment)
        _add(totals, template, month, Measure.BREAKAGE, left.unused)
        _add(totals, template, month, Measure.BREAKAGE_VALUE, left.value)


@part
def _has_several_balances(world: World, e: int) -> bool:
    """Whether an entitlement has, or may come to have, several balances for all cases."""
    entitlement = world.entitlements[e]
    if entitlement.has_blocks == 0:
        return False
    return bool(entitlement.promised_terms != NO_AMOUNT or entitlement.topped_up > 0)


@rare_part
def _add_balances(world: World, totals: Totals, e: int) -> None:
    """Add what each balance for all cases that has ended had left, at its own price."""
    entitlement = world.entitlements[e]
    b = int64(entitlement.first_balance)
    while b >= 0:
        balance = world.balances[b]
        last = min(int64(balance.ends), int64(_effective_end(entitlement)))
        is_over = world.run.window <= last < world.run.stop - 1
        if balance.kind != BalanceKind.CHANNEL and is_over:
            allotment, unused = int64(balance.total_terms), int64(balance.lapsed)
            if balance.kind == BalanceKind.WHOLE:  # it never lapses
                allotment = int64(balance.put_in)
                unused = max(allotment - balance.used, int64(0))
            value = int64(0)
            if balance.total_terms > 0:
                value = half_up(unused, balance.price, balance.total_terms)
            is_carried = balance.kind == BalanceKind.CARRIED
            allotment = int64(0) if is_carried else allotment
            ended = int64(0) if is_carried else int64(1)
            left = Left(ended, allotment, unused, value)
            is_cancelled = last < balance.ends
            month = _month_of(world, totals, last)
            _add_left(totals, entitlement.template_id, month, is_cancelled, left)
        b = int64(balance.following)


@rare_part
def _add_standing(world: World, totals: Totals, e: int) -> None:
    """Add how an entitlement stands at the close of the run: use against what it holds."""
    entitlement = world.entitlements[e]
    facts = totals.facts[e]
    template = entitlement.template_id
    last = _month_of(world, totals, world.run.stop - 1)
    _add(totals, template, last, Measure.IN_PORTFOLIO, 1)
    _add(totals, template, last, Measure.CLOSING_USED, facts.used)
    _add(totals, template, last, Measure.CLOSING_ALLOTMENT, facts.allotted)
    short = facts.used + facts.lapsed - facts.allotted - facts.settled
    over = facts.settled + max(short, int64(0))
    if over > 0:
        paid_for = facts.allotted
        if entitlement.promised_terms != NO_AMOUNT:
            paid_for = int64(entitlement.promised_terms)
        value = half_up(over, entitlement.price, paid_for)
        _add(totals, template, last, Measure.OVER, 1)
        _add(totals, template, last, Measure.OVER_UNITS, over)
        _add(totals, template, last, Measure.OVER_VALUE, value)


@rare_part
def _add_due(world: World, totals: Totals, e: int) -> None:
    """Add an entitlement that fell due, and what became of it."""
    entitlement = world.entitlements[e]
    facts = totals.facts[e]
    template = entitlement.template_id
    end = entitlement.end_date
    month = _month_of(world, totals, end)
    _add(totals, template, month, Measure.DUE, 1)
    if world.run.stop - 1 < end + GRACE_DAYS:
        return
    _add(totals, template, month, Measure.DUE_MATURE, 1)
    if facts.successor < 0:
        return
    if facts.lag > GRACE_DAYS - 1:
        _add(totals, template, month, Measure.WIN_BACKS, 1)
        return
    _add(totals, template, month, Measure.RENEWED, 1)
    successor = world.entitlements[facts.successor]
    booked_on = max(successor.created_on, successor.activated_on)
    if successor.start_date <= end + 1 and booked_on <= end + BOOKING_DAYS:
        _add(totals, template, month, Measure.ON_TIME, 1)


@part
def _effective_end(entitlement: Any) -> int:
    """Last day that an entitlement covers: the day before a cancellation, or its end date."""
    if entitlement.ended_by == EndedBy.CANCELLATION:
        return min(entitlement.end_date, entitlement.ended_on - 1)
    return entitlement.end_date


@part
def _took_effect(entitlement: Any) -> bool:
    """Whether it closed any day Active or Waiting."""
    activated = entitlement.activated_on
    return activated != NO_TIME and activated <= _effective_end(entitlement)


@part
def _is_unlimited(entitlement: Any) -> bool:
    """Whether it covers without a number of terms."""
    if entitlement.unlimited != 0:
        return True
    is_promised = entitlement.promised_terms != NO_AMOUNT
    return entitlement.total_terms == 0 and entitlement.restrict == 0 and not is_promised


# ----------------------------------------------------------------------------- from Python


def add_up(
    plan: Plan,
    offerings: Offerings,
    piece: Piece,
    *,
    customers: bool = False,
    months: bool = True,
) -> Sums:
    """Let customers of one segment live through offerings, and add up.

    Parameters
    ----------
    plan : Plan
        What is drawn: customers, cases.
    offerings : Offerings
        What they meet; see :func:`stack`.
    piece : Piece
        Which customers.
    customers : bool, default False
        Add up for each customer, too.
    months : bool, default True
        Tell the months of the run apart; else they are one, which takes less memory and time.

    Returns
    -------
    Sums
        Hundredths of a term or of money, days, cases and entitlements (see :class:`Measure`).

    Raises
    ------
    OverflowError
        A sum is :data:`TOO_LARGE`.
    """
    month_of = month_of_days(plan)
    if not months:
        month_of = np.zeros_like(month_of)
    own = piece.count if customers else 0
    sums = none_added(offerings, month_of, own, tells_who=True)

    def add(space: Space, work: Workspace) -> None:
        _add_up_piece(
            plan,
            offerings,
            space,
            sums,
            work,
            (piece.segment, piece.first, piece.count),
            days_of_joining(plan, piece),
            _room_for_past(plan, space),
        )

    add_with_room(plan, piece, offerings, month_of, add)
    return sums


def none_added(
    offerings: Offerings, month_of: NDArray[np.int64], customers: int, *, tells_who: bool
) -> Sums:
    """Return sums of offerings before anything is added up, of so many customers one by one.

    `tells_who` is whether it is said who has a row in the run, too.
    """
    count = len(offerings.templates)
    templates = int(offerings.templates["number"].max()) + 1
    return Sums(
        np.zeros((count, templates + 1, int(month_of[-1]) + 2, len(Measure)), np.int64),
        np.zeros((count, customers, len(Allocation) + 1, len(Measure)), np.int64),
        np.zeros((count, customers if tells_who else 0), np.bool_),
    )


def add_with_room(
    plan: Plan,
    piece: Piece,
    offerings: Offerings,
    month_of: NDArray[np.int64],
    add: Callable[[Space, Workspace], None],
) -> None:
    """Call `add` with more and more room, until nothing is full.

    Raises
    ------
    OverflowError
        A sum is :data:`TOO_LARGE`.
    """
    templates = int(offerings.templates["number"].max()) + 1
    none = np.full((len(offerings.templates), 1), len(Allocation))
    allocations = np.concatenate([offerings.templates["allocation"][:, :templates], none], axis=1)
    buffers = Buffers(rooms_for(plan, [Piece(piece.segment, 0, 1)]))
    room = _FIRST_ROOM
    overflow = np.zeros(1, np.int64)
    while True:
        work = Workspace(
            month_of,
            allocations,
            np.zeros(room, _FACTS),
            np.zeros(room, _PERIOD),
            np.zeros(room, np.int64),
            overflow,
        )
        add(buffers.space(), work)
        if buffers.full == Buffer.SUMS:
            room *= 2
        if not buffers.grow_what_is_full():
            break
    if overflow[0]:
        raise OverflowError


def _room_for_past(plan: Plan, space: Space) -> KeptPast:
    """Return room for how a customer stands after its past; none where there is none."""
    records = (
        space.entitlements,
        space.balances,
        space.transitions,
        space.cases,
        space.reactivations,
        space.ledger,
        space.takings,
        space.agenda,
        space.active,
        space.queue,
        space.counts,
    )
    there = tuple(each.view(np.uint8) for each in records)
    has_past = bool(plan.run["start"][0] < plan.run["turn"][0])
    return KeptPast(
        there,
        tuple(np.empty(len(each) if has_past else 0, np.uint8) for each in there),
        np.array([each.itemsize for each in records]),
        np.zeros(len(records), np.int64),
        np.full(2, -1),
    )


def stack(plans: list[Plan]) -> Offerings:
    """Return what differs between plans that meet the same customers.

    Parameters
    ----------
    plans : list of Plan
        One for each offering, with equally many templates (see :func:`meet_the_same`).

    Returns
    -------
    Offerings
        In the same order.
    """
    return stacked([(plan.run, plan.templates, plan.lists) for plan in plans])


def stacked(
    parts: Sequence[tuple[NDArray[np.void], NDArray[np.void], NDArray[np.int64]]],
) -> Offerings:
    """Return what differs between offerings, of the run, templates and lists of each one's plan."""
    lists = np.zeros((len(parts), max(len(own) for _, _, own in parts)), np.int64)
    for row, (_, _, own) in zip(lists, parts, strict=True):
        row[: len(own)] = own
    numbers: dict[bytes, int] = {}
    pasts = [
        numbers.setdefault(_past_of_offering(templates) + own.tobytes(), len(numbers))
        for _, templates, own in parts
    ]
    return Offerings(
        np.concatenate([run for run, _, _ in parts]),
        np.stack([templates for _, templates, _ in parts]),
        lists,
        np.array(pasts, np.int64),
    )


def _past_of_offering(templates: NDArray[np.void]) -> bytes:
    """Return what was sold before the turn of a run, which stands behind what is sold since.

    Whether that has changed since, or what became of it, is asked from then on alone: what is sold
    in the past has numbers of its own.
    """
    places = np.arange(len(templates))
    is_past = places > templates["number"].max()
    past = templates[is_past & ~np.isin(places, templates["revised"])]
    later = ("changed", "revised")
    # Field by field: what lies between the fields of a record is anything.
    return b"".join(past[name].tobytes() for name in past.dtype.names or () if name not in later)


def meet_the_same(plan: Plan, other: Plan) -> bool:
    """Whether two plans draw the same customers with the same cases."""
    drawn = (
        "days",
        "busy",
        "guide",
        "clock",
        "left_out",
        "distributions",
        "holds",
        "segments",
        "products",
        "incidents",
        "felt",
        "shares",
        "factors",
    )
    same = all(np.array_equal(getattr(plan, name), getattr(other, name)) for name in drawn)
    keys = ("seed", "replication", "start", "window", "stop", "turn")
    return (
        same
        and all(map(np.array_equal, plan.past, other.past))
        and len(plan.templates) == len(other.templates)
        and np.array_equal(plan.customers, other.customers)
        and all(plan.run[key] == other.run[key] for key in keys)
    )


def month_of_days(plan: Plan) -> NDArray[np.int64]:
    """Return the month of each day of a run, counted from its first one."""
    run = plan.run[0]
    days = np.arange(run["window"], run["stop"]).astype("datetime64[D]")
    months = days.astype("datetime64[M]").astype(np.int64)
    counted: NDArray[np.int64] = months - months[0]
    return counted
