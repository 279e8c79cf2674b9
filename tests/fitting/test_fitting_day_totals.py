"""The calendar of a book: regression of its days, what customers share, and where it breaks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entitlement_sim.fitting.day_totals import _block_bootstrap, _poisson
from entitlement_sim.fitting.seasons import Days, SlowMoves, break_in, fit_slow_moves, slow_columns
from entitlement_sim.fitting.shared_days import days_of_incidents, fit_day_spread

DAYS = 730
NUMBERS = np.arange(19723, 19723 + DAYS)  # from Monday, 1 January 2024
WEEKS = (NUMBERS + 3) // 7 - (NUMBERS[0] + 3) // 7
ALL = np.ones(DAYS, np.bool_)


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


def level_of(rng: np.random.Generator, sd: float, half_life: float = 60.0) -> np.ndarray:
    """Factor of each day by a level that wanders."""
    stays = 0.5 ** (7 / half_life)
    level = np.empty(WEEKS[-1] + 1)
    level[0] = rng.normal(0, sd)
    for week in range(1, len(level)):
        level[week] = stays * level[week - 1] + np.sqrt(1 - stays**2) * rng.normal(0, sd)
    return np.exp(level - sd**2 / 2)[WEEKS]


def spread_of(spread: float, sd: float, bunches: int = 1) -> tuple:
    """What is learned of days whose customers share so much, and have cases in bunches."""
    rng = np.random.default_rng(2)
    days = level_of(rng, sd)
    if spread:
        days = days * rng.gamma(1 / spread**2, spread**2, DAYS)
    offset = np.full((8, DAYS), 5.0)
    counts = bunches * rng.poisson(offset * days / bunches).astype(float)
    mean = np.full(DAYS, counts.sum() / DAYS)
    return fit_day_spread((counts, offset), mean, NUMBERS, ALL, ~ALL)


def test_what_customers_share_on_a_day_is_found_beside_a_level() -> None:
    learned, square = spread_of(0.15, 0.2)
    assert abs(learned.value - 0.15) < 3 * learned.numbers[0].standard_error
    assert square == pytest.approx(learned.value**2, rel=1e-3)


def test_bunches_of_single_customers_are_nothing_that_customers_share() -> None:
    learned, square = spread_of(0.0, 0.0, bunches=4)
    assert (learned.status, square) == ("default", 0.0)


def test_days_with_far_more_cases_than_others_stand_apart() -> None:
    mean = np.full(DAYS, 40.0)
    counts = np.random.default_rng(3).poisson(mean).astype(float)
    counts[[100, 400]] = 120
    assert np.flatnonzero(days_of_incidents(counts, mean, ALL)).tolist() == [100, 400]


def moves_of(factors: np.ndarray, seed: int, a_day: float = 30.0, at: int | None = None):
    """What is learned of the weeks of days that have so many times as many cases."""
    counts = np.random.default_rng(seed).poisson(a_day * factors).astype(float)
    names, columns = slow_columns(NUMBERS, int(NUMBERS[0]), DAYS, at)
    design = np.column_stack([np.ones(DAYS), *columns])
    beta, _ = _poisson(design, counts, np.ones(DAYS))
    days = Days(NUMBERS, counts, np.exp(design @ beta), ALL, 0.0, at)
    return fit_slow_moves(days, dict(zip(["", *names], beta, strict=True)))


def named(moves: SlowMoves) -> dict:
    return {each.path[-1]: each for each in moves.learned}


def test_growth_and_season_are_found_where_there_is_no_level() -> None:
    years = (NUMBERS - NUMBERS[0]) / 365.25
    factors = 1.2**years * (1 + 0.15 * np.cos(2 * np.pi * (years - 0.05)))
    moves = moves_of(factors, 4)
    learned = named(moves)
    for key, part, truth in (("growth", 0, 0.2), ("season", 0, 0.15), ("season", 1, 18.3)):
        number = learned[key].numbers[part]
        assert abs(number.value - truth) < 3 * number.standard_error, key
    assert learned["level"].status == "default"
    assert moves.error == 0.0
    assert moves.busy / moves.busy.mean() == pytest.approx(factors / factors.mean(), rel=0.06)


def test_a_level_that_wanders_is_no_growth_and_its_error_says_so() -> None:
    growths, levels, errors = [], [], []
    for seed in range(100, 107):
        moves = moves_of(level_of(np.random.default_rng(seed), 0.15), seed)
        learned = named(moves)
        growths.append(learned["growth"])
        levels.append(learned["level"])
        errors.append(moves.error)
    held = [each.numbers[0].low <= 0 <= each.numbers[0].high for each in growths]
    assert sum(held) >= 6
    assert {each.status for each in levels} == {"estimated"}
    assert np.mean([each.numbers[0].value for each in levels]) == pytest.approx(0.15, abs=0.04)
    assert sum(each.numbers[0].low <= 0.15 <= each.numbers[0].high for each in levels) >= 6
    assert sum(each.numbers[1].low <= 60 <= each.numbers[1].high for each in levels) >= 6
    # A mean of two years, of which 173 days go together (twice a half-life over the log of 2).
    assert np.mean(errors) == pytest.approx(0.15 * np.sqrt(173 / DAYS), rel=0.4)


@pytest.mark.parametrize(("factor", "found"), [(1.0, False), (0.7, True)])
def test_a_break_is_found_where_there_is_one(factor: float, found: bool) -> None:
    at = NUMBERS[7 * 60]
    rng = np.random.default_rng(3)
    counts = rng.poisson(20.0 * np.where(at <= NUMBERS, factor, 1.0)).astype(float)
    mean = np.full(DAYS, counts.mean())
    place = break_in(NUMBERS, counts, mean, ALL, WEEKS)
    assert (place is not None) == found
    if place is not None:
        assert abs(place - at) <= 14
        assert (place + 3) % 7 == 0  # a Monday


def test_a_break_is_kept_beside_a_level_where_it_is_one() -> None:
    at = int(NUMBERS[7 * 60])
    step = np.where(at <= NUMBERS, 0.6, 1.0)
    moves = moves_of(step * level_of(np.random.default_rng(1), 0.05), 5, at=at)
    assert moves.has_step
    number = named(moves)["steps"].numbers[0]
    assert abs(number.value - 0.6) < 3 * number.standard_error


def test_a_level_that_wanders_is_no_break() -> None:
    kept = 0
    for seed in range(6):
        factors = level_of(np.random.default_rng(seed), 0.2)
        apart = break_in(NUMBERS, 30 * factors, np.full(DAYS, 30 * factors.mean()), ALL, WEEKS)
        kept += apart is not None and moves_of(factors, seed, at=apart).has_step
    assert kept <= 1


def test_of_few_weeks_no_level_is_told() -> None:
    few = np.arange(70)
    numbers, counts = NUMBERS[few], np.full(70, 30.0)
    days = Days(numbers, counts, counts, few >= 0, 0.0, None)
    learned = named(fit_slow_moves(days, {}))
    assert {each.status for each in learned.values()} == {"default"}
