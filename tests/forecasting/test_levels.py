"""Where the level of a book stands on its last day, and how it goes on."""

import datetime as dt

import numpy as np
import pytest

from entitlement_sim.forecasting.levels import LevelNow, grown_by, level_now
from entitlement_sim.rules.days import day_number
from entitlement_sim.scenario.models import Calendar, Level, Step

BEGINS = day_number(dt.date(2024, 1, 1))
DAYS = 728


def calendar(**level: object) -> Calendar:
    return Calendar(start=dt.date(2024, 1, 1), days=DAYS, level=Level(**level))


def test_a_level_that_is_declared_is_found_where_the_last_weeks_have_it() -> None:
    usual = np.full(DAYS, 50.0)
    higher = usual.copy()
    higher[-84:] *= 1.3
    found = level_now(calendar(sd=0.2, half_life_days=90), higher, usual, 1.0, BEGINS)
    assert found.source == "declared"
    # The mean of the logarithm is half its variance below none, so that the mean factor is 1.
    assert found.mean == pytest.approx(np.log(1.3) + 0.02, abs=0.03)
    assert 0 < found.variance < 0.04


def test_a_level_goes_back_to_its_mean() -> None:
    level = LevelNow(0.2, 30.0, 0.5, 0.0, "declared")
    rng = np.random.default_rng(1)
    drawn = np.array([level.factors(700, rng) for _ in range(400)])
    assert drawn[:, :7].mean() > 1.4
    assert drawn[:, -7:].mean() == pytest.approx(1.0, abs=0.05)
    assert np.log(drawn[:, -1]).std() == pytest.approx(0.2, rel=0.15)


def test_a_break_of_the_level_may_come_again() -> None:
    usual = np.full(DAYS, 50.0)
    step = Step(date=dt.date(2024, 12, 30), factor=0.5)
    found = level_now(calendar(steps=[step]), usual, usual, 1.0, BEGINS)
    assert found.source == "breaks"
    assert found.sd == pytest.approx(np.log(2) / 2, rel=0.02)


def test_totals_that_lie_further_apart_than_chance_tell_of_a_level() -> None:
    rng = np.random.default_rng(2)
    usual = np.full(DAYS, 20.0)
    steady = rng.poisson(usual).astype(float)
    assert level_now(calendar(), steady, usual, 1.0, BEGINS).sd == 0.0
    wandering = usual * np.repeat(np.exp(rng.normal(0, 0.3, DAYS // 28)), 28)
    found = level_now(calendar(), rng.poisson(wandering).astype(float), usual, 1.0, BEGINS)
    assert found.source == "totals"
    assert found.sd == pytest.approx(0.3, rel=0.4)


def test_few_cases_tell_of_no_level() -> None:
    few = np.zeros(DAYS)
    found = level_now(calendar(), few, np.full(DAYS, 0.01), 1.0, BEGINS)
    assert (found.sd, found.source) == (0.0, "none")
    assert (found.factors(10, np.random.default_rng(0)) == 1.0).all()


def test_growth_counts_from_the_first_day_of_the_book() -> None:
    growing = Calendar(start=dt.date(2024, 1, 1), days=DAYS, growth=0.1)
    assert grown_by(growing, BEGINS, BEGINS) == 1.0
    assert grown_by(growing, BEGINS, BEGINS + 1461) == pytest.approx(1.1**4)
