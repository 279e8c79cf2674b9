"""What each other reading of the rules would move."""

from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from entitlement_sim import Audit, Run, Scenario, charts, read_exports, rule_impact, simulate
from entitlement_sim.audit.impact import RuleImpact
from entitlement_sim.rules.words import SWITCHES

#: Packs and hours that nobody renews, so that contracts are the same under every reading.
SCENARIO = """
scenario: readings
currency: EUR
calendar: { start: 2024-01-01, days: 300 }
templates:
  Pack: { total_terms: 3, decrease_on: creation, restrict: true, price: 90, channels: { phone: 2 } }
  Hours: { allocation: hours, total_terms: 5, price: 500 }
segments:
  packs:
    customers: 20
    holds: [{ template: Pack }]
    cases: { per_year: 6, shape: 1 }
    origins: { phone: 1, web: 1 }
    reopened: 0.3
  hours:
    customers: 15
    holds: [{ template: Hours }]
    cases: { per_year: 8 }
    reopened: 0.3
"""


@pytest.fixture(scope="module")
def run() -> Run:
    return simulate(Scenario.parse(SCENARIO), seed=3)


@pytest.fixture(scope="module")
def impact(run: Run) -> RuleImpact:
    return rule_impact(run)


@pytest.mark.parametrize("switch", ["gate_literal_below_zero", "exclude_billed_minutes"])
def test_what_moves_in_a_simulation_is_what_a_run_under_the_switch_has(
    run: Run, impact: RuleImpact, switch: str
) -> None:
    left = (
        "SELECT entitlement_id, '' AS channel, remaining_terms AS rest FROM entitlements "
        "UNION ALL SELECT entitlement_id, origin::VARCHAR, remaining_terms FROM balances "
        "WHERE origin IS NOT NULL"
    )
    with simulate(Scenario.parse(SCENARIO, overrides=[f"rules.{switch}=true"]), seed=3) as other:
        rests = [one.sql(left) for one in (run, other)]
    both = rests[0].merge(rests[1], on=["entitlement_id", "channel"], suffixes=("", "_other"))
    moved = both[both["rest"] != both["rest_other"]]
    said = impact.balances(switch).set_index(["entitlement_id", "channel"])
    assert len(said) == len(moved) > 3
    for row in moved.itertuples():
        own = said.loc[(row.entitlement_id, row.channel)]
        assert (float(own["before"]), float(own["after"])) == (row.rest, row.rest_other)
        assert own["amount"] == own["after"] - own["before"]


def test_terms_are_worth_the_price_of_their_contract_for_each(impact: RuleImpact) -> None:
    said = impact.balances("gate_literal_below_zero")
    whole = said[said["channel"] == ""]
    assert set(whole["amount"]) == {Decimal("-1.00")}
    assert set(whole["worth"]) == {Decimal("-30.00")}
    assert said["worth"][said["channel"] != ""].isna().all()
    row = impact.frame().set_index("switch").loc["gate_literal_below_zero"]
    assert (row["less_cases"], row["worth_less"]) == (len(whole), 30 * len(whole))
    assert (row["more_cases"], row["worth_more"], row["gone"], row["new"]) == (0, 0, 0, 0)


def test_every_switch_is_turned_or_it_is_said_why_not(impact: RuleImpact) -> None:
    assert sorted([*impact.switches, *impact.unplayed]) == sorted(SWITCHES)
    assert all(impact.unplayed.values())


def test_the_answer_says_what_moves_and_what_does_not(impact: RuleImpact) -> None:
    text = str(impact)
    assert "with the same draws; what customers do follows." in text
    assert "No balance rests on" in text
    assert "resolved_cases_locked" in text


def test_a_switch_that_is_none_is_told(impact: RuleImpact) -> None:
    with pytest.raises(ValueError, match=r"unknown switch 'gate_literal'"):
        impact.balances("gate_literal")


def test_a_book_moves_by_as_many_balances_as_its_audit_says(tmp_path: Path, run: Run) -> None:
    run.export(tmp_path / "export", form="csv")
    with read_exports(tmp_path / "export") as book:
        impact = rule_impact(book)
        audited = Audit(book).switches().set_index("switch")["moved"]
        said = impact.frame().set_index("switch")["moved"]
        shared = [switch for switch in said.index if switch in audited.index]
        assert len(shared) > 8
        pd.testing.assert_series_equal(
            said[shared].astype("int64"), audited[shared].astype("int64"), check_names=False
        )
        assert sorted([*impact.switches, *impact.unplayed]) == sorted(SWITCHES)
        assert "billed minutes are played as they are recorded" in str(impact)


def test_where_nobody_is_nothing_moves() -> None:
    nobody = ["segments.packs.customers=0", "segments.hours.customers=0"]
    with simulate(Scenario.parse(SCENARIO, overrides=nobody)) as empty:
        assert set(rule_impact(empty).frame()["moved"]) == {0}


def test_switches_stand_in_the_order_of_their_questions(impact: RuleImpact) -> None:
    numbers = [int(question[1:]) for question in impact.frame()["question"]]
    assert numbers == sorted(numbers)
    assert {2, 24} < set(numbers)


def test_what_moves_is_drawn_by_the_answer_itself(impact: RuleImpact) -> None:
    moved = impact.frame()["moved"]
    text = charts.alt_text(impact.chart())
    assert f"{(moved > 0).sum()} of {len(moved)} switches move a balance" in text
