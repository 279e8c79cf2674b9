"""Customers who lapse and come back, told from those who renew late."""

import math
from typing import Final

import numpy as np
import pandas as pd

from .learned import Learned, Path, positive, share, significant, unknown
from .seen import Flags, Floats

#: Fewest customers who came back after the grace.
_LEAST_BACK: Final = 20
#: Standard error of the logarithm of the mean days from which these are not told.
_UNTOLD: Final = 1.0
_TURNS: Final = 50
_STEP: Final = 1e-3


def fit_returns(
    path: Path, due: pd.DataFrame, renewed: Flags, grace: int, last_day: int
) -> tuple[Learned, Floats]:
    """Learn who comes back after a lapse, and how sure it is of each renewal that it was one.

    Who comes back after the grace is told by its class, as long as the book goes on: with a share
    of the lapsed that come back after an exponential time, the likelihood is that of what was seen
    of each after the grace, given that it had not come back within it. As many as would have come
    back within the grace are then taken from those that renewed late, by how late they were
    (expectation and maximisation).

    Returns
    -------
    learned : Learned
    stayed : ndarray
        Of each that was renewed within the grace the chance that it had not lapsed; 0 of others.
    """
    from scipy.optimize import minimize
    from scipy.special import expit

    path = (*path, "returns")
    stayed = renewed.astype(np.float64)
    back = (due["class"] == "win_back").to_numpy()
    n = int((~renewed).sum())
    if back.sum() < _LEAST_BACK:
        why = f"{int(back.sum())} came back after the grace, which are too few"
        return unknown(path, why, n=n, unit="lapses"), stayed
    lag = due["lag_days"].to_numpy(np.float64)
    watched = last_day - due["ends"].to_numpy(np.float64)
    gone = ~renewed & ~back
    lapsed = int((~renewed).sum())

    def negative(at: Floats) -> float:
        part, mean = float(expit(at[0])), math.exp(at[1])
        within = -math.expm1(-grace / mean)
        value = back.sum() * (math.log(part) - math.log(mean)) - lag[back].sum() / mean
        value += np.log1p(part * np.expm1(-watched[gone] / mean)).sum()
        return -float(value - lapsed * math.log1p(-part * within))

    found = minimize(
        negative, np.array([-2.0, math.log(grace)]), method="L-BFGS-B", bounds=[(-7, 5), (1, 8)]
    )
    best = np.asarray(found.x)
    moves = _STEP * np.eye(2)
    bread = np.array(
        [
            [
                sum(
                    one * two * negative(best + one * first + two * second)
                    for one in (1, -1)
                    for two in (1, -1)
                )
                / (4 * _STEP**2)
                for second in moves
            ]
            for first in moves
        ]
    )
    errors = np.sqrt(np.maximum(np.diag(np.linalg.pinv(bread)), 0.0))
    part, mean = float(expit(best[0])), math.exp(best[1])
    if not 0 < errors[1] < _UNTOLD:
        why = "how many come back is not told from how late they do"
        return unknown(path, why, n=n, unit="lapses"), stayed
    within = part * -math.expm1(-grace / mean)
    came_back = lapsed * within / (1 - within)
    late = renewed & (lag >= 1)
    stayed[late] = _stayed(lag[late], came_back, mean, float(grace))
    numbers = (
        share(part, part * (1 - part) * float(errors[0]), "share"),
        positive(mean, mean * float(errors[1]), "mean days"),
    )
    value = {"share": significant(part), "days": {"exponential": significant(mean)}}
    how = "share of the lapsed with an exponential time, censored at the last day"
    note = f"{round(float((1 - stayed[late]).sum()))} of {int(late.sum())} late renewals are taken "
    note += "for such, by how late they are"
    return Learned(path, value, "estimated", numbers, n, "lapses", how, note), stayed


def _stayed(lag: Floats, came_back: float, mean: float, grace: float) -> Floats:
    """Return of each late renewal the chance that its customer had not lapsed."""
    from .renewals import truncated_exponential

    def density(of: float) -> Floats:
        return np.asarray(np.exp(-(lag - 1) / of) * -math.expm1(-1 / of) / -math.expm1(-grace / of))

    came_back = min(came_back, 0.9 * len(lag))
    of_back = density(mean)
    stayed = np.full(len(lag), 1 - came_back / len(lag))
    for _ in range(_TURNS):
        own, _error = truncated_exponential(lag, grace, stayed)
        if not math.isfinite(own):
            break
        of_late = (len(lag) - came_back) * density(own)
        before, stayed = stayed, of_late / (of_late + came_back * of_back)
        if np.abs(stayed - before).max() < 1e-4:
            break
    return stayed
