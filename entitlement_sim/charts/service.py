"""How well service levels are kept."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ..metrics.intervals import wilson
from ..telling import counted, listed, percent, share_of
from .canvas import canvas, caption, label_ends, month_axis, nothing, percent_axis, shade_immature
from .documentation import drawn_from
from .source import Source, rows
from .style import COLOURS, LINES, MARKERS

_SLA = """
SELECT month::DATE AS month, sla::VARCHAR AS sla, sum(n)::BIGINT AS n, sum(met)::BIGINT AS met,
       bool_and(is_mature) AS is_mature
FROM shown GROUP BY ALL HAVING sum(n) > 0 ORDER BY ALL
"""


@drawn_from("view ``sla_compliance``")
def sla_compliance(
    run: Source,
    *,
    template: str | None = None,
    segment: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the share of covered cases that kept their service level, by the month they were due.

    One line a service level, with its Wilson band of 95%. Months on grey still have undecided
    cases: what is decided early was mostly kept, so they stand hollow and count in no total.
    """
    months = rows(
        run,
        "sla_compliance",
        ("month", "sla", "n", "met", "is_mature"),
        _SLA,
        template=template,
        segment=segment,
    )
    with canvas(ax) as ax:
        if months.empty:
            return nothing(
                ax, "SLA compliance", "no covered case with a service level is decided yet."
            )
        immature = months.loc[~months["is_mature"], "month"].drop_duplicates()
        mature = months[~months["month"].isin(immature)]
        decided = months if mature.empty else mature
        ends = []
        for place, (name, level) in enumerate(months.groupby("sla")):
            ends.append(_draw_level(ax, str(name), level, level["month"].isin(immature), place))
        half = pd.Timedelta(days=15)
        shade_immature(ax, immature)
        ax.set_xlim(months["month"].min() - half, months["month"].max() + half)
        low, high = ax.get_ylim()
        ax.set_ylim(max(0.0, min(low, 0.9)), min(1.01, high))
        label_ends(ax, ends)
        month_axis(ax, months["month"])
        ax.set_xlabel("month in which resolutions were due")
        ax.set_ylabel("share of cases that kept it")
        percent_axis(ax)
        totals = decided.groupby("sla")[["n", "met"]].sum()
        totals = totals.loc[(totals["met"] / totals["n"]).sort_values(kind="stable").index]
        levels = [
            (str(name), int(level["met"]), int(level["n"])) for name, level in totals.iterrows()
        ]
        finding = listed([f"{name} in {percent(met, n)} of cases" for name, met, n in levels])
        caption(
            ax,
            f"Service levels are kept: {finding}",
            f"{counted(int(totals['n'].sum()), 'decided case')}; band: 95% Wilson interval"
            + ("; hollow on grey: some cases are undecided" if len(immature) else ""),
            *(f"{name}: {share_of(met, n)}" for name, met, n in levels),
        )
    return ax


def _draw_level(
    ax: Axes, name: str, level: pd.DataFrame, immature: "pd.Series[bool]", place: int
) -> tuple[pd.Timestamp, float, str]:
    """Draw one service level; return where its line ends."""
    colour, marker = COLOURS[place % 6], MARKERS[place % 6]
    rate = wilson(level["met"].to_numpy(), level["n"].to_numpy())
    value, low, high = (np.asarray(limit, dtype=float) for limit in rate)
    young = immature.to_numpy(dtype=bool)
    months = level["month"].to_numpy()
    ax.plot(
        months[~young], value[~young], color=colour, ls=LINES[place % 6], marker=marker, ms=4,
        label=name,
    )  # fmt: skip
    ax.fill_between(months[~young], low[~young], high[~young], color=colour, alpha=0.15, lw=0)
    if len(months[~young]) == 1:
        # A band over one month would have no width.
        ax.vlines(months[~young], low[~young], high[~young], color=colour, alpha=0.4)
    ax.plot(
        months[young], value[young], color=colour, ls="none", marker=marker, ms=5, mfc="white",
        label=f"{name}, immature",
    )  # fmt: skip
    last = -1 if young.all() else int(np.flatnonzero(~young)[-1])
    return level["month"].iloc[last], float(value[last]), name
