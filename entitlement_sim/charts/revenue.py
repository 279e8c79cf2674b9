"""When prices become revenue, what is owed until then, and when the rest is expected."""

from typing import Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ..telling import listed, month, percent, short, signed_short, unknown
from .canvas import canvas, caption, label_ends, month_axis, nothing, period, value_axis
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
    "proportional_by_contract": (BLUE, "-", "o"),
    "proportional_by_portfolio": (RED, (0, (6, 2, 1, 2)), "D"),
    "remote": (ORANGE, (0, (6, 2)), "s"),
    "stand_ready": (PURPLE, (0, (1, 1.2)), "^"),
}

_REVENUE = """
SELECT month::DATE AS month, sum(proportional_by_contract)::DOUBLE AS proportional_by_contract,
       sum(proportional_by_portfolio)::DOUBLE AS proportional_by_portfolio,
       sum(remote)::DOUBLE AS remote, sum(stand_ready)::DOUBLE AS stand_ready,
       bool_or(is_first_supported) AS is_caught_up
FROM shown GROUP BY ALL ORDER BY month
"""

#: Half a month, which alone stands in the middle of its axis.
_HALF: Final = pd.Timedelta(days=15)
#: Width of a month's bar, in days.
_BAR: Final = 22.0


@drawn_from("view ``breakage_revenue``")
def revenue_by_month(run: Source, *, template: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw the revenue of each month by the methods of recognising breakage.

    Both readings of the proportional method are shown, by contract and by portfolio; how far they
    are apart is told below the title.
    """
    months = rows(run, "breakage_revenue", ("month", *METHODS), _REVENUE, template=template)
    with canvas(ax, width=8.6) as ax:
        if months.empty:
            return nothing(ax, "Revenue by month", "no entitlement has come into force.")
        ends = []
        for method, name in METHODS.items():
            colour, dashes, marker = _LOOKS[method]
            ax.plot(
                months["month"], months[method], color=colour, ls=dashes, marker=marker, ms=4,
                markevery=max(1, len(months) // 12), label=name,
            )  # fmt: skip
            ends.append((months["month"].iloc[-1], float(months[method].iloc[-1]), name))
        highest = float(months[list(METHODS)].max().max())
        ax.set_ylim(min(0.0, ax.get_ylim()[0]), max(highest, 1) * 1.08)
        label_ends(ax, ends)
        _month_axis(ax, months)
        ax.set_ylabel("revenue of the month")
        value_axis(ax)
        _tell_revenue(ax, months, f"{template}: " if template else "")
    return ax


def _tell_revenue(ax: Axes, months: pd.DataFrame, subject: str) -> None:
    totals = {name: float(months[method].sum()) for method, name in METHODS.items()}
    last = {name: float(months[method].iloc[-1]) for method, name in METHODS.items()}
    fast, slow = max(totals, key=totals.__getitem__), min(totals, key=totals.__getitem__)
    apart = totals[METHODS["proportional_by_portfolio"]]
    apart -= totals[METHODS["proportional_by_contract"]]
    until = months["month"].iloc[-1]
    caption(
        ax,
        f"{subject}All methods come to {short(totals[fast])}"
        if totals[fast] == totals[slow]
        else f"{subject}By {month(until)} {fast} has recognised {short(totals[fast])}, {slow} "
        f"{short(totals[slow])}",
        f"{period(months['month'].iloc[0], until, month)}; by portfolio {signed_short(apart)} "
        f"against by contract; over ended entitlements all come to the same{_catching_up(months)}",
        f"To date {listed([f'{name} {short(total)}' for name, total in totals.items()])}",
        f"In the last month {listed([f'{name} {short(total)}' for name, total in last.items()])}",
    )


def _catching_up(months: pd.DataFrame) -> str:
    """Name the months in which contracts are caught up with a first estimate."""
    caught_up = [month(when) for when in months.loc[months["is_caught_up"], "month"]]
    if not caught_up:
        return ""
    return (
        "; both proportional methods catch up with a first estimate of breakage in "
        f"{listed(caught_up, most=4)}"
    )


_LIABILITY = """
SELECT month::DATE AS month, sum(opening)::DOUBLE AS opening, sum(billed)::DOUBLE AS billed,
       sum(revenue)::DOUBLE AS revenue, sum(refunded + remitted)::DOUBLE AS given_back,
       sum(closing)::DOUBLE AS closing
FROM shown WHERE method = $method GROUP BY ALL ORDER BY month
"""

_METHOD = ("str", f"How revenue is recognised: {listed(list(METHODS))}.")


@drawn_from("view ``contract_liability``", unknown="method", method=_METHOD)
def contract_liability(
    run: Source,
    *,
    template: str | None = None,
    method: str = "proportional_by_contract",
    ax: Axes | None = None,
) -> Axes:
    """Draw what is owed to customers who have paid, and what moves it from month to month.

    What is billed stands above the axis, revenue and refunds below it, and the line is what is
    owed at the close of each month (ASC 606-10-50-8 to 10).
    """
    columns = ("month", "method", "opening", "billed", "revenue", "refunded", "remitted", "closing")
    months = rows(
        run, "contract_liability", columns, _LIABILITY, {"method": _checked(method)},
        template=template,
    )  # fmt: skip
    with canvas(ax, width=8.6) as ax:
        if months.empty:
            return nothing(ax, "Contract liability", "no entitlement has been billed.")
        at = months["month"]
        below = -months["revenue"].clip(lower=0)
        ax.bar(at, months["billed"] - months["revenue"].clip(upper=0), _BAR, color=BLUE, lw=0)
        ax.bar(at, below, _BAR, color=ORANGE, lw=0)
        ax.bar(at, -months["given_back"], _BAR, bottom=below, color=RED, hatch="////", lw=0)
        ax.plot(at, months["closing"], color=INK, lw=1.8)
        ax.axhline(0, color=INK, lw=0.8)
        ax.set_ylim(*_apart(ax.get_ylim()))
        last = at.iloc[-1] + _HALF
        ends = [
            (last, float(months["closing"].iloc[-1]), "owed"),
            (last, float(months["billed"].iloc[-1]) / 2, "billed"),
            (last, float(below.iloc[-1]) / 2, "revenue"),
        ]
        if months["given_back"].any():
            ends.append((last, float((below - months["given_back"]).iloc[-1]), "refunded"))
        label_ends(ax, ends)
        _month_axis(ax, months)
        ax.set_ylabel("value at the close, and flows of the month")
        value_axis(ax)
        _tell_liability(ax, months, f"{template}: " if template else "", METHODS[method])
    return ax


def _tell_liability(ax: Axes, months: pd.DataFrame, subject: str, method: str) -> None:
    first, last = months.iloc[0], months.iloc[-1]
    back = float(months["given_back"].sum())
    highest = months.sort_values("closing", kind="stable").iloc[-1]
    refunds = f", {short(back)} refunded" if back else ""
    caption(
        ax,
        f"{subject}At the end of {month(last['month'])} {short(last['closing'])} is paid for and "
        "still owed",
        f"{period(first['month'], last['month'], month)}, {method}: {short(first['opening'])} at "
        f"the beginning, {short(months['billed'].sum())} billed, "
        f"{short(months['revenue'].sum())} recognised{refunds}",
        f"The most was owed at the end of {month(highest['month'])}: {short(highest['closing'])}",
    )


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
        ax.bar(at, soon, _BAR, color=BLUE, lw=0, label="within twelve months")
        ax.bar(at, later, _BAR, bottom=soon, color=GREY, hatch="////", lw=0, label="later")
        ax.set_ylim(0, float(months["amount"].max()) * 1.08)
        if later.any():
            ax.legend(loc="upper right")
        _month_axis(ax, months)
        ax.set_ylabel("expected revenue of the month")
        value_axis(ax)
        total, within = float(months["amount"].sum()), float(soon.sum())
        subject = f"{template}: " if template else ""
        half = at.iloc[int(np.searchsorted(months["amount"].cumsum(), total / 2))]
        caption(
            ax,
            f"{subject}Of {short(total)} still to become revenue, {percent(within, total)} is "
            "expected within a year",
            f"{period(at.iloc[0], at.iloc[-1], month)}, {METHODS[method]}; what a contract has "
            "left is expected evenly over its days to come",
            f"Half of it is expected by the end of {month(half)}",
        )
    return ax


def _checked(method: str) -> str:
    if method not in METHODS:
        raise ValueError(unknown("method", method, sorted(METHODS)))
    return method


def _month_axis(ax: Axes, months: pd.DataFrame) -> None:
    month_axis(ax, months["month"])
    if len(months) == 1:
        only = months["month"].iloc[0]
        ax.set_xlim(only - _HALF, only + _HALF)


def _apart(limits: tuple[float, float]) -> tuple[float, float]:
    low, high = limits
    return (low, high) if high > low else (-1.0, 1.0)
