"""Intervals of proportions, means and arbitrary statistics."""

import math
from collections.abc import Callable
from functools import lru_cache
from statistics import NormalDist
from typing import Any, Final, Literal, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from .loading import special
from .special_functions import FloatArray

#: What stands for a value or a limit that nobody knows.
UNKNOWN: Final = "\N{EN DASH}"

#: How the limits are read off the bootstrap replicates.
Method = Literal["bca", "percentile"]

Sample = TypeVar("Sample", pd.DataFrame, npt.NDArray[Any])

#: With more clusters than this the jackknife leaves out groups of them, not each alone.
_MAX_JACKKNIFE: Final = 1000
#: Elements of one block of resampled sums: keeps memory flat.
_BLOCK: Final = 4_000_000


class Interval(NamedTuple):
    """An estimate between its limits.

    Attributes
    ----------
    value, low, high : float or numpy.ndarray
        NaN where there is nothing to estimate from.
    """

    value: Any
    low: Any
    high: Any


class BootstrapInterval(NamedTuple):
    """An estimate between limits that come from resampling.

    Attributes
    ----------
    value, low, high : float
    standard_error : float
        Standard deviation of the replicates.
    clusters : int
        How many independent units were resampled.
    undefined : int
        Resamples on which the statistic had no value; the limits rest on the others.
    """

    value: float
    low: float
    high: float
    standard_error: float
    clusters: int
    undefined: int


def upper_tail_from(confidence: float) -> float:
    """Share below the upper limit of a two-sided interval.

    Raises
    ------
    ValueError
        If `confidence` does not lie between 0 and 1.

    Examples
    --------
    >>> upper_tail_from(0.95)
    0.975
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence}")
    return (1 + confidence) / 2


def normal_quantile(share: float) -> float:
    """Point of the standard normal distribution below which `share` lies.

    Examples
    --------
    >>> round(normal_quantile(0.975), 4)
    1.96
    """
    return NormalDist().inv_cdf(share)


@lru_cache(maxsize=256)
def t_quantile(share: float, degrees: float) -> float:
    """Point of Student's t distribution below which `share` lies.

    Parameters
    ----------
    share : float
        Above 0 and below 1.
    degrees : float
        Degrees of freedom; infinity gives the normal distribution.

    Raises
    ------
    ValueError
        If `share` or `degrees` is out of range.

    Examples
    --------
    >>> round(t_quantile(0.975, 9), 4)
    2.2622
    """
    if not 0 < share < 1:
        raise ValueError(f"share must lie between 0 and 1, not {share}")
    if not degrees > 0:
        raise ValueError(f"degrees of freedom must be positive, not {degrees}")
    if math.isinf(degrees):
        return normal_quantile(share)
    return float(special().stdtrit(degrees, share))


def wilson(
    successes: npt.ArrayLike, trials: npt.ArrayLike, *, confidence: float = 0.95
) -> Interval:
    """Wilson's score interval of proportions (Wilson 1927).

    The limits are the proportions p with ``|k/n - p| = z sqrt(p (1 - p) / n)``, so they never leave
    0 to 1 and say something even of 0 out of n.

    Parameters
    ----------
    successes, trials : array_like
        k and n, broadcast together; k from 0 to n.
    confidence : float, default 0.95

    Returns
    -------
    Interval
        Arrays `value`, `low`, `high`; NaN where `trials` is 0.

    Raises
    ------
    ValueError
        If a count is negative or missing, or exceeds its trials.

    Examples
    --------
    8 of 10 renewed; none of 10; nothing was due.

    >>> share = wilson([8, 0, 0], [10, 10, 0])
    >>> share.low.round(4).tolist()
    [0.4902, 0.0, nan]
    >>> share.high.round(4).tolist()
    [0.9433, 0.2775, nan]
    """
    k, n = np.broadcast_arrays(
        np.asarray(successes, dtype=np.float64), np.asarray(trials, dtype=np.float64)
    )
    if not ((k >= 0) & (k <= n) & np.isfinite(n)).all():
        raise ValueError("successes must be counts from 0 to their trials")
    z = normal_quantile(upper_tail_from(confidence))
    known = n > 0
    size = np.where(known, n, 1.0)
    share = k / size
    centre = (share + z * z / (2 * size)) / (1 + z * z / size)
    half = z / (1 + z * z / size) * np.sqrt(share * (1 - share) / size + (z / (2 * size)) ** 2)
    # At 0 of n and n of n the limit is the proportion itself; rounding must not move it.
    low = np.where(k == 0, 0.0, np.maximum(centre - half, 0.0))
    high = np.where(k == n, 1.0, np.minimum(centre + half, 1.0))
    return Interval(
        np.where(known, share, np.nan), np.where(known, low, np.nan), np.where(known, high, np.nan)
    )


def mean_interval(values: npt.ArrayLike, *, confidence: float = 0.95) -> Interval:
    """Student's interval of a mean, for instance over replications or paired differences.

    Parameters
    ----------
    values : array_like
        One number a replication, independent of each other.
    confidence : float, default 0.95

    Returns
    -------
    Interval
        Floats; the limits are NaN with fewer than two values, all are NaN with none.

    Examples
    --------
    >>> [round(limit, 3) for limit in mean_interval([81, 79, 84, 80])]
    [81.0, 77.563, 84.437]
    """
    upper = upper_tail_from(confidence)
    sample = np.asarray(values, dtype=np.float64)
    if sample.size == 0:
        return Interval(math.nan, math.nan, math.nan)
    mean = float(sample.mean())
    if sample.size == 1:
        return Interval(mean, math.nan, math.nan)
    error = float(sample.std(ddof=1)) / math.sqrt(sample.size)
    half = t_quantile(upper, sample.size - 1) * error
    return Interval(mean, mean - half, mean + half)


def bootstrap(
    data: Sample,
    statistic: Callable[[Sample], float],
    *,
    clusters: str | npt.ArrayLike | None = None,
    resamples: int = 1999,
    confidence: float = 0.95,
    method: Method = "bca",
    seed: int | np.random.Generator = 0,
) -> BootstrapInterval:
    """Bootstrap interval of any statistic of a frame or an array (Efron 1987).

    Rows of one customer are not independent; name the customer in `clusters`, then whole
    customers are drawn.

    Parameters
    ----------
    data : pandas.DataFrame or numpy.ndarray
        One row an observation.
    statistic : callable
        Takes a sample like `data`, gives a number; NaN where it has no value.
    clusters : str or array_like, optional
        Name of a column of the frame, or one label a row. In the samples a named column holds
        the number of the draw, so that a customer drawn twice counts as two.
    resamples : int, default 1999
    confidence : float, default 0.95
    method : {"bca", "percentile"}
        Limits corrected for bias and skewness (BCa), or plain percentiles of the replicates.
    seed : int or numpy.random.Generator
        The same seed gives the same limits.

    Returns
    -------
    BootstrapInterval
        Limits and standard error are NaN with fewer than two clusters.

    Raises
    ------
    ValueError
        If the data are empty, a label is missing, or labels and rows differ in number.

    Examples
    --------
    >>> used = np.array([2.0, 5.0, 5.0, 7.0, 8.0, 8.0, 9.0, 30.0])
    >>> result = bootstrap(used, np.median, seed=1)
    >>> result.value, result.low, result.high
    (7.5, 5.0, 9.0)
    """
    upper = upper_tail_from(confidence)
    groups = _Clusters(_labels(data, clusters))
    relabel = clusters if isinstance(clusters, str) else None

    def on(drawn: npt.NDArray[np.intp]) -> float:
        return float(statistic(_take(data, groups, drawn, relabel)))

    value = float(statistic(data))
    if groups.count < 2:
        return BootstrapInterval(value, math.nan, math.nan, math.nan, groups.count, 0)
    rng = np.random.default_rng(seed)
    replicates = np.array(
        [on(rng.integers(groups.count, size=groups.count)) for _ in range(resamples)]
    )
    left_out = np.array([])
    if method == "bca":
        everyone = np.arange(groups.count)
        parts = np.array_split(everyone, min(groups.count, _MAX_JACKKNIFE))
        left_out = np.array([on(np.delete(everyone, part)) for part in parts])
    return _summary(value, replicates, left_out, groups.count, upper, method)


def bootstrap_ratio(
    numerator: npt.ArrayLike,
    denominator: npt.ArrayLike,
    *,
    clusters: npt.ArrayLike | None = None,
    resamples: int = 1999,
    confidence: float = 0.95,
    method: Method = "bca",
    seed: int | np.random.Generator = 0,
) -> BootstrapInterval:
    """Bootstrap interval of sum(numerator) / sum(denominator): pooled rates, GRR, breakage.

    The same as :func:`bootstrap` with that statistic, hundreds of times faster.

    Parameters
    ----------
    numerator, denominator : array_like
        One number a row.
    clusters : array_like, optional
        One label a row, for instance the customer; rows of a label are drawn together.
    resamples, confidence, method, seed
        As in :func:`bootstrap`.

    Returns
    -------
    BootstrapInterval
        All NaN where the denominators add up to 0.

    Raises
    ------
    ValueError
        If there are no rows, a label is missing, or lengths differ.

    Examples
    --------
    >>> result = bootstrap_ratio([3, 8, 5, 9], [10, 10, 10, 10], seed=1)
    >>> result.value
    0.625
    """
    upper = upper_tail_from(confidence)
    top, bottom = np.asarray(numerator, np.float64), np.asarray(denominator, np.float64)
    if top.shape != bottom.shape or top.ndim != 1:
        raise ValueError("numerator and denominator must be columns of one length")
    groups = _Clusters(_labels(top, clusters))
    top, bottom = groups.sums(top), groups.sums(bottom)
    value = float(_divide(top.sum(), bottom.sum()))
    if groups.count < 2 or math.isnan(value):
        return BootstrapInterval(value, math.nan, math.nan, math.nan, groups.count, 0)
    rng = np.random.default_rng(seed)
    replicates = np.empty(resamples)
    block = max(1, _BLOCK // groups.count)
    for first in range(0, resamples, block):
        size = min(block, resamples - first)
        drawn = rng.integers(groups.count, size=(size, groups.count))
        replicates[first : first + size] = _divide(top[drawn].sum(1), bottom[drawn].sum(1))
    left_out = _divide(top.sum() - top, bottom.sum() - bottom)
    return _summary(value, replicates, left_out, groups.count, upper, method)


class _Clusters:
    """Rows by cluster, clusters in the order of their labels."""

    def __init__(self, labels: npt.NDArray[Any]) -> None:
        names, codes = np.unique(labels, return_inverse=True)
        self.codes = codes
        self.count = len(names)
        self._rows = np.argsort(codes, kind="stable")
        self._sizes = np.bincount(codes, minlength=self.count)
        self._starts = np.cumsum(self._sizes) - self._sizes

    def sums(self, column: FloatArray) -> FloatArray:
        """Sum of a column over each cluster."""
        return np.bincount(self.codes, weights=column, minlength=self.count).astype(np.float64)

    def rows(
        self, drawn: npt.NDArray[np.intp]
    ) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """Rows of the drawn clusters, and for each row the number of its draw."""
        sizes = self._sizes[drawn]
        before = np.cumsum(sizes) - sizes
        draws = np.repeat(np.arange(len(drawn)), sizes)
        places = np.arange(len(draws)) - before[draws] + self._starts[drawn][draws]
        return self._rows[places], draws


def _labels(data: pd.DataFrame | npt.NDArray[Any], clusters: object) -> npt.NDArray[Any]:
    if len(data) == 0:
        raise ValueError("there are no rows to resample")
    if clusters is None:
        return np.arange(len(data))
    if isinstance(clusters, str):
        if not isinstance(data, pd.DataFrame) or clusters not in data:
            raise ValueError(f"there is no column {clusters!r} to draw whole clusters by")
        clusters = data[clusters]
    labels = np.asarray(clusters)
    if labels.shape != (len(data),):
        raise ValueError(f"{labels.size} cluster labels for {len(data)} rows")
    if pd.isna(pd.Series(labels)).any():
        raise ValueError("every row needs a cluster label, some are missing")
    return labels


def _take(
    data: Sample, groups: _Clusters, drawn: npt.NDArray[np.intp], relabel: str | None
) -> Sample:
    rows, draws = groups.rows(drawn)
    if isinstance(data, pd.DataFrame):
        sample = data.iloc[rows]
        return sample.assign(**{relabel: draws}) if relabel is not None else sample
    return data[rows]


def _summary(
    value: float,
    replicates: FloatArray,
    left_out: FloatArray,
    clusters: int,
    upper: float,
    method: Method,
) -> BootstrapInterval:
    defined = replicates[~np.isnan(replicates)]
    undefined = len(replicates) - len(defined)
    if len(defined) < 2 or math.isnan(value):
        return BootstrapInterval(value, math.nan, math.nan, math.nan, clusters, undefined)
    tails = np.array([1 - upper, upper])
    if method == "bca":
        left_out = left_out[~np.isnan(left_out)]
        influence = left_out.mean() - left_out if len(left_out) else np.zeros(1)
        tails = bca_tails(tails, value, defined, influence)
    low, high = np.quantile(defined, tails)
    error = float(defined.std(ddof=1))
    return BootstrapInterval(value, float(low), float(high), error, clusters, undefined)


def bca_tails(
    tails: FloatArray, value: float, replicates: FloatArray, influence: FloatArray
) -> FloatArray:
    """Shares at which replicates are cut, corrected for bias and skewness (Efron 1987).

    Parameters
    ----------
    tails : ndarray
        Shares below the limits of an interval without correction.
    value : float
        The statistic on the sample itself.
    replicates : ndarray
        The statistic on the resamples, all of them numbers.
    influence : ndarray
        Of each unit on the statistic, up to a factor; with mean 0 within what is drawn from.

    Examples
    --------
    Nothing to correct:

    >>> replicates = np.arange(-10.0, 11.0)
    >>> bca_tails(np.array([0.025, 0.975]), 0.0, replicates, np.array([-1.0, 1.0])).round(4)
    array([0.025, 0.975])
    """
    below = float((replicates < value).mean() + (replicates == value).mean() / 2)
    edge = 0.5 / len(replicates)
    bias = normal_quantile(min(max(below, edge), 1 - edge))
    spread = float((influence**2).sum())
    skew = float((influence**3).sum()) / (6 * spread**1.5) if spread > 0 else 0.0
    points = bias + np.array([normal_quantile(float(tail)) for tail in tails])
    room = 1 - skew * points
    far = np.copysign(np.inf, points)
    moved = np.where(room > 0, bias + points / np.where(room > 0, room, 1.0), far)
    return np.array([NormalDist().cdf(float(point)) for point in moved])


def _divide(top: npt.ArrayLike, bottom: npt.ArrayLike) -> FloatArray:
    """Quotient, NaN where the denominator is 0."""
    top, bottom = np.asarray(top, np.float64), np.asarray(bottom, np.float64)
    return np.asarray(np.where(bottom != 0, top / np.where(bottom != 0, bottom, 1.0), np.nan))
