"""What every chart has: its axes, a title that makes the point, and a text that tells it."""

import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Literal
from weakref import WeakKeyDictionary, WeakSet

import numpy as np
import pandas as pd
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.dates import ConciseDateFormatter, MonthLocator, YearLocator
from matplotlib.figure import Figure, SubFigure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ..inference import LEAST_UNITS
from ..telling import day, month, number, percent_tick, short_tick
from .dates import Day, in_words
from .style import IMMATURE, INK, QUIET, is_narrow, style

_ALT: WeakKeyDictionary[Axes, str] = WeakKeyDictionary()

#: Axes in figures that were made for one chart alone.
_ALONE: WeakSet[Axes] = WeakSet()

#: Mean width of a letter of the title and of the line below it, in inches.
_TITLE_LETTER, _LINE_LETTER = 0.107, 0.074
_LINE_HEIGHT = 12.5
#: What both are in a narrow picture.
_NARROW_TITLE_LETTER, _NARROW_LINE_LETTER = 0.101, 0.072
#: Width of a narrow picture in inches: with 96 dots each, a little less than 390.
NARROW_WIDTH = 3.9
_DOTS_PER_INCH = 110
#: Letters in a line of an axis's name there, and the width of each in inches.
_NARROW_LABEL, _NARROW_LABEL_LETTER = 42, 0.08
#: Height of a figure with nothing to show, in inches.
_NOTHING = 1.7

#: So many months have room for a tick each January.
_MANY_MONTHS = 240


@contextmanager
def canvas(
    ax: Axes | None, *, width: float = 8.0, height: float = 4.5, narrow_height: float | None = None
) -> Iterator[Axes]:
    """Give the axes to draw on, in the charts' style.

    Parameters
    ----------
    ax : Axes or None
        Axes to use; with None they are made, in a figure that pyplot knows.
    width, height : float
        Size of a new figure in inches.
    narrow_height : float, optional
        Its height where it is drawn for a narrow screen, to which lines of a long title are added;
        by default `height`, at most 3.6.
    """
    if ax is not None:
        with style():
            yield ax
        return
    from matplotlib import pyplot

    if is_narrow():
        width, height = NARROW_WIDTH, narrow_height or min(height, 3.6)
    # Made outside of the style: the first figure of a session decides which backend it has, and
    # what the backend sets then is to stay.
    figure = pyplot.figure(
        figsize=(width, height), dpi=_DOTS_PER_INCH, facecolor="white", layout="constrained"
    )
    try:
        with style():
            alone = figure.add_subplot()
            keep_ticks(alone)
            _ALONE.add(alone)
            yield alone
    except BaseException:
        pyplot.close(figure)
        raise


def stands_alone(ax: Axes) -> bool:
    """Whether axes are the only ones of a figure that was made for their chart."""
    return ax in _ALONE


def keep_ticks(ax: Axes) -> None:
    """Make ticks look as in the style also where they are drawn after its block."""
    set_now: Any = rcParams  # whose keys, for mypy, are literals
    axes: tuple[Literal["x", "y"], ...] = ("x", "y")
    for axis in axes:
        colour = set_now[f"{axis}tick.color"]
        ax.tick_params(
            axis=axis, which="both", color=colour, labelcolor=colour,
            labelsize=set_now[f"{axis}tick.labelsize"],
            grid_color=set_now["grid.color"], grid_linewidth=set_now["grid.linewidth"],
        )  # fmt: skip
        ax.tick_params(axis=axis, length=set_now[f"{axis}tick.major.size"])


def caption(
    ax: Axes,
    finding: str,
    shown: str,
    *details: str,
    above: float = 0.0,
    beside: float = 0.0,
    since: Day = None,
    until: Day = None,
) -> None:
    """Set the title, the quiet line below it, and the alt text.

    Parameters
    ----------
    finding : str
        What the chart says, with its numbers.
    shown : str
        What is shown: of whom, how many, in which unit.
    *details : str
        Sentences that only the alt text has.
    above : float
        Height of what stands on top of the axes, in points.
    beside : float
        Width of names left and right of the axes that leave a title less room, in inches.
    since, until : date or str, optional
        What the rows were picked by; the quiet line says so.
    """
    if limited := in_words(since, until):
        shown += f"; only {limited}"
    width = _width_in_inches(ax) - beside
    narrow = is_narrow()
    below = _wrapped(shown, width / (_NARROW_LINE_LETTER if narrow else _LINE_LETTER))
    title = _wrapped(finding, width / (_NARROW_TITLE_LETTER if narrow else _TITLE_LETTER))
    if narrow:
        beneath = min(_NARROW_LABEL, int(width / _NARROW_LABEL_LETTER))
        ax.set_xlabel(textwrap.fill(ax.get_xlabel(), beneath))
        ax.set_ylabel(textwrap.fill(ax.get_ylabel(), _NARROW_LABEL))
    if narrow and stands_alone(ax):
        figure = root_of(ax)
        figure.set_figheight(figure.get_figheight() + 0.17 * (len(title) + len(below) - 2))
    ax.set_title(
        "\n".join(title),
        loc="left",
        pad=8 + above + _LINE_HEIGHT * len(below),
    )
    text = ax.annotate(
        "\n".join(below), (0, 1), xycoords="axes fraction", xytext=(0, 6 + above),
        textcoords="offset points", ha="left", va="bottom", fontsize=8.8 if narrow else 9.5,
        color=QUIET,
    )  # fmt: skip
    # The title above it keeps its place; its width must not narrow the axes.
    text.set_in_layout(False)
    _ALT[ax] = " ".join(_sentence(text) for text in (finding, shown, *details) if text)


def most_on_a_day(days: pd.DataFrame, column: str) -> str:
    """Say how much the highest of many days has, and which it is, or the first of several.

    A day is named where it has at least 30: which of smaller numbers is the highest is chance.
    """
    most = days[column].max()
    if most < LEAST_UNITS:
        return f"the most on one day, {number(most)}"
    highest = days["day"][days[column] == most]
    first = "first " if len(highest) > 1 else ""
    return f"the most on one day, {number(most)}, {first}on {day(highest.iloc[0])}"


def nothing(ax: Axes, chart: str, why: str, *, since: Day = None, until: Day = None) -> Axes:
    """Say in place of a chart that there is nothing to show, why, and from when to when."""
    if limited := in_words(since, until):
        why = f"{why.removesuffix('.')}, {limited}."
    if stands_alone(ax):
        root_of(ax).set_figheight(_NOTHING)
    ax.set_axis_off()
    ax.text(
        0.5, 0.5, f"Nothing to show\n{textwrap.fill(why, 36 if is_narrow() else 60)}",
        transform=ax.transAxes, ha="center", va="center", color=QUIET, fontsize=11, linespacing=1.6,
    )  # fmt: skip
    ax.set_title(chart, loc="left")
    _ALT[ax] = f"{chart}. Nothing to show: {_sentence(why)}"
    return ax


def alt_text(chart: Axes | Figure | SubFigure) -> str:
    """Return the text that says what a chart shows, with its numbers.

    Parameters
    ----------
    chart : Axes or Figure
        Axes that a chart was drawn on, or a figure that holds such.

    Raises
    ------
    ValueError
        No chart of this package was drawn on it.
    """
    axes = [chart] if isinstance(chart, Axes) else chart.axes
    texts = [_ALT[drawn] for drawn in axes if drawn in _ALT]
    if not texts:
        raise ValueError("no chart of entitlement_sim.charts was drawn here")
    return " ".join(texts)


def percent_axis(ax: Axes, which: str = "y") -> None:
    """Write the ticks of an axis as per cent."""
    axis = ax.yaxis if which == "y" else ax.xaxis
    axis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda share, _: percent_tick(share)))


def count_axis(ax: Axes, which: str = "y") -> None:
    """Write the ticks of an axis as whole numbers."""
    axis = ax.yaxis if which == "y" else ax.xaxis
    axis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    axis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))


def value_axis(ax: Axes, which: str = "y") -> None:
    """Write the ticks of an axis as money, in thousands or millions."""
    axis = ax.yaxis if which == "y" else ax.xaxis
    axis.set_major_locator(MaxNLocator(nbins=6))
    axis.set_major_formatter(FuncFormatter(lambda value, _: short_tick(value)))


def month_axis(ax: Axes, months: Iterable[Any]) -> None:
    """Write the ticks of an axis of these months or more, none within a month."""
    distinct = list(dict.fromkeys(months))
    if len(distinct) == 1:
        # On its own a month has no neighbour that tells its year.
        ax.set_xticks(distinct, [month(distinct[0])])
        return
    first, last = ax.get_xlim()
    count = max(len(distinct), round((last - first) / 31))
    room = 5 if is_narrow() else 10
    step = next((step for step in (1, 2, 3, 4, 6) if count / step <= room), 12)
    locator: MonthLocator | YearLocator
    if count <= _MANY_MONTHS:
        locator = MonthLocator(bymonth=range(1, 13, step))  # type: ignore[no-untyped-call]
    else:
        years = next((years for years in (2, 5, 10) if count / 12 / years <= room), 20)
        locator = YearLocator(years)  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(
        ConciseDateFormatter(locator, show_offset=count < 12)  # type: ignore[no-untyped-call]
    )


def slant_if_narrow(ax: Axes) -> None:
    """Slant the names under the bars of a narrow picture, where they would touch each other."""
    if is_narrow():
        ax.tick_params(axis="x", rotation=40)
        for name in ax.get_xticklabels():
            name.set_horizontalalignment("right")


def period(first: Any, last: Any, write: Callable[[Any], str] = day) -> str:
    """Write from when to when, or the one day or month that both are."""
    return f"{write(first)} to {write(last)}" if write(first) != write(last) else write(last)


def shade_immature(ax: Axes, months: Iterable[Any]) -> None:
    """Put grey behind the months that later days can still change."""
    for begun in months:
        begins = begun - timedelta(days=15)
        ax.axvspan(begins, begun + timedelta(days=16), color=IMMATURE, lw=0, zorder=0)


def label_ends(
    ax: Axes, ends: Sequence[tuple[Any, float, str]], colours: Sequence[Any] = ()
) -> None:
    """Write names at the right ends of lines, moved apart where they would cover each other.

    A line that ends above or below the axes has its name at their edge; in a narrow picture names
    break into lines. Set the limits of the axes first.

    Parameters
    ----------
    ends : sequence of tuple
        Where each line ends, and its name.
    colours : sequence, optional
        Of each line, the colour that its name is written in.
    """
    low, high = ax.get_ylim()
    ends = [(x, min(max(y, low), high), _label(name)) for x, y, name in ends]
    points = _height_in_points(ax) / (high - low)
    wanted = np.array([y * points for _, y, _ in ends])
    gap = 12.0 * max((name.count("\n") + 1 for _, _, name in ends), default=1)
    places = zip(ends, _spread(wanted, gap), colours or [INK] * len(ends), strict=True)
    for (x, y, name), place, colour in places:
        ax.annotate(
            name, (x, y), xytext=(6, place - y * points), textcoords="offset points",
            ha="left", va="center", fontsize=9, color=_legible(colour), annotation_clip=False,
            path_effects=[withStroke(linewidth=2.5, foreground="white")],
        )  # fmt: skip


def _label(name: str) -> str:
    return textwrap.fill(name, 12, break_long_words=False) if is_narrow() else name


def _legible(colour: Any) -> tuple[float, float, float]:
    """Darken a colour of a line until letters in it stand out from white (a contrast of 4.5)."""
    shade = np.array(to_rgb(colour))
    while _contrast_to_white(shade) < 4.5:
        shade = shade * 0.95
    red, green, blue = (float(part) for part in shade)
    return red, green, blue


def _contrast_to_white(shade: np.ndarray) -> float:
    """Contrast by WCAG 2: of the relative luminances, each and 0.05."""
    linear = np.where(shade <= 0.04045, shade / 12.92, ((shade + 0.055) / 1.055) ** 2.4)
    return float(1.05 / (linear @ [0.2126, 0.7152, 0.0722] + 0.05))


def _spread(wanted: np.ndarray, gap: float) -> np.ndarray:
    """Move places apart to at least `gap`, as little as can be."""
    order = np.argsort(wanted, kind="stable")
    places = wanted[order].astype(float)
    for _ in range(200):
        short_by = gap - np.diff(places)
        if not (short_by > 1e-6).any():
            break
        push = np.maximum(short_by, 0) / 2
        places[:-1] -= push
        places[1:] += push
    result = np.empty_like(places)
    result[order] = places
    return result


def _sentence(text: str) -> str:
    text = text.replace("\n", " ")
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _wrapped(text: str, letters: float) -> list[str]:
    """Break a text into as few lines as it takes."""
    width = max(12, int(letters))
    lines = _lines(text, width)
    # As narrow as the same number of lines allows: no last line of a single word.
    while len(lines) > 1 and len(narrower := _lines(text, width - 1)) == len(lines):
        width, lines = width - 1, narrower
    return lines


def _lines(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)


def _width_in_inches(ax: Axes) -> float:
    """Room for a title: the whole figure where the axes stand alone in it, else their own width."""
    place = ax.get_subplotspec()
    figure_width = float(root_of(ax).get_figwidth())
    is_whole = place is not None and place.get_gridspec().get_geometry() == (1, 1)
    if is_whole or stands_alone(ax):
        return figure_width - (0.75 if is_narrow() else 0.8)
    return figure_width * ax.get_position().width


def _height_in_points(ax: Axes) -> float:
    return 72 * ax.get_position().height * root_of(ax).get_figheight()


def root_of(ax: Axes) -> Figure:
    """Return the figure that axes stand on, also where they are on a part of it.

    Matplotlib before 3.10 cannot be asked by ``get_figure(root=True)``.
    """
    figure = ax.figure.figure
    assert figure is not None
    return figure
