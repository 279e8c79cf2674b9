"""Who joins when, where a business has a past: a Poisson process with a rate that follows.

A segment says how many of its customers hold an active contract on the first day, in expectation.
How many join a year follows from that by closed form, from what customers would do if nothing moved
them: what they buy, for how long, how they lean to renewing. It never looks at outcomes, and it is
that of the base scenario, so that offerings that are compared meet the same people.

Before the first day the rate is ``joins * (1 + growth) ** years`` (years below zero); from then on
it stays. A customer is known by its ordinal: from the first day on 0, 1, 2 and so on, before it -1,
-2 and so on, counted backwards. Each gap is an exponential draw of the customer at its far end, so
a longer run, or a longer past, only adds customers at an end.
"""

import functools
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..compiling import int64, kernel, part
from ..rules.days import day_number
from ..scenario.models import DayRange, Inclination, ScenarioModel, Segment, Term
from .days import YEAR, months_between, whole_months
from .inclinations import chances_to_renew
from .portable_math import log
from .streams import JOINING, draw, unit

#: Points at which a beta distribution is looked at.
_POINTS: Final = 96

#: Digits of the number that joins a year: fewer than machines agree on.
_DIGITS: Final = 9

#: A customer who joined longer ago than any past is long.
_LONG_AGO: Final = 1e9


# ------------------------------------------------------------------------- how many a year


def joins_per_year(model: ScenarioModel, base: ScenarioModel) -> dict[str, float]:
    """Return how many customers of each segment join a year from the first day on.

    Parameters
    ----------
    model : ScenarioModel
        A scenario with a past.
    base : ScenarioModel
        The same before its overrides, where it has a past and the segment, too: another number of
        customers scales the inflow, and nothing else changes it.

    Returns
    -------
    dict of float
        By segment, with nine significant digits; empty where there is no past.
    """
    if model.history is None:
        return {}
    joins: dict[str, float] = {}
    for name, segment in model.segments.items():
        written = base.segments.get(name)
        frozen = base.history is not None and written is not None and written.customers > 0
        source = base if frozen else model
        joins[name] = 0.0
        if segment.customers > 0:
            yearly = source.segments[name].customers / held_per_join(source, source.segments[name])
            scale = segment.customers / source.segments[name].customers
            joins[name] = float(f"{yearly * scale:.{_DIGITS}g}")
    return joins


def held_per_join(model: ScenarioModel, segment: Segment) -> float:
    """Return how many customers hold an active contract on the first day, for each join a year.

    It is the sum over the days of the past, and the first day itself, of those that joined on the
    day and still hold something: ``1 - prod(1 - share * (1 - leave) ** renewals)`` over the
    holdings, in expectation over the chance to leave. The renewals are those that the lengths of
    the terms leave room for; where accounts hold their own, each holding counts once an account.
    What goes with another contract is held by those who hold that one,
    and customers who are never covered hold nothing.
    """
    begins = model.history_start
    if model.history is None or begins is None:
        raise ValueError("without a past nobody has joined before the first day")
    sold = tuple(
        (holding.share, model.templates[holding.template].term, holding.lead_days,
         holding.sold_after_days)
        for holding in segment.holds
        if holding.starts != "with_contract"
    )  # fmt: skip
    first, last = day_number(begins), day_number(model.calendar.start)
    inclination = segment.renewal.inclination
    held = _held_by_buyers(
        first, last, model.history.growth, inclination, sold, segment.holder_count
    )
    return (1.0 - (segment.life.never_covered or 0.0)) * held


@functools.lru_cache(maxsize=256)
def _held_by_buyers(
    first: int,
    last: int,
    growth: float,
    inclination: Inclination,
    sold: tuple[tuple[float, Term, DayRange, DayRange], ...],
    buyers: int,
) -> float:
    """Return what :func:`held_per_join` does, of customers who buy: it is asked for often.

    Of each customer so many accounts buy for themselves.
    """
    days = np.arange(first, last + 1)
    years = (days + 0.5 - last) / YEAR
    weights = np.where(days < last, (1.0 + growth) ** years, 1.0) / YEAR
    stays, shares = chances_to_renew(inclination, _POINTS)
    nothing = np.ones((len(stays), len(days)))
    for share, term, lead, after in sold:
        held = _powers(stays, _renewals(term, days, last))
        if term.from_ is not None and day_number(term.from_) > last:
            held[:] = 0.0  # its first period is still to come
        nothing *= 1.0 - share * _delayed(_delayed(held, lead), after)
    return float(shares @ ((1.0 - nothing**buyers) @ weights))


def _powers(bases: NDArray[np.float64], exponents: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return each base to each exponent, of which there are few different ones."""
    different, places = np.unique(exponents, return_inverse=True)
    powers: NDArray[np.float64] = (bases[:, None] ** different)[:, places]
    return powers


def _renewals(term: Term, starts: NDArray[np.int64], day: int) -> NDArray[np.int64]:
    """Return how many renewals a contract that began on some days has behind it on a later one."""
    if term.open:
        return np.zeros_like(starts)
    if isinstance(term.until, str):
        ends = _ends_by(term.until, np.append(starts, day))
        return ends[-1] - ends[:-1]
    if term.from_ is not None and term.period_days is not None:
        first = day_number(term.from_)
        following = first + term.period_days
        begun = np.maximum(np.append(starts, day), first)
        months = whole_months(first, following)
        if months > 0:
            periods = months_between(np.full_like(begun, first), begun) // months
        else:
            periods = (begun - first) // (following - first)
        return periods[-1] - periods[:-1]
    if term.months is not None:
        return months_between(starts, np.array(day)) // term.months
    return (day - starts) // (term.days or 1)


def _ends_by(until: str, days: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many ends of calendar-year terms lie before some days, counted from any year."""
    dates = days.astype("datetime64[D]")
    years = dates.astype("datetime64[Y]")
    month, of_month = (int(part) for part in until.split("-"))
    end = years.astype("datetime64[M]") + (month - 1) + np.timedelta64(0, "M")
    ends: NDArray[np.int64] = years.astype(np.int64) + (
        dates > end.astype("datetime64[D]") + (of_month - 1)
    )
    return ends


def _delayed(held: NDArray[np.float64], delay: DayRange) -> NDArray[np.float64]:
    """Return the mean over a delay of what is held by those who begin on a day; the last day last.

    Who begins after the last day holds nothing.
    """
    sums = np.zeros((held.shape[0], held.shape[1] + 1))
    np.cumsum(held, axis=1, out=sums[:, 1:])
    places = np.arange(held.shape[1])
    first = np.minimum(places + delay.least, held.shape[1])
    behind = np.minimum(places + delay.most + 1, held.shape[1])
    mean: NDArray[np.float64] = (sums[:, behind] - sums[:, first]) / (delay.most - delay.least + 1)
    return mean


# ------------------------------------------------------------------------------- who when


@part
def _gap(run: Any, segment: Any, ordinal: int) -> float:
    """Gap between a customer and the one nearer to the first day, in mean gaps."""
    words = draw(run, segment.key, ordinal, JOINING, 0)
    return -log(unit(words[0]))


@part
def _day_joined(run: Any, segment: Any, ordinal: int, passed: float) -> int:
    """Day on which a customer joins who is so many mean gaps away from the first day."""
    days = passed / segment.joins_per_day
    if ordinal >= 0:
        return run.window + int64(min(days, _LONG_AGO))
    growth = segment.joins_growth
    if growth != 0.0:
        left = 1.0 - growth * days
        days = -log(left) / growth if left > 0.0 else _LONG_AGO
    return run.window - 1 - int64(min(days, _LONG_AGO))


@part
def _outward(first: int, place: int) -> int:
    """Ordinal of the customer at a place, counted away from the first day."""
    return first - place if first < 0 else first + place


@kernel
def _count_joins(run: Any, segment: Any, first: int) -> int:
    """Count the customers of a run from ordinal 0 on or from -1 back."""
    count = int64(0)
    passed = 0.0
    while True:
        ordinal = _outward(first, count)
        passed += _gap(run, segment, ordinal)
        day = _day_joined(run, segment, ordinal, passed)
        if day < run.start or day >= run.stop:
            return count
        count += 1


@kernel
def _walk(run: Any, segment: Any, first: int, step: int, passed: NDArray[np.float64]) -> None:
    """Note how many mean gaps have passed before every `step`-th customer from `first` outward."""
    total = 0.0
    for place in range(passed.size * step):
        if place % step == 0:
            passed[place // step] = total
        total += _gap(run, segment, _outward(first, place))


@kernel
def _join(run: Any, segment: Any, first: int, passed: float, joined: NDArray[np.int64]) -> None:
    """Fill in when customers join, from ordinal `first` outward, after `passed` mean gaps."""
    for place in range(joined.size):
        ordinal = _outward(first, place)
        passed += _gap(run, segment, ordinal)
        joined[place] = _day_joined(run, segment, ordinal, passed)


def count_joins(run: NDArray[Any], segment: NDArray[Any]) -> tuple[int, int]:
    """Return how many customers of a segment join in the past of a run, and how many within it.

    Parameters
    ----------
    run, segment : record
        Of a plan.
    """
    if not segment["joins_per_day"] > 0.0:
        return 0, 0
    return int(_count_joins(run, segment, -1)), int(_count_joins(run, segment, 0))


def passed_before(
    run: NDArray[Any], segment: NDArray[Any], first: int, step: int, count: int
) -> NDArray[np.float64]:
    """Return the mean gaps that have passed before every `step`-th of some customers.

    Parameters
    ----------
    run, segment : record
        Of a plan.
    first : int
        0, or -1 for those before the first day, backwards.
    step, count : int
    """
    passed = np.zeros(-(-count // step))
    _walk(run, segment, first, step, passed)
    return passed


def days_joined(
    run: NDArray[Any], segment: NDArray[Any], first: int, passed: float, count: int
) -> NDArray[np.int64]:
    """Return the days on which customers join, from ordinal `first` on or, below 0, back."""
    joined = np.zeros(count, np.int64)
    _join(run, segment, first, passed, joined)
    return joined
