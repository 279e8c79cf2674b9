"""At which minutes of a day cases come, also where clocks change or opening hours have changed."""

import functools
import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..rules.days import day_number
from ..scenario.models import Calendar
from .calendar_days import DAY, clock_changes


class Clocks(NamedTuple):
    """At which minutes of a day its cases come: on ordinary days, and on those when clocks change.

    Attributes
    ----------
    minutes : ndarray of float64, shape (rows, 1442)
        Minute of the day by which each 1440th of its cases has come: the ends of the day are there,
        and one more to look at behind the last.
    left_out : ndarray of int64, shape (rows, 2)
        First minute that does not exist, and the one behind the last.
    shares : ndarray of float64, shape (rows,)
        Cases of such a day against those of an ordinary one.
    rows : ndarray of int64, shape (days,)
        Which row each day has, those of the past first: 0 on ordinary days of the run.
    """

    minutes: NDArray[np.float64]
    left_out: NDArray[np.int64]
    shares: NDArray[np.float64]
    rows: NDArray[np.int64]


def clocks_of(calendar: Calendar, past: Calendar | None = None) -> Clocks:
    """Lay out when on the days of a run, and of the past before it, cases come.

    The same calendars have the same clocks, arrays and all: nobody writes into them.
    """
    periods = (calendar,) if past is None else (past, calendar)
    return _clocks_of(
        tuple(
            (tuple(each.hours), each.zone, day_number(each.start), each.days) for each in periods
        ),
        tuple(calendar.hours),
    )


@functools.lru_cache(maxsize=16)
def _clocks_of(
    periods: tuple[tuple[tuple[float, ...], str, int, int], ...], ordinary: tuple[float, ...]
) -> Clocks:
    kinds = {(ordinary, DAY, 0): 0}
    rows: list[int] = []
    for hours, zone, start, days in periods:
        changes = clock_changes(zone, start, days)
        for at, change in zip(*(of_days.tolist() for of_days in changes), strict=True):
            rows.append(kinds.setdefault((hours, at, change), len(kinds)))
    clocks = [
        (_clock_of_hours(hours), 1.0) if change == 0 else _clock_of_change(hours, at, change)
        for hours, at, change in kinds
    ]
    left_out = [(at, at + max(change, 0)) for _, at, change in kinds]
    minutes, shares = zip(*clocks, strict=True)
    return Clocks(np.array(minutes), np.array(left_out), np.array(shares), np.array(rows))


@functools.lru_cache(maxsize=64)
def _clock_of_change(
    hours: tuple[float, ...], at: int, change: int
) -> tuple[NDArray[np.float64], float]:
    """Return the clock of a day on which clocks change, and its cases against an ordinary day's."""
    rate = np.repeat(np.array(hours), 60)
    rate[at : at + max(change, 0)] = 0.0
    rate[max(at + min(change, 0), 0) : at] *= 2.0 if change < 0 else 1.0
    until = np.concatenate([[0.0], np.cumsum(rate)])
    if until[-1] <= 0.0:
        return _clock_of_hours(hours), 0.0
    marks = np.arange(DAY + 1) * (until[-1] / DAY)
    minutes = np.interp(marks, until, np.arange(DAY + 1.0))
    return np.append(minutes, minutes[-1]), float(until[-1]) / (math.fsum(hours) * 60.0)


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
