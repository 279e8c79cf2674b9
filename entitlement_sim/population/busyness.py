"""How busy the days of a run are, and at which minute so much busyness has passed.

Cases come as a Poisson process in the time that busyness measures: an ordinary day counts 1.
"""

import datetime as dt
import math
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..compiling import int64, kernel, part, record_type
from ..rules.days import day_number
from ..scenario.models import Calendar, ScenarioModel, Step
from ..scenario.paths import CALENDAR, LEVEL
from .calendar_days import DAY, weekday_of
from .clocks import Clocks, clocks_of
from .days import YEAR
from .distributions import gamma
from .portable_math import coarse_normal_quantile, cosine_of_turn, exp, log
from .streams import DAY_EFFECT, LEVEL_WEEK, Stream, draw, unit

#: Busyness of one day, of the days before it, and what one more day would be.
#:
#: busy : busyness from the first day of the run to the day, below zero in its past
#: per_busy : days for each 1.0 of the day's own busyness
#: clock : row of :class:`Clocks` that says at which minutes the day's cases come
BUSY: Final = record_type([("busy", "f8"), ("per_busy", "f8"), ("clock", "i8")])

#: A spread between days that is as good as none.
_LEAST_SPREAD: Final = 1e-6

#: Steps of the guide a day.
_STEPS: Final = 4

#: Weeks over which the level of a week is summed.
_LEVEL_WEEKS: Final = 104


class Busyness(NamedTuple):
    """How busy the days are, for segments that have the same breaks in their level.

    Attributes
    ----------
    busy : ndarray of BUSY, shape (kinds, days + 1)
    guide : ndarray of int64, shape (kinds, steps + 1)
        Day in which each step of busyness begins.
    kinds : list of int
        Which kind each segment is.
    clocks : Clocks
        At which minutes of the days cases come.
    """

    busy: NDArray[np.void]
    guide: NDArray[np.int64]
    kinds: list[int]
    clocks: Clocks


def busyness_of(
    model: ScenarioModel, stream: Stream, past: ScenarioModel | None = None
) -> Busyness:
    """Lay out the busyness of a scenario's days; what is drawn of it comes from `stream`.

    The days of its past come first. Busyness is counted from the first day of the run on and back,
    so that no day's depends on how long the past is.
    """
    periods = [model.calendar] if past is None else [past.calendar, model.calendar]
    common = [_common(calendar, stream, day_number(model.calendar.start)) for calendar in periods]
    breaks = [
        tuple(
            tuple(step for step in calendar.level.steps if step.segment in (None, name))
            for calendar in periods
        )
        for name in model.segments
    ]
    different = list(dict.fromkeys(breaks))
    earlier = 0 if past is None else past.calendar.days
    clocks = clocks_of(model.calendar, None if past is None else past.calendar)
    changing = clocks.shares[clocks.rows]
    busy = np.array(
        [
            _laid_out(
                changing
                * np.concatenate(
                    [
                        _broken(calendar, days, own)
                        for calendar, days, own in zip(periods, common, steps, strict=True)
                    ]
                ),
                earlier,
            )
            for steps in different
        ],
        BUSY,
    )
    busy["clock"][:, :-1] = clocks.rows
    guide = np.array([_guide(own["busy"]) for own in busy])
    return Busyness(busy, guide, [different.index(steps) for steps in breaks], clocks)


def _broken(
    calendar: Calendar, common: NDArray[np.float64], steps: Sequence[Step]
) -> NDArray[np.float64]:
    busyness = common.copy()
    for step in steps:
        first = day_number(step.date) - day_number(calendar.start)
        busyness[max(first, 0) :] *= step.factor
    return busyness


def _laid_out(busyness: NDArray[np.float64], earlier: int) -> NDArray[np.void]:
    days = np.zeros(len(busyness) + 1, BUSY)
    days["busy"][earlier + 1 :] = np.cumsum(busyness[earlier:])
    days["busy"][:earlier] = -np.cumsum(busyness[:earlier][::-1])[::-1]
    own = np.diff(days["busy"])
    days["per_busy"][:-1] = np.divide(1.0, own, out=np.zeros_like(own), where=own > 0)
    return days


def _guide(busy: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return, for equal steps of busyness, the day that each begins in."""
    days = len(busy) - 1
    steps = _STEPS * days
    marks = busy[0] + np.arange(steps + 1) * ((busy[-1] - busy[0]) / steps)
    begun_in = np.searchsorted(busy, marks, side="right") - 1
    return np.clip(begun_in, 0, days - 1).astype(np.int64)


def _common(calendar: Calendar, stream: Stream, grows_from: int) -> NDArray[np.float64]:
    """Busyness of each day of a calendar for all segments alike; growth counts from some day."""
    start = day_number(calendar.start)
    numbers = np.arange(start, start + calendar.days)
    weekdays = np.array(calendar.weekdays) / (math.fsum(calendar.weekdays) / 7)
    busyness = weekdays[weekday_of(numbers)]
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
        grows_from=grows_from,
    )
    _swing(stream, stream.key(CALENDAR), swing, start, (of_year - peak) / YEAR, busyness)
    if calendar.level.sd > 0.0:
        weeks = _week_of(numbers)
        levels = np.empty(weeks[-1] - weeks[0] + 1)
        innovations = np.empty(len(levels) + _LEVEL_WEEKS - 1)
        stays = float(exp(-float(log(2.0)) * 7.0 / calendar.level.half_life_days))
        sd = calendar.level.sd
        _wander(stream, stream.key(LEVEL), int(weeks[0]), stays, sd, innovations, levels)
        busyness *= levels[weeks - weeks[0]]
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
    grows_from : int
        Day from which growth counts.
    """

    amplitude: float
    growth: float
    rate_shape: float
    grows_from: int


@kernel
def _swing(
    stream: Stream,
    key: np.uint64,
    swing: Swing,
    start: int,
    turns: NDArray[np.float64],
    busyness: NDArray[np.float64],
) -> None:
    """Let season, growth and the effects of the day move the busyness of each day from `start`."""
    for index in range(busyness.size):
        if swing.amplitude != 0.0:
            busyness[index] *= 1.0 + swing.amplitude * cosine_of_turn(turns[index])
        if swing.growth != 0.0:
            busyness[index] *= exp(swing.growth * (start + index - swing.grows_from))
        if swing.rate_shape != 0.0:
            effect = gamma(stream, key, start + index, DAY_EFFECT, swing.rate_shape)
            busyness[index] *= effect / swing.rate_shape


@kernel
def _wander(
    stream: Stream,
    key: np.uint64,
    first: int,
    stays: float,
    sd: float,
    innovations: NDArray[np.float64],
    levels: NDArray[np.float64],
) -> None:
    """Draw the level of each calendar week from the `first` on: a log-normal factor of mean 1.

    Its logarithm is a sum of the innovations of the last weeks, each of which counts `stays` times
    as much as the one after it. So it needs no beginning: a week has its level wherever a run
    starts.
    """
    weeks = innovations.size - levels.size + 1
    for week in range(innovations.size):
        words = draw(stream, key, first - weeks + 1 + week, LEVEL_WEEK, 0)
        innovations[week] = coarse_normal_quantile(unit(words[0]))
    squares = 0.0
    weight = 1.0
    for _ in range(weeks):
        squares += weight * weight
        weight *= stays
    scale = sd / np.sqrt(squares)
    for week in range(levels.size):
        total = 0.0
        for earlier in range(weeks):  # the oldest first
            total = total * stays + innovations[week + earlier]
        levels[week] = exp(total * scale - sd * sd / 2.0)


def _week_of(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the calendar weeks of day numbers, Monday to Sunday."""
    weeks: NDArray[np.int64] = (numbers + 3) // 7
    return weeks


@part
def minute_at(
    start: int,
    segment: Any,
    days: NDArray[Any],
    guide: NDArray[np.int64],
    clock: NDArray[np.float64],
    left_out: NDArray[np.int64],
    busy: float,
) -> int:
    """Minute (since 1970) by which busyness has come to `busy`, where the days begin with `start`.

    `days` and `guide` are those of all kinds, of which the segment has one; `clock` and `left_out`
    those of :class:`Clocks`.
    """
    kind = segment.busyness
    index = guide[kind, int64((busy - days[kind, 0].busy) * segment.guide_step)]
    while days[kind, index + 1].busy <= busy:
        index += 1
    while days[kind, index].busy > busy:  # where the guide was rounded up
        index -= 1
    day = days[kind, index]
    step = (busy - day.busy) * day.per_busy * 1440.0
    place = int64(step)
    before = clock[day.clock, place]
    minute = int64(before + (step - place) * (clock[day.clock, place + 1] - before))
    if day.clock > 0 and left_out[day.clock, 0] <= minute < left_out[day.clock, 1]:
        # What lies between two points of the clock; where the day ends so, it comes before.
        behind = left_out[day.clock, 1]
        minute = behind if behind < DAY else left_out[day.clock, 0] - 1
    return (start + index) * DAY + min(minute, DAY - 1)


def relaid(
    busy: NDArray[np.void], factors: NDArray[np.float64]
) -> tuple[NDArray[np.void], NDArray[np.int64]]:
    """Return busyness, and its guide, whose days are busier or quieter by factors.

    Parameters
    ----------
    busy : ndarray of BUSY, shape (kinds, days + 1)
        Without days before the first one of the run.
    factors : ndarray of float, shape (days,)
    """
    own = np.diff(busy["busy"], axis=1) * factors
    laid = np.array([_laid_out(days, 0) for days in own], BUSY)
    laid["clock"] = busy["clock"]
    return laid, np.array([_guide(days["busy"]) for days in laid])
