"""What users naturally type: scenarios by name, and one line of ours where a kind is wrong."""

import datetime as dt
import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import entitlement_sim as es
from entitlement_sim import Run, Scenario, charts, inference

FEW = {"segments.everyone.customers": 20}

#: What nothing asks for.
WRONG = object()

FUNCTIONS = [
    *(getattr(es, name) for name in es.__all__ if inspect.isfunction(getattr(es, name))),
    es.audit.audit,
    charts.ceiling,
    charts.comparison_forest,
    charts.comparison_groups,
    charts.entitlement_life,
    charts.forecast_by_month,
    charts.forecast_running_dry,
    charts.gallery,
    charts.overlaid_active,
    charts.overlaid_refusals,
    charts.overlaid_renewals,
    charts.rule_impact,
    charts.sweep_frontier,
    charts.sweep_tornado,
    es.fitting.identify,
    es.forecasting.backtest,
    inference.check_expectations,
    inference.churn_cost,
    inference.expected_renewals,
    inference.portfolio_of,
    inference.shared_shocks,
    es.OfferingDesigner,
    Scenario.load,
    Scenario.parse,
    Scenario.from_dict,
]

#: Charts bear it for what matplotlib asks of them.
NOT_OURS = {"ax"}


def fitting(name: str, run: Run) -> Any:
    """A value of the kind that a parameter of this name asks for, where it must be given."""
    values: dict[str, Any] = {
        "run": run,
        "runs": {"one": run},
        "scenario": "reference",
        "n": 1,
        "a": "reference",
        "b": "reference",
        "base": "reference",
        "alternatives": {"ten": {"templates.ten-cases.total_terms": 10}},
        "path": "nowhere",
        "story": "story: none",
        "entitlement_id": 1,
        "as_of": dt.date(2025, 1, 1),
        "source": "reference",
        "text": "",
        "data": {},
        "metric": "cases",
        "differences": pd.DataFrame(),
        "designs": [{"templates.ten-cases.total_terms": [8, 12]}],
        "free": {"templates.ten-cases.total_terms": (8, 12)},
        "most": "sold",
        "swings": pd.DataFrame(),
        "months": pd.DataFrame(),
        "contracts": pd.DataFrame(),
        "quantity": "cases",
        "cuts": [dt.date(2025, 1, 1)],
        "until": dt.date(2026, 1, 1),
        "groups": pd.DataFrame(),
        "by": "product",
        "switches": pd.DataFrame(),
        "best": pd.DataFrame(),
        "name": "cases",
        "names": ("cases", "sold"),
        "shard": "1/2",
        "parts": "nowhere",
        "out": "nowhere",
    }
    return values.get(name, WRONG)


def parameters() -> Iterator[tuple[Callable[..., Any], str]]:
    for function in FUNCTIONS:
        for name, parameter in inspect.signature(function).parameters.items():
            is_flag = str(parameter.annotation) in ("bool", "<class 'bool'>")
            is_named = parameter.kind is not parameter.VAR_POSITIONAL
            if is_named and not is_flag and name not in NOT_OURS:
                yield function, name


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    with es.simulate(Scenario.load("reference", FEW), seed=7) as run:
        yield run


@pytest.mark.parametrize(
    ("function", "name"),
    [pytest.param(*pair, id=f"{pair[0].__name__}-{pair[1]}") for pair in parameters()],
)
def test_a_wrong_kind_is_refused_in_a_line_that_names_it(
    function: Callable[..., Any], name: str, run: Run
) -> None:
    required = {
        other: fitting(other, run)
        for other, parameter in inspect.signature(function).parameters.items()
        if parameter.default is parameter.empty and parameter.kind is not parameter.VAR_POSITIONAL
    }
    words = rf"{function.__name__}\(\): {name} is .*, not <object object at \w+>"
    with pytest.raises(TypeError) as raised:
        function(**required | {name: WRONG})
    assert re.fullmatch(words, str(raised.value))


@pytest.mark.parametrize("given", [3, None, WRONG, ["exports"]])
def test_each_of_several_paths_is_looked_at(given: object) -> None:
    with pytest.raises(TypeError, match=r"^read_exports\(\): paths is a path, not .*$"):
        es.read_exports("exports", given)  # type: ignore[arg-type]


@pytest.mark.parametrize("chart", [charts.pacing, charts.burn_down, charts.renewal_lag])
def test_a_chart_of_neither_run_nor_frame_is_refused(chart: Callable[..., Any]) -> None:
    with pytest.raises(TypeError, match=r"^a chart is drawn from a run or a DataFrame, not str$"):
        chart("demo")


def test_wrong_kinds_of_a_scenarios_changes_are_refused() -> None:
    with pytest.raises(TypeError, match=r"^with_\(\): overrides is texts path=value.*, not 5$"):
        Scenario.load("reference").with_(5)  # type: ignore[arg-type]


# ------------------------------------------------------------------- scenarios by name


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The file of a scenario with few customers."""
    place = tmp_path / "few.yaml"
    place.write_text(Scenario.load("reference", FEW).text, encoding="utf-8")
    return place


def test_a_scenario_is_taken_as_itself_or_by_its_file_alike(file: Path) -> None:
    scenario = Scenario.load(file)
    for source in (file, str(file)):
        with es.simulate(source, seed=7) as run:
            assert run.manifest.scenario_hash == scenario.hash
        assert es.sums(source, seed=7, by=[]).equals(es.sums(scenario, seed=7, by=[]))
        assert es.replicate(source, 1, seed=7).equals(es.replicate(scenario, 1, seed=7))


def test_shipped_scenarios_are_known_by_name() -> None:
    assert inference.shared_shocks("demo") == inference.shared_shocks(Scenario.load("demo"))
    with pytest.raises(es.DocumentError, match="must be at most 100000000"):
        es.sums("demo", {"huge": {"segments.small.customers": 2_000_000_000}})


def test_alternatives_are_scenarios_files_or_changes_alike(file: Path) -> None:
    base = Scenario.load(file)
    path = "templates.ten-cases.total_terms"
    alternatives = {
        "mapping": {path: 12},
        "text": f"{path}=12",
        "texts": [f"{path}=12"],
        "scenario": base.with_({path: 12}),
        "same": file,
        "same, as text": str(file),
    }
    frame = es.sums(base, alternatives, seed=7, by=[]).groupby("offering")["blocked"].sum()
    assert frame[["mapping", "text", "texts", "scenario"]].nunique() == 1
    assert frame["same"] == frame["same, as text"] == frame["base"] != frame["mapping"]
    assert "texts" in set(es.replicate(base, 1, alternatives=alternatives, seed=7)["offering"])


@pytest.mark.parametrize("ask", [es.simulate, es.sums, lambda name: es.replicate(name, 1)])
def test_a_name_that_is_none_is_said_with_the_nearest(ask: Callable[..., Any]) -> None:
    with pytest.raises(es.DocumentError, match=r"no such file.*reference"):
        ask("refernce")
