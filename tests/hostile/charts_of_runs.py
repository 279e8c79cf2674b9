"""Every chart of a run, ready to be drawn."""

import functools
import inspect
from collections.abc import Callable, Iterator

from matplotlib.axes import Axes

from entitlement_sim import Run, charts


def charts_of(run: Run) -> Iterator[Callable[[], Axes]]:
    """Yield every chart; that of one life for the first entitlement."""
    for name in charts.__all__:
        function = getattr(charts, name)
        if not inspect.isfunction(function):
            continue
        parameters = list(inspect.signature(function).parameters)
        if parameters[:1] != ["run"] or "ax" not in parameters:
            continue
        arguments = (run, 1) if "entitlement_id" in parameters else (run,)
        yield functools.partial(function, *arguments)
