"""What stands beneath the axes of a chart: numbers at risk, and a second panel."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from matplotlib.axes import Axes

from ..telling import number
from .canvas import keep_ticks, root_of
from .style import QUIET, is_narrow

#: Heights in points: from the axis down to the heading, and from line to line.
_HEADING, _LINE = -24, 12
#: Columns of numbers that there is room for.
_COLUMNS, _NARROW_COLUMNS = 9, 4


def numbers_beneath(
    ax: Axes, heading: str, places: Sequence[Any], numbers: Mapping[str, Sequence[float]]
) -> None:
    """Write under an axis how many each part of a line rests on, at places that there is room for.

    Parameters
    ----------
    heading : str
        What the numbers count.
    places : sequence
        Where they belong on the horizontal axis.
    numbers : Mapping of str to sequence of float
        Of each line one for every place.
    """
    room = _NARROW_COLUMNS if is_narrow() else _COLUMNS
    step = -(-len(places) // room)
    look: dict[str, Any] = {"textcoords": "offset points", "fontsize": 8.5, "va": "top"}
    at_left: dict[str, Any] = {"xy": (0, 0), "xycoords": "axes fraction", "ha": "right"}
    ax.annotate(heading, xytext=(-24, _HEADING), color=QUIET, **at_left, **look)
    for row, (name, of_line) in enumerate(numbers.items(), start=1):
        below = _HEADING - _LINE * row
        ax.annotate(name, xytext=(-24, below), **at_left, **look)
        for place, count in list(zip(places, of_line, strict=True))[::step]:
            ax.annotate(
                number(count), (place, 0), xycoords=("data", "axes fraction"), xytext=(0, below),
                ha="center", **look,
            )  # fmt: skip


#: Heights of the axes of a chart and of the panel beneath them.
_HEIGHTS: Final = (1.5, 1.0)


def panel_beneath(ax: Axes) -> Axes:
    """Divide the room of a chart, and return further axes beneath it with the same months."""
    figure = root_of(ax)
    whole = ax.get_subplotspec()
    if whole is None:
        left, bottom, width, height = ax.get_position().bounds
        lower = height * _HEIGHTS[1] / (sum(_HEIGHTS) + 0.2)
        ax.set_position((left, bottom + 1.2 * lower, width, height - 1.2 * lower))
        panel = figure.add_axes((left, bottom, width, lower), sharex=ax)
    else:
        parts = whole.subgridspec(2, 1, height_ratios=_HEIGHTS)
        ax.set_subplotspec(parts[0])
        panel = figure.add_subplot(parts[1], sharex=ax)
    keep_ticks(panel)
    ax.tick_params(axis="x", labelbottom=False)
    return panel
