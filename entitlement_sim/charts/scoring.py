"""Where a run misses what it is held against."""

from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ..scoring.saying import named, tolerated, verdict, written
from ..store.run import Run
from .canvas import canvas, caption, nothing
from .documentation import drawn_from
from .source import Source, check_columns, records
from .style import BLUE, FAINT, INK, ORANGE

_NEEDED: Final = (
    "row", "part", "segment", "value", "target", "low", "high", "verdict", "declared", "unit", "n",
)  # fmt: skip

#: Misses beyond so many times what is tolerated are drawn at the edge.
_EDGE: Final = 5.0


@drawn_from("frame that ``entitlement_sim.scorecard`` returns; a run is held against the targets")
def scorecard(run: Source, *, ax: Axes | None = None) -> Axes:
    """Draw the numbers that miss, by how many times as far off as tolerated they are.

    The band in the middle is what hits. What the scenario declares is drawn full, the others empty.
    """
    card = _card(run)
    misses = card[card["verdict"] == "miss"].iloc[::-1]
    with canvas(ax, height=2.1 + 0.3 * max(len(misses), 4)) as ax:
        if not (card["verdict"].isin(["hit", "miss"])).any():
            return nothing(
                ax, "Scorecard", "no number could be measured and held against a target."
            )
        if misses.empty:
            return nothing(ax, "Scorecard", "every number that could be measured hits.")
        misses = misses.assign(off=[_off(row) for row in records(misses)])
        _draw(ax, misses)
        furthest = max(records(misses), key=lambda row: abs(row.off))
        caption(
            ax,
            f"{named(furthest)} is furthest off: {written(furthest, furthest.value)} for "
            f"{written(furthest, furthest.target)}",
            verdict(card).removesuffix("."),
            *(
                f"{named(row)}: {written(row, row.value)} for {written(row, row.target)}, "
                f"{tolerated(row)} would hit"
                for row in reversed(records(misses))
            ),
        )
    return ax


def _card(run: Source) -> pd.DataFrame:
    if isinstance(run, Run):
        # What counts scenarios takes longer to load than most charts take to draw.
        from ..scoring.card import scorecard as score

        return score(run)
    if not isinstance(run, pd.DataFrame):
        raise TypeError(f"a chart is drawn from a run or a DataFrame, not {type(run).__name__}")
    check_columns(run, _NEEDED, "be a scorecard")
    return run


def _off(row: Any) -> float:
    """How far a number is off, where 1 is the limit: infinite where nothing is tolerated."""
    limit = row.high if row.value > row.target else row.low
    tolerance = abs(limit - row.target)
    return float((row.value - row.target) / tolerance) if tolerance else float(np.inf)


def _draw(ax: Axes, misses: pd.DataFrame) -> None:
    off = np.clip(misses["off"].to_numpy(dtype=float), -_EDGE, _EDGE)
    places = np.arange(len(misses))
    edge = max(float(np.abs(off).max()), 1.5) * 1.1
    ax.axvspan(-1, 1, color=FAINT, lw=0, zorder=0)
    ax.axvline(0, color=INK, lw=0.8, zorder=1)
    ax.hlines(places, 0, off, color=BLUE, lw=1.2, zorder=2)
    for is_declared, fill in ((True, ORANGE), (False, "white")):
        chosen = (misses["declared"] == is_declared).to_numpy()
        if chosen.any():
            ax.plot(
                off[chosen], places[chosen], "o", markerfacecolor=fill, markeredgecolor=INK,
                markersize=7, zorder=3, label="declared" if is_declared else "not declared",
            )  # fmt: skip
    for place, row in enumerate(records(misses)):
        beyond = " (beyond the edge)" if abs(row.off) > _EDGE else ""
        side = -1 if off[place] > 0 else 1
        ax.annotate(
            f"{written(row, row.value)} for {written(row, row.target)}{beyond}", (0, place),
            xytext=(6 * side, 0), textcoords="offset points", fontsize=8.5, va="center",
            ha="right" if side < 0 else "left",
        )  # fmt: skip
    ax.set_yticks(places, [named(row) for row in records(misses)])
    ax.set_xlim(-edge, edge)
    ax.set_ylim(-0.8, len(misses) - 0.2)
    ax.set_xlabel("off the target, in times of what is tolerated on that side")
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", visible=True)
    below = -0.6 / (0.4 + 0.3 * max(len(misses), 4))
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, below), ncols=2)
