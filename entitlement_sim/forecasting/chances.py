"""Chances by how often something comes in a number of replications."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

#: Fewer contracts do not tell how their chances are spread.
_LEAST: Final = 30


def chances_of(times: NDArray[np.int64], replications: int) -> NDArray[np.float64]:
    """Return the chance of each contract by how often something came of it.

    The share of so many replications swings about the chance, and of the shares that came out
    highest more have swung up than down: whoever looks at these would find them too sure. So each
    share is taken for what it says beside those of all contracts, whose chances are
    beta-distributed, fitted by moments (empirical Bayes: Casella, "An introduction to empirical
    Bayes data analysis", The American Statistician 39, 1985). The sum stays, and so does the order;
    of fewer than 30 contracts the shares stay, too.

    Parameters
    ----------
    times : ndarray of int64
        In how many of the replications, of each contract.
    replications : int

    Returns
    -------
    ndarray of float64
        From 0 to 1.

    Examples
    --------
    >>> chances_of(np.array([0] * 80 + [20] * 10 + [40] * 10), 40)[[0, 80, 90]].round(3).tolist()
    [0.001, 0.498, 0.995]
    """
    shares: NDArray[np.float64] = times / replications
    if len(shares) < _LEAST or replications < 2:
        return shares
    mean = float(shares.mean())
    if mean in (0.0, 1.0):
        return shares
    # Shares of n vary by mean (1 - mean) (1 + (n - 1) alike) / n, with alike = 1 / (a + b + 1).
    apart = float(shares.var()) / (mean * (1.0 - mean))
    alike = (apart * replications - 1.0) / (replications - 1.0)
    if alike <= 0.0:
        return np.full(len(shares), mean)
    weight = max(1.0 / alike - 1.0, 0.0)
    return (times.astype(np.float64) + mean * weight) / (replications + weight)
