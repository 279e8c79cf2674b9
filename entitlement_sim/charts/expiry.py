"""When entitlements end: day by day in a calendar, and as a wall ahead."""

from datetime import date

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm
from matplotlib.ticker import FuncFormatter

from ..store.run import Run
from ..telling import (
    counted,
    day,
    entitlements_of,
    listed,
    long_month,
    number,
    percent,
    share_of,
    short,
    short_month,
)
from .canvas import canvas, caption, most_on_a_day, nothing, percent_axis
from .documentation import drawn_from
from .source import Source, records, rows
from .style import BLUE, INK, QUIET, RED

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

#: Rows that a year takes: seven days of the week and a gap.
_YEAR_ROWS = 8
_WEEKS = 54


@drawn_from(
    "view ``entitlement_facts``",
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
    ax: Axes | None = None,
) -> Axes:
    """Draw a calendar of the days on which entitlements end, those to come after a line.

    Counts last days of cover; cancelled entitlements, drafts never activated and what ended before
    the run are left out, as in the view ``expiry_by_month``.
    """
    ends = rows(
        run,
        "entitlement_facts",
        ("end_date", "covered_from", "covered_to", "ended_by", "was_in_force", "is_left_truncated"),
        _ENDS,
        {"as_of": _last_day(run)},
        template=template,
        segment=segment,
    )
    years = _years(ends)
    with canvas(ax, width=9.0, height=1.5 + 1.15 * max(len(years), 2)) as ax:
        if ends.empty:
            return nothing(ax, "Expiries by day", "no entitlement has come into force.")
        _draw_calendar(ax, ends, years)
        total = int(ends["n"].sum())
        by_month = np.bincount(ends["day"].dt.month, weights=ends["n"])
        ahead = int(ends.loc[ends["day"] > ends["known_to"], "n"].sum())
        caption(
            ax,
            _busiest_month(by_month),
            f"Entitlements by their last day of cover; {most_on_a_day(ends, 'n')}",
            f"{counted(total, 'entitlement ends', 'entitlements end')} from "
            f"{day(ends['day'].iloc[0])} to {day(ends['day'].iloc[-1])}, {number(ahead)} of them "
            "after the run",
            above=16,
        )
    return ax


def _last_day(run: Source) -> date | None:
    """Return the last day of a run; a frame knows no more than what it covers."""
    if not isinstance(run, Run):
        return None
    [(as_of,)] = run.connection.sql("SELECT as_of FROM metric_parameters").fetchall()
    return date.fromisoformat(str(as_of)[:10])


def _busiest_month(by_month: np.ndarray) -> str:
    """Name the calendar month in which most entitlements end, or all where several are equal."""
    busiest = np.flatnonzero(by_month == by_month.max())
    names = listed([long_month(int(place)) for place in busiest])
    share = share_of(by_month.max(), by_month.sum())
    if len(busiest) == 1:
        return f"{names} is the month of expiries: {share} end in it"
    return f"{names} are the months of expiries: {share} end in each"


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
    grid[row, _week(days)] = counts
    levels = _levels(int(counts.max()))
    mesh = ax.pcolormesh(
        grid, cmap="Blues", norm=BoundaryNorm(levels, 256, extend="neither"),
        edgecolors="white", linewidth=0.8, rasterized=True,
    )  # fmt: skip
    ax.set_ylim(grid.shape[0], 0)
    ax.set_xlim(0, _WEEKS)
    firsts = days[(days.dt.day == 1) & (days.dt.year == years[0])]
    ax.set_xticks(_week(firsts) + 0.9, [short_month(month) for month in firsts.dt.month])
    ax.xaxis.tick_top()
    for place, year in enumerate(years):
        top = place * _YEAR_ROWS
        ax.text(
            -0.045, top + 3.5, str(year), transform=ax.get_yaxis_transform(), ha="right",
            va="center", fontsize=11, fontweight="bold",
        )  # fmt: skip
    weekdays = [(1, "Mon"), (3, "Wed"), (5, "Fri")]
    ax.set_yticks(
        [place * _YEAR_ROWS + at - 0.5 for place, _ in enumerate(years) for at, _ in weekdays],
        [name for _ in years for _, name in weekdays],
        fontsize=7,
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


_WALL = """
SELECT window_start::DATE AS window_start, window_end::DATE AS window_end, n,
       annual_value::DOUBLE AS annual_value, total_value::DOUBLE AS total_value, share,
       is_wall, base
FROM shown WHERE share IS NOT NULL ORDER BY window_start
"""


@drawn_from("view ``expiry_wall``")
def expiry_wall(run: Source, *, ax: Axes | None = None) -> Axes:
    """Draw the share of the annual value that ends in the days ahead, window by window."""
    columns = (
        "window_start", "window_end", "n", "annual_value", "total_value", "share", "is_wall",
        "base",
    )  # fmt: skip
    windows = rows(run, "expiry_wall", columns, _WALL)
    with canvas(ax) as ax:
        if windows.empty:
            return nothing(ax, "Expiry wall", "no entitlement with a price is active or waiting.")
        ax.fill_between(windows["window_start"], windows["share"], color=BLUE, alpha=0.25, lw=0)
        ax.plot(windows["window_start"], windows["share"], color=BLUE, label="share")
        walls = windows[windows["is_wall"]]
        [wall] = records(walls.head(1) if not walls.empty else windows.nlargest(1, "share"))
        span = (wall.window_end - wall.window_start).days + 1
        ax.axvspan(wall.window_start, wall.window_end, color=RED, alpha=0.12, lw=0)
        ax.plot([wall.window_start], [wall.share], marker="D", ms=7, color=RED, ls="none")
        ax.annotate(
            f"{percent(wall.share)}: {day(wall.window_start)} to {day(wall.window_end)}",
            (wall.window_start, wall.share), xytext=(10, 6), textcoords="offset points",
            va="bottom", fontsize=9.5, fontweight="bold", color=INK,
        )  # fmt: skip
        ax.set_ylim(0, float(windows["share"].max()) * 1.16)
        if len(windows) > 1:
            ax.set_xlim(windows["window_start"].iloc[0], windows["window_start"].iloc[-1])
        ax.set_xlabel(f"first day of {span} days", color=QUIET)
        ax.set_ylabel(f"share of annual value ending in {span} days")
        percent_axis(ax)
        caption(
            ax,
            f"{percent(wall.share)} of the annual value ends in the {span} days from "
            f"{day(wall.window_start)}",
            f"{entitlements_of(wall.base, int(wall.n))} worth {short(wall.annual_value)} a year, "
            f"of {short(wall.total_value)} that are active or waiting",
            f"An even spread over a year would be {percent(span, 365)}",
        )
    return ax
