"""What a forecast says: what comes by month, with bands, and which contracts run dry when."""

from typing import Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ..parameters import TEXT, of_types, takes
from ..telling import (
    counted,
    day,
    in_currency,
    listed,
    money,
    month,
    percent,
    rounded,
    short_of_kind,
)
from .canvas import canvas, caption, count_axis, month_axis, nothing, value_axis
from .narrow import drawn_narrow_too
from .source import check_columns, records
from .style import BLUE, INK, is_narrow

_FRAME: Final = of_types("a frame", pd.DataFrame)

_OF_MONTHS: Final = (
    "month", "is_partial", "quantity", "median",
    "low_50", "high_50", "low_80", "high_80", "low_95", "high_95",
)  # fmt: skip
_OF_CONTRACTS: Final = (
    "entitlement_id", "customer_id", "template", "chance_dry", "dry_early", "dry_median",
    "dry_late", "end_date",
)  # fmt: skip

#: Contracts that are shown.
_MOST: Final = 15
#: Bands, the widest first, and how dark each is.
_SHADES: Final = ((95, 0.16), (80, 0.3), (50, 0.5))


@drawn_narrow_too
@takes(months=_FRAME, quantity=TEXT, name=TEXT, kind=TEXT, currency=TEXT)
def forecast_by_month(
    months: pd.DataFrame,
    quantity: str,
    *,
    name: str | None = None,
    kind: str = "count",
    currency: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw what comes of a quantity by month, with bands of 50, 80 and 95% of the replications.

    Parameters
    ----------
    months : DataFrame
        As ``forecast(…).frame()`` returns it.
    quantity : str
        One of its quantities, such as ``cases``.
    name : str, optional
        What it is called; by default as it is written.
    kind : {"count", "money"}
    currency : str, optional
        In which the money is.
    ax : Axes, optional
        Where to draw; by default a new figure.

    Raises
    ------
    ValueError
        The frame lacks columns.
    """
    check_columns(months, _OF_MONTHS, "be of a forecast")
    name = name or quantity.replace("_", " ")
    own = months[(months["quantity"] == quantity) & months["median"].notna()]
    with canvas(ax, width=8.0, height=4.0) as ax:
        if own.empty:
            return nothing(ax, f"Forecast of {name}", "nothing of it can be told.")
        at = pd.to_datetime(own["month"])
        for band, shade in _SHADES:
            ax.fill_between(
                at, own[f"low_{band}"], own[f"high_{band}"], color=BLUE, alpha=shade, lw=0,
                label=f"{band}%",
            )  # fmt: skip
        ax.plot(at, own["median"], color=INK, lw=1.4, marker="o", ms=3.5, label="median")
        month_axis(ax, at)
        if kind == "money":
            value_axis(ax)
            ax.set_ylabel(in_currency(f"{name} a month", currency))
        else:
            count_axis(ax)
            ax.set_ylabel(f"{name} a month")
        if float(own["low_95"].min()) >= 0:
            ax.set_ylim(bottom=0)
        ax.legend(loc="best", ncols=4 if not is_narrow() else 2, fontsize=8)
        whole = own[~own["is_partial"]]
        told = records(whole if len(whole) else own)
        first, last = told[0], told[-1]
        ends = [short_of_kind(kind, value, currency) for value in (last.low_80, last.high_80)]
        is_alike = ends[0] == ends[1]

        def said(value: float) -> str:
            if kind == "money" and is_alike:
                return money(value, currency)
            return short_of_kind(kind, value, currency)

        caption(
            ax,
            f"{said(last.median)} {name} in {month(last.month)}, between {said(last.low_80)} and "
            f"{said(last.high_80)} in eight futures of ten",
            "median and bands of 50, 80 and 95% of the replications"
            + ("; the first or last month is partial" if own["is_partial"].any() else ""),
            *(
                f"{month(row.month)}: {said(row.median)}, 95% between {said(row.low_95)} and "
                f"{said(row.high_95)}"
                for row in (told[:1] if len(told) == 1 else (first, last))
            ),
        )
    return ax


@drawn_narrow_too
@takes(contracts=_FRAME)
def forecast_running_dry(contracts: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw when the contracts that are likeliest to run dry do so.

    A line reaches from the day by which one in ten of those futures has come to that by which nine
    in ten have, with the median as a point; a stroke is the end of the term.

    Parameters
    ----------
    contracts : DataFrame
        As ``forecast(…).contracts``.
    ax : Axes, optional
        Where to draw; by default a new figure.

    Raises
    ------
    ValueError
        The frame lacks columns.
    """
    check_columns(contracts, _OF_CONTRACTS, "be of a forecast")
    to_come = contracts[contracts["dry_median"].notna() & (contracts["chance_dry"] > 0)]
    shown = to_come.sort_values(
        ["chance_dry", "dry_median", "entitlement_id"], ascending=[False, True, True], kind="stable"
    ).head(_MOST)
    height = 1.7 + 0.3 * max(len(shown), 2)
    with canvas(ax, width=8.6, height=height, narrow_height=height + 0.3) as ax:
        if shown.empty:
            return nothing(ax, "Contracts that run dry", "none does in any of the futures.")
        rows = records(shown)
        for place, row in enumerate(rows):
            ax.plot([row.dry_early, row.dry_late], [-place] * 2, color=BLUE, lw=3, alpha=0.5)
            ax.plot([row.dry_median], [-place], color=BLUE, marker="o", ms=5)
            ax.plot([row.end_date] * 2, [-place - 0.3, -place + 0.3], color=INK, lw=1.2)
        labels = [f"{row.entitlement_id} {percent(row.chance_dry)}" for row in rows]
        ax.set_yticks(-np.arange(len(rows)), labels)
        ax.set_ylim(-len(rows) + 0.4, 0.6)
        ax.grid(visible=False, axis="y")
        month_axis(ax, pd.concat([shown["dry_early"], shown["end_date"]]))
        ax.set_ylabel("contract, and its chance to run dry")
        first = rows[0]
        caption(
            ax,
            f"Contract {first.entitlement_id} runs dry by {day(first.dry_median)} in half of the "
            "futures in which it does" if len(rows) == 1 else
            f"{counted(int((to_come['chance_dry'] >= 0.5).sum()), 'contract')} more likely than "
            "not to run dry before the end of the term",
            (
                f"the {counted(len(rows), 'contract')} of {rounded(len(to_come))} with the highest "
                "chance" if len(rows) < len(to_come) else
                f"{counted(len(rows), 'contract')} with a chance to"
            )
            + "; days of one to nine in ten, the median as a point; stroke: end of the term",
            listed(
                [
                    f"{row.entitlement_id}: {percent(row.chance_dry)}, median {day(row.dry_median)}"
                    for row in rows
                ]
            ),
        )  # fmt: skip
    return ax
