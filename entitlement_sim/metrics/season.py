"""How demand moves with the year and over the years, and how far it wanders from month to month."""

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from .special_functions import FloatArray

#: Fewer months than these know no season.
LEAST_MONTHS: Final = 24
#: Standard deviations before anything is seen, which hold back what a few years, which wander, seem
#: to say: of a season's two halves, of the growth of a year about the one that is declared, and of
#: the level of all (none).
_SEASON: Final = 0.1
_GROWTH: Final = 0.02
_LEVEL: Final = 10.0
_DAYS_A_YEAR: Final = 365.25
_DAYS_A_MONTH: Final = 30.4375
#: Fewer months than these do not tell how demand wanders.
_LEAST_FOR_WANDER: Final = 6
#: Correlations of neighbouring months that are tried; no greater one is believed.
_ALONG: Final = np.linspace(0.0, 0.9, 91)
#: What is believed of the wander before anything is seen, and what that weighs in independent
#: deviations: the demand of months ahead is a tenth higher or lower.
_WANDER: Final = 0.1
_BELIEF: Final = 5.0
#: Logarithm beyond which no demand is foreseen.
_FARTHEST: Final = 1.0


class Season(NamedTuple):
    """Relative demand of a day of the year and of months ahead, 1 being an ordinary one.

    Attributes
    ----------
    cosine, sine : float
        Of the logarithm of demand, over a year from 1 January on.
    wander : float
        Standard deviation of the logarithm of the mean demand of months ahead, against that of all
        months seen, with what is not known of the growth.
    freedom : float
        Independent deviations that `wander` rests on, with those that stand for what was believed
        before.
    growth : float
        Of the logarithm of demand in a year.
    level : float
        Logarithm of the level of months ahead, as far as the last months tell it, against that of
        all months seen.
    """

    cosine: float
    sine: float
    wander: float
    freedom: float
    growth: float = 0.0
    level: float = 0.0

    def levels(self, futures: int, chance: np.random.Generator) -> FloatArray:
        """Return the relative demand of each future, by Student's law about the level."""
        squares = chance.chisquare(self.freedom, futures) / self.freedom
        wander = self.wander / np.sqrt(squares) * chance.standard_normal(futures)
        level = np.exp(np.clip(wander, -_FARTHEST, _FARTHEST))
        levels: FloatArray = level / level.mean() * math.exp(self.level)
        return levels

    def grown(self, days: npt.ArrayLike) -> FloatArray:
        """Return the relative demand so many days later, by growth alone."""
        years = np.asarray(days, np.float64) / _DAYS_A_YEAR
        grown: FloatArray = np.exp(np.clip(self.growth * years, -_FARTHEST, _FARTHEST))
        return grown

    def through(self, first: int, days: npt.ArrayLike) -> FloatArray:
        """Return the mean relative demand of so many days, by the time of the year alone.

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


def fit_season(
    middle: npt.ArrayLike, rate: npt.ArrayLike, *, months_ahead: float, growth: float = 0.0
) -> Season:
    """Fit growth and one wave a year to monthly rates, and what they wander about these.

    The logarithm of a month's rate is a level, a growth and a wave that are held back (normal
    before anything is seen), and a wander: a first-order autoregression, whose correlation and
    variance are those that would leave such residuals of least squares as there are (moments of
    this very design: plain residuals of few years say too little of what moves slowly). What the
    months ahead will be on the average, and how far from it, follows by conditioning on all months.

    Parameters
    ----------
    middle : array_like
        Middle of each month, in days since 1 January of some year; in order, without gaps.
    rate : array_like
        Cases for each customer, or whatever is relative to how many there are; months without any
        are left out.
    months_ahead : float
        Over how many months demand is to be forecast.
    growth : float, default 0
        Of the logarithm in a year, as it is declared: a few years of a level that wanders tell
        little of it.

    Returns
    -------
    Season
        Without a wave where fewer than :data:`LEAST_MONTHS` are seen; where fewer than six are,
        with nothing but what is believed before.
    """
    when, seen = np.asarray(middle, np.float64), np.asarray(rate, np.float64)
    when, logs = when[seen > 0], np.log(seen[seen > 0])
    months, ahead = len(logs), max(round(months_ahead), 1)
    if months < _LEAST_FOR_WANDER:
        return Season(0.0, 0.0, _WANDER, _BELIEF, growth)
    years = (when - when.mean()) / _DAYS_A_YEAR
    logs = logs - growth * years
    angle = 2 * np.pi * when / _DAYS_A_YEAR
    waves = [np.cos(angle), np.sin(angle)] if months >= LEAST_MONTHS else []
    design = np.column_stack([np.ones(months), years, *waves])
    before = np.array([_LEVEL, _GROWTH, _SEASON, _SEASON][: design.shape[1]]) ** 2
    along, variance = _autoregression(logs, design)
    together = variance * _correlations(along, months + ahead)
    covariance = design * before @ design.T + together[:months, :months]
    if variance == 0:
        covariance += np.eye(months) * np.finfo(np.float64).eps
    # Mean of the months ahead less that of those seen.
    contrast = np.concatenate([np.full(months, -1 / months), np.full(ahead, 1 / ahead)])
    later = years[-1] + (ahead + 1) / 2 * _DAYS_A_MONTH / _DAYS_A_YEAR
    of_level = contrast @ together[:, :months]
    of_growth = before[1] * design[:, 1]
    told = np.linalg.solve(covariance, logs - logs.mean())
    with_all = of_level + later * of_growth
    left = contrast @ together @ contrast + later**2 * before[1]
    left -= with_all @ np.linalg.solve(covariance, with_all)
    # Months that go together are fewer independent ones (Bartlett 1946, for variances).
    freedom = (months - design.shape[1]) * (1 - along**2) / (1 + along**2)
    whole = freedom + _BELIEF
    wander = math.sqrt((freedom * max(left, 0.0) + _BELIEF * _WANDER**2) / whole)
    beyond, *wave = (before * (design.T @ told))[1:].tolist()
    cosine, sine = wave or (0.0, 0.0)
    return Season(cosine, sine, wander, whole, growth + beyond, float(of_level @ told))


def _autoregression(logs: FloatArray, design: FloatArray) -> tuple[float, float]:
    """Return the correlation of neighbouring months and the variance of a month, by moments."""
    months = len(logs)
    away = np.eye(months) - design @ np.linalg.pinv(design)
    left = away @ logs
    squares = float(left @ left)
    if squares <= np.finfo(np.float64).eps * months:
        return 0.0, 0.0
    products, sums = [], []
    for along in _ALONG:
        expected = away @ _correlations(float(along), months) @ away
        products.append(float(np.trace(expected, 1)))
        sums.append(float(np.trace(expected)))
    ratios = np.maximum.accumulate(np.array(products) / np.array(sums))
    along = float(np.interp(float(left[1:] @ left[:-1]) / squares, ratios, _ALONG))
    return along, squares / float(np.interp(along, _ALONG, sums))


def _correlations(along: float, months: int) -> FloatArray:
    place = np.arange(months)
    correlations: FloatArray = along ** np.abs(place[:, None] - place)
    return correlations
