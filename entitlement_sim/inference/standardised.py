"""Change between two periods at a fixed mix: what is left when the mix is not let move."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from ..metrics.intervals import upper_tail_from
from ..telling import Table, percent
from .clustered import (
    ROUNDING,
    BoolArray,
    FloatArray,
    IntArray,
    Sums,
    portfolio_for,
    sums_by_customer,
    t_quantiles,
)
from .differences import difference
from .estimates import Estimate, Kind, Method
from .portfolio import Portfolio
from .ratios import group_numbers, share_limits
from .resampling import FEW, resampled

#: What is at risk differs by these.
CELLS: Final = ("renewal_number", "template", "segment")

#: Fewest customers in each period of a cell whose two periods are compared.
_LEAST_CUSTOMERS: Final = 2


@dataclass(frozen=True)
class Change:
    """A ratio in two periods, at the later one's mix.

    Attributes
    ----------
    before, after, change : Estimate
        Both ratios at the mix of the later period, and their difference.
    unadjusted : Estimate
        Difference of the ratios of all rows, a change of mix included.
    comparable : float
        Share of the later period's denominators in cells that both periods have; the others are
        left out of `before`, `after` and `change`.
    """

    before: Estimate
    after: Estimate
    change: Estimate
    unadjusted: Estimate
    comparable: float

    def __repr__(self) -> str:
        return Table([], self._rows()).text()

    def _repr_html_(self) -> str:
        return Table([], self._rows()).html()

    def _rows(self) -> list[tuple[str, str]]:
        return [
            ("before, at the later mix", repr(self.before)),
            ("after", repr(self.after)),
            ("change", repr(self.change)),
            ("change with the mix", repr(self.unadjusted)),
            ("comparable", percent(self.comparable)),
        ]


def change_at_fixed_mix(
    rows: pd.DataFrame,
    numerator: str,
    denominator: str,
    period: str,
    cells: Sequence[str] = CELLS,
    *,
    portfolio: Portfolio | None = None,
    customer: str = "customer_id",
    frequency: str | None = None,
    confidence: float = 0.95,
) -> Change:
    """Compare a ratio between two periods, cell by cell, weighted by the later period's mix.

    Direct standardisation: the ratio of each cell in each period, weighted by the cell's share of
    the later period's denominators. Cells count with at least two customers in both periods. The
    mix is taken as stated, so only the ratios within cells vary when customers are drawn anew;
    linearised, each customer with what it adds to both periods, or by bootstrap where fewer than
    100 customers count.

    Parameters
    ----------
    rows : DataFrame
    numerator, denominator : str
        Columns of numbers or booleans.
    period : str
        Column of booleans: False before, True after; rows without one are left out.
    cells : sequence of str
        Columns within whose combinations rows are alike enough to be compared.
    portfolio, customer, frequency, confidence
        See :func:`ratio`; who stands for others is like them in all cells and both periods.

    Returns
    -------
    Change
        NaN where no cell is comparable.

    Raises
    ------
    ValueError
        See :func:`ratio`; or `period` is no column of booleans.

    Examples
    --------
    Nothing moved but the mix: later there are more second renewals, which are likelier.

    >>> rows = pd.DataFrame({
    ...     "customer_id": range(16), "due": 1,
    ...     "renewed": [1, 0, 1, 0, 1, 1] + [1, 0, 1, 1, 1, 1, 1, 1, 1, 0],
    ...     "number": [1, 1, 1, 1, 2, 2] + [1, 1, 2, 2, 2, 2, 2, 2, 1, 1],
    ...     "is_later": [False] * 6 + [True] * 10,
    ... })
    >>> moved = change_at_fixed_mix(rows, "renewed", "due", "is_later", ["number"])
    >>> round(moved.change.value, 3), round(moved.unadjusted.value, 3), moved.comparable
    (0.0, 0.133, 1.0)
    """
    later = _later(rows, period)
    portfolio = portfolio or portfolio_for([rows], customer)
    _, (cell, count) = group_numbers(rows, cells)
    group = np.where((cell < 0) | later.isna(), -1, 2 * cell + later.fillna(False).astype(np.int64))
    groups = (group.astype(np.int64), 2 * count)
    columns = [numerator, denominator]
    sums = sums_by_customer(rows, columns, portfolio, customer, groups, frequency)
    unadjusted = difference(
        rows[later.eq(False).fillna(False)],
        rows[later.fillna(False)],
        numerator,
        denominator,
        portfolio=portfolio,
        paired=True,
        customer=customer,
        frequency=frequency,
        confidence=confidence,
    )
    return _Standardisation(sums, confidence).change(unadjusted)


def _later(rows: pd.DataFrame, period: str) -> "pd.Series[bool]":
    if period not in rows:
        raise ValueError(f"the rows have no column {period!r}")
    try:
        return rows[period].astype("boolean")
    except (TypeError, ValueError):
        raise ValueError(f"column {period!r} does not say which rows are later: no booleans") from (
            None
        )


class _Standardisation:
    """Sums by customer, cell and period (group 2 * cell + period), and their standardised ratios.

    Attributes
    ----------
    weights : ndarray of float
        Share of each comparable cell in the later period's denominators of all of these; 0 of the
        others.
    """

    def __init__(self, sums: Sums, confidence: float) -> None:
        self.sums = sums
        self.confidence = confidence
        self.upper = upper_tail_from(confidence)
        self.top, self.bottom = sums.totals.reshape(2, -1, 2)  # cells, periods
        counts = sums.customers.reshape(-1, 2)
        is_comparable = (counts >= _LEAST_CUSTOMERS).all(1) & (self.bottom > 0).all(1)
        later = np.where(is_comparable, self.bottom[:, 1], 0.0)
        everything = self.bottom[:, 1].sum()
        self.comparable = later.sum() / everything if everything else math.nan
        self.weights = later / later.sum() if later.sum() else np.zeros(len(later))
        top, bottom = sums.columns
        self.is_share = bool(((top >= 0) & (top <= bottom)).all())
        safe = np.where(self.bottom != 0, self.bottom, 1.0)
        residual = top - (self.top / safe).ravel()[sums.group] * bottom
        shrunk = np.sqrt(counts / np.maximum(counts - 1, 1))
        scale = (np.repeat(self.weights[:, None], 2, 1) * shrunk / safe).ravel()
        self.influence = residual * scale[sums.group]

    def change(self, unadjusted: Estimate) -> Change:
        before = self._estimate((1.0, 0.0), "share")
        after = self._estimate((0.0, 1.0), "share")
        moved = self._estimate((-1.0, 1.0), "difference of shares")
        return Change(before, after, moved, unadjusted, float(self.comparable))

    def _estimate(self, signs: tuple[float, float], kind: Kind) -> Estimate:
        """Return the standardised ratios of both periods, added with these signs."""
        sums, portfolio = self.sums, self.sums.portfolio
        sign = np.array(signs)
        in_use = (self.weights[sums.group // 2] > 0) & (sign[sums.group % 2] != 0)
        place, places = np.unique(sums.place[in_use], return_inverse=True)
        influence = np.bincount(
            places, (self.influence * sign[sums.group % 2])[in_use], len(place)
        ).astype(np.float64)
        value = float(self._values(sums.totals.ravel()[:, None], sign)[0])
        frequency = np.zeros_like(place)
        frequency[places] = sums.frequency[in_use]
        joined = Sums(portfolio, 1, np.zeros_like(place), place, influence[None], frequency)
        customers = int(frequency.sum())
        variance, degrees = joined.variance(influence)
        error = math.sqrt(variance[0])
        half = float(t_quantiles(self.upper, degrees)[0]) * error
        low, high = value - half, value + half
        method: Method = "linearised"
        bounds = -math.inf, math.inf
        if self.is_share and 0 < value < 1 and kind == "share":
            ends = share_limits(np.array([value]), np.array([half]))
            low, high = bounds = float(ends[0][0]), float(ends[1][0])
        if customers < 2:
            low = high = error = math.nan
        elif not error > ROUNDING:
            low, high = self._of_alike(value, kind, customers)
        elif customers < FEW:
            method = "bootstrap"
            drawn = joined.one_by_one(frequency > 0)
            low, high, error = resampled(
                portfolio,
                place[drawn],
                self._laid_out(in_use, places, len(place))[:, drawn],
                lambda sums_drawn: self._values(sums_drawn, sign),
                influence[drawn],
                self.upper,
                bounds=bounds,
            )
        n = float((self.bottom[self.weights > 0] * (sign != 0)).sum())
        return Estimate(
            value,
            low,
            high,
            error,
            customers,
            len(portfolio.names),
            self.confidence,
            method,
            n,
            kind if self.is_share else "amount",
            portfolio.shocks,
        )

    def _of_alike(self, value: float, kind: Kind, customers: int) -> tuple[float, float]:
        """Return limits where no customer differs from the others of its cell and period."""
        if not self.is_share:
            return math.nan, math.nan
        hidden = 1 - (1 - self.upper) ** (1 / customers)
        if kind == "share":
            return value * (1 - hidden), value + (1 - value) * hidden
        return value - hidden, value + hidden

    def _laid_out(self, in_use: BoolArray, places: IntArray, customers: int) -> FloatArray:
        """Return sums by customer, shape (columns * cells * periods, customers)."""
        laid_out = np.zeros((2, self.sums.count, customers))
        laid_out[:, self.sums.group[in_use], places] = self.sums.columns[:, in_use]
        return laid_out.reshape(-1, customers)

    def _values(self, drawn: FloatArray, sign: FloatArray) -> FloatArray:
        """Return the standardised number of sums, shape (columns * cells * periods, samples).

        A sample without one of the cells is weighted by the others.
        """
        top, bottom = drawn.reshape(2, len(self.weights), 2, drawn.shape[1])
        has = (bottom != 0) | (sign[:, None] == 0)
        rates = np.where(bottom != 0, top / np.where(bottom != 0, bottom, 1.0), 0.0)
        weights = np.where(has.all(1), self.weights[:, None], 0.0)
        whole = weights.sum(0)
        signed = (rates * sign[:, None]).sum(1)
        values = (weights * signed).sum(0) / np.where(whole > 0, whole, 1.0)
        return np.where(whole > 0, values, math.nan)
