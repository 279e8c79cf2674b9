"""Random numbers that can be drawn alone and in any order, and that belong to what they decide.

Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC'11)
turns a counter and a key into four words of 32 bits. The key says whose draw it is: the seed, and a
hash of the names on the way to it (of a segment, a holding, a product, a burst). The counter says
which one: for which replication, customer or day, for which purpose, and the how-manieth. No draw
depends on another one having been made, on a place in a list, or on how long a run is.
"""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..compiling import part
from ..scenario.paths import NamePath, path_hash

# What is drawn. A new purpose gets a new number; an old number never changes its meaning.
JOINING: Final = 1
RATE: Final = 2
SALE: Final = 3
LEAVING_A: Final = 4
LEAVING_B: Final = 5
TERM: Final = 6
RENEWAL: Final = 7
RETURN: Final = 8
CASE_TIMES: Final = 9
CASE_MARKS: Final = 10
CASE_FATE: Final = 11
CASE_REOPENINGS: Final = 12
FELT_BURST: Final = 13
BURST_TIMES: Final = 14
BURST_MARKS: Final = 15
BURST_FATE: Final = 16
BURST_REOPENINGS: Final = 17
DAY_EFFECT: Final = 18
INCIDENT: Final = 19
DRAFT: Final = 20
AMENDMENT: Final = 21
CASE_PRODUCT: Final = 22
INCIDENTS: Final = 23
LEVEL_WEEK: Final = 24
PRODUCT_MIX: Final = 25
RAMP_UP: Final = 26
FOLLOW_UPS: Final = 27
FOLLOW_UP_TIMES: Final = 28
FOLLOW_UP_MARKS: Final = 29
FOLLOW_UP_FATE: Final = 30
FOLLOW_UP_REOPENINGS: Final = 31
DEMAND_ENDS: Final = 32
NEVER_COVERED: Final = 33
SEVERITY: Final = 34
ACCEPTS_OVERAGE: Final = 35
SPEND: Final = 36
DISCOUNT: Final = 37
BUYS_MORE: Final = 38
OPEN_CASE: Final = 39

_M0 = np.uint64(0xD2511F53)
_M1 = np.uint64(0xCD9E8D57)
_W0 = np.uint64(0x9E3779B9)
_W1 = np.uint64(0xBB67AE85)
_LOW_BITS = 0xFFFFFFFF
_LOW = np.uint64(_LOW_BITS)
_32 = np.uint64(32)
_8 = np.uint64(8)
_FROM_2_52 = np.uint64(0x4330000000000000)

#: Four words of 32 bits, each in 64.
Words = tuple[np.uint64, np.uint64, np.uint64, np.uint64]


class Stream(NamedTuple):
    """Everything random of one replication of one seed."""

    seed: np.uint64
    replication: np.uint64

    def key(self, path: NamePath) -> np.uint64:
        """Return the key of what is drawn for the thing at the end of a path of names.

        Under one seed, different paths have different keys as long as their hashes differ.
        """
        return np.uint64(int(self.seed) ^ path_hash(path))


def stream(seed: int, replication: int = 0) -> Stream:
    """Return the stream of a seed (0 … 2⁶⁴ - 1) and a replication (0 … 2²⁴ - 1).

    Raises
    ------
    ValueError
        `seed` or `replication` lies outside.
    """
    if not 0 <= seed < 2**64:
        raise ValueError(f"seed {seed} does not lie between 0 and 2**64 - 1")
    if not 0 <= replication < 2**24:
        raise ValueError(f"replication {replication} does not lie between 0 and 2**24 - 1")
    return Stream(np.uint64(seed), np.uint64(replication))


@part
def philox(
    c0: np.uint64, c1: np.uint64, c2: np.uint64, c3: np.uint64, k0: np.uint64, k1: np.uint64
) -> Words:
    """Philox4x32-10 of a counter and a key, each word in the low 32 bits of 64."""
    for _ in range(10):
        p0 = _M0 * c0
        p1 = _M1 * c2
        c0, c1, c2, c3 = (p1 >> _32) ^ c1 ^ k0, p1 & _LOW, (p0 >> _32) ^ c3 ^ k1, p0 & _LOW
        k0 = (k0 + _W0) & _LOW
        k1 = (k1 + _W1) & _LOW
    return c0, c1, c2, c3


@part
def account_key(key: np.uint64, account: int) -> np.uint64:
    """Return the key of what an account of a customer draws, accounts counted from 0.

    The first one draws what a customer without accounts does.
    """
    number = np.uint64(account)
    return key ^ ((number * _M0 & _LOW) | ((number * _M1 & _LOW) << _32))


@part
def draw(
    stream: Any, key: np.uint64, identity: int, purpose: int, index: int, within: int = 0
) -> Words:
    """Draw four words for one purpose of one customer, day or incident.

    Parameters
    ----------
    stream : Stream, or a record with its field `replication`
    key : uint64
        Whose draw it is (see :meth:`Stream.key`).
    identity : int
        Which customer, counted from 0 (from -1 down for those before the first day), or which day,
        month: what stays the same however long the run is. Its low 32 bits count.
    purpose : int
        One of this module's.
    index : int
        The how-manieth draw for the purpose; its low 32 bits count.
    within : int, default 0
        In which incident, or in which case; its low 32 bits count.
    """
    return philox(
        np.uint64(np.int64(index) & _LOW_BITS),
        np.uint64(purpose) | (stream.replication << _8),
        np.uint64(np.int64(identity) & _LOW_BITS),
        np.uint64(np.int64(within) & _LOW_BITS),
        key & _LOW,
        key >> _32,
    )


@part
def draw_units(
    stream: Any,
    key: np.uint64,
    identity: int,
    purpose: int,
    first: int,
    count: int,
    units: NDArray[np.float64],
) -> None:
    """Draw `count` times four uniform numbers, from index `first` on, into the rows of `units`.

    The same numbers as from :func:`draw` and :func:`unit`, in a loop that is done several at once.
    """
    counter1 = np.uint64(purpose) | (stream.replication << _8)
    counter2 = np.uint64(np.int64(identity) & _LOW_BITS)
    counter3 = np.uint64(0)
    key0 = key & _LOW
    key1 = key >> _32
    for place in range(first, first + count):
        words = philox(np.uint64(place), counter1, counter2, counter3, key0, key1)
        units[0, place] = unit(words[0])
        units[1, place] = unit(words[1])
        units[2, place] = unit(words[2])
        units[3, place] = unit(words[3])


@part
def unit(word: np.uint64) -> float:
    """Turn a word into a number strictly between 0 and 1, in steps of 2⁻³².

    The word becomes the low bits of a number from 2⁵² on, which is then taken off again: that is
    exact, and quicker than converting.
    """
    whole = np.uint64(word | _FROM_2_52).view(np.float64) - 4503599627370496.0
    return (whole + 0.5) * 2.3283064365386963e-10
