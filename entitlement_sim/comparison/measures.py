"""What a comparison measures: each metric defined once, as sums over customers.

A share is the ratio of two sums, everything else a sum. The sums are those of the views to the last
hundredth (``tests/comparison/test_measures.py``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from ..telling import unknown

#: What the values of a metric are; differences of shares are percentage points.
Kind = Literal["share", "count", "terms", "hours", "money"]

#: When money counts: booked where it is agreed, billed where it is asked for, recognised as it is
#: earned, spent where work is done, lapsed with the end of what was not used, and agreed for a year
#: on the last day.
Horizon = Literal["booked", "billed", "recognised", "spent", "lapsed", "on the last day"]


@dataclass(frozen=True)
class Metric:
    """One number of a run.

    Attributes
    ----------
    key : str
        As it is called in code.
    name : str
        As it is called in a table.
    kind : str
        "share", "count", "terms", "hours" or "money".
    numerator : str
        Column of :func:`~.by_customer.sums_by_customer`.
    denominator : str or None
        Of a share: the other column.
    base : str
        Of a share: of what.
    parts : int
        Of a sum, or of what a share is of: units of the column in one, such as 100 hundredths, or
        6000 sixtieths of one, in which the cost of a minute is whole.
    has_template : bool
        Whether it can be told apart by template.
    horizon : str or None
        Of money: when it counts; only what falls into the days of a run does.
    """

    key: str
    name: str
    kind: Kind
    numerator: str
    denominator: str | None = None
    base: str = ""
    parts: int = 1
    has_template: bool = True
    horizon: Horizon | None = None


def _money(key: str, name: str, horizon: Horizon, parts: int = 100) -> Metric:
    return Metric(key, name, "money", key, parts=parts, horizon=horizon)


def _share(
    key: str,
    name: str,
    numerator: str,
    denominator: str,
    base: str,
    *,
    parts: int = 1,
    has_template: bool = True,
) -> Metric:
    return Metric(key, name, "share", numerator, denominator, base, parts, has_template)


#: All metrics, in the order in which they are shown.
METRICS: Final = (
    _share("covered", "cases covered", "covered", "cases", "all cases", has_template=False),
    _share(
        "turned_away", "cases turned away", "turned_away", "cases", "all cases", has_template=False
    ),
    _share(
        "refused", "refused for want of terms", "used_up", "asked",
        "cases that asked a restricting contract for what it sells",
    ),
    _share("ran_dry", "expired with nothing left", "ran_dry", "expired", "contracts that expired"),
    _share("renewed", "renewed", "renewed", "due", "contracts due with their grace over"),
    _share("on_time", "renewed on time", "on_time", "due", "contracts due with their grace over"),
    _share(
        "renewed_value", "renewed by value", "renewed_value", "due_value",
        "annual value due with its grace over", parts=100,
    ),
    _share("service", "service level kept", "service_kept", "decided", "cases with a deadline"),
    _share(
        "stayed", "still there after a year", "paid_later", "paid", "customers of a year before",
        has_template=False,
    ),
    _share(
        "gross_retention", "gross retention of a year", "retained_value", "begin_value",
        "annual value of a year before", parts=100, has_template=False,
    ),
    _share(
        "net_retention", "net retention of a year", "end_value", "begin_value",
        "annual value of a year before", parts=100, has_template=False,
    ),
    _share(
        "unused_cases", "unused case terms", "unused_cases", "ended_cases",
        "terms of what expired", parts=100,
    ),
    _share(
        "unused_hours", "unused hours", "unused_hours", "ended_hours",
        "terms of what expired", parts=100,
    ),
    _money("bookings", "bookings", "booked"),
    _money("revenue", "recognised revenue", "recognised"),
    _money("overage", "overage billed", "billed"),
    _money("uncovered_revenue", "billed without cover", "billed", 6000),
    _money("cost_to_serve", "cost to serve", "spent", 6000),
    _money("margin", "margin", "recognised", 6000),
    _money("active_value", "annual value at the end", "on the last day"),
    _money("lapsed_value", "worth of what lapsed unused", "lapsed"),
    Metric("sold", "contracts sold", "count", "sold"),
    Metric("cases", "cases", "count", "cases", has_template=False),
    Metric("hours_worked", "hours worked", "hours", "minutes", parts=60, has_template=False),
    Metric("used_cases", "case terms used", "terms", "used_cases", parts=100),
    Metric("used_hours", "hours used", "terms", "used_hours", parts=100),
)  # fmt: skip

#: Keys of those that need to know what support costs.
OF_MONEY: Final = ("uncovered_revenue", "cost_to_serve", "margin")

#: Keys of those that are shown by segment and template, where there is room for a few.
HEADLINES: Final = (
    "turned_away", "refused", "renewed", "service", "bookings", "revenue", "margin",
)  # fmt: skip


def with_hours(metrics: Sequence[Metric]) -> list[Metric]:
    """Return metrics, and beside a margin the hours on which it hangs."""
    keys = {metric.key for metric in metrics}
    if "margin" in keys:
        keys.add("hours_worked")
    return [metric for metric in METRICS if metric.key in keys]


def columns_of(metrics: Sequence[Metric]) -> list[str]:
    """Return the columns of sums that metrics are made of, each once."""
    columns = [column for metric in metrics for column in (metric.numerator, metric.denominator)]
    return list(dict.fromkeys(column for column in columns if column is not None))


#: What all of them are made of.
COLUMNS: Final = columns_of(METRICS)


def metrics_named(keys: Sequence[str] | None) -> list[Metric]:
    """Return metrics by their keys, in the order in which they are shown; all of them for None.

    Raises
    ------
    ValueError
        There is no such metric; the message has the nearest one.
    """
    known = [metric.key for metric in METRICS]
    for key in keys or ():
        if key not in known:
            raise ValueError(unknown("metric", key, known))
    return [metric for metric in METRICS if keys is None or metric.key in keys]
