"""One pair of runs says how sure its differences are: held against replications."""

import pytest
from earned_and_worked import hours_and_revenue
from five_changes import LEAST, MOST, measured, offerings

from entitlement_sim import simulate
from entitlement_sim.comparison.by_customer import sums_by_customer


@pytest.mark.parametrize("offering", offerings())
def test_hours_and_revenue_of_arrays_are_those_of_the_run(offering: str) -> None:
    scenario = offerings()[offering].with_({"segments.everyone.customers": 200})
    with simulate(scenario, replication=3, threads=1) as run:
        added = sums_by_customer(run)[["minutes", "revenue"]].sum()
    assert hours_and_revenue(scenario, 3) == (added["minutes"] / 60, added["revenue"] / 100)


@pytest.mark.soak
def test_the_standard_error_of_one_pair_is_the_spread_over_replications() -> None:
    table = measured(200).set_index(["change", "metric"])
    assert len(table) == 30
    assert table["ratio"].between(LEAST, MOST).all(), table.to_string()
