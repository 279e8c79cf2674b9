"""Which of many designs is best: screening by differences, replication by replication.

Designs meet the same draws in a replication, so that their values go together; a procedure that
assumes independence would be wrong. That of S.-H. Kim and B. L. Nelson allows for it: "A fully
sequential procedure for indifference-zone selection in simulation", ACM Transactions on Modeling
and Computer Simulation 11 (2001), 251-273, here with c = 1.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

#: Replications that variances are estimated from, at the least.
LEAST_FIRST: Final = 5

#: Rows of the table of pairs that are looked at together, so that it fits the memory.
_ROWS: Final = 256


class Selection:
    """Designs of which one is the best, screened as replications come in.

    With n0 first replications, k designs, a chance of error a, the difference that matters δ and
    S²(i, l) the variance of the differences between two designs over the first replications:

    - η = ((2 a / (k - 1))^(-2 / (n0 - 1)) - 1) / 2, and h² = 2 η (n0 - 1);
    - W(i, l; r) = max(0, δ / (2 r) (h² S²(i, l) / δ² - r));
    - after r replications a design stays if its mean is not below that of any other one that has
      stayed by more than W. One is left at the latest after N + 1 replications, with
      N = max h² S²(i, l) / δ², rounded down: there W is 0.

    If the best design is better than every other one by δ or more, it is the one that is left with
    a chance of 1 - a at the least, where values are normal.

    Parameters
    ----------
    first : ndarray, shape (replications, designs)
        Values of the first replications: more is better.
    worth : float
        δ, above 0.
    confidence : float
        1 - a.
    designs : int, optional
        k, where others were ruled out before by the same replications.

    Raises
    ------
    ValueError
        There are fewer than five replications, no design, a value that is not known, or `worth` or
        `confidence` lies outside.

    Examples
    --------
    >>> values = np.array([[1.0, 5.0, 2.0], [2.0, 6.5, 2.0], [3.0, 8.0, 2.5],
    ...                    [2.0, 7.0, 2.0], [1.0, 6.0, 1.5]])
    >>> chosen = Selection(values, worth=1.0, confidence=0.95)
    >>> chosen.left.tolist(), chosen.is_over
    ([1], True)
    """

    def __init__(
        self,
        first: NDArray[np.float64],
        *,
        worth: float,
        confidence: float,
        designs: int | None = None,
    ) -> None:
        self._values = np.asarray(first, np.float64)
        count, own = int(self._values.shape[0]), int(self._values.shape[1])
        if count < LEAST_FIRST:
            raise ValueError(f"there must be {LEAST_FIRST} first replications, not {count}")
        if own < 1 or not np.isfinite(self._values).all():
            raise ValueError("values must be known of at least one design, in each replication")
        if not worth > 0:
            raise ValueError(f"the difference that matters must be above 0, not {worth}")
        if not 0 < confidence < 1:
            raise ValueError(f"confidence must lie between 0 and 1, not {confidence}")
        self._worth = worth
        others = max((designs or own) - 1, 1)
        share = 2.0 * (1.0 - confidence) / others
        self._squared = 0.0
        if share < 1.0:  # else chance alone is sure enough
            eta = (share ** (-2.0 / (count - 1)) - 1.0) / 2.0
            self._squared = 2.0 * eta * (count - 1)
        self._centred = (self._values - self._values.mean(axis=0)) / np.sqrt(count - 1)
        self._sums = self._values.sum(axis=0)
        self._count = count
        self.left: NDArray[np.intp] = np.arange(own)
        self._screen()

    @property
    def replications(self) -> int:
        """How many there have been so far."""
        return self._count

    @property
    def is_over(self) -> bool:
        """Whether one design is left."""
        return len(self.left) == 1

    @property
    def most(self) -> int:
        """After how many replications one of those that are left will be, at the latest."""
        largest = max((float(self._variances(rows).max()) for rows in self._rows()), default=0.0)
        return max(int(self._squared * largest / self._worth**2) + 1, self._count)

    def add(self, values: NDArray[np.float64]) -> None:
        """Take another replication of the designs that are left, in their order.

        Raises
        ------
        ValueError
            The values are not one for each of them.
        """
        if self.is_over:
            return
        row = np.asarray(values, np.float64)
        if row.shape != self.left.shape or not np.isfinite(row).all():
            raise ValueError(f"there must be {len(self.left)} values that are known")
        self._sums[self.left] += row
        self._count += 1
        self._screen()

    def order(self) -> NDArray[np.intp]:
        """Return the designs that are left, the one with the highest mean first."""
        sums = self._sums[self.left]
        return self.left[np.argsort(-sums, kind="stable")]

    def _screen(self) -> None:
        means = self._sums[self.left] / self._count
        stays = np.ones(len(self.left), np.bool_)
        for rows in self._rows():
            level = self._squared * self._variances(rows) / self._worth**2 - self._count
            slack = np.maximum(0.0, self._worth / (2.0 * self._count) * level)
            stays[rows] = (means[rows, None] >= means[None, :] - slack).all(axis=1)
        self.left = self.left[stays]
        if self._count > 0 and len(self.left) > 1 and self._count >= self.most:
            self.left = self.order()[:1]  # equal means: W is 0, and the first one is as good

    def _rows(self) -> list[NDArray[np.intp]]:
        places = np.arange(len(self.left))
        return [places[first : first + _ROWS] for first in range(0, len(places), _ROWS)]

    def _variances(self, rows: NDArray[np.intp]) -> NDArray[Any]:
        """Return the variances of differences of some designs from all that are left."""
        centred = self._centred[:, self.left]
        own = (centred**2).sum(axis=0)
        crossed = centred[:, rows].T @ centred
        variances: NDArray[Any] = np.maximum(own[rows, None] + own[None, :] - 2.0 * crossed, 0.0)
        return variances
