"""The distribution of what an uncertain number of cases takes together, reckoned exactly."""

import math
from typing import Final

import numpy as np

from ..compiling import kernel
from .special_functions import FloatArray, IntArray

#: Sums above this are scaled down, as a probability of no case at all may be too small for a float.
_LARGE: Final = 1e200
#: Amounts between two looks at whether anything is left to add, less one: all bits set.
_BETWEEN_LOOKS: Final = 1023
#: What is missing to a probability of 1 and may be lost in rounding.
_NOTHING: Final = 1e-15


def chance_of_reaching(
    amounts: IntArray, sizes: FloatArray, shares: FloatArray, charges: IntArray
) -> FloatArray:
    """Probability that the charges of a negative binomial number of cases add up to an amount.

    Panjer's recursion (1981): with N of size r and probability q of one more, and f(j) the share
    of cases that are charged j, the sum S has g(0) = (1 - q)^r and
    g(s) = sum over j of q (1 + (r - 1) j / s) f(j) g(s - j). All terms are positive, so rounding
    stays in the last digits. It takes time in proportion to amount x different charges.

    Parameters
    ----------
    amounts : numpy.ndarray of int
        Whole numbers above 0, of the unit of the charges.
    sizes, shares : numpy.ndarray
        r, above 0, and q, from 0 to below 1; one for each amount.
    charges : numpy.ndarray of int
        Charges above 0, each as likely as the others; the same one may stand there repeatedly.

    Returns
    -------
    numpy.ndarray
        P(S >= amount), to about 1e-12.

    Examples
    --------
    Cases of 1 or 2 units; on average one comes (r = 1, q = 1/2).

    >>> import numpy as np
    >>> one, half = np.ones(2), np.full(2, 0.5)
    >>> chance_of_reaching(np.array([1, 2]), one, half, np.array([1, 2])).tolist()
    [0.5, 0.375]
    """
    unit = int(np.gcd.reduce(charges))
    different, counts = np.unique(charges // unit, return_counts=True)
    longest = int(different[-1])
    recent = np.empty(max(4 * longest, 2**15))
    below = np.empty(len(amounts))
    weights = counts / len(charges)
    _reckon_below(
        -(-amounts // unit), sizes, shares, different, weights, different * weights, recent, below
    )
    return np.clip(1 - below, 0.0, 1.0)


@kernel
def _reckon_below(
    limits: IntArray,
    sizes: FloatArray,
    shares: FloatArray,
    charges: IntArray,
    weights: FloatArray,
    weighted: FloatArray,
    recent: FloatArray,
    below: FloatArray,
) -> None:
    """Fill `below` with P(S < limit), using `recent` for as many g as a charge looks back."""
    longest = charges[-1]
    for row in range(limits.size):
        size, share = sizes[row], shares[row]
        scale = size * math.log1p(-share)
        recent[0] = 1.0
        total, place = 1.0, 0
        for amount in range(1, limits[row]):
            place += 1
            if place == recent.size:
                for back in range(longest):
                    recent[back] = recent[place - longest + back]
                place = longest
            even, slanted = 0.0, 0.0
            for number in range(charges.size):
                if charges[number] > amount:
                    break
                before = recent[place - charges[number]]
                even += weights[number] * before
                slanted += weighted[number] * before
            recent[place] = share * (even + (size - 1.0) * slanted / amount)
            total += recent[place]
            if total > _LARGE:
                for back in range(max(place - longest, 0), place + 1):
                    recent[back] /= _LARGE
                total /= _LARGE
                scale += math.log(_LARGE)
            if amount & _BETWEEN_LOOKS == 0 and math.log(total) + scale > -_NOTHING:
                break
        below[row] = math.exp(math.log(total) + scale)
