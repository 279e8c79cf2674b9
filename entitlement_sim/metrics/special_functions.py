"""Gamma and beta functions on arrays, so that nothing but NumPy is needed at run time."""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

#: Above this argument the asymptotic series below are exact to rounding.
_ASYMPTOTIC_FROM: Final = 10.0
#: Coefficients of x^-2, x^-4, … in ln(x) - 1/(2x) - digamma(x) (DLMF 5.11.2).
_DIGAMMA_SERIES: Final = (1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12)
#: Above this argument the first terms of Stirling's series are exact to rounding.
_STIRLING_FROM: Final = 100.0
#: Coefficients of x^-2, x^-4, x^-6 in x times ln(gamma(x)) less its leading terms (DLMF 5.11.1).
_STIRLING_SERIES: Final = (1 / 12, -1 / 360, 1 / 1260)
#: Coefficients of x^-3, x^-5, … in trigamma(x) - 1/x - 1/(2x²) (DLMF 5.15.8).
_TRIGAMMA_SERIES: Final = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6)

_TINY: Final = 1e-300
_FRACTION_TOLERANCE: Final = 4e-16
_MAX_FRACTION_TERMS: Final = 100_000

_lgamma = np.vectorize(math.lgamma, otypes=[np.float64])


def log_gamma(x: npt.ArrayLike) -> FloatArray:
    """Logarithm of the gamma function of each positive number.

    Examples
    --------
    >>> log_gamma([1.0, 5.0]).round(6).tolist()  # 4! = 24
    [0.0, 3.178054]
    """
    numbers = _positive(x)
    if numbers.size == 0:
        return numbers
    return np.asarray(_lgamma(numbers), dtype=np.float64)


def log_rising(x: npt.ArrayLike, n: npt.ArrayLike) -> FloatArray:
    """Logarithm of gamma(x + n) / (gamma(x) x^n), without loss where `x` is large.

    Parameters
    ----------
    x : array_like
        Positive numbers.
    n : array_like
        Numbers from 0 up. Both are broadcast together.

    Examples
    --------
    >>> log_rising(2.0, [0, 3]).round(6).tolist()  # 2 * 3 * 4 / 2**3
    [0.0, 1.098612]
    """
    base, steps = np.broadcast_arrays(_positive(x), np.asarray(n, dtype=np.float64))
    value = np.empty(base.shape)
    far = base >= _STIRLING_FROM
    near = ~far
    value[near] = (
        log_gamma(base[near] + steps[near])
        - log_gamma(base[near])
        - steps[near] * np.log(base[near])
    )
    a, k = base[far], steps[far]
    value[far] = (a + k - 0.5) * np.log1p(k / a) - k + _stirling_rest(a + k) - _stirling_rest(a)
    return value


def digamma(x: npt.ArrayLike) -> FloatArray:
    """Derivative of the log-gamma function at positive numbers (DLMF 5.5.2 and 5.11.2).

    Examples
    --------
    >>> digamma([1.0]).round(6).tolist()  # minus Euler's constant
    [-0.577216]
    """
    shifted, lifted = _positive(x).copy(), np.zeros(np.shape(x))
    while (small := shifted < _ASYMPTOTIC_FROM).any():
        lifted = lifted - np.where(small, 1 / shifted, 0.0)
        shifted = shifted + small
    inverse_square = shifted**-2.0
    series = _horner(_DIGAMMA_SERIES, inverse_square) * inverse_square
    return np.asarray(lifted + np.log(shifted) - 0.5 / shifted - series)


def trigamma(x: npt.ArrayLike) -> FloatArray:
    """Second derivative of the log-gamma function at positive numbers (DLMF 5.15.5, 5.15.8).

    Examples
    --------
    >>> trigamma([1.0]).round(6).tolist()  # pi squared over 6
    [1.644934]
    """
    shifted, lifted = _positive(x).copy(), np.zeros(np.shape(x))
    while (small := shifted < _ASYMPTOTIC_FROM).any():
        lifted = lifted + np.where(small, shifted**-2.0, 0.0)
        shifted = shifted + small
    inverse_square = shifted**-2.0
    series = _horner(_TRIGAMMA_SERIES, inverse_square) * inverse_square / shifted
    return np.asarray(lifted + 1 / shifted + 0.5 * inverse_square + series)


def regularised_beta(a: npt.ArrayLike, b: npt.ArrayLike, x: npt.ArrayLike) -> FloatArray:
    """Regularised incomplete beta function I_x(a, b): the beta distribution's share below `x`.

    Parameters
    ----------
    a, b : array_like
        Positive shapes.
    x : array_like
        Numbers from 0 to 1. All three are broadcast together.

    Returns
    -------
    numpy.ndarray
        I_x(a, b), by its continued fraction (DLMF 8.17.22) on the side where that converges fast.

    Raises
    ------
    ValueError
        If a shape is not positive or `x` lies outside 0 to 1.

    Examples
    --------
    >>> round(float(regularised_beta(2, 3, 0.4)), 4)  # 1 - 0.6**4 - 4 * 0.4 * 0.6**3
    0.5248
    """
    a, b, x = np.broadcast_arrays(_positive(a), _positive(b), np.asarray(x, dtype=np.float64))
    if not ((x >= 0) & (x <= 1)).all():
        raise ValueError("x of the incomplete beta function must lie from 0 to 1")
    swap = x > (a + 1) / (a + b + 2)
    first, second = np.where(swap, b, a), np.where(swap, a, b)
    argument = np.where(swap, 1 - x, x)
    small, large = np.minimum(a, b), np.maximum(a, b)
    with np.errstate(divide="ignore", under="ignore"):
        front = np.exp(
            a * np.log(x)
            + b * np.log1p(-x)
            + log_rising(large, small)
            + small * np.log(large)
            - log_gamma(small)
        )
        lower = front / (first * _beta_fraction(first, second, argument))
    return np.asarray(np.clip(np.where(swap, 1 - lower, lower), 0.0, 1.0))


def _beta_fraction(a: FloatArray, b: FloatArray, x: FloatArray) -> FloatArray:
    """Denominator 1 + d1/(1 + d2/(1 + …)) of DLMF 8.17.22, by the modified Lentz method."""
    value = np.ones(np.shape(x))
    numerator, denominator = np.ones(np.shape(x)), np.zeros(np.shape(x))
    for term in range(1, _MAX_FRACTION_TERMS):
        m = term // 2
        if term % 2:
            d = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            d = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        denominator = 1 / _away_from_zero(1 + d * denominator)
        numerator = _away_from_zero(1 + d / numerator)
        change = numerator * denominator
        value = value * change
        if (np.abs(change - 1) <= _FRACTION_TOLERANCE).all():
            return value
    raise ArithmeticError("the incomplete beta function did not converge: its shapes are too large")


def _stirling_rest(x: FloatArray) -> FloatArray:
    return _horner(_STIRLING_SERIES, x**-2.0) / x


def _away_from_zero(x: FloatArray) -> FloatArray:
    return np.where(np.abs(x) < _TINY, _TINY, x)


def _horner(coefficients: tuple[float, ...], x: FloatArray) -> FloatArray:
    total = np.zeros(np.shape(x))
    for coefficient in reversed(coefficients):
        total = total * x + coefficient
    return total


def _positive(x: npt.ArrayLike) -> FloatArray:
    numbers = np.asarray(x, dtype=np.float64)
    if not (numbers > 0).all():
        raise ValueError("gamma and beta functions are asked for positive numbers only")
    return numbers
