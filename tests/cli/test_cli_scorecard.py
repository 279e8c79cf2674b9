"""The command that holds a run against targets, or against another run."""

import pytest

from entitlement_sim import Scenario, open_run, scorecard, simulate
from entitlement_sim.scoring.saying import verdict


@pytest.fixture(scope="module", autouse=True)
def _declaring(folder):
    """Beside `small` a run that declares what it meets, and one that declares what it does not."""
    for name, target in (("met", 2 / 7), ("missed", 0.05)):
        scenario = Scenario.load(
            "reference",
            {
                "segments.everyone.customers": 20,
                "calendar.days": 200,
                "scorecard": [{"row": "weekend_share", "target": target, "tolerance": 0.1}],
            },
        )
        simulate(scenario, seed=7, out=folder / "runs", name=name, overwrite=True).close()


def test_the_scorecard_shows_every_number_and_its_verdict(say, folder):
    said = say("scorecard", "small")
    assert said.status == 0
    lines = said.out.splitlines()
    assert lines[0].split()[:4] == ["row", "part", "value", "target"]
    assert any(line.startswith("weekend_share ") and " miss " in line for line in lines)
    with open_run(folder / "runs" / "small") as run:
        assert lines[-1] == verdict(scorecard(run))


def test_without_a_declaration_strict_finds_nothing_wrong(say):
    said = say("scorecard", "small", "--strict")
    assert said.status == 0
    assert "declares none (key scorecard)" in said.out


@pytest.mark.parametrize(
    ("run", "options", "status"),
    [("met", ["--strict"], 0), ("missed", ["--strict"], 1), ("missed", [], 0)],
)
def test_strict_is_about_what_is_declared(say, run, options, status):
    said = say("scorecard", run, *options)
    assert said.status == status
    [line] = [line for line in said.out.splitlines() if " * " in line]
    assert line.startswith("weekend_share ")


def test_a_run_is_held_against_another(say):
    said = say("scorecard", "missed", "--against", "met", "--strict")
    assert said.status == 0
    assert said.out.splitlines()[-1].startswith("1 of 1 declared number hits. ")


def test_a_run_that_is_not_there_is_named(say):
    said = say("scorecard", "small", "--against", "smal")
    assert said.status == 2
    assert "did you mean runs/small?" in said.errors
