"""The maximum of a likelihood whose first and second derivatives are known."""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from .loading import optimize
from .special_functions import FloatArray

#: Value, gradient and matrix of second derivatives at a point.
Derivatives = tuple[float, FloatArray, FloatArray]

_MAX_STEPS: Final = 200
_LONGEST_STEP: Final = 3.0
#: Slope against the value from which one step of Newton's is exact to rounding; closer by, gains of
#: the value are lost in it.
_LEVEL: Final = 1e-7


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
    """Climb from `start` to the maximum, in regions in which second derivatives are trusted.

    By SciPy (Conn, Gould and Toint 2000, Trust-region methods, chapter 7), and with one step of
    Newton's at the end.

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
    >>> maximise(hill, [0.0]).point.round(9).tolist()
    [3.0]
    """
    known: dict[bytes, Derivatives] = {}

    def at(point: FloatArray) -> Derivatives:
        key = point.tobytes()
        if key not in known:
            known[key] = derivatives(point)
        return known[key]

    begin = np.asarray(start, dtype=np.float64)
    scale = max(abs(at(begin)[0]), np.finfo(np.float64).tiny)
    # Where there is no maximum, what SciPy reckons with runs out of bounds.
    try:
        with np.errstate(over="ignore"):
            found = optimize().minimize(
                lambda point: -at(point)[0] / scale,
                begin,
                jac=lambda point: -at(point)[1] / scale,
                hess=lambda point: -at(point)[2] / scale,
                method="trust-exact",
                options={
                    "gtol": _LEVEL,
                    "maxiter": _MAX_STEPS,
                    "initial_trust_radius": 1.0,
                    "max_trust_radius": _LONGEST_STEP,
                },
            )
    except ValueError:
        raise ArithmeticError("no maximum within all that numbers reach") from None
    if not found.success:
        raise ArithmeticError(f"no maximum within {_MAX_STEPS} steps")
    _value, gradient, hessian = at(np.asarray(found.x, np.float64))
    point = found.x + np.linalg.solve(-hessian, gradient)
    value, _gradient, hessian = derivatives(point)
    return Maximum(point, value, np.asarray(np.linalg.inv(-hessian)))


def in_logarithms(
    point: FloatArray, gradient: FloatArray, hessian: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Gradient and second derivatives by the logarithms of the coordinates of `point`."""
    by_log = point * gradient
    return by_log, hessian * np.outer(point, point) + np.diag(by_log)
