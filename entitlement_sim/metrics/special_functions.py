"""What SciPy lacks of the gamma function."""

from typing import Final

import numpy as np
import numpy.typing as npt

from .loading import special

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

#: Above this argument the first terms of Stirling's series are exact to rounding.
_STIRLING_FROM: Final = 100.0
#: Coefficients of x^-2, x^-4, x^-6 in x times ln(gamma(x)) less its leading terms (DLMF 5.11.1).
_STIRLING_SERIES: Final = (1 / 12, -1 / 360, 1 / 1260)


def log_rising(x: npt.ArrayLike, n: npt.ArrayLike) -> FloatArray:
    """Logarithm of gamma(x + n) / (gamma(x) x^n), without loss where `x` is large.

    Parameters
    ----------
    x : array_like
        Positive numbers.
    n : array_like
        Numbers from 0 up. Both are broadcast together.

    Raises
    ------
    ValueError
        A number of `x` is not positive.

    Examples
    --------
    >>> log_rising(2.0, [0, 3]).round(6).tolist()  # 2 * 3 * 4 / 2**3
    [0.0, 1.098612]
    """
    base, steps = np.broadcast_arrays(np.asarray(x, np.float64), np.asarray(n, np.float64))
    if not (base > 0).all():
        raise ValueError("the gamma function is asked for positive numbers only")
    value = np.empty(base.shape)
    far = base >= _STIRLING_FROM
    near = ~far
    if near.any():
        log_gamma = special().gammaln
        a, k = base[near], steps[near]
        value[near] = log_gamma(a + k) - log_gamma(a) - k * np.log(a)
    a, k = base[far], steps[far]
    value[far] = (a + k - 0.5) * np.log1p(k / a) - k + _stirling_rest(a + k) - _stirling_rest(a)
    return value


def _stirling_rest(x: FloatArray) -> FloatArray:
    return np.asarray(np.polyval(_STIRLING_SERIES[::-1], x**-2.0) / x)
