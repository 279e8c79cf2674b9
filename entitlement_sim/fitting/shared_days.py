"""What all customers share on a day, and days on which far more of them write than on others."""

import math
from typing import Final

import numpy as np

from ..telling import counted
from .learned import Learned, positive, significant, unknown
from .levels import by_week
from .seen import Flags, Floats, Ints

#: Fewest weeks from which it is told what days share.
_LEAST_WEEKS: Final = 8
#: Days lie far above others from so many of their usual deviations on.
_FAR: Final = 4.0
#: Least mean of a day from which such days are told.
_LEAST_A_DAY: Final = 5.0
#: What is shared is told where it is so many times its standard error.
_TOLD: Final = 1.645
#: Weeks that are drawn together, and how often they are drawn.
_BLOCK: Final = 4
_DRAWS: Final = 200


def fit_day_spread(
    by_group: tuple[Floats, Floats], mean: Floats, numbers: Ints, usable: Flags, incidents: Flags
) -> tuple[Learned, float]:
    """Learn what all customers of a day share beyond the calendar and the level of their week.

    With groups g and h of customers, days d and e and what is expected of them, the mean of
    ``(Y[g,d] - M[g,d]) (Y[h,e] - M[h,e])`` over that of ``M[g,d] M[h,e]`` is the covariance of what
    days d and e share. Only pairs of different groups are taken, so that bunches of one customer's
    cases have no part. What a day shares with itself beyond what it shares with the others of its
    week is its own.

    Returns
    -------
    learned : Learned
    square : float
        Squared coefficient of variation; 0 where it is not told.
    """
    path = ("calendar", "day_spread")
    counts, offset = by_group
    usable = usable & ~incidents
    aside = ""
    if incidents.any():
        aside = f"{counted(int(incidents.sum()), 'day')} with far more cases than others left aside"
    share_of = np.divide(offset, offset.sum(0), np.zeros_like(offset), where=offset.sum(0) > 0)
    means = share_of * mean
    own = np.divide(counts.sum(1), means.sum(1), np.zeros(len(means)), where=means.sum(1) > 0)
    means = means * own[:, None]
    apart = np.where(usable, counts - means, 0.0)
    means = np.where(usable, means, 0.0)
    weeks = (numbers + 3) // 7 - (numbers[0] + 3) // 7
    count = int(weeks[-1]) + 1
    n = int(usable.sum())
    if count < _LEAST_WEEKS or (means.sum(1) > 0).sum() < 2:
        why = f"{count} weeks of cases do not tell what days share"
        return unknown(path, why, n=count, unit="weeks"), 0.0
    same_day = np.array([by_week(_pairs(each), weeks) for each in (apart, means)])
    of_weeks = [by_week(each.T, weeks).T for each in (apart, means)]
    same_week = np.array([_pairs(each) for each in of_weeks]) - same_day
    found = _beyond_week(same_day, same_week, np.arange(count))
    generator = np.random.default_rng(0)
    block = _BLOCK if count >= 3 * _BLOCK else 1
    drawn = []
    for _ in range(_DRAWS):
        starts = generator.integers(count, size=math.ceil(count / block))
        chosen = (starts[:, None] + np.arange(block)).ravel()[:count] % count
        drawn.append(_beyond_week(same_day, same_week, chosen))
    error = float(np.std(drawn, ddof=1))
    if found <= _TOLD * error:
        why = "; ".join(filter(None, ("working days differ no more than chance has it", aside)))
        return unknown(path, why, n=n, unit="days"), 0.0
    spread = math.sqrt(found)
    number = positive(spread, error / (2 * spread))
    how = "covariance between groups of customers, errors by blocks of weeks drawn anew"
    value = significant(min(spread, 3))
    return Learned(path, value, "estimated", (number,), n, "days", how, aside), found


def days_of_incidents(totals: Floats, mean: Floats, usable: Flags) -> Flags:
    """Return the days that have far more cases than others, by what is usual for most."""
    far = np.zeros(len(totals), np.bool_)
    if usable.sum() < 5 * _LEAST_WEEKS or mean[usable].mean() < _LEAST_A_DAY:
        return far
    apart = np.divide(totals - mean, np.sqrt(mean), np.zeros(len(mean)), where=mean > 0)
    middle = float(np.median(apart[usable]))
    usual = 1.4826 * float(np.median(np.abs(apart[usable] - middle)))
    far[usable] = apart[usable] > middle + _FAR * max(usual, 1.0)
    return far


def _pairs(values: Floats) -> Floats:
    """Return for each column the sum of products over pairs of different groups."""
    return np.asarray(values.sum(0) ** 2 - (values**2).sum(0))


def _beyond_week(same_day: Floats, same_week: Floats, weeks: Ints) -> float:
    """Return the squared coefficient of variation of days about their week; below 0 by chance."""

    def covariance(sums: Floats) -> float:
        below = sums[1, weeks].sum()
        return float(sums[0, weeks].sum() / below) if below > 0 else 0.0

    return (1 + covariance(same_day)) / (1 + max(covariance(same_week), -0.5)) - 1
