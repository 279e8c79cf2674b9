"""Money of a comparison: the margin, what it hangs on, and what is not known."""

from pathlib import Path

import pytest

from entitlement_sim import (
    DocumentError,
    Run,
    RunError,
    Scenario,
    compare,
    open_run,
    replicate,
    simulate,
)
from entitlement_sim.comparison.answer import Comparison

TEXT = """
scenario: shop
currency: EUR
calendar: { start: 2025-01-01, days: 200 }
templates:
  Pack:
    { total_terms: 4, price: 500, decrease_on: creation, restrict: true, term: { months: 12 } }
segments:
  all:
    customers: 40
    cases: { per_year: 12, shape: 1 }
    turned_away: 0.5
    holds: [{ template: Pack }]
    renewal: { inclination: { constant: 0.8 } }
"""
MONEY = {"money": {"hour_costs": 60, "case_costs": {"phone": 9}, "uncovered": {"case": 20}}}
SMALLER = {"templates.Pack.total_terms": 2}


@pytest.fixture(scope="module")
def priced() -> Scenario:
    return Scenario.parse(TEXT, "shop.yaml").with_(MONEY)


@pytest.fixture(scope="module")
def run(priced: Scenario) -> Run:
    with simulate(priced) as simulated:
        yield simulated


def test_a_margin_is_compared_customer_by_customer(run: Run) -> None:
    with compare(run, SMALLER) as answer:
        row = answer.metrics().set_index("metric").loc["margin"]
        exact = [
            side.connection.sql("SELECT sum(margin)::DOUBLE FROM margin_by_customer").fetchall()
            for side in answer.runs
        ]
    assert [[(row["first"],)], [(row["second"],)]] == exact
    assert row["low"] < row["difference"] < row["high"]
    assert row["gain"] > 1


def test_what_has_no_money_says_so_and_compares_no_margin() -> None:
    with compare(Scenario.parse(TEXT, "shop.yaml"), SMALLER) as answer:
        metrics = set(answer.metrics()["metric"])
        verdict = answer.verdict()
    assert {"bookings", "revenue"} <= metrics
    assert not {"margin", "cost_to_serve", "uncovered_revenue"} & metrics
    assert "What support costs is not known of shop and Pack.total_terms=2" in verdict


def test_a_margin_is_not_held_against_one_that_is_not_known(priced: Scenario) -> None:
    with compare(priced, Scenario.parse(TEXT, "shop.yaml"), names=["a", "b"]) as answer:
        assert "margin" not in set(answer.metrics()["metric"])
        assert "What support costs is not known of b" in answer.verdict()


def test_a_higher_margin_says_how_many_may_leave(run: Run) -> None:
    with compare(run, SMALLER) as answer:
        verdict = answer.verdict()
        rows = answer.metrics().set_index("metric").loc["margin"]
        [(stay, each)] = (
            answer.runs[1]
            .connection.sql(
                "SELECT count(*), avg(margin) FROM margin_by_customer WHERE customer_id IN (SELECT "
                "customer_id FROM entitlements WHERE state = 'active' AND price > 0)"
            )
            .fetchall()
        )
    share = rows["difference"] / float(each) / stay
    assert rows["low"] > 0
    assert f"{share:.1%} of the {stay} who stay" in verdict
    assert "Break-even leaving: the gain in margin is gone once" in verdict
    assert "Break-even share" not in verdict


def test_money_alone_is_a_difference(run: Run) -> None:
    with compare(run, {"money.hour_costs": 90}) as answer:
        moved = answer.metrics().set_index("metric")["difference"]
    assert moved["cost_to_serve"] > 0 > moved["margin"]
    assert moved["cases"] == 0


def test_runs_are_reckoned_with_other_money_and_then_with_their_own_again(run: Run) -> None:
    query = "SELECT sum(cost_to_serve)::DOUBLE AS cost FROM margin_by_month"
    own = run.sql(query)["cost"].item()
    with compare(run, SMALLER, money={"hour_costs": 120, "case_costs.phone": 18}) as answer:
        row = answer.metrics().set_index("metric").loc["cost_to_serve"]
    assert row["first"] == pytest.approx(2 * own, abs=0.2)
    assert run.sql(query)["cost"].item() == own


def test_money_given_anew_is_checked_as_that_of_a_scenario(run: Run) -> None:
    with pytest.raises(DocumentError, match="unknown key 'hour_cost'"):
        run.reprice({"hour_cost": 60})
    with pytest.raises(RunError, match="other money alone"):
        run.reprice(["calendar.days=10"])
    with pytest.raises(DocumentError, match="a run has one currency"):
        run.reprice({"currency": "USD"})


def test_a_run_without_money_is_given_some() -> None:
    with simulate(Scenario.parse(TEXT, "shop.yaml")) as bare:
        assert bare.sql("SELECT margin FROM margin_by_month")["margin"].isna().all()
        bare.reprice({"hour_costs": 60})
        assert bare.sql("SELECT margin FROM margin_by_month")["margin"].notna().all()
        bare.reprice()
        assert bare.sql("SELECT margin FROM margin_by_month")["margin"].isna().all()


def test_a_sealed_run_is_repriced_too(priced: Scenario, tmp_path: Path) -> None:
    simulate(priced, out=tmp_path, name="stored").close()
    query = "SELECT sum(work_cost)::DOUBLE AS cost FROM cost_to_serve"
    with open_run(tmp_path / "stored", sealed=True) as stored:
        own = stored.sql(query)["cost"].item()
        stored.reprice({"hour_costs": 120})
        assert stored.sql(query)["cost"].item() == pytest.approx(2 * own, abs=0.2)


def left_out(answer: Comparison) -> str:
    [said] = [text for text in answer.sentences() if text.startswith("Left out")]
    return said


def test_replications_have_revenue_and_margin_where_both_are_on_a_straight_line(
    priced: Scenario,
) -> None:
    with compare(priced, SMALLER, replications=2) as answer:
        rows = answer.metrics().set_index("metric")
        assert set(rows.loc[["revenue", "margin", "hours_worked"], "method"]) == {"replications"}
        assert "and 4 more" in left_out(answer)


def test_replications_leave_out_revenue_and_margin_by_use_which_need_whole_runs(
    priced: Scenario,
) -> None:
    by_use = priced.with_({"money.margin_method": "proportional"})
    with compare(by_use, SMALLER, replications=2) as answer:
        assert not {"revenue", "margin"} & set(answer.metrics()["metric"])
        assert "and 6 more" in left_out(answer)


def test_replications_of_what_was_simulated_just_now_are_those_of_all_numbers(
    priced: Scenario,
) -> None:
    with compare(priced, SMALLER, replications=2) as answer:
        margin = answer.metrics().set_index("metric").loc["margin"]
    frame = replicate(priced, 2, alternatives={"two": SMALLER}, metrics=["margin"])
    means = frame.groupby("offering")["margin"].mean()
    assert margin["first"] == pytest.approx(means["base"], abs=1e-6)
    assert margin["second"] == pytest.approx(means["two"], abs=1e-6)
