"""What support brings in, what it costs, and what is left of it."""

from typing import TYPE_CHECKING, Final

from matplotlib.axes import Axes

from ..telling import in_currency, month, percent, short_money
from .base import currency_of
from .canvas import canvas, caption, label_ends, nothing, period, value_axis
from .dates import Day
from .documentation import drawn_from
from .revenue import BAR_OF_MONTH, HALF_A_MONTH, month_axis_of
from .source import Source, rows
from .style import BLUE, GREY, INK, ORANGE, PURPLE, RED

if TYPE_CHECKING:
    import pandas as pd

_MARGIN: Final = """
SELECT month::DATE AS month, sum(recognised)::DOUBLE AS recognised, sum(overage)::DOUBLE AS overage,
       sum(uncovered_revenue)::DOUBLE AS uncovered, sum(cost_to_serve)::DOUBLE AS cost,
       sum(turned_away_cost)::DOUBLE AS turned_away, sum(margin)::DOUBLE AS margin
FROM shown GROUP BY ALL ORDER BY month
"""

#: What comes in, upwards, and what it costs, downwards: names and looks.
_IN: Final = {"recognised": ("recognised", BLUE), "overage": ("overage", PURPLE),
              "uncovered": ("billed without cover", GREY)}  # fmt: skip
_OUT: Final = {"cost": ("cost to serve", ORANGE), "turned_away": ("turned away (assumed)", RED)}


@drawn_from("view ``margin_by_template``", "the month of the revenue and of the cases")
def margin_by_month(
    run: Source,
    *,
    template: str | None = None,
    since: Day = None,
    until: Day = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw what comes in and what it costs, month by month, and the margin as a line.

    Above the axis stand recognised revenue (by the method of the run's money), overage and what
    work without cover is billed; below it the cost to serve and what cases turned away are assumed
    to cost. Bookings are in none of it. Work without cover belongs to no template, so a single
    template is shown without it. Of a run that was imported nobody knows how many were turned away:
    where each is assumed to cost anything, no margin is known.
    """
    columns = (
        "month", "recognised", "overage", "uncovered_revenue", "cost_to_serve", "turned_away_cost",
        "margin",
    )  # fmt: skip
    months = rows(
        run, "margin_by_template", columns, _MARGIN, dated="month", since=since, until=until,
        template=template,
    )  # fmt: skip
    with canvas(ax, width=8.6) as ax:
        if months.empty:
            why = "nothing has come in and no case was worked."
            return nothing(ax, "Margin by month", why, since=since, until=until)
        if months["margin"].isna().all():
            why = (
                "the scenario says no money: what an hour costs, say."
                if months["cost"].isna().all()
                else "what cases turned away cost is in it, and no export says how many they were."
            )
            return nothing(ax, "Margin by month", why, since=since, until=until)
        at = months["month"]
        last = at.iloc[-1] + HALF_A_MONTH
        ends, colours = [], []
        for side, parts in ((1, _IN), (-1, _OUT)):
            bottom = 0 * months["margin"]
            for column, (name, colour) in parts.items():
                height = side * months[column].fillna(0)
                if not height.any():
                    continue
                hatch = "////" if column == "turned_away" else None
                ax.bar(at, height, BAR_OF_MONTH, bottom=bottom, color=colour, lw=0, hatch=hatch)
                ends.append((last, float((bottom + height / 2).iloc[-1]), name))
                colours.append(colour)
                bottom = bottom + height
        ax.plot(at, months["margin"], color=INK, lw=1.8, marker="o" if len(at) == 1 else "")
        ends.append((last, float(months["margin"].iloc[-1]), "margin"))
        colours.append(INK)
        ax.axhline(0, color=INK, lw=0.8)
        low, high = ax.get_ylim()
        ax.set_ylim(low * 1.08, high * 1.08)
        label_ends(ax, ends, colours)
        month_axis_of(ax, at)
        currency = currency_of(run)
        ax.set_ylabel(in_currency("money of the month", currency))
        value_axis(ax)
        caption(
            ax, *_tell_margin(months, f"{template}: " if template else "", currency),
            since=since, until=until,
        )  # fmt: skip
    return ax


def _tell_margin(months: "pd.DataFrame", subject: str, currency: str | None) -> list[str]:
    """Return title, quiet line and details."""
    totals = months.drop(columns="month").sum()
    comes_in = float(totals[[*_IN]].sum())
    first, last = months.iloc[0], months.iloc[-1]
    parts = [
        f"{name} {short_money(totals[column], currency)}"
        for column, (name, _) in {**_IN, **_OUT}.items()
        if totals[column]
    ]
    worst = months.sort_values("margin", kind="stable").iloc[0]
    return [
        f"{subject}Of {short_money(comes_in, currency)} that came in "
        f"{percent(totals['margin'] / comes_in)} is left as margin"
        if comes_in > 0
        else f"{subject}Nothing came in; support cost {short_money(totals['cost'], currency)}",
        f"{period(first['month'], last['month'], month)}; margin "
        f"{short_money(totals['margin'], currency)}: {', '.join(parts)}",
        f"The least was left in {month(worst['month'])}: {short_money(worst['margin'], currency)}",
    ]
