"""Retention of customers: the bridge of a year, and the rates over time."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from ..telling import counted, customers_of, iso_month, month, percent, short
from .canvas import (
    canvas,
    caption,
    label_ends,
    month_axis,
    nothing,
    percent_axis,
    shade_immature,
    value_axis,
)
from .documentation import drawn_from
from .source import Source, records, rows
from .style import BLUE, GREY, PURPLE, RED
from .waterfall import Step, draw_waterfall

_COLUMNS = (
    "month", "window_months", "basis", "n", "begin_value", "churned_value", "contraction_value",
    "expansion_value", "end_value", "retained_value", "grr", "nrr", "retained_customers",
    "logo_retention", "is_mature", "base",
)  # fmt: skip

_RETENTION = """
SELECT month::DATE AS month, n, begin_value::DOUBLE AS begin_value,
       churned_value::DOUBLE AS churned_value, contraction_value::DOUBLE AS contraction_value,
       expansion_value::DOUBLE AS expansion_value, end_value::DOUBLE AS end_value,
       retained_value::DOUBLE AS retained_value, grr, nrr, retained_customers, logo_retention,
       is_mature, base
FROM shown WHERE basis = $basis AND window_months = $window_months AND begin_value > 0
ORDER BY month
"""

_STEPS = ("beginning", "churned", "contracted", "retained", "expanded", "end")

_BASES = ("restated", "as first reported")

#: Parameters of both charts.
_BASIS_AND_WINDOW = {
    "basis": (
        '{"restated", "as first reported"}',
        "Whether renewals that were booked after a month's end count in it.",
    ),
    "window_months": ("int, default 12", "Months between beginning and end: 12 or 1."),
}


def _retention(run: Source, basis: str, window_months: int) -> pd.DataFrame:
    if basis not in _BASES:
        raise ValueError(f"basis must be '{_BASES[0]}' or '{_BASES[1]}', not '{basis}'")
    params = {"basis": basis, "window_months": window_months}
    return rows(run, "retention", _COLUMNS, _RETENTION, params)


@drawn_from(
    "view ``retention``",
    unknown="basis or month",
    month_end=(
        "str, optional",
        'Month at whose end is measured, such as ``"2025-09"``; by default the last mature one.',
    ),
    **_BASIS_AND_WINDOW,
)
def retention_bridge(
    run: Source,
    *,
    month_end: str | None = None,
    basis: str = "restated",
    window_months: int = 12,
    ax: Axes | None = None,
) -> Axes:
    """Draw how the annual value of a cohort of customers became what it is a year later."""
    months = _retention(run, basis, window_months)
    with canvas(ax) as ax:
        if months.empty:
            return nothing(
                ax,
                "Gross and net retention",
                _no_customers(window_months),
            )
        year = _month_of(months, month_end)
        steps = [
            Step("at the\nbeginning", year.begin_value, "total"),
            Step("churned", -year.churned_value),
            Step("contracted", -year.contraction_value),
            Step(f"retained\nGRR {percent(year.grr)}", year.retained_value, "total"),
            Step("expanded", year.expansion_value),
            Step(f"at the end\nNRR {percent(year.nrr)}", year.end_value, "total"),
        ]
        draw_waterfall(ax, steps)
        ax.set_ylabel("annual value")
        value_axis(ax)
        caption(
            ax,
            f"A year on, customers pay {_how_much(year.nrr)}: GRR {percent(year.grr)}, "
            f"NRR {percent(year.nrr)}"
            if window_months == 12
            else f"GRR {percent(year.grr)}, NRR {percent(year.nrr)} over "
            f"{counted(window_months, 'month')}",
            f"The {customers_of(year.base, int(year.n))} of "
            f"{month(year.month - pd.DateOffset(months=window_months))} at the end of "
            f"{month(year.month)}, {basis}" + ("" if year.is_mature else ", not yet mature"),
            "Annual value: "
            + ", ".join(
                f"{name} {short(step.amount)}" for name, step in zip(_STEPS, steps, strict=True)
            ),
            f"{customers_of(year.base, year.retained_customers)} "
            f"({percent(year.logo_retention)}) stayed",
        )
    return ax


def _no_customers(window_months: int) -> str:
    window = counted(window_months, "month")
    return f"the run has no customers with a price that were there {window} before a month's end."


def _how_much(nrr: float) -> str:
    if nrr == 1:
        return "the same"
    return f"{percent(abs(1 - nrr))} {'more' if nrr > 1 else 'less'}"


def _month_of(months: pd.DataFrame, month_end: str | None) -> Any:
    """Row of the month that is asked for, or of the last mature one."""
    if month_end is None:
        mature = months[months["is_mature"]]
        return records(mature if not mature.empty else months)[-1]
    asked = months[months["month"].map(iso_month) == month_end[:7]]
    if asked.empty:
        first, last = (iso_month(months["month"].iloc[place]) for place in (0, -1))
        raise ValueError(f"no retention for month {month_end}; there are {first} to {last}")
    return records(asked)[0]


@drawn_from(
    "view ``retention``",
    unknown="basis",
    **_BASIS_AND_WINDOW,
)
def retention_over_time(
    run: Source,
    *,
    basis: str = "restated",
    window_months: int = 12,
    ax: Axes | None = None,
) -> Axes:
    """Draw gross, net and customer retention by month.

    Months on grey are immature: a late renewal can still raise them.
    """
    months = _retention(run, basis, window_months)
    with canvas(ax) as ax:
        if months.empty:
            return nothing(
                ax,
                "Retention over time",
                _no_customers(window_months),
            )
        lines = (
            ("nrr", "NRR (net)", PURPLE, (0, (6, 2)), "s"),
            ("grr", "GRR (gross)", BLUE, "-", "o"),
            ("logo_retention", customers_of(months["base"].iloc[0]), RED, (0, (1, 1.2)), "^"),
        )
        ends = []
        for column, name, colour, dashes, marker in lines:
            ax.plot(
                months["month"], months[column], color=colour, ls=dashes, marker=marker,
                markevery=max(1, len(months) // 8), label=name,
            )  # fmt: skip
            end = months[column].iloc[-1]
            ends.append((months["month"].iloc[-1], float(end), f"{name} {percent(end)}"))
        half = pd.Timedelta(days=15)
        shade_immature(ax, months.loc[~months["is_mature"], "month"])
        ax.set_xlim(months["month"].iloc[0] - half, months["month"].iloc[-1] + half)
        ax.axhline(1, color=GREY, lw=1)
        low, high = ax.get_ylim()
        ax.set_ylim(max(0.0, low - 0.02), high + 0.02)
        label_ends(ax, ends)
        month_axis(ax, months["month"])
        ax.set_ylabel(f"of {counted(window_months, 'month')} before")
        percent_axis(ax)
        mature = months[months["is_mature"]]
        last = (mature if not mature.empty else months).iloc[-1]
        caption(
            ax,
            f"Gross retention is {percent(last['grr'])}, net {percent(last['nrr'])}; "
            f"{percent(last['logo_retention'])} of the {customers_of(last['base'])} stay",
            f"Over {counted(window_months, 'month')} to the end of each month, {basis}; the title "
            f"tells {month(last['month'])}"
            + ("; grey: immature" if len(mature) < len(months) else ""),
            _course(records(months)),
        )
    return ax


def _course(months: list[Any]) -> str:
    """Say where both rates went from the first month to the last."""
    if len(months) == 1:
        return ""
    first, last = months[0], months[-1]
    return (
        f"From {month(first.month)} to {month(last.month)} GRR went from {percent(first.grr)} to "
        f"{percent(last.grr)}, NRR from {percent(first.nrr)} to {percent(last.nrr)}"
    )
