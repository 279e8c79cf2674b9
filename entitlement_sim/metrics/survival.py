"""How long until an entitlement runs dry, or a customer leaves: Kaplan-Meier curves."""

from dataclasses import dataclass
from html import escape

import numpy as np
import numpy.typing as npt
import pandas as pd

from .intervals import UNKNOWN, Interval, normal_quantile, upper_tail_from
from .special_functions import FloatArray, IntArray

#: Survival that misses a quantile by less than this has reached it: products of ratios round.
_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class SurvivalCurve:
    """Share that has not yet had the event, by time since the start.

    All arrays have one element for each distinct time, time 0 first.

    Attributes
    ----------
    times : numpy.ndarray of float
        Times at which something happened, ascending, in the unit of the durations.
    entered : numpy.ndarray of int
        How many came under observation at that time, to be at risk after it; at time 0 those that
        were seen from their start, who are at risk at once.
    numbers_at_risk : numpy.ndarray of int
        Entitlements under observation that had neither event nor censoring before that time.
    observed, censored : numpy.ndarray of int
        How many had the event, and how many left observation, at that time.
    survival : numpy.ndarray of float
        Share without the event up to and including that time.
    variance : numpy.ndarray of float
        Greenwood's variance of `survival`; NaN once survival is 0.
    lower, upper : numpy.ndarray of float
        Log-log limits; NaN where they have no value: before the first event and once survival
        is 0.
    confidence : float
    """

    times: FloatArray
    entered: IntArray
    numbers_at_risk: IntArray
    observed: IntArray
    censored: IntArray
    survival: FloatArray
    variance: FloatArray
    lower: FloatArray
    upper: FloatArray
    confidence: float

    def at(self, time: npt.ArrayLike) -> FloatArray:
        """Survival at any time: 1 before 0, NaN after the last time unless nobody is left.

        Examples
        --------
        >>> kaplan_meier([2, 3, 5], [True, True, False]).at([1, 2, 4, 9]).round(4).tolist()
        [1.0, 0.6667, 0.3333, nan]
        """
        asked = np.asarray(time, dtype=np.float64)
        place = np.searchsorted(self.times, asked, side="right") - 1
        known = np.where(place < 0, 1.0, self.survival[np.maximum(place, 0)])
        open_end = (asked > self.times[-1]) & (self.survival[-1] > 0)
        return np.asarray(np.where(open_end, np.nan, known))

    def at_risk(self, times: npt.ArrayLike) -> IntArray:
        """Entitlements still under observation and without the event just before each time.

        Examples
        --------
        >>> kaplan_meier([2, 3, 5], [True, True, False]).at_risk([0, 3, 4, 6]).tolist()
        [3, 2, 1, 0]
        """
        place = np.searchsorted(self.times, np.asarray(times, dtype=np.float64), side="left")
        return np.append(self.numbers_at_risk, 0)[place]

    def quantile(self, share: float) -> Interval:
        """Time by which `share` has had the event, between its limits.

        The limits are where the band crosses the same level (Brookmeyer and Crowley 1982).

        Returns
        -------
        Interval
            Infinite where the curve or a limit does not come down that far; a limit is NaN where
            it is not known whether it does, because it has no value at the end.

        Raises
        ------
        ValueError
            If `share` does not lie between 0 and 1.
        """
        if not 0 < share < 1:
            raise ValueError(f"share must lie between 0 and 1, not {share}")
        curves = (self.survival, self.lower, self.upper)
        return Interval(*(self._first_time(curve, 1 - share) for curve in curves))

    @property
    def median(self) -> Interval:
        """Time by which half has had the event, between its limits.

        Examples
        --------
        >>> kaplan_meier([1, 4, 6, 7, 9], [True] * 5).median.value
        6.0
        """
        return self.quantile(0.5)

    def to_frame(self) -> pd.DataFrame:
        """One row a time: the columns of a life table."""
        return pd.DataFrame(
            {
                "time": self.times,
                "entered": self.entered,
                "at_risk": self.numbers_at_risk,
                "observed": self.observed,
                "censored": self.censored,
                "survival": self.survival,
                "standard_error": np.sqrt(self.variance),
                "lower": self.lower,
                "upper": self.upper,
            }
        )

    def __str__(self) -> str:
        """Say how much the curve rests on, and its median."""
        value, low, high = self.median
        median = f"{value:g}" if np.isfinite(value) else "not reached"
        limits = " to ".join(
            f"{limit:g}" if np.isfinite(limit) else UNKNOWN for limit in (low, high)
        )
        return (
            f"{self.entered.sum()} entitlements, {self.observed.sum()} with the event, "
            f"{self.censored.sum()} censored; median {median} "
            f"({100 * self.confidence:g} % interval {limits})"
        )

    def _repr_html_(self) -> str:
        table = self.to_frame().to_html(
            index=False, max_rows=20, border=0, na_rep=UNKNOWN, float_format="{:.4g}".format
        )
        return f"<p>Kaplan-Meier: {escape(str(self))}</p>{table}"

    def _first_time(self, curve: FloatArray, level: float) -> float:
        reached = np.flatnonzero(curve <= level + _ROUNDING)
        if len(reached):
            return float(self.times[reached[0]])
        return np.nan if np.isnan(curve[-1]) else np.inf


def kaplan_meier(
    durations: npt.ArrayLike,
    observed: npt.ArrayLike,
    weights: npt.ArrayLike | None = None,
    *,
    entered: npt.ArrayLike | None = None,
    confidence: float = 0.95,
) -> SurvivalCurve:
    """Kaplan-Meier estimate of survival (Kaplan and Meier 1958).

    S(t) is the product of 1 - d/n over the times up to t, with d events among n at risk. Its
    variance is Greenwood's, S² times the sum of d / (n (n - d)); the limits are symmetric on
    the scale log(-log S), so they stay between 0 and 1 (Kalbfleisch and Prentice 1980). What
    happens at the same time counts in this order: events, then censoring, then entries.

    With delayed entry (left truncation) an entitlement is at risk at t if entered < t <= duration,
    as in R's ``Surv(entered, duration, observed)``; so the curve is not bent by those who had the
    event before anybody looked. Where nobody is at risk yet, the curve stays where it is; if all of
    a few early ones have the event, it is 0 from there on, and later entries do not raise it.

    Parameters
    ----------
    durations : array_like
        Time from start to the event or to the end of observation, not negative.
    observed : array_like of bool
        True where the duration ends in the event, False where it is censored.
    weights : array_like of int, optional
        How many entitlements a row stands for; 1 if left out.
    entered : array_like, optional
        Time since the start at which it came under observation; 0, as for all if left out, is from
        the start.
    confidence : float, default 0.95

    Returns
    -------
    SurvivalCurve

    Raises
    ------
    ValueError
        If there is nothing to estimate from, lengths differ, a duration or an entry is negative or
        missing, a duration is over before its entry, or a weight is not a whole count.

    Examples
    --------
    Days until six packs ran dry; two ended (or are still running) with something left.

    >>> curve = kaplan_meier([40, 90, 90, 200, 365, 365], [1, 1, 1, 1, 0, 0])
    >>> curve.to_frame()[["time", "at_risk", "observed", "censored", "survival"]].round(3)
        time  at_risk  observed  censored  survival
    0    0.0        6         0         0     1.000
    1   40.0        6         1         0     0.833
    2   90.0        5         2         0     0.500
    3  200.0        3         1         0     0.333
    4  365.0        2         0         2     0.333
    >>> curve.median.value, curve.median.low
    (90.0, 40.0)

    Three of four were first looked at when days of their term were over.

    >>> late = kaplan_meier([3, 5, 6, 8], [1, 1, 0, 1], entered=[0, 2, 3, 5])
    >>> late.to_frame()[["time", "entered", "at_risk", "observed", "survival"]]
       time  entered  at_risk  observed  survival
    0   0.0        1        1         0      1.00
    1   2.0        1        1         0      1.00
    2   3.0        1        2         1      0.50
    3   5.0        1        2         1      0.25
    4   6.0        0        2         0      0.25
    5   8.0        0        1         1      0.00
    """
    z = normal_quantile(upper_tail_from(confidence))
    time, event, count, entry = _checked(durations, observed, weights, entered)
    times = np.unique(np.concatenate(([0.0], entry, time)))
    place = np.searchsorted(times, time)
    events = _counts(place, count * event, len(times))
    censored = _counts(place, count * ~event, len(times))
    entries = _counts(np.searchsorted(times, entry), count, len(times))
    left_before = np.concatenate(([0], np.cumsum(events + censored)[:-1]))
    entered_before = np.concatenate((entries[:1], np.cumsum(entries)[:-1]))
    at_risk = entered_before - left_before

    happened = events > 0  # and somebody is at risk, then
    share_lost = np.divide(events, at_risk, out=np.zeros(len(times)), where=happened)
    survival: FloatArray = np.cumprod(1 - share_lost, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        # Greenwood's sum is infinite once nobody survives; everything after it has no value.
        pairs = at_risk * (at_risk - events)
        greenwood = np.cumsum(np.divide(events, pairs, out=np.zeros(len(times)), where=happened))
        greenwood[survival == 0] = np.nan
        spread = z * np.sqrt(greenwood) / np.log(survival)
        lower, upper = survival ** np.exp(-spread), survival ** np.exp(spread)
    undefined = (survival == 0) | (survival == 1)
    return SurvivalCurve(
        times=times,
        entered=entries,
        numbers_at_risk=at_risk,
        observed=events,
        censored=censored,
        survival=survival,
        variance=survival**2 * greenwood,
        lower=np.where(undefined, np.nan, lower),
        upper=np.where(undefined, np.nan, upper),
        confidence=confidence,
    )


def _checked(
    durations: npt.ArrayLike,
    observed: npt.ArrayLike,
    weights: npt.ArrayLike | None,
    entered: npt.ArrayLike | None,
) -> tuple[FloatArray, npt.NDArray[np.bool_], IntArray, FloatArray]:
    time = np.asarray(durations, dtype=np.float64)
    event = np.asarray(observed)
    given = np.ones(time.shape) if weights is None else np.asarray(weights, dtype=np.float64)
    entry = np.zeros(time.shape) if entered is None else np.asarray(entered, dtype=np.float64)
    if time.ndim != 1 or not time.shape == event.shape == given.shape == entry.shape:
        raise ValueError("durations, observed, weights and entered must be columns of one length")
    if not ((time >= 0) & np.isfinite(time)).all():
        raise ValueError("durations must be numbers from 0 up; some are negative or missing")
    if not ((entry >= 0) & np.isfinite(entry)).all():
        raise ValueError("entered must be numbers from 0 up; some are negative or missing")
    if ((entry > 0) & (time <= entry)).any():
        raise ValueError(
            "every duration must be longer than its entered: what was over before anybody looked "
            "was never at risk; leave it out"
        )
    if not np.isin(event, (0, 1)).all():
        raise ValueError("observed must be true or false")
    if not ((given >= 0) & np.isfinite(given) & (given == np.floor(given))).all():
        raise ValueError("weights must be whole counts: how many entitlements a row stands for")
    used = given > 0
    if not used.any():
        raise ValueError("there is no duration to estimate survival from")
    return time[used], event[used].astype(np.bool_), given[used].astype(np.int64), entry[used]


def _counts(place: npt.NDArray[np.intp], count: IntArray, length: int) -> IntArray:
    total = np.zeros(length, dtype=np.int64)
    np.add.at(total, place, count)
    return total
