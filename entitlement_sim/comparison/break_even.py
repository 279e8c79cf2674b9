"""What would have to be true for a difference to be none: break-evens on demand and on costs."""

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..metrics.intervals import t_quantile, upper_tail_from
from ..scenario.models import CaseRate
from .measures import Metric

if TYPE_CHECKING:
    import pandas as pd

    from ..scenario.scenario import Scenario

#: Demand is tried from half to twice as much.
LEAST_DEMAND: Final = 0.5
MOST_DEMAND: Final = 2.0

#: Demand that a break-even is read off lies at least so far from today's, for a slope to be seen.
_APART: Final = 0.1

#: Replications of the least and the most demand, which only say whether the sign changes, and about
#: where.
LOCATING: Final = 1

#: A guess by a part of the customers leaves no doubt about a sign where it lies so many standard
#: deviations from 0 as whole pairs of today's demand have: five of its own and more, by a third.
_NO_DOUBT: Final = 9.0

#: Places of a factor of demand, which stand in the scenario that is tried.
_PLACES: Final = 4

#: Cases a year that a scenario may say at the most.
_MOST_A_YEAR: Final = next(
    limit.le for limit in CaseRate.model_fields["per_year"].metadata if hasattr(limit, "le")
)

#: Differences of so many pairs of replications (the last argument), where demand is so many times
#: what it is (the first).
DifferenceAt = Callable[[float, int], NDArray[np.float64]]

#: The difference, roughly, where demand is so many times what it is: for a guess.
RoughlyAt = Callable[[float], float]


class Zero(NamedTuple):
    """Where a difference is none, between its limits.

    Attributes
    ----------
    value, low, high : float
        Limits are NaN where no place can be told from it on one side at least.
    pairs : int
        Of replications.
    """

    value: float
    low: float
    high: float
    pairs: int

    def moved_by(self, distance: float) -> "Zero":
        """Return it as seen from elsewhere."""
        return self._replace(
            value=self.value + distance, low=self.low + distance, high=self.high + distance
        )


def zero_of_lines(
    differences: NDArray[np.float64], slopes: NDArray[np.float64], *, confidence: float
) -> Zero | None:
    """Return where the mean of lines, one for each pair of replications, is 0.

    Parameters
    ----------
    differences : ndarray, shape (pairs,)
        At 0.
    slopes : ndarray, shape (pairs,)
        By how much each falls with every step of one.
    confidence : float

    Returns
    -------
    Zero or None
        None where the lines are level, so that there is none.

    Notes
    -----
    Limits are Fieller's: all x at which the mean of ``differences - x * slopes`` cannot be told
    from 0 by Student's t. They are a range where the mean slope can be told from 0.
    """
    pairs = len(differences)
    above, below = float(differences.mean()), float(slopes.mean())
    if below == 0:
        return None
    low = high = math.nan
    if pairs > 1:
        quantile = t_quantile(upper_tail_from(confidence), pairs - 1)
        [[var_above, both], [_, var_below]] = np.cov(differences, slopes) * quantile**2 / pairs
        square, line, rest = below**2 - var_below, above * below - both, above**2 - var_above
        inner = line**2 - square * rest
        if square > 0 and inner >= 0:
            low, high = ((line + sign * math.sqrt(inner)) / square for sign in (-1, 1))
    return Zero(above / below, float(low), float(high), pairs)


def zero_of_demand(
    difference_at: DifferenceAt,
    *,
    most: float,
    pairs: int,
    confidence: float,
    roughly_at: RoughlyAt | None = None,
) -> Zero | None:
    """Return how many times demand would have to be what it is for a difference to be none.

    Where the difference changes its sign towards half or `most` of today's demand, all pairs are
    tried where a line to there has its 0. What is returned is read off their line from today's
    demand to that place. Whether it does is asked of `roughly_at` first, and where that sees no
    change and leaves a doubt, of :data:`LOCATING` pairs.

    Parameters
    ----------
    difference_at : callable
        Given how many times demand is what it is, and how many pairs of replications, the
        difference of each of them.
    most : float
        More demand than that is not tried.
    pairs : int
        Of replications.
    confidence : float
    roughly_at : callable, optional
        Given how many times demand is what it is, about what the difference is there.

    Returns
    -------
    Zero or None
        None where the sign is the same at both ends, or where all pairs together see none between
        them.
    """

    def closely_at(end: float) -> float:
        return float(difference_at(end, LOCATING).mean())

    today = difference_at(1.0, pairs)
    now = float(today.mean())
    ends = [end for end in (LEAST_DEMAND, most) if abs(end - 1) >= _APART and now]
    there = {end: (roughly_at or closely_at)(end) for end in ends}
    if roughly_at is not None and all(now * value >= 0 for value in there.values()):
        doubt = _NO_DOUBT * float(today.std(ddof=1)) if len(today) > 1 else math.inf
        there = {end: closely_at(end) if abs(at) < doubt else at for end, at in there.items()}
    turning = {end: value for end, value in there.items() if now * value < 0}
    if not turning:
        return None
    expected = {end: 1 + (end - 1) * now / (now - value) for end, value in turning.items()}
    nearest = min(expected.values(), key=lambda factor: abs(factor - 1))
    tried = _apart(nearest, most)
    there_by_pair = difference_at(tried, pairs)
    zero = zero_of_lines(today, (today - there_by_pair) / (tried - 1), confidence=confidence)
    if zero is None:
        return None
    zero = zero.moved_by(1.0)
    return zero if LEAST_DEMAND <= zero.value <= most else None


def _apart(factor: float, most: float) -> float:
    """Return it, or what lies :data:`_APART` from 1 on the same side, with few places."""
    distance = max(abs(factor - 1), _APART)
    return min(round(1 + math.copysign(distance, factor - 1), _PLACES), most)


def with_demand(scenario: "Scenario", factor: float) -> "Scenario":
    """Return a scenario in which each segment has so many times its cases a year."""
    return scenario.with_(
        {
            f"segments.{_in_quotes(name)}.cases.per_year": segment.cases.per_year * factor
            for name, segment in scenario.model.segments.items()
        }
    )


def _in_quotes(name: str) -> str:
    return f"'{name}'" if '"' in name else f'"{name}"'


def most_demand(scenarios: "Sequence[Scenario]") -> float:
    """Return how many times the demand of scenarios may be what it is, :data:`MOST_DEMAND` at most.

    A scenario cannot say more cases a year than its schema allows.
    """
    largest = max(
        segment.cases.per_year
        for scenario in scenarios
        for segment in scenario.model.segments.values()
    )
    return min(MOST_DEMAND, _MOST_A_YEAR / largest) if largest else MOST_DEMAND


def differences_of(
    metric: Metric, first: "pd.DataFrame", second: "pd.DataFrame", pairs: int | None = None
) -> NDArray[np.float64]:
    """Return the difference of a sum in each pair of replications, in the order of their numbers.

    Parameters
    ----------
    metric : Metric
        No share.
    first, second : DataFrame
        As :func:`~.replicated.replications_of` returns them.
    pairs : int, optional
        Only those with a number below.
    """
    totals = [_by_number(cells, metric) for cells in (first, second)]
    moved = totals[1].sub(totals[0], fill_value=0).sort_index()
    if pairs is not None:
        moved = moved[moved.index < pairs]
    return np.asarray(moved, np.float64) / metric.parts


def _by_number(cells: "pd.DataFrame", metric: Metric) -> Any:
    return cells.groupby("replication")[metric.numerator].sum()
