"""The days of a calendar, each by itself: its weekday, its clocks, the minutes that are worked.

Nothing here is compiled, so that whoever asks for a day need not load what compiles.
"""

import datetime as dt
import functools
from bisect import bisect_left
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from ..rules.days import day_number
from ..scenario.models import Calendar

#: Minutes of a day.
DAY: Final = 1440
#: A minute that no run reaches.
NO_TIME_SOON: Final = 2**40
#: What the calendar calls weekdays, Monday first.
_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MIDNIGHT: Final = dt.datetime(1970, 1, 1)

#: The days of a run and of the SLA deadlines that reach beyond it, one element a day.
#:
#: flips : minute at which the states of the day come into force
#: opens : minute of the day at which business hours begin
#: open_before : business minutes before the day, since the first of these days
#: open_guide : index of the day in which as many steps of business minutes have passed as there are
#:     days before this one (see :func:`~.days.business_deadline`)
#: passed_before : minutes that pass before the day, since the first of these days
#: changes_at : minute of the day at which clocks change; that of its end where they do not
#: change : minutes by which they are put forward
#: weekend : whether it is a Saturday or Sunday
#: holiday : whether it is one of the calendar's holidays
FIELDS: Final = [
    ("flips", "i8"),
    ("opens", "i8"),
    ("open_before", "i8"),
    ("open_guide", "i8"),
    ("passed_before", "i8"),
    ("changes_at", "i8"),
    ("change", "i8"),
    ("weekend", "?"),
    ("holiday", "?"),
]
_LAYOUT: Final = np.dtype(FIELDS, align=True)


def minute_of_day(text: str) -> int:
    """Return the minutes since midnight of a time HH:MM."""
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def working_minutes(
    calendar: Calendar, first: NDArray[np.int64], last: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the business minutes between local minutes (since 1970) of a run, pair by pair."""
    days, open_minutes = period(calendar, calendar.days + 2)
    add_up(days, open_minutes)
    start = day_number(calendar.start)
    opens = minute_of_day(calendar.business_hours.opens)
    minutes: NDArray[np.int64] = np.zeros(len(first), np.int64)
    for sign, moments in ((-1, first), (1, last)):
        index, minute = np.divmod(moments, DAY)
        day = days[index - start]
        of_day = days["open_before"][index - start + 1] - day["open_before"]
        passed = passed_since_midnight(day, minute) - passed_since_midnight(day, opens)
        minutes += sign * (day["open_before"] + np.clip(passed, 0, of_day))
    return minutes


def passed_since_midnight(
    days: NDArray[np.void], minute: NDArray[np.int64] | int
) -> NDArray[np.int64]:
    """As :func:`~.days._passed_in`, for many days at once."""
    left_out = np.minimum(minute - days["changes_at"], days["change"])
    passed: NDArray[np.int64] = minute - np.where(minute < days["changes_at"], 0, left_out)
    return passed


def period(calendar: Calendar, count: int) -> tuple[NDArray[np.void], NDArray[np.int64]]:
    """Lay out the first days of a calendar, each by itself; and their business minutes."""
    days = np.zeros(count, _LAYOUT)
    days["flips"] = NO_TIME_SOON
    days["changes_at"], days["change"] = clock_changes(
        calendar.zone, day_number(calendar.start), count
    )
    days["opens"] = minute_of_day(calendar.business_hours.opens)
    numbers = np.arange(count) + day_number(calendar.start)
    days["weekend"] = weekday_of(numbers) >= _WEEKDAYS.index("sat")
    days["holiday"] = np.isin(numbers, [day_number(holiday.date) for holiday in calendar.holidays])
    return days, _open_minutes(calendar, days)


def add_up(days: NDArray[np.void], open_minutes: NDArray[np.int64]) -> None:
    """Count the minutes, and the business minutes, that pass before each day."""
    days["passed_before"][1:] = np.cumsum(DAY - days["change"][:-1])
    days["open_before"][1:] = np.cumsum(open_minutes[:-1])


@functools.lru_cache(maxsize=64)
def clock_changes(zone: str, start: int, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return when on each of `count` days clocks change, and by how many minutes.

    Returns
    -------
    changes_at : ndarray
        First minute of the day that is left out, or the one behind those that come twice; 1440
        where clocks do not change.
    change : ndarray
        Minutes that are left out; below 0, that come twice.
    """
    time_zone = ZoneInfo(zone)
    midnights = range(start * DAY, (start + count + 1) * DAY, DAY)
    ahead = np.array([minutes_ahead(time_zone, minute) for minute in midnights])
    change = np.diff(ahead)
    changes_at = np.full(count, DAY)
    for index in np.flatnonzero(change).tolist():
        midnight = midnights[index]
        changed = _first_minute_after(time_zone, midnight, int(ahead[index]))
        changes_at[index] = changed - max(int(change[index]), 0)
    return changes_at, change


def _first_minute_after(zone: ZoneInfo, midnight: int, before: int) -> int:
    """Minute of a day at which clocks have changed that were so many minutes ahead `before`."""

    def has_changed(minute: int) -> bool:
        return minutes_ahead(zone, midnight + minute) != before

    return 1 + bisect_left(range(1, DAY + 1), True, key=has_changed)


def weekday_of(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the weekdays of day numbers, 0 for Monday."""
    weekdays: NDArray[np.int64] = (numbers + 3) % 7  # 1970-01-01 was a Thursday
    return weekdays


def minutes_ahead(zone: ZoneInfo, minute: int) -> int:
    """Return the minutes by which a zone is ahead of UTC at a local minute."""
    local = _MIDNIGHT + dt.timedelta(minutes=minute)
    return offset_minutes(local.replace(tzinfo=zone).utcoffset())


def offset_minutes(offset: dt.timedelta | None) -> int:
    """Return the minutes of an offset from UTC."""
    return int(offset.total_seconds()) // 60 if offset is not None else 0


def _open_minutes(calendar: Calendar, days: NDArray[np.void]) -> NDArray[np.int64]:
    """Return the business minutes that pass on each day."""
    hours = calendar.business_hours
    numbers = np.arange(len(days)) + day_number(calendar.start)
    is_open = np.isin(weekday_of(numbers), [_WEEKDAYS.index(day) for day in hours.days])
    if not hours.on_holidays:
        is_open &= ~days["holiday"]
    opens, closes = minute_of_day(hours.opens), minute_of_day(hours.closes)
    span = passed_since_midnight(days, closes) - passed_since_midnight(days, opens)
    minutes: NDArray[np.int64] = np.where(is_open, span, 0)
    return minutes
