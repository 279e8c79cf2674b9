"""Logarithm and company from the four basic operations alone.

The mathematics library of one system may round the last bit otherwise than that of another, and a
resolution would then fall into another minute. IEEE 754 fixes ``+ - * /`` and the square root to
the last bit, so what is built of nothing else gives the same rows on every machine.
"""

import numpy as np

from ..compiling import part, rare_part

_LN2 = 0.6931471805599453
_LN2_HIGH = 0.693147180369123816490
_LN2_LOW = 1.90821492927058770002e-10

# 1 / n!, the coefficients of the exponential series.
_C2, _C3, _C4, _C5, _C6, _C7 = 1 / 2, 1 / 6, 1 / 24, 1 / 120, 1 / 720, 1 / 5040
_C8, _C9, _C10, _C11 = 1 / 40_320, 1 / 362_880, 1 / 3_628_800, 1 / 39_916_800
_C12, _C13 = 1 / 479_001_600, 1 / 6_227_020_800


@part
def log(x: float) -> float:
    """Natural logarithm of a positive number; relative error below 1e-14.

    ``x = f 2^e`` with ``f`` near 1, and ``log f = 2 atanh((f - 1) / (f + 1))`` as a series. There
    is no branch in it, so that a loop over many numbers does several at once.
    """
    bits = np.float64(x).view(np.int64)
    f = np.int64((bits & 0xFFFFFFFFFFFFF) | 0x3FF0000000000000).view(np.float64)
    e = np.int64((bits >> 52) | 0x4330000000000000).view(np.float64) - 4503599627371519.0
    large = f > 1.4142135623730951
    f = f * 0.5 if large else f
    e = e + 1.0 if large else e
    s = (f - 1.0) / (f + 1.0)
    z = s * s
    w = z * z
    odd = z * (1.0 / 3 + w * (1.0 / 7 + w * (1.0 / 11 + w * (1.0 / 15 + w * (1.0 / 19)))))
    even = w * (1.0 / 5 + w * (1.0 / 9 + w * (1.0 / 13 + w * (1.0 / 17))))
    return e * _LN2 + 2.0 * s * (1.0 + (odd + even))


@part
def exp(x: float) -> float:
    """Exponential function between -700 and 700 (what lies outside is taken as the bound).

    ``x = k log 2 + r``, and the series of ``exp r`` up to the 13th power; relative error below
    1e-14.
    """
    x = min(max(x, -700.0), 700.0)
    k = np.int64(np.floor(x * 1.4426950408889634 + 0.5))
    r = (x - k * _LN2_HIGH) - k * _LN2_LOW
    z = r * r
    even = 1.0 + z * (_C2 + z * (_C4 + z * (_C6 + z * (_C8 + z * (_C10 + z * _C12)))))
    odd = r * (1.0 + z * (_C3 + z * (_C5 + z * (_C7 + z * (_C9 + z * (_C11 + z * _C13))))))
    return (even + odd) * np.int64((k + 1023) << 52).view(np.float64)


@rare_part
def coarse_normal_quantile(p: float) -> float:
    """Quantile of the standard normal distribution; absolute error about 1e-7.

    Near enough for draws, and the same on every machine; intervals take the exact one of
    ``metrics/intervals.py``.

    Wichura, "Algorithm AS 241: the percentage points of the normal distribution", Applied
    Statistics 37 (1988), routine PPND7.
    """
    q = p - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        above = ((59.109374720 * r + 159.29113202) * r + 50.434271938) * r + 3.3871327179
        below = ((67.187563600 * r + 78.757757664) * r + 17.895169469) * r + 1.0
        return q * above / below
    r = np.sqrt(-log(p if q < 0 else 1.0 - p))
    if r <= 5.0:
        r -= 1.6
        above = ((0.17023821103 * r + 1.3067284816) * r + 2.7568153900) * r + 1.4234372777
        below = (0.12021132975 * r + 0.73700164250) * r + 1.0
    else:
        r -= 5.0
        above = ((0.017337203997 * r + 0.42868294337) * r + 3.0812263860) * r + 6.6579051150
        below = (0.012258202635 * r + 0.24197894225) * r + 1.0
    return -above / below if q < 0 else above / below


@rare_part
def cosine_of_turn(turns: float) -> float:
    """Cosine of a share of a full turn (0.25 turns are 90 degrees)."""
    turns = turns - np.floor(turns + 0.5)
    x = 6.283185307179586 * turns
    square = x * x
    term = 1.0
    total = 1.0
    for n in range(1, 16):
        term = -term * square / ((2 * n - 1) * (2 * n))
        total += term
    return total
