"""Prices are reckoned in whole hundredths, each rounded once, halves up."""

import datetime as dt
from fractions import Fraction

import pytest

from entitlement_sim.rules.days import day_number
from entitlement_sim.rules.prices import (
    HIGHEST_PRICE,
    discounted,
    price_of_periods,
    price_of_spend,
    risen,
    unused_price,
)

#: 10 % to 10,000, 7 % to 80,000, 5 % to 250,000.
BANDS = [1_000_000, 1000, 8_000_000, 700, 25_000_000, 500]


@pytest.mark.parametrize(
    ("spend", "price"), [(600, 100), (2_000, 200), (85_000, 6_150), (300_000, 15_900)]
)
def test_each_band_of_spend_has_its_own_rate(spend: int, price: int) -> None:
    assert price_of_spend(spend * 100, BANDS, 0, 3, 300, 10_000) == price * 100


@pytest.mark.parametrize("end", BANDS[::2])
def test_at_the_end_of_a_band_the_price_does_not_jump(end: int) -> None:
    before, at, after = (price_of_spend(end + step, BANDS, 0, 3, 300, 0) for step in (-1, 0, 1))
    assert 0 <= at - before <= 1
    assert 0 <= after - at <= 1


def test_a_price_by_spend_is_rounded_once_and_halves_up() -> None:
    bands = [5, 1000, 10, 1000]  # half a hundredth from each band is one hundredth together
    assert price_of_spend(10, bands, 0, 2, 0, 0) == 1
    assert price_of_spend(5, bands, 0, 2, 0, 0) == 1
    assert price_of_spend(4, bands, 0, 2, 0, 0) == 0


def test_bands_stand_anywhere_in_a_list() -> None:
    assert price_of_spend(200_000, [7, 7, *BANDS], 2, 3, 300, 10_000) == 20_000


def months(amount: int, every: int, first: dt.date, last: dt.date) -> int:
    return price_of_periods(amount, every, day_number(first), day_number(last))


@pytest.mark.parametrize(
    ("every", "last", "price"),
    [
        (1, dt.date(2026, 12, 31), 120_000),
        (3, dt.date(2026, 12, 31), 40_000),
        (12, dt.date(2028, 12, 31), 30_000),
        (1, dt.date(2026, 1, 1), 323),  # of 31 days
        (1, dt.date(2026, 2, 14), 15_000),  # January, and half of February
        (12, dt.date(2026, 6, 30), 4_959),  # 181 of 365 days
    ],
)
def test_a_price_counts_whole_periods_and_the_days_of_a_part(
    every: int, last: dt.date, price: int
) -> None:
    assert months(10_000, every, dt.date(2026, 1, 1), last) == price


def test_months_from_a_31st_are_whole_ones() -> None:
    assert months(10_000, 1, dt.date(2026, 1, 31), dt.date(2026, 2, 27)) == 10_000


def test_a_price_rises_each_time_from_the_one_before() -> None:
    price = 9_999
    for _ in range(20):
        following = int(Fraction(price * 105, 100) + Fraction(1, 2))
        assert risen(price, 500) == following
        price = following


def test_a_price_rises_no_higher_than_any_scenario_may_write() -> None:
    assert risen(HIGHEST_PRICE - 1, 10_000) == HIGHEST_PRICE


@pytest.mark.parametrize(
    ("price", "off", "paid"), [(10_001, 5_000, 5_001), (9_999, 1_500, 8_499), (100, 10_000, 0)]
)
def test_what_is_paid_is_rounded_half_up(price: int, off: int, paid: int) -> None:
    assert discounted(price, off) == paid


@pytest.mark.parametrize(
    ("cancelled_on", "back"),
    [(-5, 36_500), (0, 36_500), (1, 36_400), (364, 100), (365, 0), (900, 0)],
)
def test_the_days_from_a_cancellation_on_are_unused(cancelled_on: int, back: int) -> None:
    assert unused_price(36_500, 0, 364, cancelled_on) == back
