"""Small multiples: panels of one scale within the axes of a chart."""

from math import ceil

from matplotlib.axes import Axes

from .canvas import keep_ticks
from .style import is_narrow

#: Panels in one picture at most.
MOST = 6
#: Height of a row of panels, and what lies between two rows, in inches.
ROW, _BETWEEN = 1.45, 0.46


def panels(ax: Axes, count: int) -> list[Axes]:
    """Divide axes into so many panels; a single one is the axes themselves.

    Three stand side by side, in a narrow picture two. Those at the left edge have the ticks of the
    y axis, those at the foot of a column the ticks of the x axis.
    """
    if count == 1:
        return [ax]
    across, down = grid(count)
    ax.set_axis_off()
    gap = 0.05 if across == 3 else 0.08
    width = (1 - gap * (across - 1)) / across
    height = ROW / (ROW * down + _BETWEEN * (down - 1))
    made = []
    for place in range(count):
        row, column = divmod(place, across)
        bottom = 1 - (row + 1) * height - row * height * _BETWEEN / ROW
        panel = ax.inset_axes((column * (width + gap), bottom, width, height))
        keep_ticks(panel)
        panel.tick_params(labelleft=column == 0, labelbottom=place + across >= count)
        made.append(panel)
    return made


def grid(count: int) -> tuple[int, int]:
    """How many panels stand side by side, and how many rows there are."""
    across = min(count, 2 if is_narrow() else 3)
    return across, ceil(count / across)


def height_of(count: int) -> float:
    """Height of a figure with so many panels, in inches."""
    _, down = grid(count)
    return 1.5 + ROW * down + _BETWEEN * (down - 1) if count > 1 else 4.5


def name_panel(panel: Axes, name: str, size: str) -> None:
    """Write above a panel what it shows, and of how many."""
    written = f"{name}\n{size}" if is_narrow() else f"{name} ({size})"
    panel.set_title(written, fontsize=9 if is_narrow() else 9.5, loc="left", pad=4)


def above(count: int) -> float:
    """Height of the names above the first row, in points."""
    if count == 1:
        return 0.0
    return 25.0 if is_narrow() else 14.0


def is_at_left(place: int, count: int) -> bool:
    """Whether a panel has a neighbour on its right side alone, or none."""
    return place % grid(count)[0] == 0
