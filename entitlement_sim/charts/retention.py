"""Retention of customers: the bridge of a year, and the rates over time."""

from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ..inference import Portfolio, customers_alike, ratios
from ..telling import (
    counted,
    customers_of,
    in_currency,
    iso_month,
    limits,
    month,
    percent,
    short_money,
)
from .base import currency_of
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
from .dates import Day
from .documentation import drawn_from
from .source import Source, drawn_anew, records, rows
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

#: What counts, in words.
_BASES: Final = {
    "restated": "late renewals count from the day after the end",
    "as first reported": "as first reported",
}

#: Parameters of both charts.
_BASIS_AND_WINDOW = {
    "basis": (
        '{"restated", "as first reported"}',
        "Whether renewals that were booked after a month's end count in it.",
    ),
    "window_months": ("int, default 12", "Months between beginning and end: 12 or 1."),
}


#: Half a month.
_HALF: Final = pd.Timedelta(days=15)


def _check_basis(basis: str) -> None:
    if basis not in _BASES:
        known = " or ".join(f"'{name}'" for name in _BASES)
        raise ValueError(f"basis must be {known}, not '{basis}'")


def _retention(run: Source, basis: str, window_months: int) -> pd.DataFrame:
    _check_basis(basis)
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
        currency = currency_of(run)
        steps = [
            Step("at the\nbeginning", year.begin_value, "total"),
            Step("churned", -year.churned_value),
            Step("contracted", -year.contraction_value),
            Step(f"retained\nGRR {percent(year.grr)}", year.retained_value, "total"),
            Step("expanded", year.expansion_value),
            Step(f"at the end\nNRR {percent(year.nrr)}", year.end_value, "total"),
        ]
        draw_waterfall(ax, steps)
        ax.set_ylabel(in_currency("annual value", currency))
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
            f"{month(year.month)}, {_BASES[basis]}"
            + ("" if year.is_mature else ", not yet mature"),
            "Annual value: "
            + ", ".join(
                f"{name} {short_money(step.amount, currency)}"
                for name, step in zip(_STEPS, steps, strict=True)
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


#: What a customer held.
_HELD: Final = ("begin_value", "end_value", "retained_value", "is_retained")

#: What customers of a month held, and what the month says of itself.
_OF_CUSTOMERS = f"""
, held AS (
    SELECT customer_id, segment, month::DATE AS month, begin_value::DOUBLE AS begin_value,
           end_value::DOUBLE AS end_value, retained_value::DOUBLE AS retained_value, is_retained,
           is_mature, is_filling_up, base
    FROM shown WHERE basis = $basis AND window_months = $window_months
),
months AS (
    SELECT month, bool_and(is_mature) AS is_mature, bool_or(is_filling_up) AS is_filling_up,
           any_value(base) AS base
    FROM held GROUP BY month
),
alike AS ({customers_alike("held", ["month"], list(_HELD))})
SELECT alike.*, 1 AS customers, months.* EXCLUDE (month)
FROM alike JOIN months USING (month)
ORDER BY month, customer_id
"""

#: Rates by their name: numerator, denominator, colour, dashes.
_RATES: Final = {
    "NRR (net)": ("end_value", "begin_value", PURPLE, (0, (6, 2))),
    "GRR (gross)": ("retained_value", "begin_value", BLUE, "-"),
    "customers": ("is_retained", "customers", RED, (0, (1, 1.2))),
}


@drawn_from(
    "view ``retention_by_customer``",
    "the month at whose end is measured",
    unknown="basis",
    **_BASIS_AND_WINDOW,
)
def retention_over_time(
    run: Source,
    *,
    segment: str | None = None,
    basis: str = "restated",
    window_months: int = 12,
    since: Day = None,
    until: Day = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw gross, net and customer retention by month, with 95% limits of customers drawn anew.

    Months on grey are immature: a late renewal can still raise them. Left out is what began while a
    portfolio without a past still filled up: there were too few customers for a cohort.
    """
    _check_basis(basis)
    columns = (
        "customer_id", "segment", "month", "window_months", "basis", *_HELD, "is_mature",
        "is_filling_up", "base",
    )  # fmt: skip
    held = rows(
        run, "retention_by_customer", columns, _OF_CUSTOMERS,
        {"basis": basis, "window_months": window_months},
        dated="month", since=since, until=until, segment=segment,
    )  # fmt: skip
    left_out = held["month"][held["is_filling_up"]].nunique()
    held = held[~held["is_filling_up"]]
    with canvas(ax) as ax:
        if not held["begin_value"].any():
            why = _no_customers(window_months)
            return nothing(ax, "Retention over time", why, since=since, until=until)
        months = pd.Index(sorted(held["month"].unique()))
        is_mature = held.groupby("month")["is_mature"].all()
        mature = months[is_mature.reindex(months).to_numpy()]
        told = (mature if len(mature) else months)[-1]
        base = str(held["base"].iloc[0])
        rates = _draw_retention(ax, held, months, told, drawn_anew(run))
        shade_immature(ax, months.difference(mature))
        month_axis(ax, months)
        ax.set_ylabel(f"of {counted(window_months, 'month')} before")
        percent_axis(ax)
        at_end = {name: rate.loc[told] for name, rate in rates.items()}
        gross, net, kept = (at_end[name] for name in ("GRR (gross)", "NRR (net)", "customers"))
        caption(
            ax,
            f"Gross retention is {percent(gross['value'])}, net {percent(net['value'])}; "
            f"{percent(kept['value'])} of the {customers_of(base)}"
            f"{f' of {segment}' if segment else ''} stay",
            f"Over {counted(window_months, 'month')} to the end of each month, {_BASES[basis]}; "
            f"title and labels tell {month(told)}, {customers_of(base, int(kept['n']))}; "
            "bands: 95% limits, customers drawn anew"
            + ("; grey: immature" if len(mature) < len(months) else "")
            + (
                f"; left out: {counted(left_out, 'month')} while the portfolio filled up"
                if left_out
                else ""
            ),
            *(
                f"{name}: {percent(rate['value'])}, interval "
                f"{limits(rate['low'], rate['high'], percent)}"
                for name, rate in at_end.items()
            ),
            since=since,
            until=until,
        )
    return ax


def _draw_retention(
    ax: Axes,
    held: pd.DataFrame,
    months: pd.Index,
    told: Any,
    portfolio: Portfolio | None,
) -> dict[str, pd.DataFrame]:
    """Draw each rate with its band; return them by month."""
    rates, ends, colours = {}, [], []
    for name, (numerator, denominator, colour, dashes) in _RATES.items():
        rate = ratios(
            held, numerator, denominator, ["month"], portfolio=portfolio, frequency="frequency"
        )
        rate = rate.set_index("month").reindex(months)
        label = customers_of(str(held["base"].iloc[0])) if name == "customers" else name
        ax.plot(months, rate["value"], color=colour, ls=dashes, label=label,
                marker="o" if len(months) == 1 else "")  # fmt: skip
        ax.fill_between(months, rate["low"], rate["high"], color=colour, alpha=0.13, lw=0)
        at_told = float(rate["value"].to_dict()[told])
        ax.plot([told], [at_told], "o", color=colour)
        ends.append((months[-1] + _HALF, at_told, f"{label} {percent(at_told)}"))
        colours.append(colour)
        rates[name] = rate
    ax.set_xlim(months[0] - _HALF, months[-1] + _HALF)
    ax.axhline(1, color=GREY, lw=1)
    drawn = pd.concat([rate[["low", "high", "value"]] for rate in rates.values()]).to_numpy()
    low, high = min(float(np.nanmin(drawn)), 1.0), max(float(np.nanmax(drawn)), 1.0)
    ax.set_ylim(max(0.0, low - 0.02), high + 0.02)
    label_ends(ax, ends, colours)
    return rates
