"""How unequal counts are: the negative binomial distribution, also where nobody saw the zeros."""

import math
from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from .loading import optimize, special
from .special_functions import FloatArray

#: Shape that stands for no spread at all: beyond it, counts hardly tell.
MAX_SHAPE: Final = 1e4

#: Shapes among which the likelihood is looked at first; below the least counts are a log series.
_LEAST_SHAPE: Final = 1e-4
_GRID: Final = 60
#: A mean that is none.
_LEAST_MEAN: Final = 1e-200
#: Between logarithms of shapes that are the same but for the last digits.
_CLOSE: Final = 1e-13


class NegativeBinomialFit(NamedTuple):
    """A negative binomial distribution fitted to counts.

    Attributes
    ----------
    shape : float
        k: the variance is m + m²/k. :data:`MAX_SHAPE` where
        counts scatter no more than chance alone would have it.
    means : tuple of float
        m of each sample, unseen zeros included.
    log_likelihood : float
    """

    shape: float
    means: tuple[float, ...]
    log_likelihood: float


class _Sample(NamedTuple):
    """Counts that share a mean, with the logarithms of their factorials."""

    counts: FloatArray
    weights: FloatArray
    total: float
    mean: float
    log_factorials: FloatArray


def fit_negative_binomial(
    *samples: tuple[npt.ArrayLike, npt.ArrayLike], zero_truncated: bool = False
) -> NegativeBinomialFit:
    """Fit by maximum likelihood one shape to samples that each have a mean of their own.

    The mean of a sample is the likeliest for each shape, so the shape alone is searched: over a
    grid first, since the likelihood may have several humps, then by the sign of its slope. With
    zeros the mean is that of the sample; without, m / (1 - (k / (k + m))^k) is.

    Parameters
    ----------
    *samples : pair of array_like
        Counts, and how many times each of them occurred.
    zero_truncated : bool, default False
        Whether zeros were never seen: the counts are then all positive.

    Returns
    -------
    NegativeBinomialFit

    Raises
    ------
    ValueError
        If a count is negative, no whole number or (truncated) zero, or the samples say nothing of
        the shape: all counts are 0, or (truncated) all are 1.

    Examples
    --------
    >>> fit = fit_negative_binomial(([0, 1, 2, 3, 9], [1, 2, 1, 1, 1]))
    >>> round(fit.shape, 4), round(fit.means[0], 4)
    (1.3108, 2.6667)
    >>> fit = fit_negative_binomial(([1, 2, 3, 5, 9], [8, 5, 3, 2, 1]), zero_truncated=True)
    >>> round(fit.shape, 4), round(fit.means[0], 4)
    (0.628, 1.1708)
    """
    least = 1 if zero_truncated else 0
    checked = [_checked(counts, weights, least) for counts, weights in samples]
    # A sample of the least possible counts alone has its likelihood at any shape.
    speaking = [sample for sample in checked if sample.mean > least]
    if not speaking:
        raise ValueError(f"no count above {least} tells anything of the shape")
    grid = np.geomspace(_LEAST_SHAPE, MAX_SHAPE, _GRID)
    values = [_profile(float(shape), speaking, zero_truncated) for shape in grid]
    best = int(np.argmax(values))
    low, high = (float(grid[max(best - 1, 0)]), float(grid[min(best + 1, _GRID - 1)]))
    shape = _where_level(low, high, speaking, zero_truncated)
    means = tuple(
        _mean(shape, sample, zero_truncated) if sample.mean > least else 0.0 for sample in checked
    )
    return NegativeBinomialFit(shape, means, _profile(shape, speaking, zero_truncated))


def _checked(counts: npt.ArrayLike, weights: npt.ArrayLike, least: int) -> _Sample:
    values, times = np.asarray(counts, np.float64), np.asarray(weights, np.float64)
    if values.ndim != 1 or values.shape != times.shape:
        raise ValueError("counts and how often they occurred must be columns of one length")
    if not ((values >= least) & (values == np.floor(values)) & np.isfinite(values)).all():
        raise ValueError(f"counts must be whole numbers from {least} up")
    if not ((times >= 0) & np.isfinite(times)).all():
        raise ValueError("a count cannot occur less than never")
    total = float(times.sum())
    mean = float((values * times).sum() / total) if total else 0.0
    return _Sample(values, times, total, mean, special().gammaln(values + 1))


def _profile(shape: float, samples: list[_Sample], zero_truncated: bool) -> float:
    """Log-likelihood at a shape, with the likeliest means."""
    value = 0.0
    log_gamma = special().gammaln
    of_shape = log_gamma(shape)
    for sample, of_counts in zip(samples, _of_counts(log_gamma, shape, samples), strict=True):
        mean = _mean(shape, sample, zero_truncated)
        log_rest = -math.log1p(mean / shape)
        terms = (
            of_counts
            - of_shape
            - sample.log_factorials
            + shape * log_rest
            + sample.counts * math.log(mean / (shape + mean))
        )
        value += float((sample.weights * terms).sum())
        if zero_truncated:
            value -= sample.total * math.log(-math.expm1(shape * log_rest))
    return value


def _slope(shape: float, samples: list[_Sample], zero_truncated: bool) -> float:
    """Derivative of the profile by the shape: the means are level already."""
    value = 0.0
    digamma = special().digamma
    of_shape = digamma(shape)
    for sample, of_counts in zip(samples, _of_counts(digamma, shape, samples), strict=True):
        mean = _mean(shape, sample, zero_truncated)
        log_rest = -math.log1p(mean / shape)
        of_zeros = log_rest + mean / (shape + mean)
        terms = of_counts - of_shape + of_zeros - sample.counts / (shape + mean)
        value += float((sample.weights * terms).sum())
        if zero_truncated:
            none = math.exp(shape * log_rest)
            value += sample.total * none / -math.expm1(shape * log_rest) * of_zeros
    return value


def _of_counts(
    function: Callable[[FloatArray], FloatArray], shape: float, samples: list[_Sample]
) -> list[FloatArray]:
    """Return a function of counts and shape for each sample: asked once, not once a sample."""
    of_all = function(np.concatenate([sample.counts for sample in samples]) + shape)
    ends = np.cumsum([len(sample.counts) for sample in samples])
    return np.split(of_all, ends[:-1])


def _mean(shape: float, sample: _Sample, zero_truncated: bool) -> float:
    """Likeliest mean of a sample at a shape: that of what was seen, lessened by the unseen."""
    if not zero_truncated:
        return sample.mean

    def missing(mean: float) -> float:
        return mean - sample.mean * -math.expm1(-shape * math.log1p(mean / shape))

    # Below 0 from no mean at all on, as what was seen has a mean above 1.
    return float(optimize().brentq(missing, _LEAST_MEAN, sample.mean, xtol=_LEAST_MEAN))


def _where_level(low: float, high: float, samples: list[_Sample], zero_truncated: bool) -> float:
    """Shape between two others at which the likelihood neither rises nor falls, or the edge."""

    def slope(logarithm: float) -> float:
        return _slope(math.exp(logarithm), samples, zero_truncated)

    left, right = math.log(low), math.log(high)
    if slope(left) <= 0:
        return low
    if slope(right) >= 0:
        return high
    return math.exp(optimize().brentq(slope, left, right, xtol=_CLOSE))
