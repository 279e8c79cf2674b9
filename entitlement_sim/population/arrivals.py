"""Cases: when a customer writes, about what, and what becomes of the case if it is worked on.

The script of a customer's cases is drawn before any rule looks at it. A script says of each case
what the customer and the desk will do; whether an entitlement pays is none of its business.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .compiling import part, rare_part
from .days import DAY, minute_at
from .distributions import poisson, quantile, quantiles
from .portable_math import log
from .streams import (
    BURST_MARKS,
    BURST_TIMES,
    CASE_MARKS,
    CASE_TIMES,
    FELT_BURST,
    draw,
    draw_units,
    unit,
)

# What happens to a case after its creation.
RESOLVE: Final = 1
CANCEL: Final = 2
REACTIVATE: Final = 3

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
SCRIPT: Final = np.dtype(
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
    ],
    align=True,
)

#: One event of a case: when, what, and the minutes worked since the last one.
EVENT: Final = np.dtype([("at", "i8"), ("kind", "i4"), ("minutes", "i4")], align=True)

#: The case takes what its segment usually picks.
BY_CUSTOM: Final = -2
#: The case is created without an entitlement.
NOTHING: Final = -1

#: Fewest cases that are drawn at a time.
_BATCH: Final = 8


def new_script(cases: int) -> tuple[NDArray[np.void], NDArray[np.void], NDArray[np.float64]]:
    """Return an empty script, its events and uniform numbers, with room for so many cases."""
    return np.zeros(cases + 1, SCRIPT), np.zeros(2 * cases + 64, EVENT), np.zeros((4, cases))


@part
def draw_script(
    plan, segment, customer, days, guide, clock, rows, incidents, lists, shares, script, events,
    units,
):  # fmt: skip
    """Draw all cases of a customer, and return how many they are, or -1 if the room is too small.

    First when they come and how long they take, and the cases of bursts between them. Then what
    they are about and what becomes of them.
    """
    count = np.int64(0)
    if customer.per_day > 0.0:
        count = _draw_times(plan, segment, customer, days, guide, clock, script, units)
        if count > 0:
            _draw_durations(segment, rows, script, units, count)
    if count >= 0 and incidents.shape[0] > 0 and segment.products > 0:
        count = _draw_bursts(plan, segment, customer, rows, incidents, lists, script, count)
    if count > 0 and _draw_cases(
        plan, segment, customer.ordinal, rows, lists, shares, script, events, count
    ):
        return np.int64(-1)
    return count


@part
def _draw_times(plan, segment, customer, days, guide, clock, script, units):
    """Draw when a customer's cases come, and return how many they are, or -1 if there is no room.

    They come as a Poisson process in the time that the calendar's busyness measures. Uniform
    numbers are drawn for as many cases as are to be expected and then a few at a time: a simple
    loop over many does them several at once.
    """
    room = units.shape[1]
    busy = days[customer.joined - plan.start].busy
    last = days[plan.stop - plan.start].busy
    gap = 1.0 / customer.per_day
    count = np.int64(0)
    drawn = np.int64(0)
    batch = np.int64((last - busy) * customer.per_day) + 1
    while True:
        batch = min(max(batch, _BATCH), room - drawn)
        if batch <= 0:
            return np.int64(-1)
        draw_units(plan, segment.key, customer.ordinal, CASE_TIMES, drawn, batch, units)
        for case in range(drawn, drawn + batch):
            units[0, case] = -log(units[0, case])
        drawn += batch
        while count < drawn:
            busy += units[0, count] * gap
            if busy >= last:
                return count
            script[count].created = minute_at(plan, days, guide, clock, busy)
            count += 1
        batch = np.int64(0)


@part
def _draw_durations(segment, rows, script, units, count):
    """Draw how long a customer's cases take until the first answer and until their end."""
    quantiles(rows, segment.resolve, units[1], count)
    quantiles(rows, segment.minutes, units[3], count)
    if segment.answers:
        quantiles(rows, segment.respond, units[2], count)
    for case in range(count):
        told = script[case]
        wait = _whole_minutes(units[1, case] * 60.0)
        told.wait = wait
        told.minutes = _worked(units[3, case])
        told.responded_after = -1
        if segment.answers:
            told.responded_after = min(_whole_minutes(units[2, case] * 60.0), wait)
        told.product = -1
        told.wants = BY_CUSTOM
        told.index = case
        told.marks = CASE_MARKS


@part
def _draw_cases(plan, segment, ordinal, rows, lists, shares, script, events, count):
    """Draw everything about a customer's cases but their times; say if the room is too small."""
    has_marks = segment.only_origin < 0 or segment.products > 0 or segment.contacts > 1
    has_fate = segment.cancelled > 0.0 or segment.do_not_decrement > 0.0 or segment.turned_away > 0
    filled = 0
    for case in range(count):
        told = script[case]
        if filled + 2 * MOST_REOPENINGS + 1 > events.shape[0]:
            return True
        told.origin = segment.only_origin
        told.contact = 0
        if has_marks:
            _draw_marks(plan, segment, ordinal, lists, shares, script, case)
        cancelled = False
        told.decrement = 1
        told.leaves = 0
        if has_fate:
            purpose = told.marks + 1
            fate = draw(plan, segment.key, ordinal, purpose, told.index)
            cancelled = unit(fate[0]) < segment.cancelled
            told.decrement = 0 if unit(fate[1]) < segment.do_not_decrement else 1
            told.leaves = 1 if unit(fate[2]) < segment.turned_away else 0

        at = told.created + told.wait
        told.first_event = filled
        _set_event(events, filled, at, CANCEL if cancelled else RESOLVE, told.minutes)
        filled += 1
        if (segment.cancelled_reactivated if cancelled else segment.reopened) > 0.0:
            filled = _draw_again(
                plan, segment, ordinal, rows, script, events, case, filled, at, cancelled
            )
        told.events = filled - told.first_event
    return False


@rare_part
def _draw_marks(plan, segment, ordinal, lists, shares, script, case):
    """Draw the origin, the product and the contact of a case; that of a burst has its product."""
    told = script[case]
    mark = draw(plan, segment.key, ordinal, told.marks, told.index)
    if segment.only_origin < 0:
        origin = 0
        while origin < 5 and unit(mark[0]) >= segment.origins[origin]:
            origin += 1
        told.origin = origin
    if segment.products > 0 and told.product < 0:
        place = segment.first_product
        last = place + segment.products - 1
        while place < last and unit(mark[1]) >= shares[place]:
            place += 1
        told.product = lists[place]
    told.contact = np.int64(unit(mark[2]) * segment.contacts)


@rare_part
def _draw_again(plan, segment, ordinal, rows, script, events, case, filled, at, cancelled):
    """Draw the reopenings of a case; return where its events end."""
    purpose = script[case].marks + 2
    for again in range(MOST_REOPENINGS):
        words = draw(plan, segment.key, ordinal, purpose, script[case].index * 8 + again)
        share = segment.cancelled_reactivated if cancelled else segment.reopened
        if unit(words[0]) >= share:
            break
        at += _whole_minutes(quantile(rows, segment.reopened_after, unit(words[1])) * 60.0)
        _set_event(events, filled, at, REACTIVATE, 0)
        at += _whole_minutes(quantile(rows, segment.resolve, unit(words[2])) * 60.0)
        minutes = _worked(quantile(rows, segment.minutes, unit(words[3])))
        _set_event(events, filled + 1, at, RESOLVE, minutes)
        filled += 2
        cancelled = False
    return filled


@part
def _whole_minutes(minutes):
    """Minutes to the nearest whole one; at least 1, so that nothing ends before it began."""
    return np.int64(min(max(np.floor(minutes + 0.5), 1.0), 1e8))


@part
def _worked(minutes):
    """Minutes worked, to the nearest whole one."""
    return np.int64(min(np.floor(minutes + 0.5), 1e6))


@part
def _set_event(events, place, at, kind, minutes):
    event = events[place]
    event.at = at
    event.kind = kind
    event.minutes = minutes


@rare_part
def _draw_bursts(plan, segment, customer, rows, incidents, lists, script, count):
    """Put the cases of the bursts that a customer feels between the others.

    Returns the new number of cases, or -1 if the room is too small.
    """
    for burst in range(incidents.shape[0]):
        incident = incidents[burst]
        has_product = False
        for place in range(segment.first_product, segment.first_product + segment.products):
            has_product = has_product or lists[place] == incident.product
        if not has_product or incident.minute < customer.joined * DAY:
            continue
        words = draw(plan, segment.key, customer.ordinal, FELT_BURST, burst)
        if unit(words[0]) >= incident.hits:
            continue
        extra = min(poisson(incident.cases, unit(words[1])), _MOST_OF_A_BURST - 1)
        for number in range(extra):
            index = burst * _MOST_OF_A_BURST + number
            times = draw(plan, segment.key, customer.ordinal, BURST_TIMES, index)
            at = incident.minute + np.int64(-log(unit(times[0])) * incident.hours * 60.0)
            if at >= plan.stop * DAY:
                continue
            if count == script.shape[0] - 1:  # the last place is for moving cases
                return -1
            hours = quantile(rows, segment.resolve, unit(times[1]))
            script[count].wait = _whole_minutes(hours * 60.0)
            script[count].minutes = _worked(quantile(rows, segment.minutes, unit(times[3])))
            script[count].responded_after = -1
            if segment.answers:
                hours = quantile(rows, segment.respond, unit(times[2]))
                answer = min(_whole_minutes(hours * 60.0), script[count].wait)
                script[count].responded_after = answer
            script[count].created = at
            script[count].product = incident.product
            script[count].wants = BY_CUSTOM
            script[count].index = index
            script[count].marks = BURST_MARKS
            _into_order(script, count)
            count += 1
    return count


@rare_part
def _into_order(script, case):
    """Move the last case to where its time puts it, behind others of its minute.

    Only bursts come out of order, and they are few, so that moving them one by one is quick.
    """
    at = script[case].created
    place = case
    while place > 0 and script[place - 1].created > at:
        place -= 1
    if place < case:
        spare = script.shape[0] - 1
        script[spare] = script[case]
        for moved in range(case, place, -1):
            script[moved] = script[moved - 1]
        script[place] = script[spare]
