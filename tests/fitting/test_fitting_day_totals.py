"""The calendar of a book: regression of its days, what customers share, and where it breaks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entitlement_sim.fitting.day_totals import (
    _block_bootstrap,
    _break_in,
    _poisson,
    _shared,
)

DAYS = 730
NUMBERS = np.arange(19723, 19723 + DAYS)  # from Monday, 1 January 2024
WEEKS = (NUMBERS + 3) // 7 - (NUMBERS[0] + 3) // 7


@given(st.lists(st.integers(1, 60), min_size=6, max_size=30), st.integers(0, 100))
def test_means_by_group_are_those_of_the_counts(counts: list[int], seed: int) -> None:
    values = np.array(counts, float)
    offset = np.random.default_rng(seed).uniform(0.5, 3, len(values))
    group = np.arange(len(values)) % 3
    beta, _ = _poisson((group[:, None] == np.arange(3)).astype(float), values, offset)
    expected = [values[group == own].sum() / offset[group == own].sum() for own in range(3)]
    assert np.exp(beta) == pytest.approx(expected)


def test_of_independent_days_blocks_of_weeks_give_the_errors_of_the_likelihood() -> None:
    design = np.column_stack([np.ones(DAYS), NUMBERS % 2])
    counts = np.random.default_rng(1).poisson(20.0, DAYS).astype(float)
    beta, information = _poisson(design, counts, np.ones(DAYS))
    draws = _block_bootstrap(design, counts, np.ones(DAYS), beta, information, WEEKS)
    expected = np.sqrt(np.diag(np.linalg.inv(information)))
    assert draws.std(0, ddof=1) == pytest.approx(expected, rel=0.35)


def groups(spread: float, sd: float, bunches: int = 1) -> list:
    """What is learned of days whose customers share so much, and have cases in bunches."""
    rng = np.random.default_rng(2)
    level = np.zeros(WEEKS[-1] + 1)
    for week in range(1, len(level)):
        level[week] = 0.9 * level[week - 1] + np.sqrt(1 - 0.81) * rng.normal(0, sd)
    days = np.exp(level - sd**2 / 2)[WEEKS]
    if spread:
        days = days * rng.gamma(1 / spread**2, spread**2, DAYS)
    offset = np.full((8, DAYS), 5.0)
    counts = bunches * rng.poisson(offset * days / bunches).astype(float)
    mean = np.full(DAYS, counts.sum() / DAYS)
    return _shared((counts, offset), mean, NUMBERS, np.ones(DAYS, np.bool_))


def test_what_customers_share_on_a_day_and_in_weeks_is_found() -> None:
    spread, level = groups(0.15, 0.2)
    assert abs(spread.value - 0.15) < 3 * spread.numbers[0].standard_error
    sd, half_life = level.numbers
    assert abs(sd.value - 0.2) < 3 * sd.standard_error
    assert 20 < half_life.value < 200


def test_bunches_of_single_customers_are_nothing_that_customers_share() -> None:
    assert [each.status for each in groups(0.0, 0.0, bunches=4)] == ["default", "default"]


@pytest.mark.parametrize(("factor", "found"), [(1.0, False), (0.7, True)])
def test_a_break_is_found_where_there_is_one(factor: float, found: bool) -> None:
    at = NUMBERS[7 * 60]
    rng = np.random.default_rng(3)
    counts = rng.poisson(20.0 * np.where(at <= NUMBERS, factor, 1.0)).astype(float)
    mean = np.full(DAYS, counts.mean())
    place = _break_in(NUMBERS, counts, mean, np.ones(DAYS, np.bool_), WEEKS)
    assert (place is not None) == found
    if place is not None:
        assert abs(place - at) <= 14
        assert (place + 3) % 7 == 0  # a Monday
