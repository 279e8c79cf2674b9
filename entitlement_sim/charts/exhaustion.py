"""When entitlements run dry: the share that has, by how much of the term is over, by template."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ..inference import LEAST_UNITS, Estimate, Portfolio, total
from ..inference.ratios import share_limits
from ..metrics.survival import SurvivalCurve, kaplan_meier
from ..telling import counted, limits, number, percent
from .canvas import canvas, caption, nothing, percent_axis
from .dates import Day
from .documentation import drawn_from
from .panels import MOST, above, height_of, is_at_left, name_panel, panels
from .source import Source, drawn_anew, rows
from .style import BLUE, INK

_LIVES = """
SELECT template, customer_id, ceil(least(duration_days / term_days, 1) * 100 - 1e-9)::INTEGER
           AS leaves,
       floor(least(entered_days / term_days, 1) * 100 + 1e-9)::INTEGER AS enters, observed,
       count(*)::BIGINT AS n, count(*) FILTER (entered_days > 0)::BIGINT AS begun_before,
       duration_days > entered_days OR entered_days = 0 AS was_at_risk
FROM shown
WHERE duration_days IS NOT NULL GROUP BY ALL
ORDER BY customer_id, leaves, enters, observed, was_at_risk
"""

#: The end of the term, in hundredths of it.
_END = 100
#: Share of the most that ever were at risk that must still be.
_LEAST_AT_RISK = 0.1


class Template(NamedTuple):
    """How the entitlements of one template ran dry, as far into the term as enough are at risk.

    `until` and `dry` are where the curve ends, in hundredths of the term, and the share that is dry
    then; `influence` what each customer's rows add to that share.
    """

    name: str
    n: int
    curve: SurvivalCurve
    until: int
    at_risk: int
    dry: float
    low: float
    high: float
    influence: pd.DataFrame

    @property
    def is_comparable(self) -> bool:
        """Whether enough entitlements have come to the end of their term."""
        return self.until == _END and self.at_risk >= LEAST_UNITS


@drawn_from(
    "view ``first_exhaustion``",
    "the day on which their term began",
    template=("str, optional", "Show this template alone; by default the six largest."),
)
def exhaustion_curve(
    run: Source,
    *,
    template: str | None = None,
    segment: str | None = None,
    since: Day = None,
    until: Day = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the share of entitlements that have run dry, by how much of their term is over.

    One panel a template, so that terms of different length are never pooled: one less the
    Kaplan-Meier estimate, with the limits of its value at the end of the term if customers were
    drawn anew. Those that ended early or are still running with something left are censored. Those
    that began before the run are at risk from its first day on, and those that had run dry by then
    are left out. A curve ends where fewer than a tenth of the most that ever were at risk are so.

    The title compares templates at the end of the term where the difference of the highest and the
    lowest has limits, drawn for all pairs, that do not hold 0.
    """
    lives = rows(
        run,
        "first_exhaustion",
        ("template", "customer_id", "entered_days", "duration_days", "term_days", "observed"),
        _LIVES,
        dated="start_date",
        since=since,
        until=until,
        template=template,
        segment=segment,
    )
    at_risk = lives[lives["was_at_risk"].astype(bool)]
    sizes = at_risk.groupby("template", observed=True)["n"].sum()
    names = sizes.sort_values(ascending=False, kind="stable").index[:MOST]
    everybody = drawn_anew(run)
    shown = [
        _template(str(name), at_risk[at_risk["template"] == name], everybody) for name in names
    ]
    height = height_of(max(len(shown), 1))
    with canvas(ax, height=height, narrow_height=height) as ax:
        if not shown:
            return nothing(
                ax,
                "Time until terms run out",
                "no entitlement with a number of terms was in force.",
                since=since,
                until=until,
            )
        made = panels(ax, len(shown))
        for place, (panel, one) in enumerate(zip(made, shown, strict=True)):
            _draw_curve(panel, one)
            if len(shown) > 1:
                name_panel(panel, one.name, number(one.n))
            if is_at_left(place, len(shown)):
                panel.set_ylabel("share run dry")
            if place == len(shown) - 1:
                panel.set_xlabel("share of the term over")
        dry = int(at_risk.loc[at_risk["observed"].astype(bool), "n"].sum())
        left_out = len(sizes) - len(names)
        caption(
            ax,
            _finding(shown, everybody),
            f"{counted(int(at_risk['n'].sum()), 'entitlement')}, {number(dry)} ran dry; bar at the "
            f"end: 95% limits, customers drawn anew"
            + (f"; {counted(left_out, 'smaller template')} not drawn" if left_out else ""),
            "Share that has run dry (Kaplan-Meier) by the share of the term that is over",
            _begun_before(lives[lives["template"].isin(names)]),
            *(_in_words(one) for one in shown),
            above=above(len(shown)),
            since=since,
            until=until,
        )
    return ax


def _template(name: str, lives: pd.DataFrame, everybody: Portfolio | None) -> Template:
    curve = kaplan_meier(
        lives["leaves"].to_numpy(),
        lives["observed"].to_numpy(dtype=bool),
        lives["n"].to_numpy(),
        entered=lives["enters"].to_numpy(),
    )
    enough = curve.numbers_at_risk >= _LEAST_AT_RISK * curve.numbers_at_risk.max()
    place = int(np.flatnonzero(enough)[-1])
    dry = float(1 - curve.survival[place])
    influence = lives[["customer_id"]].assign(influence=_influence(curve, place, lives))
    low, high = np.nan, np.nan
    if 0 < dry < 1:
        half = _half_width(total(influence, "influence", portfolio=everybody))
        low, high = (float(limit[0]) for limit in share_limits(np.array([dry]), np.array([half])))
    return Template(
        name, int(lives["n"].sum()), curve, int(curve.times[place]),
        int(curve.numbers_at_risk[place]), dry, low, high, influence,
    )  # fmt: skip


def _influence(curve: SurvivalCurve, place: int, lives: pd.DataFrame) -> np.ndarray:
    """Return what each row adds to the share that is dry at a place of the curve.

    The derivative of the Kaplan-Meier estimate by the weight of the row, which with customers drawn
    anew gives Greenwood's formula for entitlements that know nothing of each other.
    """
    at_risk = curve.numbers_at_risk[: place + 1].astype(float)
    events = curve.observed[: place + 1].astype(float)
    spared = np.where(at_risk > events, at_risk - events, np.inf)
    exposure = np.append(0.0, np.cumsum(events / (np.maximum(at_risk, 1) * spared)))
    times = curve.times[: place + 1]
    leaves, enters = lives["leaves"].to_numpy(float), lives["enters"].to_numpy(float)
    left = np.searchsorted(times, leaves, side="right")
    entered = np.searchsorted(times, enters, side="right")
    is_event = lives["observed"].to_numpy(dtype=bool) & (leaves <= times[-1])
    own = np.where(is_event, 1 / spared[np.minimum(left, place + 1) - 1], 0.0)
    passed = exposure[left] - exposure[np.where(enters > 0, entered, 0)]
    return np.asarray(curve.survival[place] * (own - passed) * lives["n"].to_numpy(float))


def _half_width(spread: Estimate) -> float:
    return (spread.high - spread.low) / 2


def _begun_before(lives: pd.DataFrame) -> str:
    """Say how many began before the run, and how many of them were dry by then."""
    before = int(lives["begun_before"].sum())
    dry = int(lives.loc[~lives["was_at_risk"].astype(bool), "n"].sum())
    if not before:
        return ""
    left_out = f"; {number(dry)} of them had run dry by then and are left out" if dry else ""
    return f"At risk only from the run's first day on: {number(before)} that began before{left_out}"


def _finding(shown: list[Template], everybody: Portfolio | None) -> str:
    if not any(one.curve.observed.any() for one in shown):
        return "No entitlement has run dry"
    compared = sorted((one for one in shown if one.is_comparable), key=lambda one: one.dry)
    if len(compared) > 1 and _differ(compared[-1], compared[0], len(compared), everybody):
        most, least = compared[-1], compared[0]
        few = percent(least.dry) if least.dry else "none"
        return (
            f"By the end of their term {percent(most.dry)} of the {most.name} have run dry, but "
            f"only {few} of the {least.name}"
        ).replace("only none", "none")
    largest = shown[0]
    return f"{percent(largest.dry)} of the {largest.name} have run dry {_by(largest.until)}"


def _by(until: int) -> str:
    return (
        "by the end of their term" if until == _END else f"after {percent(until, _END)} of the term"
    )


def _differ(first: Template, second: Template, of: int, everybody: Portfolio | None) -> bool:
    """Whether the limits of a difference hold it away from 0, for all pairs of templates at once.

    A customer may hold both: so what it adds to one is set against what it adds to the other.
    """
    both = pd.concat(
        [first.influence, second.influence.assign(influence=-second.influence["influence"])]
    )
    spread = total(
        both, "influence", portfolio=everybody, confidence=1 - 0.05 / (of * (of - 1) / 2)
    )
    return bool(first.dry - second.dry > _half_width(spread))


def _in_words(one: Template) -> str:
    known = f" ({limits(one.low, one.high, percent)})" if one.low < one.high else ""
    when = (
        "at the end of the term"
        if one.until == _END
        else f"after {percent(one.until, _END)} of the term"
    )
    return (
        f"{one.name}: {percent(one.dry)}{known} dry {when}, {number(one.at_risk)} of "
        f"{counted(one.n, 'entitlement')} at risk until then"
    )


def _draw_curve(ax: Axes, one: Template) -> None:
    is_drawn = one.curve.times <= one.until
    ax.step(
        one.curve.times[is_drawn] / _END, 1 - one.curve.survival[is_drawn], where="post",
        color=BLUE, label=one.name,
    )  # fmt: skip
    end = one.until / _END
    if one.low < one.high:
        ax.plot([end, end], [one.low, one.high], color=INK, lw=1.4, label="limits", clip_on=False)
    ax.plot([end], [one.dry], color=BLUE, marker="o", ms=5, clip_on=False, label="end")
    ax.annotate(
        percent(one.dry), (end, max(one.dry, one.high if one.low < one.high else 0)),
        xytext=(0, 4), textcoords="offset points", ha="right", va="bottom", fontsize=9,
        fontweight="bold",
    )  # fmt: skip
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1)
    percent_axis(ax)
    percent_axis(ax, "x")
    ax.set_xticks([0, 0.5, 1], ["0%", "50%", "100%"])
    first, _, last = ax.xaxis.get_major_ticks()
    first.label1.set_horizontalalignment("left")
    last.label1.set_horizontalalignment("right")
    ax.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0%", "", "50%", "", "100%"])
