import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entitlement_sim.metrics.sizing import (
    best_allotment,
    expected_regret,
    sizing_regret,
    sizing_table,
)

demands = st.lists(st.integers(0, 50), min_size=1, max_size=30)
sizes = st.floats(0, 60)
costs = st.integers(0, 100)


@given(demand=demands, size=sizes)
def test_regret_is_the_mean_of_both_shortfalls(demand, size) -> None:
    wanted, regret = np.array(demand), sizing_regret(demand, size)
    assert regret.unused == pytest.approx(np.maximum(size - wanted, 0).mean(), abs=1e-9)
    assert regret.missing == pytest.approx(np.maximum(wanted - size, 0).mean(), abs=1e-9)
    assert regret.service_level == np.mean(wanted <= size)


@given(demand=demands, size=sizes)
def test_unused_less_missing_is_allotment_less_mean_demand(demand, size) -> None:
    regret = sizing_regret(demand, size)
    assert regret.unused - regret.missing == pytest.approx(size - np.mean(demand), abs=1e-9)


@given(demand=demands, size=sizes, more=sizes)
def test_larger_allotment_leaves_more_unused_and_less_missing(demand, size, more) -> None:
    small, large = sizing_regret(demand, size), sizing_regret(demand, size + more)
    assert small.unused <= large.unused + 1e-9
    assert small.missing >= large.missing - 1e-9
    assert small.service_level <= large.service_level


@given(demand=demands, over=costs, unused=costs)
def test_no_whole_allotment_costs_less_than_the_best(demand, over, unused) -> None:
    if over + unused == 0:
        return
    best = best_allotment(demand, overage_cost=over, unused_cost=unused)
    candidates = [best, *range(61)]
    cost = sizing_table(demand, candidates, overage_cost=over, unused_cost=unused)["expected_cost"]
    assert cost[0] <= cost.min() + 1e-6


@pytest.mark.parametrize(
    ("over", "unused", "best"),
    [
        (1, 9, 1),  # P(D <= 1) is 1/10, exactly the fractile
        (3, 7, 3),
        (7, 3, 7),
        (9, 1, 9),
        (91, 9, 10),
        (1, 10**9, 1),
    ],
)
def test_best_is_the_smallest_demand_at_the_critical_fractile(over, unused, best) -> None:
    assert best_allotment(range(1, 11), overage_cost=over, unused_cost=unused) == best


def test_best_without_a_price_for_being_short_is_nothing() -> None:
    assert best_allotment([3, 5], overage_cost=0, unused_cost=1) == 0.0


def test_best_without_a_cost_of_spare_terms_is_the_largest_demand() -> None:
    assert best_allotment([3, 9, 5], overage_cost=1, unused_cost=0) == 9.0


def test_demand_for_hours_is_taken_as_it_is() -> None:
    assert best_allotment([1.25, 2.75, 7.5], overage_cost=1, unused_cost=1) == 2.75


def test_demand_equal_to_the_allotment_is_served_and_leaves_nothing() -> None:
    assert sizing_regret([5], 5) == (0.0, 0.0, 1.0)


@given(demand=demands, size=st.floats(0, 60))
def test_regret_is_never_negative(demand, size) -> None:
    regret = sizing_regret([d / 7 for d in demand], size)
    assert regret.unused >= 0
    assert regret.missing >= 0


@pytest.mark.parametrize("demand", [[], [-1], [np.nan], [np.inf]])
def test_demand_must_be_known(demand) -> None:
    with pytest.raises(ValueError, match="demand"):
        sizing_regret(demand, 5)


@pytest.mark.parametrize(("over", "unused"), [(0, 0), (-1, 2), (2, -1), (np.nan, 1)])
def test_costs_must_say_something(over, unused) -> None:
    with pytest.raises(ValueError, match="costs"):
        best_allotment([1], overage_cost=over, unused_cost=unused)


def test_rounding_of_the_fractile_does_not_enlarge_the_allotment() -> None:
    """As floats 7 of 100 times 100 is a little more than 7; it is the 7th demand all the same."""
    assert 7 / 100 * 100 > 7
    assert best_allotment(range(1, 101), overage_cost=7, unused_cost=93) == 7


@pytest.mark.parametrize(("mean", "shape"), [(8, 0.6), (3.5, 2.0), (0.4, 0.1), (40, 25.0)])
def test_expected_regret_is_that_of_the_negative_binomial_distribution(mean, shape) -> None:
    from scipy.stats import nbinom

    demand = nbinom(shape, shape / (shape + mean))
    counts = np.arange(20_000)
    sizes = np.array([0, 1, 10, 300])
    regret = expected_regret(mean, shape, sizes)
    for place, size in enumerate(sizes):
        unused = (np.maximum(size - counts, 0) * demand.pmf(counts)).sum()
        assert regret.unused[place] == pytest.approx(unused, abs=1e-9)
        assert regret.missing[place] == pytest.approx(mean - size + unused, abs=1e-9)
        assert regret.service_level[place] == pytest.approx(demand.cdf(size), abs=1e-9)


@pytest.mark.parametrize("given", [(0, 1, 5), (8, 0, 5), (8, 1, -1), (8, 1, 2.5), (8, 1, [])])
def test_expected_regret_refuses_what_is_no_demand_and_no_allotment(given) -> None:
    with pytest.raises(ValueError, match="must be"):
        expected_regret(*given)
