"""A forecast from a day within a run, held against what came."""

import datetime as dt
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from entitlement_sim import Run, Scenario, simulate
from entitlement_sim.forecasting import Backtest, backtest
from entitlement_sim.forecasting.backtest import FORECASTS, SCORED, TRUE_GENERATOR, crps, pinball

from .worlds import CUT, WORLD, came


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    few = ["segments.small.customers=30", "segments.large.customers=8"]
    with simulate(Scenario.parse(WORLD, overrides=few), seed=6) as simulated:
        yield simulated


@pytest.fixture(scope="module")
def tested(run: Run) -> Backtest:
    return backtest(run, [CUT], replications=20)


def test_what_came_is_what_the_run_has(run: Run, tested: Backtest) -> None:
    actual = came(run.scenario, 6, CUT)
    for quantity in ("cases", "expiries"):
        own = tested.months[tested.months["quantity"] == quantity]
        # A contract that ends on the last day has ended in the month, whatever becomes of it.
        np.testing.assert_array_equal(own["came"], actual[quantity].to_numpy()[: len(own)])


def test_each_quantity_is_held_against_forecasts_that_anybody_can_make(tested: Backtest) -> None:
    scores = tested.scores()
    assert set(scores["quantity"]) == set(SCORED)
    assert set(scores["forecast"]) == set(FORECASTS)
    assert (scores["n"] == 12).all()
    assert (scores["crps"] >= 0).all()


def test_coverage_and_transforms_are_shares(tested: Backtest) -> None:
    assert tested.months["pit"].between(0, 1).all()
    coverage = tested.coverage()
    assert (coverage["held_50"] <= coverage["held_80"]).all()
    assert (coverage["held_80"] <= coverage["held_95"]).all()


def test_chances_are_of_contracts_whose_term_was_over(tested: Backtest) -> None:
    assert tested.reliability()["n"].sum() == len(tested.contracts)
    assert 0 <= tested.brier <= 1
    [total] = tested.totals.to_dict("records")
    assert total["n"] == len(tested.contracts)
    assert total["said"] == pytest.approx(tested.contracts["chance"].sum())
    assert total["happened"] == tested.contracts["ran_dry"].sum()
    assert total["low_95"] <= total["said"] <= total["high_95"]


def test_the_score_of_one_replication_is_its_error() -> None:
    assert crps(np.array([3.0]), 5.0) == 2.0
    assert crps(np.full(7, 5.0), 5.0) == 0.0


def test_a_quantile_that_is_too_low_costs_its_share() -> None:
    assert pinball(0.0, 10.0, 0.1) == pytest.approx(1.0)
    assert pinball(20.0, 10.0, 0.1) == pytest.approx(9.0)


def test_a_back_test_needs_a_cut(run: Run) -> None:
    with pytest.raises(ValueError, match="needs a day"):
        backtest(run, [])
    with pytest.raises(ValueError, match="within the run"):
        backtest(run, [dt.date(1999, 1, 1)])
    with pytest.raises(ValueError, match="within the run"):
        backtest(run, [run.manifest.last_day])
    with pytest.raises(ValueError, match="1 or more"):
        backtest(run, [CUT], [0, 1])


def test_horizons_are_the_whole_months_after_a_cut(run: Run) -> None:
    told = backtest(run, [dt.date(2024, 12, 10)], [1, 3], replications=2)
    months = told.months[["month", "ahead"]].drop_duplicates().to_numpy().tolist()
    assert months == [[dt.date(2025, 1, 1), 1], [dt.date(2025, 3, 1), 3]]


def test_no_whole_month_is_nothing_to_score(run: Run) -> None:
    cut = run.manifest.last_day - dt.timedelta(days=20)
    told = backtest(run, [cut], [1], replications=2)
    assert told.coverage().empty
    assert told.scores().empty
    assert told.table().rows == []


def test_a_fitted_scenario_is_scored_beside_the_one_that_made_the_run(run: Run) -> None:
    told = backtest(run, [CUT], [1, 2], replications=10, fitted=True)
    scores = told.scores()
    assert set(scores["forecast"]) == {*FORECASTS, TRUE_GENERATOR}
    by_truth = backtest(run, [CUT], [1, 2], replications=10).scores()
    own = scores[scores["forecast"] == TRUE_GENERATOR].drop(columns="forecast")
    true = by_truth[by_truth["forecast"] == FORECASTS[0]].drop(columns="forecast")
    pd.testing.assert_frame_equal(own.reset_index(drop=True), true.reset_index(drop=True))
