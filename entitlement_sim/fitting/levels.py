"""A level that wanders from week to week, and what it is easily taken for: trend, season, breaks.

The relative residuals of the weeks are a first-order autoregression (the level), noise, and what a
trend and a season have left in them. All of it is estimated jointly, by restricted likelihood, and
errors are averaged over what is not known of the level: few years tell a level that stays away for
months hardly from growth, and the error says so.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from .seen import Floats, Ints

#: Shortest half-life in days: a shorter one is not told from noise.
_SHORTEST: Final = 7.0
#: So many of the longest half-life fit into the book: a longer one is not told from a trend.
_PARTS: Final = 3
#: Points at which half-lives and sizes of the level are looked at, first all over, then near.
_HALF_LIVES: Final = 24
_SIZES: Final = 40
_LEAST_SIZE: Final = 2e-3
_GREATEST_SIZE: Final = 3.0
#: Logarithms of the likelihood below the greatest up to which a point is looked at closely.
_NEAR: Final = 9.0
#: Shares at which the scale of the noise is looked at, given all else.
_SCALES: Final = 15
#: What twice the gain of likelihood by a level exceeds once in twenty times where there is none.
_TOLD: Final = 4.0


@dataclass(frozen=True, eq=False)
class Weeks:
    """What the weeks of a book say of a level and of what is estimated beside it.

    Attributes
    ----------
    names : list of str
        Of the columns; the first is the mean.
    values, covariance : ndarray
        Of the coefficients, averaged over what the level may be.
    level : ndarray, shape (points, 3)
        What the level may be: its standard deviation, its half-life in days, and how likely.
    is_told : bool
        Whether a level is told from none.
    likeliest : tuple of float
        Standard deviation and half-life where the restricted likelihood is greatest.
    log_likelihood : float
        The greatest, of the coefficients as they are.
    dispersion : float
        Of weeks beside the level, against the noise that was given.
    """

    names: list[str]
    values: Floats
    covariance: Floats
    level: Floats
    is_told: bool
    likeliest: tuple[float, float]
    log_likelihood: float
    dispersion: float
    _parts: tuple[Floats, Floats, Floats, int]

    def error(self, name: str) -> float:
        """Standard error of a coefficient."""
        place = self.names.index(name)
        return math.sqrt(float(self.covariance[place, place]))

    def limits(self, name: str, confidence: float = 0.95) -> tuple[float, float]:
        """Limits of a coefficient: of the mixture of Student's distributions."""
        from scipy.optimize import brentq
        from scipy.stats import t as student

        weights, means, errors, degrees = self._parts
        place = self.names.index(name)
        middle, error = self.values[place], self.error(name)
        own, spread = means[:, place], errors[:, place]

        def limit(share: float) -> float:
            def missing(at: float) -> float:
                return float(weights @ student.cdf((at - own) / spread, degrees)) - share

            wide = 4.0
            while missing(middle - wide * error) > 0 or missing(middle + wide * error) < 0:
                wide *= 2
            return float(brentq(missing, middle - wide * error, middle + wide * error))

        return limit((1 - confidence) / 2), limit((1 + confidence) / 2)

    def quantiles(self, column: int, shares: tuple[float, ...]) -> list[float]:
        """Return quantiles of the level's standard deviation (0) or half-life (1)."""
        order = np.argsort(self.level[:, column])
        passed = np.cumsum(self.level[order, 2])
        places = np.searchsorted(passed, shares)
        return [float(self.level[order[min(place, len(order) - 1)], column]) for place in places]

    def likely(self, count: int) -> tuple[Floats, Ints]:
        """Return what the level may be, equally likely: rows of `level`, and the point of each."""
        passed = np.cumsum(self.level[:, 2])
        rows = np.searchsorted(passed, (np.arange(count) + 0.5) / count * passed[-1])
        return self.level[rows, :2], rows // _SCALES

    def at(self, name: str, points: Ints) -> tuple[Floats, Floats]:
        """Return a coefficient given each of some points, and its standard error."""
        _weights, means, errors, _degrees = self._parts
        place = self.names.index(name)
        return means[points, place], errors[points, place]


def fit_weeks(residuals: Floats, noise: Floats, design: Floats, names: list[str]) -> Weeks:
    """Fit coefficients, and a level that wanders beside them, to the residuals of weeks.

    The variance of the weeks is ``scale * (size² * stays^|lag| + noise)``. Over size and half-life
    the restricted likelihood (Patterson and Thompson 1971, Biometrika 58) is looked at on a grid,
    first all over and then where it is large; each point is reckoned by Kalman's filter (Harvey
    1989). A standard deviation of the level is as likely beforehand as any other, and so is the
    logarithm of a half-life, from a week to a third of the book. Coefficients are those of
    generalised least squares, averaged over the points by their likelihood: given a point, they
    have Student's distribution.

    Parameters
    ----------
    residuals : ndarray, shape (weeks,)
        Relative ones.
    noise : ndarray, shape (weeks,)
        Their variance without a level, up to a scale; infinite where a week says nothing.
    design : ndarray, shape (weeks, columns)
        The first column is 1.
    names : list of str
        Of the columns.
    """
    from scipy.special import logsumexp
    from scipy.stats import chi2

    columns = np.column_stack([design, residuals])
    weeks = int(np.isfinite(noise).sum())
    degrees = weeks - design.shape[1]
    longest = max(7.0 * len(residuals) / _PARTS, 2 * _SHORTEST)
    sizes = np.geomspace(_LEAST_SIZE, _GREATEST_SIZE, _SIZES)
    lives = np.geomspace(_SHORTEST, longest, _HALF_LIVES)
    coarse = _Points(columns, noise, *_grid(sizes, lives), degrees)
    near = coarse.likely >= coarse.likely.max() - _NEAR
    low, high = coarse.sizes[near].min() / 1.2, coarse.sizes[near].max() * 1.2
    of_lives = coarse.lives[near]
    sizes = np.geomspace(low, high, _SIZES)
    lives = np.geomspace(of_lives.min(), of_lives.max(), _HALF_LIVES)
    points = _Points(columns, noise, *_grid(sizes, lives), degrees)
    # Points lie evenly in the logarithm of the size; any size is as likely as another.
    weights = points.likely + np.log(points.sizes)
    weights = np.exp(weights - logsumexp(weights))
    keep = weights > 1e-7
    weights = weights[keep] / weights[keep].sum()
    values, scale = points.values[keep], points.scale[keep]
    variances = scale[:, None, None] * points.inverses[keep] * degrees / max(degrees - 2, 1)
    mean = weights @ values
    apart = values - mean
    covariance = np.einsum("p,pij->ij", weights, variances) + (weights[:, None] * apart).T @ apart
    errors = np.sqrt(scale[:, None] * np.diagonal(points.inverses[keep], axis1=1, axis2=2))
    # Given a point, the scale is one over chi-square: of that, too, some values are looked at.
    shares = (np.arange(_SCALES) + 0.5) / _SCALES
    scales = scale[:, None] * degrees / chi2.ppf(shares, degrees)
    squares = scales * points.sizes[keep, None] ** 2
    level = np.column_stack(
        [
            np.sqrt(np.log1p(squares)).ravel(),
            np.repeat(points.lives[keep], _SCALES),
            np.repeat(weights / _SCALES, _SCALES),
        ]
    )
    none = _Points(columns, noise, np.zeros(1), np.full(1, _SHORTEST), degrees)
    gain = 2 * float(max(coarse.likely.max(), points.likely.max()) - none.likely[0])
    greatest = float(max(coarse.profile.max(), points.profile.max(), none.profile[0]))
    return Weeks(
        names,
        np.asarray(mean),
        covariance,
        level,
        gain > _TOLD,
        points.likeliest(),
        greatest,
        float(weights @ scale),
        (weights, values, errors, degrees),
    )


def _grid(sizes: Floats, lives: Floats) -> tuple[Floats, Floats]:
    return np.repeat(sizes, len(lives)), np.tile(lives, len(sizes))


class _Points:
    """Coefficients and likelihoods at each of many sizes and half-lives of a level.

    Attributes
    ----------
    sizes, lives : ndarray, shape (points,)
    values, inverses : ndarray
        Coefficients of generalised least squares, and their covariance but for the scale.
    scale : ndarray
        Restricted estimate.
    likely, profile : ndarray
        Logarithms of the restricted likelihood and of the likelihood, at the best scale.
    """

    def __init__(
        self, columns: Floats, noise: Floats, sizes: Floats, lives: Floats, degrees: int
    ) -> None:
        self.sizes, self.lives = sizes, lives
        gram, log_det = _filtered(columns, noise, sizes**2, 0.5 ** (7 / lives))
        of_design = gram[:, :-1, :-1]
        self.inverses = np.linalg.pinv(of_design, hermitian=True)
        self.values = np.einsum("pij,pj->pi", self.inverses, gram[:, :-1, -1])
        left = gram[:, -1, -1] - np.einsum("pi,pi->p", self.values, gram[:, :-1, -1])
        left = np.maximum(left, 1e-300)
        self.scale = left / degrees
        count = columns.shape[1] - 1 + degrees
        _sign, of_information = np.linalg.slogdet(of_design)
        self.likely = -0.5 * (log_det + of_information + degrees * np.log(left))
        self.profile = -0.5 * (log_det + count * np.log(left))

    def likeliest(self) -> tuple[float, float]:
        """Standard deviation and half-life at the greatest restricted likelihood."""
        best = int(self.likely.argmax())
        square = float(self.scale[best] * self.sizes[best] ** 2)
        return math.sqrt(math.log1p(square)), float(self.lives[best])


def _filtered(
    columns: Floats, noise: Floats, squares: Floats, stays: Floats
) -> tuple[Floats, Floats]:
    """Return products of columns over the variance of the weeks, and its log-determinant.

    By Kalman's filter, which every column goes through like the observations.
    """
    count = columns.shape[1]
    state = np.zeros((len(squares), count))
    variance = squares.copy()
    gram = np.zeros((len(squares), count, count))
    log_det = np.zeros(len(squares))
    for week in range(len(columns)):
        if week:
            state *= stays[:, None]
            variance = squares + stays**2 * (variance - squares)
        if not math.isfinite(noise[week]):
            continue
        total = variance + noise[week]
        apart = columns[week] - state
        gram += (apart / total[:, None])[:, :, None] * apart[:, None, :]
        log_det += np.log(total)
        gain = variance / total
        state += gain[:, None] * apart
        variance = variance * (1 - gain)
    return gram, log_det


def errors_of_mean(design: Floats, noise: Floats, sizes: Floats, half_lives: Floats) -> Floats:
    """Return the standard errors that levels alone give the mean of a book.

    Parameters
    ----------
    design : ndarray, shape (weeks, columns)
        The first column is 1.
    noise : ndarray, shape (weeks,)
        Variance without a level.
    sizes, half_lives : ndarray
        Of each level.
    """
    stays = 0.5 ** (7 / half_lives)
    of_mean = [
        np.linalg.pinv(_filtered(design, noise, squares, stays)[0], hermitian=True)[:, 0, 0]
        for squares in (sizes**2, np.zeros(len(sizes)))
    ]
    return np.asarray(np.sqrt(np.maximum(of_mean[0] - of_mean[1], 0.0)))


def by_week(values: Floats, weeks: Ints) -> Floats:
    """Return sums of the days of each week."""
    sums = np.zeros((int(weeks[-1]) + 1, *values.shape[1:]))
    np.add.at(sums, weeks, values)
    return sums
