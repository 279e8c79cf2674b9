"""Ratios and totals of customers' sums, between their limits."""

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..metrics.intervals import upper_tail_from
from .clustered import (
    ROUNDING,
    FloatArray,
    IntArray,
    Sums,
    portfolio_for,
    sums_by_customer,
    t_quantiles,
)
from .estimates import Estimate
from .portfolio import Portfolio
from .resampling import FEW, resampled

#: Fewest cases, contracts or customers of which an extreme is named.
LEAST_UNITS: Final = 30


def ratio(
    rows: pd.DataFrame,
    numerator: str,
    denominator: str,
    *,
    portfolio: Portfolio | None = None,
    customer: str = "customer_id",
    frequency: str | None = None,
    confidence: float = 0.95,
) -> Estimate:
    """Return the sum of one column over that of another, if customers were drawn anew.

    Linearised (the delta method) with Student's t; of a share on the scale of log-odds, so that its
    limits stay within 0 and 1. Where fewer than 100 customers have rows that count, by bootstrap of
    customers, of a share never beyond the limits on the scale of log-odds. A share of 0 has as its
    upper limit the share that would leave no trace in so many customers in one sample of forty (of
    two-sided 95 %), each taken as all or nothing; a share of 1 and customers that are all alike
    likewise. Other ratios have no limits then.

    Parameters
    ----------
    rows : DataFrame
        Any number of rows a customer. Rows in which one of the columns is missing do not count.
    numerator, denominator : str
        Columns of numbers or booleans. It is a share where no customer has more above than below.
    portfolio : Portfolio, optional
        The customers, by segment; without one, those with rows, and their number left to chance.
    customer : str, default "customer_id"
        Column that names the customer.
    frequency : str, optional
        Column that says for how many customers of the segment, who are all alike, a customer
        stands; without one, each for itself. See :func:`customers_alike`.
    confidence : float, default 0.95

    Returns
    -------
    Estimate
        All NaN where the denominators add up to 0; without limits with fewer than two customers.

    Raises
    ------
    ValueError
        A column is not there or holds no numbers, or the portfolio does not know a customer.

    Examples
    --------
    >>> rows = pd.DataFrame({"customer_id": [1, 1, 2, 3], "renewed": [1, 1, 0, 1], "due": 1})
    >>> estimate = ratio(rows, "renewed", "due")
    >>> estimate.value, estimate.customers, estimate.n
    (0.75, 3, 4.0)
    """
    portfolio = portfolio or portfolio_for([rows], customer)
    columns = [numerator, denominator]
    sums = sums_by_customer(rows, columns, portfolio, customer, frequency=frequency)
    return ratio_of(sums, confidence)


def total(
    rows: pd.DataFrame,
    column: str,
    *,
    portfolio: Portfolio | None = None,
    customer: str = "customer_id",
    frequency: str | None = None,
    confidence: float = 0.95,
) -> Estimate:
    """Return the sum of a column, if customers were drawn anew.

    Those of the portfolio without rows count as 0. See :func:`ratio` for parameters and errors.
    There are no limits where all customers are alike, as with a sum of 0.

    Examples
    --------
    >>> rows = pd.DataFrame({"customer_id": [1, 1, 2], "hours": [2.0, 3.0, 1.5]})
    >>> everybody = Portfolio.of(pd.DataFrame({"customer_id": range(1, 11)}), segment=None)
    >>> total(rows, "hours", portfolio=everybody).value
    6.5
    """
    portfolio = portfolio or portfolio_for([rows], customer)
    sums = sums_by_customer(rows, [column], portfolio, customer, frequency=frequency)
    return total_of(sums, confidence)


def ratios(
    rows: pd.DataFrame,
    numerator: str,
    denominator: str,
    by: Sequence[str],
    *,
    portfolio: Portfolio | None = None,
    customer: str = "customer_id",
    frequency: str | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return :func:`ratio` for each group of rows.

    Parameters
    ----------
    by : sequence of str
        Columns that tell groups apart; rows in which one is missing belong to none.

    Returns
    -------
    DataFrame
        Columns `by`, `value`, `low`, `high`, `standard_error`, `n` (sum of the denominator) and
        `customers`, in the order of the groups; categories in their own order.
    """
    portfolio = portfolio or portfolio_for([rows], customer)
    keys, groups = group_numbers(rows, by)
    columns = [numerator, denominator]
    sums = sums_by_customer(rows, columns, portfolio, customer, groups, frequency)
    return pd.concat([keys, pd.DataFrame(_ratio_limits(sums, confidence))[_COLUMNS]], axis=1)


def totals(
    rows: pd.DataFrame,
    column: str,
    by: Sequence[str],
    *,
    portfolio: Portfolio | None = None,
    customer: str = "customer_id",
    frequency: str | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return :func:`total` for each group of rows, as :func:`ratios` does."""
    portfolio = portfolio or portfolio_for([rows], customer)
    keys, groups = group_numbers(rows, by)
    sums = sums_by_customer(rows, [column], portfolio, customer, groups, frequency)
    return pd.concat([keys, pd.DataFrame(_total_limits(sums, confidence))[_COLUMNS]], axis=1)


#: Columns by name, a number a group: without a frame, which takes longer than the limits do.
_Limits = dict[str, NDArray[Any]]

_COLUMNS: Final = ["value", "low", "high", "standard_error", "n", "customers"]


def ratio_of(sums: Sums, confidence: float) -> Estimate:
    """Return the ratio of the first column to the second, of the only group."""
    return _estimate(sums, _ratio_limits(sums, confidence), confidence)


def total_of(sums: Sums, confidence: float) -> Estimate:
    """Return the total of the only column, of the only group."""
    return _estimate(sums, _total_limits(sums, confidence), confidence)


def ratio_influence(sums: Sums) -> tuple[FloatArray, FloatArray]:
    """Return the ratio of each group, and the influence of each pair on that of its group.

    The influences carry the correction for one ratio that is estimated from so many customers.
    """
    top, bottom = sums.totals
    has = bottom != 0
    value = np.where(has, top / np.where(has, bottom, 1.0), np.nan)
    units = sums.customers
    everybody = np.maximum(max(len(sums.portfolio), 1), units)
    inflation = units / np.maximum(units - 1, 1)
    if sums.portfolio.is_fixed:  # the variance has the like for everybody already
        inflation = inflation / (everybody / np.maximum(everybody - 1, 1))
    own = np.nan_to_num(value)[sums.group]
    residual = sums.columns[0] - own * sums.columns[1]
    residual[np.abs(residual) <= ROUNDING * np.abs(sums.columns[0])] = 0.0
    scale = np.sqrt(np.maximum(inflation, 1.0)) / np.where(has, bottom, np.inf)
    return value, residual * scale[sums.group]


def share_limits(value: FloatArray, half: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return limits of shares between 0 and 1 from half the width of linear ones, by log-odds."""
    odds = value / (1 - value)
    with np.errstate(over="ignore"):
        step = np.exp(half / (value * (1 - value)))
        return odds / (odds + step), 1 / (1 + 1 / (odds * step))


def share_that_hides(sums: Sums, denominator: FloatArray, upper: float) -> FloatArray:
    """Return the share of the denominators that may be otherwise than all that were seen.

    It is the one at which none of so many customers, each wholly one or the other, shows it in
    ``1 - upper`` of the samples. Customers of unequal size count as fewer equal ones (Kish, Survey
    Sampling (1965), section 11.7).
    """
    whole = sums.add(denominator)
    squares = sums.add(denominator**2)
    with np.errstate(divide="ignore", invalid="ignore"):
        hidden: FloatArray = 1 - (1 - upper) ** (squares / whole**2)
    return hidden


def _ratio_limits(sums: Sums, confidence: float) -> _Limits:
    upper = upper_tail_from(confidence)
    value, influence = ratio_influence(sums)
    variance, degrees = sums.variance(influence)
    error = np.sqrt(variance)
    top, bottom = sums.columns
    outside = (top < 0) | (top > bottom * (1 + ROUNDING))
    is_share = np.bincount(sums.group[outside], minlength=sums.count) == 0
    customers = sums.customers
    quantile = t_quantiles(upper, degrees)
    low, high = value - quantile * error, value + quantile * error
    inside = is_share & (value > 0) & (value < 1)
    low[inside], high[inside] = share_limits(value[inside], (quantile * error)[inside])
    method = np.full(sums.count, "linearised", object)
    is_known = (customers >= 2) & np.isfinite(value)
    alike = is_known & ~(error > ROUNDING * np.abs(value))
    for group in map(int, np.flatnonzero(is_known & (customers < FEW) & ~alike)):
        own = sums.one_by_one(sums.group == group)
        bounds = (low[group], high[group]) if inside[group] else (-math.inf, math.inf)
        limits = resampled(
            sums.portfolio,
            sums.place[own],
            sums.columns[:, own],
            _quotient,
            influence[own],
            upper,
            bounds=bounds,
        )
        method[group] = "bootstrap"
        low[group], high[group], error[group] = limits
    if alike.any():
        hidden = share_that_hides(sums, bottom, upper)
        low = np.where(alike, np.where(is_share, value * (1 - hidden), np.nan), low)
        high = np.where(alike, np.where(is_share, value + (1 - value) * hidden, np.nan), high)
    return {
        "value": value,
        "low": np.where(is_known, low, np.nan),
        "high": np.where(is_known, high, np.nan),
        "standard_error": np.where(is_known, error, np.nan),
        "n": sums.totals[1],
        "customers": customers,
        "method": method,
        "kind": np.where(is_share, "share", "amount").astype(object),
    }


def _total_limits(sums: Sums, confidence: float) -> _Limits:
    upper = upper_tail_from(confidence)
    added = sums.columns[0]
    value = sums.add(added)
    variance, degrees = sums.variance(added)
    error = np.sqrt(variance)
    half = t_quantiles(upper, degrees) * error
    low, high = value - half, value + half
    customers = sums.customers
    method = np.full(sums.count, "linearised", object)
    is_known = (customers >= 2) & (error > ROUNDING * np.abs(value))
    for group in map(int, np.flatnonzero(is_known & (customers < FEW))):
        own = sums.one_by_one(sums.group == group)
        columns = sums.columns[:, own]
        limits = resampled(sums.portfolio, sums.place[own], columns, _first, columns[0], upper)
        method[group] = "bootstrap"
        low[group], high[group], error[group] = limits
    return {
        "value": value,
        "low": np.where(is_known, low, np.nan),
        "high": np.where(is_known, high, np.nan),
        "standard_error": np.where(customers >= 2, error, np.nan),
        "n": value,
        "customers": customers,
        "method": method,
        "kind": np.full(sums.count, "amount", object),
    }


def _estimate(sums: Sums, limits: _Limits, confidence: float) -> Estimate:
    row: dict[str, Any] = {name: of_group[0] for name, of_group in limits.items()}
    return Estimate(
        float(row["value"]),
        float(row["low"]),
        float(row["high"]),
        float(row["standard_error"]),
        int(row["customers"]),
        len(sums.portfolio.names),
        confidence,
        row["method"],
        float(row["n"]),
        row["kind"],
        sums.portfolio.shocks,
    )


def _quotient(sums: FloatArray) -> FloatArray:
    top, bottom = sums
    quotient: FloatArray = np.where(bottom != 0, top / np.where(bottom != 0, bottom, 1.0), math.nan)
    return quotient


def _first(sums: FloatArray) -> FloatArray:
    first: FloatArray = sums[0]
    return first


def group_numbers(
    rows: pd.DataFrame, by: Sequence[str]
) -> tuple[pd.DataFrame, tuple[IntArray, int]]:
    """Return the groups that there are, and the number of each row's; -1 for none."""
    number = np.zeros(len(rows), np.int64)
    is_missing = np.zeros(len(rows), np.bool_)
    levels: list[tuple[str, Any]] = []
    for column in by:
        if column not in rows:
            raise ValueError(f"the rows have no column {column!r}")
        of_column = pd.Categorical(rows[column])
        codes = of_column.codes.astype(np.int64)
        is_missing |= codes < 0
        number = number * max(len(of_column.categories), 1) + codes
        levels.append((column, of_column))
    number[is_missing] = -1
    present, number[~is_missing] = _numbered_anew(number[~is_missing])
    columns: dict[str, Any] = {}
    rest = present
    for column, of_column in reversed(levels):
        width = max(len(of_column.categories), 1)
        values = of_column.categories.take(rest % width)
        if isinstance(rows[column].dtype, pd.CategoricalDtype):
            values = pd.Categorical(values, dtype=rows[column].dtype)
        columns[column] = values
        rest = rest // width
    keys = pd.DataFrame({column: columns[column] for column in by}, index=range(len(present)))
    return keys, (number, len(present))


def _numbered_anew(number: IntArray) -> tuple[IntArray, IntArray]:
    """Return the numbers that there are, sorted, and the place of each one among them."""
    if len(number) and number.max() <= len(number):
        is_there = np.bincount(number) > 0
        places = np.cumsum(is_there) - 1
        return np.flatnonzero(is_there), places[number]
    present, places = np.unique(number, return_inverse=True)
    return present, places
