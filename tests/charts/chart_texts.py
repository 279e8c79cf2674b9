"""All words of a chart, to be compared whole."""

import re
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.text import Text

from entitlement_sim import charts


class Texts(NamedTuple):
    """The title, the quiet line below it, and what the alternative text says after both."""

    title: str
    line: str
    more: str


def texts(ax: Axes) -> Texts:
    title = ax.get_title(loc="left").replace("\n", " ")
    [line] = [text.get_text().replace("\n", " ") for text in ax.texts if not text.get_in_layout()]
    begin = f"{title}. {line}."
    alt = charts.alt_text(ax)
    assert alt.startswith(begin)
    return Texts(title, line, alt.removeprefix(begin).strip())


def without_limits(text: str) -> str:
    """Leave out 95% limits and of whom: a frame names neither segments nor shared days.

    Nor does it name the customers who have no row in it.
    """
    text = re.sub(r" within their segments(, given [^;.]+)?", "", text)
    text = re.sub(r", interval [\d.]+% to [\d.]+%", "", text)
    return re.sub(r" \([-+\d.]+ to [-+\d.]+\)", "", text)


def lies_within(text: Text, ax: Axes) -> bool:
    """Whether a label, as it is drawn, leaves the axes nowhere."""
    ax.figure.draw_without_rendering()
    extent, frame = text.get_window_extent(), ax.bbox
    return (
        frame.x0 <= extent.x0 and extent.x1 <= frame.x1
        and frame.y0 <= extent.y0 and extent.y1 <= frame.y1
    )  # fmt: skip
