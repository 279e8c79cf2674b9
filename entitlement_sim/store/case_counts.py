"""Counts of a run's cases by segment, in one pass: when they come, how they bunch, what they take.

In SQL each of them would sort or hash all cases anew. Cases stand by customer and time already, so
they are fetched a part of the customers at a time, and boundaries between equal neighbours say the
rest.
"""

from collections import defaultdict
from typing import Any, Final, NamedTuple

import duckdb
import numpy as np
from numpy.typing import NDArray

from ..population.calendar_days import (
    DAY,
    clock_changes,
    minute_of_day,
    weekday_of,
    working_minutes,
)
from ..rules.days import day_number
from ..scenario.models import Calendar
from ..targets import LEAST_CASES, WINDOW_DAYS
from .counted import Counted, Figure, Ints, Period, Tally, sums_by_key
from .views.qualifying import qualify

#: Cases that are fetched at a time, about.
_AT_A_TIME: Final = 1_000_000
_HOUR: Final = 60
_WEEKS: Final = WINDOW_DAYS // 7

#: To reckon what was worked on a case takes as long as a table of so many minutes; where a run has
#: more minutes than the second number, such a table would fill memory for few cases.
_DEAR: Final = 40
_SHORT: Final = 10_000_000

#: Bits of a minute since the run began.
_BITS: Final = 32
_MINUTES: Final = 2**_BITS - 1

#: Stands for NULL; no minute of a run is so early.
_NONE: Final = -(2**31)

#: Minutes are counted from the beginning of the run; a time that no run reaches, as damaged files
#: may have it, is none.
_CASES: Final = """
SELECT customer_id,
       coalesce(TRY_CAST(epoch_us(created_at) // 60000000 - $begins AS INTEGER), $none) AS opened,
       coalesce(TRY_CAST(epoch_us(resolved_at) // 60000000 - $begins AS INTEGER), $none)
           AS resolved,
       coalesce(enum_code(origin)::INTEGER, $none) AS origin,
       outcome <> 'turned_away' AND cancelled_at IS NULL AS is_worked,
       coalesce(billable_minutes, $none) AS billed
FROM cases
WHERE customer_id BETWEEN $lowest AND $highest
"""

#: Customers with the days that they were there, counted from the first of the run.
_CUSTOMERS: Final = """
WITH covered AS (
    SELECT customer_id, max(coalesce(ended_on - 1, end_date)) AS until
    FROM entitlements GROUP BY customer_id
)
SELECT customer_id, enum_code(segment)::BIGINT AS segment,
       (joined_on - $first::DATE)::BIGINT AS joined,
       coalesce(until - $first::DATE, -1)::BIGINT AS until
FROM customers LEFT JOIN covered USING (customer_id)
ORDER BY customer_id
"""


class _Customers(NamedTuple):
    """Customers by their number: the code of their segment, and the days that they were there.

    Where demand ends some days after the last cover, a customer is taken to be there up to its last
    day of cover: when the demand ended is in no table.
    """

    ids: Ints
    segments: Ints
    joined: Ints
    until: Ints

    def were_there(self, who: Ints | slice, first: Ints | int) -> NDArray[np.bool_]:
        """Whether customers were there throughout the windows that begin on the days `first`."""
        last = first + (WINDOW_DAYS - 1)
        there: NDArray[np.bool_] = (self.joined[who] <= first) & (self.until[who] >= last)
        return there


class _Cases(NamedTuple):
    """Cases: the place of their customer, and the columns of the query."""

    who: Ints
    opened: NDArray[np.int32]
    resolved: NDArray[np.int32]
    origin: NDArray[np.int32]
    is_worked: NDArray[np.bool_]
    billed: NDArray[np.int32]

    def chosen(self, which: NDArray[np.bool_]) -> "_Cases":
        """Return some of them."""
        return self if which.all() else _Cases._make(column[which] for column in self)


def count_cases(
    connection: duckdb.DuckDBPyConnection, places: dict[str, str], period: Period
) -> dict[Figure, Counted]:
    """Count the cases of a run.

    Parameters
    ----------
    connection : DuckDBPyConnection
    places : dict of str to str
        Full names of the tables.
    period : Period
    """
    customers = _customers(connection, places, period)
    [(total,)] = connection.execute(qualify("SELECT count(*) FROM cases", places)).fetchall()
    counter = _Counter(period, customers, total)
    if not len(customers.ids):
        return counter.result()
    query = qualify(_CASES, places)
    parts = max(1, min(-(-total // _AT_A_TIME), len(customers.ids)))
    for ids in np.array_split(customers.ids, parts):
        values = {"begins": day_number(period.first) * DAY, "none": _NONE}
        values |= {"lowest": int(ids[0]), "highest": int(ids[-1])}
        arrays: dict[str, Any] = connection.execute(query, values).fetchnumpy()
        columns = [np.asarray(arrays[name]) for name in _Cases._fields[1:]]
        counter.add(_Cases(_places(customers.ids, arrays["customer_id"]), *columns))
    return counter.result()


def _customers(
    connection: duckdb.DuckDBPyConnection, places: dict[str, str], period: Period
) -> _Customers:
    rows = connection.execute(qualify(_CUSTOMERS, places), {"first": period.first}).fetchnumpy()
    ids, segments, joined, until = (np.asarray(column, np.int64) for column in rows.values())
    is_mortal = np.array([name in period.mortal for name in period.segments], np.bool_)
    until = np.where(is_mortal[segments], until, period.days) if len(ids) else until
    return _Customers(ids, segments, joined, until)


def _places(all_ids: Ints, ids: NDArray[np.int32]) -> Ints:
    """Return where the numbers of customers stand among all of them."""
    is_whole = int(all_ids[-1] - all_ids[0]) == len(all_ids) - 1
    found = ids.astype(np.int64) - all_ids[0] if is_whole else np.searchsorted(all_ids, ids)
    return np.asarray(found, np.int64)


class _Counter:
    """Adds up cases, a part of the customers at a time."""

    def __init__(self, period: Period, customers: _Customers, total: int) -> None:
        self._period = period
        self._customers = customers
        self._days = period.days
        self._end = period.days * DAY
        self._windows = period.windows
        back = self._days - 1 - np.arange(self._days)
        is_inside = back < self._windows * WINDOW_DAYS
        #: Window of each day, and week among those of all windows; -1 before the first window.
        self._place = np.where(is_inside, back // WINDOW_DAYS, -1)
        self._week = np.where(is_inside, self._place * _WEEKS + back % WINDOW_DAYS // 7, -1)
        self._weekdays = weekday_of(np.arange(self._days) + day_number(period.first))
        #: Cases share their minutes, so where there are many, those worked are reckoned for each.
        self._worked: Ints | None = None
        dear = _DEAR if self._end <= _SHORT else 2
        if period.model is not None and dear * total > self._end:
            self._worked = _worked_so_far(period.model.calendar, self._days)
        #: Cases by hour since the beginning.
        self._hours = Tally()
        self._counted: defaultdict[Figure, Tally] = defaultdict(Tally)

    def _add(self, figure: Figure, *keys: Ints | NDArray[Any], amounts: Ints | None = None) -> None:
        self._counted[figure].add(*keys, amounts=amounts)

    def add(self, cases: _Cases) -> None:
        """Add the cases of some customers, all that these have."""
        self._add_resolutions(cases)
        arrived = cases.chosen((cases.opened >= 0) & (cases.opened < self._end))
        if not len(arrived.who):
            return
        segment = self._customers.segments[arrived.who]
        self._hours.add(segment, arrived.opened // _HOUR)
        with_origin = arrived.origin != _NONE
        if with_origin.all():
            self._add(Figure.ORIGINS, segment, arrived.origin)
        else:
            self._add(Figure.ORIGINS, segment[with_origin], arrived.origin[with_origin])
        is_before = arrived.opened < self._customers.joined[arrived.who] * DAY
        self._add(Figure.BEFORE_JOINING, segment[is_before])
        self._add_durations(arrived, segment)
        self._add_billed(arrived, segment)
        keys = (arrived.who << _BITS) | arrived.opened
        self._add_bunching(keys if (keys[1:] >= keys[:-1]).all() else np.sort(keys))

    def _add_resolutions(self, cases: _Cases) -> None:
        inside = (cases.resolved >= 0) & (cases.resolved < self._end)
        segment = self._customers.segments[cases.who[inside]]
        self._add(Figure.RESOLUTIONS, segment)
        at_weekend = self._weekdays[cases.resolved[inside] // DAY] >= 5
        self._add(Figure.RESOLUTIONS_AT_WEEKEND, segment[at_weekend])

    def _add_durations(self, cases: _Cases, segment: Ints) -> None:
        is_resolved = cases.resolved != _NONE
        self._add(Figure.RESOLVED, segment[is_resolved])
        ended = np.where(is_resolved, cases.resolved, self._end)
        minutes = np.maximum(ended - cases.opened, 0)  # less than none only where rows are damaged
        chosen = cases.is_worked
        self._add(Figure.DURATIONS, segment[chosen], minutes[chosen], is_resolved[chosen])

    def _add_billed(self, cases: _Cases, segment: Ints) -> None:
        if self._period.model is None:
            return
        chosen = (cases.billed != _NONE) & (cases.resolved != _NONE) & (cases.resolved < self._end)
        opened = cases.opened[chosen]
        ended = np.maximum(cases.resolved[chosen], opened)  # before only where rows are damaged
        if self._worked is not None:
            worked = self._worked[ended] - self._worked[opened]
        else:
            begins = day_number(self._period.first) * DAY
            worked = working_minutes(
                self._period.model.calendar,
                opened.astype(np.int64) + begins,
                ended.astype(np.int64) + begins,
            )
        self._add(Figure.BILLED, segment[chosen])
        self._add(Figure.BILLED_IN_EXCESS, segment[chosen][cases.billed[chosen] > worked])

    def _add_bunching(self, keys: Ints) -> None:
        """Add sorted cases: the customer's place, times 2³², and the minute."""
        self._add_short_gaps(keys)
        days = (keys & _MINUTES).astype(np.int32) // DAY
        who = keys >> _BITS
        starts, cases = _stretches_of((days[1:] != days[:-1]) | (who[1:] != who[:-1]), len(keys))
        who, day = who[starts], days[starts]
        shared = cases > 1
        self._add(Figure.SHARED_DAYS, self._customers.segments[who[shared]], amounts=cases[shared])
        place = self._place[day]
        inside = place >= 0
        who, day, place, cases = who[inside], day[inside], place[inside], cases[inside]
        if len(who):
            self._add_windows(who, self._week[day], place, cases)

    def _add_short_gaps(self, keys: Ints) -> None:
        # Keys of different customers lie further apart.
        later = np.flatnonzero(np.diff(keys) < _HOUR) + 1
        place = self._place[(keys[later] & _MINUTES) // DAY]
        before = self._place[(keys[later - 1] & _MINUTES) // DAY]
        later = later[(place >= 0) & (place == before)]
        self._add(Figure.SHORT_GAPS, self._customers.segments[keys[later] >> _BITS])

    def _add_windows(self, who: Ints, week: Ints, place: Ints, cases: Ints) -> None:
        """Add days with cases, in order, to gaps, weeks and numbers of cases by window."""
        starts, _ = _stretches(who * (self._windows * _WEEKS) + week)
        who, week, place, cases = (
            who[starts], week[starts], place[starts], np.add.reduceat(cases, starts),
        )  # fmt: skip
        first, weeks = _stretches(who * self._windows + place)
        own = np.add.reduceat(cases, first)
        segment = self._customers.segments[who]
        self._add(Figure.GAPS, segment[first], amounts=own - 1)
        there = self._customers.were_there(who, self._days - WINDOW_DAYS * (place + 1))
        own_of_week = np.repeat(own, weeks)
        busy = there & (own_of_week >= LEAST_CASES)
        self._add(Figure.WEEKS, segment[there], week[there], amounts=cases[there])
        self._add(
            Figure.SQUARES, segment[busy], week[busy], own_of_week[busy], amounts=cases[busy] ** 2
        )
        is_there = there[first]
        first, own = first[is_there], own[is_there]
        self._add(Figure.CUSTOMERS, segment[first], place[first], own)

    def result(self) -> dict[Figure, Counted]:
        """Return the counts, with the customers of windows who had no case."""
        hours = self._hours.rows()
        self._add(Figure.HOURS, hours.segment, hours.first_key % 24, amounts=hours.n)
        self._add(Figure.DAYS, hours.segment, hours.first_key // 24, amounts=hours.n)
        seen = self._counted[Figure.CUSTOMERS].rows()
        for place in range(self._windows):
            first = self._days - WINDOW_DAYS * (place + 1)
            there = self._customers.were_there(slice(None), first)
            segments = np.arange(len(self._period.segments))
            present = np.bincount(self._customers.segments[there], minlength=len(segments))
            of_place = seen.first_key == place
            codes, with_cases = sums_by_key(seen.segment[of_place], seen.n[of_place])
            present[codes] -= with_cases
            rest = present > 0
            self._add(
                Figure.CUSTOMERS, segments[rest], np.full(rest.sum(), place),
                np.zeros(rest.sum(), np.int64), amounts=present[rest],
            )  # fmt: skip
        return {figure: tally.rows() for figure, tally in self._counted.items()}


def _worked_so_far(calendar: Calendar, days: int) -> Ints:
    """Return the business minutes from the beginning of a run up to each minute of it."""
    first = day_number(calendar.start)
    midnights = (first + np.arange(days + 1)) * DAY
    before = working_minutes(calendar, np.full_like(midnights, midnights[0]), midnights)
    opens = minute_of_day(calendar.business_hours.opens)
    of_day = np.diff(before)[:, np.newaxis]
    worked = before[:-1, np.newaxis] + np.clip(np.arange(DAY) - opens, 0, of_day)
    _, change = clock_changes(calendar.zone, first, days)
    for day in np.flatnonzero(change):
        minutes = midnights[day] + np.arange(DAY)
        worked[day] = working_minutes(calendar, np.full_like(minutes, midnights[0]), minutes)
    return worked.reshape(-1)


def _stretches(keys: Ints) -> tuple[Ints, Ints]:
    """Where stretches of equal neighbours begin, and how long they are."""
    return _stretches_of(keys[1:] != keys[:-1], len(keys))


def _stretches_of(differ: NDArray[np.bool_], count: int) -> tuple[Ints, Ints]:
    """The same of so many rows, where it is known which ones differ from the next."""
    changes = np.flatnonzero(differ) + 1
    starts = np.concatenate([[0], changes]) if count else changes
    return starts, np.diff(np.append(starts, count))
