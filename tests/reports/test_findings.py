"""What stands out in a run, in whole sentences."""

from dataclasses import replace

import pytest
from hand_made import HandMade

from entitlement_sim import Scenario, simulate
from entitlement_sim.inference import Change, Estimate
from entitlement_sim.reports.findings import (
    ASKED,
    Finding,
    change_in_words,
    findings,
    unit_of_limits,
)
from entitlement_sim.store.views import expanded

MOVED = Estimate(0.031, 0.004, 0.058, 0.01, 120, 2, 0.95, "linearised", 400, "difference of shares")


def told(moved: Estimate) -> str:
    return change_in_words(Change(moved, moved, moved, moved, 1.0), "the year before")


def test_a_change_is_claimed_where_its_limits_exclude_none() -> None:
    assert told(MOVED) == (
        "At the same mix that is 3.1 points more than in the year before (+0.4 to +5.8)."
    )
    assert told(replace(MOVED, value=-0.031, low=-0.058, high=-0.004)) == (
        "At the same mix that is 3.1 points less than in the year before (-5.8 to -0.4)."
    )


@pytest.mark.parametrize("low", [0.0, -0.012])
def test_no_change_is_claimed_where_they_do_not(low: float) -> None:
    text = told(replace(MOVED, low=low))
    assert text.startswith("Against the year before, at the same mix, no change can be told (")


def test_nothing_comparable_is_said_to_be_so() -> None:
    nan = float("nan")
    assert told(replace(MOVED, value=nan, low=nan, high=nan)) == (
        "There is nothing comparable in the year before."
    )


def test_a_finding_says_its_number_and_what_to_do() -> None:
    assert str(Finding("90% renew", "Of 10.", "call them.")) == (
        "**90% renew.** Of 10. *What to do:* call them."
    )


def test_nothing_stands_out_where_nobody_came() -> None:
    nobody = {"segments.offices.customers": 2, "segments.offices.cases.per_year": 0}
    scenario = Scenario.load("incident-based").with_(nobody | {"calendar.days": 20})
    with simulate(scenario, threads=1) as run:
        titles = [finding.title for finding in findings(run, 1)]
        assert titles == []
        assert unit_of_limits(run).startswith(
            "In brackets: 95% limits if customers were drawn anew within their segments"
        )


def test_cases_that_asked_are_those_of_the_view() -> None:
    few = {"segments.offices.customers": 40, "calendar.days": 365}
    with simulate(Scenario.load("incident-based").with_(few), threads=1) as run:
        asked = run.sql("""
            SELECT sum(used_up)::INT AS used_up, sum(asked_what_is_sold)::INT AS asked
            FROM blocked_demand WHERE restrict
        """).iloc[0]
        text = "\n".join(map(str, findings(run)))
    assert f"Of the {asked['asked']:,} cases of the last 365 days that asked" in text
    assert f"{asked['used_up'] / asked['asked']:.1%} (" in text
    assert "The run has no whole year before that one." in text


def test_all_cases_that_asked_add_up_to_those_of_the_view_where_several_contracts_are_tried() -> (
    None
):
    few = {f"segments.{name}.customers": 60 for name in ("small", "midsize", "enterprise")}
    with simulate(Scenario.load("demo").with_(few), seed=2, threads=1) as run:
        asked = run.sql(expanded(ASKED))
        view = run.sql("SELECT sum(used_up) AS used_up, sum(asked_what_is_sold) AS asked "
                       "FROM blocked_demand WHERE restrict").iloc[0]  # fmt: skip
    assert (asked["is_used_up"].sum(), len(asked)) == (view["used_up"], view["asked"])
    assert 0 < asked["is_used_up"].sum() < len(asked)


def used_early(hand: HandMade) -> list[Finding]:
    """What is found of terms that were used early, which stands last."""
    with hand.run() as run:
        return [found for found in findings(run) if "at the close of" in found.text.lower()]


def test_contracts_with_nothing_left_and_those_ahead_of_time_are_facts_of_the_last_day() -> None:
    hand = HandMade(days=30)  # 30 of 100 days are over
    hand.moves(hand.holds(0, 99, customer=1), 5, -10)
    hand.moves(hand.holds(0, 109, customer=2), 5, -10)
    hand.uses(hand.holds(0, 99, customer=3, price=300), 1, 2, 3, 4, 5)  # 20 points ahead
    hand.uses(hand.holds(0, 99, customer=4, price=300), 1, 2, 3, 4)  # 10 points ahead
    hand.moves(hand.holds(0, 99, customer=5, restrict=False), 5, -12)  # refuses nothing
    hand.moves(hand.holds(0, 99, customer=6, price=0), 5, -10)  # nobody paid for it
    [found] = used_early(hand)
    assert str(found) == (
        "**2 entitlements have nothing left.** At the close of 30 Jan 2024, of 4 paid entitlements "
        "in force that refuse what goes beyond the terms, 2 had nothing left, half of them with 75 "
        "days or more to go, and 1 with some left was 20 points or more ahead of time, such as 50% "
        "of the terms used after 30% of the term. Together that is 1,792 a year, 62.1% of what all "
        "of them cost a year. *What to do:* offer a larger one, or more terms, to the 3 customers "
        "behind these, first to the 3 with *pack*; `entitlement-sim forecast RUN --until DATE` "
        "says who else will run dry, when and why."
    )


def test_one_contract_with_nothing_left_is_told_alone() -> None:
    hand = HandMade(days=30)
    hand.moves(hand.holds(0, 99), 5, -10)
    [found] = used_early(hand)
    assert found.title == "1 entitlement has nothing left"
    assert found.text.startswith(
        "At the close of 30 Jan 2024, of 1 paid entitlement in force that refuses what goes beyond "
        "the terms, 1 had nothing left, with 70 days to go, and no other was far ahead of time."
    )


def test_contracts_ahead_of_time_are_told_where_none_is_used_up() -> None:
    hand = HandMade(days=30)
    hand.uses(hand.holds(0, 99), 1, 2, 3, 4, 5)
    [found] = used_early(hand)
    assert found.title == "1 entitlement has used terms early"
    assert "none had used all of its terms, and 1 with some left was 20 points" in found.text


def test_terms_that_are_used_as_time_passes_are_no_finding() -> None:
    hand = HandMade(days=30)
    hand.uses(hand.holds(0, 99), 1, 2, 3, 4)
    assert used_early(hand) == []


def test_what_ends_today_has_no_time_to_go() -> None:
    hand = HandMade(days=100)
    hand.moves(hand.holds(0, 99), 5, -10)
    assert used_early(hand) == []
