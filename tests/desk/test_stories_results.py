"""What playing a story answers: its steps, what moved, and what differs from what is expected."""

from datetime import date
from decimal import Decimal

import pytest

from entitlement_sim.desk import play, play_stories
from entitlement_sim.documents import DocumentError

STORY = """
- story: two calls
  rules: [T1, G1]
  certainty: documented
  today: 2027-02-03
  entitlements:
    Pack: {customer: A, start: 2027-01-01, end: 2027-12-31, total_terms: 1,
           decrease_on: creation, restrict: true, channels: {phone: 1}, state: active}
  steps:
    - create_case: {id: First, customer: A, origin: phone, entitlement: Pack}
      expect: {Pack: {remaining: 0}}
    - create_case: {id: Second, customer: A, origin: phone, entitlement: Pack}
      refused: InvalidEntitlementAssociationToCase
"""


def told(step: str, expect: str = "{}", refused: str = "") -> str:
    """Return the story with another last step."""
    head = STORY.split("    - create_case: {id: Second")[0]
    return head + f"    - {step}\n      expect: {expect}\n" + refused


def test_a_story_that_goes_as_told_passes() -> None:
    result = play(STORY)
    assert result.passed
    assert result.failure is None
    assert (result.name, result.rules, result.certainty) == (
        "two calls",
        ("T1", "G1"),
        "documented",
    )
    assert str(result) == "passed  two calls"


def test_steps_tell_what_moved_by_which_rule_and_what_is_left() -> None:
    given, first, second = play(STORY).steps
    assert (given.number, first.number, second.number) == (0, 1, 2)
    assert [(one.amount, str(one.rule), one.case) for one in first.entries] == [
        (-100, "T1", "First")
    ]
    assert str(second.refused).startswith("Second: No terms are available")
    assert [(one.amount, str(one.reason), str(one.rule)) for one in second.entries] == [
        (0, "refused", "G1")
    ]
    (left,) = second.standings
    assert (left.entitlement, left.state) == ("Pack", "active")
    assert (left.remaining, left.channels) == (Decimal(0), {"phone": Decimal(0)})


def test_a_wrong_expectation_fails_with_expected_and_actual() -> None:
    result = play(told("cancel: {entitlement: Pack}", "{Pack: {state: expired, remaining: 0}}"))
    assert not result.passed
    assert [str(one) for one in result.failure.differences] == [
        "Pack.state: expected expired, found cancelled"
    ]
    assert str(result).splitlines() == [
        "FAILED  two calls",
        "        <text>:12: step 2: cancel: {entitlement: Pack}",
        "          Pack.state: expected expired, found cancelled",
    ]


@pytest.mark.parametrize(
    ("expect", "difference"),
    [
        ("{Pack: {remaining: 0.01}}", "Pack.remaining: expected 0.01, found 0"),
        ("{Pack: {channels: {phone: 1}}}", "Pack.channels.phone: expected 1, found 0"),
        ("{Pack: {channels: {phone: null}}}", "Pack.channels.phone: expected null, found 0"),
        ("{Pack: {channels: {web: 0}}}", "Pack.channels.web: expected 0, found null"),
        ("{Pack: {channel_totals: {phone: 2}}}", "Pack.channel_totals.phone: expected 2, found 1"),
        ("{Pack: {end: 2027-12-30}}", "Pack.end: expected 2027-12-30, found 2027-12-31"),
        ("{Pack: {restrict: false}}", "Pack.restrict: expected false, found true"),
        ("{Pack: {products: [X]}}", "Pack.products: expected [X], found []"),
        ("{Pack: {sla: Gold}}", "Pack.sla: expected Gold, found null"),
        ("{Pack: {exists: false}}", "Pack.exists: expected false, found true"),
        ("{First: {status: 5}}", "First.status: expected 5, found 1"),
        ("{First: {entitlement: null}}", "First.entitlement: expected null, found Pack"),
        ("{First: {activities: {open: 1}}}", "First.activities.open: expected 1, found 0"),
        ("{Late: {state: active}}", "Late: expected a record, found none of that id"),
    ],
)
def test_each_field_is_held_exactly(expect: str, difference: str) -> None:
    late = "      refused: CloseActiveChildCaseFirst\n"
    head = told("cancel_case: {case: First}").split("    - cancel_case")[0]
    text = head + f"    - update_case: {{id: First, set: {{title: x}}}}\n      expect: {expect}\n"
    text += f"    - create_case: {{id: Late, customer: A}}\n{late}"
    failure = play(text).failure
    assert failure is not None
    assert [str(one) for one in failure.differences] == [difference]


def test_an_unexpected_refusal_fails() -> None:
    failure = play(told("activate: {entitlement: Pack}")).failure
    assert failure is not None
    assert [str(one) for one in failure.differences] == [
        "refused: expected nothing refused, found Pack: The entitlement is active already. "
        "(EntitlementAlreadyInactiveState, 0x80060615)"
    ]


def test_a_refusal_that_does_not_come_fails() -> None:
    failure = play(told("cancel: {entitlement: Pack}", "{}", "      refused: true\n")).failure
    assert failure is not None
    assert str(failure.differences[0]) == "refused: expected true, found nothing refused"


def test_another_refusal_than_expected_fails() -> None:
    refused = "      refused: InvalidEntitlementRenew\n"
    failure = play(told("activate: {entitlement: Pack}", "{}", refused)).failure
    assert failure is not None
    assert str(failure.differences[0]).startswith(
        "refused: expected InvalidEntitlementRenew, found"
    )


@pytest.mark.parametrize("name", ["true", "'0x80060615'", "0x80060615"])
def test_a_refusal_may_be_told_by_its_code_or_as_any(name: str) -> None:
    text = told("activate: {entitlement: Pack}", "{}", f"      refused: {name}\n")
    assert play(text).passed


def test_a_story_stops_at_its_first_failing_step() -> None:
    head = STORY.split("    - create_case: {id: Second")[0].replace("remaining: 0", "remaining: 1")
    assert [step.number for step in play(head + "    - cancel_case: {case: First}\n").steps] == [
        0,
        1,
    ]


def test_what_cannot_be_given_fails_before_the_first_step() -> None:
    result = play(STORY.replace("total_terms: 1", "total_terms: 1.5"))
    assert result.failure is not None
    assert result.failure.number == 0
    assert "given: entitlements: {Pack:" in str(result)
    assert "EntitlementTotalTerms" in str(result)


def test_an_action_on_a_record_that_never_came_about_fails_readably() -> None:
    steps = (
        "    - email_case: {id: Mail, from: B/Q}\n"
        "      expect: {Mail: {exists: false}}\n"
        "    - resolve_case: {case: Mail}\n"
    )
    head = STORY.split("    - create_case: {id: Second")[0]
    failure = play(head + steps).failure
    assert failure is not None
    assert str(failure.differences[0]) == (
        "resolve_case: expected an action that can be done, found there is no case 'Mail'"
    )


def test_a_story_can_be_told_as_data() -> None:
    result = play(
        {
            "story": "as data",
            "today": date(2027, 2, 3),
            "entitlements": {
                "E": {
                    "customer": "A",
                    "start": date(2027, 1, 1),
                    "end": date(2027, 12, 31),
                    "allocation": "hours",
                    "total_terms": Decimal("2.50"),
                    "state": "active",
                }
            },
            "cases": {"C": {"customer": "A", "entitlement": "E"}},
            "steps": [
                {
                    "resolve_case": {"case": "C", "billable_minutes": 30},
                    "expect": {"E": {"remaining": 2}},
                }
            ],
        }
    )
    assert result.passed, str(result)


def test_play_takes_one_story_and_play_stories_takes_many(tmp_path) -> None:
    file = tmp_path / "many.yaml"
    file.write_text(STORY + STORY.replace("two calls", "two more"), encoding="utf-8")
    assert [result.name for result in play_stories(file)] == ["two calls", "two more"]
    assert [result.passed for result in play_stories(str(file))] == [True, True]
    with pytest.raises(DocumentError, match="holds 2 stories; play_stories plays them all"):
        play(file)


def test_stories_are_quiet_about_the_default_unless_they_say_so() -> None:
    text = STORY.replace("state: active}", "state: active, default: true}")
    text = text.split("    - create_case: {id: First")[0]
    text += "    - create_case: {id: C, customer: A}\n      expect: {C: {entitlement: null}}\n"
    assert play(text).passed


def test_several_cases_in_one_step_come_about_together_or_not_at_all() -> None:
    text = STORY.split("    - create_case: {id: First")[0]
    text += (
        "    - create_case: {id: C, times: 2, customer: A, entitlement: Pack}\n"
        "      refused: true\n"
        "      expect: {C1: {exists: false}, C2: {exists: false}, Pack: {remaining: 1}}\n"
    )
    result = play(text)
    assert result.passed, str(result)
    assert result.steps[-1].entries == ()


def test_results_are_plain_data_for_json() -> None:
    told = play(STORY).to_dict()
    assert told["passed"] is True
    assert told["steps"][1]["ledger"] == [
        {
            "entitlement": "Pack",
            "amount": "-1.00",
            "balance": "0.00",
            "origin": "phone",
            "origin_amount": "-1.00",
            "origin_balance": "0.00",
            "reason": "consume",
            "rule": "T1",
            "case": "First",
        }
    ]
    assert told["steps"][2]["refused"]["name"] == "InvalidEntitlementAssociationToCase"
    assert told["steps"][2]["refused"]["code"] == "0x80060609"
    assert told["steps"][2]["balances"] == [
        {
            "entitlement": "Pack",
            "state": "active",
            "remaining": "0.00",
            "channels": {"phone": "0.00"},
        }
    ]
