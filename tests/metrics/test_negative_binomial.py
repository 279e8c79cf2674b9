"""Shapes of counts against SciPy's likelihood, and where it says nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats

from entitlement_sim.metrics.exhaustion import fit_gamma_prior
from entitlement_sim.metrics.negative_binomial import MAX_SHAPE, fit_negative_binomial


def log_likelihood(samples, shape, means, zero_truncated):
    """The same from SciPy's probabilities."""
    total = 0.0
    for (counts, weights), mean in zip(samples, means, strict=True):
        law = stats.nbinom(shape, shape / (shape + mean))
        terms = law.logpmf(counts)
        if zero_truncated:
            terms = terms - np.log(-np.expm1(law.logpmf(0)))
        total += float((np.asarray(weights) * terms).sum())
    return total


def drawn(shape, mean, size, seed):
    rng = np.random.default_rng(seed)
    return np.unique(rng.poisson(rng.gamma(shape, mean / shape, size)), return_counts=True)


@pytest.mark.parametrize("zero_truncated", [False, True])
@pytest.mark.parametrize("shape", [0.1, 0.32, 1.0, 5.0])
def test_the_maximum_is_that_of_scipys_likelihood(shape, zero_truncated):
    samples = [drawn(shape, mean, 800, seed) for seed, mean in enumerate((2.33, 4.0))]
    if zero_truncated:
        samples = [(counts[counts > 0], weights[counts > 0]) for counts, weights in samples]
    fit = fit_negative_binomial(*samples, zero_truncated=zero_truncated)

    def loss(logs):
        return -log_likelihood(samples, np.exp(logs[0]), np.exp(logs[1:]), zero_truncated)

    start = np.log([shape, 2.33, 4.0])
    settings = {"xatol": 1e-9, "fatol": 1e-11, "maxiter": 4000}
    best = optimize.minimize(loss, start, method="Nelder-Mead", options=settings)
    assert [fit.shape, *fit.means] == pytest.approx(np.exp(best.x), rel=1e-5)
    assert fit.log_likelihood == pytest.approx(-best.fun, abs=1e-7)


def test_known_answers():
    fit = fit_negative_binomial(([0, 1, 2, 3, 9], [1, 2, 1, 1, 1]))
    assert (fit.shape, *fit.means) == pytest.approx((1.31079460744, 8 / 3), rel=1e-10)
    seen = ([1, 2, 3, 5, 9], [8, 5, 3, 2, 1])
    fit = fit_negative_binomial(seen, zero_truncated=True)
    assert (fit.shape, *fit.means) == pytest.approx((0.62803187, 1.17084953), rel=1e-7)


def test_a_sample_alone_agrees_with_the_gamma_prior():
    counts, weights = drawn(0.32, 2.33, 3000, 5)
    fit = fit_negative_binomial((counts, weights))
    prior = fit_gamma_prior(np.repeat(counts, weights), np.ones(weights.sum()))
    assert (fit.shape, fit.means[0]) == pytest.approx((prior.shape, prior.mean_rate), rel=1e-8)


def test_what_was_cut_off_is_recovered():
    counts, weights = drawn(0.32, 2.33, 200_000, 7)
    seen = counts > 0
    fit = fit_negative_binomial((counts[seen], weights[seen]), zero_truncated=True)
    assert (fit.shape, fit.means[0]) == pytest.approx((0.32, 2.33), rel=0.05)


def test_counts_that_scatter_as_by_chance_have_the_largest_shape():
    fit = fit_negative_binomial(([2, 3], [5, 5]))
    assert fit.shape == MAX_SHAPE


def test_seen_counts_without_a_middle_are_a_log_series():
    fit = fit_negative_binomial(([1, 2, 3, 9, 20], [8, 4, 2, 2, 1]), zero_truncated=True)
    assert fit.shape == pytest.approx(1e-4)


@given(
    st.lists(st.integers(0, 60), min_size=2, max_size=12),
    st.booleans(),
)
def test_no_shape_of_a_grid_is_likelier(counts, zero_truncated):
    counts = [count + zero_truncated for count in counts]
    if max(counts) == zero_truncated:
        return
    samples = [(counts, [1] * len(counts))]
    fit = fit_negative_binomial(*samples, zero_truncated=zero_truncated)
    found = log_likelihood(samples, fit.shape, fit.means, zero_truncated)
    assert fit.log_likelihood == pytest.approx(found, rel=1e-9, abs=1e-7)
    for shape in np.geomspace(1e-3, 1e3, 13):
        for factor in (0.8, 1.0, 1.25):
            means = [mean * factor for mean in fit.means]
            assert log_likelihood(samples, shape, means, zero_truncated) <= found + 1e-7


@pytest.mark.parametrize(
    ("samples", "zero_truncated", "message"),
    [
        ([([0, 0], [1, 1])], False, "no count above 0"),
        ([([1, 1], [1, 1])], True, "no count above 1"),
        ([], False, "no count above 0"),
        ([([0, 2], [1, 1])], True, "whole numbers from 1 up"),
        ([([-1, 2], [1, 1])], False, "whole numbers from 0 up"),
        ([([0.5, 2], [1, 1])], False, "whole numbers from 0 up"),
        ([([1, 2], [1])], False, "columns of one length"),
        ([([1, 2], [1, -1])], False, "less than never"),
    ],
)
def test_what_says_nothing_of_a_shape_is_refused(samples, zero_truncated, message):
    with pytest.raises(ValueError, match=message):
        fit_negative_binomial(*samples, zero_truncated=zero_truncated)


def test_a_sample_without_anything_to_say_has_a_mean_of_nothing():
    fit = fit_negative_binomial(([0], [9]), ([0, 1, 2, 3, 9], [1, 2, 1, 1, 1]))
    assert fit.means[0] == 0
    assert fit.shape == pytest.approx(1.31079460744)
