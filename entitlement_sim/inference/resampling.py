"""Customers drawn anew, many times over: limits where few of them matter."""

import math
from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np

from ..metrics.intervals import bca_tails, normal_quantile, t_quantile
from .clustered import FloatArray, IntArray
from .portfolio import Portfolio

#: Below so many customers limits are taken from resamples.
FEW: Final = 100

_RESAMPLES: Final = 1999
#: Limits are the outermost resamples long before.
_LEAST_TAIL: Final = 1e-9
_SEED: Final = 0


class Resampled(NamedTuple):
    """Limits from resamples, and the standard deviation of these."""

    low: float
    high: float
    standard_error: float


def resampled(
    portfolio: Portfolio,
    place: IntArray,
    columns: FloatArray,
    statistic: Callable[[FloatArray], FloatArray],
    influence: FloatArray,
    upper: float,
    beside: FloatArray | float = 0.0,
    bounds: tuple[float, float] = (-math.inf, math.inf),
) -> Resampled:
    """Return limits of a function of sums over customers, by bootstrap (BCa, Efron 1987).

    Customers are drawn within their segments, as many as there are; where that number is left to
    chance, and in segments of one, each comes a Poisson number of times. The tails are widened as
    Student's t is against the normal distribution, which plain percentiles of few units leave out
    (Hesterberg, The American Statistician 69 (2015), section 3.4).

    Parameters
    ----------
    portfolio : Portfolio
    place : ndarray of int
        The customers that add something, by their places.
    columns : ndarray of float, shape (columns, customers)
        What they add.
    statistic : callable
        From sums, shape (columns, resamples), to a number each; NaN where it has none.
    influence : ndarray of float
        Of each customer on the statistic.
    upper : float
        Share below the upper limit.
    beside : ndarray of float, optional
        Sums over customers that are not drawn anew.
    bounds : tuple of float, optional
        What the limits do not go beyond: resamples of a handful reach shares of which nothing was
        seen.

    Returns
    -------
    Resampled
        All NaN with fewer than two customers, or where all resamples are the same.
    """
    unknown = Resampled(math.nan, math.nan, math.nan)
    units = len(place)
    if units < 2:
        return unknown
    rng = np.random.default_rng(_SEED)
    times = _times(portfolio, place, rng)
    beside = np.broadcast_to(beside, len(columns))[:, None]
    replicates = statistic(columns @ times + beside)
    replicates = replicates[np.isfinite(replicates)]
    value = float(statistic(columns.sum(1, keepdims=True) + beside)[0])
    if len(replicates) < 2 or not math.isfinite(value) or np.ptp(replicates) == 0:
        return unknown
    tail = normal_quantile(upper)
    wide = math.sqrt(units / (units - 1)) * t_quantile(upper, units - 1)
    lower_tail = max(0.5 * math.erfc(max(wide, tail) / math.sqrt(2)), _LEAST_TAIL)
    tails = bca_tails(np.array([lower_tail, 1 - lower_tail]), value, replicates, influence)
    low, high = np.quantile(replicates, tails)
    least, most = bounds
    return Resampled(max(float(low), least), min(float(high), most), float(replicates.std(ddof=1)))


def _times(portfolio: Portfolio, place: IntArray, rng: np.random.Generator) -> FloatArray:
    """Return how often each customer comes in each resample, shape (customers, resamples)."""
    times = np.empty((len(place), _RESAMPLES))
    segments = portfolio.segments[place]
    for segment in np.unique(segments):
        own = np.flatnonzero(segments == segment)
        size = int(portfolio.sizes[segment])
        if portfolio.is_fixed and size > 1:
            shares = [*np.full(len(own), 1 / size), max(1 - len(own) / size, 0.0)]
            times[own] = rng.multinomial(size, shares, _RESAMPLES)[:, :-1].T
        else:
            times[own] = rng.poisson(1.0, (len(own), _RESAMPLES))
    return times
