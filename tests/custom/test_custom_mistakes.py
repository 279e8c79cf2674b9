"""What is wrong with a story of habits is said by file, line and path, everything at once."""

from pathlib import Path
from typing import NamedTuple

import pytest
from playing import play
from story_files import read_stories

from entitlement_sim import DocumentError

SOUND = """\
base:
  calendar: {start: 2025-01-01, days: 40}
  templates: {Pack: {total_terms: 10, term: {days: 30}}}
  segments: {all: {customers: 2, cases: {per_year: 0}, holds: [{template: Pack}]}}
stories:
  - story: a pack ends after a month
    because: it is thirty days long
    scenario: {segments: {all: {renewal: {inclination: {constant: 0}}}}}
    expect:
      2025-01-31:
        entitlement 1: {state: expired, ends: 2025-01-30}
"""


class Mistake(NamedTuple):
    """A sound story with one text put in the place of another.

    Attributes
    ----------
    of, by : str
    line : int
        Where the mistake stands.
    says : str
        Path and message.
    """

    of: str
    by: str
    line: int
    says: str


EXPECTED = "      2025-01-31:\n        entitlement 1: {state: expired, ends: 2025-01-30}\n"
EXPECT = "stories[0].expect.2025-01-31"
MISTAKES = {
    "no because": Mistake(
        "    because: it is thirty days long\n", "", 6, "stories[0]: needs because"
    ),
    "an unknown key of a story": Mistake(
        "because:", "reason: x\n    because:", 7,
        "stories[0].reason: unknown key 'reason'; known: story, because, scenario, changes, expect",
    ),
    "a story that expects nothing": Mistake(
        f"    expect:\n{EXPECTED}", "    expect: {}\n", 9,
        "stories[0].expect: must be a mapping from days to what is expected",
    ),
    "a sentence that is none": Mistake(
        "a pack ends after a month", "[]", 6, "stories[0].story: must be a sentence"
    ),
    "an unknown key of the scenario": Mistake(
        "inclination: {constant: 0}", "inclinations: {constant: 0}", 8,
        "stories[0].scenario.segments.all.renewal.inclinations: unknown key 'inclinations'; "
        "did you mean 'inclination'?",
    ),
    "a wrong value of the base": Mistake(
        "customers: 2", "customers: -2", 4,
        "base.segments.all.customers: must be at least 0, not -2",
    ),
    "something that the base lacks": Mistake(
        "customers: 2, ", "", 8,
        "stories[0].scenario.segments.all: 'customers' is missing: how many customers",
    ),
    "a day outside of the run": Mistake(
        "2025-01-31:", "2025-03-01:", 10,
        "stories[0].expect.2025-03-01: lies outside of the run, which goes from 2025-01-01 to "
        "2025-02-09",
    ),
    "a day that is none": Mistake(
        "2025-01-31:", "in spring:", 10,
        "stories[0].expect.in spring: must be a day like 2025-01-01, or 'at the end'",
    ),
    "nothing expected of a day": Mistake(
        EXPECTED, "      2025-01-31:\n", 10, f"{EXPECT}: must be a mapping from subjects to facts",
    ),
    "nothing expected of a subject": Mistake(
        "{state: expired, ends: 2025-01-30}", "expired", 11,
        f"{EXPECT}.entitlement 1: must be a mapping from facts to their values",
    ),
    "an unknown subject": Mistake(
        "entitlement 1", "entitlment 1", 11,
        f"{EXPECT}.entitlment 1: unknown subject 'entitlment'; did you mean 'entitlement'?",
    ),
    "a subject that names none": Mistake(
        "entitlement 1", "entitlement", 11,
        f"{EXPECT}.entitlement: must be like 'entitlement 2', 'every renewal' or "
        "'some case from 2025-03-01 17:30'",
    ),
    "a time that is none": Mistake(
        "entitlement 1", "every entitlement from 2025-02-30", 11,
        f"{EXPECT}.every entitlement from 2025-02-30: '2025-02-30' cannot be understood: "
        "day is out of range for month",
    ),
    "an unknown fact": Mistake(
        "ends:", "end:", 11, f"{EXPECT}.entitlement 1.end: unknown fact 'end'; did you mean 'ends'?"
    ),
    "a fact that is no day": Mistake(
        "ends: 2025-01-30", "ends: soon", 11,
        f"{EXPECT}.entitlement 1.ends: must be a day like 2025-07-01, or none",
    ),
    "a fact that is no number": Mistake(
        "state: expired", "total: true", 11,
        f"{EXPECT}.entitlement 1.total: must be a number, or none",
    ),
}  # fmt: skip


def write(folder: Path, text: str) -> Path:
    file = folder / "story.yaml"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_where_it_stands(mistake: str, tmp_path: Path) -> None:
    of, by, line, says = MISTAKES[mistake]
    assert SOUND.count(of) == 1
    file = write(tmp_path, SOUND.replace(of, by))
    with pytest.raises(DocumentError) as caught:
        read_stories(file)
    (problem,) = caught.value.problems
    assert (problem.position.line, f"{problem.path}: {problem.message}") == (line, says)
    assert str(problem).startswith(f"{file}:{line}:")


def test_all_mistakes_are_said_at_once(tmp_path: Path) -> None:
    text = SOUND.replace("ends:", "end:").replace("state: expired", "total: much")
    with pytest.raises(DocumentError) as caught:
        read_stories(write(tmp_path, text))
    assert [problem.path for problem in caught.value.problems] == [
        f"{EXPECT}.entitlement 1.total",
        f"{EXPECT}.entitlement 1.end",
    ]


def played(folder: Path, facts: str) -> list[str]:
    file = write(folder, SOUND.replace("entitlement 1: {state: expired, ends: 2025-01-30}", facts))
    (story,) = read_stories(file)
    return [words.removeprefix(f"{file}:") for words in play(story)]


def test_what_is_as_expected_is_not_spoken_of(tmp_path: Path) -> None:
    assert played(tmp_path, "entitlement 1: {state: expired, ends: 2025-01-30}") == []


def test_a_wrong_fact_is_named_with_its_line_day_and_value(tmp_path: Path) -> None:
    assert played(tmp_path, "entitlement 2: {ends: 2025-01-31, left: 10, ended by: none}") == [
        "11: in the evening of 2025-01-31, entitlement 2: ends is 2025-01-30, not 2025-01-31",
        "11: in the evening of 2025-01-31, entitlement 2: ended by is expiry, not none",
    ]


def test_every_names_the_first_that_is_wrong(tmp_path: Path) -> None:
    assert played(tmp_path, "every customer: {default: 1}") == [
        "11: in the evening of 2025-01-31, customer 2: default is 2, not 1"
    ]


def test_every_needs_one_at_least(tmp_path: Path) -> None:
    assert played(tmp_path, "every renewal: {total: 10}") == [
        "11: in the evening of 2025-01-31, every renewal: there is none"
    ]


def test_some_needs_one_that_is_right(tmp_path: Path) -> None:
    assert played(tmp_path, "some customer: {default: 2}") == []
    assert played(tmp_path, "some customer: {default: 3}") == [
        "11: in the evening of 2025-01-31, some customer: there are 2, but none with {'default': 3}"
    ]


def test_no_may_have_none_that_is_like_that(tmp_path: Path) -> None:
    assert played(tmp_path, "no renewal: {total: 10}") == []
    assert played(tmp_path, "no customer: {default: 2}") == [
        "11: in the evening of 2025-01-31, no customer: customer 2 has {'default': 2}"
    ]


def test_from_and_before_choose_by_the_time_of_the_beginning(tmp_path: Path) -> None:
    begun = "2025-01-01"
    assert played(tmp_path, f"every sale from {begun} before {begun} 00:01: {{left: 10}}") == []
    assert played(tmp_path, f"no sale before {begun}: {{left: 10}}") == []
    assert played(tmp_path, f"no sale from {begun} 00:01: {{left: 10}}") == []


def test_several_things_can_be_expected_of_one_subject(tmp_path: Path) -> None:
    assert played(tmp_path, "some customer: [{default: 1}, {default: 2}, {default: 3}]") == [
        "11: in the evening of 2025-01-31, some customer: there are 2, but none with {'default': 3}"
    ]
