"""Random stories go through the desk and through a second reading of the rules, and both agree."""

import pytest
from random_stories import OF_BLOCKS, Figures, play

from entitlement_sim.desk.story_actions import STORY_ACTIONS
from entitlement_sim.rules.refusals import CATALOGUE

STORIES = 1500
HOUR = 3600


@pytest.fixture(scope="module")
def figures() -> Figures:
    return play(STORIES)


def test_the_desk_does_what_the_rules_say_in_a_second_reading(figures: Figures) -> None:
    assert not figures.disagreements, str(figures)
    assert figures.stories == STORIES


def test_random_stories_do_every_action(figures: Figures) -> None:
    # Nobody can set what is expired.
    assert set(STORY_ACTIONS) - set(figures.done) == {"set_expired", *OF_BLOCKS}


def test_random_stories_meet_every_refusal(figures: Figures) -> None:
    assert {entry.name for entry in CATALOGUE.values()} == set(figures.refusals)


@pytest.mark.soak
def test_the_desk_agrees_with_the_second_reading_for_an_hour() -> None:
    figures = play(10**9, seed=1, seconds=HOUR)
    print(figures)
    assert not figures.disagreements, str(figures)
