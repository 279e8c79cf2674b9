"""Cases: when a customer writes, about what, and what becomes of the case if it is worked on.

The script of a customer's cases is drawn before any rule looks at it. A script says of each case
what the customer and the desk will do; whether an entitlement pays is none of its business.
"""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..compiling import int64, part, rare_part, record_type
from ..rules.weights import SEVERITIES
from ..rules.words import BY_CUSTOM, ORIGINS, CaseMove
from .busyness import minute_at
from .calendar_days import DAY
from .customers import Customer, draw_account, draw_customer
from .days import business_deadline, later, opened_by
from .distributions import gamma, poisson, quantile, quantiles
from .plan import Plan
from .portable_math import exp, log
from .streams import (
    BURST_MARKS,
    BURST_TIMES,
    CASE_MARKS,
    CASE_PRODUCT,
    CASE_TIMES,
    FELT_BURST,
    FOLLOW_UP_MARKS,
    FOLLOW_UP_TIMES,
    FOLLOW_UPS,
    OPEN_CASE,
    PRODUCT_MIX,
    RAMP_UP,
    SEVERITY,
    Words,
    account_key,
    draw,
    draw_units,
    unit,
)

#: How often a case is reopened at most.
MOST_REOPENINGS: Final = 7

_MOST_OF_A_BURST: Final = 256

_LOW_BITS: Final = 0xFFFFFFFF

#: How often the rest of a case is drawn until it agrees with how long the case has been open.
_MOST_ATTEMPTS: Final = 64


#: One case of a script.
#:
#: created : minute
#: product : number, -1: none
#: contact : number from 0
#: account : that writes, by its number within the customer, from 1; -1 where it has none
#: origin : code
#: decrement : whether it may take terms
#: leaves : whether it goes unworked if nothing covers it
#: severity : from 1, the most severe one; 0: none
#: responded_after : minutes from creation to the first response, -1: not known
#: first_event, events : where its events begin and how many they are
#: wants : entitlement asked for, by its number within the customer; or BY_CUSTOM, NOTHING
#: busy : busyness of the run until then
#: wait, response, minutes : as drawn, before they are put on a clock: minutes to its first end and
#:     to its first response, and those worked
#: index, within, marks : what its draws are known by; the purposes of its fate follow `marks`
#: incident : which one made the customer write, -1: none
SCRIPT: Final = record_type(
    [
        ("created", "i8"),
        ("product", "i4"),
        ("contact", "i4"),
        ("account", "i4"),
        ("origin", "i4"),
        ("decrement", "i1"),
        ("leaves", "i1"),
        ("severity", "i1"),
        ("responded_after", "i4"),
        ("first_event", "i4"),
        ("events", "i4"),
        ("wants", "i4"),
        ("busy", "f8"),
        ("wait", "f8"),
        ("response", "f8"),
        ("minutes", "f8"),
        ("index", "i8"),
        ("within", "i8"),
        ("marks", "i4"),
        ("incident", "i4"),
    ]
)

#: One event of a case: when, which move, and the minutes worked since the last one.
EVENT: Final = record_type([("at", "i8"), ("move", "i4"), ("minutes", "i4")])

#: Fewest cases that are drawn at a time.
_BATCH: Final = 8

#: A minute before all cases.
_BEFORE_ALL: Final = -(2**62)

#: Answers of :func:`draw_script` where the room is too small.
SCRIPT_FULL: Final = -1
EVENTS_FULL: Final = -2


class Script(NamedTuple):
    """Room for what is drawn of one customer's cases.

    Attributes
    ----------
    cases : ndarray of SCRIPT
        The last place is for moving cases.
    events : ndarray of EVENT
    units : ndarray of float64, shape (4, cases)
        Uniform numbers.
    """

    cases: NDArray[np.void]
    events: NDArray[np.void]
    units: NDArray[np.float64]


class Drawn(NamedTuple):
    """What the draws of a case are known by, besides its index and their purpose.

    Attributes
    ----------
    key : uint64
        Of the segment, or of what its customers do in the incidents of a burst; by account.
    ordinal : int
        Of the customer.
    within : int
        Identity of the incident, part of that of a follow-up, 0 for other cases.
    """

    key: np.uint64
    ordinal: int
    within: int


def room_for_cases(cases: int) -> tuple[NDArray[np.void], NDArray[np.float64]]:
    """Return an empty script and uniform numbers, with room for so many cases."""
    return np.zeros(cases + 1, SCRIPT), np.zeros((4, cases))


def room_for_events(events: int) -> NDArray[np.void]:
    """Return room for so many events, and for those that one more case may have."""
    return np.zeros(events + 2 * MOST_REOPENINGS + 1, EVENT)


@part
def draw_script(plan: Plan, segment: Any, customer: Customer, script: Script, stop: int) -> int:
    """Draw all cases of a customer before day `stop`, and return how many they are.

    First when they come, how long they take and what they are about; then their follow-ups and the
    cases of bursts, between them; last what becomes of them. Where the room is too small, the
    answer is :data:`SCRIPT_FULL` or :data:`EVENTS_FULL`.

    Where an offering has changed a segment, cases before the first day of the run are drawn by what
    it was before, with the same draws. Then the times of all cases are drawn twice, since those
    before the first day say when the next one comes; what becomes of a case is drawn once. Where
    only the rate has changed, all else is the same, and everything is drawn once.
    """
    run = plan.run[0]
    number = segment.number
    before = plan.past.segments[number]
    is_changed = customer.joined < run.window and plan.past.changed[number]
    is_redrawn = is_changed and plan.past.redrawn[number]
    past = customer
    if is_changed:
        place = customer.ordinal - before.first_ordinal
        past = draw_customer(run, before, place, customer.joined)
        if customer.account > 0:
            past = draw_account(run, before, past, customer.account)
    filled = int64(0)
    events = int64(0)
    for part_of_life in range(0 if is_redrawn else 1, 2):
        is_past = part_of_life == 0
        drawn_by = before if is_past else segment
        if customer.account >= drawn_by.accounts:
            continue
        room = Script(script.cases[filled:], script.events[events:], script.units)
        who = past if is_past else customer
        span = (int64(_BEFORE_ALL), int64(stop))
        if is_past:
            span = (int64(_BEFORE_ALL), int64(min(stop, run.window)))
        elif is_redrawn:
            span = (int64(run.window * DAY), int64(stop))
        count = _draw_all(plan, drawn_by, who, past.per_day, room, span)
        if count < 0 or not is_redrawn:
            return count
        first = filled
        shift = events
        for drawn in range(first, first + count):
            case = script.cases[drawn]
            if (case.created < run.window * DAY) == is_past:
                case.first_event += shift
                events = int64(case.first_event + case.events)
                script.cases[filled] = case
                filled += 1
    return filled


@part
def draw_scripts(plan: Plan, segment: Any, customer: Customer, script: Script, stop: int) -> int:
    """Draw the cases of all accounts of a customer, in time order; see :func:`draw_script`.

    Of one minute, those of the account with the lower number come first.
    """
    accounts = segment.accounts
    if customer.joined < plan.run[0].window:
        accounts = max(accounts, plan.past.segments[segment.number].accounts)
    if accounts == 1:
        return draw_script(plan, segment, customer, script, stop)
    cases = script.cases
    count = int64(0)
    events = int64(0)
    for number in range(accounts):
        account = draw_account(plan.run[0], segment, customer, number)
        room = Script(cases[count:], script.events[events:], script.units)
        filled = count + draw_script(plan, segment, account, room, stop)
        if filled < count:
            return filled - count
        if 2 * filled - count > cases.shape[0] - 1:
            return int64(SCRIPT_FULL)
        before = events
        for place in range(count, filled):
            case = cases[place]
            case.first_event += before
            events = int64(max(events, case.first_event + case.events))
        _merge(cases, count, filled)
        count = filled
    return count


@part
def _draw_all(
    plan: Plan,
    segment: Any,
    customer: Customer,
    past_per_day: float,
    script: Script,
    span: tuple[int, int],
) -> int:
    """Draw the cases of a customer by one record of its segment; see :func:`draw_script`.

    `span` has the minute from which on it matters what becomes of them, and the day before which
    they come.
    """
    count = int64(0)
    since, stop = span
    if customer.per_day > 0.0 or past_per_day > 0.0:
        count = _draw_times(plan, segment, customer, past_per_day, script, stop)
        if count > 0:
            _draw_durations(segment, plan.distributions, script, count, since)
            if segment.products > 0 and not _draw_products(plan, segment, customer, script, count):
                count = int64(SCRIPT_FULL)
    if count > 0 and segment.follow_up_mean > 0.0:
        count = _draw_follow_ups(plan, segment, customer, script, count, span)
    if count >= 0 and plan.incidents.shape[0] > 0 and segment.products > 0:
        count = _draw_bursts(plan, segment, customer, script, count, stop)
    if count > 0 and not _draw_cases(plan, segment, customer, script, count, since):
        return int64(EVENTS_FULL)
    return count


@part
def _draw_times(
    plan: Plan,
    segment: Any,
    customer: Customer,
    past_per_day: float,
    script: Script,
    stop: int,
) -> int:
    """Draw when a customer's cases come, and return how many they are, or SCRIPT_FULL.

    They come as a Poisson process in the time that the calendar's busyness measures, which is below
    zero before the first day of the run: until then the rate is the past's, and what is left of a
    gap is gone on with at the run's own. It is thinned while the customer's demand ramps up.
    Uniform numbers are drawn for as many cases as are to be
    expected and then a few at a time: a simple loop over many does them several at once.
    """
    run = plan.run[0]
    days = plan.busy
    kind = segment.busyness
    key = account_key(segment.key, customer.account)
    cases = script.cases
    units = script.units
    room = min(units.shape[1], cases.shape[0] - 1)
    busy = days[kind, max(customer.joined, run.start) - run.start].busy
    last = days[kind, stop - run.start].busy
    before = past_per_day * (1.0 - plan.past.segments[segment.number].follow_up_mean)
    per_day = customer.per_day * (1.0 - segment.follow_up_mean)
    past_gap = 1.0 / before if before > 0.0 else np.inf
    gap = 1.0 / per_day if per_day > 0.0 else np.inf
    ramped_up = (customer.joined + segment.ramp_up_days) * DAY
    count = int64(0)
    index = int64(0)
    drawn = int64(0)
    expected = (last - max(busy, 0.0)) * per_day - min(busy, 0.0) * before
    batch = int64(expected) + 1
    while True:
        batch = min(max(batch, _BATCH), room - drawn)
        if batch <= 0:
            return int64(SCRIPT_FULL)
        draw_units(run, key, customer.ordinal, CASE_TIMES, drawn, batch, units)
        for case in range(drawn, drawn + batch):
            units[0, case] = -log(units[0, case])
        drawn += batch
        while index < drawn:
            gaps = units[0, index]
            if busy >= 0.0:
                busy += gaps * gap
            else:
                passed = min(-busy * before, gaps)
                busy = busy + gaps * past_gap if passed == gaps else (gaps - passed) * gap
            if busy >= last:
                return count
            at = minute_at(run.start, segment, days, plan.guide, plan.clock, plan.left_out, busy)
            if at >= ramped_up or _comes_in_ramp_up(run, segment, customer, index, at):
                cases[count].created = at
                cases[count].busy = busy
                cases[count].index = index
                if count < index:
                    for word in range(1, 4):
                        units[word, count] = units[word, index]
                count += 1
            index += 1
        batch = int64(0)


@rare_part
def _comes_in_ramp_up(run: Any, segment: Any, customer: Customer, index: int, at: int) -> bool:
    """Whether a case comes although its customer's demand is still ramping up."""
    key = account_key(segment.key, customer.account)
    words = draw(run, key, customer.ordinal, RAMP_UP, index)
    return unit(words[0]) * segment.ramp_up_days * DAY < at - customer.joined * DAY


@part
def _draw_durations(
    segment: Any, distributions: NDArray[Any], script: Script, count: int, since: int
) -> None:
    """Draw how long a customer's cases take until the first answer and until their end.

    What becomes of those that come before the minute `since` does not matter.
    """
    cases = script.cases
    first = int64(0)
    while first < count and cases[first].created < since:
        first += 1
    units = script.units
    quantiles(distributions, segment.resolve, units[1, first:], count - first)
    quantiles(distributions, segment.minutes, units[3, first:], count - first)
    if segment.answers:
        quantiles(distributions, segment.respond, units[2, first:], count - first)
    for place in range(count):
        case = cases[place]
        case.wait = units[1, place] * 60.0
        case.response = units[2, place] * 60.0
        case.minutes = units[3, place]
        case.product = -1
        case.wants = BY_CUSTOM
        case.within = 0
        case.marks = CASE_MARKS
        case.incident = -1


@rare_part
def _draw_products(
    plan: Plan, segment: Any, customer: Customer, script: Script, count: int
) -> bool:
    """Draw what a customer's cases are about; say whether there is room.

    It is a race in which heavier products are sooner: each product has a time of its own,
    exponential with its weight, so that where another one comes, goes or weighs more, cases only
    move to it or away from it (unless customers have mixes of their own). A draw of four numbers
    serves four cases, and the loops are simple: several cases are done at once.
    """
    first = segment.first_product
    if segment.products == 1:
        for case in range(count):
            script.cases[case].product = plan.products[first].product
        return True
    units = script.units
    draws = (script.cases[count - 1].index + 4) // 4
    if 3 * draws > units.shape[1]:
        return False
    best = units[:, draws : 2 * draws]
    winners = units[:, 2 * draws : 3 * draws]
    best[:] = np.inf
    winners[:] = plan.products[first].product
    for place in range(first, first + segment.products):
        product = plan.products[place]
        weight = _own_weight(plan, segment, place, customer)
        if weight <= 0.0:
            continue
        key = account_key(product.key, customer.account)
        draw_units(plan.run[0], key, customer.ordinal, CASE_PRODUCT, 0, draws, units)
        pace = -1.0 / weight
        number = np.float64(product.product)
        for word in range(4):
            for index in range(draws):
                units[word, index] = log(units[word, index])
            for index in range(draws):
                time = units[word, index] * pace
                sooner = time < best[word, index]
                best[word, index] = time if sooner else best[word, index]
                winners[word, index] = number if sooner else winners[word, index]
    for place in range(count):
        case = script.cases[place]
        case.product = int64(winners[case.index % 4, case.index // 4])
    return True


@rare_part
def _own_weight(plan: Plan, segment: Any, place: int, customer: Customer) -> float:
    """Weight that a product has with a customer; where mixes differ, they are Dirichlet draws."""
    product = plan.products[place]
    if segment.products_spread <= 0.0 or product.share <= 0.0:
        return product.share
    shape = segment.products_spread * product.share
    key = account_key(product.key, customer.account)
    return gamma(plan.run[0], key, customer.ordinal, PRODUCT_MIX, shape)


@part
def _draw_cases(
    plan: Plan, segment: Any, customer: Customer, script: Script, count: int, since: int
) -> bool:
    """Draw everything about a customer's cases but their times; say whether there is room.

    Those that come before the minute `since` get no events.
    """
    run = plan.run[0]
    has_marks = segment.only_origin < 0 or segment.contacts > 1
    has_fate = segment.cancelled > 0.0 or segment.do_not_decrement > 0.0 or segment.turned_away > 0
    ordinal = customer.ordinal
    account = customer.account + 1 if segment.has_accounts else int64(-1)
    events = script.events
    filled = 0
    for place in range(count):
        case = script.cases[place]
        if filled + 2 * MOST_REOPENINGS + 1 > events.shape[0]:
            return False
        case.first_event = filled
        case.events = 0
        if case.created < since:
            continue
        case.origin = segment.only_origin
        case.contact = 0
        case.account = account
        key = segment.key
        if case.incident >= 0:
            key = plan.felt[segment.number, plan.incidents[case.incident].burst]
        key = account_key(key, customer.account)
        if has_marks:
            words = draw(run, key, ordinal, case.marks, case.index, case.within)
            _mark(segment, words, case)
        case.severity = 0
        if segment.has_severities:
            words = draw(run, key, ordinal, SEVERITY, case.index, case.within)
            case.severity = _severity(segment, unit(words[0]))
        cancelled = False
        case.decrement = 1
        case.leaves = 0
        if has_fate:
            purpose = case.marks + 1
            fate = draw(run, key, ordinal, purpose, case.index, case.within)
            cancelled = unit(fate[0]) < segment.cancelled
            case.decrement = 0 if unit(fate[1]) < segment.do_not_decrement else 1
            case.leaves = 1 if unit(fate[2]) < segment.turned_away else 0

        at = _ended_at(plan, segment, case, case.created, case.wait)
        case.responded_after = -1
        if segment.answers:
            case.responded_after = min(_responded_at(plan, segment, case), at) - case.created
        first_end = CaseMove.CANCEL.value if cancelled else CaseMove.RESOLVE.value
        minutes = _worked(plan, segment, case, case.minutes, case.created, at)
        _set_event(events, filled, at, first_end, minutes)
        filled += 1
        if (segment.cancelled_reactivated if cancelled else segment.reopened) > 0.0:
            filled = _draw_reopenings(
                plan, segment, Drawn(key, ordinal, case.within), events, case, filled, cancelled
            )
        case.events = filled - case.first_event
    return True


@part
def _ended_at(plan: Plan, segment: Any, case: Any, opened: int, wait: float) -> int:
    """Minute of the resolution (or cancellation) of a case `opened` or reopened at a minute."""
    wait *= _factor(plan, segment.resolve_factors, case)
    minutes = _whole_minutes(wait)
    if segment.resolve_works:
        return business_deadline(plan.run[0], plan.days, opened, minutes)
    return later(plan.run[0], plan.days, opened, minutes)


@rare_part
def draw_rest(plan: Plan, segment: Any, customer: Customer, case: Any, event: Any) -> None:
    """Draw how a case that is open when the days of a plan begin comes to its end.

    Its duration is drawn until it is longer than the case has been open; where hours are business
    hours, these are taken for their share of a week.

    Parameters
    ----------
    plan : Plan
    segment : record
    customer : Customer
    case : record
        With its number, `created_at`, `origin` and `product_id`.
    event : record of EVENT
        Is filled in.
    """
    run = plan.run[0]
    begins = run.start * DAY
    open_for = np.float64(begins - case.created_at)
    if segment.resolve_works:
        open_for *= (plan.days[7].open_before - plan.days[0].open_before) / (7.0 * DAY)
    factor = 1.0
    minutes_factor = 1.0
    product = int64(case.product_id)
    origin = max(int64(case.origin), int64(0))
    if segment.resolve_factors >= 0:
        factor = plan.factors[segment.resolve_factors + origin]
        factor *= plan.factors[segment.resolve_factors + ORIGINS + 1 + product]
    if segment.minutes_factors >= 0:
        minutes_factor = plan.factors[segment.minutes_factors + origin]
        minutes_factor *= plan.factors[segment.minutes_factors + ORIGINS + 1 + product]
    index = int64(case.case_id)
    left = -1.0
    cancelled = False
    worked = 0.0
    for attempt in range(_MOST_ATTEMPTS):
        words = draw(run, segment.key, customer.ordinal, OPEN_CASE, index, attempt)
        wait = quantile(plan.distributions, segment.resolve, unit(words[0])) * 60.0 * factor
        cancelled = unit(words[1]) < segment.cancelled
        worked = quantile(plan.distributions, segment.minutes, unit(words[2])) * minutes_factor
        left = wait - open_for if wait > open_for else wait
        if wait > open_for:
            break
    minutes = _whole_minutes(left)
    if segment.resolve_works:
        event.at = business_deadline(run, plan.days, begins, minutes)
    else:
        event.at = later(run, plan.days, begins, minutes)
    event.move = CaseMove.CANCEL.value if cancelled else CaseMove.RESOLVE.value
    event.minutes = int64(min(np.floor(worked + 0.5), 1e6))


@part
def _responded_at(plan: Plan, segment: Any, case: Any) -> int:
    """Minute of the first response to a case, if it is not resolved before."""
    minutes = _whole_minutes(case.response * _factor(plan, segment.respond_factors, case))
    if segment.respond_works:
        return business_deadline(plan.run[0], plan.days, case.created, minutes)
    return later(plan.run[0], plan.days, case.created, minutes)


@part
def _worked(plan: Plan, segment: Any, case: Any, minutes: float, opened: int, resolved: int) -> int:
    """Minutes worked on a case while it was open, to the nearest whole one."""
    minutes *= _factor(plan, segment.minutes_factors, case)
    worked = int64(min(np.floor(minutes + 0.5), 1e6))
    if segment.minutes_are_cut:
        run = plan.run[0]
        open_then = opened_by(run, plan.days, resolved) - opened_by(run, plan.days, opened)
        worked = min(worked, open_then)
    return worked


@part
def _factor(plan: Plan, first: int, case: Any) -> float:
    """Factor of a duration by origin and product of a case; -1: there is none."""
    if first < 0:
        return 1.0
    return plan.factors[first + case.origin] * plan.factors[first + ORIGINS + 1 + case.product]


@part
def _mark(segment: Any, words: Words, case: Any) -> None:
    """Give a case its origin and its contact."""
    if segment.only_origin < 0:
        origin = 0
        while origin < ORIGINS - 1 and unit(words[0]) >= segment.origins[origin]:
            origin += 1
        case.origin = origin
    case.contact = int64(unit(words[2]) * segment.contacts)


@part
def _severity(segment: Any, share: float) -> int:
    """Severity of a case, by the segment's cumulated shares of them."""
    severity = 1
    while severity < SEVERITIES and share >= segment.severities[severity - 1]:
        severity += 1
    return severity


@rare_part
def _draw_reopenings(
    plan: Plan,
    segment: Any,
    drawn: Drawn,
    events: NDArray[Any],
    case: Any,
    filled: int,
    cancelled: bool,
) -> int:
    """Draw the reopenings of a case; return where its events end."""
    run = plan.run[0]
    distributions = plan.distributions
    purpose = case.marks + 2
    at = int64(events[filled - 1].at)
    for reopening in range(MOST_REOPENINGS):
        index = case.index * (MOST_REOPENINGS + 1) + reopening
        words = draw(run, drawn.key, drawn.ordinal, purpose, index, drawn.within)
        share = segment.cancelled_reactivated if cancelled else segment.reopened
        if unit(words[0]) >= share:
            break
        hours = quantile(distributions, segment.reopened_after, unit(words[1]))
        opened = later(run, plan.days, at, _whole_minutes(hours * 60.0))
        _set_event(events, filled, opened, CaseMove.REACTIVATE.value, 0)
        wait = quantile(distributions, segment.resolve, unit(words[2])) * 60.0
        at = _ended_at(plan, segment, case, opened, wait)
        drawn_minutes = quantile(distributions, segment.minutes, unit(words[3]))
        minutes = _worked(plan, segment, case, drawn_minutes, opened, at)
        _set_event(events, filled + 1, at, CaseMove.RESOLVE.value, minutes)
        filled += 2
        cancelled = False
    return filled


@part
def _whole_minutes(minutes: float) -> int:
    """Minutes to the nearest whole one; at least 1, so that nothing ends before it began."""
    return int64(min(max(np.floor(minutes + 0.5), 1.0), 1e8))


@part
def _set_event(events: NDArray[Any], place: int, at: int, move: int, minutes: int) -> None:
    event = events[place]
    event.at = at
    event.move = move
    event.minutes = minutes


@part
def _set_durations(segment: Any, distributions: NDArray[Any], case: Any, times: Words) -> None:
    """Draw how long a case takes from the last three words of its times."""
    case.wait = quantile(distributions, segment.resolve, unit(times[1])) * 60.0
    case.response = 0.0
    if segment.answers:
        case.response = quantile(distributions, segment.respond, unit(times[2])) * 60.0
    case.minutes = quantile(distributions, segment.minutes, unit(times[3]))


@rare_part
def _draw_follow_ups(
    plan: Plan, segment: Any, customer: Customer, script: Script, count: int, span: tuple[int, int]
) -> int:
    """Put the follow-ups of a customer's own cases between them.

    `span` is that of :func:`_draw_all`.

    Returns the new number of cases, or SCRIPT_FULL. A follow-up is known by a number that its
    parent draws, so that it hangs on nothing but its ancestors. Most cases have none, which is
    found out for several of the first ones at once.
    """
    run = plan.run[0]
    since, stop = span
    key, ordinal = account_key(segment.key, customer.account), customer.ordinal
    cases = script.cases
    units = script.units
    room = cases.shape[0] - 1
    last = plan.busy[segment.busyness, stop - run.start].busy
    mean = segment.follow_up_mean
    childless = exp(-mean)
    draw_units(run, key, ordinal, FOLLOW_UPS, 0, cases[count - 1].index + 1, units)
    filled = int64(count)
    place = int64(0)
    while place < filled:
        parent = cases[place]
        if place >= count or units[0, parent.index] > childless:
            words = draw(run, key, ordinal, FOLLOW_UPS, parent.index, parent.within)
            for child in range(poisson(mean, unit(words[0]))):
                index = (int64(words[1]) + child) & _LOW_BITS
                within = int64(words[2]) | 1  # others than follow-ups have 0
                times = draw(run, key, ordinal, FOLLOW_UP_TIMES, index, within)
                hours = quantile(plan.distributions, segment.follow_up_hours, unit(times[0]))
                busy = parent.busy + hours / 24.0
                if busy >= last:
                    continue
                if filled == room:
                    return int64(SCRIPT_FULL)
                case = cases[filled]
                case.created = minute_at(
                    run.start, segment, plan.busy, plan.guide, plan.clock, plan.left_out, busy
                )
                case.busy = busy
                if case.created >= since:
                    _set_durations(segment, plan.distributions, case, times)
                case.product = parent.product
                case.wants = BY_CUSTOM
                case.index = index
                case.within = within
                case.marks = FOLLOW_UP_MARKS
                case.incident = -1
                filled += 1
        place += 1
    if 2 * filled - count > room:
        return int64(SCRIPT_FULL)
    _sort(cases, count, filled)
    _merge(cases, count, filled)
    return filled


@rare_part
def _sort(cases: NDArray[Any], first: int, last: int) -> None:
    """Sort the cases between two places by time: by Shell's method, quick where few are astray."""
    spare = cases.shape[0] - 1
    gap = last - first
    while gap > 1:
        gap = max((5 * gap - 1) // 11, 1)
        for place in range(first + gap, last):
            if not _comes_before(cases[place], cases[place - gap]):
                continue
            cases[spare] = cases[place]
            to = int64(place)
            while to >= first + gap and _comes_before(cases[spare], cases[to - gap]):
                cases[to] = cases[to - gap]
                to -= gap
            cases[to] = cases[spare]


@part
def _comes_before(case: Any, other: Any) -> bool:
    """Whether a follow-up comes before another one; of one minute, by what they are known by."""
    if case.created != other.created:
        return case.created < other.created
    if case.within != other.within:
        return case.within < other.within
    return case.index < other.index


@rare_part
def _merge(cases: NDArray[Any], count: int, filled: int) -> None:
    """Put sorted follow-ups, which lie behind `count` other cases, between these."""
    more = filled - count
    for place in range(more):
        cases[filled + place] = cases[count + place]
    to = int64(filled - 1)
    other = int64(count - 1)
    follow_up = int64(filled + more - 1)
    while follow_up >= filled:
        if other >= 0 and cases[other].created > cases[follow_up].created:
            cases[to] = cases[other]
            other -= 1
        else:
            cases[to] = cases[follow_up]
            follow_up -= 1
        to -= 1


@rare_part
def _draw_bursts(
    plan: Plan, segment: Any, customer: Customer, script: Script, count: int, stop: int
) -> int:
    """Put the cases of the bursts that a customer feels between the others.

    Returns the new number of cases, or SCRIPT_FULL.
    """
    run = plan.run[0]
    cases = script.cases
    weights = script.units[0]
    if segment.products > weights.size:
        return int64(SCRIPT_FULL)
    for place in range(segment.products):
        weights[place] = _own_weight(plan, segment, segment.first_product + place, customer)
    incidents = plan.incidents
    distributions = plan.distributions
    for number in range(incidents.shape[0]):
        incident = incidents[number]
        if incident.minute < customer.joined * DAY or incident.minute >= stop * DAY:
            continue
        use = _use_of(plan, segment, customer, weights, incident)
        if use < 0.0:
            continue
        key = account_key(plan.felt[segment.number, incident.burst], customer.account)
        within = incident.identity
        words = draw(run, key, customer.ordinal, FELT_BURST, 0, within)
        expected = incident.hits * use
        if unit(words[0]) >= expected:
            continue
        mean = min(incident.cases * max(expected, 1.0), _MOST_OF_A_BURST)
        arrivals = min(poisson(mean, unit(words[1])), _MOST_OF_A_BURST - 1)
        for arrival in range(arrivals):
            times = draw(run, key, customer.ordinal, BURST_TIMES, arrival, within)
            delay = int64(-log(unit(times[0])) * incident.hours * 60.0)
            at = later(run, plan.days, incident.minute, delay)
            if at >= stop * DAY:
                continue
            if count == cases.shape[0] - 1:
                return int64(SCRIPT_FULL)
            case = cases[count]
            case.created = at
            _set_durations(segment, distributions, case, times)
            case.product = incident.product
            case.wants = BY_CUSTOM
            case.index = arrival
            case.within = within
            case.marks = BURST_MARKS
            case.incident = number
            _into_order(cases, count)
            count += 1
    return count


@rare_part
def _use_of(
    plan: Plan, segment: Any, customer: Customer, weights: NDArray[np.float64], incident: Any
) -> float:
    """How much a customer uses the product of an incident, against an ordinary one of its segment.

    1 where the incident does not look at it, -1 where the segment does not have the product.
    """
    total = 0.0
    own = 0.0
    share = -1.0
    for place in range(segment.products):
        product = plan.products[segment.first_product + place]
        total += weights[place]
        if product.product == incident.product:
            share = product.share
            own = weights[place]
    if share < 0.0 or not incident.scaled:
        return -1.0 if share < 0.0 else 1.0
    if share == 0.0 or total == 0.0 or segment.per_day == 0.0:
        return 0.0
    return customer.per_day / segment.per_day * (own / total / share)


@rare_part
def _into_order(cases: NDArray[Any], last: int) -> None:
    """Move the last case to where its time puts it, behind others of its minute.

    Only bursts come out of order, and they are few, so that moving them one by one is quick.
    """
    at = cases[last].created
    place = last
    while place > 0 and cases[place - 1].created > at:
        place -= 1
    if place < last:
        spare = cases.shape[0] - 1
        cases[spare] = cases[last]
        for moved in range(last, place, -1):
            cases[moved] = cases[moved - 1]
        cases[place] = cases[spare]
