"""Every story of tests/stories/custom is a test of its own, whatever the seed.

The ordinary suite plays each with one of the seeds in turn, ``soak`` each with all of them.
"""

import itertools
import re
from collections import Counter
from pathlib import Path

import pytest
from facts import FACTS
from playing import play
from story_files import Story, read_stories

FOLDER = Path(__file__).parents[1] / "stories" / "custom"
README = (FOLDER / "README.md").read_text(encoding="utf-8")
STORIES = [story for file in sorted(FOLDER.glob("*.yaml")) for story in read_stories(file)]
#: Seeds with which a story holds: its shares are 0 or 1, so that chance decides nothing.
SEEDS = (1, 2, 3)


NAMES = [f"{Path(story.file).stem}: {story.name}" for story in STORIES]


@pytest.mark.parametrize(
    ("story", "seed"), list(zip(STORIES, itertools.cycle(SEEDS), strict=False)), ids=NAMES
)
def test_story(story: Story, seed: int) -> None:
    assert not (wrong := play(story, seed)), "\n".join(wrong)


@pytest.mark.soak
@pytest.mark.parametrize("story", STORIES, ids=NAMES)
def test_story_with_any_seed(story: Story) -> None:
    wrong = {seed: words for seed in SEEDS if (words := play(story, seed))}
    assert not wrong, "\n".join(f"seed {seed}: {one}" for seed in wrong for one in wrong[seed])


def test_story_names_are_unique() -> None:
    names = Counter(story.name for story in STORIES)
    assert [name for name, times in names.items() if times > 1] == []


@pytest.mark.parametrize("about", ["customer", "entitlement", "case"])
def test_every_fact_is_expected_in_a_story_and_described(about: str) -> None:
    expected = {
        fact
        for story in STORIES
        for expectation in story.expectations
        if FACTS[expectation.subject.about] is FACTS[about]
        for fact in expectation.facts
    }
    (row,) = [line for line in README.splitlines() if line.startswith(f"| {about}")]
    assert expected == set(FACTS[about])
    assert set(re.findall("`([a-z ]+)`", row)) == set(FACTS[about])
