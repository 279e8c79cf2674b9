"""How well service levels are kept."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ..metrics.intervals import wilson
from .canvas import canvas, caption, label_ends, month_axis, nothing, percent_axis, shade_immature
from .source import Source, rows
from .style import COLOURS, LINES, MARKERS
from .words import listed, percent, plural, share_of

_SLA = """
SELECT month::DATE AS month, sla::VARCHAR AS sla, sum(n)::BIGINT AS n, sum(met)::BIGINT AS met,
       bool_and(is_mature) AS is_mature
FROM shown GROUP BY ALL HAVING sum(n) > 0 ORDER BY ALL
"""


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

    Parameters
    ----------
    run : Run or DataFrame
        A run, or a frame with the columns of the view ``sla_compliance``.
    template, segment : str, optional
        Show this template or segment alone.
    ax : Axes, optional
        Where to draw; by default a new figure.

    Raises
    ------
    ValueError
        The frame lacks columns, or there is no such template or segment.
    """
    found = rows(
        run,
        "sla_compliance",
        ("month", "sla", "n", "met", "is_mature"),
        _SLA,
        template=template,
        segment=segment,
    )
    with canvas(ax) as ax:
        if found.empty:
            return nothing(
                ax, "SLA compliance", "no covered case with a service level is decided yet."
            )
        immature = found.loc[~found["is_mature"], "month"].drop_duplicates()
        mature = found[~found["month"].isin(immature)]
        told = found if mature.empty else mature
        ends = []
        for place, (name, one) in enumerate(found.groupby("sla")):
            ends.append(_draw_level(ax, str(name), one, one["month"].isin(immature), place))
        half = pd.Timedelta(days=15)
        shade_immature(ax, immature)
        ax.set_xlim(found["month"].min() - half, found["month"].max() + half)
        low, high = ax.get_ylim()
        ax.set_ylim(max(0.0, low), min(1.01, high))
        label_ends(ax, ends)
        month_axis(ax, found["month"].nunique())
        ax.set_xlabel("month in which resolutions were due")
        ax.set_ylabel("share of cases that kept it")
        percent_axis(ax)
        totals = told.groupby("sla")[["n", "met"]].sum()
        totals = totals.loc[(totals["met"] / totals["n"]).sort_values(kind="stable").index]
        levels = [(str(name), int(one["met"]), int(one["n"])) for name, one in totals.iterrows()]
        finding = listed([f"{name} in {percent(met / n)} of cases" for name, met, n in levels])
        caption(
            ax,
            f"Service levels are kept: {finding}",
            f"{plural(int(totals['n'].sum()), 'decided case')}; band: 95% Wilson interval"
            + ("; hollow on grey: some cases are undecided" if len(immature) else ""),
            *(f"{name}: {share_of(met, n)}" for name, met, n in levels),
        )
    return ax


def _draw_level(
    ax: Axes, name: str, one: pd.DataFrame, immature: "pd.Series[bool]", place: int
) -> tuple[pd.Timestamp, float, str]:
    """Draw one service level; return where its line ends."""
    colour, marker = COLOURS[place % 6], MARKERS[place % 6]
    rate = wilson(one["met"].to_numpy(), one["n"].to_numpy())
    value, low, high = (np.asarray(limit, dtype=float) for limit in rate)
    young = immature.to_numpy(dtype=bool)
    months = one["month"].to_numpy()
    ax.plot(
        months[~young], value[~young], color=colour, ls=LINES[place % 6], marker=marker, ms=4,
        label=name,
    )  # fmt: skip
    ax.fill_between(months[~young], low[~young], high[~young], color=colour, alpha=0.15, lw=0)
    ax.plot(
        months[young], value[young], color=colour, ls="none", marker=marker, ms=5, mfc="white",
        label=f"{name}, immature",
    )  # fmt: skip
    last = -1 if young.all() else int(np.flatnonzero(~young)[-1])
    return one["month"].iloc[last], float(value[last]), name
