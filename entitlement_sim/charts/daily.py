"""What is consumed day by day, and the season in it."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from ..telling import counted, day, listed, long_month, number, percent, rounded
from .canvas import canvas, caption, label_ends, most_on_a_day, nothing, period, value_axis
from .documentation import drawn_from
from .source import Source, records, rows
from .style import BLUE, GREY, RED

#: Days before and after one that its mean over a year, four weeks and a week reaches.
_YEAR, _FOUR_WEEKS, _WEEK = (182, 182), (13, 14), (3, 3)

#: A month stands out if it lies a per cent and so many standard errors off the yearly mean: of
#: twelve months one or another would by chance lie two off.
_LEAST, _CLEAR = 0.01, 3


def _mean(name: str, reach: tuple[int, int]) -> str:
    """SQL for a moving mean that is NULL where the run does not hold all its days."""
    frame = f"(ORDER BY day ROWS BETWEEN {reach[0]} PRECEDING AND {reach[1]} FOLLOWING)"
    return (
        f"CASE WHEN count(*) OVER {frame} = {sum(reach) + 1} "
        f"THEN avg(amount) OVER {frame} END AS {name}"
    )


# One weekday stands for its week, so that weekends are no noise.
_DAYS = f"""
, days_seen AS (
    SELECT day::DATE AS day, sum({{amount}})::DOUBLE AS amount FROM shown GROUP BY ALL
),
means AS (
    SELECT day, amount, {_mean("smooth", _FOUR_WEEKS)}, {_mean("trend", _YEAR)},
           {_mean("week", _WEEK)}
    FROM days_seen
),
season AS (
    SELECT month(day) AS season_month, avg(week / nullif(trend, 0)) AS season,
           stddev_samp(week / nullif(trend, 0)) / sqrt(count(*)) AS standard_error
    FROM means WHERE trend IS NOT NULL AND isodow(day) = 4 GROUP BY ALL
)
SELECT means.*, season_month, season, standard_error, trend * season AS seasonal
FROM means LEFT JOIN season ON month(day) = season_month ORDER BY day
"""


@drawn_from(
    "view ``consumption_by_day``",
    template=(
        "str, optional",
        "Show the terms that this template uses, in its unit; by default all covered cases are "
        "counted, because cases and hours do not add up.",
    ),
)
def daily_consumption(run: Source, *, template: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw what is consumed each day, its four-week mean, and the season.

    The season of a calendar month is the mean of its weeks over the yearly mean around them (the
    ratio to the moving average); the line is the yearly mean times the season. It takes two years
    to tell.
    """
    column, unit = ("covered", "covered cases") if template is None else ("used", "terms used")
    columns = ("day", "template", "covered", "used")
    days = rows(run, "consumption_by_day", columns, _DAYS.format(amount=column), template=template)
    with canvas(ax, width=8.6) as ax:
        if not (days["amount"] != 0).any():
            why = "no case was covered on any day." if template is None else "no terms were used."
            return nothing(ax, f"Daily consumption{f' of {template}' if template else ''}", why)
        seasons = days.dropna(subset=["season"]).drop_duplicates("season_month")
        a_year = len(seasons) == 12
        _draw_days(ax, days, with_season=a_year)
        value_axis(ax)
        ax.set_ylabel(f"{unit} a day")
        total = float(days["amount"].sum())
        low, high = ax.get_ylim()
        beyond = int(((days["amount"] < low) | (days["amount"] > high)).sum())
        finding = _finding(unit, total / len(days), seasons)
        highest = most_on_a_day(days, "amount")
        caption(
            ax,
            f"{template}: {finding[0].lower()}{finding[1:]}" if template else finding,
            f"{_amount(total, unit)} {'on' if len(days) == 1 else 'from'} "
            f"{period(days['day'].iloc[0], days['day'].iloc[-1])}"
            + ("; dashed: yearly mean x season of the month" if a_year else "")
            + (f"; {counted(beyond, 'day reaches', 'days reach')} beyond" if beyond else ""),
            f"{highest[0].upper()}{highest[1:]}",
            "" if a_year else "Less than two years: no season to tell",
        )
    return ax


def _draw_days(ax: Axes, days: pd.DataFrame, *, with_season: bool) -> None:
    first, last = days["day"].iloc[0], days["day"].iloc[-1]
    alone = last == first
    ax.plot(
        days["day"], days["amount"], color=GREY, lw=0.6, alpha=0.7, label="each day",
        marker="o" if alone else "",
    )  # fmt: skip
    ends: list[tuple[Any, float, str]] = []
    lines = (
        ("smooth", "four-week mean", BLUE, 2.6, "-"),
        ("seasonal", "season", RED, 1.8, (0, (4, 1.5))),
    )  # fmt: skip
    for column, name, colour, width, dashes in lines[: 2 if with_season else 1]:
        known = days.dropna(subset=[column])
        if not known.empty:
            ax.plot(known["day"], known[column], color=colour, lw=width, ls=dashes, label=name)
            ends.append((known["day"].iloc[-1], float(known[column].iloc[-1]), name))
    # One day in a hundred may leave the picture, so that the others can be told apart.
    low, high = (float(limit) for limit in days["amount"].quantile([0.002, 0.992]))
    ax.set_ylim(min(0.0, low), max(high, 1.0) * 1.05)
    if alone:
        ax.set_xticks([first], [day(first)])
    else:
        ax.set_xlim(first, last)
    label_ends(ax, ends)


def _amount(total: float, unit: str) -> str:
    """Write how much was consumed in all."""
    return f"1 {unit.replace('cases', 'case')}" if total == 1 else f"{rounded(total)} {unit}"


def _finding(unit: str, mean: float, seasons: pd.DataFrame) -> str:
    """Say which months stand out, where there are years enough to tell and any does."""
    average = f"{number(mean)} {unit} a day on average"
    if len(seasons) < 12:
        return average
    months = sorted(records(seasons), key=lambda month: float(month.season))
    departures = [
        f"{long_month(int(month.season_month))} is {percent(abs(month.season - 1))} "
        f"{'above' if month.season > 1 else 'below'} the yearly mean"
        for month in (months[-1], months[0])
        if abs(month.season - 1) > max(_LEAST, _CLEAR * month.standard_error)
    ]
    if not departures:
        return f"{average}, with no clear season"
    return f"{average}; {listed(departures)}"
