"""The parts of a chart's documentation that most charts share."""

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from matplotlib.axes import Axes

from .narrow import drawn_narrow_too

_Chart = TypeVar("_Chart", bound=Callable[..., Any])


class Documented(NamedTuple):
    """What a chart is drawn from, and by which dates `since` and `until` pick."""

    chart: Callable[..., Axes]
    source: str
    dates: str


#: Every chart by its name.
CHARTS: dict[str, Documented] = {}

#: Type and description of each parameter that most charts have.
_SHARED = {
    "template": ("str, optional", "Show this template alone."),
    "segment": ("str, optional", "Show this segment alone."),
    "ax": ("Axes, optional", "Where to draw; by default a new figure."),
}
_LIMITS = (
    ("since", "First", "of a text such as 2024-03 or 2024 the first of the month or year."),
    ("until", "Last", "of a text such as 2024-03 or 2024 the last of the month or year."),
)
_CHOICES = ("template", "segment")


def drawn_from(
    source: str, dates: str = "", /, *, unknown: str = "", **own: tuple[str, str]
) -> Callable[[_Chart], _Chart]:
    """Complete a chart: its docstring, and how it is drawn for a narrow screen.

    The docstring gets the sections Parameters and Raises.

    Parameters
    ----------
    source : str
        The view or table, such as ``"view ``cohorts``"``.
    dates : str
        Of what `since` and `until` are first and last day, such as ``"the day of arrival"``.
    unknown : str
        What else than a template or a segment may not be there.
    **own : tuple of str
        Type and description of parameters that other charts do not have, or have otherwise.
    """

    def complete(chart: _Chart) -> _Chart:
        names = list(inspect.signature(chart).parameters)
        run = {"run": ("Run or DataFrame", f"A run, or a frame with the columns of the {source}.")}
        limits = {
            name: ("date or str, optional", f"{which} day to show, by {dates}; {text}")
            for name, which, text in _LIMITS
        }
        described = {**run, **_SHARED, **limits, **own}
        lines = ["", "Parameters", "----------"]
        for name in names:
            kind, text = described[name]
            lines += [f"{name} : {kind}", f"    {text}"]
        choices = [name for name in _CHOICES if name in names]
        missing = " or ".join([*choices, *([unknown] if unknown else [])])
        or_missing = f", or there is no such {missing}" if missing else ""
        lines += ["", "Raises", "------", "ValueError", f"    The frame lacks columns{or_missing}."]
        if "since" in names:
            lines += ["    `since` or `until` is no date, or they are not in order."]
        chart.__doc__ = "\n".join([inspect.cleandoc(chart.__doc__ or ""), *lines])
        drawn = drawn_narrow_too(chart)
        CHARTS[chart.__name__] = Documented(drawn, source, dates)
        return drawn

    return complete
