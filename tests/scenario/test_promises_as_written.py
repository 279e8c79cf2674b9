"""What a service level promises, as a person writes it: taken, or named with what was meant."""

import pytest

from entitlement_sim.documents import DocumentError
from entitlement_sim.scenario import Scenario
from entitlement_sim.scenario.models import Sla

#: What is tried stands in line 4.
WRITTEN = """\
scenario: trial
calendar: { start: 2026-01-01, days: 90 }
slas:
  gold: { resolve_hours: 8, SAID }
templates:
  Pack: { total_terms: 5, sla: gold }
segments:
  all:
    customers: 10
    severities: { 1: 1, 2: 4, 4: 0 }
    cases: { per_year: 8 }
    holds: [{ template: Pack }]
"""


def level(said: str, *overrides: str) -> Sla:
    text = WRITTEN.replace("SAID", said)
    return Scenario.parse(text, "trial.yaml", overrides).model.slas["gold"]


@pytest.mark.parametrize(
    ("said", "severity", "hours"),
    [
        ("first_response_hours: 2", 1, (2, 8)),
        ("severity: { 1: { resolve_hours: 4 } }", 1, (None, 4)),
        ("severity: { 1: { resolve_hours: 4 } }", 2, (None, 8)),
        ("severity: { 1: { resolve_hours: 4 } }", None, (None, 8)),
        ("severity: { 1: { first_response_hours: 1 } }", 1, (1, 8)),
        (
            "first_response_hours: 2, severity: "
            "{ 2: { first_response_hours: 1, resolve_hours: 24 } }",
            2,
            (1, 24),
        ),
    ],
)
def test_what_a_severity_does_not_say_is_the_levels(
    said: str, severity: int | None, hours: tuple[float | None, float]
) -> None:
    assert level(said).hours_for(severity) == hours


@pytest.mark.parametrize(
    ("said", "promises"),
    [
        ("clock: always", False),
        ("first_response_hours: 1", True),
        ("severity: { 1: { resolve_hours: 4 } }", False),
        ("severity: { 1: { first_response_hours: 4 } }", True),
    ],
)
def test_a_first_response_is_promised_where_any_severity_has_one(said: str, promises: bool) -> None:
    assert level(said).promises_response is promises


def test_severities_are_one_scenario_in_any_order() -> None:
    first, second = "1: { resolve_hours: 4 }", "2: { resolve_hours: 6 }"
    written = [
        WRITTEN.replace("SAID", f"severity: {{ {both} }}")
        for both in (f"{first}, {second}", f"{second}, {first}")
    ]
    assert len({Scenario.parse(text, "trial.yaml").hash for text in written}) == 1


def test_hours_of_a_severity_are_set_from_outside() -> None:
    changed = level("clock: always", "slas.gold.severity={1: {resolve_hours: 4}}")
    assert changed.hours_for(1) == (None, 4)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (
            "severity: { 3: { resolve_hours: 4 } }",
            "4:41: slas.gold.severity[3]: no case has severity 3; write 'severities' in a segment, "
            "such as { 3: 1 }",
        ),
        (
            "severity: { 4: { resolve_hours: 4 } }",
            "4:41: slas.gold.severity[4]: no case has severity 4; write 'severities' in a segment, "
            "such as { 4: 1 }",
        ),
        (
            "severity: { 1: {} }",
            "4:44: slas.gold.severity[1]: says nothing; write first_response_hours, resolve_hours "
            "or both",
        ),
        (
            "severity: { 1: 4 }",
            "4:44: slas.gold.severity[1]: must be a mapping (lines of 'key: value'), not the "
            "number 4; for hours until the resolution write { resolve_hours: 4 }",
        ),
        (
            "severity: 4",
            "4:39: slas.gold.severity: must be a mapping (lines of 'key: value'), not the number "
            "4; write { 1: { resolve_hours: 4 } }",
        ),
        (
            "severity: { 1: { response_hours: 1 } }",
            "4:46: slas.gold.severity[1].response_hours: unknown key 'response_hours'; did you "
            "mean 'first_response_hours'?",
        ),
        ("clock: 24/7", "4:36: slas.gold.clock: unknown word '24/7'; did you mean 'always'?"),
        (
            "clock: business",
            "4:36: slas.gold.clock: unknown word 'business'; did you mean 'working'?",
        ),
    ],
)
def test_a_promise_that_does_not_go_says_how_it_would(said: str, message: str) -> None:
    with pytest.raises(DocumentError) as error:
        level(said)
    assert f"trial.yaml:{message}" in str(error.value)
