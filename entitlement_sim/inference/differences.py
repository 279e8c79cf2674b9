"""Differences between two sets of rows: of the same customers, or of others."""

import math
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ..metrics.intervals import upper_tail_from
from .clustered import ROUNDING, FloatArray, Sums, portfolio_for, sums_by_customer, t_quantiles
from .estimates import Estimate, Kind, Method
from .portfolio import Portfolio
from .ratios import ratio_influence, ratio_of, share_that_hides, total_of
from .resampling import FEW, resampled


def difference(
    first_rows: pd.DataFrame,
    second_rows: pd.DataFrame,
    numerator: str,
    denominator: str | None = None,
    *,
    portfolio: Portfolio | tuple[Portfolio, Portfolio] | None = None,
    paired: bool,
    customer: str = "customer_id",
    frequency: str | None = None,
    confidence: float = 0.95,
) -> Estimate:
    """Return what the second rows come to, less what the first do.

    Of the same customers (`paired`): linearised over what each customer adds to the difference, or
    by bootstrap of customers where fewer than 100 moved. Of others: by the limits of both, squared
    and added (Zou and Donner, Statistics in Medicine 27 (2008)).

    Parameters
    ----------
    first_rows, second_rows : DataFrame
    numerator : str
        Column of numbers or booleans; without a `denominator`, of which totals are compared.
    denominator : str, optional
    portfolio : Portfolio or tuple of two, optional
        The customers of both, or of each; without one, those with rows.
    paired : bool
        Whether a customer of the first rows is the same person in the second.
    customer : str, default "customer_id"
    frequency : str, optional
        See :func:`ratio`; where `paired`, who stands for others does so on both sides.
    confidence : float, default 0.95

    Returns
    -------
    Estimate
        Its `gain` is the variance that it would have unpaired, over its own: 1 where it is not
        paired. `n` is the sum of both denominators. Without limits where one side has none; where
        no paired customer moved, only shares have some (see :func:`ratio`).

    Raises
    ------
    ValueError
        See :func:`ratio`; or a customer is in another segment of the second portfolio.

    Examples
    --------
    >>> first = pd.DataFrame({"customer_id": [1, 2, 3], "hours": [4.0, 2.0, 9.0]})
    >>> second = pd.DataFrame({"customer_id": [1, 2, 3], "hours": [5.0, 2.5, 9.0]})
    >>> difference(first, second, "hours", paired=True).value
    1.5
    """
    columns = [numerator] if denominator is None else [numerator, denominator]
    first, second = _portfolios(portfolio, first_rows, second_rows, customer, paired=paired)
    before = sums_by_customer(first_rows, columns, first, customer, frequency=frequency)
    after = sums_by_customer(second_rows, columns, second, customer, frequency=frequency)
    return difference_of(before, after, paired=paired, confidence=confidence)


def difference_of(before: Sums, after: Sums, *, paired: bool, confidence: float) -> Estimate:
    """Return :func:`difference` of sums by customer, of the only group.

    Parameters
    ----------
    before, after : Sums
        Of one column, which are totals, or of two, whose ratio it is; where they are paired, of one
        and the same portfolio.
    paired : bool
    confidence : float
    """
    of = total_of if len(before.columns) == 1 else ratio_of
    estimates = of(before, confidence), of(after, confidence)
    if paired:
        return _paired(before, after, estimates, confidence)
    return independent_difference(*estimates)


def _portfolios(
    portfolio: Portfolio | tuple[Portfolio, Portfolio] | None,
    first_rows: pd.DataFrame,
    second_rows: pd.DataFrame,
    customer: str,
    *,
    paired: bool,
) -> tuple[Portfolio, Portfolio]:
    if portfolio is None:
        if not paired:
            return portfolio_for([first_rows], customer), portfolio_for([second_rows], customer)
        portfolio = portfolio_for([first_rows, second_rows], customer)
    if isinstance(portfolio, Portfolio):
        return portfolio, portfolio
    if not paired:
        return portfolio
    both = portfolio[0].joined_with(portfolio[1])
    return both, both


def independent_difference(before: Estimate, after: Estimate) -> Estimate:
    """Return the difference between estimates of other customers, from the limits of both.

    Zou and Donner, Statistics in Medicine 27 (2008). Its confidence is that of the first.
    """
    value = after.value - before.value
    low = value - math.hypot(after.value - after.low, before.high - before.value)
    high = value + math.hypot(after.high - after.value, before.value - before.low)
    error = math.hypot(before.standard_error, after.standard_error)
    method: Method = "bootstrap" if "bootstrap" in (before.method, after.method) else "linearised"
    customers = before.customers + after.customers
    limits = _Limits(value, low, high, error, method, 1.0, customers)
    return _estimate((before, after), limits, before.confidence)


class _Limits(NamedTuple):
    value: float
    low: float
    high: float
    error: float
    method: Method
    gain: float
    customers: int


def _paired(
    before: Sums, after: Sums, estimates: tuple[Estimate, Estimate], confidence: float
) -> Estimate:
    upper = upper_tail_from(confidence)
    value = estimates[1].value - estimates[0].value
    both = _side_by_side(before, after)
    influence = _joined_influence(before, after, both)
    variance, degrees = both.variance(influence)
    error = math.sqrt(variance[0])
    half = float(t_quantiles(upper, degrees)[0]) * error
    low, high = value - half, value + half
    method: Method = "linearised"
    width = len(before.columns)
    moved = (both.columns[:width] != both.columns[width:]).any(0)
    customers = int(both.customers[0])
    least = customers if width == 1 else min(estimate.customers for estimate in estimates)
    if least < 2:
        low = high = error = math.nan
    elif not error > ROUNDING * max(abs(estimate.value) for estimate in estimates):
        is_share = all(estimate.kind == "share" for estimate in estimates)
        bound = share_that_hides(both, both.columns[width - 1], upper)[0]
        low, high = (value - bound, value + bound) if is_share else (math.nan, math.nan)
    elif both.frequency[moved].sum() < FEW:
        method = "bootstrap"
        drawn = both.one_by_one(moved)
        low, high, error = resampled(
            both.portfolio,
            both.place[drawn],
            both.columns[:, drawn],
            _difference_of_quotients if width == 2 else _difference_of_totals,
            influence[drawn],
            upper,
            beside=(both.columns * both.frequency)[:, ~moved].sum(1),
        )
    unpaired = sum(estimate.standard_error**2 for estimate in estimates)
    gain = unpaired / error**2 if error > 0 else math.nan
    limits = _Limits(value, low, high, error, method, gain, customers)
    return _estimate(estimates, limits, confidence)


def _side_by_side(before: Sums, after: Sums) -> Sums:
    """Return the columns of both for each customer that has any, 0 where it has none."""
    has_any = np.zeros(len(before.portfolio.customers), np.bool_)
    has_any[before.place] = has_any[after.place] = True
    place = np.flatnonzero(has_any)
    among = np.cumsum(has_any) - 1
    width = len(before.columns)
    columns = np.zeros((2 * width, len(place)))
    columns[:width, among[before.place]] = before.columns
    columns[width:, among[after.place]] = after.columns
    frequency = np.zeros_like(place)
    for sums in (before, after):
        frequency[among[sums.place]] = sums.frequency
    return Sums(before.portfolio, 1, np.zeros_like(place), place, columns, frequency)


def _joined_influence(before: Sums, after: Sums, both: Sums) -> FloatArray:
    influence = np.zeros(len(both.place))
    for sums, sign in ((before, -1.0), (after, 1.0)):
        own = ratio_influence(sums)[1] if len(sums.columns) == 2 else sums.columns[0]
        influence[np.searchsorted(both.place, sums.place)] += sign * own
    return influence


def _difference_of_quotients(sums: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        moved: FloatArray = sums[2] / sums[3] - sums[0] / sums[1]
    return moved


def _difference_of_totals(sums: FloatArray) -> FloatArray:
    moved: FloatArray = sums[1] - sums[0]
    return moved


def _estimate(estimates: tuple[Estimate, Estimate], limits: _Limits, confidence: float) -> Estimate:
    before, after = estimates
    kind: Kind = "amount"
    if before.kind == after.kind == "share":
        kind = "difference of shares"
    shocks: dict[str, Any] = dict.fromkeys([*before.shocks, *after.shocks])
    return Estimate(
        limits.value,
        limits.low,
        limits.high,
        limits.error,
        limits.customers,
        max(before.strata, after.strata),
        confidence,
        limits.method,
        before.n + after.n,
        kind,
        tuple(shocks),
        limits.gain,
    )
