from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from entitlement_sim.metrics import special_functions as ours

positive = st.floats(1e-6, 1e6)
shapes = st.floats(0.01, 1e4)
shares = st.floats(0.0, 1.0)


@given(x=positive)
def test_log_gamma_agrees_with_scipy(x: float) -> None:
    assert ours.log_gamma(x) == pytest.approx(special.gammaln(x), rel=1e-12, abs=1e-12)


@given(x=positive)
def test_digamma_agrees_with_scipy(x: float) -> None:
    assert ours.digamma(x) == pytest.approx(special.digamma(x), rel=1e-12, abs=1e-12)


@given(x=positive)
def test_trigamma_agrees_with_scipy(x: float) -> None:
    assert ours.trigamma(x) == pytest.approx(special.polygamma(1, x), rel=1e-12)


@given(a=shapes, b=shapes, x=shares)
def test_incomplete_beta_agrees_with_scipy(a: float, b: float, x: float) -> None:
    assert ours.regularised_beta(a, b, x) == pytest.approx(
        special.betainc(a, b, x), rel=1e-8, abs=1e-12
    )


def test_incomplete_beta_is_broadcast() -> None:
    grid = ours.regularised_beta([[1.0], [5.0]], 2.0, [0.0, 0.5, 1.0])
    assert grid.shape == (2, 3)
    assert grid[:, 0].tolist() == [0.0, 0.0]
    assert grid[:, 2].tolist() == [1.0, 1.0]


@pytest.mark.parametrize("function", [ours.log_gamma, ours.digamma, ours.trigamma])
def test_nothing_at_all_gives_nothing(function) -> None:
    assert function(np.array([])).shape == (0,)


@pytest.mark.parametrize("x", [0.0, -1.0, np.nan])
@pytest.mark.parametrize("function", [ours.log_gamma, ours.digamma, ours.trigamma])
def test_numbers_that_are_not_positive_are_refused(function, x: float) -> None:
    with pytest.raises(ValueError, match="positive"):
        function(x)


@pytest.mark.parametrize("x", [-0.1, 1.1, np.nan])
def test_incomplete_beta_wants_a_share(x: float) -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        ours.regularised_beta(1, 1, x)


@pytest.mark.parametrize("function", [ours.digamma, ours.trigamma])
def test_small_numbers_are_lifted_beside_large_ones(function) -> None:
    assert function([0.5, 50.0]).tolist() == [float(function(0.5)), float(function(50.0))]


def bernoulli_numbers(last: int) -> list[Fraction]:
    """B(0), B(1), … by their recurrence."""
    numbers = [Fraction(1)]
    for n in range(1, last + 1):
        numbers.append(-sum(comb(n + 1, k) * numbers[k] for k in range(n)) / (n + 1))
    return numbers


def test_coefficients_of_both_series_are_made_of_bernoulli_numbers() -> None:
    orders = range(2, 15, 2)
    numbers = bernoulli_numbers(14)
    assert [float(numbers[n]) for n in orders] == list(ours._TRIGAMMA_SERIES)
    assert [float(numbers[n] / n) for n in orders] == list(ours._DIGAMMA_SERIES)
