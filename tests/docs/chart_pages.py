"""The charts' gallery: each chart drawn on a run, with what it says in words."""

import inspect
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

from matplotlib import pyplot
from matplotlib.axes import Axes

from entitlement_sim import Run, ceiling, charts, compare, forecast, rule_impact, sweep

from .markdown import as_html, fenced, plain

#: What the pictures of sweeps try.
TRIED = [{'templates."Pack 10".total_terms': [12, 14], 'templates."Pack 10".price': [1400, 1700]}]


def chart_names() -> list[str]:
    """Every chart: what draws and returns axes."""
    return [
        name
        for name in charts.__all__
        if inspect.isfunction(getattr(charts, name))
        and getattr(inspect.signature(getattr(charts, name)).return_annotation, "__name__", "")
        == "Axes"
    ]


def drawn(run: Run, other: Run) -> dict[str, tuple[str, str]]:
    """Every chart as an element of HTML, and its words.

    Parameters
    ----------
    run, other : Run
        What is drawn, and what it is held against where a chart compares.
    """
    answer = compare(run, other)
    given = {
        "run": run,
        "runs": {run.name: run, other.name: other},
        "entitlement_id": _busiest(run),
        "differences": answer.metrics(),
        "metric": "turned_away",
    }
    by_segment = given | {"differences": answer.by("segment")}
    trial = sweep(run.scenario, TRIED, 4)
    ahead = forecast(run, run.manifest.last_day + timedelta(days=180), replications=40)
    of_answers = {
        "sweep_tornado": partial(trial.tornado, "bookings"),
        "sweep_frontier": partial(trial.frontier, "refused", "bookings"),
        "forecast_by_month": partial(ahead.by_month, "cases"),
        "forecast_running_dry": ahead.running_dry,
        "ceiling": ceiling(run, offering="Pack 10", by="origin").chart,
        "rule_impact": rule_impact(run).chart,
    }
    return {
        name: _picture(
            of_answers[name]
            if name in of_answers
            else partial(_draw, name, by_segment if "metric" in _needed(name) else given)
        )
        for name in chart_names()
    }


def _draw(name: str, given: dict[str, Any]) -> Axes:
    axes: Axes = getattr(charts, name)(**{needed: given[needed] for needed in _needed(name)})
    return axes


def _picture(draw: Callable[[], Axes]) -> tuple[str, str]:
    axes = draw()
    try:
        return charts.image(axes), charts.alt_text(axes)
    finally:
        pyplot.close("all")


def _needed(name: str) -> list[str]:
    """The parameters without a default."""
    parameters = inspect.signature(getattr(charts, name)).parameters.values()
    return [one.name for one in parameters if one.default is inspect.Parameter.empty]


def _busiest(run: Run) -> int:
    """The entitlement with the most refusals."""
    query = """
        SELECT entitlement_id FROM ledger WHERE reason = 'refused' GROUP BY ALL
        ORDER BY count(*) DESC, entitlement_id LIMIT 1
    """
    [(entitlement_id,)] = run.connection.sql(query).fetchall()
    return int(entitlement_id)


def gallery_page(pictures: dict[str, tuple[str, str]]) -> str:
    """The page of pictures, given each chart's element of HTML and words."""
    parts = [
        "# Charts\n",
        "Every chart of `entitlement_sim.charts`, drawn on the shipped scenario `demo` with a "
        "fifth of its customers. Most take a run, or a frame with the columns of the view that "
        "they name; all return Matplotlib axes. Below each picture stands what "
        "`charts.alt_text` says of it. `charts.gallery(run)` lists the charts of a run.\n",
    ]
    for name in chart_names():
        parts += [f"## {name}\n", *_section(name, pictures.get(name))]
    return "\n".join(parts)


def _section(name: str, picture: tuple[str, str] | None) -> Iterator[str]:
    words = inspect.getdoc(getattr(charts, name)) or ""
    first, source = words.split("\n\n")[0], re.search(r"(view|table) ``(\w+)``", words)
    yield f"{plain(' '.join(first.split()))}\n"
    if picture is not None:
        element, said = picture
        yield f'<figure class="chart">{element}<figcaption>{as_html(said)}</figcaption></figure>\n'
    yield fenced(_call(name), "python")
    if source:
        page = f"metrics/{source[2]}.md" if source[1] == "view" else f"tables.md#{source[2]}"
        yield f"Drawn from the {source[1]} [`{source[2]}`]({page}). "
    yield f"What the parameters mean: {{py:obj}}`entitlement_sim.charts.{name}`.\n"


def _call(name: str) -> str:
    """How it is called: all its parameters with their defaults."""
    parameters = [
        str(parameter.replace(annotation=inspect.Parameter.empty))
        for parameter in inspect.signature(getattr(charts, name)).parameters.values()
    ]
    return f"charts.{name}({', '.join(parameters)})"
