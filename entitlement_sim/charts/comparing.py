"""Runs held against each other: what differs, and both in one picture.

They are drawn from the frames that a comparison hands over, or from several runs at once. A title
claims a difference only where its limits exclude 0.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ..inference import LEAST_UNITS, portfolio_of, ratios
from ..parameters import TEXT, Kind, of_types, takes
from ..store.run import RUN, Run
from ..telling import (
    counted,
    listed,
    move_in_words,
    move_of_kind,
    number,
    percent,
    points,
)
from .canvas import (
    canvas,
    caption,
    count_axis,
    label_ends,
    month_axis,
    nothing,
    percent_axis,
    root_of,
)
from .narrow import drawn_narrow_too
from .source import check_columns, records
from .style import COLOURS, FAINT, GREY, INK, LINES, MARKERS, is_narrow

#: Columns of a comparison's frame that its charts read.
_NEEDED: Final = (
    "run", "name", "kind", "of", "first", "second", "difference", "change", "low", "high", "moved",
)  # fmt: skip

#: Metrics that a title names.
_NAMED: Final = 2

#: Shares of the widest interval beyond which a limit is drawn at the edge.
_EDGE: Final = 1.08


#: What overlaid charts and forests are drawn from.
_RUNS: Final = Kind(
    "a mapping from names to runs",
    lambda value: isinstance(value, Mapping) and all(map(RUN.fits, value.values())),
)
_FRAME: Final = of_types("a frame", pd.DataFrame)


@drawn_narrow_too
@takes(differences=_FRAME, currency=TEXT)
def comparison_forest(
    differences: pd.DataFrame,
    *,
    currency: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw what moved, metric by metric, with its limits: a forest plot.

    Shares stand above, their differences in percentage points; sums below, in per cent of the first
    run. What excludes 0 is full, the rest hollow. Several runs stand below each other in each row.

    Parameters
    ----------
    differences : DataFrame
        As ``compare(…).metrics()`` returns it.
    currency : str, optional
        In which the money is.
    ax : Axes, optional
        Where to draw; by default a new figure.

    Raises
    ------
    ValueError
        The frame lacks columns.
    """
    rows = _relative(_checked(differences))
    runs = list(dict.fromkeys(rows["run"]))
    names = list(dict.fromkeys(rows["name"]))
    height = 1.9 + (0.16 + 0.12 * max(len(runs), 1)) * max(len(names), 3)
    with canvas(ax, width=8.6, height=height, narrow_height=height) as ax:
        if not rows["middle"].notna().any():
            return nothing(ax, "What moved", "nothing happened in either run.")
        places = _places(rows)
        _draw_forest(ax, rows, places, runs, currency)
        ax.set_xlabel("difference: shares in points, sums in % of the first run")
        caption(
            ax,
            _forest_title(rows, runs, currency),
            _shown(rows),
            *(f"{row.run}: {move_in_words(row, currency)}" for row in records(rows)),
            beside=_beside(names),
        )
    return ax


@drawn_narrow_too
@takes(differences=_FRAME, metric=TEXT, currency=TEXT)
def comparison_groups(
    differences: pd.DataFrame,
    metric: str,
    *,
    currency: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw by how much one metric moved in each segment or template, with its limits.

    Parameters
    ----------
    differences : DataFrame
        As ``compare(…).by("segment")`` returns it, or by template.
    metric : str
        Key or name of the metric.
    currency : str, optional
        In which the money is.
    ax : Axes, optional
        Where to draw; by default a new figure.

    Raises
    ------
    ValueError
        The frame lacks columns, or has no such metric.
    """
    group = next((name for name in ("segment", "template") if name in differences), None)
    if group is None:
        raise ValueError("the frame lacks segment or template: it must be of a comparison by one")
    _checked(differences)
    chosen = differences[(differences["metric"] == metric) | (differences["name"] == metric)]
    if chosen.empty:
        raise ValueError(f"the comparison has no metric {metric!r} by {group}")
    rows = chosen.assign(
        middle=chosen["difference"], left=chosen["low"], right=chosen["high"], label=chosen[group]
    )
    runs = list(dict.fromkeys(rows["run"]))
    groups = list(dict.fromkeys(rows[group]))
    kind, name = rows["kind"].iloc[0], rows["name"].iloc[0]
    height = 1.9 + (0.16 + 0.14 * len(runs)) * max(len(groups), 3)
    with canvas(ax, height=height, narrow_height=height) as ax:
        if not rows["middle"].notna().any():
            return nothing(ax, name, f"no {group} has any of it in both runs.")
        places = {label: float(place) for place, label in enumerate(groups)}
        _draw_forest(ax, rows, places, runs, currency)
        ax.xaxis.set_major_formatter(
            FuncFormatter(lambda value, _: move_of_kind(kind, value, currency))
        )
        ax.set_xlabel(f"{name}: difference{' in points' if kind == 'share' else ''}")
        caption(
            ax,
            _groups_title(rows, group, kind, name, currency),
            _shown(rows),
            *(f"{row.label}, {row.run}: {move_in_words(row, currency)}" for row in records(rows)),
            beside=_beside(groups),
        )
    return ax


@drawn_narrow_too
@takes(runs=_RUNS)
def overlaid_renewals(runs: Mapping[str, Run], *, ax: Axes | None = None) -> Axes:
    """Draw the share renewed of what fell due in each quarter, of several runs in one picture.

    Bars are limits of customers drawn anew within their segments. Only what had its grace counts,
    and quarters with 30 of it; free contracts are left out where anything has a price.

    Parameters
    ----------
    runs : mapping of str to Run
        By what they are called, the first one first.
    ax : Axes, optional
        Where to draw; by default a new figure.
    """
    quarters = {name: _renewed_by_quarter(run) for name, run in runs.items()}
    with canvas(ax) as ax:
        if not any((frame["n"] >= LEAST_UNITS).any() for frame in quarters.values()):
            why = "no quarter has 30 contracts due with their grace over."
            return nothing(ax, "Renewed, by quarter due", why)
        ends = []
        for place, (name, every) in enumerate(quarters.items()):
            frame = every[every["n"] >= LEAST_UNITS]
            if frame.empty:
                continue
            moved = frame["quarter"] + pd.Timedelta(days=9 * (place - (len(runs) - 1) / 2))
            spread = [frame["value"] - frame["low"], frame["high"] - frame["value"]]
            ax.errorbar(
                moved, frame["value"], yerr=np.nan_to_num(np.maximum(spread, 0)), ms=5,
                color=COLOURS[place % len(COLOURS)], ls=LINES[place % len(LINES)],
                marker=MARKERS[place % len(MARKERS)], elinewidth=1, capsize=2,
            )  # fmt: skip
            ends.append((moved.iloc[-1], float(frame["value"].iloc[-1]), name))
        ax.set_ylim(0, 1.03)
        percent_axis(ax)
        month_axis(ax, sorted({day for frame in quarters.values() for day in frame["quarter"]}))
        ax.set_xlabel("quarter in which they fell due")
        ax.set_ylabel("share renewed within the grace")
        label_ends(ax, ends, [COLOURS[place % len(COLOURS)] for place in range(len(ends))])
        shares = [
            f"{_of_any(frame['renewed'].sum(), frame['n'].sum(), 'none due')} in {name}"
            for name, frame in quarters.items()
        ]
        counts = [f"{number(frame['n'].sum())} of {name}" for name, frame in quarters.items()]
        caption(
            ax,
            f"Renewed of what fell due: {listed(shares)}",
            f"contracts due with their grace over: {listed(counts)}; bars: 95% limits of customers "
            "drawn anew",
        )
    return ax


_REFUSED: Final = """
SELECT template, sum(used_up)::DOUBLE AS refused, sum(asked_what_is_sold)::DOUBLE AS asked
FROM blocked_demand WHERE restrict GROUP BY template_id, template
HAVING sum(asked_what_is_sold) > 0 ORDER BY template_id
"""


@drawn_narrow_too
@takes(runs=_RUNS)
def overlaid_refusals(runs: Mapping[str, Run], *, ax: Axes | None = None) -> Axes:
    """Draw which share of the cases was refused for want of terms, by template, in several runs.

    Of the cases that asked a restricting contract by a channel that it sells.

    Parameters
    ----------
    runs : mapping of str to Run
        By what they are called, the first one first.
    ax : Axes, optional
        Where to draw; by default a new figure.
    """
    unrecorded = [name for name, run in runs.items() if run.manifest.source == "imported"]
    shares = {name: run.sql(_REFUSED).set_index("template") for name, run in runs.items()}
    templates = list(dict.fromkeys(name for frame in shares.values() for name in frame.index))
    height = 1.9 + 0.42 * max(len(templates), 3)
    with canvas(ax, height=height, narrow_height=height) as ax:
        if unrecorded:
            why = f"no live system records which cases were refused: {listed(unrecorded)}."
            return nothing(ax, "Refused for want of terms", why)
        if not templates:
            return nothing(ax, "Refused for want of terms", "no case asked a restricting contract.")
        values = pd.DataFrame(
            {name: frame["refused"] / frame["asked"] for name, frame in shares.items()}
        ).reindex(templates)
        places = np.arange(len(templates))
        ax.hlines(places, values.min(axis=1), values.max(axis=1), color=FAINT, lw=4, zorder=1)
        for place, name in enumerate(values):
            ax.plot(
                values[name], places, MARKERS[place % len(MARKERS)], ms=8, zorder=2 + place,
                color=COLOURS[place % len(COLOURS)], label=name, mec="white", mew=0.8,
            )  # fmt: skip
        ax.set_yticks(places, templates)
        ax.set_ylim(len(templates) - 0.4, -0.6)
        ax.set_xlim(0, max(float(values.max().max()) * 1.1, 0.05))
        percent_axis(ax, "x")
        ax.set_xlabel("refused because terms were used up")
        ax.grid(axis="y", visible=False)
        ax.grid(axis="x", visible=True)
        ax.legend(loc="best")
        totals = [
            f"{_of_any(frame['refused'].sum(), frame['asked'].sum(), 'none asked')} in {name}"
            for name, frame in shares.items()
        ]
        asked = [f"{number(frame['asked'].sum())} of {name}" for name, frame in shares.items()]
        caption(
            ax,
            f"Refused for want of terms: {listed(totals)}",
            f"cases that asked a restricting contract for what it sells: {listed(asked)}",
            *(
                f"{template}: "
                + listed(
                    [f"{_refused_of(frame, template)} in {name}" for name, frame in shares.items()]
                )
                for template in templates
            ),
            beside=_beside(templates),
        )
    return ax


_ACTIVE: Final = """
SELECT day, sum(active)::DOUBLE AS active FROM daily GROUP BY day ORDER BY day
"""


@drawn_narrow_too
@takes(runs=_RUNS)
def overlaid_active(runs: Mapping[str, Run], *, ax: Axes | None = None) -> Axes:
    """Draw how many contracts are active at the close of each day, of several runs in one picture.

    Parameters
    ----------
    runs : mapping of str to Run
        By what they are called, the first one first.
    ax : Axes, optional
        Where to draw; by default a new figure.
    """
    days = {name: run.sql(_ACTIVE) for name, run in runs.items()}
    with canvas(ax) as ax:
        if not any(frame["active"].any() for frame in days.values()):
            return nothing(ax, "Active contracts", "no contract was ever active.")
        ends = []
        for place, (name, frame) in enumerate(days.items()):
            ax.plot(
                frame["day"], frame["active"], color=COLOURS[place % len(COLOURS)],
                ls=LINES[place % len(LINES)], lw=1.6,
            )  # fmt: skip
            ends.append((frame["day"].iloc[-1], float(frame["active"].iloc[-1]), name))
        first = min(frame["day"].iloc[0] for frame in days.values())
        last = max(end for end, _, _ in ends)
        ax.set_xlim(first, last)
        ax.set_ylim(0, 1.08 * max(float(frame["active"].max()) for frame in days.values()))
        count_axis(ax)
        month_axis(ax, pd.date_range(first, last, freq="MS"))
        ax.set_xlabel("day")
        ax.set_ylabel("active contracts")
        label_ends(ax, ends, [COLOURS[place % len(COLOURS)] for place in range(len(ends))])
        closing = [f"{number(active)} in {name}" for _, active, name in ends]
        caption(
            ax,
            f"Active contracts on the last day: {listed(closing)}",
            "contracts that are active at the close of each day, free ones too",
        )
    return ax


def _checked(differences: pd.DataFrame) -> pd.DataFrame:
    check_columns(differences, _NEEDED, "be one that a comparison hands over")
    return differences


def _relative(rows: pd.DataFrame) -> pd.DataFrame:
    """Add differences and limits as they are drawn: points, or per cent of the first run."""
    is_share = rows["kind"] == "share"
    base = np.where(is_share, 1.0, rows["first"].where(rows["first"] > 0))
    return rows.assign(
        middle=100 * rows["difference"] / base,
        left=100 * rows["low"] / base,
        right=100 * rows["high"] / base,
        label=rows["name"],
    )


def _places(rows: pd.DataFrame) -> dict[str, float]:
    """Return where each metric stands, sums below a gap after the shares."""
    kinds = dict(zip(rows["name"], rows["kind"], strict=True))
    shares = [name for name, kind in kinds.items() if kind == "share"]
    sums = [name for name, kind in kinds.items() if kind != "share"]
    gap = 0.6 if shares and sums else 0.0
    places = {name: float(place) for place, name in enumerate(shares)}
    return places | {name: len(shares) + gap + place for place, name in enumerate(sums)}


def _draw_forest(
    ax: Axes,
    rows: pd.DataFrame,
    places: Mapping[str, float],
    runs: Sequence[str],
    currency: str | None,
) -> None:
    ax.set_yticks(list(places.values()), list(places))
    ax.set_ylim(max(places.values()) + 0.7, -0.7)
    ax.axvline(0, color=INK, lw=0.9, zorder=1)
    step = 0.6 / max(len(runs), 1)
    # One limit far out must not squeeze all others.
    reach = _EDGE * float(np.nanmax(np.abs(rows["middle"]))) or 1.0
    for number_of_run, run in enumerate(runs):
        colour = COLOURS[number_of_run % len(COLOURS)]
        marker = MARKERS[number_of_run % len(MARKERS)]
        for row in records(rows[(rows["run"] == run) & rows["middle"].notna()]):
            y = places[row.label] + step * (number_of_run - (len(runs) - 1) / 2)
            shade = colour if row.moved else GREY
            if not np.isnan(row.left) and row.difference != 0:
                ax.hlines(y, row.left, row.right, color=shade, lw=1.6, zorder=2)
                reach = max(reach, min(max(abs(row.left), abs(row.right)), 4 * reach))
            ax.plot(
                row.middle, y, marker, ms=6, color=shade, mfc=shade if row.moved else "white",
                zorder=3,
            )  # fmt: skip
            if len(runs) == 1 and not is_narrow():
                ax.annotate(
                    move_of_kind(row.kind, row.difference, currency), (1, y),
                    xycoords=("axes fraction", "data"), xytext=(4, 0),
                    textcoords="offset points", va="center", fontsize=8.5,
                    color=INK if row.moved else GREY,
                )  # fmt: skip
        if len(runs) > 1:
            ax.plot([], [], marker, color=colour, label=run)
    ax.set_xlim(-_EDGE * reach, _EDGE * reach)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=5 if is_narrow() else 7))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _tick(value)))
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", visible=True)
    if len(runs) > 1:
        # Below the name of the axis, however high the axes are.
        inches = ax.get_position().height * root_of(ax).get_figheight()
        ax.legend(
            loc="upper center", bbox_to_anchor=(0.5, -0.75 / inches), ncols=min(len(runs), 3)
        )  # fmt: skip


def _of_any(part: float, whole: float, none: str) -> str:
    """Write a share, or that there is nothing of which it could be one."""
    return percent(part, whole) if whole else none


def _refused_of(frame: pd.DataFrame, template: str) -> str:
    """Write the share refused of a template of which a run may have no case."""
    if template not in frame.index:
        return "none asked"
    return percent(frame.loc[template, "refused"], frame.loc[template, "asked"])


def _beside(names: Sequence[str]) -> float:
    """Width that names at the ticks take from a title, in inches; half of it is there anyway."""
    return max(0.065 * max(map(len, names), default=0) - 0.3, 0.0)


def _tick(value: float) -> str:
    text = points(value)
    return text.removesuffix(".0") if text.endswith(".0") else text


def _by_size(rows: pd.DataFrame) -> list[Any]:
    return sorted(records(rows), key=lambda row: -abs(row.middle))


def _forest_title(rows: pd.DataFrame, runs: Sequence[str], currency: str | None) -> str:
    """Say what moved: only what excludes 0."""
    if len(runs) > 1:
        counts = [
            f"{number((rows['moved'] & (rows['run'] == run)).sum())} in {run}" for run in runs
        ]
        return f"Of {counted(rows['name'].nunique(), 'metric')} moved for sure: {listed(counts)}"
    moved = _by_size(rows[rows["moved"].astype(bool)])
    total = counted(len(rows), "metric")
    if not moved:
        return f"{runs[0]}: none of {total} moved for sure"
    parts = [
        f"{row.name} {move_of_kind(row.kind, row.difference, currency)}"
        f"{' points' if row.kind == 'share' else ''}"
        for row in moved[:_NAMED]
    ]
    rest = " most of all" if len(moved) > _NAMED else ""
    return f"{runs[0]}: {number(len(moved))} of {total} moved for sure,{rest} {listed(parts)}"


def _groups_title(
    rows: pd.DataFrame, group: str, kind: str, name: str, currency: str | None
) -> str:
    """Say in which segment or template a metric moved most, or alone, or that it did in none."""
    moved = _by_size(rows[rows["moved"].astype(bool)])
    if not moved:
        return f"{name}: no {group} of {number(len(set(rows[group])))} moved for sure"
    most = moved[0]
    if len(moved) == 1:
        return f"{name}: moved for sure in {most.label} alone"
    points = " points" if kind == "share" else ""
    return (
        f"{name}: most of all in {most.label} "
        f"({move_of_kind(kind, most.difference, currency)}{points})"
    )


def _shown(rows: pd.DataFrame) -> str:
    units = rows["unit"].dropna().tolist() if "unit" in rows else []
    replicated = {"replication" in unit for unit in units}
    drawn = "customers drawn anew within their segments"
    if replicated == {True}:
        drawn = "replications"
    elif True in replicated:
        drawn = "replications, or of customers drawn anew for what needs rows"
    return f"bars: limits of {drawn}; full: they exclude 0, hollow: they do not"


_RENEWED: Final = """
SELECT customer_id, date_trunc('quarter', end_date)::DATE AS quarter, is_renewed AS renewed,
       1 AS due
FROM renewals WHERE is_mature AND in_base
"""


def _renewed_by_quarter(run: Run) -> pd.DataFrame:
    """Return the share renewed by quarter due, with its limits and the counts behind it."""
    rows = run.sql(_RENEWED)
    if rows.empty:
        return pd.DataFrame(columns=["quarter", "value", "low", "high", "n", "renewed"])
    shares = ratios(rows, "renewed", "due", by=["quarter"], portfolio=portfolio_of(run))
    return shares.assign(renewed=shares["value"] * shares["n"])
