"""The calendar of a run as arrays: when the states of days come into force, when SLA clocks run."""

import datetime as dt
import functools
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from ..compiling import part, rare_part, record_type
from ..rules.days import day_number
from ..rules.lifecycle import first_minute, state_day
from ..scenario.models import Calendar, RuleSwitches, ScenarioModel

#: Minutes of a day.
DAY: Final = 1440
#: A minute that no run reaches.
NO_TIME_SOON: Final = 2**40
#: Days of a mean year, for rates a year.
YEAR: Final = 365.25

_MIDNIGHT: Final = dt.datetime(1970, 1, 1)
_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SLA_DAYS: Final = 3700  # how far beyond the run an SLA may reach


#: The days of a run and of the SLA deadlines that reach beyond it, one element a day.
#:
#: flips : minute at which the states of the day come into force
#: open_before : business minutes before the day, since the start of the run or of its past
DAYS: Final = record_type([("flips", "i8"), ("open_before", "i8")])

#: Minutes around a moment in which a change to or from summer time matters to it.
_CHANGE: Final = 180


def minute_of_day(text: str) -> int:
    """Return the minutes since midnight of a time HH:MM."""
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def days_of(
    calendar: Calendar, rules: RuleSwitches, past: ScenarioModel | None = None
) -> NDArray[np.void]:
    """Lay out the days of a run, as :data:`DAYS`; those of its past come first."""
    days = np.zeros(calendar.days + _SLA_DAYS, DAYS)
    days["flips"] = NO_TIME_SOON
    job = minute_of_day(rules.job_time)
    start, count = day_number(calendar.start), calendar.days + 1
    days["flips"][:count] = _flips(calendar.zone, job, rules.utc_midnight_mode, start, count)
    days["open_before"] = _open_before(calendar, len(days))
    if past is None:
        return days
    earlier = days_of(past.calendar, past.rules)[: past.calendar.days + 1]
    days["open_before"] += earlier["open_before"][-1]
    return np.concatenate([earlier[:-1], days])


def weekday_of(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the weekdays of day numbers, 0 for Monday."""
    weekdays: NDArray[np.int64] = (numbers + 3) % 7  # 1970-01-01 was a Thursday
    return weekdays


@functools.lru_cache(maxsize=64)
def _flips(zone: str, job: int, utc: bool, start: int, count: int) -> NDArray[np.int64]:
    """Minutes at which the state job moves on to each of `count` days (question Q15)."""
    time_zone = ZoneInfo(zone)
    days = np.arange(start - 1, start + count + 1)
    runs_at = (_MIDNIGHT + dt.timedelta(minutes=job)).replace(tzinfo=dt.UTC)
    ahead = np.array(
        [
            _minutes((runs_at + dt.timedelta(days=day)).astimezone(time_zone).utcoffset())
            for day in days.tolist()
        ]
    )
    flips = np.array(
        [
            first_minute(day, offset, utc, job)
            for day, offset in zip(days.tolist(), ahead.tolist(), strict=True)
        ]
    )
    changes = np.flatnonzero(np.diff(ahead))
    for index in {int(day) for change in changes for day in (change, change + 1)}:
        # Summer time begins or ends about then. Local time is all that a run knows: an hour that
        # comes twice is taken for its first coming.
        minute = int(flips[index]) - _CHANGE
        while state_day(minute, _minutes_ahead(time_zone, minute), utc, job) < days[index]:
            minute += 1
        flips[index] = minute
    return flips[1:-1]


def _minutes_ahead(zone: ZoneInfo, minute: int) -> int:
    """Minutes by which a zone is ahead of UTC at a local minute."""
    local = _MIDNIGHT + dt.timedelta(minutes=minute)
    return _minutes(local.replace(tzinfo=zone).utcoffset())


def _minutes(offset: dt.timedelta | None) -> int:
    return int(offset.total_seconds()) // 60 if offset is not None else 0


def _open_before(calendar: Calendar, count: int) -> NDArray[np.int64]:
    start = day_number(calendar.start)
    hours = calendar.business_hours
    span = minute_of_day(hours.closes) - minute_of_day(hours.opens)
    holidays = (
        set() if hours.on_holidays else {day_number(holiday.date) for holiday in calendar.holidays}
    )
    numbers = np.arange(start, start + count - 1)
    weekdays = weekday_of(numbers)
    open_weekdays = [_WEEKDAYS.index(day) for day in hours.days]
    is_open = np.isin(weekdays, open_weekdays) & ~np.isin(numbers, list(holidays))
    return np.concatenate([[0], np.cumsum(np.where(is_open, span, 0))])


@rare_part
def business_deadline(run: Any, days: NDArray[Any], minute: int, span: int) -> int:
    """Minute at which `span` business minutes have passed since `minute`.

    The clock stands still outside business hours; a deadline that falls on closing time stays
    there. None is further away than the days that were laid out.
    """
    day = minute // DAY - run.start
    last = days.shape[0] - 2
    of_day = days[day + 1].open_before - days[day].open_before
    passed = min(max(minute % DAY - run.opens, 0), of_day)
    target = days[day].open_before + passed + span
    if target > days[last + 1].open_before:
        return (run.start + last + 1) * DAY
    low = day
    high = last
    while low < high:
        middle = (low + high) // 2
        if days[middle + 1].open_before >= target:
            high = middle
        else:
            low = middle + 1
    return (run.start + low) * DAY + run.opens + target - days[low].open_before


@rare_part
def months_later(day: int, months: int) -> int:
    """Day number of the same day of the month, `months` later; the month's last day if shorter.

    Days and years are counted from 1 March, so that the leap day comes last.
    """
    shifted = day + 719_468  # days since 0000-03-01
    era = shifted // 146_097
    of_era = shifted - era * 146_097
    year = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    month = (5 * of_year + 2) // 153
    of_month = of_year - (153 * month + 2) // 5
    count = (era * 400 + year) * 12 + month + months
    first = _first_of_month(count)
    return min(first + of_month, _first_of_month(count + 1) - 1) - 719_468


def months_between(days: NDArray[np.int64], last: int) -> NDArray[np.int64]:
    """Return the most months after which each of some days has its day of the month by `last`.

    It is the inverse of :func:`months_later`, for days up to `last`.
    """
    dates = days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    end = np.datetime64(last, "D")
    end_month = end.astype("datetime64[M]")
    length = ((end_month + 1).astype("datetime64[D]") - end_month.astype("datetime64[D]")).astype(
        np.int64
    )
    of_month = np.minimum((dates - months.astype("datetime64[D]")).astype(np.int64), length - 1)
    of_end = (end - end_month.astype("datetime64[D]")).astype(np.int64)
    between: NDArray[np.int64] = (end_month - months).astype(np.int64) - (of_month > of_end)
    return between


@part
def _first_of_month(count: int) -> int:
    """Days from 0000-03-01 to the first day of the `count`-th month since then."""
    year = count // 12
    month = count - year * 12
    return 365 * year + year // 4 - year // 100 + year // 400 + (153 * month + 2) // 5
