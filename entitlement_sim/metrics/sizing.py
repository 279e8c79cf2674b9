"""How large an allotment should be: terms that lapse against terms that are missing."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from .loading import special
from .special_functions import FloatArray

#: Rounding that must not turn a critical fractile of 3/10 into one of 4/10.
_ROUNDING = 1e-9


class SizingRegret(NamedTuple):
    """What an allotment costs either way.

    Attributes
    ----------
    unused : numpy.ndarray
        E max(0, A - D): terms that are expected to lapse.
    missing : numpy.ndarray
        E max(0, D - A): terms that are expected to be wanted beyond the allotment.
    service_level : numpy.ndarray
        P(D <= A): share of terms in which nobody was refused.
    """

    unused: FloatArray
    missing: FloatArray
    service_level: FloatArray


def sizing_regret(demand: npt.ArrayLike, allotment: npt.ArrayLike) -> SizingRegret:
    """Regret of each allotment against a sample of demand.

    Parameters
    ----------
    demand : array_like
        D: cases or hours wanted in a term, blocked ones included, one number for each
        entitlement and term observed or simulated.
    allotment : array_like
        A: one or many allotments to judge, in the same unit.

    Returns
    -------
    SizingRegret
        Arrays of the shape of `allotment`.

    Raises
    ------
    ValueError
        If there is no demand, or one is negative or missing.

    Examples
    --------
    >>> regret = sizing_regret([2, 4, 4, 6, 14], [4, 8])
    >>> regret.unused.tolist(), regret.missing.tolist(), regret.service_level.tolist()
    ([0.4, 3.2], [2.4, 1.2], [0.6, 0.8])
    """
    wanted = _ascending(demand)
    size = np.asarray(allotment, dtype=np.float64)
    within = np.searchsorted(wanted, size, side="right")
    running = np.concatenate(([0.0], np.cumsum(wanted)))
    count = len(wanted)
    unused = (size * within - running[within]) / count
    missing = (running[-1] - running[within] - size * (count - within)) / count
    return SizingRegret(
        np.maximum(unused, 0.0), np.maximum(missing, 0.0), np.asarray(within / count, np.float64)
    )


def expected_regret(mean: float, shape: float, allotment: npt.ArrayLike) -> SizingRegret:
    """Regret of each allotment against demand that is negative binomial, without a sample.

    Customers whose rates are gamma distributed, each a Poisson process, come to such counts.
    E max(0, A - D) is a sum over the counts below A, and E max(0, D - A) = m - A + E max(0, A - D).

    Parameters
    ----------
    mean : float
        m: cases wanted in a term.
    shape : float
        k: the variance is m + m²/k; the smaller, the more unequal customers are.
    allotment : array_like of int
        A: whole allotments to judge, 0 or more.

    Returns
    -------
    SizingRegret
        Arrays of the shape of `allotment`.

    Raises
    ------
    ValueError
        If the mean or the shape is not above 0, or an allotment is negative or not whole.

    Examples
    --------
    Of a pack of ten at eight cases a year on the average, one half lapses, while of the cases
    wanted two in five find none left.

    >>> regret = expected_regret(8, 0.6, 10)
    >>> round(float(regret.unused) / 10, 3), round(float(regret.missing) / 8, 3)
    (0.514, 0.393)
    """
    size = np.asarray(allotment, dtype=np.float64)
    if not (0 < mean < np.inf and 0 < shape < np.inf):
        raise ValueError("mean and shape must be above 0")
    if size.size == 0 or not (np.isfinite(size) & (size >= 0) & (size == np.floor(size))).all():
        raise ValueError("allotments of cases must be whole numbers from 0 up")
    counts = np.arange(int(size.max()) + 1, dtype=np.float64)
    log_gamma = special().gammaln
    logs = (
        log_gamma(counts + shape)
        - log_gamma(shape)
        - log_gamma(counts + 1)
        + shape * np.log(shape / (shape + mean))
        + counts * np.log(mean / (shape + mean))
    )
    chances = np.exp(logs)
    places = size.astype(np.int64)
    at_most = np.cumsum(chances)
    # Sum over n <= A of (A - n) p(n), for which n = A adds nothing.
    unused = size * at_most[places] - np.cumsum(counts * chances)[places]
    missing = mean - size + unused
    return SizingRegret(
        np.maximum(unused, 0.0), np.maximum(missing, 0.0), np.minimum(at_most[places], 1.0)
    )


def best_allotment(demand: npt.ArrayLike, *, overage_cost: float, unused_cost: float) -> float:
    """Allotment of least expected cost: the newsvendor's critical fractile of demand.

    That is the smallest A with P(D <= A) >= p_over / (p_over + c_unused). For cases, which are
    whole, it is one of the observed demands; for hours too, as the sample is taken as it is.

    Parameters
    ----------
    demand : array_like
        As in :func:`sizing_regret`.
    overage_cost : float
        p_over: what a term wanted beyond the allotment costs.
    unused_cost : float
        c_unused: what a term that lapses costs.

    Returns
    -------
    float
        0 where being short costs nothing, the largest demand where spare terms cost nothing.

    Raises
    ------
    ValueError
        If a cost is negative, both are 0, or as :func:`sizing_regret`.

    Examples
    --------
    Being short costs three times what a spare term does, so the 75 % point of demand.

    >>> best_allotment([2, 4, 4, 6, 14], overage_cost=90, unused_cost=30)
    6.0
    """
    wanted = _ascending(demand)
    if not (overage_cost >= 0 and unused_cost >= 0 and overage_cost + unused_cost > 0):
        raise ValueError("costs must not be negative, and one of them must be above 0")
    fractile = overage_cost / (overage_cost + unused_cost)
    if fractile == 0:
        return 0.0
    place = int(np.ceil(fractile * len(wanted) - _ROUNDING)) - 1
    return float(wanted[max(place, 0)])


def sizing_table(
    demand: npt.ArrayLike,
    allotments: npt.ArrayLike,
    *,
    overage_cost: float,
    unused_cost: float,
) -> pd.DataFrame:
    """Regret and expected cost of several allotments, one row each.

    Parameters
    ----------
    demand, overage_cost, unused_cost
        As in :func:`best_allotment`.
    allotments : array_like

    Returns
    -------
    pandas.DataFrame
        Columns `allotment`, `unused`, `missing`, `service_level`, `expected_cost`.

    Examples
    --------
    >>> sizing_table([2, 4, 4, 6, 14], [4, 6, 8], overage_cost=90, unused_cost=30)
       allotment  unused  missing  service_level  expected_cost
    0        4.0     0.4      2.4            0.6          228.0
    1        6.0     1.6      1.6            0.8          192.0
    2        8.0     3.2      1.2            0.8          204.0
    """
    sizes = np.atleast_1d(np.asarray(allotments, dtype=np.float64))
    regret = sizing_regret(demand, sizes)
    return pd.DataFrame(
        {
            "allotment": sizes,
            **regret._asdict(),
            "expected_cost": overage_cost * regret.missing + unused_cost * regret.unused,
        }
    )


def _ascending(demand: npt.ArrayLike) -> FloatArray:
    wanted = np.sort(np.asarray(demand, dtype=np.float64).ravel())
    if wanted.size == 0:
        raise ValueError("there is no demand to size an allotment for")
    if not ((wanted >= 0) & np.isfinite(wanted)).all():
        raise ValueError("demand must be numbers from 0 up; some are negative or missing")
    return wanted
