"""The library of offerings: what each says, leaves out, and is sold to."""

from pathlib import Path

import pytest
import yaml

from entitlement_sim import DocumentError, Scenario
from entitlement_sim.scenario.library import offering, offering_files

NAMES = [
    "block-hours",
    "incident-five-pack",
    "included-and-supplemental",
    "monthly-quota",
    "monthly-retainer",
    "one-year-or-three",
    "percentage-of-licence",
    "percentage-of-spend",
    "pooled-hours",
    "standard-and-premium",
    "unlimited-email",
    "warranty-and-extension",
]
STORIES = Path(__file__).parents[1] / "stories" / "offerings.yaml"


def test_there_are_twelve():
    assert list(offering_files()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_an_offering_is_a_right_scenario_of_its_name(name):
    known = offering(name)
    assert known.scenario.name == name
    assert known.scenario.model.description == known.description
    assert Scenario.parse(known.scenario.text).hash == known.scenario.hash


@pytest.mark.parametrize("name", NAMES)
def test_it_is_exact_or_says_in_a_line_what_it_leaves_out(name):
    known = offering(name)
    assert known.is_exact == (known.leaves_out == "")
    assert "\n" not in known.leaves_out
    assert len(known.leaves_out) <= 100
    assert known.is_exact or known.leaves_out.endswith(".")


@pytest.mark.parametrize("name", NAMES)
def test_its_file_is_a_few_lines_behind_its_sources(name):
    lines = offering_files()[name].read_text(encoding="utf-8").splitlines()
    said = [line for line in lines if not line.startswith("#")]
    assert len(said) <= 11
    assert offering(name).sources.count("\n") == len(lines) - len(said) >= 2


@pytest.mark.parametrize("name", NAMES)
def test_it_is_sold_to_the_same_thousand_customers(name):
    segments = offering(name).scenario.model.segments
    assert sum(segment.customers for segment in segments.values()) == 1000
    assert {segment.drawn_as for segment in segments.values()} == {"customers"}
    for segment in segments.values():
        accounts = 1 if segment.accounts is None else segment.accounts.each
        assert segment.cases.per_year * accounts == 24
        assert segment.holds


def test_each_has_a_story_that_begins_with_its_name():
    stories = yaml.safe_load(STORIES.read_text(encoding="utf-8"))
    assert sorted(story["story"].partition(":")[0] for story in stories) == NAMES


def test_an_unknown_offering_is_refused_with_the_nearest_one():
    with pytest.raises(DocumentError, match=r"unknown offering 'five-pack'.*incident-five-pack"):
        offering("five-pack")
