"""How well service levels are kept."""

from typing import Any, Final

import pandas as pd
from matplotlib.axes import Axes

from ..inference import Portfolio, ratio, ratios
from ..telling import counted, limits, listed, percent, share_of
from .base import FEW
from .canvas import canvas, caption, label_ends, month_axis, nothing, percent_axis, shade_immature
from .dates import Day
from .documentation import drawn_from
from .source import Source, drawn_anew, rows
from .style import COLOURS, GREY, LINES

_SLA = """
SELECT customer_id, month::DATE AS month, sla::VARCHAR AS sla, sum(n)::BIGINT AS n,
       sum(met)::BIGINT AS met, sum(undecided)::BIGINT AS undecided
FROM shown WHERE NOT is_beyond GROUP BY ALL HAVING sum(n) > 0 OR sum(undecided) > 0
"""

#: Share of the cases of a month that must be decided for it to be drawn.
_LEAST_DECIDED: Final = 0.5


@drawn_from("view ``sla_compliance_by_customer``", "the month in which resolutions were due")
def sla_compliance(
    run: Source,
    *,
    template: str | None = None,
    segment: str | None = None,
    since: Day = None,
    until: Day = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the share of covered cases that kept their service level, by the month they were due.

    One line a service level, with its band of 95% with customers drawn anew. Months on grey still
    have undecided cases: what is decided early was mostly kept, so they stand hollow and count in
    no total; months after the run, and those less than half of which is decided, are left out.
    Fewer than 20 cases stand in grey.
    """
    columns = ("customer_id", "month", "sla", "n", "met", "undecided", "is_beyond")
    cases = rows(
        run, "sla_compliance_by_customer", columns, _SLA, dated="month", since=since, until=until,
        template=template, segment=segment,
    )  # fmt: skip
    by_month = cases.groupby("month")[["n", "undecided"]].sum()
    decided_share = by_month["n"] / (by_month["n"] + by_month["undecided"])
    shown = by_month.index[decided_share >= _LEAST_DECIDED]
    cases = cases[cases["month"].isin(shown) & (cases["n"] > 0)]
    with canvas(ax) as ax:
        if cases.empty:
            return nothing(
                ax,
                "SLA compliance",
                "no covered case with a service level is decided yet.",
                since=since,
                until=until,
            )
        portfolio = drawn_anew(run)
        young = shown[by_month.loc[shown, "undecided"] > 0]
        mature = cases[~cases["month"].isin(young)]
        decided = cases if mature.empty else mature
        rates = ratios(cases, "met", "n", ["sla", "month"], portfolio=portfolio)
        ends, lows = [], []
        for place, name in enumerate(sorted(cases["sla"].unique())):
            level = rates[rates["sla"] == name].set_index("month")
            ends.append(_draw_level(ax, name, level, young, place))
            lows += [*level["low"][level["n"] >= FEW].dropna(), *level["value"]]
        half = pd.Timedelta(days=15)
        shade_immature(ax, young)
        ax.set_xlim(shown.min() - half, shown.max() + half)
        ax.set_ylim(max(0.0, min(min(lows) - 0.02, 0.9)), 1.01)
        label_ends(ax, ends, [COLOURS[place % 6] for place in range(len(ends))])
        month_axis(ax, shown)
        ax.set_xlabel("month in which resolutions were due")
        ax.set_ylabel("share of cases that kept it")
        percent_axis(ax)
        levels = _levels(decided, portfolio)
        finding = listed([f"{name} in {percent(share.value)}" for name, share in levels])
        left_out = len(by_month) - len(shown)
        caption(
            ax,
            f"Service levels are kept: {finding} of the decided cases",
            f"{counted(int(decided['n'].sum()), 'decided case')}; band: 95% limits, "
            f"{ratio(decided, 'met', 'n', portfolio=portfolio).unit}"
            + ("; hollow on grey: some cases are undecided" if len(young) else "")
            + (
                f"; left out: {counted(left_out, 'month')} less than half of which is decided"
                if left_out
                else ""
            ),
            *(
                f"{name}: {share_of(share.value * share.n, share.n)}, interval "
                f"{limits(share.low, share.high, percent)}"
                for name, share in levels
            ),
            since=since,
            until=until,
        )
    return ax


def _levels(decided: pd.DataFrame, portfolio: Portfolio | None) -> list[tuple[str, Any]]:
    """Return each service level with its share, the worst one first."""
    shares = [
        (str(name), ratio(level, "met", "n", portfolio=portfolio))
        for name, level in decided.groupby("sla")
    ]
    return sorted(shares, key=lambda named: named[1].value)


def _draw_level(
    ax: Axes, name: str, level: pd.DataFrame, young: pd.Index, place: int
) -> tuple[Any, float, str]:
    """Draw one service level; return where its line ends."""
    colour = COLOURS[place % 6]
    is_young = level.index.isin(young)
    enough = (level["n"] >= FEW).to_numpy()
    solid = level.where(pd.Series(enough & ~is_young, index=level.index))
    ax.plot(
        solid.index, solid["value"], color=colour, ls=LINES[place % 6], marker="o", ms=3,
        label=name,
    )  # fmt: skip
    ax.fill_between(solid.index, solid["low"], solid["high"], color=colour, alpha=0.15, lw=0)
    drawn = solid.dropna(subset=["value"])
    if len(drawn) == 1:
        # A band over one month would have no width.
        ax.vlines(drawn.index, drawn["low"], drawn["high"], color=colour, alpha=0.4)
    few = level[~enough]
    ax.plot(few.index, few["value"], "o", color=GREY, ms=3, label=f"{name}, few")
    hollow = level[enough & is_young]
    ax.plot(
        hollow.index, hollow["value"], "o", color=colour, ms=5, mfc="white",
        label=f"{name}, immature",
    )  # fmt: skip
    end = (drawn if len(drawn) else level).iloc[-1]
    return end.name, float(end["value"]), name
