"""The calendar of a run as arrays: when days begin, which minutes pass, which are worked.

Times are local ones. Where clocks change, a day has fewer or more minutes than others: what lasts
so long, and what is promised within so long, is reckoned in minutes that pass.
"""

import datetime as dt
import functools
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from ..compiling import part, rare_part, record_type
from ..rules.days import day_number, first_of_month, month_and_day, months_later
from ..rules.lifecycle import first_minute, state_day
from ..scenario.models import Calendar, RuleSwitches, ScenarioModel
from .calendar_days import (
    DAY,
    FIELDS,
    add_up,
    minute_of_day,
    minutes_ahead,
    offset_minutes,
    period,
)

part(month_and_day)
part(first_of_month)
rare_part(months_later)

#: Days of a mean year, for rates a year.
YEAR: Final = 365.25

_MIDNIGHT: Final = dt.datetime(1970, 1, 1)
_SLA_DAYS: Final = 3700  # how far beyond the run an SLA may reach


#: The days of a run and of the SLA deadlines that reach beyond it, as compiled code takes them.
DAYS: Final = record_type(FIELDS)

#: Minutes around a moment in which a change to or from summer time matters to it.
_CHANGE: Final = 180


def days_of(
    calendar: Calendar, rules: RuleSwitches, past: ScenarioModel | None = None
) -> NDArray[np.void]:
    """Lay out the days of a run, as :data:`DAYS`; those of its past come first."""
    days, open_minutes = period(calendar, calendar.days + _SLA_DAYS)
    _let_states_flip(calendar, rules, days)
    if past is not None:
        earlier, earlier_open = period(past.calendar, past.calendar.days)
        _let_states_flip(past.calendar, past.rules, earlier)
        days = np.concatenate([earlier, days])
        open_minutes = np.concatenate([earlier_open, open_minutes])
    add_up(days, open_minutes)
    steps = np.arange(len(days)) * _open_step(days["open_before"][-1], len(days))
    within = np.searchsorted(days["open_before"][1:], steps)
    days["open_guide"] = np.minimum(within, len(days) - 1)
    return days.view(DAYS)


def _let_states_flip(calendar: Calendar, rules: RuleSwitches, days: NDArray[np.void]) -> None:
    """Lay out when the states of a calendar's days come into force."""
    job = minute_of_day(rules.job_time)
    start, count = day_number(calendar.start), min(calendar.days + 1, len(days))
    days["flips"][:count] = _flips(calendar.zone, job, rules.utc_midnight_mode, start, count)


@functools.lru_cache(maxsize=64)
def _flips(zone: str, job: int, utc: bool, start: int, count: int) -> NDArray[np.int64]:
    """Minutes at which the state job moves on to each of `count` days (question Q15)."""
    time_zone = ZoneInfo(zone)
    days = np.arange(start - 1, start + count + 1)
    runs_at = (_MIDNIGHT + dt.timedelta(minutes=job)).replace(tzinfo=dt.UTC)
    ahead = np.array(
        [
            offset_minutes((runs_at + dt.timedelta(days=day)).astimezone(time_zone).utcoffset())
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
        while state_day(minute, minutes_ahead(time_zone, minute), utc, job) < days[index]:
            minute += 1
        flips[index] = minute
    return flips[1:-1]


@part
def _passed_in(day: Any, minute: int) -> int:
    """Minutes that pass from the beginning of a day to its local `minute`."""
    if minute < day.changes_at:
        return minute
    return minute - min(minute - day.changes_at, day.change)


@part
def _minute_in(day: Any, passed: int) -> int:
    """Minute of a day at which so many have passed.

    An hour that comes twice is taken for its first coming: the second one is its end.
    """
    if passed < day.changes_at:
        return passed
    return max(passed + day.change, day.changes_at)


@rare_part
def later(run: Any, days: NDArray[Any], minute: int, span: int) -> int:
    """Local minute at which `span` minutes have passed since a local `minute`."""
    last = days.shape[0] - 1
    day = min(minute // DAY - run.start, last)
    rest = minute - (run.start + day) * DAY
    passed = days[day].passed_before + _passed_in(days[day], rest) + span
    day = min(day + (rest + span) // DAY, last)
    while day < last and days[day + 1].passed_before <= passed:
        day += 1
    while days[day].passed_before > passed:
        day -= 1
    return (run.start + day) * DAY + _minute_in(days[day], passed - days[day].passed_before)


@rare_part
def opened_by(run: Any, days: NDArray[Any], minute: int) -> int:
    """Business minutes from the first of the days to a local `minute`."""
    day = min(minute // DAY - run.start, days.shape[0] - 2)
    of_day = days[day + 1].open_before - days[day].open_before
    rest = minute - (run.start + day) * DAY
    passed = _passed_in(days[day], rest) - _passed_in(days[day], days[day].opens)
    return days[day].open_before + min(max(passed, 0), of_day)


@rare_part
def is_open(run: Any, days: NDArray[Any], minute: int) -> bool:
    """Whether business hours run at a local minute."""
    day = min(minute // DAY - run.start, days.shape[0] - 2)
    of_day = days[day + 1].open_before - days[day].open_before
    rest = minute - (run.start + day) * DAY
    passed = _passed_in(days[day], rest) - _passed_in(days[day], days[day].opens)
    return 0 <= passed < of_day


@rare_part
def business_deadline(run: Any, days: NDArray[Any], minute: int, span: int) -> int:
    """Local minute at which `span` business minutes have passed since a local `minute`.

    The clock stands still outside business hours; a deadline that falls on closing time stays
    there. None is further away than the days that were laid out.
    """
    last = days.shape[0] - 1
    if minute // DAY - run.start >= last:
        return minute + span
    target = opened_by(run, days, minute) + span
    if target > days[last].open_before:
        return (run.start + last) * DAY
    day = days[target // _open_step(days[last].open_before, last + 1)].open_guide
    while days[day + 1].open_before < target:
        day += 1
    passed = _passed_in(days[day], days[day].opens) + target - days[day].open_before
    return (run.start + day) * DAY + _minute_in(days[day], passed)


@part
def _open_step(minutes: int, days: int) -> int:
    """Business minutes of a step of the guide: there are as many steps as days, or fewer."""
    return minutes // days + 1


@rare_part
def next_date(day: int, month: int, of_month: int) -> int:
    """First day from `day` on with this month (1 to 12) and day of the month, which each year has.

    Examples
    --------
    >>> next_date(20_119, 1, 30)  # from 2025-01-31 on: 2026-01-30
    20483
    """
    count, _ = month_and_day(day)
    from_march = (month + 9) % 12
    date = first_of_month(count // 12 * 12 + from_march) + of_month - 1 - 719_468
    if date < day:
        date = months_later(date, 12)
    return date


def whole_months(first: int, following: int) -> int:
    """Return how many months after a day another one comes; 0 where these are no whole months."""
    months = int(months_between(np.array([first]), np.array([following]))[0])
    return next((n for n in (months, months + 1) if months_later(first, n) == following), 0)


def months_between(days: NDArray[np.int64], last: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the most months after which each of some days has its day of the month by `last`.

    It is the inverse of :func:`months_later`, for days up to `last`.
    """
    dates = days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    end = last.astype("datetime64[D]")
    end_month = end.astype("datetime64[M]")
    length = ((end_month + 1).astype("datetime64[D]") - end_month.astype("datetime64[D]")).astype(
        np.int64
    )
    of_month = np.minimum((dates - months.astype("datetime64[D]")).astype(np.int64), length - 1)
    of_end = (end - end_month.astype("datetime64[D]")).astype(np.int64)
    between: NDArray[np.int64] = (end_month - months).astype(np.int64) - (of_month > of_end)
    return between
