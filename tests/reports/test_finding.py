"""How a notebook finds its run."""

from pathlib import Path

import pytest

from entitlement_sim import Run, RunError, Scenario, simulate
from entitlement_sim.reports import find_run


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
    newest = max(("a", "b"), key=lambda name: (find_run(name).manifest.created_at, name))
    assert find_run(scenario="warranty").name == newest
    assert find_run(scenario="warranty", seed=1).name == "b"


def test_where_there_is_none_the_scenario_is_simulated_in_memory(warranty: Scenario) -> None:
    Path("mine.yaml").write_text(warranty.text, encoding="utf-8")
    run = find_run(scenario="mine.yaml", seed=5)
    assert run.path is None
    assert run.manifest.seed == 5


@pytest.mark.parametrize(
    ("asked", "message"),
    [({"seed": 5}, "has seed 7, not 5"), ({"scenario": "x"}, "has scenario tiny, not x")],
)
def test_a_run_that_is_not_what_was_asked_for_is_an_error(
    asked: dict[str, object], message: str, plain_run: Run
) -> None:
    with pytest.raises(RunError, match=message):
        find_run(str(plain_run.path), **asked)  # type: ignore[arg-type]
