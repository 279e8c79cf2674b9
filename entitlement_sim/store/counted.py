"""Counts of a run by segment on which its scorecard rests, and how they are added up."""

from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..targets import WINDOW_DAYS

if TYPE_CHECKING:
    from ..scenario.models import ScenarioModel

Ints = NDArray[np.int64]

#: Keys up to so many times as far apart as there are of them are counted without sorting.
_SPARSEST: Final = 8


class Figure(StrEnum):
    """What is counted; its keys beside the segment in parentheses.

    Days are counted from the first of the run, windows of 91 days from the last one back, weeks
    from the first of the last window through all windows. Customers are those who were there
    throughout a window.
    """

    DAYS = "cases (day)"
    HOURS = "cases (hour)"
    ORIGINS = "cases (code of origin)"
    BEFORE_JOINING = "cases before joining"
    SHARED_DAYS = "cases that share a customer's day"
    GAPS = "gaps between a customer's cases of a window"
    SHORT_GAPS = "gaps below an hour"
    CUSTOMERS = "customers (window, cases)"
    WEEKS = "customers' cases (week)"
    SQUARES = "squares of busy customers' cases (week, cases in the window)"
    DURATIONS = "cases worked (minutes, whether resolved)"
    RESOLUTIONS = "resolutions"
    RESOLUTIONS_AT_WEEKEND = "resolutions at weekends"
    RESOLVED = "cases resolved, for a time or for good"
    REOPENED = "cases reopened"
    BILLED = "cases billed"
    BILLED_IN_EXCESS = "cases billed for more than was worked"
    ENTITLEMENTS = "entitlements"
    WRONG_SUMS = "entitlements whose movements do not add up"
    USES = "uses"
    USES_WITHOUT_CASE = "uses without a case"
    USES_OUT_OF_COVER = "uses out of cover"
    RENEWALS = "renewals"
    OVERLAPS = "renewals before the end"
    DUE = "contracts due (number of the renewal)"
    RENEWED = "contracts renewed (number of the renewal)"


class Period(NamedTuple):
    """Which days of a run are counted, and by which scenario; None where it cannot be read.

    `segments` are in the order of their codes.
    """

    first: date
    days: int
    model: "ScenarioModel | None"
    segments: list[str]

    @property
    def last(self) -> date:
        """Last day of the run."""
        return self.first + timedelta(self.days - 1)

    @property
    def windows(self) -> int:
        """Whole windows of 91 days, counted back from the last day."""
        return self.days // WINDOW_DAYS

    @property
    def mortal(self) -> set[str]:
        """Segments in which who has no cover any more may have ceased to write."""
        if self.model is None:
            return set()
        return {name for name, segment in self.model.segments.items() if segment.life.needs_cover}


class Counted(NamedTuple):
    """Numbers by the code of the segment and two keys, 0 where a figure has none; sorted by them.

    Numbers that are 0 are left out.
    """

    segment: Ints
    first_key: Ints
    second_key: Ints
    n: Ints


NOTHING: Final = Counted(*(np.zeros(0, np.int64) for _ in Counted._fields))


class Tally:
    """Adds up the numbers of a figure, to those that are counted already."""

    def __init__(self, counted: Counted | None = None) -> None:
        self._parts = [] if counted is None or not len(counted.n) else [counted]

    def add(
        self,
        segment: Ints,
        first_key: NDArray[Any] | None = None,
        second_key: NDArray[Any] | None = None,
        *,
        amounts: Ints | None = None,
    ) -> None:
        """Add amounts, by default 1 each; no key is below 0."""
        if len(segment):
            self._parts.append(_summed(segment, first_key, second_key, amounts))

    def rows(self) -> Counted:
        """Return the numbers so far."""
        if not self._parts:
            return NOTHING
        if len(self._parts) > 1:
            columns = [np.concatenate(column) for column in zip(*self._parts, strict=True)]
            segment, first_key, second_key, n = columns
            self._parts = [_summed(segment, first_key, second_key, n)]
        return self._parts[0]


def _summed(
    segment: Ints,
    first_key: NDArray[Any] | None,
    second_key: NDArray[Any] | None,
    amounts: Ints | None,
) -> Counted:
    keys = segment
    sizes = []
    for key in (first_key, second_key):
        size = 1 if key is None else int(key.max()) + 1
        sizes.append(size)
        if key is not None:
            keys = keys * size + key
    keys, n = sums_by_key(keys, amounts)
    keys, second = np.divmod(keys, sizes[1])
    of_segment, first = np.divmod(keys, sizes[0])
    return Counted(of_segment, first, second, n)


def sums_by_key(keys: Ints, amounts: Ints | None = None) -> tuple[Ints, Ints]:
    """Return the keys that there are, ascending, and the sums of their amounts, by default of 1.

    Keys whose sum is 0 are left out.
    """
    if not len(keys):
        return keys, np.zeros(0, np.int64)
    least = int(keys.min())
    span = int(keys.max()) - least + 1
    if span <= _SPARSEST * len(keys):
        # Sums of whole numbers are exact below 2⁵³.
        sums = np.bincount(keys - least, weights=amounts).astype(np.int64)
        found = np.flatnonzero(sums)
        return found + least, sums[found]
    if amounts is None:
        found, sums = np.unique(keys, return_counts=True)
        return found, sums
    order = np.argsort(keys, kind="stable")
    keys, amounts = keys[order], amounts[order]
    starts = np.flatnonzero(np.append(True, keys[1:] != keys[:-1]))
    sums = np.add.reduceat(amounts, starts)
    return keys[starts][sums != 0], sums[sums != 0]
