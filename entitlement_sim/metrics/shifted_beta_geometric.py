"""Renewal curves: the shifted-beta-geometric model of Fader and Hardie (2007).

Every customer renews with a probability of their own, the same at each renewal. The probabilities
of leaving follow a beta distribution, so those who leave easily leave early and the renewal rate
of the rest rises. Time is counted in renewals, not in calendar time, so terms of unequal length
stand beside each other.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import numpy.typing as npt
import pandas as pd

from .intervals import UNKNOWN, Interval, normal_quantile, upper_tail_from
from .loading import special
from .maximum import Derivatives, in_logarithms, maximise
from .special_functions import FloatArray

#: Terms of the discounted sum that are added at a time, and where it ends.
_BLOCK = 4096
_NEGLIGIBLE = 1e-15
#: With more prior weight than this the customers do not differ.
_NO_HETEROGENEITY = 1e8


class NotIdentifiedError(ValueError):
    """The renewals do not determine the two parameters.

    Attributes
    ----------
    constant_rate : float
        The one renewal rate that fits best, renewed / due; NaN where nothing was due.
    """

    def __init__(self, reason: str, constant_rate: float) -> None:
        best = (
            ""
            if math.isnan(constant_rate)
            else f"; the best constant renewal rate is {constant_rate:.4g}"
        )
        super().__init__(f"{reason}{best}")
        self.constant_rate = constant_rate


@dataclass(frozen=True)
class ShiftedBetaGeometric:
    """The model with known parameters.

    Attributes
    ----------
    alpha, beta : float
        Shapes of the beta distribution of a customer's probability of leaving at a renewal;
        its mean is alpha / (alpha + beta).

    Examples
    --------
    >>> model = ShiftedBetaGeometric(alpha=0.8, beta=3.75)
    >>> model.survival([0, 1, 4]).round(3).tolist()
    [1.0, 0.824, 0.554]
    >>> model.retention_rate([1, 2, 3, 4]).round(3).tolist()
    [0.824, 0.856, 0.878, 0.894]
    """

    alpha: float
    beta: float

    def __post_init__(self) -> None:
        if not (self.alpha > 0 and self.beta > 0 and math.isfinite(self.alpha + self.beta)):
            raise ValueError(f"alpha and beta must be positive, not {self.alpha}, {self.beta}")

    def survival(self, renewals: npt.ArrayLike) -> FloatArray:
        """Share that renewed at least `renewals` times: S(t) = B(alpha, beta + t) / B(alpha, beta).

        Raises
        ------
        ValueError
            If a number of renewals is negative.
        """
        t = np.asarray(renewals, dtype=np.float64)
        if not (t >= 0).all():
            raise ValueError("survival is asked for 0 or more renewals")
        total = self.alpha + self.beta
        log_gamma = special().gammaln
        up = log_gamma(self.beta + t) - log_gamma(self.beta)
        return np.asarray(np.exp(up - (log_gamma(total + t) - log_gamma(total))))

    def retention_rate(self, renewal: npt.ArrayLike) -> FloatArray:
        """Share of those due for the `renewal`-th time that renew.

        r(t) = (beta + t - 1) / (alpha + beta + t - 1), with t = 1 for the first renewal.

        Raises
        ------
        ValueError
            If a renewal number is below 1.
        """
        t = np.asarray(renewal, dtype=np.float64)
        if not (t >= 1).all():
            raise ValueError("renewals are numbered from 1")
        return np.asarray((self.beta + t - 1) / (self.alpha + self.beta + t - 1))

    def loss_probability(self, renewal: npt.ArrayLike) -> FloatArray:
        """Probability of leaving at exactly the `renewal`-th renewal, P(T = t)."""
        t = np.asarray(renewal, dtype=np.float64)
        return self.survival(t - 1) * (1 - self.retention_rate(t))

    def after(self, renewals: int) -> "ShiftedBetaGeometric":
        """The model of a customer who has renewed `renewals` times already.

        Examples
        --------
        >>> round(float(ShiftedBetaGeometric(1.0, 1.0).after(3).survival(1)), 6)
        0.8
        """
        return ShiftedBetaGeometric(self.alpha, self.beta + renewals)

    def expected_terms(self, discount: float = 0.0) -> float:
        """Terms that a customer is expected to pay from now on, the one beginning now included.

        The sum of S(t) / (1 + discount)^t over t = 0, 1, …: the discounted expected lifetime of
        Fader and Hardie (2010). Without discount it is (alpha + beta - 1) / (alpha - 1).

        Parameters
        ----------
        discount : float, default 0
            Rate per term: 0.1 where the next term's payment is worth 1/1.1 of today's.

        Returns
        -------
        float
            Infinite without discount where alpha <= 1.

        Raises
        ------
        ValueError
            If `discount` is negative.

        Examples
        --------
        >>> round(ShiftedBetaGeometric(0.8, 3.75).expected_terms(discount=0.10), 3)
        5.36
        """
        if not discount >= 0:
            raise ValueError(f"the discount rate must not be negative, not {discount}")
        if discount == 0:
            if self.alpha <= 1:
                return math.inf
            return (self.alpha + self.beta - 1) / (self.alpha - 1)
        total, last, first = 1.0, 1.0, 1
        while last / discount > _NEGLIGIBLE * total:
            steps = np.arange(first, first + _BLOCK)
            terms = last * np.cumprod(self.retention_rate(steps) / (1 + discount))
            total, last, first = total + float(terms.sum()), float(terms[-1]), first + _BLOCK
        return total


@dataclass(frozen=True, eq=False)
class RenewalFit:
    """The model fitted to renewals.

    Attributes
    ----------
    model : ShiftedBetaGeometric
    log_likelihood : float
    covariance : numpy.ndarray
        Of log alpha and log beta, from the observed information.
    at_risk, renewed : numpy.ndarray
        What it was fitted to: due and renewed by renewal number, the first one first.
    confidence : float
    """

    model: ShiftedBetaGeometric
    log_likelihood: float
    covariance: FloatArray
    at_risk: FloatArray
    renewed: FloatArray
    confidence: float

    @property
    def alpha(self) -> Interval:
        """Estimate of alpha between its limits, symmetric on the logarithmic scale."""
        return self._interval(self.model.alpha, 0)

    @property
    def beta(self) -> Interval:
        """Estimate of beta between its limits, symmetric on the logarithmic scale."""
        return self._interval(self.model.beta, 1)

    @property
    def standard_errors(self) -> tuple[float, float]:
        """Standard errors of alpha and beta, from the observed information."""
        errors = np.sqrt(np.diag(self.covariance))
        return self.model.alpha * float(errors[0]), self.model.beta * float(errors[1])

    @property
    def constant_rate(self) -> float:
        """The one renewal rate that fits best: renewed / due."""
        return float(self.renewed.sum() / self.at_risk.sum())

    def survival(self, renewals: npt.ArrayLike) -> Interval:
        """Survival between limits by the delta method on the scale log(-log S).

        The limits tell how well the curve is known, not how a cohort scatters around it.
        """
        t = np.asarray(renewals, dtype=np.float64)
        value = self.model.survival(t)
        after = t > 0
        inside = np.where(after, value, 0.5)
        # d log S / d log parameter, by central differences small enough for six digits.
        step = 1e-5
        slopes = np.stack([self._slope(t, parameter, step) for parameter in (0, 1)])
        variance = np.einsum("i...,ij,j...->...", slopes, self.covariance, slopes)
        spread = self._z * np.sqrt(variance) / np.log(inside)
        return Interval(
            value,
            np.where(after, inside ** np.exp(-spread), 1.0),
            np.where(after, inside ** np.exp(spread), 1.0),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row a renewal number: due, renewed, and both rates, seen and fitted."""
        number = np.arange(1, len(self.at_risk) + 1)
        survival = self.survival(number)
        return pd.DataFrame(
            {
                "renewal_number": number,
                "at_risk": self.at_risk,
                "renewed": self.renewed,
                "rate": self.renewed / np.where(self.at_risk > 0, self.at_risk, np.nan),
                "fitted_rate": self.model.retention_rate(number),
                "fitted_survival": survival.value,
                "lower": survival.low,
                "upper": survival.high,
            }
        )

    def __str__(self) -> str:
        """Say the parameters with their intervals, and the likelihood."""
        named = (("alpha", self.alpha), ("beta", self.beta))
        words = [
            f"{name} {_figure(e.value)} ({_figure(e.low)} to {_figure(e.high)})"
            for name, e in named
        ]
        return f"{', '.join(words)}; log-likelihood {self.log_likelihood:.6g}"

    def _repr_html_(self) -> str:
        table = self.to_frame().to_html(
            index=False, max_rows=20, border=0, na_rep=UNKNOWN, float_format=_figure
        )
        return f"<p>Shifted beta-geometric: {escape(str(self))}</p>{table}"

    @property
    def _z(self) -> float:
        return normal_quantile(upper_tail_from(self.confidence))

    def _interval(self, value: float, parameter: int) -> Interval:
        with np.errstate(over="ignore"):
            # Infinite where the renewals hardly tell the parameter.
            factor = float(np.exp(self._z * math.sqrt(self.covariance[parameter, parameter])))
        return Interval(value, value / factor, value * factor)

    def _slope(self, t: FloatArray, parameter: int, step: float) -> FloatArray:
        up, down = (self._moved(parameter, sign * step).survival(t) for sign in (1, -1))
        return np.asarray((np.log(up) - np.log(down)) / (2 * step))

    def _moved(self, parameter: int, by: float) -> ShiftedBetaGeometric:
        factors = [math.exp(by) if place == parameter else 1.0 for place in (0, 1)]
        return ShiftedBetaGeometric(self.model.alpha * factors[0], self.model.beta * factors[1])


def fit_renewals(
    at_risk: npt.ArrayLike,
    renewed: npt.ArrayLike,
    renewal_number: npt.ArrayLike | None = None,
    *,
    confidence: float = 0.95,
) -> RenewalFit:
    """Fit by maximum likelihood to how many were due and how many renewed.

    Each due entitlement contributes r(t) if it renewed and 1 - r(t) if not, so censoring needs
    no special care: what is not due yet is not in `at_risk`. Nor does delayed entry: whoever is
    first seen when due for renewal k contributes from r(k) on, which is the likelihood given that
    the first k - 1 renewals were made. Rows with the same renewal number, of several cohorts, are
    added up.

    Parameters
    ----------
    at_risk, renewed : array_like
        Due and renewed. Shares give the same parameters as counts, but standard errors need
        counts. Values in money in place of heads weigh customers by what they pay.
    renewal_number : array_like of int, optional
        Which renewal a row is about, from 1; 1, 2, 3, … if left out.
    confidence : float, default 0.95
        Of the intervals of the fit.

    Returns
    -------
    RenewalFit

    Raises
    ------
    ValueError
        If lengths differ, or a row renews more than were due.
    NotIdentifiedError
        If fewer than two renewal numbers have anything due, nobody left, nobody left after the
        first of them, or the rate does not rise, which means that customers do not differ.

    Examples
    --------
    Of 1000 customers 631 renewed once, 468 twice and 382 three times.

    >>> fit = fit_renewals([1000, 631, 468], [631, 468, 382])
    >>> print(fit)
    alpha 0.7837 (0.5763 to 1.066), beta 1.333 (0.9154 to 1.941); log-likelihood -1242.31
    """
    upper_tail_from(confidence)  # refuses a senseless one before it is used
    due, renewals = _by_number(at_risk, renewed, renewal_number)
    rate = _require_heterogeneity(due, renewals)
    start = np.log([1 - rate, rate])
    best = maximise(lambda logs: _log_likelihood(np.exp(logs), due, renewals), start)
    alpha, beta = (float(parameter) for parameter in np.exp(best.point))
    if alpha + beta > _NO_HETEROGENEITY:
        raise NotIdentifiedError("customers do not differ in how readily they renew", rate)
    model = ShiftedBetaGeometric(alpha, beta)
    return RenewalFit(model, best.value, best.covariance, due, renewals, confidence)


def fit_survivors(
    *cohorts: npt.ArrayLike | Sequence[float],
    renewed_before: Sequence[int] | None = None,
    confidence: float = 0.95,
) -> RenewalFit:
    """Fit to survivors by renewal, one curve a cohort.

    A cohort that was first seen when it had renewed before enters there: its likelihood is that of
    what came after, given that it had come so far.

    Parameters
    ----------
    *cohorts : array_like
        Each begins with the size of the cohort, then those who renewed once, twice, …. Younger
        cohorts are shorter, or end in NaN where renewals are not due yet. Percentages weigh all
        cohorts alike; counts weigh them by size.
    renewed_before : sequence of int, optional
        How often each cohort had renewed when its curve begins; 0, as for all if left out, is from
        the first renewal on.
    confidence : float, default 0.95

    Returns
    -------
    RenewalFit

    Raises
    ------
    ValueError
        If a curve rises or has a hole, or `renewed_before` has no whole number for each.
    NotIdentifiedError
        As :func:`fit_renewals`.

    Examples
    --------
    The "High-End" customers of Berry and Linoff, seven years (Fader and Hardie 2007).

    >>> fit = fit_survivors([100, 86.9, 74.3, 65.3, 59.3, 55.1, 51.7, 49.1])
    >>> round(fit.model.alpha, 4), round(fit.model.beta, 4), round(fit.log_likelihood / 100, 4)
    (0.6681, 3.8061, -1.6112)
    >>> fit.model.survival([8, 12]).round(3).tolist()
    [0.46, 0.378]
    """
    due: list[float] = []
    renewals: list[float] = []
    number: list[int] = []
    before = [0] * len(cohorts) if renewed_before is None else list(renewed_before)
    if len(before) != len(cohorts) or any(not (n >= 0 and n == int(n)) for n in before):
        raise ValueError("renewed_before must have a whole number from 0 up for each cohort")
    for first, cohort in zip(before, cohorts, strict=True):
        curve = np.asarray(cohort, dtype=np.float64)
        known = curve[: len(curve) - int(np.isnan(curve)[::-1].cumprod().sum())]
        if np.isnan(known).any() or (np.diff(known) > 0).any():
            raise ValueError("survivors must not rise nor have holes from one renewal to the next")
        due.extend(known[:-1])
        renewals.extend(known[1:])
        number.extend(range(int(first) + 1, int(first) + len(known)))
    return fit_renewals(due, renewals, number, confidence=confidence)


def fit_cohorts(cohorts: pd.DataFrame, *, confidence: float = 0.95) -> RenewalFit:
    """Fit to a cohort table: one row for each cohort and renewal number.

    Parameters
    ----------
    cohorts : pandas.DataFrame
        Columns `renewal_number`, `at_risk` and `renewed`, as in the view `cohorts` of a run.
    confidence : float, default 0.95

    Returns
    -------
    RenewalFit

    Raises
    ------
    ValueError
        If a column is missing, or as :func:`fit_renewals`.
    """
    needed = ("renewal_number", "at_risk", "renewed")
    missing = [name for name in needed if name not in cohorts]
    if missing:
        raise ValueError(f"a cohort table needs the columns {', '.join(needed)}; no {missing[0]}")
    number, due, renewals = (cohorts[name].to_numpy() for name in needed)
    return fit_renewals(due, renewals, number, confidence=confidence)


def _by_number(
    at_risk: npt.ArrayLike, renewed: npt.ArrayLike, renewal_number: npt.ArrayLike | None
) -> tuple[FloatArray, FloatArray]:
    due, renewals = np.asarray(at_risk, np.float64), np.asarray(renewed, np.float64)
    number = np.arange(1, due.size + 1) if renewal_number is None else np.asarray(renewal_number)
    if due.ndim != 1 or not due.shape == renewals.shape == number.shape:
        raise ValueError("at_risk, renewed and renewal_number must be columns of one length")
    if not ((renewals >= 0) & (renewals <= due) & np.isfinite(due)).all():
        raise ValueError("renewed must lie from 0 to at_risk in every row")
    if not ((number >= 1) & (number == np.floor(number))).all():
        raise ValueError("renewal numbers are whole and begin at 1")
    place = number.astype(np.int64) - 1
    return (
        np.bincount(place, weights=due).astype(np.float64),
        np.bincount(place, weights=renewals).astype(np.float64),
    )


def _require_heterogeneity(due: FloatArray, renewals: FloatArray) -> float:
    """Constant renewal rate, if the data tell the model from it."""
    rate = float(renewals.sum() / due.sum()) if due.sum() > 0 else math.nan
    lost = due - renewals
    if np.count_nonzero(due) < 2:
        raise NotIdentifiedError("at least two renewal numbers must have been due", rate)
    if lost.sum() == 0 or renewals.sum() == 0:
        raise NotIdentifiedError("somebody must have renewed and somebody left", rate)
    first = int(np.flatnonzero(due)[0])
    if lost[first + 1 :].sum() == 0:
        seen = "the first renewal" if first == 0 else f"renewal {first + 1}, the first that is seen"
        raise NotIdentifiedError(f"nobody left after {seen}", rate)
    # Slope of the log-likelihood where customers just begin to differ, at the best constant rate.
    later = np.arange(len(due))
    if (later * (renewals * (1 - rate) / rate - lost)).sum() <= 0:
        raise NotIdentifiedError("the renewal rate does not rise with the renewal number", rate)
    return rate


def _figure(value: float) -> str:
    """Write four figures, and what has no end as unknown."""
    return f"{value:.4g}" if math.isfinite(value) else UNKNOWN


def _log_likelihood(parameters: FloatArray, due: FloatArray, renewals: FloatArray) -> Derivatives:
    """Value and derivatives by log alpha and log beta: sums of log r(t) and log(1 - r(t))."""
    alpha, beta = parameters
    before = np.arange(len(due))
    lost = (due - renewals).sum()
    left, everyone = beta + before, alpha + beta + before
    value = (
        lost * math.log(alpha) + (renewals * np.log(left)).sum() - (due * np.log(everyone)).sum()
    )
    shared = (due / everyone).sum()
    curved = (due / everyone**2).sum()
    gradient = np.array([lost / alpha - shared, (renewals / left).sum() - shared])
    hessian = np.full((2, 2), curved)
    hessian[0, 0] -= lost / alpha**2
    hessian[1, 1] -= (renewals / left**2).sum()
    return float(value), *in_logarithms(parameters, gradient, hessian)
