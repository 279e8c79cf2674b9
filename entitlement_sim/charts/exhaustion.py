"""When entitlements run dry: the Kaplan-Meier curve with the numbers at risk under it."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ..metrics.survival import SurvivalCurve, kaplan_meier
from ..telling import counted, number, percent
from .canvas import canvas, caption, label_ends, nothing, percent_axis
from .documentation import drawn_from
from .source import Source, rows
from .style import COLOURS, LINES, QUIET

_DURATIONS = """
SELECT template, entered_days, duration_days, observed, count(*) AS n,
       duration_days > entered_days OR entered_days = 0 AS was_at_risk
FROM shown
WHERE duration_days IS NOT NULL GROUP BY ALL ORDER BY ALL
"""

#: Curves in one picture at most, and the share of entitlements that must still be at risk.
_CURVES, _LEAST_AT_RISK = 6, 0.1


@drawn_from(
    "view ``time_to_exhaustion``",
    template=(
        "str, optional",
        "Show this template alone; by default the six largest.",
    ),
    ax=(
        "Axes, optional",
        "Where to draw; by default a new figure. Leave room below it for the numbers at risk.",
    ),
)
def exhaustion_curve(
    run: Source,
    *,
    template: str | None = None,
    segment: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the share of entitlements that have not run dry, by days since their start.

    One Kaplan-Meier curve a template, with its 95% log-log band; those that ended or are still
    running with something left are censored. Those that began before the run are at risk from its
    first day on, and those that had run dry by then are left out. The numbers under the axis are
    entitlements at risk on that day. A curve ends where fewer than a tenth of the most that were
    ever at risk are so.
    """
    lives = rows(
        run,
        "time_to_exhaustion",
        ("template", "entered_days", "duration_days", "observed"),
        _DURATIONS,
        template=template,
        segment=segment,
    )
    durations = lives[lives["was_at_risk"]]
    sizes = durations.groupby("template", observed=True)["n"].sum()
    names = sizes.sort_values(ascending=False, kind="stable").index[:_CURVES]
    curves = {str(name): _curve(durations[durations["template"] == name]) for name in names}
    with canvas(ax, height=4.2 + 0.2 * max(len(curves), 1)) as ax:
        if not curves:
            return nothing(
                ax,
                "Time until terms run out",
                "no entitlement with a number of terms was in force.",
            )
        ordered = dict(sorted(curves.items(), key=lambda named: -_end(named[1])[1]))
        _draw_curves(ax, ordered)
        _numbers_at_risk(ax, ordered)
        total = int(sum(curve.entered.sum() for curve in curves.values()))
        dry = int(sum(curve.observed.sum() for curve in curves.values()))
        others = "; the others ended or are still running with terms left" if dry < total else ""
        left_out = len(sizes) - len(names)
        also = f"; {counted(left_out, 'smaller template')} left out" if left_out else ""
        caption(
            ax,
            _finding(ordered),
            f"{number(dry)} of {counted(total, 'entitlement')} ran dry{others}{also}",
            "Share that has not run dry (Kaplan-Meier), with the numbers at risk under the axis",
            _begun_before(lives[lives["template"].isin(names)]),
            *(_in_words(name, curve) for name, curve in ordered.items()),
        )
    return ax


def _curve(group: pd.DataFrame) -> SurvivalCurve:
    return kaplan_meier(
        group["duration_days"].to_numpy(),
        group["observed"].to_numpy(),
        group["n"].to_numpy(),
        entered=group["entered_days"].to_numpy(),
    )


def _begun_before(lives: pd.DataFrame) -> str:
    """Say how many began before the run, and how many of them were dry by then."""
    before = int(lives.loc[lives["entered_days"] > 0, "n"].sum())
    dry = int(lives.loc[~lives["was_at_risk"].astype(bool), "n"].sum())
    if not before:
        return ""
    left_out = f"; {number(dry)} of them had run dry by then and are left out" if dry else ""
    return f"At risk only from the run's first day on: {number(before)} that began before{left_out}"


def _end(curve: SurvivalCurve) -> tuple[float, float]:
    """Last time with enough entitlements at risk, and the survival then."""
    enough = curve.numbers_at_risk >= _LEAST_AT_RISK * curve.numbers_at_risk.max()
    place = int(np.flatnonzero(enough)[-1])
    return float(curve.times[place]), float(curve.survival[place])


def _finding(curves: dict[str, SurvivalCurve]) -> str:
    if not any(curve.observed.any() for curve in curves.values()):
        return "No entitlement has run dry"
    by_end = [(name, *_end(curve)) for name, curve in curves.items()]
    soonest, time, survival = by_end[-1]
    most = f"{percent(1 - survival)} of the {soonest} are dry after {counted(time, 'day')}"
    last, later, least = by_end[0]
    if percent(least) == percent(survival):
        return most
    when = f" after {number(later)}" if later != time else ""
    few = f"only {percent(1 - least)}" if least < 1 else "none"
    return f"{most}, but {few} of the {last}{when}"


def _in_words(name: str, curve: SurvivalCurve) -> str:
    time, survival = _end(curve)
    half = curve.median.value
    median = f", half of them by day {number(half)}" if np.isfinite(half) and half <= time else ""
    return f"{name}: {percent(1 - survival)} dry after {counted(time, 'day')}{median}"


def _draw_curves(ax: Axes, curves: dict[str, SurvivalCurve]) -> None:
    ends = []
    for place, (name, curve) in enumerate(curves.items()):
        time, survival = _end(curve)
        is_drawn = curve.times <= time
        times = curve.times[is_drawn]
        ax.step(
            times, curve.survival[is_drawn], where="post", color=COLOURS[place], ls=LINES[place],
            label=name,
        )  # fmt: skip
        ax.fill_between(
            times, curve.lower[is_drawn], curve.upper[is_drawn], step="post", color=COLOURS[place],
            alpha=0.12, lw=0,
        )  # fmt: skip
        ends.append((time, survival, name))
    longest = max(time for time, _, _ in ends)
    ax.set_xlim(0, max(longest, 1) * 1.01)
    lowest = min(
        float(np.nanmin([survival, *curve.lower[curve.times <= time]]))
        for (time, survival, _), curve in zip(ends, curves.values(), strict=True)
    )
    ax.set_ylim(max(0.0, np.floor(lowest * 10 - 0.2) / 10), 1.01)
    label_ends(ax, ends)
    ax.set_ylabel("share that has not run dry")
    percent_axis(ax)


def _numbers_at_risk(ax: Axes, curves: dict[str, SurvivalCurve]) -> None:
    """Write under the axis how many entitlements each part of a curve rests on."""
    longest = ax.get_xlim()[1]
    step = next((step for step in (1, 5, 15, 30, 90, 180, 365) if longest / step <= 9), 730)
    ticks = np.arange(0, longest, step)
    ax.set_xticks(ticks, [number(tick) for tick in ticks])
    ax.set_xlabel("days since the start of the term")
    look: dict[str, Any] = {
        "xycoords": ("data", "axes fraction"),
        "textcoords": "offset points",
        "fontsize": 8.5,
    }
    ax.annotate("at risk", (0, 0), xytext=(-24, -36), ha="right", va="top", color=QUIET, **look)
    for row, (name, curve) in enumerate(curves.items()):
        drawn = ticks[ticks <= _end(curve)[0]]
        below = -48 - 12 * row
        ax.annotate(name, (0, 0), xytext=(-24, below), ha="right", va="top", **look)
        for tick, at_risk in zip(drawn, curve.at_risk(drawn), strict=True):
            ax.annotate(
                number(at_risk), (tick, 0), xytext=(0, below), ha="center", va="top", **look
            )
