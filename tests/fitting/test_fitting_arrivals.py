"""Rates, their spread and follow-ups: against the plain fit, and processes that are drawn."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entitlement_sim.fitting import arrivals
from entitlement_sim.metrics.negative_binomial import fit_negative_binomial

START = np.array([-4.0, 0.0])


def demand(
    who: np.ndarray, when: np.ndarray, customers: int, days: float, truncated: bool = False
) -> arrivals._Demand:
    pairs = arrivals._pairs(who, when, np.full(len(who), days), 4.0)
    return arrivals._Demand(np.arange(customers), np.full(customers, days), who, pairs, truncated)


def drawn(seed: int, customers: int, rate: float, shape: float, mean: float, days: float):
    """Cases of customers over so many days, with follow-ups half at once, half over two days."""
    rng = np.random.default_rng(seed)
    who, when = [], []
    for customer, own in enumerate(rng.gamma(shape, rate * (1 - mean) / shape, customers)):
        parents = rng.uniform(0, days, rng.poisson(own * days))
        own_cases = [parents]
        while len(parents):
            parents = np.repeat(parents, rng.poisson(mean, len(parents)))
            soon = rng.random(len(parents)) < 0.5
            parents = parents + np.where(
                soon, rng.exponential(0.5 / 24, len(parents)), rng.uniform(0, 2, len(parents))
            )
            parents = parents[parents < days]
            own_cases.append(parents)
        times = np.sort(np.concatenate(own_cases))
        who.append(np.full(len(times), customer))
        when.append(times)
    return np.concatenate(who), np.concatenate(when)


@pytest.mark.parametrize("truncated", [False, True])
def test_without_follow_ups_it_is_the_negative_binomial(truncated: bool) -> None:
    counts = np.random.default_rng(1).negative_binomial(0.7, 0.2, 400)
    counts = counts[counts > 0] if truncated else counts
    who = np.repeat(np.arange(len(counts)), counts)
    when = np.arange(len(who)) * 10.0
    fit = arrivals._maximise(demand(who, when, len(counts), 1.0, truncated), START, 0.0)
    values, times = np.unique(counts, return_counts=True)
    plain = fit_negative_binomial((values, times), zero_truncated=truncated)
    assert math.exp(fit.parameters[1]) == pytest.approx(plain.shape, rel=1e-3)
    assert math.exp(fit.parameters[0]) == pytest.approx(plain.means[0], rel=1e-3)


@given(
    st.tuples(
        st.floats(-5, -3),
        st.floats(-1.2, 1.5),
        st.floats(-2, 0),
        st.floats(-1, 1),
        st.floats(-5, -2),
    )
)
def test_scores_are_the_slopes_of_the_likelihood(point: tuple[float, ...]) -> None:
    who, when = drawn(3, 40, 0.03, 0.8, 0.3, 300.0)
    likelihood = arrivals._Likelihood(demand(who, when, 40, 300.0), 2.0)
    at = np.array(point)
    scores = likelihood.by_customer(at)[1].sum(0)
    for place in range(5):
        step = np.zeros(5)
        step[place] = 1e-4
        up, down = (likelihood.by_customer(at + sign * step)[0].sum() for sign in (1, -1))
        assert scores[place] == pytest.approx((up - down) / 2e-4, rel=5e-3, abs=0.2)


def test_shape_and_follow_ups_are_found_together() -> None:
    who, when = drawn(5, 600, 0.03, 0.6, 0.3, 500.0)
    cases = demand(who, when, 600, 500.0)
    fit, reach = arrivals._with_follow_ups(cases, arrivals._maximise(cases, START, 0.0))
    learned = {each.path[-1]: each for each in arrivals._in_words(("s",), cases, fit, reach)}
    assert reach == 2.0
    for key, truth in (("per_year", 0.03 * 365.25), ("shape", 0.6), ("follow_ups", 0.3)):
        number = learned[key].numbers[0]
        assert abs(number.value - truth) < 3 * number.standard_error


def test_where_follow_ups_are_not_looked_for_customers_seem_to_differ_more() -> None:
    who, when = drawn(1, 2000, 9.3 / 365.25, 0.32, 0.32, 92.0)
    cases = demand(who, when, 2000, 92.0)
    alone = arrivals._maximise(cases, START, 0.0)
    fit, _ = arrivals._with_follow_ups(cases, alone)
    assert math.exp(alone.parameters[1]) < 0.28  # a smaller shape: customers differ more
    shape = math.exp(fit.parameters[1])
    assert abs(shape - 0.32) < 3 * shape * math.sqrt(fit.covariance[1, 1])


def test_cases_by_chance_are_no_follow_ups() -> None:
    who, when = drawn(6, 300, 0.04, 0.6, 0.0, 500.0)
    cases = demand(who, when, 300, 500.0)
    assert arrivals._with_follow_ups(cases, arrivals._maximise(cases, START, 0.0))[1] == 0.0


def test_a_heavier_tail_than_a_gammas_is_said() -> None:
    counts = np.r_[np.random.default_rng(1).poisson(5.0, 300), [60] * 8]
    who = np.repeat(np.arange(len(counts)), counts)
    cases = demand(who, np.arange(len(who)) * 10.0, len(counts), 1.0)
    fit = arrivals._Fit(np.log([5.0, 50.0]), np.eye(2), 0.0)
    assert "heavier than a gamma's" in arrivals._tail(cases, fit, 0.0)
    assert arrivals._tail(demand(who[:100], np.arange(100) * 10.0, 40, 1.0), fit, 0.0) == ""


def test_key_accounts_are_told_from_a_gamma_spread() -> None:
    rng = np.random.default_rng(11)
    factor = np.where(rng.random(1500) < 0.02, 15.0, 1.0)
    counts = rng.poisson(rng.gamma(1.5, 6 / 1.5, 1500) * factor)
    who = np.repeat(np.arange(1500), counts)
    cases = demand(who, np.arange(len(who)) * 10.0, 1500, 1.0)
    alone = arrivals._maximise(cases, START, 0.0)
    assert arrivals._tail(cases, alone, 0.0)
    fit = arrivals._with_key_accounts(cases, alone, 0.0)
    learned = {each.path[-1]: each for each in arrivals._in_words(("s",), cases, fit, 0.0)}
    truths = {
        "per_year": (365.25 * 6 * (1 + 0.02 * 14),),
        "shape": (1.5,),
        "key_accounts": (0.02, 15.0),
    }
    for key, values in truths.items():
        for number, truth in zip(learned[key].numbers, values, strict=True):
            assert abs(number.value - truth) < 3.5 * number.standard_error, key


def test_of_a_gamma_spread_no_key_accounts_are_found() -> None:
    counts = np.random.default_rng(12).negative_binomial(0.5, 0.1, 800)
    who = np.repeat(np.arange(800), counts)
    cases = demand(who, np.arange(len(who)) * 10.0, 800, 1.0)
    alone = arrivals._maximise(cases, START, 0.0)
    assert arrivals._with_key_accounts(cases, alone, 0.0) is alone


@given(st.lists(st.floats(-3, 0), min_size=4, max_size=4))
def test_scores_with_key_accounts_are_the_slopes_of_the_likelihood(point: list[float]) -> None:
    who, when = drawn(4, 30, 0.03, 0.8, 0.0, 300.0)
    likelihood = arrivals._WithKeyAccounts(demand(who, when, 30, 300.0), 0.0)
    at = np.array(point) + np.array([-3.0, 1.5, -1.0, 3.5])
    scores = likelihood.by_customer(at)[1].sum(0)
    for place in range(4):
        step = np.zeros(4)
        step[place] = 1e-4
        up, down = (likelihood.by_customer(at + sign * step)[0].sum() for sign in (1, -1))
        assert scores[place] == pytest.approx((up - down) / 2e-4, rel=1e-4, abs=1e-3)
