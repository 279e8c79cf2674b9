"""Alternatives that stand in a file: another scenario, or changes."""

from pathlib import Path

import pytest
from test_what_if import BASE, EIGHT, PACK

from entitlement_sim import DocumentError, RunError, Scenario, what_if
from entitlement_sim.comparison.alternatives import alternative_to, alternatives_to


@pytest.fixture(scope="module")
def base() -> Scenario:
    return Scenario.parse(BASE)


def written(place: Path, text: str) -> Path:
    file = place / "eight.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_scenario_in_a_file_is_the_same_as_its_changes(base: Scenario, tmp_path: Path) -> None:
    moved = base.with_({"segments.quiet.renewal.moved_by": {"refusals": -0.2}})
    changed = moved.with_(EIGHT)
    other = alternative_to(moved, written(tmp_path, changed.text))
    assert other.model == changed.model
    assert other.hash == changed.hash  # that of what is frozen from the base, too


def test_changes_in_a_file_are_those_of_settings(base: Scenario, tmp_path: Path) -> None:
    file = written(tmp_path, f"# smaller\n{PACK}.total_terms: 8\n{PACK}.price: 1260\n")
    other = alternative_to(base, file)
    assert other.model == base.with_(EIGHT).model
    assert other.hash == base.with_(EIGHT).hash


def test_a_mistake_in_a_file_of_changes_stands_at_its_line(base: Scenario, tmp_path: Path) -> None:
    file = written(tmp_path, f"{PACK}.price: 1260\n{PACK}.total_term: 8\n")
    with pytest.raises(DocumentError, match=r"eight\.yaml:2:1: .*total_term: unknown key"):
        alternative_to(base, file)


def test_a_path_that_stands_twice_is_refused(base: Scenario, tmp_path: Path) -> None:
    file = written(tmp_path, f"{PACK}.price: 1260\n{PACK}.price: 1270\n")
    with pytest.raises(DocumentError, match=r"eight\.yaml:2:1"):
        alternative_to(base, file)


@pytest.mark.parametrize("text", ["", "- 1\n", "templates\n"])
def test_a_file_that_is_neither_is_refused(base: Scenario, tmp_path: Path, text: str) -> None:
    with pytest.raises(DocumentError, match=r"eight\.yaml"):
        alternative_to(base, written(tmp_path, text))


def test_a_file_that_changes_nothing_is_refused(base: Scenario, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="the alternative eight is the same as the base"):
        alternatives_to(base, {"eight": written(tmp_path, f"{PACK}.total_terms: 10\n")})


def test_a_file_is_asked_as_any_alternative(base: Scenario, tmp_path: Path) -> None:
    file = written(tmp_path, f"{PACK}.total_terms: 8\n{PACK}.price: 1260\n")
    asked = {"replications": 2, "metrics": ["bookings", "turned_away"]}
    with what_if(base, {"a": file}, **asked) as of_file, what_if(base, {"a": EIGHT}, **asked) as of:
        assert of_file.metrics().equals(of.metrics())
