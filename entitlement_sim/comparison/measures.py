"""What a comparison measures: each metric defined once, as sums over customers.

A share is the ratio of two sums, everything else a sum. The sums are those of the views to the last
hundredth (``tests/comparison/test_measures.py``), asked in one query.
"""

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Final, Literal

from ..store.run import Run
from ..store.views import expanded

if TYPE_CHECKING:
    import pandas as pd

#: What the values of a metric are; differences of shares are percentage points.
Kind = Literal["share", "count", "terms", "hours", "money"]


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
        Column of :func:`sums_by_customer`.
    denominator : str or None
        Of a share: the other column.
    base : str
        Of a share: of what.
    parts : int
        Of a sum, or of what a share is of: units of the column in one, such as 100 hundredths.
    has_template : bool
        Whether it can be told apart by template.
    """

    key: str
    name: str
    kind: Kind
    numerator: str
    denominator: str | None = None
    base: str = ""
    parts: int = 1
    has_template: bool = True


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
    Metric("bookings", "bookings", "money", "bookings", parts=100),
    Metric("revenue", "recognised revenue", "money", "revenue", parts=100),
    Metric("active_value", "annual value at the end", "money", "active_value", parts=100),
    Metric("lapsed_value", "worth of what lapsed unused", "money", "lapsed_value", parts=100),
    Metric("sold", "contracts sold", "count", "sold"),
    Metric("cases", "cases", "count", "cases", has_template=False),
    Metric("hours_worked", "hours worked", "hours", "minutes", parts=60, has_template=False),
    Metric("used_cases", "case terms used", "terms", "used_cases", parts=100),
    Metric("used_hours", "hours used", "terms", "used_hours", parts=100),
)  # fmt: skip

#: Keys of those that are shown by segment and template, where there is room for a few.
HEADLINES: Final = (
    "turned_away", "refused", "renewed", "service", "bookings", "revenue",
)  # fmt: skip


def sums_by_customer(run: Run) -> "pd.DataFrame":
    """Return what each customer adds to every metric, by template.

    Parameters
    ----------
    run : Run

    Returns
    -------
    DataFrame
        A row for each customer and template, with NaN as the template of what concerns none; who
        added nothing has no row. Columns `customer_id`, `segment` and `template` (categories, in
        the scenario's order), and the columns of :data:`METRICS` as whole numbers: counts, minutes,
        hundredths of a term or of money.

    Raises
    ------
    DamagedRun
        A part of the run's file is not as it was written.

    Examples
    --------
    >>> from entitlement_sim import Scenario, simulate
    >>> scenario = Scenario.load("reference", overrides=["segments.everyone.customers=20"])
    >>> sums = sums_by_customer(simulate(scenario, seed=7))
    >>> int(sums["cases"].sum())
    711
    """
    import pandas as pd

    sums = run.sql(_query())
    templates = run.connection.sql("SELECT template FROM templates ORDER BY template_id").fetchall()
    names = pd.CategoricalDtype([name for (name,) in templates])
    return sums.astype({"template": names})


@cache
def _query() -> str:
    query = resources.files(__package__ or "").joinpath("by_customer.sql")
    return expanded(query.read_text(encoding="utf-8"))
