"""How many replications: as many as it takes until differences are known closely enough."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from ..store.errors import RunError
from .measures import Metric

#: Pairs of replications before anything is said of how close limits are.
FIRST_LOOK: Final = 20

#: Looks in a row at which limits are as close as they were asked for.
_IN_A_ROW: Final = 2

#: Pairs at the most, where nothing else is said.
AT_MOST: Final = 200


@dataclass(frozen=True)
class Until:
    """What was asked for.

    Attributes
    ----------
    half_widths : mapping of str to float
        By the key of a metric: half of the width that the limits of its difference may have, in the
        unit of :meth:`Comparison.metrics` (shares in fractions of 1).
    at_most : int
        Pairs of replications at which it ends in any case.

    Raises
    ------
    ValueError
        Nothing is asked for, a half-width is not above 0, or there would be fewer than two looks.
    """

    half_widths: Mapping[str, float]
    at_most: int = AT_MOST

    def __post_init__(self) -> None:
        if not self.half_widths:
            raise ValueError("until names no metric: write one and half the width of its limits")
        for key, half_width in self.half_widths.items():
            if not 0 < half_width < math.inf:
                raise ValueError(
                    f"half the width of the limits of {key} is above 0, not {half_width}"
                )
        fewest = FIRST_LOOK * 2 ** (_IN_A_ROW - 1)
        if self.at_most < fewest:
            raise ValueError(
                f"at_most is {fewest} or more, not {self.at_most}: limits are looked at from "
                f"{FIRST_LOOK} pairs on, and have to be close enough twice in a row"
            )


class Look(NamedTuple):
    """How close limits were at some number of pairs.

    Attributes
    ----------
    pairs : int
    half_widths : mapping of str to float
        By the key of a metric, the widest of all alternatives; NaN where there are no limits.
    """

    pairs: int
    half_widths: Mapping[str, float]

    def meets(self, until: Until) -> bool:
        """Whether all limits are as close as they were asked for."""
        # In this order NaN does not meet anything.
        return all(self.half_widths[key] <= asked for key, asked in until.half_widths.items())


def numbers_of_pairs(at_most: int) -> Iterator[int]:
    """Return the numbers of pairs at which limits are looked at.

    Examples
    --------
    >>> list(numbers_of_pairs(200))
    [20, 40, 80, 160, 200]
    """
    pairs = FIRST_LOOK
    while pairs < at_most:
        yield pairs
        pairs *= 2
    yield at_most


def looked(until: Until, half_widths_at: Callable[[int], Mapping[str, float]]) -> list[Look]:
    """Look at limits of more and more pairs, until they are close enough twice in a row.

    Limits that are close enough for once may be so by chance: where they stop there, they hold the
    truth less often than they say. The second look has twice the pairs of the first, so that chance
    would have to come twice.

    Parameters
    ----------
    until : Until
    half_widths_at : callable
        Given a number of pairs, half of the widths of the limits by the key of their metric.

    Returns
    -------
    list of Look
        The last one is the one that counts.
    """
    looks: list[Look] = []
    for pairs in numbers_of_pairs(until.at_most):
        looks.append(Look(pairs, half_widths_at(pairs)))
        if is_reached(until, looks):
            break
    return looks


def is_reached(until: Until, looks: list[Look]) -> bool:
    """Whether the last looks in a row were close enough."""
    last = looks[-_IN_A_ROW:]
    return len(last) == _IN_A_ROW and all(look.meets(until) for look in last)


def check_refinable(until: Until, metrics: Sequence[Metric]) -> None:
    """Refuse metrics that are not added up over replications.

    Raises
    ------
    RunError
        Of one of them no limits can be asked for.
    """
    for key in until.half_widths:
        if all(metric.key != key for metric in metrics):
            raise RunError(
                f"of {key} no limits can be asked for: it is none of the metrics that are added up "
                f"over replications here, which are {', '.join(each.key for each in metrics)}"
            )
