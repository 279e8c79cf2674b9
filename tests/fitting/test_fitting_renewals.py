"""Lateness that is cut off, and errors of renewals by customer."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entitlement_sim.fitting.learned import Learned, Number
from entitlement_sim.fitting.mixes import dirichlet_multinomial
from entitlement_sim.fitting.renewals import _by_customer, _moved, truncated_exponential
from entitlement_sim.fitting.returning import fit_returns
from entitlement_sim.metrics.shifted_beta_geometric import fit_renewals


@given(st.floats(5, 25), st.integers(0, 1000))
def test_lateness_beyond_the_grace_is_made_up_for(mean: float, seed: int) -> None:
    days = np.ceil(np.random.default_rng(seed).exponential(mean, 4000))
    found, error = truncated_exponential(days[days <= 30], 30.0)
    assert abs(found - mean) < 4.5 * error


def test_of_customers_with_one_renewal_each_errors_are_those_of_the_likelihood() -> None:
    due, renewed = np.array([4000, 2524, 1872]), np.array([2524, 1872, 1528])
    fit = fit_renewals(due, renewed)
    number = np.repeat([1, 2, 3], due)
    outcome = np.concatenate([np.arange(n) < k for n, k in zip(due, renewed, strict=True)])
    alpha, beta = fit.model.alpha, fit.model.beta
    alone = _by_customer(number, outcome, np.arange(len(number)), alpha, beta)
    assert np.sqrt(np.diag(alone)) == pytest.approx(np.sqrt(np.diag(fit.covariance)), rel=0.05)
    doubled = _by_customer(
        np.tile(number, 2), np.tile(outcome, 2), np.tile(np.arange(len(number)), 2), alpha, beta
    )
    assert doubled == pytest.approx(alone, rel=1e-3)  # the same customer twice tells nothing more


def test_mixes_of_customers_scatter_as_they_were_drawn() -> None:
    rng = np.random.default_rng(7)
    shares = rng.dirichlet(3.0 * np.array([0.45, 0.25, 0.15, 0.15]), 400)
    counts = np.array([rng.multinomial(20, own) for own in shares], float)
    found = dirichlet_multinomial(counts)
    assert found is not None
    assert abs(found[0] - 3.0) < 3 * found[1]


def test_one_case_each_tells_nothing_of_how_customers_differ() -> None:
    assert dirichlet_multinomial(np.eye(3)) is None


def test_what_use_does_to_renewals_is_told_beside_how_customers_differ() -> None:
    rng = np.random.default_rng(8)
    rows = []
    for customer, leaves in enumerate(rng.beta(0.8, 2.0, 1500)):
        for number in range(1, 7):
            use = rng.uniform(0, 1)
            odds = np.log((1 - leaves) / leaves) + 2.0 * (use - 0.5)
            stays = rng.random() < 1 / (1 + np.exp(-odds))
            rows.append((customer, customer, number, use, stays))
            if not stays:
                break
    columns = ["customer_id", "root_id", "renewal_number", "utilisation", "stays"]
    due = pd.DataFrame(rows, columns=columns)
    value = {"beta_geometric": {"alpha": 1.0, "beta": 2.0}}
    alone = Learned(("r",), value, "estimated", (Number("alpha", 1.0), Number("beta", 2.0)))
    inclination, moved = _moved(("r",), due, due["stays"].to_numpy(), alone)
    for number, truth in zip((*inclination.numbers, *moved.numbers), (0.8, 2.0, 2.0), strict=True):
        assert abs(number.value - truth) < 3.5 * number.standard_error


def test_who_lapses_and_comes_back_is_told_from_who_renews_late() -> None:
    rng = np.random.default_rng(9)
    n, grace, last = 6000, 90, 1000
    ends = rng.integers(0, last - grace, n).astype(float)
    stays = rng.random(n) < 0.6
    late = np.where(rng.random(n) < 0.3, np.ceil(rng.exponential(12, n)), 0.0)
    returns = np.where(rng.random(n) < 0.2, np.ceil(rng.exponential(120, n)), np.inf)
    lag = np.where(stays, late, returns)
    lag[lag > last - ends] = np.inf
    kinds = np.select([lag < 1, lag < grace, lag < np.inf], ["on_time", "late", "win_back"], "lost")
    due = pd.DataFrame(
        {"class": kinds, "lag_days": np.where(lag < np.inf, lag, np.nan), "ends": ends}
    )
    renewed = np.isin(kinds, ["on_time", "late"])
    learned, stayed = fit_returns(("r",), due, renewed, grace, last)
    for number, truth in zip(learned.numbers, (0.2, 120), strict=True):
        assert abs(number.value - truth) < 3 * number.standard_error
    assert renewed.mean() > 0.62
    assert stayed.mean() == pytest.approx(0.6, abs=0.02)
