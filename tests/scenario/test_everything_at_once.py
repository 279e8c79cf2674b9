"""A value that cannot even be read does not hide what else is wrong."""

import pytest

from entitlement_sim import DocumentError, Scenario
from entitlement_sim.desk.story_files import read_stories


def places(error: DocumentError) -> list[tuple[int, str]]:
    return [(problem.position.line, problem.path) for problem in error.problems]


def test_a_scenario_with_an_impossible_date_tells_its_unknown_key_too() -> None:
    text = (
        "scenario: x\n"
        "calendar: {start: 2025-02-30, days: 10}\n"
        "templates: {Pack: {total_term: 5}}\n"
        "segments: {all: {customers: 1, cases: {per_year: 1}, customers: 2}}\n"
    )
    with pytest.raises(DocumentError) as caught:
        Scenario.parse(text)
    assert places(caught.value) == [
        (2, "calendar.start"),
        (3, "templates.Pack.total_term"),
        (4, "segments.all.customers"),
    ]


def test_a_story_with_an_impossible_date_tells_its_unknown_key_too() -> None:
    text = (
        "- story: a\n"
        "  today: 2025-02-30\n"
        "  entitlements:\n"
        "    E1: {custmer: A}\n"
        "  steps: [{activat: {entitlement: E1}}]\n"
    )
    with pytest.raises(DocumentError) as caught:
        read_stories(text)
    assert [line for line, _ in places(caught.value)] == [2, 4, 5]
