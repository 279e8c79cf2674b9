"""A chart drawn a second time, for a narrow screen."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

from matplotlib.axes import Axes

from .canvas import stands_alone
from .source import Answers, answering_from
from .style import style

_Chart = TypeVar("_Chart", bound=Callable[..., Any])

#: How each chart that stands alone is drawn once more.
_DRAWINGS: WeakKeyDictionary[Axes, Callable[[], Axes]] = WeakKeyDictionary()


def drawn_narrow_too(chart: _Chart) -> _Chart:
    """Remember with what a chart was drawn, so that it can be drawn narrow, asking nothing anew."""

    @wraps(chart)
    def draw(*args: Any, **kwargs: Any) -> Axes:
        answers: Answers = {}

        def drawing() -> Axes:
            with answering_from(answers):
                return cast(Axes, chart(*args, **kwargs))

        ax = drawing()
        if stands_alone(ax) and kwargs.get("ax") is None:
            _DRAWINGS[ax] = drawing
        else:
            _DRAWINGS.pop(ax, None)
        return ax

    return cast(_Chart, draw)


def narrow(ax: Axes) -> Axes | None:
    """Draw a chart once more as it fits a narrow screen; None where it was put on given axes."""
    drawing = _DRAWINGS.get(ax)
    if drawing is None:
        return None
    with style(narrow=True):
        return drawing()
