"""How well service levels are kept."""

from typing import Any, Final

import pandas as pd
from matplotlib.axes import Axes

from ..inference import Portfolio, customers_alike, ratio, ratios
from ..store.run import Run
from ..store.views import expanded
from ..telling import counted, limits, listed, percent, share_of
from .base import FEW
from .canvas import canvas, caption, label_ends, month_axis, nothing, percent_axis, shade_immature
from .dates import Day
from .documentation import drawn_from
from .source import Source, drawn_anew, rows
from .style import COLOURS, GREY, LINES

#: What a customer adds to a service level.
_SUMS: Final = ("n", "met")

#: What was due of a service level (a name, or a number that stands for it) by customer and month.
_DUE_OF_ROWS: Final = """
, due AS MATERIALIZED (
    SELECT customer_id, any_value(segment) AS segment, month::DATE AS month,
           sla::VARCHAR AS level, sum(n)::BIGINT AS n, sum(met)::BIGINT AS met,
           sum(undecided)::BIGINT AS undecided
    FROM shown WHERE NOT is_beyond GROUP BY customer_id, month, sla
),
levels AS (SELECT DISTINCT level, level AS sla FROM due),
"""

# A run is asked by the first template of each level, so that cases are summed once and by numbers.
_OF_RUN: Final = "service_levels_by_customer({template}) AS levels"
_DUE_OF_RUN: Final = """
, due AS MATERIALIZED (
    SELECT customer_id, segment, month, template_id AS level, n, met, undecided
    FROM shown WHERE NOT is_beyond
),
levels AS (SELECT template_id AS level, sla::VARCHAR AS sla FROM templates),
"""

#: Months with what is decided of them, and customers who add the same: to a service level in a
#: month that is drawn, to it in all months that count in totals, to all service levels in these.
_SLA: Final = f"""
months AS MATERIALIZED (
    SELECT month, sum(n)::BIGINT AS n, sum(undecided)::BIGINT AS undecided,
           sum(n) >= $least * (sum(n) + sum(undecided)) AS is_shown
    FROM due GROUP BY month HAVING sum(n) > 0 OR sum(undecided) > 0
),
in_months AS MATERIALIZED (
    SELECT due.* EXCLUDE (undecided), undecided_of_month = 0 AS is_mature
    FROM due
    JOIN (SELECT month, undecided AS undecided_of_month FROM months WHERE is_shown) USING (month)
    WHERE n > 0
),
in_all AS MATERIALIZED (
    SELECT customer_id, segment, level, sum(n)::BIGINT AS n, sum(met)::BIGINT AS met
    FROM in_months
    WHERE is_mature OR NOT (SELECT bool_or(is_mature) FROM in_months)
    GROUP BY ALL
),
together AS (
    SELECT customer_id, segment, sum(n)::BIGINT AS n, sum(met)::BIGINT AS met
    FROM in_all GROUP BY ALL
)
SELECT * EXCLUDE (level) FROM (
    SELECT 'months' AS part, month, n, undecided, is_shown FROM months
    UNION ALL BY NAME
    SELECT 'in months' AS part, * FROM ({customers_alike("in_months", ["month", "level"], _SUMS)})
    UNION ALL BY NAME
    SELECT 'in all' AS part, * FROM ({customers_alike("in_all", ["level"], _SUMS)})
    UNION ALL BY NAME
    SELECT 'together' AS part, * FROM ({customers_alike("together", [], _SUMS)})
)
LEFT JOIN levels USING (level)
ORDER BY part, month, sla, customer_id
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
    columns = ("customer_id", "segment", "month", "sla", *_SUMS, "undecided", "is_beyond")
    view, due = "sla_compliance_by_customer", _DUE_OF_ROWS
    if isinstance(run, Run):
        of_level = "first_of_level" if template is None else "template_id"
        view, due = expanded(_OF_RUN.format(template=of_level)), _DUE_OF_RUN
    parts = rows(
        run, view, columns, due + _SLA, {"least": _LEAST_DECIDED},
        dated="month", since=since, until=until, template=template, segment=segment,
    )  # fmt: skip
    by_month, cases, of_levels, together = (
        parts[parts["part"] == part] for part in ("months", "in months", "in all", "together")
    )
    by_month = by_month.set_index("month")
    shown = by_month.index[by_month["is_shown"].astype(bool)]
    with canvas(ax) as ax:
        if cases.empty:
            return nothing(
                ax,
                "SLA compliance",
                "no covered case with a service level is decided yet.",
                since=since,
                until=until,
            )
        portfolio = drawn_anew(run, with_shocks=True)
        young = shown[by_month.loc[shown, "undecided"] > 0]
        rates = ratios(
            cases, "met", "n", ["sla", "month"], portfolio=portfolio, frequency="frequency"
        )
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
        levels = _levels(of_levels, portfolio)
        decided = ratio(together, "met", "n", portfolio=portfolio, frequency="frequency")
        finding = listed([f"{name} in {percent(share.value)}" for name, share in levels])
        left_out = len(by_month) - len(shown)
        caption(
            ax,
            f"Service levels are kept: {finding} of the decided cases",
            f"{counted(int(decided.n), 'decided case')}; band: 95% limits, {decided.unit}"
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
        (str(name), ratio(level, "met", "n", portfolio=portfolio, frequency="frequency"))
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
