"""The parts of a chart's documentation that most charts share."""

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

_Chart = TypeVar("_Chart", bound=Callable[..., Any])

#: Type and description of each parameter that most charts have.
_SHARED = {
    "template": ("str, optional", "Show this template alone."),
    "segment": ("str, optional", "Show this segment alone."),
    "ax": ("Axes, optional", "Where to draw; by default a new figure."),
}
_CHOICES = ("template", "segment")


def drawn_from(
    source: str, *, unknown: str = "", **own: tuple[str, str]
) -> Callable[[_Chart], _Chart]:
    """Complete a chart's docstring with the sections Parameters and Raises.

    Parameters
    ----------
    source : str
        The view or table, such as ``"view ``cohorts``"``.
    unknown : str
        What else than a template or a segment may not be there.
    **own : tuple of str
        Type and description of parameters that other charts do not have, or have otherwise.
    """

    def complete(chart: _Chart) -> _Chart:
        names = list(inspect.signature(chart).parameters)
        run = {"run": ("Run or DataFrame", f"A run, or a frame with the columns of the {source}.")}
        described = {**run, **_SHARED, **own}
        lines = ["", "Parameters", "----------"]
        for name in names:
            kind, text = described[name]
            lines += [f"{name} : {kind}", f"    {text}"]
        choices = [name for name in _CHOICES if name in names]
        missing = " or ".join([*choices, *([unknown] if unknown else [])])
        or_missing = f", or there is no such {missing}" if missing else ""
        lines += ["", "Raises", "------", "ValueError", f"    The frame lacks columns{or_missing}."]
        chart.__doc__ = "\n".join([inspect.cleandoc(chart.__doc__ or ""), *lines])
        return chart

    return complete
