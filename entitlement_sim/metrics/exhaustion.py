"""Whether and when an entitlement that still runs will run dry."""

import math
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from .intervals import Interval, normal_quantile, upper_tail_from
from .newton import Derivatives, in_logarithms, maximise
from .special_functions import FloatArray, IntArray, digamma, log_gamma, regularised_beta, trigamma

BoolArray = npt.NDArray[np.bool_]

#: Shape from which a gamma prior is as good as one rate for everybody.
MAX_SHAPE: Final = 1e4

#: Probability below which a simulation need not go on.
_NEGLIGIBLE: Final = 1e-12


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
        Maximum likelihood, or the mean rate and the excess of the squared deviations over
        Poisson's: 1/a = sum((n - rate E)² - n) / (rate² sum(E²)).

    Returns
    -------
    GammaPrior
        With shape :data:`MAX_SHAPE` where cases scatter no more than chance alone would have it.

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
    rate = float(n.sum() / covered.sum())
    excess = float(((n - rate * covered) ** 2 - n).sum())
    inverse = excess / (rate**2 * float((covered**2).sum()))
    if inverse <= 1 / MAX_SHAPE:
        return GammaPrior(MAX_SHAPE, MAX_SHAPE / rate)
    if method == "moments":
        return GammaPrior(1 / inverse, 1 / inverse / rate)
    start = np.log([rate, 1 / inverse])
    best = maximise(lambda logs: _log_likelihood(np.exp(logs), n, covered), start)
    rate, shape = (float(parameter) for parameter in np.exp(best.point))
    shape = min(shape, MAX_SHAPE)
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
    tail = regularised_beta(
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
    *,
    draws: int = 2000,
    confidence: float = 0.95,
    seed: int | np.random.Generator = 0,
) -> Interval:
    """Probability that an allotment in hours runs dry before its end.

    Draws the hours of one case after another from `hours_per_case` until the balance is gone,
    which takes K cases, and averages P(N >= K) over the draws, with N as in
    :func:`probability_of_exhaustion`. Only the hours are left to chance, so few draws suffice;
    all entitlements share the draws, so more hours left never look riskier.

    Parameters
    ----------
    remaining, cases, exposure, remaining_exposure : array_like
        As in :func:`probability_of_exhaustion`, `remaining` in hours.
    prior : GammaPrior
    hours_per_case : array_like
        Hours charged to past cases, not negative; taken to hundredths of an hour.
    draws : int, default 2000
    confidence : float, default 0.95
    seed : int or numpy.random.Generator

    Returns
    -------
    Interval
        Arrays: the probability, and limits of the simulation's own error.

    Raises
    ------
    ValueError
        If there are no hours to draw from, one is negative, or as
        :func:`probability_of_exhaustion`.

    Examples
    --------
    >>> prior = GammaPrior(shape=1.5, exposure=0.25)
    >>> hours = [0.25, 0.5, 0.5, 1, 1.5, 4]
    >>> result = probability_of_exhaustion_in_hours([4, 8, 0], 6, 0.5, 0.5, prior, hours)
    >>> result.value.round(2).tolist()
    [0.67, 0.33, 1.0]
    """
    z = normal_quantile(upper_tail_from(confidence))
    charged = _hundredths(hours_per_case)
    if charged.size == 0 or (charged < 0).any():
        raise ValueError("hours per case must be numbers from 0 up, at least one")
    left, n, seen, coming = (
        part.ravel()
        for part in np.broadcast_arrays(
            *(np.asarray(x, np.float64) for x in (remaining, cases, exposure, remaining_exposure))
        )
    )
    shape = np.broadcast_shapes(*map(np.shape, (remaining, cases, exposure, remaining_exposure)))
    # Cases without a charge are thinned out: they leave a gamma-Poisson stream of the others.
    positive = charged[charged > 0]
    coming = coming * (len(positive) / len(charged))
    value = probability_of_exhaustion(left, n, seen, coming, prior)
    error = np.zeros(len(left))
    open_ended = np.flatnonzero((left > 0) & np.isfinite(left))
    if len(positive) == 0:
        value[open_ended] = 0.0
    else:
        known = (n[open_ended], seen[open_ended], coming[open_ended], prior)
        value[open_ended], error[open_ended] = _simulate_hours(
            _hundredths(left[open_ended]), known, positive, draws, np.random.default_rng(seed)
        )
    half = z * error
    limits = (value, np.clip(value - half, 0, 1), np.clip(value + half, 0, 1))
    return Interval(*(part.reshape(shape) for part in limits))


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


def _simulate_hours(
    balances: IntArray,
    known: tuple[FloatArray, FloatArray, FloatArray, GammaPrior],
    charges: IntArray,
    draws: int,
    rng: np.random.Generator,
) -> tuple[FloatArray, FloatArray]:
    """Mean and standard error of P(N >= K), K being the cases that empty a balance on a draw."""
    cases, exposure, coming, prior = known
    mean, square = np.zeros(len(balances)), np.zeros(len(balances))
    emptied = np.zeros(len(balances))
    spent = np.zeros(draws, dtype=np.int64)
    case = 0
    while (still := np.flatnonzero(emptied < 1)).size:
        case += 1
        spent += rng.choice(charges, size=draws)
        chance = probability_of_exhaustion(
            case, cases[still], exposure[still], coming[still], prior
        )
        if chance.max() < _NEGLIGIBLE:
            break
        now = 1 - np.searchsorted(np.sort(spent), balances[still], side="left") / draws
        mean[still] += (now - emptied[still]) * chance
        square[still] += (now - emptied[still]) * chance**2
        emptied[still] = now
    return mean, np.sqrt(np.maximum(square - mean**2, 0.0) / draws)


def _hundredths(amounts: npt.ArrayLike) -> IntArray:
    return np.rint(np.asarray(amounts, np.float64) * 100).astype(np.int64)


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


def _log_likelihood(parameters: FloatArray, n: FloatArray, covered: FloatArray) -> Derivatives:
    """Value and derivatives by log mean rate and log shape, but for a constant."""
    rate, shape = parameters
    expected = shape + rate * covered
    weight = (shape + n) / expected
    value = (
        log_gamma(shape + n)
        - log_gamma(shape)
        + shape * math.log(shape)
        + n * math.log(rate)
        - (shape + n) * np.log(expected)
    ).sum()
    by_rate = (n / rate - weight * covered).sum()
    by_shape = digamma(shape + n) - digamma(shape) + np.log(shape / expected) + 1 - weight
    twice_rate = (weight * covered**2 / expected - n / rate**2).sum()
    twice_shape = trigamma(shape + n) - trigamma(shape) + 1 / shape + (weight - 2) / expected
    mixed = ((weight - 1) * covered / expected).sum()
    gradient = np.array([by_rate, by_shape.sum()])
    hessian = np.array([[twice_rate, mixed], [mixed, twice_shape.sum()]])
    return float(value), *in_logarithms(parameters, gradient, hessian)
