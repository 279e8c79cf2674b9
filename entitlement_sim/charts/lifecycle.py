"""How many entitlements went from which state to which."""

from datetime import date
from typing import Final

from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from ..store.run import Run
from ..telling import counted, day, listed, number
from .canvas import canvas, caption, nothing
from .dates import Day, span
from .documentation import drawn_from
from .source import Source, rows
from .style import BLUE, FAINT, INK, ORANGE, QUIET, is_narrow

_FLOWS = """
SELECT coalesce(from_state::VARCHAR, 'made') AS from_state, to_state::VARCHAR AS to_state,
       count(*) AS n
FROM shown WHERE on_date >= $begins GROUP BY ALL
UNION ALL
-- Those that are in a state when the run begins came there before.
SELECT 'before', to_state::VARCHAR, count(*)
FROM (
    SELECT arg_max(to_state, place) AS to_state
    FROM (SELECT *, row_number() OVER () AS place FROM shown WHERE on_date < $begins)
    GROUP BY entitlement_id
)
WHERE to_state NOT IN ('expired', 'cancelled') GROUP BY to_state
ORDER BY ALL
"""

#: Where each state stands, from left to right through life, in its order.
_PLACES: Final = {
    "made": (-1.05, 0.0),
    "draft": (0.0, 0.0),
    "waiting": (1.35, 1.0),
    "active": (2.7, 0.0),
    "expired": (4.3, 0.75),
    "cancelled": (4.3, -0.75),
}
#: The same from top to bottom, for a narrow screen.
_NARROW_PLACES: Final = {
    "made": (0.0, 0.8),
    "draft": (0.0, 0.0),
    "waiting": (1.2, -0.85),
    "active": (0.0, -1.7),
    "expired": (-0.75, -2.75),
    "cancelled": (0.95, -2.75),
}
_BOX = (0.46, 0.24)

_ORDER: Final = tuple(_PLACES)

#: What became of one or of several that have ended.
_ENDED: Final = {
    "expired": ("has expired", "have expired"),
    "cancelled": ("was cancelled", "were cancelled"),
}

#: Bend of an arrow that passes below the active ones.
_AROUND = 0.4

#: A way has an arrow where this share of all entitlements went it.
_LEAST_SHARE = 0.001


@drawn_from("table ``transitions``", "the day on which a state was entered")
def lifecycle_flow(
    run: Source, *, since: Day = None, until: Day = None, ax: Axes | None = None
) -> Axes:
    """Draw the states of an entitlement, with the number that went along each way.

    A box tells how many were in the state at the end; arrows are wider the more went that way in
    the run. What was there before it begins is named, without an arrow, and ways that fewer than
    one in a thousand entitlements went are named below. Neither a template nor a segment can be
    picked: a change of state names none.
    """
    columns = ("entitlement_id", "on_date", "from_state", "to_state")
    first, last = span(since, until)
    begins = run.manifest.start_date if isinstance(run, Run) else date.min
    if first is not None:
        begins = max(first, date.fromisoformat(str(begins)[:10]))
    # What happened before the first day is needed to know who was there then.
    ways = rows(
        run, "transitions", columns, _FLOWS, {"begins": begins}, dated="on_date", until=last
    )
    with canvas(ax, width=8.6, height=4.2, narrow_height=5.2) as ax:
        if ways.empty:
            return nothing(
                ax, "Ways through life", "no entitlement was made.", since=since, until=until
            )
        came = ways.groupby("to_state")["n"].sum()
        went = ways.groupby("from_state")["n"].sum()
        stock = came.sub(went, fill_value=0)
        ax.set_axis_off()
        ax.set_xlim(*((-1.4, 1.8) if is_narrow() else (-1.3, 4.9)))
        ax.set_ylim(*((-3.1, 0.9) if is_narrow() else (-1.2, 1.45)))
        flows = {
            (str(start), str(end)): int(n)
            for start, end, n in zip(ways["from_state"], ways["to_state"], ways["n"], strict=True)
            if start != "before"
        }
        made, before = int(went.get("made", 0)), int(went.get("before", 0))
        drawn = {way: n for way, n in flows.items() if n >= _LEAST_SHARE * (made + before)}
        for (start, end), n in drawn.items():
            bend = _bend(start, end, set(drawn))
            _draw_way(ax, start, end, n / max(flows.values()), n, bend)
        for state in _PLACES:
            if state != "made":
                _draw_state(ax, state, int(stock.get(state, 0)))
        when = "the run began" if first is None else day(first)
        running = [
            f"{number(stock[state])} {state}"
            for state in ("active", "waiting", "draft")
            if stock.get(state, 0) > 0
        ]
        ended = [
            counted(stock[state], *verbs)
            for state, verbs in _ENDED.items()
            if stock.get(state, 0) > 0
        ]
        active = counted(stock.get("active", 0), "is active", "are active")
        back = sum(n for (start, end), n in flows.items() if end == "draft" and start != "made")
        caption(
            ax,
            f"Of {counted(made + before, 'entitlement')}, {', '.join([*ended, active])}",
            "Entitlements that went each way; in the boxes, where they are at the end"
            + _not_drawn({way: n for way, n in flows.items() if way not in drawn}),
            f"At the end: {', '.join([*running, *ended])}",
            f"{number(before)} were there before {when}" if before else "",
            f"{counted(back, 'time')} one went back to draft to be amended" if back else "",
            *(f"{start} to {end}: {number(n)}" for (start, end), n in flows.items()),
            since=since,
            until=until,
        )
    return ax


def _not_drawn(ways: dict[tuple[str, str], int]) -> str:
    """Name the ways that too few went for an arrow."""
    if not ways:
        return ""
    named = [f"{start} to {end} {number(n)}" for (start, end), n in ways.items()]
    return f"; not drawn: {listed(named)}"


def _places() -> dict[str, tuple[float, float]]:
    return _NARROW_PLACES if is_narrow() else _PLACES


def _draw_state(ax: Axes, state: str, stock: int) -> None:
    x, y = _places()[state]
    width, height = _BOX
    ax.add_patch(
        FancyBboxPatch(
            (x - width, y - height), 2 * width, 2 * height, fc="white", ec=INK, lw=1.2, zorder=3,
            boxstyle="round,pad=0,rounding_size=0.08", label=state,
        )
    )  # fmt: skip
    ax.text(x, y + 0.07, state, ha="center", va="center", fontweight="bold", zorder=4)
    ax.text(
        x, y - 0.12, f"{number(stock)} now", ha="center", va="center", fontsize=9, color=QUIET,
        zorder=4,
    )  # fmt: skip


def _draw_way(ax: Axes, start: str, end: str, share: float, count: int, bend: float) -> None:
    """Draw one arrow from state to state, as wide as its share, with its number on it."""
    back = _ORDER.index(end) < _ORDER.index(start)
    (x0, y0), (x1, y1) = _edge(start, end, bend), _edge(end, start, bend)
    width = 1.5 + 9 * share
    head = f"head_length={6 + width:.1f},head_width={8 + 1.4 * width:.1f},tail_width={width:.1f}"
    ax.add_patch(
        FancyArrowPatch(
            (x0, y0), (x1, y1), connectionstyle=f"arc3,rad={bend}",
            arrowstyle=f"simple,{head}", mutation_scale=1, lw=0, shrinkA=0, shrinkB=0, zorder=2,
            fc=ORANGE if back else BLUE, label=f"{start} to {end}",
        )
    )  # fmt: skip
    # The middle of a curve with one control point lies half-way to that point.
    x, y = (x0 + x1) / 2 + bend * (y1 - y0) / 2, (y0 + y1) / 2 - bend * (x1 - x0) / 2
    ax.text(
        x, y, f"{number(count)} back" if back else number(count), ha="center", va="center",
        fontsize=9.5, zorder=5, bbox={"boxstyle": "round,pad=0.18", "fc": "white", "ec": FAINT},
    )  # fmt: skip


def _bend(start: str, end: str, ways: set[tuple[str, str]]) -> float:
    """How far an arrow turns aside: below what it passes, or from one that comes back."""
    onwards = _ORDER.index(end) > _ORDER.index(start)
    if start == "draft" and end in ("expired", "cancelled"):
        return _AROUND
    if (end, start) not in ways:
        return 0.0
    return -0.1 if onwards else -0.25


def _edge(state: str, towards: str, bend: float) -> tuple[float, float]:
    """Point of a state's box that an arrow to another state leaves or reaches."""
    (x, y), (u, v) = _places()[state], _places()[towards]
    if state == "made":
        return x, y
    width, height = _BOX
    run, rise = u - x, v - y
    if bend == _AROUND:
        return (x - width, y) if is_narrow() else (x, y - height)
    scale = min(width / abs(run) if run else 9.0, height / abs(rise) if rise else 9.0)
    return x + run * scale, y + rise * scale
