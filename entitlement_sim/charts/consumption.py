"""How terms are used: against the term, and up to its end."""

from functools import cache
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ..store.burned_down import PARTS
from ..store.run import Run
from ..store.views import expanded
from ..telling import counted, exact, listed, number, percent, share_of
from .beneath import panel_beneath
from .blocks import (
    are_granted,
    burned_down_of,
    draw_periods,
    finding_of_periods,
    periods_of,
    told_periods,
)
from .canvas import canvas, caption, count_axis, label_ends, nothing, percent_axis
from .dates import Day, span
from .documentation import drawn_from
from .panels import MOST, above, height_of, is_at_left, name_panel, panels
from .source import Source, rows
from .style import BLUE, FAINT, GREY, HATCHES, INK, ORANGE, QUIET

_BURN_DOWN = ("entitlement_id", "template", "allocation", "elapsed_share", "share_left")

#: Reading the macros of the views takes longer than a small query.
_in_full = cache(expanded)

# A run is asked for its entitlements and for their movements, a frame has their days themselves.
_COVERED: Final = "terms_covered(NULL, $first::DATE, $last::DATE) AS covered"

_LARGEST_OF_RUN = """
SELECT template FROM shown GROUP BY template ORDER BY count(*) DESC, template LIMIT 1
"""

_TEMPLATE_OF_RUN = """
SELECT any_value(template_id) AS template_id,
       arg_min(allocation, entitlement_id)::VARCHAR AS allocation
FROM shown HAVING count(*) > 0
"""

_LARGEST = """
SELECT template FROM shown GROUP BY template
ORDER BY count(DISTINCT entitlement_id) DESC, template LIMIT 1
"""

_MEMBERS = """
SELECT arg_min(allocation, entitlement_id)::VARCHAR AS allocation,
       count(DISTINCT entitlement_id)::BIGINT AS n
FROM shown WHERE share_left IS NOT NULL HAVING count(*) > 0
"""

_COUNTS = """
, last_of_bin AS (
    SELECT entitlement_id, round(elapsed_share * 100)::INTEGER / 100 AS elapsed_share,
           arg_max(share_left, shown.elapsed_share) AS share_left
    FROM shown WHERE share_left IS NOT NULL GROUP BY ALL
),
counts AS (SELECT elapsed_share, share_left, count(*) AS n FROM last_of_bin GROUP BY ALL)
"""

#: What the panel beneath shows where terms come in several blocks.
_BENEATH: Final = "what the mean entitlement had in each period (up) and what became of it (down)"

_NEIGHBOURS = ", ".join(
    f"min(share_left) FILTER (up_to > floor(last * {part / 100})) AS below_{name}, "
    f"min(share_left) FILTER (up_to > ceil(last * {part / 100})) AS above_{name}"
    for name, part in PARTS.items()
)
_BETWEEN = ", ".join(
    f"below_{name} + (above_{name} - below_{name}) "
    f"* (last * {part / 100} - floor(last * {part / 100}))::DOUBLE AS {name}"
    for name, part in PARTS.items()
)

# Quantiles of shares that stand for n entitlements each, between neighbours as quantile_cont does.
_BANDS = f"""
, ranked AS (
    SELECT elapsed_share, share_left, sum(n) OVER so_far AS up_to,
           sum(n) OVER (PARTITION BY elapsed_share) - 1 AS last
    FROM counts
    WINDOW so_far AS (PARTITION BY elapsed_share ORDER BY share_left)
),
neighbours AS (SELECT elapsed_share, last, {_NEIGHBOURS} FROM ranked GROUP BY ALL)
SELECT elapsed_share, {_BETWEEN} FROM neighbours ORDER BY elapsed_share
"""


def _largest(run: Source, segment: str | None) -> str | None:
    """Return the template with the most entitlements that have a number of terms."""
    if isinstance(run, Run):
        columns = ("template", "segment")
        everything = {"first": None, "last": None}
        most = rows(run, _in_full(_COVERED), columns, _LARGEST_OF_RUN, everything, segment=segment)
    else:
        most = rows(run, "burn_down", _BURN_DOWN, _LARGEST, segment=segment)
    return None if most.empty else str(most["template"].iloc[0])


def _members(run: Source, picked: dict[str, Any], since: Day, until: Day) -> pd.DataFrame:
    """Return how many entitlements had a share of terms left at any time, and their unit."""
    if isinstance(run, Run):
        first, last = span(since, until)
        columns = ("entitlement_id", "template_id", "allocation")
        dates = {"first": first, "last": last}
        found = rows(run, _in_full(_COVERED), columns, _TEMPLATE_OF_RUN, dates, **picked)
        counts = [
            burned_down_of(run, number, picked["segment"], since, until).members
            for number in found["template_id"].tolist()
        ]
        found = found.assign(n=counts)
        return found[found["n"] > 0]
    return rows(
        run, "burn_down", _BURN_DOWN, _MEMBERS, dated="day", since=since, until=until, **picked
    )


def _bands(
    run: Source, members: pd.DataFrame, picked: dict[str, Any], since: Day, until: Day
) -> pd.DataFrame:
    """Return what the fastest tenth, quarter and so on have left, by hundredths of the term."""
    if isinstance(run, Run):
        template_id = int(members["template_id"].iloc[0])
        burned = burned_down_of(run, template_id, picked["segment"], since, until)
        parts = pd.DataFrame(burned.parts)
        return parts.assign(elapsed_share=parts["hundredth"] / 100)
    return rows(
        run, "burn_down", _BURN_DOWN, _COUNTS + _BANDS, dated="day", since=since, until=until,
        **picked,
    )  # fmt: skip


@drawn_from(
    "view ``burn_down``",
    "the days on which terms were left",
    template=(
        "str, optional",
        "Template to show; by default the one with the most entitlements.",
    ),
)
def burn_down(
    run: Source,
    *,
    template: str | None = None,
    segment: str | None = None,
    since: Day = None,
    until: Day = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw what entitlements have left against how much of their term is over.

    The line is the median, the dark band the middle half, the light one the middle eight tenths,
    each of those that were covered at that part of their term; the dashed line is even use of terms
    that are given for the whole of it.

    Where terms are given in several blocks (an allowance by its periods, with what is carried
    over, or top-ups), a panel beneath says of each period what the mean entitlement had (what was
    carried over, granted and topped up) and what became of it: used, carried over, lapsed. Periods
    that began before the first day that is shown are left out of it. It is drawn of a run: a frame
    of ``burn_down`` does not say what came in which block.
    """
    if template is None:
        template = _largest(run, segment)
    picked: dict[str, Any] = {"template": template, "segment": segment}
    limits: dict[str, Day] = {"since": since, "until": until}
    members = pd.DataFrame() if template is None else _members(run, picked, **limits)
    bands = members if members.empty else _bands(run, members, picked, **limits)
    periods = pd.DataFrame()
    if isinstance(run, Run) and not bands.empty:
        number_of_template = int(members["template_id"].iloc[0])
        periods = periods_of(run, number_of_template, segment, **limits)
    height = 4.5 if periods.empty else 7.0
    with canvas(ax, height=height, narrow_height=None if periods.empty else 6.6) as ax:
        if bands.empty:
            why = "no entitlement with a number of terms covered any day."
            return nothing(ax, "Burn-down", why, **limits)
        unit = str(members["allocation"].iloc[0])
        has_periods = are_granted(periods)
        panel = None if periods.empty else panel_beneath(ax)
        _draw_burn_down(ax, bands, has_even_use=not has_periods)
        if panel is not None:
            ax.set_xlabel("")
            draw_periods(panel, periods, unit)
        end = bands.iloc[-1]
        reached = f"after {percent(float(end['elapsed_share']))} of the term"
        quarters = [
            f"{percent(left)} after {percent(share)} of the term"
            for share, left in _at_quarters(bands)
        ]
        caption(
            ax,
            finding_of_periods(str(template), periods, unit)
            if has_periods
            else f"{template}: the typical entitlement {_typical(bands, unit)}",
            f"{counted(int(members['n'].iloc[0]), 'entitlement')}: median, the middle half (dark) "
            "and the middle eight tenths (light) of those covered then"
            + ("" if periods.empty else f"; beneath, {_BENEATH}"),
            f"The median share left is {', '.join(quarters)}"
            + ("" if has_periods else "; even use would leave the rest of the term's share"),
            f"{reached[0].upper()}{reached[1:]} the fastest tenth has {_left(end['p10'])} or less "
            f"left, the fastest quarter {_left(end['p25'])}, the slowest quarter "
            f"{_left(end['p75'])} or more, the slowest tenth {_left(end['p90'])}",
            *told_periods(periods, unit),
            since=since,
            until=until,
        )
    return ax


def _left(share: Any) -> str:
    return percent(max(float(share), 0.0))


def _typical(bands: pd.DataFrame, unit: str) -> str:
    """Say what the median has left half-way and at the end, or as far as any has come."""
    quarters = {share: percent(left) for share, left in _at_quarters(bands)}
    if 0.5 not in quarters:
        last = bands.iloc[-1]
        return (
            f"has {percent(last['p50'])} of its {unit} left after "
            f"{percent(last['elapsed_share'])} of the term"
        )
    end = f", {quarters[1.0]} at its end" if 1.0 in quarters else ""
    return f"has {quarters[0.5]} of its {unit} left half-way through the term{end}"


def _at_quarters(bands: pd.DataFrame) -> list[tuple[float, float]]:
    """The median at each quarter of the term that any entitlement has come to."""
    last = bands["elapsed_share"].iloc[-1]
    marks = [mark for mark in (0.25, 0.5, 0.75, 1.0) if mark <= last]
    left = np.interp(marks, bands["elapsed_share"], bands["p50"])
    return list(zip(marks, left.tolist(), strict=True))


def _draw_burn_down(ax: Axes, bands: pd.DataFrame, *, has_even_use: bool) -> None:
    share = bands["elapsed_share"]
    for low, high, strength, name in (
        ("p10", "p90", 0.18, "middle eight tenths"), ("p25", "p75", 0.32, "middle half"),
    ):  # fmt: skip
        ax.fill_between(
            share, bands[low], bands[high], color=BLUE, alpha=strength, lw=0, label=name
        )
    if has_even_use:
        ax.plot([0, 1], [1, 0], color=INK, lw=1, ls=(0, (5, 4)), label="even use")
    ax.plot(share, bands["p50"], color=BLUE, lw=3, marker="o", markevery=[-1], label="median")
    lowest, highest = float(bands["p10"].min()), float(bands["p90"].max())
    ax.set_xlim(0, 1)
    ax.set_ylim(max(min(0.0, lowest), -0.5) - 0.03, max(1.03, highest + 0.03))
    if lowest < 0:
        ax.axhline(0, color=QUIET, lw=1)
    end = bands.iloc[-1]
    at = end["elapsed_share"]
    ends = [
        (at, float(end["p90"]), "slowest tenth"),
        (at, float(end["p50"]), "median"),
        (at, float(end["p10"]), "fastest tenth"),
        *([(1.0, 0.0, "even use")] if has_even_use else []),
    ]
    label_ends(ax, ends, [BLUE, BLUE, BLUE, INK][: len(ends)])
    ax.set_xlabel("share of the term that is over")
    ax.set_ylabel("share of the allotment left")
    percent_axis(ax, "x")
    percent_axis(ax, "y")


# Bin -1 holds those that were never used, bin 10 those with nothing left.
_UTILISATION_BINS = """
SELECT template,
       CASE WHEN ran_dry THEN 10 WHEN used <= 0 THEN -1
            ELSE least(floor(utilisation * 10 + 1e-9), 9) END::INTEGER AS bin,
       CASE WHEN ran_dry THEN 'dry' WHEN used <= 0 THEN 'unused'
            WHEN utilisation * 2 <= 1 THEN 'low' ELSE 'high' END AS part,
       count(*) AS n, sum(utilisation) AS utilisation
FROM shown WHERE ended_by = 'expiry' AND utilisation IS NOT NULL
GROUP BY ALL ORDER BY ALL
"""

#: How much was used, in the order of the picture, as a title says it.
_PARTS = {
    "unused": "used nothing at all",
    "low": "used some of their terms, at most half",
    "high": "used more than half of their terms and had some left",
    "dry": "had run dry",
}


@drawn_from("view ``breakage_by_entitlement``", "their last day")
def utilisation_at_expiry(
    run: Source,
    *,
    template: str | None = None,
    segment: str | None = None,
    since: Day = None,
    until: Day = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw how much of their terms entitlements had used when they expired, by template.

    Those that used nothing stand apart, and those that had run dry, because nobody knows what they
    would have used. The six largest templates have a panel each; the text is of all.
    """
    tenths = rows(
        run,
        "breakage_by_entitlement",
        ("template", "ended_by", "ran_dry", "used", "utilisation"),
        _UTILISATION_BINS,
        dated="effective_end",
        since=since,
        until=until,
        template=template,
        segment=segment,
    )
    sizes = tenths.groupby("template", observed=True)["n"].sum()
    sizes = sizes.sort_values(ascending=False, kind="stable")[:MOST]
    height = height_of(max(len(sizes), 1))
    with canvas(ax, height=height, narrow_height=height) as ax:
        if tenths.empty:
            return nothing(
                ax, "Utilisation at expiry", "no entitlement with a number of terms has expired.",
                since=since, until=until,
            )  # fmt: skip
        made = panels(ax, len(sizes))
        for place, (panel, name) in enumerate(zip(made, sizes.index, strict=True)):
            counts = tenths[tenths["template"] == name].groupby("bin")["n"].sum()
            _draw_utilisation(panel, counts.reindex(range(-1, 11), fill_value=0) / sizes[name])
            if len(sizes) > 1:
                name_panel(panel, str(name), f"{number(sizes[name])}")
            if is_at_left(place, len(sizes)):
                panel.set_ylabel("share of those" if len(sizes) > 1 else "share of entitlements")
        highest = max(panel.dataLim.y1 for panel in made)
        for panel in made:
            panel.set_ylim(0, highest * 1.16)
        left_out = tenths["template"].nunique() - len(sizes)
        parts = tenths.groupby("part")["n"].sum().reindex(list(_PARTS), fill_value=0)
        total = int(parts.sum())
        mean = float(tenths["utilisation"].sum()) / total
        in_words = [f"{share_of(parts[part], total)} {_PARTS[part]}" for part in _PARTS]
        caption(
            ax,
            _most_used(parts, template),
            f"{counted(total, 'expired entitlement')} with a number of terms, by the share of them "
            "used by the last day (0: never used)"
            + (f"; {counted(left_out, 'smaller template')} not drawn" if left_out else ""),
            f"Of all, {listed(in_words)}",
            f"The mean utilisation is {percent(mean)}",
            *(_utilised(str(name), tenths[tenths["template"] == name]) for name in sizes.index),
            above=above(len(sizes)),
            since=since,
            until=until,
        )
    return ax


def _most_used(parts: "pd.Series[int]", template: str | None) -> str:
    """Say how the largest group used its terms, and what share never used or used up theirs."""
    total = int(parts.sum())
    largest = str(parts.idxmax())
    others = {"unused": "used nothing at all", "dry": "had run dry"}
    also = [
        f"{percent(parts[part], total)} {words}" for part, words in others.items()
        if part != largest and parts[part]
    ]  # fmt: skip
    who = f"of the {template} that expired" if template else "of all expired entitlements"
    finding = f"{percent(parts[largest], total)} {who} {_PARTS[largest]}"
    return f"{finding}; {listed(also)}" if also else finding


def _utilised(name: str, tenths: pd.DataFrame) -> str:
    parts = tenths.groupby("part")["n"].sum().reindex(list(_PARTS), fill_value=0)
    total = int(parts.sum())
    return (
        f"{name}: {share_of(parts['unused'], total)} never used, {percent(parts['low'], total)} at "
        f"most half, {percent(parts['dry'], total)} dry"
    )


def _draw_utilisation(ax: Axes, shares: "pd.Series[float]") -> None:
    """Draw the shares of one template: never used, tenths, dry."""
    looks: dict[str, Any] = {"edgecolor": "white"}
    bars = [
        ax.bar([-1.0], [shares[-1]], width=0.94, color=GREY, hatch=HATCHES[2], label="never used",
               **looks),
        ax.bar(np.arange(10) + 0.5, shares.loc[0:9], width=0.94, color=BLUE, label="not dry"),
        ax.bar([11.5], [shares[10]], width=0.94, color=ORANGE, hatch=HATCHES[1], label="dry",
               **looks),
    ]  # fmt: skip
    for apart in (bars[0], bars[2]):
        ax.bar_label(apart, fmt=lambda share: percent(share), fontsize=8.5, padding=2)
    ax.set_xlim(-2.4, 12.9)
    ax.set_xticks([-1.0, 0, 5, 10, 11.5], ["0", "", "50%", "", "dry"])
    percent_axis(ax)


_PACING = """
SELECT is_stable, pacing, utilisation >= 1 AS is_empty
FROM shown WHERE pacing IS NOT NULL OR NOT is_stable
"""


@drawn_from("view ``pacing``", "the day on which they began")
def pacing(
    run: Source,
    *,
    template: str | None = None,
    segment: str | None = None,
    since: Day = None,
    until: Day = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw how fast active entitlements use their terms, compared with even use.

    Those that have used them up already are marked: their index falls from day to day.
    """
    entitlements = rows(
        run, "pacing", ("is_stable", "pacing", "utilisation"), _PACING, dated="start_date",
        since=since, until=until, template=template, segment=segment,
    )  # fmt: skip
    known = entitlements.dropna(subset=["pacing"])
    index = known["pacing"].to_numpy(dtype=float)
    with canvas(ax) as ax:
        if not len(index):
            return nothing(
                ax,
                "Pacing of active entitlements",
                "no active entitlement with a number of terms is far enough into its term.",
                since=since,
                until=until,
            )
        edges = np.arange(0, 2.25, 0.25)
        # A bin holds its upper edge: even use (1) is not too fast.
        place = np.clip(np.ceil(index / 0.25 - 1e-9).astype(int) - 1, 0, 8)
        is_empty = known["is_empty"].fillna(False).to_numpy(dtype=bool)
        counts = np.bincount(place, minlength=9)
        empty = np.bincount(place[is_empty], minlength=9)
        middle = edges + 0.125
        going = counts - empty
        ax.bar(middle[:4], going[:4], width=0.235, color=BLUE, label="slower")
        ax.bar(
            middle[4:], going[4:], width=0.235, color=ORANGE, hatch=HATCHES[1], edgecolor="white",
            label="faster",
        )  # fmt: skip
        top = ax.bar(
            middle, empty, bottom=going, width=0.235, color=FAINT, hatch=HATCHES[2],
            edgecolor=GREY, lw=0.5, label="already empty",
        )  # fmt: skip
        ax.bar_label(top, [number(count) for count in counts], fontsize=8.5, padding=2)
        if is_empty.any():
            ax.legend(handles=[top], loc="upper right", bbox_to_anchor=(1, 0.9))
        ax.set_ylim(0, counts.max() * 1.14)
        ax.axvline(1, color=INK, lw=1.2, ls=(0, (5, 3)))
        ax.annotate(
            "even use", (1, 1), xycoords=("data", "axes fraction"), xytext=(4, -2),
            textcoords="offset points", va="top", fontsize=9,
        )  # fmt: skip
        ax.set_xticks([*edges[:-1:2], 2.125], ["0", "0.5", "1", "1.5", "over 2"])
        ax.set_xlabel("pacing index: share of the terms used / share of the term that is over")
        ax.set_ylabel("active entitlements")
        count_axis(ax)
        ahead, young = int(counts[4:].sum()), int((~entitlements["is_stable"].astype(bool)).sum())
        dry = int(is_empty.sum())
        caption(
            ax,
            f"{percent(ahead, len(index))} of the active {template or 'entitlements'} use their "
            "terms faster than time passes"
            + (f"; {percent(dry, len(index))} have none left" if dry else ""),
            f"{counted(len(index), 'active entitlement')} with a number of terms"
            + (f"; left out: {number(young)} too young to tell" if young else ""),
            f"{share_of(ahead, len(index))} have a pacing index above 1, "
            f"{number(counts[8])} of them above 2; the median is {exact(np.median(index))}",
            f"{share_of(dry, len(index))} are empty already",
            since=since,
            until=until,
        )
    return ax
