"""One pool against packs of each account: paired by customer, on the same demand."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

from entitlement_sim import Scenario, simulate, sums
from entitlement_sim.comparison.answer import Comparison
from entitlement_sim.comparison.compare import compare

DATA: dict[str, Any] = {
    "scenario": "pooled",
    "calendar": {"start": dt.date(2026, 1, 1), "days": 120},
    "templates": {
        "Pack": {
            "total_terms": 12,
            "decrease_on": "creation",
            "restrict": True,
            "price": 600,
            "term": {"days": 120},
        }
    },
    "segments": {
        "all": {
            "customers": 25,
            "accounts": {"each": 3, "hold": "one"},
            "cases": {"per_year": 12, "shape": 0.5},
            "holds": [{"template": "Pack"}],
        }
    },
}
#: A third of the pool, and of its price, for each of the three accounts.
APART = {
    "segments.all.accounts.hold": "own",
    "templates.Pack.total_terms": 4,
    "templates.Pack.price": 200,
}

DEMAND = "SELECT customer_id, account, created_at, origin FROM cases ORDER BY ALL"


@pytest.fixture(scope="module")
def pooled() -> Scenario:
    return Scenario.from_dict(DATA)


@pytest.fixture(scope="module")
def answer(pooled: Scenario) -> Iterator[Comparison]:
    with (
        simulate(pooled) as first,
        simulate(pooled.with_(APART)) as second,
        compare(first, second) as compared,
    ):
        yield compared


def test_a_pool_and_packs_of_each_account_are_paired_by_their_customer(answer: Comparison) -> None:
    [pairing] = answer.pairings
    assert pairing.words == (
        "Paired by customer: the same 25 customers in both, with the same arrivals as drawn."
    )


def test_the_same_demand_meets_a_pool_and_packs_of_each_account(answer: Comparison) -> None:
    demands = [run.connection.sql(DEMAND).fetchall() for run in answer.runs]
    assert demands[0] == demands[1]
    assert len(demands[0]) > 100


def test_packs_of_each_account_cost_the_same_and_cover_no_more_than_a_pool(
    answer: Comparison,
) -> None:
    metrics = answer.metrics().set_index("metric")
    assert metrics.loc["bookings", "difference"] == 0
    assert metrics.loc["cases", "difference"] == 0
    assert metrics.loc["used_cases", "difference"] < 0
    assert metrics.loc["refused", "difference"] > 0


def test_nobody_gains_by_a_pool_that_is_cut_into_packs(answer: Comparison) -> None:
    used = [
        run.connection.sql(
            "SELECT customer_id, sum(used) FROM entitlement_facts GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        for run in answer.runs
    ]
    assert all(apart[1] <= pool[1] for pool, apart in zip(*used, strict=True))


def test_sums_of_a_pool_and_of_packs_of_each_account_have_the_same_arrivals(
    pooled: Scenario,
) -> None:
    frame = sums(pooled, {"apart": APART}, 2, threads=1)
    cases = frame.groupby(["offering", "replication"])[["covered", "uncovered", "turned_away"]]
    arrivals = cases.sum().sum(axis=1).unstack("offering")
    assert (arrivals["base"] == arrivals["apart"]).all()
    assert (arrivals["base"] > 100).all()
