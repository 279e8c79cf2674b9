"""What is consumed week by week, and on which days of the week."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from ..telling import counted, day, number, rounded
from .canvas import canvas, caption, keep_ticks, most_on_a_day, nothing, period, value_axis
from .dates import Day
from .documentation import drawn_from
from .source import Source, records, rows
from .style import BLUE, FAINT, GREY, INK, is_narrow

_PERIOD = "SELECT min(day)::DATE AS first, max(day)::DATE AS last FROM shown"

_DAYS = (
    "SELECT day::DATE AS day, sum({amount})::DOUBLE AS amount FROM shown GROUP BY ALL ORDER BY day"
)

#: From so many whole weeks on there is a bar for each, below that one for each day.
_LEAST_WEEKS = 8
#: Weeks of a year, of which the title tells; weeks that the line is a mean of.
_YEAR, _SMOOTH = 52, 5
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@drawn_from(
    "view ``consumption_by_day``",
    "the day of consumption",
    template=(
        "str, optional",
        "Show the terms that this template uses, in its unit; by default all covered cases are "
        "counted, because cases and hours do not add up.",
    ),
)
def daily_consumption(
    run: Source,
    *,
    template: str | None = None,
    segment: str | None = None,
    since: Day = None,
    until: Day = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw what is consumed each week, a mean of five weeks, and the days of the week.

    Weeks begin on Monday, and those that are not whole are left out. The title and the days of the
    week tell of the last 52, or of all where there are fewer, so that neither the season nor the
    first year of a business that begins with nobody counts. Of less than eight weeks there is a bar
    for each day.
    """
    column, unit = ("covered", "covered case") if template is None else ("used", "term used")
    picked: dict[str, Any] = {
        "dated": "day", "since": since, "until": until, "template": template,
    }  # fmt: skip
    columns = ("day", "template", "covered", "used")
    [shown] = records(rows(run, "consumption_by_day", columns, _PERIOD, **picked))
    query = _DAYS.format(amount=column)
    days = rows(run, "consumption_by_day", columns, query, segment=segment, **picked)
    if not days.empty:
        # On other days nobody of the segment consumed anything.
        every = pd.date_range(shown.first, shown.last, unit="us", name="day")
        days = days.set_index("day").reindex(every, fill_value=0.0).reset_index()
    with canvas(ax, width=8.6, narrow_height=4.6) as ax:
        if not (days["amount"] != 0).any():
            why = "no case was covered on any day." if template is None else "no terms were used."
            name = f"Consumption by week{f' of {template}' if template else ''}"
            return nothing(ax, name, why, since=since, until=until)
        units = f"{unit}s" if template is None else "terms used"
        weeks = _whole_weeks(days)
        by_week = len(weeks) >= _LEAST_WEEKS
        latest = weeks["week"].iloc[-_YEAR:]
        of_late = days[_week(days).isin(latest)] if by_week else days
        main = _panels(ax, of_late) if by_week else ax
        if by_week:
            _draw_weeks(main, weeks)
            main.set_ylabel(f"{units} a week")
        else:
            _draw_days(main, days)
            main.set_ylabel(f"{units} a day")
        value_axis(main)
        mean = counted(of_late["amount"].sum() / len(of_late), unit, units)
        when = f"in the last {counted(len(latest), 'whole week')}" if by_week else "on average"
        finding = f"{mean} a day {when}"
        highest = most_on_a_day(days, "amount")
        caption(
            ax,
            f"{template}: {finding}" if template else finding,
            f"{_amount(float(days['amount'].sum()), units)} {'on' if len(days) == 1 else 'from'} "
            f"{period(days['day'].iloc[0], days['day'].iloc[-1])}"
            + ("; bars: whole weeks, line: mean of five" if by_week else ""),
            f"{highest[0].upper()}{highest[1:]}",
            _of_weekdays(of_late) if by_week else "",
            above=14 if by_week else 0,
        )
    return ax


def _week(days: pd.DataFrame) -> "pd.Series[pd.Timestamp]":
    """Monday of each day's week."""
    monday: pd.Series[pd.Timestamp] = days["day"] - pd.to_timedelta(
        days["day"].dt.day_of_week, unit="D"
    )
    return monday


def _whole_weeks(days: pd.DataFrame) -> pd.DataFrame:
    """Sum the weeks of which every day is there."""
    weeks = days.assign(week=_week(days)).groupby("week")["amount"].agg(["sum", "size"])
    whole = weeks[weeks["size"] == 7].reset_index()
    return whole.rename(columns={"sum": "amount"})[["week", "amount"]]


def _amount(total: float, units: str) -> str:
    """Write how much was consumed in all."""
    return f"1 {units.replace('cases', 'case')}" if total == 1 else f"{rounded(total)} {units}"


def _by_weekday(days: pd.DataFrame) -> "pd.Series[float]":
    means = days.groupby(days["day"].dt.day_of_week)["amount"].mean()
    return means.reindex(range(7), fill_value=0.0)


def _of_weekdays(days: pd.DataFrame) -> str:
    means = ", ".join(
        f"{_WEEKDAYS[at]} {number(mean)}" for at, mean in enumerate(_by_weekday(days))
    )
    return f"A day of the week has on average {means}"


def _panels(ax: Axes, of_late: pd.DataFrame) -> Axes:
    """Divide the axes, draw the days of the week in the small part, and return the large one."""
    ax.set_axis_off()
    if is_narrow():
        main, small = ax.inset_axes((0, 0.42, 1, 0.58)), ax.inset_axes((0, 0, 1, 0.24))
    else:
        main, small = ax.inset_axes((0, 0, 0.72, 1)), ax.inset_axes((0.8, 0, 0.2, 1))
    for panel in (main, small):
        keep_ticks(panel)
    means = _by_weekday(of_late)
    colours = [BLUE if at < 5 else GREY for at in range(7)]
    small.bar(range(7), means, width=0.8, color=colours, label="days of the week")
    small.set_xticks(range(7), _WEEKDAYS if is_narrow() else [name[0] for name in _WEEKDAYS])
    small.set_title("mean by day of the week", fontsize=9, fontweight="normal", loc="left", pad=4)
    main.set_title("by week", fontsize=9, fontweight="normal", loc="left", pad=4)
    value_axis(small)
    return main


def _draw_weeks(ax: Axes, weeks: pd.DataFrame) -> None:
    wide: Any = pd.Timedelta(days=6.2)
    ax.bar(
        weeks["week"], weeks["amount"], width=wide, align="edge", color=FAINT, label="week"
    )  # fmt: skip
    smooth = weeks["amount"].rolling(_SMOOTH, center=True).mean()
    known = smooth.notna()
    ax.plot(
        weeks["week"][known] + pd.Timedelta(days=3.5), smooth[known], color=BLUE, lw=2.2,
        label="mean of five weeks",
    )  # fmt: skip
    ax.set_xlim(weeks["week"].iloc[0], weeks["week"].iloc[-1] + pd.Timedelta(days=7))
    ax.set_ylim(min(0.0, weeks["amount"].min()), max(weeks["amount"].max(), 1.0) * 1.05)


def _draw_days(ax: Axes, days: pd.DataFrame) -> None:
    wide: Any = pd.Timedelta(days=0.8)
    ax.bar(days["day"], days["amount"], width=wide, color=BLUE, label="day")
    ax.axhline(0, color=INK, lw=0.8)
    if len(days) == 1:
        ax.set_xticks([days["day"].iloc[0]], [day(days["day"].iloc[0])])
