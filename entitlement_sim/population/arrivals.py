"""Cases: when a customer writes, about what, and what becomes of the case if it is worked on.

The script of a customer's cases is drawn before any rule looks at it. A script says of each case
what the customer and the desk will do; whether an entitlement pays is none of its business.
"""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..compiling import int64, part, rare_part, record_type
from ..rules.words import BY_CUSTOM, ORIGINS, CaseMove
from .busyness import minute_at
from .customers import Customer, draw_customer
from .days import DAY
from .distributions import gamma, poisson, quantile, quantiles
from .plan import Plan
from .portable_math import log
from .streams import (
    BURST_MARKS,
    BURST_TIMES,
    CASE_MARKS,
    CASE_PRODUCT,
    CASE_TIMES,
    FELT_BURST,
    PRODUCT_MIX,
    Words,
    draw,
    draw_units,
    unit,
)

#: How often a case is reopened at most.
MOST_REOPENINGS: Final = 7

_MOST_OF_A_BURST: Final = 256


#: One case of a script.
#:
#: created : minute
#: product : number, -1: none
#: contact : number from 0
#: origin : code
#: decrement : whether it may take terms
#: leaves : whether it goes unworked if nothing covers it
#: responded_after : minutes from creation to the first response, -1: not known
#: first_event, events : where its events begin and how many they are
#: wants : entitlement asked for, by its number within the customer; or BY_CUSTOM, NOTHING
#: wait : minutes from creation to its first end
#: minutes : worked until then
#: index, marks : what its draws are known by; the purposes of its fate follow `marks`
#: incident : which one made the customer write, -1: none
SCRIPT: Final = record_type(
    [
        ("created", "i8"),
        ("product", "i4"),
        ("contact", "i4"),
        ("origin", "i4"),
        ("decrement", "i1"),
        ("leaves", "i1"),
        ("responded_after", "i4"),
        ("first_event", "i4"),
        ("events", "i4"),
        ("wants", "i4"),
        ("wait", "i4"),
        ("minutes", "i4"),
        ("index", "i4"),
        ("marks", "i4"),
        ("incident", "i4"),
    ]
)

#: One event of a case: when, which move, and the minutes worked since the last one.
EVENT: Final = record_type([("at", "i8"), ("move", "i4"), ("minutes", "i4")])

#: Fewest cases that are drawn at a time.
_BATCH: Final = 8

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
        Of the segment, or of what its customers do in the incidents of a burst.
    ordinal : int
        Of the customer.
    within : int
        Identity of the incident, 0 where there is none.
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
def draw_script(plan: Plan, segment: Any, customer: Customer, script: Script) -> int:
    """Draw all cases of a customer, and return how many they are.

    First when they come and how long they take, and the cases of bursts between them. Then what
    they are about and what becomes of them. Where the room is too small, the answer is
    :data:`SCRIPT_FULL` or :data:`EVENTS_FULL`.

    Where an offering has changed a segment, cases before the first day of the run are drawn by what
    it was before, with the same draws.
    """
    run = plan.run[0]
    number = segment.number
    is_changed = customer.joined < run.window and plan.past.changed[number]
    past = customer
    filled = int64(0)
    events = int64(0)
    for part_of_life in range(0 if is_changed else 1, 2):
        is_past = part_of_life == 0
        drawn_by = plan.past.segments[number] if is_past else segment
        if is_past:
            place = customer.ordinal - drawn_by.first_ordinal
            past = draw_customer(run, drawn_by, place, customer.joined)
        room = Script(script.cases[filled:], script.events[events:], script.units)
        who = past if is_past else customer
        count = _draw_all(plan, drawn_by, who, past.per_day, room)
        if count < 0 or not is_changed:
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
def _draw_all(
    plan: Plan, segment: Any, customer: Customer, past_per_day: float, script: Script
) -> int:
    """Draw all cases of a customer by one record of its segment; see :func:`draw_script`."""
    count = int64(0)
    if customer.per_day > 0.0 or past_per_day > 0.0:
        count = _draw_times(plan, segment, customer, past_per_day, script.cases, script.units)
        if count > 0:
            _draw_durations(segment, plan.distributions, script.cases, script.units, count)
            if segment.products > 0 and not _draw_products(
                plan, segment, customer.ordinal, script, count
            ):
                count = int64(SCRIPT_FULL)
    if count >= 0 and plan.incidents.shape[0] > 0 and segment.products > 0:
        count = _draw_bursts(plan, segment, customer, script.cases, count)
    if count > 0 and not _draw_cases(plan, segment, customer.ordinal, script, count):
        return int64(EVENTS_FULL)
    return count


@part
def _draw_times(
    plan: Plan,
    segment: Any,
    customer: Customer,
    past_per_day: float,
    cases: NDArray[Any],
    units: NDArray[np.float64],
) -> int:
    """Draw when a customer's cases come, and return how many they are, or SCRIPT_FULL.

    They come as a Poisson process in the time that the calendar's busyness measures, which is below
    zero before the first day of the run: until then the rate is the past's, and what is left of a
    gap is gone on with at the run's own. Uniform numbers are drawn for as many cases as are to be
    expected and then a few at a time: a simple loop over many does them several at once.
    """
    run = plan.run[0]
    days = plan.busy
    kind = segment.busyness
    room = min(units.shape[1], cases.shape[0] - 1)
    busy = days[kind, customer.joined - run.start].busy
    last = days[kind, run.stop - run.start].busy
    past_gap = 1.0 / past_per_day if past_per_day > 0.0 else np.inf
    gap = 1.0 / customer.per_day if customer.per_day > 0.0 else np.inf
    count = int64(0)
    drawn = int64(0)
    expected = (last - max(busy, 0.0)) * customer.per_day - min(busy, 0.0) * past_per_day
    batch = int64(expected) + 1
    while True:
        batch = min(max(batch, _BATCH), room - drawn)
        if batch <= 0:
            return int64(SCRIPT_FULL)
        draw_units(run, segment.key, customer.ordinal, CASE_TIMES, drawn, batch, units)
        for case in range(drawn, drawn + batch):
            units[0, case] = -log(units[0, case])
        drawn += batch
        while count < drawn:
            gaps = units[0, count]
            if busy >= 0.0:
                busy += gaps * gap
            else:
                passed = min(-busy * past_per_day, gaps)
                busy = busy + gaps * past_gap if passed == gaps else (gaps - passed) * gap
            if busy >= last:
                return count
            clock = plan.clock if busy >= 0.0 else plan.past.clock
            cases[count].created = minute_at(run.start, segment, days, plan.guide, clock, busy)
            count += 1
        batch = int64(0)


@part
def _draw_durations(
    segment: Any,
    distributions: NDArray[Any],
    cases: NDArray[Any],
    units: NDArray[np.float64],
    count: int,
) -> None:
    """Draw how long a customer's cases take until the first answer and until their end."""
    quantiles(distributions, segment.resolve, units[1], count)
    quantiles(distributions, segment.minutes, units[3], count)
    if segment.answers:
        quantiles(distributions, segment.respond, units[2], count)
    for place in range(count):
        case = cases[place]
        wait = _whole_minutes(units[1, place] * 60.0)
        case.wait = wait
        case.minutes = _worked(units[3, place])
        case.responded_after = -1
        if segment.answers:
            case.responded_after = min(_whole_minutes(units[2, place] * 60.0), wait)
        case.product = -1
        case.wants = BY_CUSTOM
        case.index = place
        case.marks = CASE_MARKS
        case.incident = -1


@rare_part
def _draw_products(plan: Plan, segment: Any, ordinal: int, script: Script, count: int) -> bool:
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
    draws = (count + 3) // 4
    if 3 * draws > units.shape[1]:
        return False
    best = units[:, draws : 2 * draws]
    winners = units[:, 2 * draws : 3 * draws]
    best[:] = np.inf
    winners[:] = plan.products[first].product
    for place in range(first, first + segment.products):
        product = plan.products[place]
        weight = _own_weight(plan, segment, place, ordinal)
        if weight <= 0.0:
            continue
        draw_units(plan.run[0], product.key, ordinal, CASE_PRODUCT, 0, draws, units)
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
    for case in range(count):
        script.cases[case].product = int64(winners[case % 4, case // 4])
    return True


@rare_part
def _own_weight(plan: Plan, segment: Any, place: int, ordinal: int) -> float:
    """Weight that a product has with a customer; where mixes differ, they are Dirichlet draws."""
    product = plan.products[place]
    if segment.products_spread <= 0.0 or product.share <= 0.0:
        return product.share
    shape = segment.products_spread * product.share
    return gamma(plan.run[0], product.key, ordinal, PRODUCT_MIX, shape)


@part
def _draw_cases(plan: Plan, segment: Any, ordinal: int, script: Script, count: int) -> bool:
    """Draw everything about a customer's cases but their times; say whether there is room."""
    run = plan.run[0]
    has_marks = segment.only_origin < 0 or segment.contacts > 1
    has_fate = segment.cancelled > 0.0 or segment.do_not_decrement > 0.0 or segment.turned_away > 0
    events = script.events
    filled = 0
    for place in range(count):
        case = script.cases[place]
        if filled + 2 * MOST_REOPENINGS + 1 > events.shape[0]:
            return False
        case.origin = segment.only_origin
        case.contact = 0
        key = segment.key
        within = int64(0)
        if case.incident >= 0:
            incident = plan.incidents[case.incident]
            key = plan.felt[segment.number, incident.burst]
            within = incident.identity
        if has_marks:
            words = draw(run, key, ordinal, case.marks, case.index, within)
            _mark(segment, words, case)
        cancelled = False
        case.decrement = 1
        case.leaves = 0
        if has_fate:
            purpose = case.marks + 1
            fate = draw(run, key, ordinal, purpose, case.index, within)
            cancelled = unit(fate[0]) < segment.cancelled
            case.decrement = 0 if unit(fate[1]) < segment.do_not_decrement else 1
            case.leaves = 1 if unit(fate[2]) < segment.turned_away else 0

        case.first_event = filled
        first_end = CaseMove.CANCEL.value if cancelled else CaseMove.RESOLVE.value
        _set_event(events, filled, case.created + case.wait, first_end, case.minutes)
        filled += 1
        if (segment.cancelled_reactivated if cancelled else segment.reopened) > 0.0:
            filled = _draw_reopenings(
                plan, segment, Drawn(key, ordinal, within), events, case, filled, cancelled
            )
        case.events = filled - case.first_event
    return True


@part
def _mark(segment: Any, words: Words, case: Any) -> None:
    """Give a case its origin and its contact."""
    if segment.only_origin < 0:
        origin = 0
        while origin < ORIGINS - 1 and unit(words[0]) >= segment.origins[origin]:
            origin += 1
        case.origin = origin
    case.contact = int64(unit(words[2]) * segment.contacts)


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
    at = int64(case.created + case.wait)
    for reopening in range(MOST_REOPENINGS):
        index = case.index * (MOST_REOPENINGS + 1) + reopening
        words = draw(run, drawn.key, drawn.ordinal, purpose, index, drawn.within)
        share = segment.cancelled_reactivated if cancelled else segment.reopened
        if unit(words[0]) >= share:
            break
        hours = quantile(distributions, segment.reopened_after, unit(words[1]))
        at += _whole_minutes(hours * 60.0)
        _set_event(events, filled, at, CaseMove.REACTIVATE.value, 0)
        at += _whole_minutes(quantile(distributions, segment.resolve, unit(words[2])) * 60.0)
        minutes = _worked(quantile(distributions, segment.minutes, unit(words[3])))
        _set_event(events, filled + 1, at, CaseMove.RESOLVE.value, minutes)
        filled += 2
        cancelled = False
    return filled


@part
def _whole_minutes(minutes: float) -> int:
    """Minutes to the nearest whole one; at least 1, so that nothing ends before it began."""
    return int64(min(max(np.floor(minutes + 0.5), 1.0), 1e8))


@part
def _worked(minutes: float) -> int:
    """Minutes worked, to the nearest whole one."""
    return int64(min(np.floor(minutes + 0.5), 1e6))


@part
def _set_event(events: NDArray[Any], place: int, at: int, move: int, minutes: int) -> None:
    event = events[place]
    event.at = at
    event.move = move
    event.minutes = minutes


@rare_part
def _draw_bursts(
    plan: Plan, segment: Any, customer: Customer, cases: NDArray[Any], count: int
) -> int:
    """Put the cases of the bursts that a customer feels between the others.

    Returns the new number of cases, or SCRIPT_FULL.
    """
    run = plan.run[0]
    incidents = plan.incidents
    distributions = plan.distributions
    for number in range(incidents.shape[0]):
        incident = incidents[number]
        if incident.minute < customer.joined * DAY:
            continue
        use = _use_of(plan, segment, customer, incident)
        if use < 0.0:
            continue
        key = plan.felt[segment.number, incident.burst]
        within = incident.identity
        words = draw(run, key, customer.ordinal, FELT_BURST, 0, within)
        expected = incident.hits * use
        if unit(words[0]) >= expected:
            continue
        mean = min(incident.cases * max(expected, 1.0), _MOST_OF_A_BURST)
        arrivals = min(poisson(mean, unit(words[1])), _MOST_OF_A_BURST - 1)
        for arrival in range(arrivals):
            times = draw(run, key, customer.ordinal, BURST_TIMES, arrival, within)
            at = incident.minute + int64(-log(unit(times[0])) * incident.hours * 60.0)
            if at >= run.stop * DAY:
                continue
            if count == cases.shape[0] - 1:
                return int64(SCRIPT_FULL)
            case = cases[count]
            case.created = at
            hours = quantile(distributions, segment.resolve, unit(times[1]))
            case.wait = _whole_minutes(hours * 60.0)
            case.minutes = _worked(quantile(distributions, segment.minutes, unit(times[3])))
            case.responded_after = -1
            if segment.answers:
                hours = quantile(distributions, segment.respond, unit(times[2]))
                case.responded_after = min(_whole_minutes(hours * 60.0), case.wait)
            case.product = incident.product
            case.wants = BY_CUSTOM
            case.index = arrival
            case.marks = BURST_MARKS
            case.incident = number
            _into_order(cases, count)
            count += 1
    return count


@rare_part
def _use_of(plan: Plan, segment: Any, customer: Customer, incident: Any) -> float:
    """How much a customer uses the product of an incident, against an ordinary one of its segment.

    1 where the incident does not look at it, -1 where the segment does not have the product.
    """
    total = 0.0
    own = 0.0
    share = -1.0
    for place in range(segment.first_product, segment.first_product + segment.products):
        weight = _own_weight(plan, segment, place, customer.ordinal) if incident.scaled else 0.0
        total += weight
        if plan.products[place].product == incident.product:
            share = plan.products[place].share
            own = weight
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
