"""What the money of a comparison hangs on: whether costs are known, and how many leave."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ..store.run import Run
from ..telling import limits, listed, money, number, percent, rounded, short_money
from .measures import METRICS, OF_MONEY, Metric

if TYPE_CHECKING:
    import pandas as pd

#: Units of a column of margins in one of the currency.
_PARTS: Final = {metric.key: metric.parts for metric in METRICS}["margin"]


def knows_costs(run: Run) -> bool:
    """Whether it is known of a run what support costs."""
    [(is_known,)] = run._execute("SELECT hour_costs IS NOT NULL FROM money_parameters").fetchall()
    return bool(is_known)


def without_money(metrics: Sequence[Metric]) -> list[Metric]:
    """Return those of the metrics that do not need to know what support costs."""
    return [metric for metric in metrics if metric.key not in OF_MONEY]


def unknown_costs_in_words(names: Sequence[str]) -> str:
    """Say of which runs it is not known what support costs; nothing where it is of all."""
    if not names:
        return ""
    return (
        f"What support costs is not known of {listed(names, most=3)} (no money in the scenario), "
        "so money is bookings and recognised revenue alone, and no margin is compared."
    )


@dataclass(frozen=True)
class Leaving:
    """How many customers may leave until a margin is what it was.

    Attributes
    ----------
    customers, low, high : float
        Below 0 where they would have to stay; limits are those of the difference.
    staying : int
        Customers who stay.
    each : float
        Mean margin of one of them.
    """

    customers: float
    low: float
    high: float
    staying: int
    each: float


def leaving(row: Any, other: "pd.DataFrame") -> Leaving | None:
    """Return how many customers may leave until a margin is what it was; None where none moved.

    Parameters
    ----------
    row : named tuple
        The row ``margin`` of what moved.
    other : DataFrame
        Sums of the other run by customer, as :func:`~.by_customer.sums_by_customer` returns them.

    Notes
    -----
    The difference in margin over the mean margin of a customer who stays: who has a paid contract
    that is active on the last day of the other run. Where that is none, nobody's leaving makes up.
    """
    by_customer = other.groupby("customer_id")[["active_value", "margin"]].sum()
    stay = by_customer[by_customer["active_value"] > 0]
    if stay.empty or not row.difference:
        return None
    each = float(stay["margin"].sum()) / len(stay) / _PARTS
    if each <= 0:
        return None
    return Leaving(row.difference / each, row.low / each, row.high / each, len(stay), each)


def break_even_leaving(row: Any, other: "pd.DataFrame", currency: str | None) -> str:
    """Say how many customers may leave until a margin is what it was; nothing where none moved.

    Parameters
    ----------
    row, other
        As :func:`leaving` takes them.
    currency : str or None
    """
    found = leaving(row, other)
    if found is None:
        return ""
    count = abs(found.customers)
    low, high = np.sort(np.array([found.low, found.high]) * math.copysign(1, found.customers))
    between = "" if math.isnan(low) else f" ({limits(low, high, rounded)})"
    is_one = rounded(count) == "1"
    many = f"about {rounded(count)} more customer{'' if is_one else 's'}"
    moved = (
        f"the gain in margin is gone once {many} leave{'s' if is_one else ''}{between}"
        if row.difference > 0
        else f"{many}{between} would have to stay to make up for the loss in margin"
    )
    return (
        f"Break-even leaving: {moved}, {percent(count / found.staying)} of the "
        f"{number(found.staying)} who stay, each of whom brings a margin of "
        f"{money(found.each, currency)} over the run."
    )


def break_even_share(row: Any, currency: str | None) -> str:
    """Say what share of customers could leave before nothing is left of a gain, without a margin.

    Parameters
    ----------
    row : named tuple
        Of recognised revenue or bookings, as the rows of a comparison have them.
    currency : str or None

    Notes
    -----
    The difference over what the other run has in all.
    """
    if not row.second > 0 or row.difference == 0:
        return ""
    share = row.difference / row.second
    size = short_money(abs(row.difference), currency)
    moved = (
        f"what it gains ({size}) is gone once {percent(min(share, 1.0))} of the customers "
        f"leave{_limits_of(row)}"
        if share > 0
        else f"what it loses ({size}) is made good by {percent(-share)} more "
        f"customers{_limits_of(row)}"
    )
    return f"Break-even share of {row.name}: {moved}, each with as much as the average one brings."


def _limits_of(row: Any) -> str:
    if math.isnan(row.low):
        return ""
    if row.low * row.high <= 0:
        return " (which cannot be told from none)"
    low, high = sorted(abs(limit / row.second) for limit in (row.low, row.high))
    return f" ({percent(low)} to {percent(high)})"
