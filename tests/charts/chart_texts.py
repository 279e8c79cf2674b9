"""All words of a chart, to be compared whole."""

from typing import NamedTuple

from matplotlib.axes import Axes

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
