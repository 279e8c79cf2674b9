"""A run with a past says the same after it left as an export and was imported."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from matplotlib import pyplot

import entitlement_sim
from entitlement_sim import Run, Scenario, charts, compare, simulate
from entitlement_sim.comparison.page import page_of
from entitlement_sim.exchange.entering import enter
from entitlement_sim.exchange.leaving import book_of

SCENARIO = Scenario.load(
    "demo",
    {
        "segments.small.customers": 20,
        "segments.midsize.customers": 8,
        "segments.enterprise.customers": 2,
    },
)

#: What notebooks read, of all that a live system records.
SAME = {
    "customers": "SELECT segment::VARCHAR, count(*) FROM customers GROUP BY ALL ORDER BY ALL",
    "entitlements": "SELECT template_id, created_on, activated_on, start_date, end_date, "
    "state::VARCHAR, ended_on, ended_by::VARCHAR, remaining_terms, price FROM entitlements "
    "ORDER BY ALL",
    "transitions": "SELECT * EXCLUDE (entitlement_id) FROM transitions ORDER BY ALL",
    "over_consumption": "FROM over_consumption ORDER BY ALL",
    "utilisation": "FROM utilisation_by_template ORDER BY ALL",
    "expiry": "FROM expiry_by_month ORDER BY ALL",
    "expiry wall": "FROM expiry_wall ORDER BY ALL",
    "renewals": "FROM renewal_rates ORDER BY ALL",
    "cohorts": "FROM cohorts ORDER BY ALL",
    "renewed by day": "SELECT day, template, renewed FROM daily ORDER BY ALL",
}

NOTEBOOKS = Path(entitlement_sim.__file__).parent / "notebooks"

#: Cells of notebooks that say something else of an imported run, by what no export knows.
DIFFER = {
    "02_consumption": {
        "02-15": "how many run dry: what the customers of an imported book are like is fitted",
        "02-16": "their chances, for the same reason",
        "02-21": "cases a day: those turned away came, too",
        "02-25": "how many a year ago, and their chances",
    },
    "03_expiry": {},
    "04_renewals": {},
    "05_breakage_and_revenue": {
        "05-15": "demand of those who were refused",
        "05-27": "margins: no export says what support costs",
        "05-28": "leakage: nor what a case costs, nor who was turned away",
        "05-30": "the margin of what left, which hangs on both",
    },
    "06_channels_and_products": {
        "06-06": "cases turned away",
        "06-08": "reasons of refusals",
        "06-10": "terms used up",
        "06-15": "cases turned away",
        "06-19": "service levels",
        "06-21": "cases turned away",
    },
    "07_explain_a_balance": {
        "07-07": "the example is one that refused",
        "07-11": "refusals of the example",
        "07-13": "the example",
        "07-15": "the example",
        "07-19": "the example",
    },
}


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Run, Run]]:
    """A simulated run with a past, and the run that its export makes."""
    folder: Path = tmp_path_factory.mktemp("twins")
    with (
        simulate(SCENARIO, seed=7, out=folder, name="simulated") as run,
        enter(
            book_of(run), begins=run.manifest.start_date, out=folder, name="imported"
        ) as imported,
    ):
        yield run, imported


@pytest.mark.parametrize("question", SAME)
def test_a_run_with_a_past_says_the_same_when_it_was_imported(
    twins: tuple[Run, Run], question: str
) -> None:
    simulated, imported = (run.connection.sql(SAME[question]).fetchall() for run in twins)
    assert imported == simulated


class _NoChart:
    """What stands for charts and what they return: they are drawn elsewhere."""

    def __getattr__(self, name: str) -> "_NoChart":
        return self

    def __call__(self, *args: Any, **options: Any) -> "_NoChart":
        return self


def said(run: Run, notebook: str, costs: dict[str, int] | None = None) -> dict[str, list[str]]:
    """Return the sentences and tables of each cell of a notebook, without its charts.

    With `costs` the run that it found is repriced.
    """
    cells = json.loads((NOTEBOOKS / f"{notebook}.ipynb").read_text(encoding="utf-8"))["cells"]
    names: dict[str, Any] = {}
    texts: dict[str, list[str]] = {}
    for cell in cells:
        if cell["cell_type"] != "code":
            continue
        here = texts.setdefault(cell["id"], [])

        def say(text: str, here: list[str] = here) -> None:
            text = re.sub(", given these days, these incidents and this level", "", text)
            here.append(" ".join(text.split()))

        def table(rows: pd.DataFrame, *_: Any, here: list[str] = here, **__: Any) -> None:
            here.append(rows.to_csv(index=False, float_format="%.9g"))

        names |= {"say": say, "table": table, "charts": _NoChart(), "display": lambda *_: None}
        source = "".join(cell["source"])
        exec(source.replace('run_path = ""', f"run_path = {str(run.path)!r}"), names)
        if costs is not None and "find_run(" in source:
            names["run"].reprice(costs)
    return texts


def test_an_imported_run_has_no_number_for_what_leaves_no_record(twins: tuple[Run, Run]) -> None:
    for view in ("daily", "entitled_share", "origin_mix"):
        of_simulated, of_imported = (
            run.connection.sql(f"SELECT count(turned_away), count(*) FROM {view}").fetchall()[0]
            for run in twins
        )
        assert of_simulated[0] == of_simulated[1] > 0
        assert of_imported[0] == 0 < of_imported[1]


def test_an_imported_run_says_of_no_month_how_much_was_refused(twins: tuple[Run, Run]) -> None:
    query = "SELECT count(refused), count(refused_value), count(*) FROM leakage"
    of_simulated, of_imported = (run.connection.sql(query).fetchall()[0] for run in twins)
    assert min(of_simulated) == of_simulated[2] > 0
    assert of_imported[:2] == (0, 0)
    assert of_imported[2] > 0


def test_a_repriced_notebook_counts_nobody_turned_away_where_that_leaves_no_record(
    twins: tuple[Run, Run],
) -> None:
    [simulated], [imported] = (
        said(run, "05_breakage_and_revenue", {"hour_costs": 60})["05-28"] for run in twins
    )
    assert "were turned away by a contract whose terms were used up." in simulated
    assert imported.endswith(
        "How many cases were turned away is not known, since these leave no record."
    )


def test_an_imported_run_counts_no_refusals(twins: tuple[Run, Run]) -> None:
    counts = ("blocked", "not_sold", "used_up", "blocked_by_whole", "blocked_by_channel")
    counts += ("turned_away", "worked_uncovered", "covered_by_another", "used_up_turned_away")
    for view, more in (
        ("blocked_demand", ("asked_what_is_sold", "blocked_share", "used_up_share")),
        ("blocked_demand_by_month", ()),
    ):
        known = ", ".join(f"count({name})" for name in (*counts, *more))
        query = f"SELECT count(*), {known} FROM {view} WHERE template_id IS NOT NULL"
        (_, *of_simulated), (rows, *of_imported) = (
            run.connection.sql(query).fetchall()[0] for run in twins
        )
        assert all(of_simulated)
        assert rows > 0
        assert not any(of_imported)


@pytest.mark.parametrize("notebook", DIFFER)
def test_a_notebook_differs_only_where_no_export_knows(
    twins: tuple[Run, Run], notebook: str
) -> None:
    simulated, imported = (said(run, notebook) for run in twins)
    differing = {cell for cell in simulated if simulated[cell] != imported[cell]}
    assert sorted(differing) == sorted(DIFFER[notebook])


@pytest.fixture
def repriced(twins: tuple[Run, Run]) -> Iterator[tuple[Run, Run]]:
    """Both runs with costs, also of a case turned away."""
    for run in twins:
        run.reprice({"hour_costs": 60, "turned_away_costs": 20})
    yield twins
    for run in twins:
        run.reprice()


MARGINS = (
    "margin_by_template",
    "margin_by_month",
    "margin_by_month_and_segment",
    "margin_by_customer",
    "margin_by_segment",
)


@pytest.mark.parametrize("view", MARGINS)
def test_no_export_says_what_cases_turned_away_cost_nor_a_margin_with_it(
    repriced: tuple[Run, Run], view: str
) -> None:
    query = f"SELECT count(turned_away_cost), count(margin), count(*) FROM {view}"
    of_simulated, of_imported = (run.connection.sql(query).fetchall()[0] for run in repriced)
    assert min(of_simulated) == of_simulated[2] > 0
    assert of_imported[:2] == (0, 0)
    assert of_imported[2] > 0


@pytest.mark.parametrize("view", MARGINS)
def test_where_cases_turned_away_cost_nothing_an_imported_run_has_its_margin(
    twins: tuple[Run, Run], view: str
) -> None:
    _, imported = twins
    imported.reprice({"hour_costs": 60})
    query = f"SELECT count(turned_away_cost), count(margin), count(*) FROM {view}"
    [(costs, margins, rows)] = imported.connection.sql(query).fetchall()
    imported.reprice()
    assert costs == 0
    assert margins == rows > 0


def test_nobody_is_said_to_lose_where_no_margin_is_known(repriced: tuple[Run, Run]) -> None:
    query = "SELECT count(losing) = count(*) AS is_known FROM margin_by_segment"
    known = [run.sql(query)["is_known"].item() for run in repriced]
    assert known == [True, False]


def test_charts_of_an_imported_run_say_that_refusals_are_not_recorded(
    repriced: tuple[Run, Run],
) -> None:
    _, imported = repriced
    assert charts.alt_text(charts.margin_by_month(imported)) == (
        "Margin by month. Nothing to show: what cases turned away cost is in it, and no export "
        "says how many they were."
    )
    assert charts.alt_text(charts.overlaid_refusals({"june": imported})) == (
        "Refused for want of terms. Nothing to show: no live system records which cases were "
        "refused: june."
    )
    pyplot.close("all")


def test_notebooks_of_an_imported_run_say_that_its_margin_is_not_known(
    twins: tuple[Run, Run],
) -> None:
    _, imported = twins
    costs = {"hour_costs": 60, "turned_away_costs": 20}
    assert said(imported, "05_breakage_and_revenue", costs)["05-27"][-1] == (
        "What cases turned away would have cost is not known, nor any margin: they leave no record."
    )


def test_refusals_are_not_compared_with_those_of_an_imported_run(
    repriced: tuple[Run, Run],
) -> None:
    with compare(*repriced, names=["ours", "theirs"]) as answer:
        assert not {"turned_away", "refused", "margin"} & set(answer.metrics()["metric"])
        assert (
            "No export says which cases were refused or turned away, so neither is compared "
            "(theirs came from one), nor is any margin, in which cases turned away are assumed to "
            "cost something."
        ) in answer.sentences()
        if answer.pairings[0].is_paired:
            assert answer.movers()["turned_away_difference"].isna().all()
        assert "cases turned away" not in page_of(answer).split("Definitions")[0]
