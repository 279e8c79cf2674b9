"""Limits of a share that hold for few and for none: exact ones, allowing for what goes together."""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .intervals import t_quantile
from .loading import special


class OneSided(NamedTuple):
    """A share with a limit on each side, each of the whole confidence by itself.

    Attributes
    ----------
    value, low, high : float
        NaN where nothing was counted.
    effective : float
        Independent trials that say as much as those that were counted.
    """

    value: float
    low: float
    high: float
    effective: float


def clopper_pearson_sides(
    successes: float, trials: float, *, confidence: float = 0.95
) -> tuple[float, float]:
    """Return the lower and the upper limit of a proportion, each one-sided (Clopper, Pearson 1934).

    The lower limit is the largest proportion below which so many successes, or more, would have a
    chance of less than 1 - `confidence`; the upper one likewise. Counts may be fractions of an
    effective sample.

    Parameters
    ----------
    successes, trials : float
    confidence : float, default 0.95
        Above 0.5 and below 1.

    Returns
    -------
    low, high : float

    Examples
    --------
    >>> low, high = clopper_pearson_sides(0, 59)
    >>> low, round(high, 4)
    (0.0, 0.0495)
    """
    tail = 1 - confidence
    low = 0.0
    if successes > 0:
        low = float(special().betaincinv(successes, trials - successes + 1, tail))
    high = 1.0
    if successes < trials:
        high = float(special().betaincinv(successes + 1, trials - successes, 1 - tail))
    return low, high


def share_over_groups(
    successes: npt.ArrayLike, trials: npt.ArrayLike, *, confidence: float = 0.95
) -> OneSided:
    """Return a share of what is counted in independent groups, with one-sided limits.

    What is in a group may go together: how much it does is seen from how groups differ (the
    variance of a ratio, linearised). The trials are taken for as many independent ones as leave
    the share as uncertain, never for more than there are, and the limits are exact for these (Korn
    and Graubard 1998). So they say something even where nothing was found.

    Parameters
    ----------
    successes, trials : array_like of int
        By group.
    confidence : float, default 0.95

    Returns
    -------
    OneSided

    Examples
    --------
    Twice the same share, where groups differ by chance and where they are all or nothing:

    >>> apart = share_over_groups([3, 2, 4, 1, 2], [10] * 5)
    >>> round(apart.value, 2), round(apart.high, 2), round(apart.effective)
    (0.24, 0.37, 43)
    >>> together = share_over_groups([10, 0, 0, 0, 2], [10] * 5)
    >>> round(together.value, 2), round(together.high, 2), round(together.effective)
    (0.24, 0.81, 3)
    """
    happened = np.asarray(successes, np.float64)
    counted = np.asarray(trials, np.float64)
    n = float(counted.sum())
    if n == 0:
        return OneSided(math.nan, math.nan, math.nan, 0.0)
    share = float(happened.sum()) / n
    effective = n
    groups = int((counted > 0).sum())
    if groups > 1 and 0 < share < 1:
        off = happened - share * counted
        variance = groups / (groups - 1) * float((off**2).sum()) / n**2
        if variance > 0:
            as_known = t_quantile(confidence, n - 1) / t_quantile(confidence, groups - 1)
            effective = min(n, share * (1 - share) / variance * as_known**2)
    low, high = clopper_pearson_sides(share * effective, effective, confidence=confidence)
    return OneSided(share, low, high, effective)
