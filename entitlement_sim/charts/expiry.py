"""When entitlements end: day by day in a calendar, and as a wall ahead."""

from datetime import date
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm
from matplotlib.ticker import FuncFormatter

from ..inference import LEAST_UNITS
from ..inference import total as total_of
from ..store.run import Run
from ..telling import (
    counted,
    day,
    entitlements_of,
    long_month,
    number,
    percent,
    share_of,
    short_money,
    short_month,
)
from .base import currency_of
from .canvas import canvas, caption, most_on_a_day, nothing, percent_axis
from .dates import Day, span
from .documentation import drawn_from
from .source import Source, drawn_anew, rows
from .style import BLUE, INK, RED, is_narrow

# The same entitlements as in the view expiry_by_month, by day.
_ENDS = """
SELECT end_date::DATE AS day, count(*) AS n, min(known_to) AS known_to
FROM (
    SELECT *, coalesce($as_of, (SELECT max(covered_to) FROM shown))::DATE AS known_to FROM shown
    WHERE covered_from <= end_date AND ended_by IS DISTINCT FROM 'cancellation'
        AND (was_in_force OR NOT is_left_truncated)
)
GROUP BY ALL ORDER BY day
"""

# Of two calendar months, how many more entitlements of each customer end in the first, over whole
# years that are over.
_OF_CUSTOMERS = """
SELECT customer_id,
       (count(*) FILTER (month(end_date) = $first) - count(*) FILTER (month(end_date) = $second))
           ::BIGINT AS gap
FROM shown
WHERE covered_from <= end_date AND ended_by IS DISTINCT FROM 'cancellation'
    AND (was_in_force OR NOT is_left_truncated) AND end_date::DATE BETWEEN $begins AND $ends
GROUP BY ALL
"""

#: Rows that a year takes: seven days of the week and a gap.
_YEAR_ROWS = 8
_WEEKS = 54


@drawn_from(
    "view ``entitlement_facts``",
    "the last day of cover",
    ax=(
        "Axes, optional",
        "Where to draw; by default a new figure, taller for more years.",
    ),
)
def expiry_calendar(
    run: Source,
    *,
    template: str | None = None,
    segment: str | None = None,
    since: Day = None,
    until: Day = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a calendar of the days on which entitlements end, those to come after a line.

    It begins with the month of the first. Counts last days of cover; cancelled entitlements, drafts
    never activated and what ended before the run are left out, as in the view ``expiry_by_month``.

    The title names the calendar month in which most end where, over the whole years before the end
    of the run and with customers drawn anew, more end in it than in any other.
    """
    picked: dict[str, Any] = {
        "dated": "end_date", "since": since, "until": until, "template": template,
        "segment": segment,
    }  # fmt: skip
    columns = (
        "customer_id", "end_date", "covered_from", "covered_to", "ended_by", "was_in_force",
        "is_left_truncated",
    )  # fmt: skip
    ends = rows(run, "entitlement_facts", columns, _ENDS, {"as_of": _last_day(run)}, **picked)
    years = _years(ends)
    with canvas(
        ax, width=9.0, height=1.5 + 1.15 * max(len(years), 2),
        narrow_height=1.5 + 0.8 * max(len(years), 2),
    ) as ax:  # fmt: skip
        if ends.empty:
            return nothing(
                ax, "Expiries by day", "no entitlement has come into force.", since=since,
                until=until,
            )  # fmt: skip
        _draw_calendar(ax, ends, years)
        total = int(ends["n"].sum())
        ahead = int(ends.loc[ends["day"] > ends["known_to"], "n"].sum())
        first, last = day(ends["day"].iloc[0]), day(ends["day"].iloc[-1])
        when = f"from {first} to {last}" if first != last else f"on {first}"
        number_of_ends = f"{counted(total, 'entitlement ends', 'entitlements end')} {when}"
        busiest = _busiest_month(run, ends, picked)
        caption(
            ax,
            busiest or number_of_ends,
            f"Entitlements by their last day of cover; {most_on_a_day(ends, 'n')}",
            f"{number_of_ends}, {number(ahead)} of them after the run",
            "More end in it than in any other month, by 95% limits for all pairs with customers "
            "drawn anew"
            if busiest
            else "",
            above=16,
            since=since,
            until=until,
        )
    return ax


def _last_day(run: Source) -> date | None:
    """Return the last day of a run; a frame knows no more than what it covers."""
    if not isinstance(run, Run):
        return None
    [(as_of,)] = run.connection.sql("SELECT as_of FROM metric_parameters").fetchall()
    return date.fromisoformat(str(as_of)[:10])


def _busiest_month(run: Source, ends: pd.DataFrame, picked: dict[str, Any]) -> str:
    """Name the calendar month in which most entitlements end, where that is more than chance."""
    known_to = ends["known_to"].iloc[0]
    years = min(
        (known_to - ends["day"].iloc[0]).days // 365, (known_to.year - ends["day"].iloc[0].year)
    )
    if years < 1:
        return ""
    begins = known_to - pd.DateOffset(years=years) + pd.Timedelta(days=1)
    over = ends[(ends["day"] >= begins) & (ends["day"] <= known_to)]
    by_month = np.bincount(over["day"].dt.month, weights=over["n"], minlength=13)[1:]
    second, first = (int(place) for place in np.argsort(by_month, kind="stable")[-2:])
    if by_month[first] < LEAST_UNITS:
        return ""
    gap = rows(
        run, "entitlement_facts", ("customer_id",), _OF_CUSTOMERS,
        {"first": first + 1, "second": second + 1, "begins": begins.date(),
         "ends": known_to.date()},
        **picked,
    )  # fmt: skip
    more = total_of(gap, "gap", portfolio=drawn_anew(run), confidence=1 - 0.05 / 66)
    if not more.low > 0:
        return ""
    share = share_of(by_month[first], by_month.sum())
    last = "the last year" if years == 1 else f"the last {number(years)} years"
    return f"{long_month(first + 1)} is the month of expiries: {share} of {last} ended in it"


def _years(ends: pd.DataFrame) -> list[int]:
    if ends.empty:
        return []
    return list(range(ends["day"].dt.year.min(), ends["day"].dt.year.max() + 1))


def _week(when: "pd.Series[pd.Timestamp]") -> "pd.Series[int]":
    """Week of the year, counted from the one that 1 January lies in."""
    first = pd.to_datetime({"year": when.dt.year, "month": 1, "day": 1})
    return (when.dt.day_of_year - 1 + first.dt.day_of_week) // 7


def _draw_calendar(ax: Axes, ends: pd.DataFrame, years: list[int]) -> None:
    days = pd.Series(pd.date_range(f"{years[0]}-01-01", f"{years[-1]}-12-31", unit="us"))
    counts = ends.set_index("day")["n"].reindex(days, fill_value=0).to_numpy()
    row = (days.dt.year - years[0]) * _YEAR_ROWS + days.dt.day_of_week
    grid = np.full((_YEAR_ROWS * len(years), _WEEKS), np.nan)
    # Nothing is drawn of the months before the first one.
    seen = days >= ends["day"].iloc[0].replace(day=1)
    grid[row[seen], _week(days)[seen]] = counts[seen]
    levels = _levels(int(counts.max()))
    mesh = ax.pcolormesh(
        grid, cmap="Blues", norm=BoundaryNorm(levels, 256, extend="neither"),
        edgecolors="white", linewidth=0.2 if is_narrow() else 0.8, rasterized=True,
    )  # fmt: skip
    ax.set_ylim(grid.shape[0], 0)
    ax.set_xlim(0, _WEEKS)
    firsts = days[(days.dt.day == 1) & (days.dt.year == years[0])]
    letters = 1 if is_narrow() else 3
    names = [short_month(month) for month in firsts.dt.month]
    ax.set_xticks(_week(firsts) + 0.9, [name[:letters] for name in names])
    ax.xaxis.tick_top()
    for place, year in enumerate(years):
        top = place * _YEAR_ROWS
        ax.text(
            -0.045, top + 3.5, str(year), transform=ax.get_yaxis_transform(), ha="right",
            va="center", fontsize=11, fontweight="bold",
        )  # fmt: skip
    weekdays = [(2, "Tue"), (6, "Sat")] if is_narrow() else [(1, "Mon"), (3, "Wed"), (5, "Fri")]
    ax.set_yticks(
        [place * _YEAR_ROWS + at - 0.5 for place, _ in enumerate(years) for at, _ in weekdays],
        [name for _ in years for _, name in weekdays],
        fontsize=7 if is_narrow() else 8,
    )
    ax.tick_params(length=0)
    ax.grid(visible=False)
    for spine in ax.spines.values():
        spine.set_visible(False)
    _mark_end_of_run(ax, ends["known_to"].iloc[0], years)
    bar = ax.figure.colorbar(
        mesh, ax=ax, orientation="horizontal", fraction=0.035, pad=0.03, aspect=45, shrink=0.6,
        ticks=levels[:-1], format=FuncFormatter(lambda count, _: number(count)),
    )  # fmt: skip
    bar.set_label("entitlements that end on a day, from", fontsize=8.5)
    bar.outline.set_visible(False)


def _levels(most: int) -> list[int]:
    """Steps of the colour: 0, 1, and about doubling up to the most."""
    steps = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000]
    return [*(step for step in steps if step <= most), most + 1]


def _mark_end_of_run(ax: Axes, last: pd.Timestamp, years: list[int]) -> None:
    """Draw the line after which expiries are still to come."""
    if last.year not in years:
        return
    top = (last.year - years[0]) * _YEAR_ROWS
    week = int(_week(pd.Series([last])).iloc[0])
    at = last.day_of_week + 1
    ax.plot(
        [week + 1, week + 1, week, week], [top, top + at, top + at, top + 7], color=RED, lw=1.6,
        solid_joinstyle="miter", clip_on=False, label="end of the run",
    )  # fmt: skip
    ax.annotate(
        "end of\nthe run", (week + 1, top + 3.5), xytext=(5, 0), textcoords="offset points",
        fontsize=8, va="center", color=INK, annotation_clip=False,
    )  # fmt: skip


# Free contracts have no value, but count where nothing has a price.
_PIPELINE = """
SELECT end_date::DATE AS day, min(end_date::DATE - days_left::INTEGER)::DATE AS as_of,
       count(*) FILTER (in_base) AS n,
       coalesce(sum(annual_value) FILTER (in_base), 0)::DOUBLE AS value,
       sum(annual_value)::DOUBLE AS total_value,
       coalesce(bool_and(is_paying) FILTER (in_base), true) AS pays
FROM shown GROUP BY ALL ORDER BY day
"""

#: Bars are of weeks up to so many days ahead, then of months; the last per cent of the value is
#: left out of the picture.
_WEEKS_UP_TO, _SHOWN = 200, 0.99
_WALL_DAYS = 30


@drawn_from("view ``expiring``", "the day on which they end")
def expiry_wall(
    run: Source,
    *,
    template: str | None = None,
    segment: str | None = None,
    since: Day = None,
    until: Day = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw when the annual value of what is active or waiting ends, and where most of it does.

    Bars are weeks or months, cut where the last per cent of the value begins. The window that is
    marked has as many days as in the view ``expiry_wall`` (of a frame, 30) and holds the most; the
    title names it where 30 or more entitlements end in it, else it tells of the days next ahead.
    """
    columns = ("end_date", "days_left", "annual_value", "in_base", "is_paying")
    ends = rows(
        run, "expiring", columns, _PIPELINE, dated="end_date", since=since, until=until,
        template=template, segment=segment,
    )  # fmt: skip
    with canvas(ax) as ax:
        total = float(ends["total_value"].sum())
        if not total > 0:
            return nothing(
                ax, "Expiry wall", "no entitlement with a price is active or waiting.",
                since=since, until=until,
            )  # fmt: skip
        base = "paying" if ends["pays"].all() else "all"
        currency = currency_of(run)
        begins, _ = span(since, None)
        first = max(ends["as_of"].iloc[0], pd.Timestamp(begins or date.min.replace(year=1700)))
        wall = _window(ends, first, _wall_days(run))
        _draw_wall(ax, ends, total, first, wall)
        caption(
            ax,
            f"{percent(wall.value, total)} of the annual value ends in the "
            f"{counted(wall.days, 'day')} from {day(wall.begins)}",
            f"{entitlements_of(base, wall.n)} worth {short_money(wall.value, currency)} a year, "
            f"of {short_money(total, currency)} that are active or waiting",
            f"An even spread over a year would be {percent(wall.days, 365)}",
            since=since,
            until=until,
        )
    return ax


class Window(NamedTuple):
    """Days on end, how many entitlements end in them, and their annual value."""

    begins: pd.Timestamp
    days: int
    n: int
    value: float


def _wall_days(run: Source) -> int:
    if not isinstance(run, Run):
        return _WALL_DAYS
    [(days,)] = run.connection.sql("SELECT wall_days FROM metric_parameters").fetchall()
    return int(days)


def _window(ends: pd.DataFrame, first: pd.Timestamp, days: int) -> Window:
    """Find the days that hold the most, or those next ahead where these are too few to say."""
    ahead = (ends["day"] - first).dt.days.to_numpy()
    length = int(ahead.max()) + 1
    sums = []
    for column in ("value", "n"):
        daily = np.zeros(length + days)
        np.add.at(daily, ahead, ends[column].to_numpy(dtype=float))
        up_to = np.append(0.0, np.cumsum(daily))
        sums.append(up_to[days : days + length] - up_to[:length])
    value, n = sums
    # Amounts are hundredths: what differs by less is equal, and the earliest counts.
    place = int(np.argmax(np.round(value, 2)))
    if n[place] < LEAST_UNITS:
        place = 0
    return Window(first + pd.Timedelta(days=place), days, int(n[place]), float(value[place]))


def _draw_wall(
    ax: Axes, ends: pd.DataFrame, total: float, first: pd.Timestamp, wall: Window
) -> None:
    shown_to = ends["day"][ends["value"].cumsum() >= _SHOWN * ends["value"].sum()].iloc[0]
    last = max(shown_to, wall.begins + pd.Timedelta(days=wall.days - 1))
    by_week = (last - first).days <= _WEEKS_UP_TO
    periods = ends["day"].dt.to_period("W" if by_week else "M")
    shares = ends.groupby(periods)["value"].sum() / total
    months: Any = shares.index  # of periods
    shares = shares[months.start_time <= last]
    months = shares.index
    starts = months.start_time
    widths: Any = (months.end_time.normalize() - starts) + pd.Timedelta(days=1)
    ax.bar(
        starts, shares, width=widths * 0.94, align="edge", color=BLUE,
        label="week" if by_week else "month",
    )  # fmt: skip
    begins: Any = wall.begins
    ends_on: Any = begins + pd.Timedelta(days=wall.days)
    ax.axvspan(begins, ends_on, color=RED, alpha=0.14, lw=0, label="window")
    top = float(shares.max()) * 1.22
    ax.plot([begins, ends_on], [top * 0.9] * 2, color=RED, lw=2, label="window")
    before_middle = begins < first + (last - first) / 2
    ax.annotate(
        f"{counted(wall.days, 'day')}: {percent(wall.value, total)}",
        (ends_on if before_middle else begins, top * 0.9),
        xytext=(5 if before_middle else -5, 0), textcoords="offset points", va="center",
        ha="left" if before_middle else "right", fontsize=9.5, fontweight="bold", color=INK,
    )  # fmt: skip
    ax.set_ylim(0, top)
    ax.set_xlim(min(starts[0], first), max(starts[-1] + widths[-1], ends_on))
    ax.set_ylabel(f"share of annual value ending in the {'week' if by_week else 'month'}")
    percent_axis(ax)
