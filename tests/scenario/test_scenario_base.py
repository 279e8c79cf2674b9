"""The base of a scenario: what it says before its overrides."""

from dataclasses import replace

import pytest
from broken_scenarios import GOOD

from entitlement_sim import open_run, simulate
from entitlement_sim.documents import DocumentError
from entitlement_sim.scenario import Scenario
from entitlement_sim.scenario.scenario import trial_of
from entitlement_sim.store.errors import RunError

MOVED = GOOD.replace("up_above: 1\n", "up_above: 1\n      moved_by: { refusals: -1 }\n")
PLAIN = Scenario.parse(GOOD)


def test_a_scenario_without_overrides_is_its_own_base():
    scenario = Scenario.parse(GOOD)
    assert scenario.base is scenario.model
    assert scenario.base_text is None


def test_overrides_leave_the_base_as_it_was_written():
    scenario = Scenario.load("demo", ["calendar.days=90"])
    assert scenario.base == Scenario.load("demo").model
    assert scenario.model.calendar.days == 90


def test_more_overrides_keep_the_base():
    scenario = Scenario.load("demo", ["calendar.days=90"]).with_({"seed": 5})
    assert scenario.base == Scenario.load("demo").model
    assert Scenario.load("demo").with_({"seed": 5}).base == Scenario.load("demo").model


def test_a_text_that_only_its_overrides_make_right_has_the_changed_one_as_base():
    wrong = GOOD.replace("Mail", "Post", 1)
    with pytest.raises(DocumentError):
        Scenario.parse(wrong)
    scenario = Scenario.parse(wrong, overrides=["products=[Mail, Storage]"])
    assert scenario.base is scenario.model
    assert scenario.base_text is None
    assert scenario.with_({"seed": 5}).base == scenario.model


def test_a_base_comes_back_from_its_text():
    scenario = Scenario.parse(MOVED, overrides=["seed=5"])
    back = Scenario.parse(scenario.text, base_text=scenario.base_text)
    assert (back.base, back.hash) == (scenario.base, scenario.hash)


def test_what_is_wrong_with_a_base_is_named():
    with pytest.raises(DocumentError, match=r"base of x\.yaml:1:1: "):
        Scenario.parse(GOOD, "x.yaml", base_text="nothing: 1")


def test_another_base_is_another_hash_where_something_is_frozen_from_it():
    other = Scenario.parse(MOVED, overrides=["segments.offices.cases.per_year=1"]).text
    assert (
        Scenario.parse(MOVED, base_text=other).hash
        != Scenario.parse(MOVED, base_text=MOVED).hash
        == Scenario.parse(MOVED).hash
    )


def test_another_base_is_the_same_hash_where_nothing_is_frozen_from_it():
    assert not PLAIN.model.freezes_from_base
    assert Scenario.parse(PLAIN.text, base_text=PLAIN.with_({"seed": 5}).text).hash == PLAIN.hash


def test_a_run_keeps_the_base_of_its_scenario(tmp_path):
    few = {"segments.everyone.customers": 1, "calendar.days": 30}
    scenario = Scenario.load("reference", few)
    simulate(scenario, out=tmp_path, name="run").close()
    with open_run(tmp_path / "run") as run:
        assert run.table("run")["base_scenario"].item() == Scenario.load("reference").text
        assert run.scenario.with_({"seed": 5}).base == Scenario.load("reference").model


def test_a_scenario_of_a_run_that_cannot_be_read_is_told_in_a_sentence():
    few = {"segments.everyone.customers": 1, "calendar.days": 30}
    with simulate(Scenario.load("reference", few)) as run:
        run.manifest = replace(run.manifest, scenario_yaml="scenario: [")
        with pytest.raises(RunError, match=r"of the run reference-1-0-\w+ cannot be read: scen"):
            run.scenario  # noqa: B018


def test_a_run_of_a_scenario_without_overrides_has_no_base(tmp_path):
    few = {"segments.everyone.customers": 1, "calendar.days": 30}
    written = Scenario.parse(Scenario.load("reference", few).text)
    simulate(written, out=tmp_path, name="run").close()
    with open_run(tmp_path / "run") as run:
        assert run.manifest.base_scenario is None
        assert run.scenario.base == written.model


@pytest.mark.parametrize(
    "overrides",
    [{}, {"seed": 5}, {"seed": 5, "calendar.days": 30}],
    ids=["as written", "overridden", "overridden twice"],
)
def test_a_trial_says_what_the_changed_scenario_does(overrides):
    base = Scenario.load("demo", overrides)
    changes = {"templates.Pack 10.total_terms": 12, "money.hour_costs": 70}
    trial, changed = trial_of(base, changes), base.with_(changes)
    assert (trial.model, trial.base) == (changed.model, changed.base)
    assert (trial.overrides, trial.base_text) == (changed.overrides, changed.base_text)
    assert trial.hash == changed.hash


@pytest.mark.parametrize("wrong", [{"templates.Pack 10.total_terms": -1}, {"nowhere.at": 1}])
def test_a_trial_is_refused_in_the_words_of_the_changed_scenario(wrong):
    base = Scenario.load("demo")
    with pytest.raises(DocumentError) as of_trial:
        trial_of(base, wrong)
    with pytest.raises(DocumentError) as of_change:
        base.with_(wrong)
    assert str(of_trial.value) == str(of_change.value)
