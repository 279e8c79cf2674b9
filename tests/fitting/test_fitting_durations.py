"""Mixtures of log-normals with cases that are still open, against what is known of them."""

import numpy as np
import pytest
from scipy import optimize, stats

from entitlement_sim.fitting.durations import (
    _atoms,
    _errors,
    _factors,
    _given_time,
    fit_mixture,
)
from entitlement_sim.fitting.learned import positive


def test_one_part_is_mean_and_deviation_of_the_logarithms() -> None:
    x = np.random.default_rng(1).normal(2.0, 0.7, 500)
    none = np.zeros(500, np.bool_)
    fitted = fit_mixture(x, none, none, most_parts=1)
    assert fitted.means[0] == pytest.approx(x.mean())
    assert fitted.sigmas[0] == pytest.approx(x.std())


def test_open_cases_count_as_at_least_as_long() -> None:
    rng = np.random.default_rng(2)
    x, limit = rng.normal(1.0, 1.0, 400), rng.uniform(0, 2, 400)
    is_open = x > limit
    seen = np.minimum(x, limit)
    fitted = fit_mixture(seen, is_open, np.zeros(400, np.bool_), most_parts=1)

    def negative(parameters: np.ndarray) -> float:
        mean, sigma = parameters[0], np.exp(parameters[1])
        ends = stats.norm.logpdf(seen, mean, sigma)
        return -np.where(is_open, stats.norm.logsf(seen, mean, sigma), ends).sum()

    best = optimize.minimize(negative, [0.5, 0.0]).x
    assert fitted.means[0] == pytest.approx(best[0], abs=1e-3)
    assert fitted.sigmas[0] == pytest.approx(np.exp(best[1]), abs=1e-3)


def test_as_many_parts_as_there_are_and_their_errors_hold() -> None:
    rng = np.random.default_rng(3)
    which = rng.random(4000) < 0.42
    x = np.where(which, rng.normal(-1.1, 1.5, 4000), rng.normal(4.6, 1.4, 4000))
    none = np.zeros(4000, np.bool_)
    fitted = fit_mixture(x, none, none)
    assert len(fitted.shares) == 2
    errors = _errors(x, fitted, none, none, np.arange(4000))
    for place, (share, mean, sigma) in enumerate([(0.42, -1.1, 1.5), (0.58, 4.6, 1.4)]):
        own = (fitted.shares[place], fitted.means[place], fitted.sigmas[place])
        for value, truth, error in zip(own, (share, mean, sigma), errors[place], strict=True):
            assert abs(value - truth) < 3.5 * error


def test_a_timer_is_a_time_that_very_many_cases_have() -> None:
    rng = np.random.default_rng(4)
    minutes = rng.integers(2, 20_000, 2000)
    assert _atoms(minutes) == []
    assert _atoms(np.r_[minutes, np.full(300, 7200)]) == [7200]


def test_what_a_case_is_about_multiplies_its_time_where_it_does() -> None:
    rng = np.random.default_rng(5)
    words = np.array(["Mail", "Storage"], object)[rng.integers(2, size=3000)]
    none = np.zeros(3000, np.bool_)
    which = rng.random(3000) < 0.4
    x = np.where(which, rng.normal(0, 1, 3000), rng.normal(5, 1, 3000))
    customers = np.arange(3000)
    assert _factors(x, none, none, fit_mixture(x, none, none), words, customers) is None
    x = x + np.where(words == "Mail", 0.4, 0.0)
    found = _factors(x, none, none, fit_mixture(x, none, none), words, customers)
    assert found is not None
    apart = found.logarithms[0] - found.logarithms[1]
    assert abs(apart - 0.4) < 3.5 * np.hypot(*found.errors)


def test_minutes_go_with_a_power_of_the_time_to_the_end() -> None:
    rng = np.random.default_rng(6)
    time = np.exp(rng.normal(7, 1, 2000))
    minutes = np.maximum(20 * (time / 1000) ** 0.4 * np.exp(rng.normal(0, 0.5, 2000)), 1)
    customers = rng.integers(0, 200, 2000)
    whole = [np.rint(values).astype(np.int64) for values in (minutes, time)]
    correlation, power = _given_time(whole[0], whole[1], customers)
    assert power.name == "power of the time to the end"
    assert abs(power.value - 0.4) < 4 * power.standard_error
    # Of logarithms that are normal: 6 / pi times the arc sine of half of their correlation.
    expected = 6 / np.pi * np.arcsin(0.4 / np.hypot(0.4, 0.5) / 2)
    assert abs(correlation.value - expected) < 4 * correlation.standard_error
    assert _given_time(whole[0], np.full(2000, 7), customers) == ()


def test_limits_that_would_say_nothing_are_not_given() -> None:
    assert np.isfinite(positive(1.0, 7.0).high)
    assert np.isnan(positive(1.0, 7.1).high)
