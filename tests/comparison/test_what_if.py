"""Alternatives by name, held against one scenario."""

from collections.abc import Iterator

import pytest

from entitlement_sim import RunError, Scenario, simulate, what_if
from entitlement_sim.comparison.answer import Comparison
from entitlement_sim.scenario.pricing import unanswered_prices

BASE = """
scenario: two-kinds
seed: 3
currency: EUR
calendar: { start: 2024-01-01, days: 730 }
templates:
  "Pack, 10":
    allocation: cases
    total_terms: 10
    decrease_on: creation
    restrict: true
    term: { months: 12 }
    price: 1500
  Blank: { allocation: cases, term: { months: 12 } }
segments:
  callers:
    customers: 60
    holds: [{ template: "Pack, 10" }]
    cases: { per_year: 12, shape: 0.6 }
    turned_away: 0.5
    renewal: { inclination: { constant: 0.8 } }
  quiet:
    customers: 40
    holds: [{ template: "Pack, 10" }]
    cases: { per_year: 1 }
    renewal: { inclination: { constant: 0.8 } }
"""
PACK = 'templates."Pack, 10"'
EIGHT = {f"{PACK}.total_terms": 8, f"{PACK}.price": 1260}
OPEN = {f"{PACK}.restrict": False}


@pytest.fixture(scope="module")
def base() -> Scenario:
    return Scenario.parse(BASE)


@pytest.fixture(scope="module")
def answer(base: Scenario) -> Iterator[Comparison]:
    """A smaller and cheaper pack, and one that refuses nobody."""
    with what_if(base, {"eight, cheaper": EIGHT, "open": OPEN}, replications=4) as asked:
        yield asked


def test_alternatives_stand_under_their_names_with_limits_that_hold_together(
    answer: Comparison,
) -> None:
    assert answer.names == ["two-kinds", "eight, cheaper", "open"]
    assert answer.confidence_of_each == pytest.approx(0.975)
    assert "each is of 97.5%, for 2 alternatives (Bonferroni)" in answer.verdict()


def test_sums_are_over_replications_and_what_needs_rows_is_of_the_first(
    answer: Comparison,
) -> None:
    rows = answer.metrics()
    eight = rows[rows["run"] == "eight, cheaper"].set_index("metric")
    assert eight.loc["bookings", "method"] == "replications"
    assert eight.loc["revenue", "method"] != "replications"
    assert "is of the first replication alone, with limits over its 100 customers." in (
        answer.verdict()
    )


def test_metrics_keep_their_order(answer: Comparison, base: Scenario) -> None:
    with what_if(base, {"open": OPEN}, replications=2, metrics=["revenue", "cases", "covered"]) as (
        few
    ):
        assert few.metrics()["metric"].tolist() == ["covered", "revenue", "cases"]
        by_segment = few.by("segment")
    assert by_segment["segment"].drop_duplicates().tolist() == ["callers", "quiet"]
    assert answer.metrics()["metric"].tolist()[:2] == ["covered", "turned_away"]


def test_where_no_metric_is_a_sum_there_are_no_replications(base: Scenario) -> None:
    with what_if(base, {"open": OPEN}, metrics=["revenue"]) as asked:
        assert "Paired by customer" in asked.verdict()
        assert "replications" not in set(asked.metrics()["method"])


def test_who_wins_and_who_loses_is_counted_by_segment_and_in_all(answer: Comparison) -> None:
    outcomes = answer.outcomes().set_index(["run", "segment"])
    assert outcomes["customers"].loc["open"].to_dict() == {"callers": 60, "quiet": 40, "all": 100}
    smaller = outcomes.loc["eight, cheaper"]
    assert smaller.loc["callers", "covered_fewer"] > 0
    assert smaller.loc["quiet", "covered_fewer"] == 0
    assert (smaller["pay_more"] == 0).all()
    assert (smaller.loc["callers"] + smaller.loc["quiet"]).equals(smaller.loc["all"])


def test_the_money_of_several_alternatives_stands_with_its_limits(answer: Comparison) -> None:
    lines = repr(answer).splitlines()
    heading = next(line for line in lines if line.startswith("alternative     money in EUR"))
    assert heading.endswith("97.5% interval")
    assert any(line.startswith("open            bookings") for line in lines)


def test_a_price_that_nobody_answers_is_said_with_the_break_even(answer: Comparison) -> None:
    cheaper, gate = (" ".join(answer.sentences(place)) for place in (1, 2))
    assert "Customers (callers and quiet) are assumed not to react to price." in cheaper
    assert "Break-even share of recognised revenue: what it loses" in cheaper
    assert "Break-even share of bookings" not in cheaper
    assert "react to price" not in gate


def test_a_dearer_pack_says_how_many_may_leave(base: Scenario) -> None:
    with what_if(base, {"dearer": {f"{PACK}.price": 1800}}, metrics=["bookings"]) as asked:
        text = asked.verdict()
    # 300 of every 1,800 are a sixth, whoever buys.
    assert "Break-even share of bookings: what it gains" in text
    assert "is gone once 16.7% of the customers leave (16.6% to 16.8%)" in text


def test_an_overage_price_is_a_price(base: Scenario) -> None:
    other = base.with_({f"{PACK}.overage": {"price": 50, "at_most": 5}})
    assert unanswered_prices(base.model, other.model) == ["callers", "quiet"]
    assert unanswered_prices(base.model, base.with_(OPEN).model) == []


@pytest.mark.parametrize(
    ("alternatives", "message"),
    [
        ({"same": {f"{PACK}.total_terms": 10}}, "the alternative same is the same as the base"),
        (
            {"a": OPEN | {"segments.quiet.cases.per_year": 1}},
            "in the alternative a, segments.quiet.cases.per_year=1 is so already: leave it out",
        ),
        ({"a": OPEN, "b": OPEN}, "the alternative b is the same as a: what it sets is so already"),
    ],
)
def test_an_alternative_that_changes_nothing_is_refused(
    base: Scenario, alternatives: dict[str, dict[str, object]], message: str
) -> None:
    with pytest.raises(RunError, match=message):
        what_if(base, alternatives)


def test_without_an_alternative_there_is_nothing_to_ask(base: Scenario) -> None:
    with pytest.raises(ValueError, match="there is no alternative"):
        what_if(base, {})


def test_a_run_is_asked_by_its_scenario_and_seed(base: Scenario) -> None:
    with (
        simulate(base, seed=11) as run,
        what_if(run, {"open": OPEN}, metrics=["revenue"]) as asked,
    ):
        assert {side.manifest.seed for side in asked.runs} == {11}
        assert asked.runs[0] is run


def test_a_larger_portfolio_gets_fewer_replications(base: Scenario) -> None:
    from entitlement_sim.comparison.what_if import replications_that_fit

    many = base.with_({"segments.callers.customers": 20_000})
    assert replications_that_fit([base, base]) == 40
    assert 5 <= replications_that_fit([many, many]) < 40
