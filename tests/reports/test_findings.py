"""What stands out in a run, in whole sentences."""

from dataclasses import replace

import pytest

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
