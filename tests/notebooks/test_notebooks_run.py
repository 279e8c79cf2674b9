"""Every notebook on a small run, from the first cell to the last."""

import re
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from in_process import execute_here
from nbformat import NotebookNode
from shared import made_once

from entitlement_sim import Scenario, charts, open_run, simulate
from entitlement_sim.comparison.by_customer import sums_by_customer
from entitlement_sim.comparison.differences import totals_of, value_of
from entitlement_sim.comparison.measures import METRICS
from entitlement_sim.reports.execution import execute, read_notebook
from entitlement_sim.reports.parameters import parameters_cell, written
from entitlement_sim.reports.shipped import find_notebook, shipped_notebooks
from entitlement_sim.store.summary import Ratio, summarise

FIGURES = {
    "00_start_here": 1,
    "01_lifecycle": 1,
    "02_consumption": 4,
    "03_expiry": 3,
    "04_renewals": 5,
    "05_breakage_and_revenue": 5,
    "06_channels_and_products": 4,
    "07_explain_a_balance": 1,
    "08_what_if": 4,
    "09_how_far_to_trust": 0,
    "10_offering_designer": 0,
    "11_your_own_book": 1,
    "12_audit": 1,
    "13_search": 1,
    "14_scale": 0,
    "15_fit_and_scorecard": 4,
    "16_forecast_and_backtest": 4,
    "comparison": 4,
    "summary": 10,
}

#: Those that show sliders, which need a kernel. It executes every notebook in ``pytest -m large``
#: and for the documentation; the others are executed here within this process.
IN_A_KERNEL = ("00_start_here", "10_offering_designer")

#: What a notebook is told here, so that it is done with sooner: fewer futures and replications, and
#: wider limits, than are the default, with which ``pytest -m large`` executes it.
SETTINGS: dict[str, dict[str, object]] = {
    "02_consumption": {"futures": 8},
    "08_what_if": {"half_width": 0.01},
    "09_how_far_to_trust": {"pairs": 3},
    "13_search": {"replications": 5},
    "16_forecast_and_backtest": {"replications": 8},
}

#: How many replications are asked of these few customers where a notebook names no number: as many
#: as of a portfolio of which no more fit a few seconds.
REPLICATIONS = {
    "entitlement_sim.comparison.what_if": 5,
    "entitlement_sim.comparison.wrong_if": 4,
}


def html_of(notebook: NotebookNode) -> BeautifulSoup:
    """All outputs in HTML of an executed notebook."""
    texts = [
        output.data["text/html"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "text/html" in output.get("data", {})
    ]
    return BeautifulSoup("\n".join(texts), "html.parser")


def told_by(notebook: NotebookNode) -> str:
    """All sentences that an executed notebook made of its data, in Markdown or in paragraphs."""
    in_markdown = [
        output.data["text/markdown"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "text/markdown" in output.get("data", {})
    ]
    return "\n".join([*in_markdown, *(text.get_text() for text in html_of(notebook)("p"))])


def executed(name: str, folder: Path, **settings: object) -> NotebookNode:
    """A notebook, executed as by a double click in a folder beside the folder runs."""
    notebook = read_notebook(find_notebook(name))
    if settings:
        cell = parameters_cell(notebook, name)
        cell.source += "\n" + written(settings)
    folder.mkdir(exist_ok=True)
    if name in IN_A_KERNEL:
        return execute(notebook, name, folder, timeout=120)
    return execute_here(notebook, name, folder)


@pytest.fixture(scope="session")
def as_shipped(
    runs: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], NotebookNode]:
    """A notebook as it is shipped, executed once for all tests that look at it."""

    @cache
    def as_shipped(name: str) -> NotebookNode:
        def make(place: Path) -> None:
            with pytest.MonkeyPatch.context() as patch:
                for asking, most in REPLICATIONS.items():
                    patch.setattr(import_module(asking), "_MOST", most)
                notebook = executed(name, runs.parent / "notebooks", **SETTINGS.get(name, {}))
            nbformat.write(notebook, place / "executed.ipynb")

        place = made_once(tmp_path_factory, f"notebook-{name}", make)
        return nbformat.read(place / "executed.ipynb", as_version=4)

    return as_shipped


@pytest.mark.parametrize("name", [file.stem for file in shipped_notebooks()])
def test_runs_by_double_click_beside_the_demo_run(
    name: str, as_shipped: Callable[[str], NotebookNode]
) -> None:
    notebook = as_shipped(name)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output.output_type == "error"]
    assert not [output.text for output in outputs if output.get("name") == "stderr"]
    assert not [output for output in outputs if "image/png" in output.get("data", {})], (
        "a figure was shown without its alternative text"
    )
    page = html_of(notebook)
    alternatives = [image.get("alt", "") for image in page.find_all("img")]
    assert len(alternatives) == FIGURES[name]
    assert all(len(text) > 40 and re.search(r"\d", text) for text in alternatives)
    assert all(table.find("caption") or not table.find("thead") for table in page("table"))
    told = told_by(notebook)
    assert "nan" not in told
    assert re.search(r"\d", told)
    assert "in-memory" not in told


def test_what_bears_one_name_is_one_number_everywhere(
    runs: Path, as_shipped: Callable[[str], NotebookNode]
) -> None:
    with open_run(runs / "demo") as run:
        summary = summarise(run)
        dues = run.sql("SELECT is_renewed FROM renewals WHERE is_mature AND is_paying")
        held = run.sql("SELECT customer_id, price > 0 AS pays FROM entitlements "
                       "WHERE state = 'active'")  # fmt: skip
        sums = sums_by_customer(run)
        shares = {metric.key: value_of(metric, totals_of(sums)) for metric in METRICS}
        drawn = charts.alt_text(charts.renewal_rate_by_month(run))
        blocked = run.sql("SELECT sum(used_up)::INT AS used_up, sum(asked_what_is_sold)::INT AS n "
                          "FROM blocked_demand WHERE restrict")  # fmt: skip
    page, of_renewals, of_channels = (
        " ".join(told_by(as_shipped(name)).split())
        for name in ("summary", "04_renewals", "06_channels_and_products")
    )
    renewed = Ratio(int(dues["is_renewed"].sum()), len(dues))
    assert summary.renewals == renewed
    assert shares["renewed"] == renewed.value
    sentence = f"of the paid entitlements that fell due and whose grace is over, {renewed} were"
    assert page.casefold().count(sentence) == 2
    assert f"Of the paid entitlements that fell due, {renewed} were renewed." in of_renewals
    assert f"({renewed.numerator:,} of {renewed.denominator:,})" in drawn
    paying = held[held["pays"]]
    customers = paying["customer_id"].nunique()
    assert summary.customers["paying"] == customers
    assert f"{len(paying):,} paid entitlements** of **{customers:,} paying customers**" in page
    [[used_up, n]] = blocked.to_numpy().tolist()
    assert f"{Ratio(used_up, n)} found its terms used up" in page
    assert shares["refused"] == used_up / n
    asked = "asked a restricting entitlement by a channel with terms"
    assert f"Terms were used up for {Ratio(used_up, n)} of the cases that {asked}" in of_channels


def test_a_template_can_be_chosen(runs: Path) -> None:
    notebook = executed("02_consumption", runs.parent / "notebooks", template="Hours 40", futures=2)
    first = html_of(notebook).find("img")
    assert first is not None
    assert "Hours 40" in str(first["alt"])


def test_an_entitlement_can_be_chosen(runs: Path) -> None:
    notebook = executed("07_explain_a_balance", runs.parent / "notebooks", entitlement_id=3)
    assert "Entitlement 3 is a" in told_by(notebook)


def test_the_walk_meets_every_state_and_every_refusal(
    as_shipped: Callable[[str], NotebookNode],
) -> None:
    told = told_by(as_shipped("01_lifecycle"))
    assert "went through 5 states (active, cancelled, draft, expired and waiting)" in told
    assert "met 46 of the 46 refusals" in told


def test_a_run_without_counted_terms_has_its_summary_too(tmp_path: Path) -> None:
    scenario = Scenario.load("warranty")
    segment = next(iter(scenario.model.segments))
    changes = {f"segments.{segment}.customers": 60, "calendar.days": 40}
    simulate(Scenario.load("warranty", changes), out=tmp_path / "runs", name="warranty").close()
    notebook = executed("summary", tmp_path / "notebooks", scenario="warranty")
    assert "No entitlement of this run holds a number of terms." in told_by(notebook)
