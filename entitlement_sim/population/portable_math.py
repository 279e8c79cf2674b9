"""Logarithm and company from the four basic operations alone.

The mathematics library of one system may round the last bit otherwise than that of another, and a
resolution would then fall into another minute. IEEE 754 fixes ``+ - * /`` and the square root to
the last bit, so what is built of nothing else gives the same rows on every machine.
"""

import numpy as np

from .compiling import part

_LN2 = 0.6931471805599453
_LN2_HIGH = 0.693147180369123816490
_LN2_LOW = 1.90821492927058770002e-10


@part
def log(x: float) -> float:
    """Natural logarithm of a positive number; relative error below 1e-14.

    ``x = f 2^e`` with ``f`` near 1, and ``log f = 2 atanh((f - 1) / (f + 1))`` as a series.
    """
    bits = np.float64(x).view(np.int64)
    e = (bits >> 52) - 1023
    f = np.int64((bits & 0xFFFFFFFFFFFFF) | 0x3FF0000000000000).view(np.float64)
    if f > 1.4142135623730951:
        f *= 0.5
        e += 1
    s = (f - 1.0) / (f + 1.0)
    z = s * s
    w = z * z
    odd = z * (1.0 / 3 + w * (1.0 / 7 + w * (1.0 / 11 + w * (1.0 / 15 + w * (1.0 / 19)))))
    even = w * (1.0 / 5 + w * (1.0 / 9 + w * (1.0 / 13 + w * (1.0 / 17))))
    return e * _LN2 + 2.0 * s * (1.0 + (odd + even))


@part
def exp(x: float) -> float:
    """Exponential function between -700 and 700 (what lies outside is taken as the bound)."""
    x = min(max(x, -700.0), 700.0)
    k = np.int64(np.floor(x * 1.4426950408889634 + 0.5))
    r = (x - k * _LN2_HIGH) - k * _LN2_LOW
    term = 1.0
    total = 1.0
    for n in range(1, 15):
        term = term * r / n
        total += term
    return total * np.int64((k + 1023) << 52).view(np.float64)


@part
def normal_quantile(p: float) -> float:
    """Quantile of the standard normal distribution; absolute error about 1e-7.

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


@part
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
