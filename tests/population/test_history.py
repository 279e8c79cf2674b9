"""A run with a past begins as a portfolio that has been there for years."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pytest
from scipy import stats

from entitlement_sim import Scenario
from entitlement_sim.engine.blocks import simulate_blocks
from entitlement_sim.population.customers import draw_customer
from entitlement_sim.population.inflow import days_joined
from entitlement_sim.population.plan import plan

YEARS = 5
ALPHA, BETA = 0.7, 1.2
GROWTH = 0.15
SEEDS = 100
YEAR = 365.25


def portfolio(**differences: Any) -> Scenario:
    """One holding of a year, sold on joining; nobody is late, forgets, cancels or is moved."""
    return Scenario.from_dict(
        {
            "scenario": "portfolio",
            "history": {"years": YEARS, "growth": GROWTH},
            "calendar": {"start": "2024-01-01", "days": 1},
            "templates": {"Pack": {"term": {"months": 12}, "total_terms": 5}},
            "segments": {
                "all": {
                    "customers": 250,
                    "holds": [{"template": "Pack"}],
                    # A rate that tells customers apart, and brings no cases.
                    "cases": {"per_year": 1e-6, "shape": 1.0},
                    "renewal": {
                        "inclination": {"beta_geometric": {"alpha": ALPHA, "beta": BETA}},
                        "dates": "contiguous",
                    },
                }
            },
            **differences,
        }
    )


class Holder(NamedTuple):
    """Who holds a contract on the first day, of those that joined before it."""

    renewals: int
    elapsed: int
    leaves: float


def holders(scenario: Scenario, seed: int) -> Iterator[Holder]:
    """Everybody who holds a contract on the first day and joined before it."""
    numbers = plan(scenario.model, seed)
    run, segment = numbers.run[0], numbers.segments[0]
    earlier = int(numbers.customers[0, 0])
    joined = days_joined(run, segment, -1, 0.0, earlier)
    drawn = [draw_customer(run, segment, -1 - place, day) for place, day in enumerate(joined)]
    leaves = {customer.per_day * YEAR: customer.leaves for customer in drawn}
    for block in simulate_blocks(numbers, threads=1):
        customers, contracts = block["customers"], block["entitlements"]
        rates = dict(zip(customers["customer_id"], customers["cases_per_year"], strict=True))
        for place in np.flatnonzero(
            (contracts["state"] == 1) & (contracts["start_date"] < run.window)
        ):
            yield Holder(
                int(contracts["renewal_number"][place]),
                int(run.window - contracts["start_date"][place]),
                leaves[rates[contracts["customer_id"][place]]],
            )


@pytest.fixture(scope="module")
def seeds() -> list[list[Holder]]:
    scenario = portfolio()
    return [list(holders(scenario, seed)) for seed in range(SEEDS)]


def chances_of_renewals() -> np.ndarray:
    """P(k), proportional to S(k) (1 + growth) ** -k."""
    k = np.arange(YEARS)
    survives = np.concatenate([[1.0], np.cumprod((BETA + k[:-1]) / (ALPHA + BETA + k[:-1]))])
    weights = survives * (1.0 + GROWTH) ** -k
    return weights / weights.sum()


def assert_uniform(p_values: list[float]) -> None:
    """Hold p-values against uniform; one test in a thousand fails by chance."""
    assert stats.kstest(p_values, "uniform").pvalue > 0.001


def test_renewals_behind_a_contract_follow_survival_and_growth(seeds: list[list[Holder]]) -> None:
    expected = chances_of_renewals()
    p_values = []
    for people in seeds:
        counts = np.bincount([holder.renewals for holder in people], minlength=YEARS)
        p_values.append(stats.chisquare(counts, expected * len(people)).pvalue)
    assert_uniform(p_values)


def test_the_elapsed_part_of_a_term_falls_off_with_growth(seeds: list[list[Holder]]) -> None:
    chance = np.random.default_rng(1)
    decay = np.log(1.0 + GROWTH) / YEAR
    p_values = []
    for people in seeds:
        elapsed = np.array([holder.elapsed for holder in people]) - chance.random(len(people))
        share = np.expm1(-decay * elapsed) / np.expm1(-decay * 365.2)
        p_values.append(stats.kstest(share, "uniform").pvalue)
    assert_uniform(p_values)


def test_survivors_lean_as_their_renewals_say_and_not_as_the_prior(
    seeds: list[list[Holder]],
) -> None:
    p_values = []
    for people in seeds:
        shares = [stats.beta(ALPHA, BETA + holder.renewals).cdf(holder.leaves) for holder in people]
        p_values.append(stats.kstest(shares, "uniform").pvalue)
    assert_uniform(p_values)


def test_as_many_hold_a_contract_on_the_first_day_as_the_segment_says() -> None:
    scenario = portfolio(history={"years": 10, "growth": -0.1})
    held = []
    for seed in range(60):
        for block in simulate_blocks(plan(scenario.model, seed), threads=1):
            held.append(int((block["entitlements"]["state"] == 1).sum()))
    spread = np.sqrt(250 / len(held))
    assert abs(np.mean(held) - 250) < 3.3 * spread
