"""When prices become revenue, what is owed until then, and when the rest is expected."""

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ..store.run import Run
from ..store.views import expanded
from ..telling import (
    in_currency,
    listed,
    month,
    percent,
    short_money,
    signed_short_money,
    unknown,
)
from .base import currency_of
from .beneath import panel_beneath
from .canvas import canvas, caption, label_ends, month_axis, nothing, period, value_axis
from .dates import Day
from .documentation import drawn_from
from .source import Source, rows
from .style import BLUE, GREY, INK, ORANGE, PURPLE, RED

#: The methods of recognising revenue in words, by their columns in the views.
METHODS: Final = {
    "proportional_by_contract": "proportional by contract",
    "proportional_by_portfolio": "proportional by portfolio",
    "remote": "remote",
    "stand_ready": "stand-ready",
}

_LOOKS = {
    "proportional_by_contract": (BLUE, "-"),
    "proportional_by_portfolio": (RED, (0, (6, 2, 1, 2))),
    "remote": (ORANGE, (0, (6, 2))),
    "stand_ready": (PURPLE, (0, (1, 1.2))),
}

_REVENUE = """
SELECT month::DATE AS month, method, sum(revenue)::DOUBLE AS revenue,
       sum(closing)::DOUBLE AS closing, bool_or(is_first_supported) AS is_caught_up
FROM shown GROUP BY ALL ORDER BY month, method
"""

#: Whether anything has a price, of contracts and of top-ups; money of millions of entitlements that
#: have none takes gigabytes to come to nothing.
_PRICED: Final = (
    """(
    SELECT template FROM entitlements JOIN templates USING (template_id)
    WHERE entitlements.price > 0
    )""",
    """(
    SELECT template
    FROM (SELECT entitlement_id FROM balances WHERE is_top_up(kind) AND price > 0)
    JOIN entitlements USING (entitlement_id) JOIN templates USING (template_id)
    )""",
)

#: Half a month, which alone stands in the middle of its axis.
HALF_A_MONTH: Final = pd.Timedelta(days=15)
#: Width of a month's bar, in days.
BAR_OF_MONTH: Final = 22.0


@drawn_from("view ``contract_liability``", "the month of the revenue")
def revenue_by_month(
    run: Source,
    *,
    template: str | None = None,
    since: Day = None,
    until: Day = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw revenue to date by the methods of recognising breakage, and what is owed until then.

    The lines add revenue up over the months that are shown; the panel beneath them has the contract
    liability at the close of each month, which is as much higher as revenue came later. Both
    readings of the proportional method are shown, by contract and by portfolio; how far they are
    apart is told below the title.
    """
    columns = ("month", "method", "revenue", "closing", "is_first_supported")
    is_priced = _is_priced(run, template)
    flows = pd.DataFrame() if not is_priced else rows(
        run, "contract_liability", columns, _REVENUE, dated="month", since=since, until=until,
        template=template,
    )  # fmt: skip
    with canvas(ax, width=8.6, height=5.6, narrow_height=5.0) as ax:
        if flows.empty:
            why = "no entitlement with a price has come into force."
            return nothing(ax, "Revenue by month", why, since=since, until=until)
        revenue, owed = (
            flows.pivot(index="month", columns="method", values=column)
            .reindex(columns=list(METHODS))
            .fillna(0.0)
            for column in ("revenue", "closing")
        )
        currency = currency_of(run)
        panel = panel_beneath(ax)
        _draw_methods(ax, revenue.cumsum())
        _draw_methods(panel, owed)
        ax.set_ylabel(in_currency("revenue to date", currency))
        panel.set_ylabel(in_currency("owed at the close", currency))
        month_axis_of(panel, revenue.index)
        caught_up = flows.loc[flows["is_caught_up"], "month"].drop_duplicates()
        finding, shown, *details = _tell_revenue(
            revenue, owed, f"{template}: " if template else "", currency
        )
        caption(
            ax, finding, shown + _catching_up(caught_up), *details, since=since, until=until
        )  # fmt: skip
    return ax


def _is_priced(run: Source, template: str | None) -> bool:
    """Whether money can have come in; of a frame its rows say so."""
    if not isinstance(run, Run):
        return True
    count = "SELECT count(*) > 0 AS is_priced FROM (FROM shown LIMIT 1)"
    return any(
        rows(run, expanded(priced), ("template",), count, template=template)["is_priced"].iloc[0]
        for priced in _PRICED
    )


def _draw_methods(ax: Axes, months: pd.DataFrame) -> None:
    """Draw a line for each method; its name stands in its colour at the end."""
    ends, colours = [], []
    for method, name in METHODS.items():
        colour, dashes = _LOOKS[method]
        ax.plot(
            months.index, months[method], color=colour, ls=dashes, label=name,
            marker="o" if len(months) == 1 else "",
        )  # fmt: skip
        ends.append((months.index[-1], float(months[method].iloc[-1]), name))
        colours.append(colour)
    lowest, highest = float(months.min().min()), float(months.max().max())
    ax.set_ylim(min(0.0, lowest * 1.08), max(highest, 1) * 1.08)
    ax.grid(axis="y", visible=True)
    label_ends(ax, ends, colours)
    value_axis(ax)


def _tell_revenue(
    revenue: pd.DataFrame, owed: pd.DataFrame, subject: str, currency: str | None
) -> list[str]:
    """Return title, quiet line and details."""
    totals = {name: float(revenue[method].sum()) for method, name in METHODS.items()}
    last = {name: float(revenue[method].iloc[-1]) for method, name in METHODS.items()}
    at_end = {name: float(owed[method].iloc[-1]) for method, name in METHODS.items()}
    fast, slow = max(totals, key=totals.__getitem__), min(totals, key=totals.__getitem__)
    apart = totals[METHODS["proportional_by_portfolio"]]
    apart -= totals[METHODS["proportional_by_contract"]]
    first, until = revenue.index[0], revenue.index[-1]

    def written(amounts: dict[str, float]) -> str:
        return listed(
            [f"{name} {short_money(amount, currency)}" for name, amount in amounts.items()]
        )

    return [
        f"{subject}All methods come to {short_money(totals[fast], currency)}"
        if totals[fast] == totals[slow]
        else f"{subject}By {month(until)} {fast} has recognised "
        f"{short_money(totals[fast], currency)}, {slow} {short_money(totals[slow], currency)}",
        f"{period(first, until, month)}; by portfolio {signed_short_money(apart, currency)} "
        "against by contract; over ended entitlements all come to the same",
        f"To date {written(totals)}",
        f"In the last month {written(last)}",
        f"Owed at its close {written(at_end)}",
    ]


def _catching_up(months: "pd.Series[pd.Timestamp]") -> str:
    """Name the months in which contracts are caught up with a first estimate."""
    if not len(months):
        return ""
    return (
        "; both proportional methods catch up with a first estimate of breakage in "
        f"{listed([month(when) for when in months], most=4)}"
    )


_LIABILITY = """
SELECT month::DATE AS month, sum(opening)::DOUBLE AS opening, sum(billed)::DOUBLE AS billed,
       sum(revenue)::DOUBLE AS revenue, sum(refunded + remitted)::DOUBLE AS given_back,
       sum(closing)::DOUBLE AS closing
FROM shown WHERE method = $method GROUP BY ALL ORDER BY month
"""

_METHOD = ("str", f"How revenue is recognised: {listed(list(METHODS))}.")


@drawn_from(
    "view ``contract_liability``", "the month of the flows", unknown="method", method=_METHOD
)
def contract_liability(
    run: Source,
    *,
    template: str | None = None,
    method: str = "proportional_by_contract",
    since: Day = None,
    until: Day = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw what is owed to customers who have paid, and what moves it from month to month.

    What is billed stands above the axis, revenue and refunds below it, and the line is what is
    owed at the close of each month (ASC 606-10-50-8 to 10).
    """
    columns = ("month", "method", "opening", "billed", "revenue", "refunded", "remitted", "closing")
    picked, is_priced = {"method": _checked(method)}, _is_priced(run, template)
    months = pd.DataFrame() if not is_priced else rows(
        run, "contract_liability", columns, _LIABILITY, picked,
        dated="month", since=since, until=until, template=template,
    )  # fmt: skip
    with canvas(ax, width=8.6) as ax:
        if months.empty:
            why = "no entitlement has been billed."
            return nothing(ax, "Contract liability", why, since=since, until=until)
        at = months["month"]
        below = -months["revenue"].clip(lower=0)
        ax.bar(
            at, months["billed"] - months["revenue"].clip(upper=0), BAR_OF_MONTH, color=BLUE, lw=0
        )
        ax.bar(at, below, BAR_OF_MONTH, color=ORANGE, lw=0)
        ax.bar(at, -months["given_back"], BAR_OF_MONTH, bottom=below, color=RED, hatch="////", lw=0)
        ax.plot(at, months["closing"], color=INK, lw=1.8)
        ax.axhline(0, color=INK, lw=0.8)
        ax.set_ylim(*_apart(ax.get_ylim()))
        last = at.iloc[-1] + HALF_A_MONTH
        ends = [
            (last, float(months["closing"].iloc[-1]), "owed"),
            (last, float(months["billed"].iloc[-1]) / 2, "billed"),
            (last, float(below.iloc[-1]) / 2, "revenue"),
        ]
        colours = [INK, BLUE, ORANGE]
        if months["given_back"].any():
            colours.append(RED)
            ends.append((last, float((below - months["given_back"]).iloc[-1]), "refunded"))
        label_ends(ax, ends, colours)
        month_axis_of(ax, months["month"])
        currency = currency_of(run)
        ax.set_ylabel(in_currency("value at the close, and flows of the month", currency))
        value_axis(ax)
        subject = f"{template}: " if template else ""
        texts = _tell_liability(months, subject, METHODS[method], currency)
        caption(ax, *texts, since=since, until=until)
    return ax


def _tell_liability(
    months: pd.DataFrame, subject: str, method: str, currency: str | None
) -> list[str]:
    """Return title, quiet line and details."""
    first, last = months.iloc[0], months.iloc[-1]
    back = float(months["given_back"].sum())
    highest = months.sort_values("closing", kind="stable").iloc[-1]
    refunds = f", {short_money(back, currency)} refunded" if back else ""
    return [
        f"{subject}At the end of {month(last['month'])} {short_money(last['closing'], currency)} "
        "is paid for and still owed",
        f"{period(first['month'], last['month'], month)}, {method}: "
        f"{short_money(first['opening'], currency)} at the beginning, "
        f"{short_money(months['billed'].sum(), currency)} billed, "
        f"{short_money(months['revenue'].sum(), currency)} recognised{refunds}",
        f"The most was owed at the end of {month(highest['month'])}: "
        f"{short_money(highest['closing'], currency)}",
    ]


_OBLIGATION = """
SELECT month::DATE AS month, sum(amount)::DOUBLE AS amount,
       coalesce(sum(amount) FILTER (is_within_a_year), 0)::DOUBLE AS within_a_year
FROM shown WHERE method = $method GROUP BY ALL ORDER BY month
"""


@drawn_from("view ``remaining_obligation``", unknown="method", method=_METHOD)
def remaining_obligation(
    run: Source,
    *,
    template: str | None = None,
    method: str = "proportional_by_contract",
    ax: Axes | None = None,
) -> Axes:
    """Draw when what is paid for and still owed is expected to become revenue.

    By month, what comes within twelve months apart from the rest (ASC 606-10-50-13).
    """
    columns = ("month", "method", "amount", "is_within_a_year")
    months = rows(
        run, "remaining_obligation", columns, _OBLIGATION, {"method": _checked(method)},
        template=template,
    )  # fmt: skip
    months = months[months["amount"][::-1].ne(0).cummax()[::-1]]
    with canvas(ax, width=8.6) as ax:
        if months.empty:
            return nothing(ax, "Remaining obligation", "nothing billed is still to be served.")
        at = months["month"]
        soon, later = months["within_a_year"], months["amount"] - months["within_a_year"]
        ax.bar(at, soon, BAR_OF_MONTH, color=BLUE, lw=0, label="within twelve months")
        ax.bar(at, later, BAR_OF_MONTH, bottom=soon, color=GREY, hatch="////", lw=0, label="later")
        ax.set_ylim(0, float(months["amount"].max()) * 1.08)
        if later.any():
            ax.legend(loc="upper right")
        month_axis_of(ax, at)
        currency = currency_of(run)
        ax.set_ylabel(in_currency("expected revenue of the month", currency))
        value_axis(ax)
        total, within = float(months["amount"].sum()), float(soon.sum())
        subject = f"{template}: " if template else ""
        half = at.iloc[int(np.searchsorted(months["amount"].cumsum(), total / 2))]
        caption(
            ax,
            f"{subject}Of {short_money(total, currency)} still to become revenue, "
            f"{percent(within, total)} is expected within a year",
            f"{period(at.iloc[0], at.iloc[-1], month)}, {METHODS[method]}; what a contract has "
            "left is expected evenly over its days to come",
            f"Half of it is expected by the end of {month(half)}",
        )
    return ax


def _checked(method: str) -> str:
    if method not in METHODS:
        raise ValueError(unknown("method", method, sorted(METHODS)))
    return method


def month_axis_of(ax: Axes, months: Iterable[Any]) -> None:
    """Label months along the axis; a single one stands in its middle."""
    first, *others = months
    month_axis(ax, [first, *others])
    if not others:
        ax.set_xlim(first - HALF_A_MONTH, first + HALF_A_MONTH)


def _apart(limits: tuple[float, float]) -> tuple[float, float]:
    low, high = limits
    return (low, high) if high > low else (-1.0, 1.0)
