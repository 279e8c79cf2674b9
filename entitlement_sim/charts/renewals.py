"""Renewals: by cohort, by the month in which entitlements fell due, and by how late they came."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ..metrics.intervals import wilson
from ..telling import (
    counted,
    entitlements_of,
    left_out,
    listed,
    month,
    number,
    percent,
    plain_name,
    quarter,
    share_of,
)
from .base import BASE_COLUMNS, OF_BASE
from .canvas import canvas, caption, count_axis, month_axis, nothing, percent_axis, shade_immature
from .documentation import drawn_from
from .source import Source, records, rows
from .style import BLUE, GREY, HATCHES, INK, ORANGE, PURPLE, QUIET, RED

_COHORTS = """
SELECT cohort::DATE AS cohort, renewal_number, at_risk, renewed, renewal_rate, immature,
       is_mature, survival, base,
       (SELECT count(DISTINCT cohort) FROM shown WHERE at_risk > 0 AND survival IS NULL) AS older
FROM shown WHERE survival IS NOT NULL ORDER BY cohort, renewal_number
"""


#: Share of the darkest colour: far above 1, so that dark letters stay readable on every cell.
_PALEST = 1.6


@drawn_from(
    "view ``cohorts``",
    ax=(
        "Axes, optional",
        "Where to draw; by default a new figure, taller for more cohorts.",
    ),
)
def renewal_cohorts(run: Source, *, ax: Axes | None = None) -> Axes:
    """Draw the share of each cohort that is left after its first, second, … renewal.

    Under each share stands the number at risk; a hatched cell can still change, because some of
    its renewals are immature. Cohorts whose first renewals were before the run have no share.
    """
    columns = (
        "cohort", "renewal_number", "at_risk", "renewed", "renewal_rate", "immature",
        "is_mature", "survival", "base",
    )  # fmt: skip
    cells = rows(run, "cohorts", columns, _COHORTS)
    cohorts = list(cells["cohort"].drop_duplicates())
    with canvas(ax, width=7.6, height=1.9 + 0.44 * max(len(cohorts), 4)) as ax:
        if cells.empty:
            return nothing(
                ax,
                "Renewal of cohorts",
                "no entitlement fell due for its first renewal long enough ago to tell.",
            )
        _draw_triangle(ax, cells, cohorts)
        largest = _largest(cells)
        # Late renewals of a cohort are those of its short terms alone: tell while many are left.
        many = largest["at_risk"] >= 0.1 * largest["at_risk"].iloc[0]
        last = largest[largest["is_mature"] & many]
        end = records(last if not last.empty else largest)[-1]
        first = cells[cells["renewal_number"] == 1]
        renewed, at_risk = int(first["renewed"].sum()), int(first["at_risk"].sum())
        caption(
            ax,
            f"Of the {_cohort_name(end.cohort, cohorts)} cohort, {percent(end.survival)} "
            f"are left after {counted(end.renewal_number, 'renewal')}",
            f"Share of each cohort of {entitlements_of(end.base)} that is left, with the number at "
            "risk; hatched cells can still change",
            f"Over all cohorts {share_of(renewed, at_risk)} were renewed for the first time",
            _older(int(end.older)),
            *(
                f"{_cohort_name(cohort, cohorts)}: "
                + ", ".join(
                    percent(share) for share in cells["survival"][cells["cohort"] == cohort]
                )
                for cohort in cohorts
            ),
        )
    return ax


def _older(cohorts: int) -> str:
    """Say how many cohorts are too old for the run to have seen their first renewals."""
    if not cohorts:
        return ""
    return f"Left out: {counted(cohorts, 'older cohort')}, first renewed before the run"


def _largest(cells: pd.DataFrame) -> pd.DataFrame:
    """Rows of the cohort of which most fell due for the first time."""
    first = cells.sort_values(["renewal_number", "cohort"]).drop_duplicates("cohort")
    most = first["cohort"].iloc[int(first["at_risk"].to_numpy().argmax())]
    return pd.DataFrame(cells[cells["cohort"] == most])


def _cohort_name(cohort: pd.Timestamp, cohorts: list[pd.Timestamp]) -> str:
    """Name a cohort by its year, quarter or month, whichever the cohorts are apart."""
    first_months = {start.month for start in cohorts}
    if first_months == {1} and len(cohorts) > 1:
        return str(cohort.year)
    return quarter(cohort) if first_months <= {1, 4, 7, 10} else month(cohort)


def _draw_triangle(ax: Axes, cells: pd.DataFrame, cohorts: list[pd.Timestamp]) -> None:
    most = int(cells["renewal_number"].max())
    grid = np.full((len(cohorts), most), np.nan)
    rows_of = {cohort: row for row, cohort in enumerate(cohorts)}
    row_of_cell = cells["cohort"].map(rows_of).to_numpy()
    column_of_cell = cells["renewal_number"].to_numpy() - 1
    grid[row_of_cell, column_of_cell] = cells["survival"].to_numpy()
    ax.pcolormesh(
        grid, cmap="Blues", vmin=0, vmax=_PALEST, edgecolors="white", linewidth=2, label="survival"
    )
    for row, column, cell in zip(row_of_cell, column_of_cell, records(cells), strict=True):
        ax.text(
            column + 0.5, row + 0.38, percent(cell.survival), ha="center", va="center", fontsize=10,
            fontweight="bold", color=INK,
        )  # fmt: skip
        ax.text(
            column + 0.5, row + 0.75, number(cell.at_risk), ha="center", va="center", fontsize=7.5,
            color=INK,
        )  # fmt: skip
        if not cell.is_mature:
            ax.fill_between(
                [column + 0.03, column + 0.97], row + 0.04, row + 0.96, facecolor="none",
                edgecolor=QUIET, hatch="///", lw=0, alpha=0.4,
            )  # fmt: skip
    ax.set_ylim(len(cohorts), 0)
    ax.set_xticks(np.arange(most) + 0.5, [str(renewal + 1) for renewal in range(most)])
    ax.set_yticks(
        np.arange(len(cohorts)) + 0.5, [_cohort_name(cohort, cohorts) for cohort in cohorts]
    )
    ax.set_xlabel("renewal number")
    ax.set_ylabel("first start in")
    ax.tick_params(length=0)
    ax.grid(visible=False)
    for spine in ax.spines.values():
        spine.set_visible(False)


_RATES = f"""
SELECT month::DATE AS month, sum(n)::BIGINT AS n, sum(renewed)::BIGINT AS renewed,
       sum(due)::BIGINT AS due, bool_and(is_mature) AS is_mature, bool_and(is_paying) AS is_paid,
       (SELECT coalesce(sum(n), 0) FROM shown)::BIGINT AS all_n
FROM shown WHERE {OF_BASE} GROUP BY ALL ORDER BY month
"""


@drawn_from("view ``renewal_rates``")
def renewal_rate_by_month(
    run: Source,
    *,
    template: str | None = None,
    segment: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the share of what fell due in a month that was renewed within the grace.

    Free entitlements are left out, unless nothing that is drawn has a price. Each month has its
    Wilson interval of 95%. Months of which some is immature stand hollow on grey: they rest on the
    few whose grace is over.
    """
    months = rows(
        run,
        "renewal_rates",
        ("month", "n", "renewed", "due", "is_mature", *BASE_COLUMNS),
        _RATES,
        template=template,
        segment=segment,
    )
    with canvas(ax) as ax:
        if not (months["n"] > 0).any():
            why = "nothing fell due long enough ago for its grace to be over."
            return nothing(ax, "Renewal rate by month due", why)
        _draw_rates(ax, months)
        base = "paying" if months["is_paid"].all() else "all"
        renewed, due = int(months["renewed"].sum()), int(months["n"].sum())
        rate = wilson(renewed, due)
        ax.axhline(renewed / due, color=INK, lw=1, ls=(0, (5, 4)))
        ax.annotate(
            f"all {percent(renewed, due)}", (1, renewed / due),
            xycoords=("axes fraction", "data"), xytext=(4, 0), textcoords="offset points",
            va="center", fontsize=9,
        )  # fmt: skip
        young = months.loc[~months["is_mature"], "month"]
        picked = [name for name in (segment, template) if name]
        subject = f" of {listed(picked)}" if picked else ""
        caption(
            ax,
            f"{percent(renewed, due)} of the {entitlements_of(base)}{subject} that fell due were "
            "renewed within the grace",
            f"{number(due)} due with their grace over"
            + left_out(base, months["all_n"].iloc[0] - due)
            + "; bars: 95% Wilson interval"
            + ("; hollow on grey: not all grace is over" if len(young) else ""),
            f"Renewed: {share_of(renewed, due)}, interval {percent(float(rate.low))} to "
            f"{percent(float(rate.high))}",
            f"Immature: {listed([month(first_day) for first_day in young])}" if len(young) else "",
        )
    return ax


def _draw_rates(ax: Axes, months: pd.DataFrame) -> None:
    due_months = months[months["n"] > 0]
    rate = wilson(due_months["renewed"].to_numpy(), due_months["n"].to_numpy())
    value, low, high = (np.asarray(limit, dtype=float) for limit in rate)
    is_mature = due_months["is_mature"].to_numpy(dtype=bool)
    for mature in (True, False):
        shown = is_mature == mature
        if not shown.any():
            continue
        ax.errorbar(
            due_months["month"][shown], value[shown],
            yerr=[np.maximum(value - low, 0)[shown], np.maximum(high - value, 0)[shown]],
            fmt="o", ms=6, color=BLUE, mfc=BLUE if mature else "white", elinewidth=1.2,
            ecolor=BLUE if mature else GREY, capsize=2.5,
            label="mature" if mature else "immature",
        )  # fmt: skip
    ax.plot(
        due_months["month"][is_mature], value[is_mature], color=BLUE, lw=1, alpha=0.6,
        label="joined",
    )  # fmt: skip
    half = pd.Timedelta(days=15)
    shade_immature(ax, months.loc[~months["is_mature"], "month"])
    ax.set_xlim(months["month"].iloc[0] - half, months["month"].iloc[-1] + half)
    ax.set_ylim(0, 1.03)
    month_axis(ax, months["month"])
    ax.set_xlabel("month in which they fell due")
    ax.set_ylabel("share renewed within the grace")
    percent_axis(ax)


_LAG_BINS = ("seamless", "1 to 7", "8 to 14", "15 to 30", "31 to 60", "61 to 89", "from 90")

_LAGS = f"""
SELECT class::VARCHAR AS class,
       CASE WHEN lag_days <= 0 THEN 0 WHEN lag_days <= 7 THEN 1 WHEN lag_days <= 14 THEN 2
            WHEN lag_days <= 30 THEN 3 WHEN lag_days <= 60 THEN 4 WHEN lag_days <= 89 THEN 5
            ELSE 6 END AS bin,
       count(*) AS n
FROM shown WHERE is_mature AND lag_days IS NOT NULL AND {OF_BASE} GROUP BY ALL ORDER BY ALL
"""

_LATE_MEDIAN = f"""
, counted AS (FROM shown WHERE {OF_BASE})
SELECT median(lag_days) FILTER (is_mature AND lag_days > 0) AS days,
       count(*) FILTER (is_mature) AS due, count(*) FILTER (NOT is_mature) AS immature,
       bool_and(is_paying) AS is_paid,
       (SELECT count(*) FROM shown WHERE is_mature) - count(*) FILTER (is_mature) AS free
FROM counted
"""


@drawn_from("view ``renewals``")
def renewal_lag(
    run: Source,
    *,
    template: str | None = None,
    segment: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw how many days after the last day of cover renewals came.

    Counts only what fell due so long ago that its grace is over, so that short lags are not
    over-represented; what was never renewed has no lag. Free entitlements are left out, unless
    nothing that is drawn has a price.
    """
    columns = ("class", "lag_days", "is_mature", *BASE_COLUMNS)
    lags = rows(run, "renewals", columns, _LAGS, template=template, segment=segment)
    with canvas(ax) as ax:
        if lags.empty:
            return nothing(ax, "Lag of renewals", "nothing whose grace is over was renewed.")
        [dues] = records(
            rows(run, "renewals", columns, _LATE_MEDIAN, template=template, segment=segment)
        )
        base = "paying" if dues.is_paid else "all"
        bottom = np.zeros(len(_LAG_BINS))
        classes = {"on_time": BLUE, "back_dated": PURPLE, "late": ORANGE, "win_back": RED}
        for (name, colour), hatch in zip(classes.items(), HATCHES, strict=False):
            counts = lags[lags["class"] == name].set_index("bin")["n"]
            height = counts.reindex(range(len(_LAG_BINS)), fill_value=0).to_numpy()
            if not height.any():
                continue
            ax.bar(
                np.arange(len(_LAG_BINS)), height, bottom=bottom, color=colour, hatch=hatch,
                edgecolor="white", label=plain_name(name), width=0.8,
            )  # fmt: skip
            bottom = bottom + height
        for place, top in enumerate(bottom.tolist()):
            ax.annotate(
                number(top), (place, top), xytext=(0, 3), textcoords="offset points",
                ha="center", fontsize=9,
            )  # fmt: skip
        ax.set_ylim(0, float(bottom.max()) * 1.1)
        ax.set_xticks(range(len(_LAG_BINS)), _LAG_BINS)
        ax.set_xlabel("days until the successor was booked, begun and activated")
        ax.set_ylabel("renewals")
        ax.legend(loc="upper right")
        count_axis(ax)
        total, seamless = int(bottom.sum()), int(bottom[0])
        late = total - seamless
        half = "half of the rest" if late > 1 else "the other one"
        within = f"; {half} came within {counted(dues.days, 'day')}" if late else ""
        caption(
            ax,
            f"{percent(seamless, total)} of the renewals were seamless{within}",
            f"{counted(total, 'renewal')} of {entitlements_of(base, dues.due)} that fell due with "
            f"their grace over by now{left_out(base, dues.free)}"
            + (f"; {number(dues.immature)} younger left out" if dues.immature else ""),
            "Renewals by days: "
            + ", ".join(
                f"{name} {number(count)}" for name, count in zip(_LAG_BINS, bottom, strict=True)
            ),
        )
    return ax
