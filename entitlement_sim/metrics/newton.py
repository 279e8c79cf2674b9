"""Newton's method for the maximum of a likelihood: no chance, no tuning, the same everywhere."""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from .special_functions import FloatArray

#: Value, gradient and matrix of second derivatives at a point.
Derivatives = tuple[float, FloatArray, FloatArray]

_MAX_STEPS: Final = 200
_MAX_HALVINGS: Final = 30
_LONGEST_STEP: Final = 3.0
#: Gains of the value below this share of it are lost in rounding.
_ROUNDING: Final = 1e-13


class Maximum(NamedTuple):
    """Where a function is greatest.

    Attributes
    ----------
    point : numpy.ndarray
    value : float
    covariance : numpy.ndarray
        Inverse of the observed information (minus the second derivatives) at the point.
    """

    point: FloatArray
    value: float
    covariance: FloatArray


def maximise(derivatives: Callable[[FloatArray], Derivatives], start: npt.ArrayLike) -> Maximum:
    """Climb from `start` to the maximum by Newton steps, halved until they go up.

    Where the function is not concave, curvatures are taken as absolute values, which turns
    the step uphill.

    Parameters
    ----------
    derivatives : callable
        Gives value, gradient and second derivatives at a point.
    start : array_like
        Where to begin.

    Returns
    -------
    Maximum

    Raises
    ------
    ArithmeticError
        If 200 steps do not reach a maximum.

    Examples
    --------
    >>> def hill(point):
    ...     return -((point[0] - 3.0) ** 2), -2 * (point - 3.0), np.array([[-2.0]])
    >>> maximise(hill, [0.0]).point.tolist()
    [3.0]
    """
    point = np.asarray(start, dtype=np.float64)
    value, gradient, hessian = derivatives(point)
    scale = abs(value)
    for _ in range(_MAX_STEPS):
        step = _uphill(gradient, hessian)
        scale = max(scale, abs(value))
        last = float(gradient @ step) <= _ROUNDING * scale
        for _ in range(_MAX_HALVINGS):
            reached = derivatives(point + step)
            if reached[0] >= value - _ROUNDING * scale:
                break
            step = step / 2
        else:
            raise ArithmeticError("no step leads uphill: the derivatives do not fit the value")
        point = point + step
        value, gradient, hessian = reached
        if last:
            return Maximum(point, value, np.asarray(np.linalg.inv(-hessian)))
    raise ArithmeticError(f"no maximum within {_MAX_STEPS} steps")


def in_logarithms(
    point: FloatArray, gradient: FloatArray, hessian: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Gradient and second derivatives by the logarithms of the coordinates of `point`."""
    by_log = point * gradient
    return by_log, hessian * np.outer(point, point) + np.diag(by_log)


def _uphill(gradient: FloatArray, hessian: FloatArray) -> FloatArray:
    curvatures, directions = np.linalg.eigh(-hessian)
    sizes = np.abs(curvatures)
    sizes = np.maximum(sizes, max(1e-12 * float(sizes.max()), np.finfo(np.float64).tiny))
    step = directions @ ((directions.T @ gradient) / sizes)
    return np.asarray(step / max(1.0, float(np.abs(step).max()) / _LONGEST_STEP))
