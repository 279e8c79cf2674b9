import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from entitlement_sim.metrics.intervals import (
    bootstrap,
    bootstrap_ratio,
    mean_interval,
    normal_quantile,
    t_quantile,
    wilson,
)

counts = st.integers(0, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(share=st.floats(1e-12, 1 - 1e-12))
def test_normal_quantile_agrees_with_scipy(share: float) -> None:
    assert normal_quantile(share) == pytest.approx(stats.norm.ppf(share), rel=1e-9, abs=1e-12)


@given(share=st.floats(1e-6, 1 - 1e-6), degrees=st.floats(0.5, 1e5))
def test_below_a_quantile_of_t_lies_its_share(share: float, degrees: float) -> None:
    assert stats.t.cdf(t_quantile(share, degrees), degrees) == pytest.approx(share, rel=1e-6)


def test_t_quantile_with_infinite_degrees_is_normal() -> None:
    assert t_quantile(0.9, math.inf) == normal_quantile(0.9)


@pytest.mark.parametrize(("share", "degrees"), [(0, 5), (1, 5), (0.9, 0), (0.9, math.nan)])
def test_t_quantile_refuses_what_has_none(share, degrees) -> None:
    with pytest.raises(ValueError, match="must"):
        t_quantile(share, degrees)


@given(counts=counts.filter(lambda pair: pair[1] > 0), confidence=st.floats(0.5, 0.999))
def test_wilson_agrees_with_scipy(counts, confidence) -> None:
    k, n = counts
    ours = wilson(k, n, confidence=confidence)
    theirs = stats.binomtest(k, n).proportion_ci(confidence, method="wilson")
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


@given(counts=counts.filter(lambda pair: pair[1] > 0))
def test_wilson_stays_within_0_and_1_and_holds_the_proportion(counts) -> None:
    k, n = counts
    share = wilson(k, n)
    assert 0 <= share.low <= share.value <= share.high <= 1


@given(counts=counts.filter(lambda pair: pair[1] > 0))
def test_wilson_of_failures_mirrors_that_of_successes(counts) -> None:
    k, n = counts
    one, other = wilson(k, n), wilson(n - k, n)
    assert (one.low, one.high) == pytest.approx((1 - other.high, 1 - other.low), abs=1e-12)


def test_wilson_covers_on_average_what_it_promises() -> None:
    """Exact coverage, averaged over many true shares, for 20 trials at 95 %."""
    k = np.arange(21)
    limits = wilson(k, 20)
    truths = np.linspace(0.01, 0.99, 99)
    covered = (limits.low <= truths[:, None]) & (truths[:, None] <= limits.high)
    coverage = (stats.binom.pmf(k, 20, truths[:, None]) * covered).sum(axis=1)
    assert 0.945 <= coverage.mean() <= 0.965


def test_wilson_without_trials_is_unknown_not_zero() -> None:
    share = wilson([0, 1], [0, 2])
    assert np.isnan([share.value[0], share.low[0], share.high[0]]).all()
    assert share.value[1] == 0.5


@pytest.mark.parametrize(("k", "n"), [(3, 2), (-1, 2), (np.nan, 2), (1, np.nan), (1, np.inf)])
def test_wilson_refuses_what_is_no_count(k, n) -> None:
    with pytest.raises(ValueError, match="from 0 to their trials"):
        wilson(k, n)


@pytest.mark.parametrize("confidence", [0, 1, 95])
def test_confidence_is_a_share(confidence) -> None:
    for interval, arguments in (
        (wilson, (1, 2)),
        (mean_interval, ([1, 2],)),
        (bootstrap, (np.array([1, 2]), np.mean)),
        (bootstrap_ratio, ([1, 2], [3, 4])),
    ):
        with pytest.raises(ValueError, match="confidence must lie"):
            interval(*arguments, confidence=confidence)


@given(values=st.lists(st.integers(-(10**6), 10**6), min_size=2, max_size=30, unique=True))
def test_mean_interval_agrees_with_scipy(values) -> None:
    ours = mean_interval(values, confidence=0.9)
    error = stats.sem(values)
    theirs = stats.t.interval(0.9, len(values) - 1, np.mean(values), error)
    assert ours[1:] == pytest.approx(theirs, rel=1e-7, abs=1e-7)


def test_mean_of_one_value_has_no_limits() -> None:
    one = mean_interval([4.0])
    assert one.value == 4.0
    assert math.isnan(one.low)
    assert math.isnan(one.high)
    assert math.isnan(mean_interval([]).value)


@pytest.fixture(scope="module")
def skewed() -> np.ndarray:
    return np.random.default_rng(5).lognormal(size=60)


@pytest.mark.parametrize("method", ["bca", "percentile"])
def test_bootstrap_agrees_with_scipy(skewed, method) -> None:
    """Two independent sets of resamples: limits agree to the simulation's error."""
    ours = bootstrap(skewed, np.mean, method=method, resamples=6000, seed=1)
    theirs = stats.bootstrap(
        (skewed,), np.mean, method=method, n_resamples=20000, rng=np.random.default_rng(2)
    )
    limits = theirs.confidence_interval
    tolerance = 0.12 * theirs.standard_error
    assert ours.low == pytest.approx(limits.low, abs=tolerance)
    assert ours.high == pytest.approx(limits.high, abs=1.5 * tolerance)
    assert ours.standard_error == pytest.approx(theirs.standard_error, rel=0.04)


def test_bca_leans_to_the_long_tail(skewed) -> None:
    plain = bootstrap(skewed, np.mean, method="percentile", seed=1)
    corrected = bootstrap(skewed, np.mean, method="bca", seed=1)
    assert corrected.low > plain.low
    assert corrected.high > plain.high


@pytest.mark.parametrize("ones", [8, 10])
def test_resamples_equal_to_the_estimate_count_half_in_the_bias(ones) -> None:
    """Of twenty yes or no every fifth or sixth resample ties: all or none would move the limit."""
    answers = np.repeat([0.0, 1.0], [20 - ones, ones])
    ours = bootstrap(answers, np.mean, resamples=6000, seed=1)
    theirs = stats.bootstrap(
        (answers,), np.mean, method="bca", n_resamples=20000, rng=np.random.default_rng(2)
    )
    assert ours.low == pytest.approx(theirs.confidence_interval.low)


def test_same_seed_gives_the_same_limits(skewed) -> None:
    first, second = (bootstrap(skewed, np.median, resamples=99, seed=4) for _ in range(2))
    other = bootstrap(skewed, np.median, resamples=99, seed=5)
    assert first == second
    assert (first.low, first.high) != (other.low, other.high)


def test_generator_may_stand_in_for_the_seed(skewed) -> None:
    by_seed = bootstrap(skewed, np.mean, resamples=99, seed=4)
    assert by_seed == bootstrap(skewed, np.mean, resamples=99, seed=np.random.default_rng(4))


def test_order_of_rows_does_not_move_cluster_limits() -> None:
    frame = pd.DataFrame({"customer_id": [3, 1, 2, 2, 1, 4], "used": [5, 1, 2, 8, 1, 9]})
    limits = [
        bootstrap(data, lambda f: f["used"].sum() / len(f), clusters="customer_id", resamples=99)
        for data in (frame, frame.iloc[::-1])
    ]
    assert limits[0] == limits[1]


def test_customers_are_drawn_whole() -> None:
    frame = pd.DataFrame({"customer_id": list("aabbbcc"), "row": range(7)})
    seen = []

    def remember(sample: pd.DataFrame) -> float:
        seen.append([sorted(rows) for _, rows in sample.groupby("customer_id")["row"]])
        return float(len(sample))

    bootstrap(frame, remember, clusters="customer_id", resamples=50)
    whole = [[0, 1], [2, 3, 4], [5, 6]]
    assert all(rows in whole for sample in seen for rows in sample)
    drawn = seen[1:51]
    assert all(len(sample) == 3 for sample in drawn)
    # A customer drawn twice is two customers in the sample, not one with twice the rows.
    assert any(sample.count(rows) > 1 for sample in drawn for rows in sample)


def test_rows_that_belong_together_widen_the_interval() -> None:
    """Every customer four times over says no more than once."""
    used = np.random.default_rng(1).normal(size=50)
    customers, repeated = np.repeat(np.arange(50), 4), np.repeat(used, 4)
    rows = bootstrap(repeated, np.mean, resamples=999)
    clustered = bootstrap(repeated, np.mean, clusters=customers, resamples=999)
    alone = bootstrap(used, np.mean, resamples=999)
    assert clustered.standard_error == pytest.approx(alone.standard_error)
    assert rows.standard_error == pytest.approx(alone.standard_error / 2, rel=0.1)
    assert (clustered.clusters, rows.clusters) == (50, 200)


def test_statistic_without_a_value_on_some_resamples_is_counted() -> None:
    def rate(sample: np.ndarray) -> float:
        renewed, due = sample.sum(axis=0)
        return renewed / due if due else math.nan

    result = bootstrap(np.array([[1, 1], [0, 1], [0, 0], [0, 0]]), rate, resamples=500)
    assert 0 < result.undefined < 100
    assert 0 <= result.low <= result.value <= result.high <= 1


def test_statistic_without_a_value_has_no_limits() -> None:
    result = bootstrap(np.zeros(5), lambda sample: math.nan, resamples=20)
    assert math.isnan(result.value)
    assert math.isnan(result.low)
    assert result.undefined == 20


def test_one_customer_alone_has_no_limits() -> None:
    for result in (
        bootstrap(np.array([1.0, 2.0]), np.mean, clusters=["a", "a"]),
        bootstrap_ratio([1.0, 2.0], [4.0, 4.0], clusters=["a", "a"]),
    ):
        assert not math.isnan(result.value)
        assert math.isnan(result.low)
        assert math.isnan(result.high)


def test_rows_that_are_all_alike_have_an_interval_of_no_width() -> None:
    result = bootstrap(np.full(8, 3.0), np.mean, resamples=50)
    assert (result.value, result.low, result.high, result.standard_error) == (3, 3, 3, 0)


def test_many_clusters_are_left_out_in_groups() -> None:
    """2500 clusters cost 1000 evaluations of the jackknife, and the limits hardly move."""
    data, calls = np.random.default_rng(2).lognormal(size=2500), []

    def mean(sample: np.ndarray) -> float:
        calls.append(len(sample))
        return float(sample.mean())

    grouped = bootstrap(data, mean, resamples=400, seed=3)
    assert len(calls) == 1 + 400 + 1000
    exact = bootstrap_ratio(data, np.ones(2500), resamples=400, seed=3)
    assert grouped.low == pytest.approx(exact.low, abs=0.1 * exact.standard_error)
    assert grouped.high == pytest.approx(exact.high, abs=0.1 * exact.standard_error)


@pytest.mark.parametrize("method", ["bca", "percentile"])
@pytest.mark.parametrize("clusters", [None, list("aabbccddeeffgghhiijj")])
def test_ratio_is_the_bootstrap_of_that_statistic(method, clusters) -> None:
    rng = np.random.default_rng(8)
    used, total = rng.integers(0, 10, size=20), rng.integers(8, 14, size=20)
    slow = bootstrap(
        np.column_stack([used, total]),
        lambda sample: sample[:, 0].sum() / sample[:, 1].sum(),
        clusters=clusters,
        method=method,
        resamples=300,
        seed=6,
    )
    fast = bootstrap_ratio(used, total, clusters=clusters, method=method, resamples=300, seed=6)
    assert fast == pytest.approx(slow)


def test_who_gives_no_seed_gets_the_same_limits_as_with_seed_0(skewed) -> None:
    assert bootstrap(skewed, np.mean) == bootstrap(skewed, np.mean, seed=0)
    used, total = skewed, np.ones(len(skewed))
    assert bootstrap_ratio(used, total) == bootstrap_ratio(used, total, seed=0)


def test_ratio_in_several_blocks_gives_the_same_limits(monkeypatch) -> None:
    used, total = np.arange(10.0), np.full(10, 10.0)
    whole = bootstrap_ratio(used, total, resamples=100)
    monkeypatch.setattr("entitlement_sim.metrics.intervals._BLOCK", 70)
    assert bootstrap_ratio(used, total, resamples=100) == whole


def test_ratio_with_nothing_below_is_unknown_not_zero() -> None:
    assert all(math.isnan(part) for part in bootstrap_ratio([0, 0], [0, 0])[:4])


def test_cluster_interval_covers_about_as_often_as_it_says() -> None:
    rng, covered, trials = np.random.default_rng(4), 0, 300
    for trial in range(trials):
        level = rng.gamma(2.0, 0.25, size=40)
        customers = np.repeat(np.arange(40), 3)
        used = rng.poisson(10 * level[customers])
        limits = bootstrap_ratio(
            used, np.full(120, 10), clusters=customers, resamples=400, seed=trial
        )
        covered += limits.low <= 0.5 <= limits.high
    assert 0.90 <= covered / trials <= 0.98


def test_bad_input_is_refused() -> None:
    frame = pd.DataFrame({"customer_id": [1.0, None], "used": [1, 2]})
    with pytest.raises(ValueError, match="no rows"):
        bootstrap(np.array([]), np.mean)
    with pytest.raises(ValueError, match="no column 'customer'"):
        bootstrap(frame, len, clusters="customer")
    with pytest.raises(ValueError, match="some are missing"):
        bootstrap(frame, len, clusters="customer_id")
    with pytest.raises(ValueError, match="3 cluster labels for 2 rows"):
        bootstrap(np.array([1.0, 2.0]), np.mean, clusters=[1, 2, 3])
    with pytest.raises(ValueError, match="one length"):
        bootstrap_ratio([1, 2], [1])
