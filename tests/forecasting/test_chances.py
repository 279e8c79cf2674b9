"""Chances by how often something came of contracts in few replications."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from entitlement_sim.forecasting.chances import chances_of

COUNTS = st.integers(2, 60).flatmap(
    lambda n: st.tuples(
        st.just(n), arrays(np.int64, st.integers(1, 80), elements=st.integers(0, n))
    )
)


@given(COUNTS)
def test_chances_are_as_many_in_all_as_the_replications_say(drawn) -> None:
    replications, times = drawn
    chances = chances_of(times, replications)
    assert np.isclose(chances.sum(), times.sum() / replications)
    assert ((chances >= 0) & (chances <= 1)).all()


@given(COUNTS)
def test_what_came_more_often_is_never_less_likely(drawn) -> None:
    replications, times = drawn
    order = np.argsort(times, kind="stable")
    assert (np.diff(chances_of(times, replications)[order]) >= -1e-12).all()


def test_few_contracts_keep_their_shares() -> None:
    times = np.array([0, 10, 40] * 9)
    assert (chances_of(times, 40) == times / 40).all()


def test_shares_that_differ_by_chance_alone_are_one_chance() -> None:
    times = np.random.default_rng(3).binomial(40, 0.3, 400)
    chances = chances_of(times, 40)
    assert chances.std() < 0.02 < (times / 40).std()


def test_the_highest_chances_are_no_surer_than_what_comes() -> None:
    rng = np.random.default_rng(1)
    true = rng.beta(0.07, 0.65, 100_000)
    times = rng.binomial(40, true)
    too_sure = []
    for said in (times / 40, chances_of(times, 40)):
        highest = said >= 0.9
        too_sure.append(float((said[highest] - true[highest]).mean()))
    assert too_sure[0] > 0.008
    assert abs(too_sure[1]) < 0.004
