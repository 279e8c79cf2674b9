"""What the rules' page says is what the rules say, and a story stands behind what it adds."""

from pathlib import Path

import pytest
from rule_page import PAGE, page

from entitlement_sim.desk.story_files import read_stories
from entitlement_sim.rules.rulebook import SILENT, Silence

STORIES = {
    f"{file.stem}: {story.name}"
    for file in (Path(__file__).parents[1] / "stories").glob("*.yaml")
    for story in read_stories(file)
}


def test_the_page_of_the_rules_is_renewed_with_them() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


@pytest.mark.parametrize("silence", SILENT, ids=lambda silence: silence.shown_by)
def test_what_is_done_where_sources_are_silent_is_shown_by_a_story(silence: Silence) -> None:
    assert silence.shown_by in STORIES
    assert silence.sentence.endswith(".")
