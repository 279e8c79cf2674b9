"""A real kernel: charts show themselves, an analyst's own pictures too, and names complete."""

import rlcompleter

import nbformat
import pytest
from jupyter_client.manager import start_new_kernel
from nbclient import NotebookClient
from nbformat import NotebookNode

import entitlement_sim as es
from entitlement_sim import Scenario, simulate

CHART = "charts.pacing(run)"
OTHER = "charts.origin_mix(run)"
OWN = [
    "import pandas as pd\npd.DataFrame({'x': [1, 2, 2]}).hist()",
    "import matplotlib.pyplot as plt\nplt.plot([1, 2])",
    "fig, ax = plt.subplots()",
]
PYPLOT = "import matplotlib.pyplot"
OPENING = "from entitlement_sim import charts, open_run\nrun = open_run('few')"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the run few."""
    place = tmp_path_factory.mktemp("kernel")
    few = {f"segments.{name}.customers": 6 for name in ("small", "midsize", "enterprise")}
    scenario = Scenario.load("demo", few | {"history": None, "calendar.days": 300})
    simulate(scenario, seed=3, out=place, name="few").close()
    return place


def executed(cells: list[str], folder) -> NotebookNode:
    """A notebook of these cells, executed by the installed kernel from the beginning."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(folder)}})
    client.execute()
    return notebook


def pictures(cell: NotebookNode) -> int:
    return sum("image/png" in output.get("data", {}) for output in cell.outputs)


SHOW = f"charts.show({CHART})"


@pytest.mark.parametrize(
    "cells",
    [
        [OPENING, CHART, OTHER, *OWN, PYPLOT, CHART, OTHER, *OWN],
        [PYPLOT, OPENING, CHART, OTHER, *OWN],
        [OPENING, SHOW, CHART, SHOW, OTHER, *OWN],
    ],
    ids=["pyplot afterwards", "pyplot before", "after show"],
)
def test_charts_and_own_pictures_are_all_shown(cells, folder) -> None:
    shown = {
        cell.source: pictures(cell)
        for cell in executed(cells, folder).cells
        if cell.source not in (OPENING, PYPLOT, SHOW)
    }
    assert shown == dict.fromkeys([CHART, OTHER, *OWN], 1)


def completions(begun: list[str], folder) -> list[list[str]]:
    """What a kernel in which the run was opened completes each text with."""
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(folder))
    try:
        client.execute(f"{OPENING}\nimport entitlement_sim as es", reply=True, timeout=120)
        replies = [client.complete(text, reply=True, timeout=120) for text in begun]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    return [reply["content"]["matches"] for reply in replies]


def test_names_complete_in_a_kernel(folder) -> None:
    begun = ["es.", "es.char", "run.views.paci", "run.tables.cust", "es.metrics.surv", "run.desc"]
    everything, *others = completions(begun, folder)
    names = {name.removeprefix("es.") for name in everything}
    assert {"charts", "metrics", "inference", "reports", "compare"} <= names
    wanted = ["charts", "pacing", "customers", "survival", "describe"]
    assert [[name.rpartition(".")[2] for name in found] for found in others] == [
        [name] for name in wanted
    ]


def test_names_complete_in_a_terminal(folder) -> None:
    with es.open_run(folder / "few") as run:
        completer = rlcompleter.Completer({"es": es, "run": run})
        found = [completer.complete(text, 0) for text in ("es.char", "run.views.paci")]
    assert found == ["es.charts", "run.views.pacing()"]
