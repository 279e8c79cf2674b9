"""What notebooks use to find their run and to tell what they found."""

import doctest
from pathlib import Path

import pandas as pd
import pytest

from entitlement_sim import RunError, Scenario, simulate
from entitlement_sim.reports import find_run, parameters, percent, share, table, telling


def test_the_examples_in_the_documentation_hold() -> None:
    for module in (telling, parameters):
        result = doctest.testmod(module)
        assert result.attempted > 0
        assert result.failed == 0


@pytest.fixture
def warranty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scenario:
    monkeypatch.chdir(tmp_path)
    scenario = Scenario.load("warranty")
    segment = next(iter(scenario.model.segments))
    return scenario.with_({"calendar.days": 10, f"segments.{segment}.customers": 5})


def test_a_run_is_found_by_its_path_and_by_its_name(
    runs: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs").symlink_to(runs)
    (tmp_path / "notebooks").mkdir()
    assert find_run(str(runs / "small")).name == "small"
    assert find_run("small").name == "small"
    monkeypatch.chdir(tmp_path / "notebooks")
    assert find_run("small").name == "small"


def test_without_a_path_the_newest_run_of_the_scenario_is_taken(
    warranty: Scenario, tmp_path: Path
) -> None:
    simulate(warranty, out="runs", name="b", seed=1).close()
    simulate(warranty, out="runs", name="a", seed=2).close()
    newest = max(("a", "b"), key=lambda name: (find_run(name).manifest["created_at"], name))
    assert find_run(scenario="warranty").name == newest
    assert find_run(scenario="warranty", seed=1).name == "b"


def test_where_there_is_none_the_scenario_is_simulated_in_memory(warranty: Scenario) -> None:
    Path("mine.yaml").write_text(warranty.text, encoding="utf-8")
    run = find_run(scenario="mine.yaml", seed=5)
    assert run.path is None
    assert run.manifest["seed"] == 5


@pytest.mark.parametrize(
    ("asked", "message"),
    [({"seed": 5}, "has seed 20230101, not 5"), ({"scenario": "x"}, "has scenario demo, not x")],
)
def test_a_run_that_is_not_what_was_asked_for_is_an_error(
    asked: dict[str, object], message: str, runs: Path
) -> None:
    with pytest.raises(RunError, match=message):
        find_run(str(runs / "small"), **asked)  # type: ignore[arg-type]


def test_an_empty_sum_is_no_share() -> None:
    assert share(pd.NA, pd.NA) == "no share (there are none)"
    assert percent(0.0, float("nan")) == "no share"


FRAME = pd.DataFrame(
    {
        "name": ["a <b>", "c"],
        "cases": [1200, 7],
        "rate": [0.5, float("nan")],
        "month": pd.to_datetime(["2024-01-01", "2024-02-01"]),
        "open": [True, False],
    }
)


def test_a_table_writes_each_column_as_readers_expect() -> None:
    shown = table(FRAME, "Some", formats={"rate": ".1%"})
    assert shown.headings == ["name", "cases", "rate", "month", "open"]
    assert shown.rows[0] == ["a <b>", "1,200", "50.0%", "2024-01-01", "yes"]
    assert shown.rows[1] == ["c", "7", "\N{EN DASH}", "2024-02-01", "no"]


def test_a_table_is_accessible_html() -> None:
    html = table(FRAME, "Some")._repr_html_()
    assert "<caption>Some</caption>" in html
    assert '<th scope="col"' in html
    assert '<th scope="row"' in html
    assert "a &lt;b&gt;" in html


def test_a_table_prints_in_a_terminal() -> None:
    assert repr(table(FRAME[["name", "cases"]], "Some")).splitlines() == [
        "Some",
        "name   cases",
        "a <b>  1,200",
        "c          7",
    ]


def test_a_long_table_says_that_it_is_cut() -> None:
    shown = table(pd.DataFrame({"n": range(100)}), "Many", most=3)
    assert len(shown.rows) == 3
    assert shown.caption == "Many (first 3 of 100)"


def test_a_table_of_nothing_has_its_headings() -> None:
    assert "<th" in table(FRAME.head(0), "None")._repr_html_()


def test_a_format_of_no_column_is_an_error() -> None:
    with pytest.raises(KeyError, match="there is no column 'rates'; 'rate'"):
        table(FRAME, "Some", formats={"rates": ".1%"})
