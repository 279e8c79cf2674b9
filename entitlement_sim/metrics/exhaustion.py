"""Whether and when an entitlement that still runs will run dry, by itself: closed forms.

Each contract is taken alone, with cases at a rate of its own. Who of a book runs dry, with all that
customers share and the rules in between, is forecast (:func:`~entitlement_sim.forecast`), and what
users are shown as a forecast comes from there alone.
"""

import math
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import compress
from typing import Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from .compound import chance_of_reaching
from .loading import optimize, special
from .maximum import Derivatives, in_logarithms, maximise
from .special_functions import FloatArray, IntArray, log_rising

BoolArray = npt.NDArray[np.bool_]

#: Shape of a gamma prior that stands for one rate for everybody.
MAX_SHAPE: Final = 1e9

#: Shapes at which a likelihood is looked at before Newton's method goes on: six for each decade.
_SHAPES: Final = np.geomspace(1e-5, MAX_SHAPE, 85)
#: How closely the best rate of a shape is looked for, as a part of it.
_RATE_TOLERANCE: Final = 1e-12
#: Hundredths of an hour that no entitlement holds.
_LONGEST: Final = 2.0**62


@dataclass(frozen=True)
class GammaPrior:
    """What is known of the case rates of a portfolio before looking at one entitlement.

    Attributes
    ----------
    shape : float
        a: the prior weighs as much as this many cases …
    exposure : float
        b: … seen in this much exposure (the unit of all exposures: days, months or years).

    Examples
    --------
    >>> prior = GammaPrior(shape=2.0, exposure=1.0)
    >>> prior.mean_rate, prior.given(cases=4, exposure=0.5).mean_rate
    (2.0, 4.0)
    """

    shape: float
    exposure: float

    def __post_init__(self) -> None:
        if not (self.shape > 0 and self.exposure > 0 and math.isfinite(self.shape)):
            raise ValueError(
                f"shape and exposure must be positive, not {self.shape}, {self.exposure}"
            )

    @property
    def mean_rate(self) -> float:
        """Cases per unit of exposure."""
        return self.shape / self.exposure

    def given(self, cases: float, exposure: float) -> "GammaPrior":
        """Distribution of the rate after seeing `cases` in `exposure`."""
        return GammaPrior(self.shape + cases, self.exposure + exposure)


def fit_gamma_prior(
    cases: npt.ArrayLike,
    exposure: npt.ArrayLike,
    *,
    method: Literal["likelihood", "moments"] = "likelihood",
) -> GammaPrior:
    """Fit the prior to a portfolio: cases are negative binomial, given the exposures.

    Parameters
    ----------
    cases : array_like
        Cases of each entitlement or customer.
    exposure : array_like
        Covered time of each; rows without exposure say nothing and are left out.
    method : {"likelihood", "moments"}
        Maximum likelihood, looked for at all shapes and never below that of one rate for everybody
        (Poisson); or the mean rate and the excess of the squared deviations over Poisson's:
        1/a = sum((n - rate E)² - n) / (rate² sum(E²)).

    Returns
    -------
    GammaPrior
        With shape :data:`MAX_SHAPE` where one rate for everybody is as likely as any spread (or,
        with moments, cases scatter no more than chance alone would have it).

    Raises
    ------
    ValueError
        If lengths differ, a number is negative or missing, cases came without exposure, or
        there is no case at all.

    Examples
    --------
    >>> prior = fit_gamma_prior([0, 1, 1, 2, 3, 9], [1, 1, 1, 1, 1, 1])
    >>> round(prior.shape, 3), round(prior.mean_rate, 3)
    (1.311, 2.667)
    """
    n, covered = _checked(cases, exposure)
    pooled = float(n.sum() / covered.sum())
    one_rate = GammaPrior(MAX_SHAPE, MAX_SHAPE / pooled)
    if method == "moments":
        excess = float(((n - pooled * covered) ** 2 - n).sum())
        inverse = excess / (pooled**2 * float((covered**2).sum()))
        if inverse <= 1 / MAX_SHAPE:
            return one_rate
        return GammaPrior(1 / inverse, 1 / inverse / pooled)
    rate, shape, value = max(_peaks(n, covered, pooled), key=lambda peak: peak.value)
    if value <= _log_likelihood_of_one_rate(n, covered, pooled) or shape >= MAX_SHAPE:
        return one_rate
    return GammaPrior(shape, shape / rate)


def probability_of_exhaustion(
    remaining: npt.ArrayLike,
    cases: npt.ArrayLike,
    exposure: npt.ArrayLike,
    remaining_exposure: npt.ArrayLike,
    prior: GammaPrior,
) -> FloatArray:
    """Probability that an allotment in cases runs dry before its end.

    With the rate Gamma(a, b) before and n cases seen in exposure E, the cases N still to come in
    exposure tau are negative binomial with size a + n and success probability
    (b + E) / (b + E + tau); the answer is P(N >= R).

    Parameters
    ----------
    remaining : array_like
        R, terms left. 0 or less is dry already: 1. A fraction lasts for one more case: rounded
        up. Infinity is an unlimited allotment: 0. NaN stays NaN.
    cases, exposure : array_like
        n and E, seen so far on each entitlement.
    remaining_exposure : array_like
        tau, covered time from now to the end; multiply by a seasonal index where there is one.
    prior : GammaPrior

    Returns
    -------
    numpy.ndarray
        One probability for each entitlement (all arguments are broadcast together).

    Raises
    ------
    ValueError
        If cases or exposures are negative or missing.

    Examples
    --------
    Six cases in half a year, half a year to go, and 4, 8 or 0 cases left.

    >>> prior = GammaPrior(shape=1.5, exposure=0.25)
    >>> probability_of_exhaustion([4, 8, 0], 6, 0.5, 0.5, prior).round(3).tolist()
    [0.663, 0.18, 1.0]
    """
    left, n, seen, coming = np.broadcast_arrays(
        *(np.asarray(x, np.float64) for x in (remaining, cases, exposure, remaining_exposure))
    )
    if not ((n >= 0) & (seen >= 0) & (coming >= 0)).all():
        raise ValueError("cases and exposures must be numbers from 0 up")
    whole = np.ceil(left)
    asked = (whole > 0) & np.isfinite(whole)
    tail = special().betainc(
        np.where(asked, whole, 1.0),
        prior.shape + n,
        coming / (prior.exposure + seen + coming),
    )
    return np.asarray(
        np.select([np.isnan(left), left <= 0, asked], [np.nan, 1.0, tail], default=0.0)
    )


def probability_of_exhaustion_in_hours(
    remaining: npt.ArrayLike,
    cases: npt.ArrayLike,
    exposure: npt.ArrayLike,
    remaining_exposure: npt.ArrayLike,
    prior: GammaPrior,
    hours_per_case: npt.ArrayLike,
) -> FloatArray:
    """Probability that an allotment in hours runs dry before its end.

    The cases N still to come are negative binomial as in :func:`probability_of_exhaustion`, and
    each takes the hours of one of `hours_per_case`, all as likely: the answer is P(sum >= R),
    exactly, by Panjer's recursion over hundredths of an hour. No chance is involved. Cases without
    a charge are thinned out; they leave a gamma-Poisson stream of the others.

    Parameters
    ----------
    remaining, cases, exposure, remaining_exposure : array_like
        As in :func:`probability_of_exhaustion`, `remaining` in hours.
    prior : GammaPrior
    hours_per_case : array_like
        Hours charged to past cases, or any others that stand for their distribution; not negative,
        0 for cases that are charged nothing. Taken to hundredths of an hour.

    Returns
    -------
    numpy.ndarray
        One probability for each entitlement (all arguments but the last two are broadcast
        together).

    Raises
    ------
    ValueError
        If there are no hours per case, one is negative or missing, or as
        :func:`probability_of_exhaustion`.

    Examples
    --------
    >>> prior = GammaPrior(shape=1.5, exposure=0.25)
    >>> hours = [0.25, 0.5, 0.5, 1, 1.5, 4]
    >>> probability_of_exhaustion_in_hours([4, 8, 0], 6, 0.5, 0.5, prior, hours).round(3).tolist()
    [0.665, 0.326, 1.0]
    """
    given_hours = np.asarray(hours_per_case, np.float64)
    if given_hours.size == 0 or not ((given_hours >= 0) & np.isfinite(given_hours)).all():
        raise ValueError("hours per case must be numbers from 0 up, at least one")
    charged = _hundredths(given_hours)
    positive = charged[charged > 0]
    left, n, seen, coming = np.broadcast_arrays(
        *(np.asarray(x, np.float64) for x in (remaining, cases, exposure, remaining_exposure))
    )
    charging = coming * (positive.size / charged.size)
    asked = (left > 0) & np.isfinite(left)
    chance = probability_of_exhaustion(np.where(asked, 1.0, left), n, seen, charging, prior)
    if positive.size == 0:
        chance[asked] = 0.0
    else:
        chance[asked] = chance_of_reaching(
            _hundredths_to_reach(left[asked]),
            prior.shape + n[asked],
            charging[asked] / (prior.exposure + seen[asked] + charging[asked]),
            positive,
        )
    return chance


class Projection(NamedTuple):
    """When balances run out if use goes on as it did.

    Attributes
    ----------
    days : numpy.ndarray of float
        From now on; 0 where already empty, infinite where nothing is being used.
    already_empty : numpy.ndarray of bool
    lasts_the_term : numpy.ndarray of bool
        Whether something is left on the last day.
    """

    days: FloatArray
    already_empty: BoolArray
    lasts_the_term: BoolArray


def project_exhaustion(
    remaining: npt.ArrayLike,
    used: npt.ArrayLike,
    window_days: npt.ArrayLike,
    days_left: npt.ArrayLike,
    *,
    season: npt.ArrayLike | None = None,
) -> Projection:
    """Project when balances run out: remaining / (used / window).

    Parameters
    ----------
    remaining : array_like
        Terms left; NaN or infinity where the allotment is unlimited.
    used : array_like
        Net use within the window. Gave it back more than it took, the rate counts as zero.
    window_days : array_like
        Covered days of the window (with `season`: the sum of its index over them).
    days_left : array_like
        Covered days from now to the end of the term.
    season : array_like, optional
        Relative demand of each coming day, an ordinary day being 1; its last value goes on.

    Returns
    -------
    Projection
        Beyond `days_left` the date is no forecast, it says that the balance lasts the term.

    Raises
    ------
    ValueError
        If a window or what is left of a term is negative, or the season is empty or negative.

    Examples
    --------
    Five left at one every 6 days; nothing used; empty; five left with 20 days to go.

    >>> forecast = project_exhaustion([5, 5, 0, 5], [5, 0, 2, 5], 30, [100, 100, 100, 20])
    >>> forecast.days.tolist()
    [30.0, inf, 0.0, 30.0]
    >>> forecast.already_empty.tolist()
    [False, False, True, False]
    >>> forecast.lasts_the_term.tolist()
    [False, True, False, True]
    """
    left, use, window, until = np.broadcast_arrays(
        *(np.asarray(x, np.float64) for x in (remaining, used, window_days, days_left))
    )
    if not ((window >= 0) & (until >= 0)).all():
        raise ValueError("window_days and days_left must be numbers from 0 up")
    empty = left <= 0
    moving = (use > 0) & (window > 0) & np.isfinite(left) & ~empty
    ordinary = np.where(moving, left, 0.0) * window / np.where(moving, use, 1.0)
    if season is not None:
        ordinary = _through_season(ordinary, np.asarray(season, np.float64))
    days = np.select([empty, moving], [0.0, ordinary], default=np.inf)
    return Projection(days, empty, days > until)


def _through_season(ordinary: FloatArray, season: FloatArray) -> FloatArray:
    """Days until demand worth `ordinary` days has come in."""
    if season.size == 0 or not (season >= 0).all():
        raise ValueError("season must hold the relative demand of at least one day, from 0 up")
    reached = np.concatenate(([0.0], np.cumsum(season)))
    # Linear within a day: the first day on which the running total gets there.
    place = np.clip(np.searchsorted(reached, ordinary, side="left"), 1, len(season))
    into = ordinary - reached[place - 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        within = np.where(into > 0, into / season[place - 1], 0.0)
    return np.asarray(place - 1 + within, dtype=np.float64)


def _hundredths(hours: FloatArray) -> IntArray:
    return np.rint(hours * 100).astype(np.int64)


def _hundredths_to_reach(hours: FloatArray) -> IntArray:
    """Hundredths that take hours above 0 away: what lies between two of them lasts to the next."""
    whole = np.ceil((hours * 100).round(6))
    return np.clip(whole, 1.0, _LONGEST).astype(np.int64)


def _checked(cases: npt.ArrayLike, exposure: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    n, covered = np.asarray(cases, np.float64), np.asarray(exposure, np.float64)
    if n.shape != covered.shape or n.ndim != 1:
        raise ValueError("cases and exposure must be columns of one length")
    if not ((n >= 0) & (covered >= 0) & np.isfinite(n + covered)).all():
        raise ValueError("cases and exposure must be numbers from 0 up")
    if (n[covered == 0] > 0).any():
        raise ValueError("some rows have cases but no exposure")
    if n.sum() == 0:
        raise ValueError("without a single case there is no rate to fit")
    return n[covered > 0], covered[covered > 0]


class _Peak(NamedTuple):
    """Where the likelihood is greater than nearby."""

    rate: float
    shape: float
    value: float


def _peaks(n: FloatArray, covered: FloatArray, pooled: float) -> Iterator[_Peak]:
    """Peaks of the likelihood: those of its profile over the shapes, and what lies about them."""
    profile = [
        _Peak(rate, shape, _log_likelihood(rate, shape, n, covered))
        for shape in _SHAPES.tolist()
        for rate in [_best_rate(shape, n, covered, pooled)]
    ]
    heights = np.array([-np.inf, *(place.value for place in profile), -np.inf])
    is_peak = (heights[1:-1] >= heights[:-2]) & (heights[1:-1] >= heights[2:])
    for place in compress(profile, is_peak):
        yield place
        # Where the profile is so flat that rounding hides its slope, the place itself is as good.
        with suppress(ArithmeticError, np.linalg.LinAlgError):
            best = maximise(
                lambda logs: _by_logarithms(np.exp(logs), n, covered),
                np.log([place.rate, place.shape]),
            )
            rate, shape = (float(parameter) for parameter in np.exp(best.point))
            yield _Peak(rate, shape, best.value)


def _best_rate(shape: float, n: FloatArray, covered: FloatArray, pooled: float) -> float:
    """Mean rate at which a shape is likeliest: the root of sum((n - rate E) / (shape + rate E)).

    The sum falls in the rate, and is above 0 at none and below it at the greatest of all rates.
    """

    def missing(rate: float) -> float:
        return float(((n - rate * covered) / (shape + rate * covered)).sum())

    low, high = pooled, pooled
    while missing(low) < 0:
        low /= 2
    while missing(high) > 0:
        high *= 2
    if low == high:
        return pooled
    return float(optimize().brentq(missing, low, high, xtol=_RATE_TOLERANCE * low))


def _log_likelihood_of_one_rate(n: FloatArray, covered: FloatArray, rate: float) -> float:
    """Poisson's, less the same constant as :func:`_log_likelihood`."""
    return float((n * math.log(rate) - rate * covered).sum())


def _log_likelihood(rate: float, shape: float, n: FloatArray, covered: FloatArray) -> float:
    """Logarithm of the likelihood, but for a constant; nothing is lost where the shape is large."""
    taken = (shape + n) * np.log1p(rate * covered / shape)
    return float((log_rising(shape, n) + n * math.log(rate) - taken).sum())


def _by_logarithms(parameters: FloatArray, n: FloatArray, covered: FloatArray) -> Derivatives:
    """The same and its derivatives by log mean rate and log shape."""
    rate, shape = parameters
    expected = shape + rate * covered
    weight = (shape + n) / expected
    by_rate = (n / rate - weight * covered).sum()
    digamma, polygamma = special().digamma, special().polygamma
    by_shape = digamma(shape + n) - digamma(shape) + np.log(shape / expected) + 1 - weight
    twice_rate = (weight * covered**2 / expected - n / rate**2).sum()
    twice_shape = (
        polygamma(1, shape + n) - polygamma(1, shape) + 1 / shape + (weight - 2) / expected
    )
    mixed = ((weight - 1) * covered / expected).sum()
    gradient = np.array([by_rate, by_shape.sum()])
    hessian = np.array([[twice_rate, mixed], [mixed, twice_shape.sum()]])
    value = _log_likelihood(rate, shape, n, covered)
    return value, *in_logarithms(parameters, gradient, hessian)
