"""Every story of tests/stories is a test of its own; together they cover the rulebook."""

import dataclasses
from collections import Counter
from pathlib import Path

import pytest

from entitlement_sim.desk.stories import play_read
from entitlement_sim.desk.story_files import Story, read_stories
from entitlement_sim.rules.rulebook import QUESTIONS, RULES
from entitlement_sim.rules.settings import Settings

FOLDER = Path(__file__).parents[1] / "stories"
STORIES = [story for file in sorted(FOLDER.glob("*.yaml")) for story in read_stories(file)]
RECOMMENDED = Settings(auto_apply_on_create=False, auto_apply_on_update=False)
SWITCHES = [(question, switch) for question, switches in QUESTIONS.items() for switch in switches]


@pytest.mark.parametrize(
    "story", STORIES, ids=lambda story: f"{Path(story.file).stem}: {story.name}"
)
def test_story(story: Story) -> None:
    result = play_read(story)
    assert result.passed, str(result)


def test_story_names_are_unique() -> None:
    names = Counter(story.name for story in STORIES)
    assert [name for name, times in names.items() if times > 1] == []


def test_every_story_expects_something() -> None:
    for story in STORIES:
        assert any(step.expect or step.refused for step in story.steps), story.name


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_two_stories(rule: str) -> None:
    assert sum(rule in story.rules for story in STORIES) >= 2


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_question_has_a_story(question: str) -> None:
    assert any(question in story.rules for story in STORIES)


@pytest.mark.parametrize(("question", "switch"), SWITCHES)
def test_every_switch_has_stories_on_both_sides(question: str, switch: str) -> None:
    about = [story for story in STORIES if question in story.rules]
    sides = {getattr(story.settings, switch) != getattr(RECOMMENDED, switch) for story in about}
    assert sides == {False, True}


@pytest.mark.parametrize(
    ("question", "switch"), [one for one in SWITCHES if one[1] not in ("tz", "job_time")]
)
def test_a_switched_story_fails_as_recommended(question: str, switch: str) -> None:
    """The switch is what makes the difference: turned back, at least one story goes wrong."""
    switched = [
        story
        for story in STORIES
        if question in story.rules
        and getattr(story.settings, switch) != getattr(RECOMMENDED, switch)
    ]
    back = {switch: getattr(RECOMMENDED, switch)}
    turned_back = [
        dataclasses.replace(story, settings=dataclasses.replace(story.settings, **back))
        for story in switched
    ]
    assert not all(play_read(story).passed for story in turned_back)


def test_every_setting_is_switched_in_a_story() -> None:
    names = {field.name for field in dataclasses.fields(Settings)}
    switched = {
        name
        for story in STORIES
        for name in names
        if getattr(story.settings, name) != getattr(RECOMMENDED, name)
    }
    assert switched == names
