"""Renewals: by cohort, by the month in which entitlements fell due, and by how late they came."""

from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from ..inference import (
    LEAST_UNITS,
    Change,
    Portfolio,
    change_at_fixed_mix,
    customers_alike,
    ratio,
    ratios,
)
from ..telling import (
    counted,
    entitlements_of,
    left_out,
    limits,
    listed,
    month,
    number,
    percent,
    plain_name,
    points,
    quarter,
    share_of,
)
from .base import BASE_COLUMNS, FEW, OF_BASE
from .beneath import numbers_beneath
from .canvas import (
    canvas,
    caption,
    count_axis,
    label_ends,
    month_axis,
    nothing,
    percent_axis,
    shade_immature,
    slant_if_narrow,
)
from .dates import Day
from .documentation import drawn_from
from .source import Source, drawn_anew, records, rows
from .style import BLUE, GREY, HATCHES, INK, LINES, ORANGE, PURPLE, QUIET, RED

_COHORTS = """
SELECT cohort::DATE AS cohort, template::VARCHAR AS template, term_months, renewal_number,
       sum(at_risk)::BIGINT AS at_risk, sum(renewed)::BIGINT AS renewed,
       bool_and(is_mature) AS is_mature, any_value(base) AS base
FROM shown GROUP BY ALL HAVING sum(at_risk) > 0 ORDER BY ALL
"""

FloatArray = NDArray[np.float64]

#: What comes to its renewals together.
_SALE: Final = ["template", "term_months"]


#: Share of the darkest colour: far above 1, so that dark letters stay readable on every cell.
_PALEST = 1.6

#: Share of what was sold that must be followed up to a renewal to tell what is left after it.
_ALMOST_ALL: Final = 0.9


@drawn_from(
    "view ``cohorts``",
    "the quarter in which a cohort was first sold",
    ax=(
        "Axes, optional",
        "Where to draw; by default a new figure, taller for more cohorts.",
    ),
)
def renewal_cohorts(
    run: Source,
    *,
    template: str | None = None,
    segment: str | None = None,
    since: Day = None,
    until: Day = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the share of each cohort that is left after its first, second, … renewal.

    What was sold as one template for one length of term comes to a renewal together: its share is
    the product of what was renewed of those at risk. Shares of several are weighed alike for all
    cohorts, by how many came to a first renewal in all of them, and left out where a tenth of these
    or more have not come to a renewal yet, since they would tell of the short terms alone: choose a
    template to follow it further. Below each column stands of what most of those at risk consist.
    Under each share stands the number at risk; fewer than 20 are pale, and a hatched cell can still
    change, because some of its renewals are immature. Cohorts whose first renewals were before the
    run have no share, nor have those so small that they hold too little of the mix; where none has
    one, all of them together do.
    """
    columns = (
        "cohort", "template", "term_months", "renewal_number", "at_risk", "renewed", "is_mature",
        "base",
    )  # fmt: skip
    dues = rows(
        run, "cohorts", columns, _COHORTS, dated="cohort", since=since, until=until,
        template=template, segment=segment,
    )  # fmt: skip
    sold = dues[dues["renewal_number"] == 1].groupby(_SALE, as_index=False)["at_risk"].sum()
    followed = dues.merge(sold[_SALE].assign(sale=range(len(sold))), on=_SALE)
    first = followed.groupby(["sale", "cohort"])["renewal_number"].transform("min")
    followed = followed[first == 1]
    weights = sold["at_risk"].to_numpy(dtype=float)
    left = {
        cohort: _left(followed[followed["cohort"] == cohort], weights)
        for cohort in sorted(dues["cohort"].unique())
    }
    cohorts = [cohort for cohort, cells in left.items() if len(cells)]
    if cohorts:
        dues = dues[dues["cohort"].isin(cohorts)]
        followed = followed[followed["cohort"].isin(cohorts)]
    together = _left(followed, weights)
    height = 2.5 + 0.44 * max(len(cohorts) + 1, 4)
    with canvas(ax, width=7.6, height=height, narrow_height=height) as ax:
        if together.empty:
            return nothing(
                ax,
                "Renewal of cohorts",
                "no entitlement fell due for its first renewal long enough ago to tell.",
                since=since,
                until=until,
            )
        names = [*(_cohort_name(cohort, cohorts) for cohort in cohorts), "all"]
        shown = pd.concat(
            [
                cells.assign(row=row)
                for row, cells in enumerate([*(left[cohort] for cohort in cohorts), together])
            ]
        )
        made_of = _composition(dues)[: int(shown["renewal_number"].max())]
        _draw_triangle(ax, shown, names, [_largest_part(parts) for parts in made_of])
        base = entitlements_of(str(dues["base"].iloc[0]))
        first = together.iloc[0]
        many = together[together["at_risk"] >= LEAST_UNITS]
        end = many.iloc[-1] if len(many) else first
        of_which = f" of {listed([name for name in (segment, template) if name])}"
        subject = of_which if template or segment else ""
        others = len(left) - len(cohorts)
        too_little = "too little of the mix comes to a first renewal in the run"
        caption(
            ax,
            f"Of the {base}{subject} first sold, {percent(first['left'])} are left after 1 renewal"
            + (
                f" and {percent(end['left'])} after {number(end['renewal_number'])}"
                if end["renewal_number"] > 1
                else ""
            ),
            "Share of each cohort that is left, with the number at risk; pale: fewer than "
            f"{FEW}; hatched: can still change; below: most of those at risk",
            f"First renewals: {share_of(int(first['renewed']), int(first['at_risk']))}",
            ""
            if not others
            else f"Left out: {counted(others, 'cohort')}, where {too_little}"
            if cohorts
            else f"All together, since in each cohort {too_little}",
            *(
                f"At risk of renewal {renewal}: "
                + listed([f"{name} {percent(share)}" for name, share in parts], most=4)
                for renewal, parts in enumerate(made_of, start=1)
                if not template
            ),
            *(
                f"{name}: "
                + ", ".join(percent(share) for share in shown["left"][shown["row"] == place])
                for place, name in enumerate(names)
            ),
            since=since,
            until=until,
        )
    return ax


def _left(dues: pd.DataFrame, weights: FloatArray) -> pd.DataFrame:
    """Return the share that is left after each renewal up to which almost all can be followed.

    Parameters
    ----------
    dues : DataFrame
        At risk and renewed, by number of the renewal and of the sale.
    weights : ndarray of float
        The weight of each sale. One none of which is left stays in at 0.
    """
    numbers = dues["renewal_number"].to_numpy(dtype=int)
    most = int(numbers.max()) if len(numbers) else 0
    at_risk, renewed = np.zeros((2, len(weights), most))
    places = dues["sale"].to_numpy(dtype=int), numbers - 1
    np.add.at(at_risk, places, dues["at_risk"].to_numpy(dtype=float))
    np.add.at(renewed, places, dues["renewed"].to_numpy(dtype=float))
    share = np.cumprod(np.where(at_risk > 0, renewed / np.maximum(at_risk, 1), np.nan), axis=1)
    share[np.logical_or.accumulate(share == 0, axis=1)] = 0.0
    is_known = ~np.isnan(share)
    known = (weights[:, None] * is_known).sum(0)
    left = (weights[:, None] * np.where(is_known, share, 0.0)).sum(0)
    is_mature = np.ones(most, np.bool_)
    is_mature[numbers[~dues["is_mature"].to_numpy(dtype=bool)] - 1] = False
    cells = pd.DataFrame(
        {
            "renewal_number": range(1, most + 1),
            "at_risk": at_risk.sum(0).astype(np.int64),
            "renewed": renewed.sum(0).astype(np.int64),
            "is_mature": is_mature,
            "left": left / np.where(known > 0, known, np.nan),
        }
    )
    is_followed = known >= _ALMOST_ALL * weights.sum()
    return pd.DataFrame(cells[(cells["at_risk"] > 0) & is_followed])


def _composition(dues: pd.DataFrame) -> list[list[tuple[str, float]]]:
    """Say for each renewal number which share of those at risk is of which template."""
    parts = []
    for number_of_renewal in range(1, int(dues["renewal_number"].max()) + 1):
        of_one = dues[dues["renewal_number"] == number_of_renewal]
        shares = of_one.groupby("template")["at_risk"].sum().sort_values(
            ascending=False, kind="stable"
        )  # fmt: skip
        whole = max(int(shares.sum()), 1)
        parts.append([(str(name), count / whole) for name, count in shares.items()])
    return parts


def _largest_part(parts: list[tuple[str, float]]) -> str:
    if not parts:
        return ""
    name, share = parts[0]
    return f"{name}\n{percent(share)}"


def _cohort_name(cohort: Any, cohorts: list[Any]) -> str:
    """Name a cohort by its year, quarter or month, whichever the cohorts are apart."""
    first_months = {start.month for start in cohorts}
    if first_months == {1} and len(cohorts) > 1:
        return str(cohort.year)
    return quarter(cohort) if first_months <= {1, 4, 7, 10} else month(cohort)


def _draw_triangle(ax: Axes, cells: pd.DataFrame, names: list[str], made_of: list[str]) -> None:
    most = int(cells["renewal_number"].max())
    grid = np.full((len(names), most), np.nan)
    grid[cells["row"].to_numpy(dtype=int), cells["renewal_number"].to_numpy(dtype=int) - 1] = (
        np.where(cells["at_risk"] >= FEW, cells["left"], np.nan)
    )
    ax.pcolormesh(
        grid, cmap="Blues", vmin=0, vmax=_PALEST, edgecolors="white", linewidth=2, label="left"
    )
    for cell in records(cells):
        row, column = int(cell.row), int(cell.renewal_number) - 1
        is_few = cell.at_risk < FEW
        ax.text(
            column + 0.5, row + 0.38, percent(cell.left), ha="center", va="center", fontsize=10,
            fontweight="normal" if is_few else "bold", color=QUIET if is_few else INK,
        )  # fmt: skip
        ax.text(
            column + 0.5, row + 0.75, number(cell.at_risk), ha="center", va="center", fontsize=7.5,
            color=QUIET if is_few else INK,
        )  # fmt: skip
        if not cell.is_mature and row < len(names) - 1:
            ax.fill_between(
                [column + 0.03, column + 0.97], row + 0.04, row + 0.96, facecolor="none",
                edgecolor=QUIET, hatch="///", lw=0, alpha=0.4,
            )  # fmt: skip
    ax.axhline(len(names) - 1, color=INK, lw=0.8)
    ax.set_xlim(0, most)
    ax.set_ylim(len(names), 0)
    ticks = [f"{renewal}\n{part}" for renewal, part in enumerate(made_of[:most], start=1)]
    ax.set_xticks(np.arange(most) + 0.5, ticks)
    ax.set_yticks(np.arange(len(names)) + 0.5, names)
    ax.set_xlabel("renewal number, and most of those at risk")
    ax.set_ylabel("first start in")
    ax.tick_params(length=0)
    ax.grid(visible=False)
    for spine in ax.spines.values():
        spine.set_visible(False)


#: Lines of the chart of renewal rates: the number of the renewal up to the third.
_RENEWALS: Final = {1: ("first", BLUE), 2: ("second", ORANGE), 3: ("later", PURPLE)}

#: Months of a year: the last such many are held against as many before.
_YEAR: Final = 12

#: What fell due by customer, those who add the same together: to the rate of all, to that
#: of each line and month, and to both of the last years.
_RATES = f"""
, dues AS MATERIALIZED (
    SELECT customer_id, segment, month::DATE AS month, template, renewal_number,
           least(greatest(renewal_number, 1), {max(_RENEWALS)}) AS line,
           is_mature::INTEGER AS n, (is_mature AND is_renewed)::INTEGER AS renewed, 1 AS due
    FROM shown WHERE {OF_BASE}
),
facts AS (
    SELECT bool_and(is_paying) FILTER ({OF_BASE}) AS is_paid,
           count(*) FILTER (is_mature)::BIGINT AS all_n
    FROM shown
),
of_all AS (
    SELECT customer_id, segment, sum(n)::BIGINT AS n, sum(renewed)::BIGINT AS renewed
    FROM dues WHERE n > 0 GROUP BY ALL
),
of_lines AS (
    SELECT customer_id, segment, line, month, sum(n)::BIGINT AS n, sum(renewed)::BIGINT AS renewed,
           sum(due)::BIGINT AS due
    FROM dues GROUP BY ALL
),
mature AS (
    SELECT month, row_number() OVER (ORDER BY month DESC) AS months_back
    FROM dues GROUP BY month HAVING sum(n) = sum(due)
),
of_cells AS (
    SELECT customer_id, segment, months_back <= {_YEAR} AS is_last, renewal_number, template,
           sum(n)::BIGINT AS n, sum(renewed)::BIGINT AS renewed
    FROM dues JOIN mature USING (month) WHERE months_back <= 2 * {_YEAR} GROUP BY ALL
),
cells AS (
    SELECT *, row_number() OVER () AS cell
    FROM (SELECT DISTINCT * EXCLUDE (customer_id) FROM of_cells)
),
of_years AS (
    SELECT customer_id, segment, list(cell ORDER BY cell) AS added
    FROM of_cells JOIN cells USING (is_last, renewal_number, template, segment, n, renewed)
    GROUP BY ALL
)
SELECT rates.* REPLACE (template::VARCHAR AS template, segment::VARCHAR AS segment), facts.*
FROM (
    SELECT 'all' AS part, * FROM ({customers_alike("of_all", [], ["n", "renewed"])})
    UNION ALL BY NAME
    SELECT 'lines' AS part, *
    FROM ({customers_alike("of_lines", ["line", "month"], ["n", "renewed", "due"])})
    UNION ALL BY NAME
    SELECT 'years' AS part, years.* EXCLUDE (added, cell), cells.* EXCLUDE (cell)
    FROM (
        SELECT *, unnest(added) AS cell FROM ({customers_alike("of_years", [], ["added"])})
    ) AS years
    JOIN cells USING (cell)
) AS rates
CROSS JOIN facts
ORDER BY part, rates.customer_id
"""


@drawn_from("view ``renewals``", "the month in which they fell due")
def renewal_rate_by_month(
    run: Source,
    *,
    template: str | None = None,
    segment: str | None = None,
    since: Day = None,
    until: Day = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the share of what fell due in a month that was renewed within the grace.

    One line each for first, second and later renewals, because those who stayed once stay more
    often; the numbers due stand beneath. Bands are 95% limits with customers drawn anew. Fewer
    than 20 due stand in grey, joined to nothing, and months on grey are immature: they rest on the
    few whose grace is over. A change is told where that of the last twelve months against the
    twelve before, at the same mix of renewal numbers, templates and segments, is more than chance.
    Free entitlements are left out, unless nothing that is drawn has a price.
    """
    columns = (
        "customer_id", "month", "template", "segment", "renewal_number", "is_mature",
        "is_renewed", *BASE_COLUMNS,
    )  # fmt: skip
    dues = rows(
        run, "renewals", columns, _RATES, dated="month", since=since, until=until,
        template=template, segment=segment,
    )  # fmt: skip
    of_all, of_lines, of_years = (dues[dues["part"] == part] for part in ("all", "lines", "years"))
    with canvas(ax, height=5.2, narrow_height=4.4) as ax:
        if of_all.empty:
            why = "nothing fell due long enough ago for its grace to be over."
            return nothing(ax, "Renewal rate by month due", why, since=since, until=until)
        portfolio = drawn_anew(run, with_shocks=True)
        base = "paying" if dues["is_paid"].iloc[0] else "all"
        rate = ratio(of_all, "renewed", "n", portfolio=portfolio, frequency="frequency")
        by_month = _added_up(of_lines, ["month"], ["n", "renewed", "due"])
        young = by_month.index[by_month["n"] < by_month["due"]]
        levels = _draw_rates(ax, of_lines, young, portfolio)
        change = None
        if len(by_month) - len(young) >= 2 * _YEAR:
            change = _change_of_a_year(of_years, portfolio)
        picked = [name for name in (segment, template) if name]
        subject = f"{entitlements_of(base)}{f' of {listed(picked)}' if picked else ''}"
        caption(
            ax,
            _finding(rate.value, subject, change),
            f"{number(rate.n)} due with their grace over"
            + left_out(base, dues["all_n"].iloc[0] - rate.n)
            + f"; bands: 95% limits, {rate.unit}; grey: fewer than {FEW}"
            + ("; hollow on grey: not all grace is over" if len(young) else "")
            + _compared(change),
            f"Renewed: {share_of(int(by_month['renewed'].sum()), int(rate.n))}, interval "
            f"{limits(rate.low, rate.high, percent)}",
            *(f"{name} renewals: {share}" for name, share in levels),
            f"Immature: {listed([month(first_day) for first_day in young])}" if len(young) else "",
            since=since,
            until=until,
        )
    return ax


def _finding(rate: float, subject: str, change: Change | None) -> str:
    if change is None or not change.change.excludes(0):
        return f"{percent(rate)} of the {subject} that fell due were renewed within the grace"
    rose = "rose" if change.change.value > 0 else "fell"
    return (
        f"Renewal of {subject} {rose} from {percent(change.before.value)} to "
        f"{percent(change.after.value)} at the same mix, in the last twelve months against the "
        "twelve before"
    )


def _compared(change: Change | None) -> str:
    """Say how much a year changed at the same mix, and between which limits."""
    if change is None:
        return ""
    moved = change.change
    between = limits(100 * moved.low, 100 * moved.high, points)
    return (
        f"; last twelve months against the twelve before, at the same mix: "
        f"{points(100 * moved.value)} points ({between})"
    )


def _added_up(rows_alike: pd.DataFrame, by: list[str], columns: list[str]) -> pd.DataFrame:
    """Return sums over all customers that the rows stand for."""
    added = rows_alike[columns].mul(rows_alike["frequency"], axis=0)
    return pd.DataFrame(added.groupby([rows_alike[name] for name in by]).sum())


def _change_of_a_year(of_years: pd.DataFrame, portfolio: Portfolio | None) -> Change | None:
    """Compare the last twelve mature months with the twelve before; None where few fell due."""
    if _added_up(of_years, ["is_last"], ["n"])["n"].min() < LEAST_UNITS:
        return None
    change = change_at_fixed_mix(
        of_years, "renewed", "n", "is_last", portfolio=portfolio, frequency="frequency"
    )
    return change if np.isfinite(change.change.value) else None


def _draw_rates(
    ax: Axes, dues: pd.DataFrame, young: pd.Index, portfolio: Portfolio | None
) -> list[tuple[str, str]]:
    """Draw a line for each number of renewals; return their names and shares over all months."""
    months = pd.Index(sorted(dues["month"].unique()))
    rates = ratios(
        dues[dues["n"] > 0], "renewed", "n", ["line", "month"], portfolio=portfolio,
        frequency="frequency",
    )  # fmt: skip
    by_line = _added_up(dues, ["line"], ["renewed", "n"]).reindex(list(_RENEWALS), fill_value=0)
    ends, colours, levels, counts, lowest = [], [], [], {}, 1.0
    for place, (line, (name, colour)) in enumerate(_RENEWALS.items()):
        of_line = rates[rates["line"] == line].set_index("month").reindex(months)
        enough = of_line["n"].fillna(0) >= FEW
        is_young = pd.Series(months.isin(young), index=months)
        renewed, n = (int(by_line[sum_of].to_dict()[line]) for sum_of in ("renewed", "n"))
        if not n:
            continue
        counts[name] = of_line["n"].fillna(0).tolist()
        levels.append((name, share_of(renewed, n)))
        solid = of_line.where(enough & ~is_young)
        ax.plot(months, solid["value"], color=colour, ls=LINES[place], marker="o", ms=3, label=name)
        ax.fill_between(months, solid["low"], solid["high"], color=colour, alpha=0.14, lw=0)
        few = of_line[~enough & of_line["value"].notna()]
        ax.plot(few.index, few["value"], "o", color=GREY, ms=3, label=f"{name}, few")
        hollow = of_line[enough & is_young]
        ax.plot(hollow.index, hollow["value"], "o", color=colour, mfc="white", ms=5,
                label=f"{name}, immature")  # fmt: skip
        drawn = of_line.dropna(subset=["value"])
        lowest = min(lowest, *solid["low"].dropna(), *drawn["value"])
        last = solid.dropna(subset=["value"])
        end = (last if len(last) else drawn).iloc[-1]
        ends.append((end.name, float(end["value"]), f"{name} {percent(renewed, n)}"))
        colours.append(colour)
    shade_immature(ax, young)
    half = pd.Timedelta(days=15)
    ax.set_xlim(months[0] - half, months[-1] + half)
    ax.set_ylim(max(0.0, np.floor(lowest * 10 - 0.2) / 10), 1.02)
    month_axis(ax, months)
    label_ends(ax, [(months[-1] + half, y, name) for _, y, name in ends], colours)
    ax.set_ylabel("share renewed within the grace")
    percent_axis(ax)
    numbers_beneath(ax, "due", list(months), counts)
    return levels


_LAG_BINS = ("seamless", "1 to 7", "8 to 14", "15 to 30", "31 to 60", "61 to 89", "from 90")

_LAGS = f"""
, counted AS (FROM shown WHERE {OF_BASE}),
facts AS (
    SELECT median(lag_days) FILTER (is_mature AND lag_days > 0) AS days,
           count(*) FILTER (is_mature) AS due, count(*) FILTER (NOT is_mature) AS immature,
           bool_and(is_paying) AS is_paid,
           (SELECT count(*) FROM shown WHERE is_mature) - count(*) FILTER (is_mature) AS free
    FROM counted
)
SELECT class::VARCHAR AS class,
       CASE WHEN lag_days <= 0 THEN 0 WHEN lag_days <= 7 THEN 1 WHEN lag_days <= 14 THEN 2
            WHEN lag_days <= 30 THEN 3 WHEN lag_days <= 60 THEN 4 WHEN lag_days <= 89 THEN 5
            ELSE 6 END AS bin,
       count(*) AS n, facts.*
FROM counted CROSS JOIN facts
WHERE is_mature AND lag_days IS NOT NULL GROUP BY ALL ORDER BY ALL
"""


@drawn_from("view ``renewals``", "the month in which they fell due")
def renewal_lag(
    run: Source,
    *,
    template: str | None = None,
    segment: str | None = None,
    since: Day = None,
    until: Day = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw how many days after the last day of cover renewals came.

    The bars are steps of unequal length, named below them. Counts only what fell due so long ago
    that its grace is over, so that short lags are not over-represented; what was never renewed has
    no lag. Free entitlements are left out, unless nothing that is drawn has a price.
    """
    columns = ("class", "lag_days", "is_mature", *BASE_COLUMNS)
    lags = rows(
        run, "renewals", columns, _LAGS, dated="month", since=since, until=until,
        template=template, segment=segment,
    )  # fmt: skip
    with canvas(ax) as ax:
        if lags.empty:
            why = "nothing whose grace is over was renewed."
            return nothing(ax, "Lag of renewals", why, since=since, until=until)
        dues = records(lags)[0]
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
        slant_if_narrow(ax)
        ax.set_xlabel(
            "days until the successor was booked, begun and activated (steps of unequal length)"
        )
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
            since=since,
            until=until,
        )
    return ax
