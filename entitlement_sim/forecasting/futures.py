"""Futures of a book: its customers going on, replication by replication, with those to come."""

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..compiling import quiet_compilation
from ..engine.going_on import Became, Standing, live_on
from ..engine.sums import Offerings, stacked
from ..population.days import YEAR
from ..population.inflow import joins_per_year
from ..population.plan import JOINS_OVER, Plan, at_levels, plan
from ..replay.standing import Stood
from ..scenario.models import ScenarioModel
from .levels import LevelNow
from .rates import new_prospects, on_days

#: Called with the replications that are done and all of them.
Progress = Callable[[int, int], None]

#: Ordinals of customers who are to join: behind those of any book.
_TO_COME = 1 << 28


class GoingBy(NamedTuple):
    """By what customers go on.

    Attributes
    ----------
    model : ScenarioModel
    prospects : ndarray of PROSPECTS
        Of the customers that stand, in their order.
    level : LevelNow
    grown : float
        By which factor cases have grown since the first day of the scenario.
    joins : ndarray of float, shape (segments, days)
        Mean customers that join on each day to come.
    """

    model: ScenarioModel
    prospects: NDArray[Any]
    level: LevelNow
    grown: float
    joins: NDArray[np.float64]


@dataclass(frozen=True)
class Beginning:
    """Where futures begin.

    Attributes
    ----------
    by : GoingBy
        What customers most likely go on by.
    drawn : tuple of GoingBy
        What else they may go on by, which replications take in turns; none where it is known.
    offsets : mapping of str to float
        Log-odds by which renewals are recentred.
    stood : Stood
    entitlements : int
        How many the history has.
    first, days, seed : int
    """

    by: GoingBy
    drawn: tuple[GoingBy, ...]
    offsets: dict[str, float]
    stood: Stood
    entitlements: int
    first: int
    days: int
    seed: int

    def by_of(self, number: int) -> GoingBy:
        """Return by what customers go on in a replication."""
        return self.drawn[number % len(self.drawn)] if self.drawn else self.by


class Lived(NamedTuple):
    """What one replication comes to: sums by month, and what became of the entitlements."""

    by_month: NDArray[np.int64]
    became: Became


def joins_to_come(
    model: ScenarioModel, base: ScenarioModel, begins: int, first: int, days: int
) -> NDArray[np.float64]:
    """Return how many customers of each segment join on each day to come, on the average."""
    joins = np.zeros((len(model.segments), days))
    if model.history is not None:
        yearly = joins_per_year(model, base)
        for number, name in enumerate(model.segments):
            joins[number] = yearly.get(name, 0.0) / YEAR
        return joins
    since = np.arange(first, first + days) - begins
    for number, segment in enumerate(model.segments.values()):
        over = segment.joins.over_days or JOINS_OVER
        if segment.joins.at_start < 1.0:
            joins[number, since < over] = segment.customers * (1 - segment.joins.at_start) / over
    return joins


def futures_of(
    beginning: Beginning, replications: int, progress: Progress | None = None
) -> Iterator[Lived]:
    """Let a book go on, replication by replication; several at a time, and in order.

    Parameters
    ----------
    beginning : Beginning
    replications : int
    progress : callable, optional
        Called with the replications that are done and all of them.

    Raises
    ------
    OverflowError
        A sum is too large.
    """
    with quiet_compilation():  # of no customers at all: compiles, or loads what was compiled
        nobody = _nobody(beginning.stood.standing)
        planned = _plan_of(beginning, 0, np.random.default_rng(0))
        live_on(planned, _offerings(planned, beginning), nobody, beginning.by.prospects[:0], 0)
    threads = os.cpu_count() or 1
    pool = ThreadPoolExecutor(threads)
    running: deque[Future[Lived]] = deque()
    try:
        waiting = iter(range(replications))
        for number in waiting:
            running.append(pool.submit(_live, beginning, number))
            if len(running) > threads:
                break
        done = 0
        while running:
            lived = running.popleft().result()
            following = next(waiting, None)
            if following is not None:
                running.append(pool.submit(_live, beginning, following))
            done += 1
            if progress is not None:
                progress(done, replications)
            yield lived
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _nobody(standing: Standing) -> Standing:
    return Standing(standing.tables, standing.begins[:1], standing.customers[:0])


def _live(beginning: Beginning, number: int) -> Lived:
    rng = np.random.default_rng([beginning.seed, number])
    planned = _plan_of(beginning, number, rng)
    by = beginning.by_of(number)
    prospects = np.concatenate([by.prospects, _newcomers(by, beginning.first, rng)])
    sums, became = live_on(
        planned,
        _offerings(planned, beginning),
        beginning.stood.standing,
        prospects,
        beginning.entitlements,
    )
    return Lived(sums.by_month, became)


def _plan_of(beginning: Beginning, number: int, rng: np.random.Generator) -> Plan:
    """Return the plan of a replication: its days, its level, its incidents."""
    by = beginning.by_of(number)
    model = on_days(by.model, beginning.first, beginning.days)
    level = model.calendar.level.model_copy(update={"sd": 0.0})
    calendar = model.calendar.model_copy(update={"level": level})
    model = model.model_copy(update={"calendar": calendar})
    planned = plan(model, beginning.seed, number, None, beginning.offsets)
    planned.run["renews_turned"] = False
    factors = by.level.factors(beginning.days, rng) * by.grown
    return at_levels(planned, factors)


def _offerings(planned: Plan, beginning: Beginning) -> Offerings:
    stood = beginning.stood
    own = (planned.run, stood.templates, stood.lists)
    return stacked([own, own])


def _newcomers(by: GoingBy, first: int, rng: np.random.Generator) -> NDArray[Any]:
    counts = rng.poisson(by.joins)
    segments, days = np.nonzero(counts)
    many = counts[segments, days]
    segments, days = np.repeat(segments, many), np.repeat(days, many)
    prospects = new_prospects(by.model, segments)
    prospects["joined"] = first + days
    prospects["ordinal"] = _TO_COME + np.arange(len(segments))
    return prospects
