"""Means over replications and paired differences from the base, with Student's limits."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..metrics.intervals import mean_interval, t_quantile, upper_tail_from

if TYPE_CHECKING:
    import pandas as pd


def compared(
    base: "pd.DataFrame",
    other: "pd.DataFrame",
    metrics: Sequence[str],
    confidence: float,
    tests: int,
) -> list[dict[str, Any]]:
    """Return the mean of each metric, and how it differs from the base.

    Parameters
    ----------
    base, other : DataFrame
        Metrics by replication, of the same ones.
    metrics : sequence of str
    confidence : float
    tests : int
        Differences that are looked at together, among which the error is shared out (Bonferroni).
    """
    rows = []
    for metric in metrics:
        values = other[metric].to_numpy(np.float64)
        mean, low, high, count = mean_between(values, confidence)
        moved = values - base[metric].to_numpy(np.float64)
        difference, least, most, _ = mean_between(moved, 1 - (1 - confidence) / tests)
        rows.append(
            {
                "metric": metric,
                "mean": mean,
                "low": low,
                "high": high,
                "difference": difference,
                "difference_low": least,
                "difference_high": most,
                "moved": bool(least > 0 or most < 0),
                "n": count,
            }
        )
    return rows


def mean_between(values: NDArray[np.float64], confidence: float) -> tuple[float, float, float, int]:
    """Return the mean of what is known, its limits, and how many values that are."""
    known = values[~np.isnan(values)]
    return (*mean_interval(known, confidence=confidence), len(known))


def quantile(confidence: float, degrees: int) -> float:
    """Return by how many standard errors two-sided limits stand off the mean."""
    return t_quantile(upper_tail_from(confidence), degrees)
