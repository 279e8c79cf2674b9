"""What the money of a comparison hangs on: whether costs are known, and how many leave."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ..store.run import Run
from ..telling import limits, listed, money, number, percent, rounded
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


def break_even(row: Any, other: "pd.DataFrame", currency: str | None) -> str:
    """Say how many customers may leave until a margin is what it was; nothing where none moved.

    Parameters
    ----------
    row : named tuple
        The row ``margin`` of what moved.
    other : DataFrame
        Sums of the other run by customer, as :func:`~.by_customer.sums_by_customer` returns them.
    currency : str or None

    Notes
    -----
    The difference in margin over the mean margin of a customer who stays: who has a paid contract
    that is active on the last day of the other run.
    """
    by_customer = other.groupby("customer_id")[["active_value", "margin"]].sum()
    stay = by_customer[by_customer["active_value"] > 0]
    if stay.empty or not row.difference:
        return ""
    each = float(stay["margin"].sum()) / len(stay) / _PARTS
    if each <= 0:
        return ""
    count = abs(row.difference) / each
    bounds = np.array([row.low, row.high]) / each * math.copysign(1, row.difference)
    low, high = np.sort(bounds)
    between = "" if math.isnan(low) else f" ({limits(low, high, rounded)})"
    verb = "leave before the gain is gone" if row.difference > 0 else "stay to make up for it"
    return (
        f"About {rounded(count)}{between} more customers would have to {verb}: "
        f"{percent(count / len(stay))} of the {number(len(stay))} who stay, each of whom brings a "
        f"margin of {money(each, currency)} over the run."
    )
