"""How unequal customers are, and how their cases bunch, in windows of 91 days.

The log that the targets come from has 92 days; longer windows would say something else. Windows are
counted back from the last day of the run, and a customer is looked at in those that it was there
throughout.
"""

import numpy as np
import pandas as pd

from ..metrics.negative_binomial import fit_negative_binomial
from ..store.counted import Figure
from ..targets import LEAST_CASES, WINDOW_DAYS
from .bunching import weeks, windows
from .figures import Figures, Measured, unmeasured

_TOO_SHORT = f"the run is shorter than {WINDOW_DAYS} days"
_NO_CASE = "no case came in"


def shape(figures: Figures, segment: str | None) -> list[Measured]:
    """Shape of the negative binomial, customers without a case among them."""
    return [_shape(figures, segment, zero_truncated=False)]


def seen_shape(figures: Figures, segment: str | None) -> list[Measured]:
    """Shape of the negative binomial from customers with cases alone, zero-truncated."""
    return [_shape(figures, segment, zero_truncated=True)]


def _shape(figures: Figures, segment: str | None, *, zero_truncated: bool) -> Measured:
    if not figures.windows:
        return unmeasured(_TOO_SHORT)
    counts = figures.made(windows, segment)
    if zero_truncated:
        counts = [window[window["cases"] > 0] for window in counts]
    n = sum(int(window["customers"].sum()) for window in counts)
    samples = [(window["cases"], window["customers"]) for window in counts]
    try:
        fit = fit_negative_binomial(*samples, zero_truncated=zero_truncated)
    except ValueError:
        why = "no customer has two cases in a window" if zero_truncated else _NO_CASE
        return unmeasured(why if n else "no customer was there throughout a window", n)
    return Measured(fit.shape, n)


def gini(figures: Figures, segment: str | None) -> list[Measured]:
    """Gini coefficient of customers with cases, mean of the windows by their customers."""
    if not figures.windows:
        return [unmeasured(_TOO_SHORT)]
    coefficients, sizes = [], []
    for window in figures.made(windows, segment):
        cases, customers = _seen(window)
        if customers.sum():
            # Twice the area between the line of equality and the Lorenz curve.
            share = np.concatenate([[0], np.cumsum(cases * customers)]) / (cases * customers).sum()
            area = ((share[1:] + share[:-1]) / 2 * customers).sum() / customers.sum()
            coefficients.append(1 - 2 * area)
            sizes.append(customers.sum())
    return [_mean(coefficients, sizes)]


def top_tenth(figures: Figures, segment: str | None) -> list[Measured]:
    """Share of the tenth of customers with the most cases, mean of the windows."""
    if not figures.windows:
        return [unmeasured(_TOO_SHORT)]
    shares, sizes = [], []
    for window in figures.made(windows, segment):
        cases, customers = _seen(window)
        if customers.sum():
            tenth = customers.sum() / 10
            before = customers[::-1].cumsum() - customers[::-1]
            counted = np.clip(tenth - before, 0, customers[::-1])
            shares.append((cases[::-1] * counted).sum() / (cases * customers).sum())
            sizes.append(customers.sum())
    return [_mean(shares, sizes)]


def _seen(window: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    seen = window[window["cases"] > 0]
    return seen["cases"].to_numpy(np.float64), seen["customers"].to_numpy(np.float64)


def _mean(values: list[float], sizes: list[float]) -> Measured:
    if not values:
        return unmeasured(_NO_CASE)
    return Measured(float(np.average(values, weights=sizes)), int(sum(sizes)))


def weekly_dispersion(figures: Figures, segment: str | None) -> list[Measured]:
    """Pearson's X² of customers' weeks against the weeks of their segments, over its expectation.

    Given the weeks of all, those of a customer with n of N cases are multivariate hypergeometric
    where nothing bunches, so X² is expected to be (weeks - 1) (N - n) / (N - 1).
    """
    if not figures.windows:
        return [unmeasured(_TOO_SHORT)]
    counts = figures.made(weeks, segment)
    if not counts.customers:
        return [unmeasured(f"no customer has {LEAST_CASES} cases in a window")]
    if not counts.freedom > 0:
        return [unmeasured("no other customer to compare with", counts.customers)]
    return [Measured(counts.chi_square / counts.freedom, counts.customers)]


def short_gaps(figures: Figures, segment: str | None) -> list[Measured]:
    """Gaps below one hour among those between a customer's cases of a window."""
    if not figures.windows:
        return [unmeasured(_TOO_SHORT)]
    gaps = figures.count(Figure.GAPS, segment)
    if not gaps:
        return [unmeasured("no customer has two cases in a window")]
    return [Measured(figures.count(Figure.SHORT_GAPS, segment) / gaps, gaps)]


def same_day(figures: Figures, segment: str | None) -> list[Measured]:
    """Cases of whose customer another came on the same day."""
    cases = figures.count(Figure.DAYS, segment)
    shared = figures.count(Figure.SHARED_DAYS, segment)
    return [Measured(shared / cases, cases) if cases else unmeasured(_NO_CASE)]
