"""Distributions of a scenario as numbers in arrays, and drawing from them."""

import functools
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..compiling import part, rare_part, record_type
from ..scenario.models import Distribution, MixturePart
from .portable_math import coarse_normal_quantile, exp, log
from .streams import draw, unit

_FIXED: Final = 0
_EXPONENTIAL: Final = 1
_LOGNORMAL: Final = 2
_QUANTILES: Final = 3
_UNIFORM: Final = 4


#: One row of a distribution: its only one, a component of a mixture, or a point of its quantiles.
#:
#: kind : what it is; components of a mixture may differ
#: last : 1 in its last row
#: share : cumulated share of a component, share at a point of the quantiles
#: value, spread : fixed: value; exponential: mean; uniform: largest; log-normal: median, sigma;
#:     quantiles: value
DISTRIBUTIONS: Final = record_type(
    [("kind", "i8"), ("last", "i8"), ("share", "f8"), ("value", "f8"), ("spread", "f8")]
)


class Collector:
    """Puts distributions into one array of :data:`DISTRIBUTIONS`."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, int, float, float, float]] = []

    def add(self, distribution: Distribution) -> int:
        """Add a distribution, and return the number of its first row, by which it is known."""
        first = len(self._rows)
        rows = _rows(distribution)
        for number, (kind, share, value, spread) in enumerate(rows, start=1):
            self._rows.append((kind, int(number == len(rows)), share, value, spread))
        return first

    def rows(self) -> NDArray[np.void]:
        """Return all rows."""
        return np.array(self._rows, DISTRIBUTIONS)


def _rows(distribution: Distribution) -> list[tuple[int, float, float, float]]:
    """Return kind, share, value and spread of each row."""
    if distribution.quantiles is not None:
        points = sorted(distribution.quantiles.items())
        return [(_QUANTILES, at, value, 0.0) for at, value in points]
    if distribution.lognormal is not None:
        return [(_LOGNORMAL, 1.0, distribution.lognormal.median, distribution.lognormal.sigma)]
    if distribution.mixture is None:
        return [_row(distribution, 1.0)]
    cumulated = 0.0
    rows = []
    for component in distribution.mixture:
        cumulated += component.share
        if component.median is not None and component.sigma is not None:
            rows.append((_LOGNORMAL, cumulated, component.median, component.sigma))
        else:
            rows.append(_row(component, cumulated))
    return rows


def _row(single: Distribution | MixturePart, share: float) -> tuple[int, float, float, float]:
    """Return the row of what one number says."""
    if single.fixed is not None:
        return _FIXED, share, single.fixed, 0.0
    if single.exponential is not None:
        return _EXPONENTIAL, share, single.exponential, 0.0
    return _UNIFORM, share, single.uniform or 0.0, 0.0


def rough_mean(distribution: Distribution) -> float:
    """Return about the mean of a distribution: that of its percentiles, without its far tail."""
    collector = Collector()
    row = collector.add(distribution)
    return _mean_of_percentiles(collector.rows().tobytes(), row)


@functools.lru_cache(maxsize=256)
def _mean_of_percentiles(written: bytes, row: int) -> float:
    rows = np.frombuffer(written, DISTRIBUTIONS)
    return float(np.mean([quantile(rows, row, (share + 0.5) / 100) for share in range(100)]))


@part
def quantile(distributions: NDArray[Any], row: int, share: float) -> float:
    """Value below which a `share` (strictly between 0 and 1) of a distribution lies.

    For an exponential it is the value above which the share lies, and for a mixture the quantile of
    the part that the share falls into: as good for drawing, and one uniform number is enough.
    """
    if distributions[row].kind == _QUANTILES:
        return _between_points(distributions, row, share)
    before = 0.0
    while distributions[row].last == 0 and share >= distributions[row].share:
        before = distributions[row].share
        row += 1
    width = (distributions[row].share if distributions[row].last == 0 else 1.0) - before
    within = (share - before) / width
    value = distributions[row].value
    kind = distributions[row].kind
    if kind == _FIXED:
        return value
    if kind == _UNIFORM:
        return value * within
    within = min(max(within, 1e-12), 1.0 - 1e-12)
    if kind == _EXPONENTIAL:
        return -value * log(within)
    return value * exp(distributions[row].spread * coarse_normal_quantile(within))


@rare_part
def _between_points(distributions: NDArray[Any], row: int, share: float) -> float:
    """Value at a share on the straight lines between quantiles, which begin at a row."""
    while distributions[row + 1].last == 0 and share > distributions[row + 1].share:
        row += 1
    width = distributions[row + 1].share - distributions[row].share
    if width <= 0.0:
        return distributions[row + 1].value
    slope = (distributions[row + 1].value - distributions[row].value) / width
    return distributions[row].value + slope * (share - distributions[row].share)


@part
def quantiles(
    distributions: NDArray[Any], row: int, units: NDArray[np.float64], count: int
) -> None:
    """Turn the first `count` uniform numbers into values of a distribution, in their place."""
    kind = distributions[row].kind
    has_parts = distributions[row].last == 0
    if kind == _EXPONENTIAL and not has_parts:
        mean = distributions[row].value
        for place in range(count):
            units[place] = -mean * log(units[place])
    elif kind == _FIXED and not has_parts:
        units[:count] = distributions[row].value
    else:
        for place in range(count):
            units[place] = quantile(distributions, row, units[place])


@rare_part
def gamma(stream: Any, key: np.uint64, identity: int, purpose: int, shape: float) -> float:
    """Draw from a gamma distribution with this shape and scale 1 (see :func:`streams.draw`).

    Marsaglia and Tsang, "A simple method for generating gamma variables", ACM TOMS 26 (2000); for a
    shape below 1, one more uniform number raised to 1 / shape.
    """
    boost = 1.0
    k = shape
    if k < 1.0:
        words = draw(stream, key, identity, purpose, 0)
        boost = exp(log(unit(words[0])) / k)
        k += 1.0
    d = k - 1.0 / 3.0
    c = 1.0 / np.sqrt(9.0 * d)
    attempt = 1
    while True:
        words = draw(stream, key, identity, purpose, attempt)
        x = coarse_normal_quantile(unit(words[0]))
        v = 1.0 + c * x
        if v > 0.0:
            v = v * v * v
            if log(unit(words[1])) < 0.5 * x * x + d - d * v + d * log(v):
                return boost * d * v
        attempt += 1


@rare_part
def poisson(mean: float, share: float) -> int:
    """Number of events with this mean (below 700), by going up the distribution to `share`."""
    n = 0
    probability = exp(-mean)
    cumulated = probability
    while share > cumulated and n < 10_000:
        n += 1
        probability *= mean / n
        cumulated += probability
    return n
