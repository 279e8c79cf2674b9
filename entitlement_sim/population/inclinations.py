"""Which chances to renew customers of a segment have, and how many of them have each."""

import numpy as np
from numpy.typing import NDArray

from ..scenario.models import Inclination


def chances_to_renew(
    inclination: Inclination, points: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return chances to renew before anything moves them, and the share of customers with each.

    Chances that differ between customers, by Beta(beta, alpha), are looked at in the points of its
    Gauss-Jacobi quadrature, whose nodes are the eigenvalues of the polynomials' recurrence: Golub
    and Welsch, "Calculation of Gauss quadrature rules", Mathematics of Computation 23 (1969). A
    mean over them is exact for polynomials of the chance up to degree ``2 * points - 1``.

    Parameters
    ----------
    inclination : Inclination
    points : int
        How many chances stand for a beta distribution: two at least.

    Returns
    -------
    chances, shares : ndarray of float, shape (points,)
        Ascending, from 0 to 1; shares add up to 1. One chance where it is the same for all.
    """
    beta_geometric = inclination.beta_geometric
    if beta_geometric is None:
        return np.array([inclination.constant or 0.0]), np.ones(1)
    leaving, staying = beta_geometric.alpha, beta_geometric.beta
    both = leaving + staying
    # What of the first two rows tends to 0 / 0 for small weights is written as a ratio of them.
    mean = (staying - leaving) / both
    n = np.arange(2, points)
    order = 2.0 * n + (both - 2.0)
    of_weights = mean * both * (both - 2.0)
    diagonal = np.concatenate(
        [[mean, mean * (both - 2.0) / (both + 2.0)], of_weights / (order * (order + 2.0))]
    )
    beside = np.concatenate(
        [
            [4.0 * (leaving / both) * (staying / both) / (both + 1.0)],
            4.0 * n * (n - 1.0 + leaving) * (n - 1.0 + staying) * (n - 2.0 + both)
            / (order**2 * (order + 1.0) * (order - 1.0)),
        ]
    )  # fmt: skip
    off = np.sqrt(beside)
    nodes, vectors = np.linalg.eigh(np.diag(diagonal) + np.diag(off, 1) + np.diag(off, -1))
    return np.clip((nodes + 1.0) / 2.0, 0.0, 1.0), vectors[0] ** 2
