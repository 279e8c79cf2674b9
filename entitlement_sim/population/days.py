"""The calendar of a run as arrays: how busy each day is, when days begin, when SLA clocks run."""

import datetime as dt
import functools
import math
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from ..compiling import int64, kernel, part, rare_part, record_type
from ..rules.days import day_number
from ..rules.lifecycle import first_minute, state_day
from ..scenario.models import Calendar, RuleSwitches
from .distributions import gamma
from .portable_math import cosine_of_turn, exp, log
from .streams import DAY_EFFECT, PORTFOLIO, Stream

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
#: busy : cumulated busyness before the day; an ordinary day counts 1
#: per_busy : days for each 1.0 of the day's own busyness
#: flips : minute at which the states of the day come into force
#: open_before : business minutes before the day, since the start of the run
DAYS: Final = record_type(
    [("busy", "f8"), ("per_busy", "f8"), ("flips", "i8"), ("open_before", "i8")]
)

#: Minutes around a moment in which a change to or from summer time matters to it.
_CHANGE: Final = 180

#: A spread between days that is as good as none.
_LEAST_SPREAD: Final = 1e-6

#: Steps of the guide a day.
_STEPS: Final = 4


def minute_of_day(text: str) -> int:
    """Return the minutes since midnight of a time HH:MM."""
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def days_of(calendar: Calendar, rules: RuleSwitches, stream: Stream) -> NDArray[np.void]:
    """Lay out the days of a run, as :data:`DAYS`; the common day effects are drawn from `stream`.

    The busyness of days beyond the run does not grow any more.
    """
    days = np.zeros(calendar.days + _SLA_DAYS, DAYS)
    busyness = np.concatenate([[0.0], np.cumsum(_busyness(calendar, stream))])
    days["busy"] = busyness[-1]
    days["busy"][: len(busyness)] = busyness
    own = np.diff(busyness)
    days["per_busy"][: len(own)] = np.divide(1.0, own, out=np.zeros_like(own), where=own > 0)
    days["flips"] = NO_TIME_SOON
    job = minute_of_day(rules.job_time)
    start, count = day_number(calendar.start), calendar.days + 1
    days["flips"][:count] = _flips(calendar.zone, job, rules.utc_midnight_mode, start, count)
    days["open_before"] = _open_before(calendar, len(days))
    return days


def guide_of(calendar: Calendar, days: NDArray[np.void]) -> NDArray[np.int64]:
    """Return, for equal steps of busyness, the day that each begins in."""
    steps = _STEPS * calendar.days
    total = days["busy"][calendar.days]
    marks = np.arange(steps + 1) * (total / steps)
    begun_in = np.searchsorted(days["busy"][: calendar.days + 1], marks, side="right") - 1
    return np.clip(begun_in, 0, calendar.days - 1).astype(np.int64)


def clock_of(calendar: Calendar) -> NDArray[np.float64]:
    """Return the minute of the day by which each 1440th of a day's cases has come.

    Shape (1442,): the ends of the day are there, and one more to look at behind the last.
    """
    return _clock_of_hours(tuple(calendar.hours))


@functools.lru_cache(maxsize=64)
def _clock_of_hours(hours: tuple[float, ...]) -> NDArray[np.float64]:
    total = math.fsum(hours)
    busy = [hour for hour in range(24) if hours[hour] > 0]
    minutes = np.empty(DAY + 2)
    place = 0
    before = 0.0  # share of the day's cases before the hour at hand
    for mark in range(DAY + 1):
        share = mark / DAY
        while place + 1 < len(busy) and share >= before + hours[busy[place]] / total:
            before += hours[busy[place]] / total
            place += 1
        within = (share - before) * total / hours[busy[place]]
        minutes[mark] = (busy[place] + min(within, 1.0)) * 60.0
    minutes[DAY + 1] = minutes[DAY]
    return minutes


def _busyness(calendar: Calendar, stream: Stream) -> NDArray[np.float64]:
    """Busyness of each day of the run, the common effects drawn from `stream`."""
    start = day_number(calendar.start)
    numbers = np.arange(start, start + calendar.days)
    weekdays = np.array(calendar.weekdays) / (math.fsum(calendar.weekdays) / 7)
    busyness = weekdays[_weekday_of(numbers)]
    for holiday in calendar.holidays:
        index = day_number(holiday.date) - start
        if 0 <= index < calendar.days:
            busyness[index] *= holiday.factor
    month, day = (int(part) for part in calendar.season.peak.split("-"))
    peak = dt.date(2000, month, day).timetuple().tm_yday - 1
    dates = numbers.astype("datetime64[D]")
    of_year = (dates - dates.astype("datetime64[Y]")).astype(np.int64)
    spread = calendar.day_spread
    swing = Swing(
        amplitude=float(calendar.season.amplitude),
        growth=float(log(1.0 + calendar.growth)) / YEAR,
        rate_shape=1.0 / (spread * spread) if spread > _LEAST_SPREAD else 0.0,
    )
    _swing(stream, swing, (of_year - peak) / YEAR, busyness)
    return busyness


class Swing(NamedTuple):
    """What moves the days of a run besides their weekdays and holidays.

    Attributes
    ----------
    amplitude : float
        Of the season, as a share of the mean.
    growth : float
        Of the logarithm, a day.
    rate_shape : float
        Of the gamma effect that all customers of a day share; 0: there is none.
    """

    amplitude: float
    growth: float
    rate_shape: float


@kernel
def _swing(
    stream: Stream, swing: Swing, turns: NDArray[np.float64], busyness: NDArray[np.float64]
) -> None:
    """Let season, growth and the effects of the day move the busyness of each day."""
    for index in range(busyness.size):
        if swing.amplitude != 0.0:
            busyness[index] *= 1.0 + swing.amplitude * cosine_of_turn(turns[index])
        if swing.growth != 0.0:
            busyness[index] *= exp(swing.growth * index)
        if swing.rate_shape != 0.0:
            effect = gamma(stream, PORTFOLIO, index, DAY_EFFECT, swing.rate_shape)
            busyness[index] *= effect / swing.rate_shape


def _weekday_of(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Weekdays of day numbers, 0 for Monday."""
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
    span = minute_of_day(calendar.business_hours.closes) - minute_of_day(
        calendar.business_hours.opens
    )
    holidays = {day_number(holiday.date) for holiday in calendar.holidays}
    numbers = np.arange(start, start + count - 1)
    weekdays = _weekday_of(numbers)
    open_weekdays = [_WEEKDAYS.index(day) for day in calendar.business_hours.days]
    is_open = np.isin(weekdays, open_weekdays) & ~np.isin(numbers, list(holidays))
    return np.concatenate([[0], np.cumsum(np.where(is_open, span, 0))])


@part
def minute_at(
    run: Any, days: NDArray[Any], guide: NDArray[np.int64], clock: NDArray[np.float64], busy: float
) -> int:
    """Minute (since 1970) by which the busyness since the start of the run has come to `busy`."""
    index = guide[int64(busy * run.guide_step)]
    while days[index + 1].busy <= busy:
        index += 1
    step = max((busy - days[index].busy) * days[index].per_busy, 0.0) * 1440.0
    place = int64(step)
    minute = clock[place] + (step - place) * (clock[place + 1] - clock[place])
    return (run.start + index) * DAY + min(int64(minute), DAY - 1)


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


@part
def _first_of_month(count: int) -> int:
    """Days from 0000-03-01 to the first day of the `count`-th month since then."""
    year = count // 12
    month = count - year * 12
    return 365 * year + year // 4 - year // 100 + year // 400 + (153 * month + 2) // 5
