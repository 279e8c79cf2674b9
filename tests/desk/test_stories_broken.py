"""What is wrong with a story is said by file, line and column, everything at once."""

from pathlib import Path

import pytest
from broken_stories import BROKEN, HEAD, Broken

from entitlement_sim.desk.story_files import read_stories
from entitlement_sim.documents import DocumentError


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.mistake)
def test_a_mistake_is_named_where_it_stands(broken: Broken, tmp_path: Path) -> None:
    file = tmp_path / "story.yaml"
    file.write_text(broken.text, encoding="utf-8")
    with pytest.raises(DocumentError) as caught:
        read_stories(file)
    (problem,) = caught.value.problems
    assert (problem.position, problem.path) == ((broken.line, broken.column), broken.path)
    assert broken.says in problem.message
    assert str(problem).startswith(f"{file}:{broken.line}:{broken.column}: ")


def test_the_head_of_the_broken_stories_is_sound() -> None:
    assert len(read_stories(HEAD + "    []\n")) == 1


def test_all_mistakes_are_said_at_once_and_in_order() -> None:
    text = HEAD.replace("customer: A, start", "custommer: A, start") + (
        "    - advance_to: yesterday\n    - cancel: {entitlement: E2}\n      refused: Nope\n"
    )
    with pytest.raises(DocumentError) as caught:
        read_stories(text)
    lines = [problem.position.line for problem in caught.value.problems]
    assert lines == [4, 8, 9, 10]


def test_a_missing_file_is_named() -> None:
    with pytest.raises(DocumentError, match=r"nowhere\.yaml:1:1: there is no such file"):
        read_stories("nowhere.yaml")


def test_a_story_given_as_data_names_the_path() -> None:
    with pytest.raises(DocumentError, match=r"<story>:1:1: steps\[0\]\.activate\.entitlement: "):
        read_stories(
            {"story": "a", "today": "2027-02-03", "steps": [{"activate": {"entitlement": "E1"}}]}
        )
