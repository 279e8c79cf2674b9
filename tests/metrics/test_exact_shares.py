"""Exact limits of a share, and how they allow for what goes together."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from entitlement_sim.metrics.exact_shares import clopper_pearson_sides, share_over_groups


@pytest.mark.parametrize(("found", "n"), [(0, 1), (1, 1), (0, 40), (3, 40), (40, 40), (2.5, 17.3)])
@pytest.mark.parametrize("confidence", [0.6, 0.95, 0.9999])
def test_limits_are_those_of_the_beta_distribution(found: float, n: float, confidence: float):
    low, high = clopper_pearson_sides(found, n, confidence=confidence)
    expected_low = stats.beta.ppf(1 - confidence, found, n - found + 1) if found else 0.0
    expected_high = stats.beta.ppf(confidence, found + 1, n - found) if found < n else 1.0
    assert low == pytest.approx(expected_low, rel=1e-6)
    assert high == pytest.approx(expected_high, rel=1e-6)


@given(st.integers(2, 30), st.integers(1, 50), st.randoms(use_true_random=False))
def test_limits_enclose_the_share_and_trials_never_count_for_more_than_they_are(
    groups: int, size: int, chance: object
):
    found = [chance.randint(0, size) for _ in range(groups)]
    said = share_over_groups(found, [size] * groups)
    assert 0 <= said.low <= said.value <= said.high <= 1
    assert 0 < said.effective <= groups * size


def test_groups_that_are_all_or_nothing_count_as_one_each():
    said = share_over_groups([10, 0] * 20, [10] * 40)
    alone = share_over_groups([1, 0] * 20, [1] * 40)
    assert said.effective == pytest.approx(alone.effective, rel=0.05)


def test_nothing_found_says_what_so_many_trials_say():
    assert share_over_groups([0, 0], [30, 29]).high == pytest.approx(0.0495, abs=1e-4)


def test_nothing_counted_is_not_known():
    assert all(np.isnan(share_over_groups([0], [0])[:3]))
