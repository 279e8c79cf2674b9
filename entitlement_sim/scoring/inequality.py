"""How unequal customers are, and how their cases bunch, in windows of 91 days.

The log that the targets come from has 92 days; longer windows would say something else. Windows are
counted back from the last day of the run, and a customer is looked at in those that it was there
throughout. See :mod:`entitlement_sim.scoring.bunching` for the counts.
"""

import numpy as np
import pandas as pd

from ..metrics.negative_binomial import fit_negative_binomial
from ..targets import LEAST_CASES, WINDOW_DAYS
from .bunching import Bunching, bunching_of
from .figures import Figures, Measured, unmeasured

_TOO_SHORT = f"the run is shorter than {WINDOW_DAYS} days"
_NO_CASE = "no case came in"


def _bunching(figures: Figures, segment: str | None) -> Bunching:
    """Counts of a segment, or of all customers."""
    counts = figures.reckoned(bunching_of)
    if segment is None:
        return counts
    return Bunching(*(frame[frame["segment"] == segment] for frame in counts))


def _windows(figures: Figures, segment: str | None) -> list[pd.DataFrame]:
    """For each window: numbers of `cases`, ascending, and how many `customers` have so many."""
    rows = _bunching(figures, segment).customers
    counts = rows.groupby(["place", "cases"], as_index=False)["customers"].sum()
    return [counts[counts["place"] == place] for place in range(figures.windows)]


def shape(figures: Figures, segment: str | None) -> list[Measured]:
    """Shape of the negative binomial, customers without a case among them."""
    return [_shape(figures, segment, zero_truncated=False)]


def seen_shape(figures: Figures, segment: str | None) -> list[Measured]:
    """Shape of the negative binomial from customers with cases alone, zero-truncated."""
    return [_shape(figures, segment, zero_truncated=True)]


def _shape(figures: Figures, segment: str | None, *, zero_truncated: bool) -> Measured:
    if not figures.windows:
        return unmeasured(_TOO_SHORT)
    windows = _windows(figures, segment)
    if zero_truncated:
        windows = [window[window["cases"] > 0] for window in windows]
    n = sum(int(window["customers"].sum()) for window in windows)
    samples = [(window["cases"], window["customers"]) for window in windows]
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
    for window in _windows(figures, segment):
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
    for window in _windows(figures, segment):
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
    rows = _bunching(figures, segment).weeks
    n = int(rows["customers"].sum())
    freedom = float(rows["freedom"].sum())
    if not n:
        return [unmeasured(f"no customer has {LEAST_CASES} cases in a window")]
    if not freedom > 0:
        return [unmeasured("no other customer to compare with", n)]
    return [Measured(float(rows["chi_square"].sum()) / freedom, n)]


def short_gaps(figures: Figures, segment: str | None) -> list[Measured]:
    """Gaps below one hour among those between a customer's cases of a window."""
    if not figures.windows:
        return [unmeasured(_TOO_SHORT)]
    rows = _bunching(figures, segment).gaps
    gaps = int(rows["gaps"].sum())
    if not gaps:
        return [unmeasured("no customer has two cases in a window")]
    return [Measured(int(rows["short"].sum()) / gaps, gaps)]


def same_day(figures: Figures, segment: str | None) -> list[Measured]:
    """Cases of whose customer another came on the same day."""
    rows = _bunching(figures, segment).days
    cases = int(rows["cases"].sum())
    return [Measured(int(rows["shared"].sum()) / cases, cases) if cases else unmeasured(_NO_CASE)]
