"""Cases: when a customer writes, about what, and what becomes of the case if it is worked on.

The script of a customer's cases is drawn before any rule looks at it. A script says of each case
what the customer and the desk will do; whether an entitlement pays is none of its business.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .compiling import part
from .days import DAY, minute_at
from .distributions import poisson, quantile
from .portable_math import log
from .streams import (
    BURST_MARKS,
    BURST_TIMES,
    CASE_MARKS,
    CASE_TIMES,
    FELT_BURST,
    draw,
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
#: index, marks : what its draws are known by; the purposes of its fate follow `marks`
#: resolve_word, respond_word, minutes_word : random words
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
        ("index", "i4"),
        ("marks", "i4"),
        ("resolve_word", "u4"),
        ("respond_word", "u4"),
        ("minutes_word", "u4"),
    ],
    align=True,
)

#: One event of a case: when, what, and the minutes worked since the last one.
EVENT: Final = np.dtype([("at", "i8"), ("kind", "i4"), ("minutes", "i4")], align=True)

#: The case takes what its segment usually picks.
BY_CUSTOM: Final = -2
#: The case is created without an entitlement.
NOTHING: Final = -1

# Rows of the events of a script: an array of int64, one column an event.
AT: Final = 0  # minute
KIND: Final = 1
MINUTES: Final = 2  # worked since the last event
EVENT_ROWS: Final = 3


def new_script(cases: int) -> tuple[NDArray[np.void], NDArray[np.void]]:
    """Return an empty script and its events, with room for so many cases."""
    return np.zeros(cases + 1, SCRIPT), np.zeros(2 * cases + 64, EVENT)


@part
def draw_script(  # type: ignore[no-untyped-def]
    plan, segment, customer, days, guide, clock, rows, incidents, lists, shares, script, events
):
    """Draw all cases of a customer, and return how many they are, or -1 if the room is too small.

    First when they come: a Poisson process in the time that the calendar's busyness measures, and
    the cases of bursts between them. Then what they are about and what becomes of them.
    """
    room = script.shape[0] - 1  # the last place is for moving cases
    count = 0
    if customer.per_day > 0.0:
        busy = days[customer.joined - plan.start].busy
        end = days[plan.stop - plan.start].busy
        gap = 1.0 / customer.per_day
        while True:
            words = draw(plan, segment.key, customer.ordinal, CASE_TIMES, count)
            busy -= log(unit(words[0])) * gap
            if busy >= end:
                break
            if count == room:
                return -1
            at = minute_at(plan, days, guide, clock, busy)
            _set_case(script, count, at, count, CASE_MARKS, words)
            count += 1
    if incidents.shape[0] > 0 and segment.products > 0:
        count = _draw_bursts(plan, segment, customer, incidents, lists, script, count)
    if count < 0 or _draw_cases(
        plan, segment, customer.ordinal, rows, lists, shares, script, events, count
    ):
        return -1
    return count


@part
def _set_case(script, count, at, index, marks, words):  # type: ignore[no-untyped-def]
    script[count].created = at
    script[count].product = -1
    script[count].wants = BY_CUSTOM
    script[count].index = index
    script[count].marks = marks
    script[count].resolve_word = words[1]
    script[count].respond_word = words[2]
    script[count].minutes_word = words[3]


@part
def _draw_cases(  # type: ignore[no-untyped-def]
    plan, segment, ordinal, rows, lists, shares, script, events, count
):
    """Draw everything about a customer's cases but their times; say if the room is too small."""
    has_marks = segment.only_origin < 0 or segment.products > 0 or segment.contacts > 1
    has_fate = segment.cancelled > 0.0 or segment.do_not_decrement > 0.0 or segment.turned_away > 0
    filled = 0
    for case in range(count):
        if filled + 2 * MOST_REOPENINGS + 1 > events.shape[0]:
            return True
        script[case].origin = segment.only_origin
        script[case].contact = 0
        if has_marks:
            _draw_marks(plan, segment, ordinal, lists, shares, script, case)
        cancelled = False
        script[case].decrement = 1
        script[case].leaves = 0
        if has_fate:
            purpose = script[case].marks + 1
            fate = draw(plan, segment.key, ordinal, purpose, script[case].index)
            cancelled = unit(fate[0]) < segment.cancelled
            script[case].decrement = 0 if unit(fate[1]) < segment.do_not_decrement else 1
            script[case].leaves = 1 if unit(fate[2]) < segment.turned_away else 0

        hours = quantile(rows, segment.resolve, unit(script[case].resolve_word))
        wait = _whole_minutes(hours * 60.0)
        at = script[case].created + wait
        script[case].responded_after = -1
        if segment.answers:
            hours = quantile(rows, segment.respond, unit(script[case].respond_word))
            script[case].responded_after = min(_whole_minutes(hours * 60.0), wait)
        script[case].first_event = filled
        minutes = quantile(rows, segment.minutes, unit(script[case].minutes_word))
        _set_event(events, filled, at, CANCEL if cancelled else RESOLVE, minutes)
        filled += 1
        if (segment.cancelled_reactivated if cancelled else segment.reopened) > 0.0:
            filled = _draw_again(
                plan, segment, ordinal, rows, script, events, case, filled, at, cancelled
            )
        script[case].events = filled - script[case].first_event
    return False


@part
def _draw_marks(plan, segment, ordinal, lists, shares, script, case):  # type: ignore[no-untyped-def]
    """Draw the origin, the product and the contact of a case; that of a burst has its product."""
    mark = draw(plan, segment.key, ordinal, script[case].marks, script[case].index)
    if segment.only_origin < 0:
        origin = 0
        while origin < 5 and unit(mark[0]) >= segment.origins[origin]:
            origin += 1
        script[case].origin = origin
    if segment.products > 0 and script[case].product < 0:
        place = segment.first_product
        last = place + segment.products - 1
        while place < last and unit(mark[1]) >= shares[place]:
            place += 1
        script[case].product = lists[place]
    script[case].contact = np.int64(unit(mark[2]) * segment.contacts)


@part
def _draw_again(  # type: ignore[no-untyped-def]
    plan, segment, ordinal, rows, script, events, case, filled, at, cancelled
):
    """Draw the reopenings of a case; return where its events end."""
    purpose = script[case].marks + 2
    for again in range(MOST_REOPENINGS):
        words = draw(plan, segment.key, ordinal, purpose, script[case].index * 8 + again)
        share = segment.cancelled_reactivated if cancelled else segment.reopened
        if unit(words[0]) >= share:
            break
        at += _whole_minutes(quantile(rows, segment.reopened_after, unit(words[1])) * 60.0)
        _set_event(events, filled, at, REACTIVATE, 0.0)
        at += _whole_minutes(quantile(rows, segment.resolve, unit(words[2])) * 60.0)
        _set_event(events, filled + 1, at, RESOLVE, quantile(rows, segment.minutes, unit(words[3])))
        filled += 2
        cancelled = False
    return filled


@part
def _whole_minutes(minutes):  # type: ignore[no-untyped-def]
    """Minutes to the nearest whole one; at least 1, so that nothing ends before it began."""
    return np.int64(min(max(np.floor(minutes + 0.5), 1.0), 1e8))


@part
def _set_event(events, place, at, kind, minutes):  # type: ignore[no-untyped-def]
    events[place].at = at
    events[place].kind = kind
    events[place].minutes = np.int64(min(np.floor(minutes + 0.5), 1e6))


@part
def _draw_bursts(plan, segment, customer, incidents, lists, script, count):  # type: ignore[no-untyped-def]
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
            if count == (script.shape[0] - 1):
                return -1
            _set_case(script, count, at, index, BURST_MARKS, times)
            script[count].product = incident.product
            _into_order(script, count)
            count += 1
    return count


@part
def _into_order(script, case):  # type: ignore[no-untyped-def]
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
