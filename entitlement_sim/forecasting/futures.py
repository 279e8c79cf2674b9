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


@dataclass(frozen=True)
class Beginning:
    """Where futures begin.

    Attributes
    ----------
    model, base : ScenarioModel
        By which customers go on; the scenario before its overrides.
    offsets : mapping of str to float
        Log-odds by which renewals are recentred.
    stood : Stood
    prospects : ndarray of PROSPECTS
        Of the customers that stand, in their order.
    entitlements : int
        How many the history has.
    level : LevelNow
    grown : float
        By which factor cases have grown since the first day of the scenario.
    joins : ndarray of float, shape (segments, days)
        Mean customers that join on each day to come.
    first, days, seed : int
    """

    model: ScenarioModel
    base: ScenarioModel
    offsets: dict[str, float]
    stood: Stood
    prospects: NDArray[Any]
    entitlements: int
    level: LevelNow
    grown: float
    joins: NDArray[np.float64]
    first: int
    days: int
    seed: int


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
        live_on(planned, _offerings(planned, beginning), nobody, beginning.prospects[:0], 0)
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
    prospects = np.concatenate([beginning.prospects, _newcomers(beginning, rng)])
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
    model = on_days(beginning.model, beginning.first, beginning.days)
    level = model.calendar.level.model_copy(update={"sd": 0.0})
    calendar = model.calendar.model_copy(update={"level": level})
    model = model.model_copy(update={"calendar": calendar})
    planned = plan(model, beginning.seed, number, None, beginning.offsets)
    planned.run["renews_turned"] = False
    factors = beginning.level.factors(beginning.days, rng) * beginning.grown
    return at_levels(planned, factors)


def _offerings(planned: Plan, beginning: Beginning) -> Offerings:
    stood = beginning.stood
    own = (planned.run, stood.templates, stood.lists)
    return stacked([own, own])


def _newcomers(beginning: Beginning, rng: np.random.Generator) -> NDArray[Any]:
    counts = rng.poisson(beginning.joins)
    segments, days = np.nonzero(counts)
    many = counts[segments, days]
    segments, days = np.repeat(segments, many), np.repeat(days, many)
    prospects = new_prospects(beginning.model, segments)
    prospects["joined"] = beginning.first + days
    prospects["ordinal"] = _TO_COME + np.arange(len(segments))
    return prospects
