"""As many customers hold a contract on the first day as a segment says, whatever its terms are."""

from typing import Any

import numpy as np
import pytest

from entitlement_sim import Scenario
from entitlement_sim.engine.blocks import simulate_blocks
from entitlement_sim.population.inflow import held_per_join
from entitlement_sim.population.plan import plan

CUSTOMERS = 4000
#: Standard deviations of a Poisson count (63); by chance a case falls outside once in 15,000 seeds.
BAND = 4.0

PAST_PERIODS = {
    "a day of the year": {"until": "12-31"},
    "a day of the year that is the eve of the first": {"until": "06-30"},
    "a fixed period of whole months": {"from": "2019-04-01", "until": "2020-03-31"},
    "a fixed period of odd days": {"from": "2019-04-10", "until": "2019-08-20"},
    "a fixed period that begins on the first day": {"from": "2024-07-01", "until": "2025-06-30"},
    "months": {"months": 12},
    "months that do not divide the year": {"months": 7},
    "days": {"days": 100},
}


def scenario_of(term: dict[str, Any], **segment: Any) -> Scenario:
    return Scenario.from_dict(
        {
            "scenario": "inflow",
            "history": {"years": 6, "growth": 0.1},
            "calendar": {"start": "2024-07-01", "days": 1},
            "templates": {"Pack": {"term": term}, "Other": {"term": {"months": 5}}},
            "segments": {
                "all": {
                    "customers": CUSTOMERS,
                    "holds": [{"template": "Pack", "sold_after_days": {"least": 0, "most": 60}}],
                    "cases": {"per_year": 0},
                    "renewal": {"inclination": {"constant": 0.6}, "dates": "contiguous"},
                    **segment,
                }
            },
        }
    )


def holders(scenario: Scenario, seed: int) -> int:
    """How many customers hold an active contract on the first day."""
    return sum(
        len(np.unique(contracts["customer_id"][contracts["state"] == 1]))
        for block in simulate_blocks(plan(scenario.model, seed), threads=1)
        for contracts in (block["entitlements"],)
    )


def assert_as_expected(held: int, expected: float = CUSTOMERS) -> None:
    assert abs(held - expected) < BAND * expected**0.5


@pytest.mark.parametrize("term", PAST_PERIODS.values(), ids=PAST_PERIODS)
def test_as_many_as_declared_hold_a_contract_of(term: dict[str, Any]) -> None:
    assert_as_expected(holders(scenario_of(term), 1))


@pytest.mark.parametrize("term", PAST_PERIODS.values(), ids=PAST_PERIODS)
def test_customers_who_are_never_covered_are_not_those_that_are_counted(
    term: dict[str, Any],
) -> None:
    scenario = scenario_of(term, life={"never_covered": 0.3})
    covered = scenario_of(term)
    shares = [held_per_join(each.model, each.model.segments["all"]) for each in (scenario, covered)]
    assert shares[0] == pytest.approx(0.7 * shares[1], rel=1e-12)
    assert_as_expected(holders(scenario, 2))


def test_with_several_holdings_each_customer_is_counted_once() -> None:
    holds = [{"template": "Pack", "share": 0.6}, {"template": "Other", "share": 0.5}]
    assert_as_expected(holders(scenario_of({"until": "12-31"}, holds=holds), 3))


def test_accounts_that_hold_their_own_count_as_often_as_they_buy() -> None:
    holding = {"template": "Pack", "share": 0.4}
    says = {"renewal": {"inclination": {"beta_geometric": {"alpha": 1, "beta": 2}}}}
    apart, listed, pooled, alone = (
        scenario_of({"months": 12}, **says, **segment)
        for segment in (
            {"holds": [holding], "accounts": {"each": 3, "hold": "own"}},
            {"holds": [holding] * 3},
            {"holds": [holding], "accounts": {"each": 3}},
            {"holds": [holding]},
        )
    )
    held = [
        held_per_join(each.model, each.model.segments["all"])
        for each in (apart, listed, pooled, alone)
    ]
    assert held[0] == pytest.approx(held[1], rel=1e-12)
    assert held[2] == held[3] < held[0]


def test_with_accounts_of_their_own_each_customer_is_counted_once() -> None:
    accounts = {"each": 3, "hold": "own"}
    assert_as_expected(holders(scenario_of({"months": 7}, accounts=accounts), seed=4))


def test_a_fixed_period_that_is_still_to_come_counts_nobody() -> None:
    to_come = {"from": "2024-07-02", "until": "2025-07-01"}
    holds = [{"template": "Pack"}, {"template": "Other", "share": 0.5}]
    scenario = scenario_of(to_come, holds=holds)
    alone = scenario_of(to_come, holds=holds[1:])
    shares = [held_per_join(each.model, each.model.segments["all"]) for each in (scenario, alone)]
    assert shares[0] == shares[1]
    assert_as_expected(holders(scenario, 4))
