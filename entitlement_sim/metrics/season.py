"""How demand moves with the year, and how far it wanders from month to month."""

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from .special_functions import FloatArray

#: Fewer months than these know no season.
LEAST_MONTHS: Final = 24
#: Standard deviation of a season's two halves before anything is seen: it holds back what a few
#: years, which wander, seem to say.
_SEASON: Final = 0.1
_DAYS_A_YEAR: Final = 365.25
#: Fewer months than these do not tell how demand wanders.
_LEAST_FOR_WANDER: Final = 6
#: Greatest correlation of neighbouring months that is believed.
_ALONG: Final = 0.9
#: What is believed of the wander before anything is seen, and what that weighs in independent
#: deviations: the demand of months ahead is a tenth higher or lower.
_WANDER: Final = 0.1
_BELIEF: Final = 5.0
#: Logarithm beyond which no demand is foreseen.
_FARTHEST: Final = 1.0


class Season(NamedTuple):
    """Relative demand of a day of the year, 1 being an ordinary one.

    Attributes
    ----------
    cosine, sine : float
        Of the logarithm of demand, over a year from 1 January on.
    wander : float
        Standard deviation of the logarithm of the mean demand of months ahead, against that of all
        months seen.
    freedom : float
        Independent deviations that `wander` rests on, with those that stand for what was believed
        before.
    """

    cosine: float
    sine: float
    wander: float
    freedom: float

    def levels(self, futures: int, chance: np.random.Generator) -> FloatArray:
        """Return the relative demand of each future, 1 in the mean, by Student's law."""
        squares = chance.chisquare(self.freedom, futures) / self.freedom
        wander = self.wander / np.sqrt(squares) * chance.standard_normal(futures)
        level = np.exp(np.clip(wander, -_FARTHEST, _FARTHEST))
        levels: FloatArray = level / level.mean()
        return levels

    def through(self, first: int, days: npt.ArrayLike) -> FloatArray:
        """Return the mean relative demand of so many days.

        Parameters
        ----------
        first : int
            Day of the year on which they begin, 0 being 1 January.
        days : array_like of int

        Returns
        -------
        ndarray of float
            1 for no day at all.
        """
        number = np.asarray(days, np.int64)
        angle = 2 * np.pi * (first + np.arange(max(int(number.max(initial=0)), 1))) / _DAYS_A_YEAR
        relative = np.exp(self.cosine * np.cos(angle) + self.sine * np.sin(angle))
        summed = np.concatenate(([0.0], np.cumsum(relative)))
        mean: FloatArray = np.where(number > 0, summed[number] / np.maximum(number, 1), 1.0)
        return mean


def fit_season(middle: npt.ArrayLike, rate: npt.ArrayLike, *, months_ahead: float) -> Season:
    """Fit one wave a year to monthly rates, and what they wander about it.

    Least squares of the logarithm on a straight line (which is not carried on) and a wave that is
    held back; what is left wanders like a first-order autoregression, and the mean of n of its
    months has the variance s²/n (1 + 2 sum (1 - k/n) r^k).

    Parameters
    ----------
    middle : array_like
        Middle of each month, in days since 1 January of some year; in order, without gaps.
    rate : array_like
        Cases for each customer, or whatever is relative to how many there are; months without any
        are left out.
    months_ahead : float
        Over how many months demand is to be forecast.

    Returns
    -------
    Season
        Without a wave where fewer than :data:`LEAST_MONTHS` are seen, and without a wander where
        fewer than six are.
    """
    when, seen = np.asarray(middle, np.float64), np.asarray(rate, np.float64)
    when, logs = when[seen > 0], np.log(seen[seen > 0])
    if len(logs) < _LEAST_FOR_WANDER:
        return Season(0.0, 0.0, _WANDER, _BELIEF)
    angle = 2 * np.pi * when / _DAYS_A_YEAR
    line = np.stack([np.ones_like(when), (when - when.mean()) / _DAYS_A_YEAR], axis=1)
    if len(logs) < LEAST_MONTHS:
        left = logs - line @ np.linalg.lstsq(line, logs, rcond=None)[0]
        return Season(0.0, 0.0, *_believed(left, 2, months_ahead))
    design = np.column_stack([line, np.cos(angle), np.sin(angle)])
    free = np.linalg.lstsq(design, logs, rcond=None)[0]
    left = logs - design @ free
    # Months that go together say less of a wave than as many independent ones.
    noise = _wander(left, 4, len(logs)) ** 2 / 2 * len(logs)
    penalty = np.diag([0.0, 0.0, noise / _SEASON**2, noise / _SEASON**2])
    held = np.linalg.solve(design.T @ design + penalty, design.T @ logs)
    left = logs - design @ held
    return Season(float(held[2]), float(held[3]), *_believed(left, 4, months_ahead))


def _believed(left: FloatArray, fitted: int, months_ahead: float) -> tuple[float, float]:
    """Wander, and its degrees of freedom: what was seen, weighed with what was believed."""
    seen = _wander(left, fitted, months_ahead)
    along = _along(left)
    # Months that go together are fewer independent ones (Bartlett 1946, for variances).
    freedom = (len(left) - fitted) * (1 - along**2) / (1 + along**2)
    whole = freedom + _BELIEF
    return math.sqrt((freedom * seen**2 + _BELIEF * _WANDER**2) / whole), whole


def _wander(left: FloatArray, fitted: int, months_ahead: float) -> float:
    months, ahead = len(left), max(round(months_ahead), 1)
    squares = float((left**2).sum())
    if squares == 0:
        return 0.0
    along = _along(left)
    variance = squares / (months - fitted) / (1 - _of_mean(along, months))
    return math.sqrt(variance * (_of_mean(along, ahead) + _of_mean(along, months)))


def _along(left: FloatArray) -> float:
    """Correlation of neighbouring months."""
    months, squares = len(left), float((left**2).sum())
    if squares == 0:
        return 0.0
    along = float((left[1:] * left[:-1]).sum()) / squares
    # What was fitted took a part of it along: Kendall's correction for a line (Biometrika 41
    # (1954)), and the variance of the months' mean.
    return min(max((months * along + 2) / (months - 4), 0.0), _ALONG)


def _of_mean(along: float, months: int) -> float:
    """Variance of the mean of so many months, against that of a month."""
    lags = np.arange(1, months)
    together = 2 * float(((1 - lags / months) * along**lags).sum())
    return (1 + together) / months
