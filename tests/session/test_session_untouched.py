"""Nothing public changes the session: settings, random states and open figures stay as they were.

Every public function is called here or has an example in its docstring, which
``tests/test_public.py`` runs in the same way; a new one without either fails.
"""

import datetime as dt
import inspect
import logging
import os
import random
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import matplotlib
import nbformat
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot
from matplotlib.axes import Axes
from public_surface import public_names
from session_state import session_state, what_changed

import entitlement_sim as es
from entitlement_sim.inference import ratios, replicated, totals
from entitlement_sim.metrics.shifted_beta_geometric import fit_cohorts
from entitlement_sim.replay.by_desk import play_at_desk
from entitlement_sim.reports.report import report_html, write_report

FEW = {
    "segments.small.customers": 30,
    "segments.midsize.customers": 15,
    "segments.enterprise.customers": 4,
    "history": None,
    "calendar.days": 800,
}
ROWS = pd.DataFrame({"customer_id": [1, 1, 2, 3], "renewed": [1, 1, 0, 1], "due": 1})


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[es.Run]:
    """A run on disk of 49 customers, opened."""
    folder = tmp_path_factory.mktemp("session")
    es.simulate(es.Scenario.load("demo", FEW), seed=3, out=folder, name="few").close()
    with es.open_run(folder / "few") as opened:
        yield opened


@pytest.fixture
def untouched() -> Iterator[Callable[[], dict[str, Any]]]:
    """What the session is another in than at the beginning of the test."""
    pyplot.switch_backend("agg")
    before = session_state()
    yield lambda: what_changed(before, session_state())
    pyplot.close("all")


def functions() -> dict[str, Callable[..., Any]]:
    """Every public function, by its full name."""
    found = {
        f"{place}.{name}": getattr(import_module(place), name)
        for place, names in public_names().items()
        for name in names
    }
    return {name: value for name, value in found.items() if inspect.isfunction(value)}


def charts() -> list[str]:
    """Every chart: what draws on axes that may be given."""
    return sorted(
        name
        for name, chart in functions().items()
        if name.startswith("entitlement_sim.charts.")
        and "ax" in inspect.signature(chart).parameters
    )


def methods() -> list[str]:
    """Every public method and property of a run."""
    return [name for name in vars(es.Run) if not name.startswith("_")]


def compared(run: es.Run) -> Any:
    """Return the answer for a run held against a larger pack."""
    return es.compare(run, {"templates.Pack 10.total_terms": 12})


def foreseen(run: es.Run) -> es.Forecast:
    """Return what two futures of a run come to, for 40 days."""
    return es.forecast(run, run.manifest.last_day + dt.timedelta(days=40), replications=2)


def swept() -> es.Sweep:
    """Return the answer for two packs of the reference, of a few customers."""
    base = es.Scenario.load("reference", ["segments.everyone.customers=5"])
    return es.sweep(base, [{"templates.ten-cases.total_terms": [8, 12]}], 2)


#: How functions are called that have no example.
CALLS: dict[str, Callable[[es.Run, Path], object]] = {
    "entitlement_sim.charts.image": lambda run, _: _closed(es.charts.image, run),
    "entitlement_sim.charts.show": lambda run, _: es.charts.show(es.charts.pacing(run)),
    "entitlement_sim.charts.alt_text": lambda run, _: _closed(es.charts.alt_text, run),
    "entitlement_sim.audit.audit": lambda _, folder: _audited(folder),
    "entitlement_sim.explain": lambda run, _: es.explain(run, 1),
    "entitlement_sim.forecasting.backtest": lambda run, _: es.forecasting.backtest(
        run, [run.manifest.last_day - dt.timedelta(days=70)], replications=2
    ),
    "entitlement_sim.inference.ratios": lambda *_: ratios(ROWS, "renewed", "due", ["renewed"]),
    "entitlement_sim.inference.replicated": lambda *_: replicated(
        pd.DataFrame(
            {
                "replication": [0, 1, 0, 1],
                "offering": ["base", "base", "twelve", "twelve"],
                "arrivals": [20, 24, 20, 25],
            }
        )
    ),
    "entitlement_sim.inference.totals": lambda *_: totals(ROWS, "renewed", ["due"]),
    "entitlement_sim.list_runs": lambda run, _: es.list_runs(run.path.parent),
    "entitlement_sim.metrics.shifted_beta_geometric.fit_cohorts": lambda run, _: fit_cohorts(
        pd.DataFrame({"renewal_number": [1, 2], "at_risk": [90, 60], "renewed": [60, 50]})
    ),
    "entitlement_sim.open_run": lambda run, _: es.open_run(run.path).close(),
    "entitlement_sim.read_exports": lambda _, folder: _imported(folder),
    "entitlement_sim.replay.by_desk.play_at_desk": lambda *_: play_at_desk(
        es.Scenario.load("reference").model, []
    ),
    "entitlement_sim.reports.find_run": lambda run, _: es.reports.find_run(str(run.path)).close(),
    "entitlement_sim.reports.say": lambda *_: es.reports.say("Hello."),
    "entitlement_sim.scenario.schema_text": lambda *_: es.scenario.schema_text(),
    "entitlement_sim.store.catalogue.list_runs": lambda run, _: es.list_runs(run.path.parent),
    "entitlement_sim.store.explain.explain": lambda run, _: es.explain(run, 1).for_customer(),
    "entitlement_sim.store.summary.summarise": lambda run, _: repr(es.summarise(run)),
    "entitlement_sim.store.verify.verify": lambda run, _: es.verify(run),
    "entitlement_sim.summarise": lambda run, _: es.summarise(run),
    "entitlement_sim.verify": lambda run, _: es.verify(run),
}

#: How charts are called that take more than a run.
CHARTS: dict[str, Callable[[es.Run], Any]] = {
    "entitlement_sim.charts.ceiling": lambda run: es.ceiling(run, by="origin").chart(),
    "entitlement_sim.charts.comparison_forest": lambda run: compared(run).forest(),
    "entitlement_sim.charts.comparison_groups": lambda run: es.charts.comparison_groups(
        compared(run).by("segment"), "cases"
    ),
    "entitlement_sim.charts.entitlement_life": lambda run: es.charts.entitlement_life(run, 1),
    "entitlement_sim.charts.forecast_by_month": lambda run: foreseen(run).by_month("cases"),
    "entitlement_sim.charts.forecast_running_dry": lambda run: foreseen(run).running_dry(),
    "entitlement_sim.charts.overlaid_active": lambda run: es.charts.overlaid_active({"few": run}),
    "entitlement_sim.charts.overlaid_refusals": lambda run: es.charts.overlaid_refusals(
        {"few": run}
    ),
    "entitlement_sim.charts.overlaid_renewals": lambda run: es.charts.overlaid_renewals(
        {"few": run}
    ),
    "entitlement_sim.charts.rule_impact": lambda run: es.rule_impact(run).chart(),
    "entitlement_sim.charts.sweep_frontier": lambda _: swept().frontier("sold", "-refused"),
    "entitlement_sim.charts.sweep_tornado": lambda _: swept().tornado("refused"),
}

#: How what a run has is used.
METHODS: dict[str, Callable[[es.Run, Path], object]] = {
    "close": lambda run, _: es.open_run(run.path).close(),
    "count_by": lambda run, _: run.count_by("cases", "origin"),
    "count_cases": lambda run, _: run.count_cases(),
    "count_entitlements": lambda run, _: run.count_entitlements(),
    "currency": lambda run, _: run.currency,
    "describe": lambda run, _: (repr(run.describe()), run.describe("pacing")._repr_html_()),
    "export": lambda run, folder: (
        run.export(folder / "csv", "csv"), run.export(folder / "few.xlsx", names=["templates"])
    ),
    "file": lambda run, _: run.file,
    "money": lambda run, _: run.money,
    "reprice": lambda run, _: (run.reprice({"hour_costs": 70}), run.reprice()),
    "scenario": lambda run, _: run.scenario,
    "sql": lambda run, _: run.sql("FROM ROWS"),
    "storage": lambda run, _: run.storage,
    "stored_in": lambda run, _: run.stored_in,
    "table": lambda run, _: run.table("renewals"),
    "arrow": lambda run, _: run.arrow("renewals"),
    "relation": lambda run, _: run.relation("renewals").fetchall(),
    "tables": lambda run, _: (run.tables.cases(), dir(run.tables)),
    "views": lambda run, _: (run.views.pacing(), repr(run.views.pacing), repr(run.views)),
}  # fmt: skip


def _audited(folder: Path) -> None:
    cases = folder / "cases.csv"
    cases.write_text("incidentid,customerid,createdon\na,c,2024-01-13\n", encoding="utf-8")
    with es.read_exports(cases, name="one") as run:
        es.audit.audit(run)


def _imported(folder: Path) -> None:
    cases = folder / "cases.csv"
    cases.write_text("incidentid,customerid,createdon\na,c,2024-01-13\n", encoding="utf-8")
    es.read_exports(cases, name="one").close()


def _closed(use: Callable[[Axes], object], run: es.Run) -> None:
    ax = es.charts.pacing(run)
    use(ax)
    pyplot.close(ax.figure)


def test_every_public_function_is_called_here_or_has_an_example() -> None:
    without = {
        name
        for name, function in functions().items()
        if ">>>" not in (function.__doc__ or "") and name not in {*CALLS, *charts()}
    }
    assert without == set()
    assert set(METHODS) == set(methods())


@pytest.mark.parametrize("name", sorted(CALLS))
def test_a_function_leaves_the_session_alone(name, run, untouched, tmp_path) -> None:
    CALLS[name](run, tmp_path)
    assert untouched() == {}


@pytest.mark.parametrize("name", methods())
def test_what_a_run_has_leaves_the_session_alone(name, run, untouched, tmp_path) -> None:
    METHODS[name](run, tmp_path)
    assert untouched() == {}


@pytest.mark.parametrize("name", charts())
def test_a_chart_leaves_nothing_but_its_own_figure(name, run, untouched) -> None:
    own = pyplot.figure()
    ax = CHARTS.get(name, functions()[name])(run)
    figures = pyplot.get_fignums()
    assert figures == [own.number, ax.figure.figure.number]
    pyplot.close(own)
    pyplot.close(ax.figure.figure)
    assert untouched() == {}


def test_a_report_leaves_the_session_alone(run, untouched, tmp_path) -> None:
    cells = [
        nbformat.v4.new_code_cell('run_path = ""', metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell(
            "from entitlement_sim import charts, open_run\n"
            "charts.show(charts.pacing(open_run(run_path)))"
        ),
    ]
    file = tmp_path / "short.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), file)
    write_report(report_html(run, [str(file)]), tmp_path / "short.html")
    assert untouched() == {}


def test_loading_the_whole_package_leaves_the_session_alone() -> None:
    program = """
import importlib, pkgutil
from session_state import session_state, what_changed
before = session_state()
import entitlement_sim
for module in pkgutil.walk_packages(entitlement_sim.__path__, "entitlement_sim."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
assert what_changed(before, session_state()) == {}, what_changed(before, session_state())
"""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment)


CHANGES: dict[str, Callable[[], object]] = {
    "rcParams": lambda: matplotlib.rcParams.update({"font.size": 31}),
    "interactive": lambda: pyplot.ion(),
    "open figures": lambda: pyplot.figure(),
    "pandas options": lambda: pd.set_option("display.max_rows", 7),
    "NumPy's errors": lambda: np.seterr(divide="raise"),
    "NumPy's random state": lambda: np.random.seed(1),  # noqa: NPY002
    "random state": lambda: random.random(),
    "warnings": lambda: warnings.simplefilter("ignore"),
    "logging": lambda: logging.root.setLevel(1),
    "environment": lambda: os.environ.update({"SOMETHING": "new"}),
    "working directory": lambda: os.chdir(os.pardir),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_the_session_is_noticed(name, untouched, monkeypatch, request) -> None:
    level, place, options = logging.root.level, Path.cwd(), pd.get_option("display.max_rows")
    errors, interactive = np.geterr(), matplotlib.is_interactive()
    monkeypatch.setenv("SOMETHING", "old")
    with matplotlib.rc_context():
        CHANGES[name]()
        noticed = untouched()
    logging.root.setLevel(level)
    os.chdir(place)
    pd.set_option("display.max_rows", options)
    np.seterr(**errors)
    matplotlib.interactive(interactive)
    assert name in noticed
