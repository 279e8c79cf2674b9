"""Few combinations in which any two values of different axes meet."""

import itertools
from collections.abc import Sequence
from typing import Any


def pairwise(*axes: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Return combinations of one value of each axis, so that every pair of values is in one.

    >>> pairwise("ab", "xy", "12")
    [('a', 'x', '1'), ('a', 'y', '2'), ('b', 'x', '2'), ('b', 'y', '1')]
    """
    places = [range(len(axis)) for axis in axes]
    missing = {
        (one, a, two, b)
        for one, two in itertools.combinations(range(len(axes)), 2)
        for a in places[one]
        for b in places[two]
    }
    chosen = []
    while missing:
        best = max(itertools.product(*places), key=lambda row: len(missing & _pairs(row)))
        missing -= _pairs(best)
        chosen.append(tuple(axis[place] for axis, place in zip(axes, best, strict=True)))
    return chosen


def _pairs(row: tuple[int, ...]) -> set[tuple[int, int, int, int]]:
    return {
        (one, row[one], two, row[two]) for one, two in itertools.combinations(range(len(row)), 2)
    }
