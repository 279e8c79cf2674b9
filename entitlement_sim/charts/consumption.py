"""How terms are used: against the term, and up to its end."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from ..store.run import Run
from ..telling import counted, exact, number, percent, percent_tick, roughly, share_of
from .canvas import canvas, caption, count_axis, label_ends, nothing, percent_axis
from .documentation import drawn_from
from .source import Source, rows
from .style import BLUE, GREY, HATCHES, INK, ORANGE, QUIET

_BURN_DOWN = ("entitlement_id", "template", "allocation", "elapsed_share", "share_left")

# A run is asked for its entitlements and for sums of its days, a frame has the days themselves.
_LARGEST_OF_RUN = """
SELECT template FROM shown WHERE was_in_force AND NOT is_unlimited GROUP BY template
ORDER BY count(*) DESC, template LIMIT 1
"""

_MEMBERS_OF_RUN = """
SELECT entitlement_id, template_id, any_value(allocation)::VARCHAR AS allocation
FROM shown JOIN ledger USING (entitlement_id)
WHERE was_in_force AND NOT is_unlimited AND amount > 0 AND happened_at::DATE <= covered_to
GROUP BY ALL ORDER BY entitlement_id
"""

_COUNTS_OF_RUN = """
, counts AS (
    SELECT elapsed_share, share_left, sum(n) AS n FROM shown
    WHERE template_id = $template_id GROUP BY ALL
)
"""

_LARGEST = """
SELECT template FROM shown GROUP BY template
ORDER BY count(DISTINCT entitlement_id) DESC, template LIMIT 1
"""

_MEMBERS = """
SELECT entitlement_id, any_value(allocation)::VARCHAR AS allocation FROM shown
WHERE share_left IS NOT NULL GROUP BY ALL ORDER BY entitlement_id
"""

_SHARES_LEFT = """
, last_of_bin AS (
    SELECT entitlement_id, round(elapsed_share * 100)::INTEGER / 100 AS elapsed_share,
           arg_max(share_left, shown.elapsed_share) AS share_left
    FROM shown WHERE share_left IS NOT NULL {among} GROUP BY ALL
)
"""

_COUNTS = f"""{_SHARES_LEFT.format(among="")}
, counts AS (SELECT elapsed_share, share_left, count(*) AS n FROM last_of_bin GROUP BY ALL)
"""

# Quantiles of shares that stand for n entitlements each, between neighbours as quantile_cont does.
_MEDIANS = """
, ranked AS (
    SELECT elapsed_share, share_left, sum(n) OVER so_far AS up_to,
           sum(n) OVER (PARTITION BY elapsed_share) - 1 AS last
    FROM counts
    WINDOW so_far AS (PARTITION BY elapsed_share ORDER BY share_left)
),
neighbours AS (
    SELECT elapsed_share, last,
           min(share_left) FILTER (up_to > floor(last * 0.5)) AS below_half,
           min(share_left) FILTER (up_to > ceil(last * 0.5)) AS above_half,
           min(share_left) FILTER (up_to > floor(last * 0.1)) AS below_tenth,
           min(share_left) FILTER (up_to > ceil(last * 0.1)) AS above_tenth
    FROM ranked GROUP BY ALL
)
SELECT elapsed_share,
       below_half + (above_half - below_half) * (last * 0.5 - floor(last * 0.5))::DOUBLE
           AS share_left,
       below_tenth + (above_tenth - below_tenth) * (last * 0.1 - floor(last * 0.1))::DOUBLE
           AS fastest
FROM neighbours ORDER BY elapsed_share
"""


def _largest(run: Source, segment: str | None) -> str | None:
    """Return the template with the most entitlements that have a number of terms."""
    if isinstance(run, Run):
        columns = ("template", "was_in_force", "is_unlimited")
        most = rows(run, "entitlement_facts", columns, _LARGEST_OF_RUN, segment=segment)
    else:
        most = rows(run, "burn_down", _BURN_DOWN, _LARGEST, segment=segment)
    return None if most.empty else str(most["template"].iloc[0])


def _members(run: Source, picked: dict[str, Any]) -> pd.DataFrame:
    """Return the entitlements that ever had a share of terms left, with their unit."""
    if isinstance(run, Run):
        columns = ("template_id", "allocation", "was_in_force", "is_unlimited", "covered_to")
        return rows(run, "entitlement_facts", columns, _MEMBERS_OF_RUN, **picked)
    return rows(run, "burn_down", _BURN_DOWN, _MEMBERS, **picked)


def _medians(run: Source, members: pd.DataFrame, picked: dict[str, Any]) -> pd.DataFrame:
    """Return the median and the lowest tenth of what is left after each hundredth of the term."""
    if isinstance(run, Run):
        # By its number the template is picked before anything is summed.
        return rows(
            run, "burn_down_by_template", ("template_id", "elapsed_share", "share_left", "n"),
            _COUNTS_OF_RUN + _MEDIANS, {"template_id": int(members["template_id"].iloc[0])},
            segment=picked["segment"],
        )  # fmt: skip
    return rows(run, "burn_down", _BURN_DOWN, _COUNTS + _MEDIANS, **picked)


def _single_lines(
    run: Source, members: pd.DataFrame, lines: int, picked: dict[str, Any]
) -> pd.DataFrame:
    """Return what is left of so many entitlements, evenly picked by their numbers."""
    place = np.arange(len(members))
    drawn = members["entitlement_id"][place * lines % len(members) < lines]
    among = f"AND entitlement_id IN ({', '.join(str(int(one)) for one in drawn)})"
    query = f"""{_SHARES_LEFT.format(among=among)}
    SELECT entitlement_id, elapsed_share, share_left FROM last_of_bin
    ORDER BY entitlement_id, elapsed_share
    """
    return rows(run, "burn_down", _BURN_DOWN, query, **picked)


@drawn_from(
    "view ``burn_down``",
    template=(
        "str, optional",
        "Template to show; by default the one with the most entitlements.",
    ),
    lines=(
        "int, default 150",
        "So many entitlements are drawn, evenly picked by their numbers; the median is of all.",
    ),
)
def burn_down(
    run: Source,
    *,
    template: str | None = None,
    segment: str | None = None,
    lines: int = 150,
    ax: Axes | None = None,
) -> Axes:
    """Draw what is left of each entitlement against how much of its term is over.

    Thin lines are single entitlements. The thick one is the median, the dashed one the tenth that
    uses fastest, both of those that were covered at that part of their term; the straight one is
    even use.
    """
    if template is None:
        template = _largest(run, segment)
    picked: dict[str, Any] = {"template": template, "segment": segment}
    with canvas(ax) as ax:
        members = pd.DataFrame() if template is None else _members(run, picked)
        if members.empty:
            return nothing(
                ax, "Burn-down", "no entitlement with a number of terms covered any day."
            )
        median = _medians(run, members, picked)
        thin = _single_lines(run, members, lines, picked)
        unit = members["allocation"].iloc[0]
        _draw_burn_down(ax, median, thin)
        drawn = thin["entitlement_id"].nunique()
        reached = float(median["elapsed_share"].iloc[-1])
        some = "" if drawn == len(members) else f", {number(drawn)} of them drawn"
        quarters = [
            f"{percent(left)} after {percent(share)} of the term"
            for share, left in _at_quarters(median)
        ]
        caption(
            ax,
            f"{template}: the typical entitlement {_typical(median, str(unit))}",
            f"{counted(len(members), 'entitlement')}{some}; one in ten uses its {unit} "
            "at least as fast as the dashed line",
            f"The median share left is {', '.join(quarters)}; even use would leave the rest of the "
            "term's share",
            f"The fastest tenth has {percent(max(float(median['fastest'].iloc[-1]), 0.0))} or less "
            f"left after {percent(reached)} of the term",
        )
    return ax


def _typical(median: pd.DataFrame, unit: str) -> str:
    """Say what the median has left half-way and at the end, or as far as any has come."""
    quarters = {share: percent(left) for share, left in _at_quarters(median)}
    if 0.5 not in quarters:
        last = median.iloc[-1]
        return (
            f"has {percent(last['share_left'])} of its {unit} left after "
            f"{percent(last['elapsed_share'])} of the term"
        )
    end = f", {quarters[1.0]} at its end" if 1.0 in quarters else ""
    return f"has {quarters[0.5]} of its {unit} left half-way through the term{end}"


def _at_quarters(median: pd.DataFrame) -> list[tuple[float, float]]:
    """The median at each quarter of the term that any entitlement has come to."""
    last = median["elapsed_share"].iloc[-1]
    marks = [mark for mark in (0.25, 0.5, 0.75, 1.0) if mark <= last]
    left = np.interp(marks, median["elapsed_share"], median["share_left"])
    return list(zip(marks, left.tolist(), strict=True))


def _draw_burn_down(ax: Axes, median: pd.DataFrame, thin: pd.DataFrame) -> None:
    paths = [
        np.column_stack([path["elapsed_share"], path["share_left"]])
        for _, path in thin.groupby("entitlement_id", sort=True)
    ]
    strength = float(np.clip(3.5 / np.sqrt(len(paths)), 0.25, 0.7))
    # Many thin lines are dots in an SVG: as paths they would weigh megabytes.
    ax.add_collection(
        LineCollection(
            paths, colors=GREY, linewidths=0.7, alpha=strength, rasterized=True, label="single"
        )
    )
    ax.plot([0, 1], [1, 0], color=INK, lw=1, ls=(0, (5, 4)), label="even use")
    ax.plot(
        median["elapsed_share"], median["share_left"], color=BLUE, lw=3, marker="o",
        markevery=[-1], label="median",
    )  # fmt: skip
    ax.plot(
        median["elapsed_share"], median["fastest"], color=ORANGE, lw=2, ls=(0, (4, 1.5)),
        label="fastest tenth",
    )  # fmt: skip
    lowest = min(0.0, float(thin["share_left"].min()))
    ax.set_xlim(0, 1)
    ax.set_ylim(max(lowest, -0.5) - 0.03, max(1.03, float(thin["share_left"].max()) + 0.03))
    if lowest < 0:
        ax.axhline(0, color=QUIET, lw=1)
    end = median.iloc[-1]
    ends = [
        (end["elapsed_share"], end["share_left"], "median"),
        (end["elapsed_share"], end["fastest"], "fastest tenth"),
        (1.0, 0.0, "even use"),
    ]
    label_ends(ax, ends)
    ax.set_xlabel("share of the term that is over")
    ax.set_ylabel("share of the allotment left")
    percent_axis(ax, "x")
    percent_axis(ax, "y")


_UTILISATION_BINS = """
SELECT CASE WHEN ran_dry THEN 10 ELSE least(floor(utilisation * 10 + 1e-9), 9) END::INTEGER AS bin,
       count(*) AS n, count(*) FILTER (used <= 0) AS untouched, sum(utilisation) AS utilisation
FROM shown WHERE ended_by = 'expiry' AND utilisation IS NOT NULL
GROUP BY bin ORDER BY bin
"""


@drawn_from("view ``breakage_by_entitlement``")
def utilisation_at_expiry(
    run: Source,
    *,
    template: str | None = None,
    segment: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw how much of their terms entitlements had used when they expired.

    Those that had run dry stand apart, because nobody knows what they would have used.
    """
    tenths = rows(
        run,
        "breakage_by_entitlement",
        ("ended_by", "ran_dry", "used", "utilisation"),
        _UTILISATION_BINS,
        template=template,
        segment=segment,
    )
    with canvas(ax) as ax:
        if tenths.empty:
            return nothing(
                ax, "Utilisation at expiry", "no entitlement with a number of terms has expired."
            )
        counts = tenths.set_index("bin")["n"].reindex(range(11), fill_value=0)
        total, dry = int(counts.sum()), int(counts[10])
        untouched = int(tenths["untouched"].sum())
        bars = ax.bar(np.arange(10) + 0.5, counts[:10], width=0.94, color=BLUE, label="not dry")
        dry_bar = ax.bar(
            [11.2], [dry], width=1.3, color=ORANGE, hatch=HATCHES[1], edgecolor="white",
            label="ran dry",
        )  # fmt: skip
        for counted_bars in (bars, dry_bar):
            ax.bar_label(counted_bars, fmt=number, fontsize=8.5, padding=2)
        ax.axvline(10.25, color=QUIET, lw=0.8, ls=(0, (2, 3)))
        ax.set_xlim(-0.2, 12.1)
        ax.set_xticks(
            [*range(0, 11, 2), 11.2], [*(percent_tick(place / 5) for place in range(6)), "dry"]
        )
        ax.set_xlabel("share of the allotment used by the last day")
        ax.set_ylabel("entitlements")
        count_axis(ax)
        finding = (
            f"{roughly(dry / total)} of all expired entitlements had run dry by the end"
            if template is None
            else f"{roughly(dry / total)} of the {template} that expired had run dry"
        )
        mean = float(tenths["utilisation"].sum()) / total
        caption(
            ax,
            finding,
            f"{counted(total, 'expired entitlement')} with a number of terms; "
            f"{share_of(untouched, total)} were never used",
            f"{share_of(dry, total)} had nothing left; the mean utilisation is {percent(mean)}",
            f"Entitlements by utilisation in tenths, up to 100%: "
            f"{', '.join(number(count) for count in counts[:10])}",
        )
    return ax


_PACING = """
SELECT is_stable, pacing, template FROM shown WHERE pacing IS NOT NULL OR NOT is_stable
"""


@drawn_from("view ``pacing``")
def pacing(
    run: Source,
    *,
    template: str | None = None,
    segment: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw how fast active entitlements use their terms, compared with even use."""
    entitlements = rows(
        run, "pacing", ("is_stable", "pacing", "template"), _PACING, template=template,
        segment=segment,
    )  # fmt: skip
    index = entitlements["pacing"].dropna().to_numpy(dtype=float)
    with canvas(ax) as ax:
        if not len(index):
            return nothing(
                ax,
                "Pacing of active entitlements",
                "no active entitlement with a number of terms is far enough into its term.",
            )
        edges = np.arange(0, 2.25, 0.25)
        # A bin holds its upper edge: even use (1) is not too fast.
        place = np.clip(np.ceil(index / 0.25 - 1e-9).astype(int) - 1, 0, 8)
        counts = np.bincount(place, minlength=9)
        slow = ax.bar(edges[:4] + 0.125, counts[:4], width=0.235, color=BLUE, label="slower")
        fast = ax.bar(
            edges[4:] + 0.125, counts[4:], width=0.235, color=ORANGE, hatch=HATCHES[1],
            edgecolor="white", label="faster",
        )  # fmt: skip
        for bars in (slow, fast):
            ax.bar_label(bars, fmt=number, fontsize=8.5, padding=2)
        ax.margins(y=0.12)
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
        caption(
            ax,
            f"{percent(ahead, len(index))} of the active {template or 'entitlements'} use their "
            "terms faster than time passes",
            f"{counted(len(index), 'active entitlement')} with a number of terms"
            + (f"; left out: {number(young)} too young to tell" if young else ""),
            f"{share_of(ahead, len(index))} have a pacing index above 1, "
            f"{number(counts[8])} of them above 2; the median is {exact(np.median(index))}",
        )
    return ax
