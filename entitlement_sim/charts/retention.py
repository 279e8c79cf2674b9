"""Retention of customers: the bridge of a year, and the rates over time."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes

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
from .source import Source, records, rows
from .style import BLUE, GREY, PURPLE, RED
from .waterfall import Step, draw_waterfall
from .words import month, number, percent, plural, short

_COLUMNS = (
    "month", "window_months", "basis", "n", "begin_value", "churned_value", "contraction_value",
    "expansion_value", "end_value", "retained_value", "grr", "nrr", "retained_customers",
    "logo_retention", "is_mature",
)  # fmt: skip

_RETENTION = """
SELECT month::DATE AS month, n, begin_value::DOUBLE AS begin_value,
       churned_value::DOUBLE AS churned_value, contraction_value::DOUBLE AS contraction_value,
       expansion_value::DOUBLE AS expansion_value, end_value::DOUBLE AS end_value,
       retained_value::DOUBLE AS retained_value, grr, nrr, retained_customers, logo_retention,
       is_mature
FROM shown WHERE basis = $basis AND window_months = $window_months AND begin_value > 0
ORDER BY month
"""

_STEPS = ("beginning", "churned", "contracted", "retained", "expanded", "end")

_BASES = ("restated", "as first reported")


def _retention(run: Source, basis: str, window_months: int) -> pd.DataFrame:
    if basis not in _BASES:
        raise ValueError(f"basis must be '{_BASES[0]}' or '{_BASES[1]}', not '{basis}'")
    params = {"basis": basis, "window_months": window_months}
    return rows(run, "retention", _COLUMNS, _RETENTION, params)


def retention_bridge(
    run: Source,
    *,
    month_end: str | None = None,
    basis: str = "restated",
    window_months: int = 12,
    ax: Axes | None = None,
) -> Axes:
    """Draw how the annual value of a cohort of customers became what it is a year later.

    Parameters
    ----------
    run : Run or DataFrame
        A run, or a frame with the columns of the view ``retention``.
    month_end : str, optional
        Month at whose end is measured, such as ``"2025-09"``; by default the last mature one.
    basis : {"restated", "as first reported"}
    window_months : int, default 12
        Months between beginning and end: 12 or 1.
    ax : Axes, optional
        Where to draw; by default a new figure.

    Raises
    ------
    ValueError
        The frame lacks columns, or there is no such basis or month.
    """
    found = _retention(run, basis, window_months)
    with canvas(ax) as ax:
        if found.empty:
            return nothing(
                ax,
                "Gross and net retention",
                f"the run has no customers with a price that were there {window_months} months "
                "before a month's end.",
            )
        one = _month_of(found, month_end)
        steps = [
            Step("at the\nbeginning", one.begin_value, "total"),
            Step("churned", -one.churned_value),
            Step("contracted", -one.contraction_value),
            Step(f"retained\nGRR {percent(one.grr)}", one.retained_value, "total"),
            Step("expanded", one.expansion_value),
            Step(f"at the end\nNRR {percent(one.nrr)}", one.end_value, "total"),
        ]
        draw_waterfall(ax, steps)
        ax.set_ylabel("annual value")
        value_axis(ax)
        ahead = "more" if one.nrr > 1 else "less"
        caption(
            ax,
            f"A year on, customers pay {percent(abs(1 - one.nrr))} {ahead}: GRR "
            f"{percent(one.grr)}, NRR {percent(one.nrr)}"
            if window_months == 12
            else f"GRR {percent(one.grr)}, NRR {percent(one.nrr)} over "
            f"{plural(window_months, 'month')}",
            f"The {plural(int(one.n), 'customer')} of "
            f"{month(one.month - pd.DateOffset(months=window_months))} at the end of "
            f"{month(one.month)}, {basis}" + ("" if one.is_mature else ", not yet mature"),
            "Annual value: "
            + ", ".join(
                f"{name} {short(step.amount)}" for name, step in zip(_STEPS, steps, strict=True)
            ),
            f"{number(one.retained_customers)} customers ({percent(one.logo_retention)}) stayed",
        )
    return ax


def _month_of(found: pd.DataFrame, month_end: str | None) -> Any:
    """Row of the month that is asked for, or of the last mature one."""
    if month_end is None:
        mature = found[found["is_mature"]]
        return records(mature if not mature.empty else found)[-1]
    asked = found[found["month"].dt.strftime("%Y-%m") == month_end[:7]]
    if asked.empty:
        first, last = (found["month"].iloc[place].strftime("%Y-%m") for place in (0, -1))
        raise ValueError(f"no retention for month {month_end}; there are {first} to {last}")
    return records(asked)[0]


def retention_over_time(
    run: Source,
    *,
    basis: str = "restated",
    window_months: int = 12,
    ax: Axes | None = None,
) -> Axes:
    """Draw gross, net and customer retention by month.

    Months on grey are immature: a late renewal can still raise them.

    Parameters
    ----------
    run : Run or DataFrame
        A run, or a frame with the columns of the view ``retention``.
    basis : {"restated", "as first reported"}
    window_months : int, default 12
        Months between beginning and end: 12 or 1.
    ax : Axes, optional
        Where to draw; by default a new figure.

    Raises
    ------
    ValueError
        The frame lacks columns, or there is no such basis.
    """
    found = _retention(run, basis, window_months)
    with canvas(ax) as ax:
        if found.empty:
            return nothing(
                ax,
                "Retention over time",
                f"the run has no customers with a price that were there {window_months} months "
                "before a month's end.",
            )
        lines = (
            ("nrr", "NRR (net)", PURPLE, (0, (6, 2)), "s"),
            ("grr", "GRR (gross)", BLUE, "-", "o"),
            ("logo_retention", "customers", RED, (0, (1, 1.2)), "^"),
        )
        ends = []
        for column, name, colour, dashes, marker in lines:
            ax.plot(
                found["month"], found[column], color=colour, ls=dashes, marker=marker,
                markevery=max(1, len(found) // 8), label=name,
            )  # fmt: skip
            end = found[column].iloc[-1]
            ends.append((found["month"].iloc[-1], float(end), f"{name} {percent(end)}"))
        half = pd.Timedelta(days=15)
        shade_immature(ax, found.loc[~found["is_mature"], "month"])
        ax.set_xlim(found["month"].iloc[0] - half, found["month"].iloc[-1] + half)
        ax.axhline(1, color=GREY, lw=1)
        low, high = ax.get_ylim()
        ax.set_ylim(max(0.0, low - 0.02), high + 0.02)
        label_ends(ax, ends)
        month_axis(ax, len(found))
        ax.set_ylabel(f"of {window_months} months before")
        percent_axis(ax)
        mature = found[found["is_mature"]]
        last = (mature if not mature.empty else found).iloc[-1]
        caption(
            ax,
            f"Gross retention is {percent(last['grr'])}, net {percent(last['nrr'])}; "
            f"{percent(last['logo_retention'])} of the customers stay",
            f"Over {window_months} months to the end of each month, {basis}; the title tells "
            f"{month(last['month'])}" + ("; grey: immature" if len(mature) < len(found) else ""),
            f"From {month(found['month'].iloc[0])} to {month(found['month'].iloc[-1])} GRR went "
            f"from {percent(found['grr'].iloc[0])} to {percent(found['grr'].iloc[-1])}, NRR from "
            f"{percent(found['nrr'].iloc[0])} to {percent(found['nrr'].iloc[-1])}",
        )
    return ax
