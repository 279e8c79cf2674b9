"""What many offerings come to: which settings move a metric, and which offerings are not beaten."""

import textwrap
from typing import Any, Final

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ..parameters import TEXT, Kind, of_types, takes
from ..telling import (
    counted,
    in_currency,
    limits_of_kind,
    listed,
    move_of_kind,
    number,
    percent_tick,
    printable,
    short_of_kind,
    short_tick,
    signed_short,
)
from .canvas import canvas, caption, nothing
from .narrow import drawn_narrow_too
from .source import check_columns, records
from .style import BLUE, FAINT, GREY, INK, ORANGE, QUIET, is_narrow

_FRAME: Final = of_types("a frame", pd.DataFrame)
_TWO: Final = Kind("a pair", lambda value: isinstance(value, tuple) and len(value) == 2)

#: Columns that a tornado needs, and a frontier.
_OF_SWINGS: Final = (
    "crossing", "path", "value", "difference", "swing", "swing_low", "swing_high",
)  # fmt: skip
_OF_BEST: Final = ("name", "x", "y", "on_frontier", "beaten_by")

#: Settings that a tornado shows, and offerings whose names a frontier shows.
_MOST_BARS, _MOST_NAMES = 15, 10
#: Letters of a name in a picture.
_LETTERS: Final = 34


@drawn_narrow_too
@takes(swings=_FRAME, name=TEXT, kind=TEXT, currency=TEXT, assumed=TEXT)
def sweep_tornado(
    swings: pd.DataFrame,
    name: str,
    *,
    kind: str = "count",
    currency: str | None = None,
    assumed: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Draw how far each setting of a sweep moves a metric, the widest swing on top.

    A bar reaches from the lowest to the highest mean of a setting's values, as differences from the
    base; the line within is what its two ends differ by at the least. A hollow bar cannot be told
    from no swing.

    Parameters
    ----------
    swings : DataFrame
        As ``sweep(…).swings(metric)`` returns it.
    name : str
        What the metric is called.
    kind : {"share", "count", "terms", "hours", "money"}
        What its values are.
    currency : str, optional
        In which the money is.
    assumed : str, optional
        A sentence that says on what the numbers rest.
    ax : Axes, optional
        Where to draw; by default a new figure.

    Raises
    ------
    ValueError
        The frame lacks columns.
    """
    check_columns(swings, _OF_SWINGS, "be of a sweep")
    known = swings[swings["swing"].notna()]
    bars = [group for _, group in known.groupby(["crossing", "path"], sort=False, dropna=False)]
    shown = bars[:_MOST_BARS]
    height = 1.9 + 0.46 * max(len(shown), 2)
    with canvas(ax, width=8.6, height=height, narrow_height=height + 0.4) as ax:
        if not shown:
            return nothing(ax, f"What moves {name}", "no setting takes several values.")
        for place, bar in enumerate(shown):
            _draw_swing(ax, bar, -place)
        several = len({bar["crossing"].iloc[0] for bar in shown}) > 1
        labels = [_label_of(bar, several=several) for bar in shown]
        ax.set_yticks([-place for place in range(len(shown))], labels)
        ax.set_ylim(-len(shown) + 0.4, 0.75)
        ax.axvline(0, color=INK, lw=0.9)
        ends = [0.0, *(value for bar in shown for value in bar["difference"])]
        room = 0.16 * (max(ends) - min(ends)) or 1.0
        ax.set_xlim(min(ends) - room, max(ends) + room)
        ax.xaxis.set_major_locator(MaxNLocator(nbins=4 if is_narrow() else 6))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _tick(kind, value)))
        ax.grid(visible=False, axis="y")
        unit = " in points" if kind == "share" else ""
        ax.set_xlabel(
            in_currency(f"{name}: difference from the base", currency)
            if kind == "money"
            else f"{name}: difference from the base{unit}"
        )
        caption(
            ax,
            _swing_title(shown, name, kind, currency),
            _and_assumed(_swing_line(bars, shown), assumed),
            *(_swing_in_words(bar, kind, currency) for bar in shown),
            beside=_beside(labels),
        )
    return ax


def _draw_swing(ax: Axes, bar: pd.DataFrame, place: int) -> None:
    ordered = bar.sort_values("difference", kind="stable")
    low, high = ordered.iloc[0], ordered.iloc[-1]
    is_clear = bool(low["swing_low"] > 0)
    look: dict[str, Any] = (
        {"color": BLUE, "lw": 0}
        if is_clear
        else {"facecolor": "white", "edgecolor": GREY, "lw": 1.1}
    )
    ax.barh([place], [low["swing"]], 0.5, left=[low["difference"]], **look)
    for row in records(ordered.iloc[1:-1]):
        ax.plot([row.difference] * 2, [place - 0.25, place + 0.25], color=INK, lw=0.9)
    for row, side in ((low, -1), (high, 1)):
        ax.annotate(
            _short(str(row["value"]), 12), (row["difference"], place), xytext=(4 * side, 0),
            textcoords="offset points", ha="right" if side < 0 else "left", va="center",
            fontsize=7.5 if is_narrow() else 9, color=INK,
        )  # fmt: skip


def _label_of(bar: pd.DataFrame, *, several: bool) -> str:
    path = _short(str(bar["path"].iloc[0]), _LETTERS)
    label = f"{path}\n{_short(str(bar['crossing'].iloc[0]), _LETTERS)}" if several else path
    return textwrap.fill(label, 16) if is_narrow() else label


def _swing_title(bars: list[pd.DataFrame], name: str, kind: str, currency: str | None) -> str:
    clear = [bar for bar in bars if bar["swing_low"].iloc[0] > 0]
    if not clear:
        return f"No setting can be told to move {name}"
    widest = clear[0]
    path = printable(str(widest["path"].iloc[0]))
    size = _size(kind, float(widest["swing"].iloc[0]), currency)
    if len(bars) == 1:
        return f"{path} moves {name} by up to {size}"
    return f"{path} moves {name} most, by up to {size}"


def _swing_line(bars: list[pd.DataFrame], shown: list[pd.DataFrame]) -> str:
    count = counted(len(bars), "setting")
    which = f"the {len(shown)} widest of {count}" if len(shown) < len(bars) else count
    return f"{which}, the others averaged over; hollow: no swing can be told; 0 is the base"


def _and_assumed(line: str, assumed: str) -> str:
    return f"{line}. {assumed.removesuffix('.')}" if assumed else line


def _swing_in_words(bar: pd.DataFrame, kind: str, currency: str | None) -> str:
    ordered = bar.sort_values("difference", kind="stable")
    low = ordered.iloc[0]
    ends = " to ".join(
        f"{move_of_kind(kind, row.difference, currency)} at {printable(str(row.value))}"
        for row in records(ordered.iloc[[0, -1]])
    )
    between = limits_of_kind(kind, float(low["swing_low"]), float(low["swing_high"]), currency)
    return f"{printable(str(low['path']))}: {ends} (apart by {between})"


@drawn_narrow_too
@takes(best=_FRAME, names=_TWO, kinds=_TWO, better=_TWO, currency=TEXT, assumed=TEXT)
def sweep_frontier(
    best: pd.DataFrame,
    names: tuple[str, str],
    *,
    kinds: tuple[str, str] = ("count", "count"),
    better: tuple[int, int] = (1, 1),
    currency: str | None = None,
    assumed: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Draw offerings of a sweep by two metrics, and the frontier that no other one beats.

    Full points are on the frontier, by the means. Hollow ones are beaten in both; crossed out are
    those that are so beyond chance. The base is a square.

    Parameters
    ----------
    best : DataFrame
        As ``sweep(…).best(x, y)`` returns it.
    names : tuple of str
        What the two metrics are called.
    kinds : tuple of str
        What their values are: "share", "count", "terms", "hours" or "money".
    better : tuple of int
        1 where more is better, -1 where less is.
    currency : str, optional
        In which the money is.
    assumed : str, optional
        A sentence that says on what the numbers rest.
    ax : Axes, optional
        Where to draw; by default a new figure.

    Raises
    ------
    ValueError
        The frame lacks columns.
    """
    check_columns(best, _OF_BEST, "be of a sweep")
    points = best[best["x"].notna() & best["y"].notna()]
    with canvas(ax, width=8.6, height=5.2, narrow_height=4.2) as ax:
        if points.empty:
            return nothing(ax, f"{names[0]} and {names[1]}", "no offering has both of them.")
        front = points[points["on_frontier"]].sort_values("x", kind="stable")
        ax.plot(front["x"], front["y"], color=FAINT, lw=1.6, zorder=1)
        for row in records(points):
            _draw_offering(ax, row)
        ax.margins(0.12)
        _name_offerings(ax, points, front)
        for axis, kind in ((ax.xaxis, kinds[0]), (ax.yaxis, kinds[1])):
            axis.set_major_locator(MaxNLocator(nbins=4 if is_narrow() else 6))
            axis.set_major_formatter(
                FuncFormatter(lambda value, _, kind=kind: _level_tick(kind, value))
            )
        labels = [
            f"{in_currency(name, currency) if kind == 'money' else name} "
            f"({'more' if sign > 0 else 'less'} is better)"
            for name, kind, sign in zip(names, kinds, better, strict=True)
        ]
        ax.set_xlabel(labels[0])
        ax.set_ylabel(labels[1])
        caption(
            ax,
            _frontier_title(points, front),
            _and_assumed(_frontier_line(points), assumed),
            *(_offering_in_words(row, names, kinds, currency) for row in records(front)),
        )
    return ax


def _draw_offering(ax: Axes, row: Any) -> None:
    marker = "s" if row.name == "base" else "o"
    if row.on_frontier:
        look: dict[str, Any] = {"color": BLUE, "mec": BLUE, "ms": 7}
    else:
        look = {"mfc": "white", "mec": ORANGE if row.name == "base" else GREY, "ms": 6}
    ax.plot([row.x], [row.y], marker=marker, ls="", zorder=3, **look)
    if row.beaten_by:
        ax.plot([row.x], [row.y], marker="x", ls="", color=QUIET, ms=4, zorder=4)


def _name_offerings(ax: Axes, points: pd.DataFrame, front: pd.DataFrame) -> None:
    """Write the names of the frontier and of the base, left out where they are many."""
    named = front if len(front) <= _MOST_NAMES else front.iloc[[0, -1]]
    shown = pd.concat([named, points[points["name"] == "base"]]).drop_duplicates("name")
    middle = (points["x"].min() + points["x"].max()) / 2
    for row in records(shown):
        is_left = row.x <= middle
        ax.annotate(
            _short(str(row.name), _LETTERS // (2 if is_narrow() else 1)), (row.x, row.y),
            xytext=(7 if is_left else -7, 5), textcoords="offset points",
            ha="left" if is_left else "right", fontsize=7.5 if is_narrow() else 8.5, color=INK,
        )  # fmt: skip


def _frontier_title(points: pd.DataFrame, front: pd.DataFrame) -> str:
    base = points[points["name"] == "base"]
    many = f"{number(len(front))} of {counted(len(points), 'offering')}"
    verb = "is" if len(front) == 1 else "are"
    title = f"{many} {verb} beaten by no other in both"
    if base.empty:
        return title
    if base["on_frontier"].iloc[0]:
        return f"{title}, the base among them"
    by = str(base["beaten_by"].iloc[0])
    if by:
        return f"{title}; the base is beaten by {printable(by)}"
    return f"{title}; that the base is beaten may be chance"


def _frontier_line(points: pd.DataFrame) -> str:
    beaten = int((points["beaten_by"] != "").sum())
    return (
        f"means over replications; full: on the frontier, hollow: beaten, crossed out: beyond "
        f"chance ({number(beaten)}); square: the base"
    )


def _offering_in_words(
    row: Any, names: tuple[str, str], kinds: tuple[str, str], currency: str | None
) -> str:
    values = [
        f"{name} {short_of_kind(kind, value, currency)}"
        for name, kind, value in zip(names, kinds, (row.x, row.y), strict=True)
    ]
    return f"{printable(str(row.name))}: {listed(values)}"


def _size(kind: str, swing: float, currency: str | None) -> str:
    size = move_of_kind(kind, swing, currency).lstrip("+")
    return f"{size} points" if kind == "share" else size


def _tick(kind: str, value: float) -> str:
    return signed_short(100 * value if kind == "share" else value)


def _level_tick(kind: str, value: float) -> str:
    return percent_tick(value) if kind == "share" else short_tick(value)


def _beside(labels: list[str]) -> float:
    longest = max(len(line) for label in labels for line in label.split("\n"))
    return 0.062 * longest


def _short(text: str, most: int) -> str:
    text = printable(text)
    return text if len(text) <= most else f"…{text[-most + 1 :]}"
