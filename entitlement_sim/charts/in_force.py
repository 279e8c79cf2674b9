"""What is in force from month to month, and what changes it."""

from typing import Final

import pandas as pd
from matplotlib.axes import Axes

from ..telling import (
    entitlements_of,
    listed,
    month,
    number,
    short_money,
    signed_rounded,
)
from .base import BASE_COLUMNS, OF_BASE, currency_of
from .beneath import panel_beneath
from .canvas import canvas, caption, count_axis, label_ends, month_axis, nothing, period
from .dates import Day
from .documentation import drawn_from
from .source import Source, rows
from .style import BLUE, FAINT, HATCHES, INK, ORANGE, PURPLE, RED

#: What changes the number in force: name, sign, colour, hatch.
_FLOWS: Final = {
    "renewed": (1, BLUE, HATCHES[0]),
    "sold": (1, PURPLE, HATCHES[3]),
    "expired": (-1, ORANGE, HATCHES[0]),
    "cancelled": (-1, RED, HATCHES[1]),
}

_IN_FORCE = f"""
SELECT month::DATE AS month, sum(opening)::BIGINT AS opening, sum(sold)::BIGINT AS sold,
       sum(renewed)::BIGINT AS renewed, sum(expired)::BIGINT AS expired,
       sum(cancelled)::BIGINT AS cancelled, sum(closing)::BIGINT AS closing,
       sum(opening_value)::DOUBLE AS opening_value, sum(closing_value)::DOUBLE AS closing_value,
       bool_and(is_paying) AS is_paid
FROM shown WHERE {OF_BASE} GROUP BY ALL ORDER BY month
"""

#: Half a month, and the width of a month's bar in days.
_HALF: Final = pd.Timedelta(days=15)
_BAR: Final = 22.0


@drawn_from("view ``in_force_by_month``", "the month")
def in_force_by_month(
    run: Source,
    *,
    template: str | None = None,
    segment: str | None = None,
    since: Day = None,
    until: Day = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw how many entitlements are in force at the close of each month, and what changes that.

    Beneath stands what came and went in the month: renewed and sold above the axis, expired and
    cancelled below it; opening + sold + renewed - expired - cancelled = closing. One that renews
    another within the grace counts as renewed, any other as sold. Free entitlements are left out,
    unless nothing that is drawn has a price.
    """
    columns = (
        "month", "opening", "sold", "renewed", "expired", "cancelled", "closing", "opening_value",
        "closing_value", *BASE_COLUMNS,
    )  # fmt: skip
    months = rows(
        run, "in_force_by_month", columns, _IN_FORCE, dated="month", since=since, until=until,
        template=template, segment=segment,
    )  # fmt: skip
    with canvas(ax, width=8.6, height=5.2, narrow_height=4.8) as ax:
        if not months[["opening", "sold", "renewed"]].to_numpy().any():
            why = "nothing was in force on any day."
            return nothing(ax, "In force by month", why, since=since, until=until)
        _draw_stock(ax, months)
        panel = panel_beneath(ax)
        _draw_flows(panel, months)
        panel.set_xlim(months["month"].iloc[0] - _HALF, months["month"].iloc[-1] + _HALF)
        month_axis(panel, months["month"])
        currency = currency_of(run)
        base = "paying" if months["is_paid"].all() else "all"
        picked = [name for name in (segment, template) if name]
        subject = f" of {listed(picked)}" if picked else ""
        first, last = months.iloc[0], months.iloc[-1]
        flows = {name: int(months[name].sum()) for name in _FLOWS}
        caption(
            ax,
            f"At the end of {month(last['month'])} {entitlements_of(base, last['closing'])}"
            f"{subject} {'is' if last['closing'] == 1 else 'are'} in force, "
            f"{signed_rounded(last['closing'] - first['opening'])} since the beginning",
            f"{period(first['month'], last['month'], month)}: {number(first['opening'])} at the "
            f"beginning, {number(flows['sold'])} sold, {number(flows['renewed'])} renewed, "
            f"{number(flows['expired'])} expired, {number(flows['cancelled'])} cancelled",
            f"Annual value {short_money(first['opening_value'], currency)} at the beginning, "
            f"{short_money(last['closing_value'], currency)} at the end",
            since=since,
            until=until,
        )
    return ax


def _draw_stock(ax: Axes, months: pd.DataFrame) -> None:
    at = months["month"]
    ax.bar(at, months["opening"], _BAR, color=FAINT, lw=0, label="at the beginning")
    ax.plot(
        at, months["closing"], color=INK, marker="o" if len(months) == 1 else "",
        label="at the close",
    )  # fmt: skip
    highest = float(months[["opening", "closing"]].max().max())
    ax.set_ylim(0, max(highest, 1) * 1.08)
    last = at.iloc[-1] + _HALF
    label_ends(ax, [(last, float(months["closing"].iloc[-1]), "in force\nat the close")], [INK])
    ax.set_ylabel("in force")
    count_axis(ax)


def _draw_flows(ax: Axes, months: pd.DataFrame) -> None:
    at = months["month"]
    bottoms = {1: pd.Series(0.0, months.index), -1: pd.Series(0.0, months.index)}
    ends, colours = [], []
    for name, (sign, colour, hatch) in _FLOWS.items():
        height = sign * months[name].astype(float)
        if not height.any():
            continue
        ax.bar(
            at, height, _BAR, bottom=bottoms[sign], color=colour, hatch=hatch, edgecolor="white",
            lw=0, label=name,
        )  # fmt: skip
        middle = float(bottoms[sign].iloc[-1] + height.iloc[-1] / 2)
        ends.append((at.iloc[-1] + _HALF, middle, name))
        colours.append(colour)
        bottoms[sign] = bottoms[sign] + height
    ax.axhline(0, color=INK, lw=0.8)
    most = max(float(bottoms[1].max()), -float(bottoms[-1].min()), 1.0)
    ax.set_ylim(-1.1 * most, 1.1 * most)
    ax.grid(axis="y", visible=True)
    label_ends(ax, ends, colours)
    ax.set_ylabel("came and went")
    count_axis(ax)
