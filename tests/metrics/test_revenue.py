from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entitlement_sim.metrics.revenue import (
    Contract,
    proportional,
    proportional_by_portfolio,
    remote,
    stand_ready,
)

prices = st.integers(0, 10**9)
allotments = st.integers(0, 10**6)
rates = st.decimals(0, 1, places=3)
# Net use goes up and sometimes, where a case is given back, down.
histories = st.lists(st.integers(0, 2 * 10**6), min_size=1, max_size=15)
YEAR = [date(2024, month, 1) - timedelta(days=1) for month in range(2, 13)] + [date(2024, 12, 31)]


def test_price_follows_use_scaled_up_for_expected_breakage() -> None:
    """100.00 for ten cases, two of them expected to lapse: 12.50 for each one used."""
    assert proportional(10_000, 1000, [100, 300], Fraction(1, 5), closes=None) == (1250, 2500)


def test_half_of_the_expected_use_earns_half_of_the_price() -> None:
    assert proportional(100_000, 1000, [450], "0.1", closes=None) == (50_000,)


def test_use_beyond_what_was_expected_earns_no_more_than_the_price() -> None:
    """U > A (1 - b)."""
    assert proportional(10_000, 1000, [700, 850, 1000], "0.2", closes=None) == (8750, 1250, 0)


def test_over_consumption_earns_no_more_than_the_price() -> None:
    assert remote(10_000, 1000, [1500], closes=None) == (10_000,)


def test_rest_comes_with_the_effective_end() -> None:
    assert proportional(10_000, 1000, [200, 200, 200], "0.2", closes=1) == (2500, 7500, 0)


def test_new_estimate_catches_up_in_its_month() -> None:
    months = proportional(10_000, 1000, [400, 400, 400], ["0.2", "0", "0.5"], closes=None)
    assert months == (5000, -1000, 4000)


def test_estimate_that_cannot_be_supported_falls_back_to_the_remote_method() -> None:
    used = [100, 300, 300]
    assert proportional(9999, 1000, used, None, closes=2) == remote(9999, 1000, used, closes=2)


def test_when_no_use_is_expected_the_first_use_earns_all() -> None:
    """b = 1."""
    assert proportional(10_000, 1000, [0, 100, 200], 1, closes=None) == (0, 10_000, 0)


def test_when_no_use_is_expected_and_none_comes_the_end_earns_all() -> None:
    assert proportional(10_000, 1000, [0, 0, 0], 1, closes=2) == (0, 0, 10_000)


def test_price_of_nothing_earns_nothing() -> None:
    assert proportional(0, 1000, [100, 200], "0.2", closes=1) == (0, 0)
    assert stand_ready(0, YEAR[0], YEAR[-1], YEAR) == (0,) * 12


def test_with_nothing_to_use_the_price_waits_for_the_end() -> None:
    """A total of 0: no share used can be formed."""
    assert proportional(10_000, 0, [0, 0, 0], "0.2", closes=2) == (0, 0, 10_000)
    assert remote(10_000, 0, [0, 0], closes=None) == (0, 0)


def test_grace_after_the_end_keeps_the_price_open() -> None:
    used = [200, 200, 500, 500]
    at_the_end = remote(10_000, 1000, used, closes=1)
    after_grace = remote(10_000, 1000, used, closes=3)
    assert at_the_end == (2000, 8000, 0, 0)
    assert after_grace == (2000, 0, 3000, 5000)


def test_top_up_enlarges_the_allotment_from_its_month() -> None:
    assert remote(10_000, [1000, 2000], [500, 500], closes=None) == (5000, -2500)


def test_case_given_back_takes_revenue_back() -> None:
    assert remote(10_000, 1000, [300, 200], closes=None) == (3000, -1000)


def test_unclaimed_property_never_becomes_revenue() -> None:
    """ASC 606-10-55-49: 30.00 of what lapses belongs to the state."""
    assert remote(10_000, 1000, [200, 400], closes=1, remitted=3000) == (1400, 5600)
    assert sum(proportional(10_000, 1000, [900], "0.5", closes=None, remitted=3000)) == 7000


def test_what_is_remitted_is_never_earned_on_the_way() -> None:
    """Half of the expected use earns half of what can be earned, and all of it all."""
    used = [45_000, 90_000, 90_000]
    months = proportional(100_000, 100_000, used, "0.1", closes=2, remitted=10_000)
    assert months == (45_000, 45_000, 0)


def test_where_all_breakage_is_remitted_only_use_earns() -> None:
    """A fifth breaks and belongs to the state: the price for each term used is left."""
    months = proportional(10_000, 1000, [200, 400, 800], "0.2", closes=2, remitted=2000)
    assert months == (2000, 2000, 4000)


def test_use_that_stays_behind_leaves_the_rest_to_the_close() -> None:
    months = proportional(100_000, 100_000, [45_000, 60_000], "0.1", closes=1, remitted=10_000)
    assert months == (45_000, 45_000)


def test_a_refund_lowers_the_month_of_the_cancellation_alone() -> None:
    used = [200, 400]
    assert proportional(10_000, 1000, used, "0.2", closes=1, refunded=5000) == (2500, 2500)
    assert remote(10_000, 1000, used, closes=1, refunded=5000) == (2000, 3000)
    straight = stand_ready(
        36_600, date(2024, 1, 1), date(2024, 12, 31), YEAR[:2],
        cancelled_on=date(2024, 2, 10), refunded=32_600,
    )  # fmt: skip
    assert straight == (3100, 900)


def test_a_refund_takes_back_what_use_had_earned() -> None:
    assert remote(10_000, 1000, [900, 900], closes=1, refunded=5000) == (9000, -4000)


UNUSED = Contract(10_000, 1000, [0, 0, 0], closes=2)
USED = Contract(10_000, 1000, [250, 500, 500], closes=2)


def test_a_portfolio_earns_its_price_by_the_use_of_all_of_it() -> None:
    """Of 20 terms a half is expected to break, and 2.5, then 5 of the other ten are used."""
    assert proportional_by_portfolio([USED, UNUSED], "0.5") == (5000, 5000, 10_000)


def test_by_contract_one_without_use_earns_nothing_until_it_closes() -> None:
    by_contract = [proportional(*one[:3], "0.5", closes=2) for one in (USED, UNUSED)]
    assert by_contract == [(5000, 5000, 0), (0, 0, 10_000)]


def test_a_contract_that_closes_takes_its_use_out_of_the_portfolio() -> None:
    closing = Contract(10_000, 1000, [500, 500, 500], closes=1)
    open_one = Contract(10_000, 1000, [100, 100, 100])
    # 6 of 20 terms used; then one is over and the other stands alone with one of its ten.
    assert proportional_by_portfolio([closing, open_one], None) == (6000, 5000, 0)


def test_a_contract_that_begins_later_is_no_part_of_the_portfolio_before() -> None:
    late = Contract(10_000, 1000, [0, 0, 0], opens=1)
    assert proportional_by_portfolio([USED, late], None) == (2500, 2500, 5000)


def test_a_portfolio_earns_no_more_than_its_price() -> None:
    busy = Contract(10_000, 1000, [3000], closes=None)
    assert proportional_by_portfolio([busy], "0.5") == (10_000,)


def test_refunds_and_remittances_leave_a_portfolio_too() -> None:
    cancelled = Contract(10_000, 1000, [100, 100], closes=1, refunded=4000)
    lapsing = Contract(10_000, 1000, [100, 100], closes=1, remitted=2000)
    assert proportional_by_portfolio([cancelled, lapsing], None) == (1800, 12_200)


def test_a_portfolio_of_nothing_earns_nothing() -> None:
    assert proportional_by_portfolio([], "0.5") == ()


@pytest.mark.parametrize("opens", [-1, 2])
def test_a_contract_begins_before_it_closes(opens) -> None:
    with pytest.raises(ValueError, match="no beginning"):
        proportional_by_portfolio([Contract(100, 100, [0, 0], opens=opens, closes=1)], None)


@given(price=prices, allotment=allotments, used=histories, rate=rates)
def test_a_portfolio_of_one_contract_earns_as_the_contract(price, allotment, used, rate) -> None:
    closes = len(used) - 1
    contract = Contract(price, allotment, used, closes=closes)
    expected = proportional(price, allotment, used, rate, closes=closes)
    assert proportional_by_portfolio([contract], rate) == expected


def test_a_third_of_the_price_is_not_lost_to_rounding() -> None:
    assert remote(100, 300, [100, 200, 300], closes=None) == (33, 34, 33)


def test_half_a_hundredth_is_rounded_up() -> None:
    assert remote(1, 200, [100, 200], closes=None) == (1, 0)


@pytest.mark.parametrize("rate", ["0.1", 0.1, Decimal("0.1"), Fraction(1, 10)])
def test_share_may_be_written_in_any_way(rate) -> None:
    assert proportional(10**15, 1000, [100], rate, closes=None) == (111_111_111_111_111,)


@given(price=prices, allotment=allotments, used=histories, rate=rates)
def test_months_add_up_to_the_price(price, allotment, used, rate) -> None:
    last = len(used) - 1
    assert sum(proportional(price, allotment, used, rate, closes=last)) == price
    assert sum(remote(price, allotment, used, closes=last)) == price


@given(price=prices, allotment=allotments, used=histories, rate=rates)
def test_revenue_to_date_lies_between_nothing_and_the_price(price, allotment, used, rate) -> None:
    to_date = np.cumsum(proportional(price, allotment, used, rate, closes=None))
    assert ((to_date >= 0) & (to_date <= price)).all()


@given(price=prices, allotment=allotments, used=histories, rate=rates)
def test_reported_months_never_change(price, allotment, used, rate) -> None:
    whole = proportional(price, allotment, used, rate, closes=None)
    for months in range(len(used)):
        assert proportional(price, allotment, used[:months], rate, closes=None) == whole[:months]


@given(price=prices, allotment=st.integers(1, 10**6), used=histories, rate=rates)
def test_each_running_total_is_the_formula_to_half_a_hundredth(
    price, allotment, used, rate
) -> None:
    to_date = np.cumsum(proportional(price, allotment, used, rate, closes=None))
    for total, use in zip(to_date, used, strict=True):
        expected = Fraction(allotment) * (1 - Fraction(rate))
        share = min(Fraction(1), use / expected) if expected else Fraction(use > 0)
        assert abs(int(total) - price * share) <= Fraction(1, 2)


@given(price=prices, allotment=st.integers(1, 10**6), used=histories, low=rates, high=rates)
def test_more_expected_breakage_earns_earlier(price, allotment, used, low, high) -> None:
    low, high = sorted((low, high))
    fewer = np.cumsum(proportional(price, allotment, used, low, closes=None))
    more = np.cumsum(proportional(price, allotment, used, high, closes=None))
    assert (fewer <= more).all()


def test_standing_ready_earns_by_the_day() -> None:
    """366 days in 2024: 31, 60, 91, … of them have passed at the ends of months."""
    months = stand_ready(36_600, date(2024, 1, 1), date(2024, 12, 31), YEAR)
    assert months == (3100, 2900, 3100, 3000, 3100, 3000, 3100, 3100, 3000, 3100, 3000, 3100)


def test_standing_ready_for_a_term_within_the_year() -> None:
    months = stand_ready(10_000, date(2024, 3, 15), date(2024, 5, 3), YEAR)
    assert months[:2] == (0, 0)
    assert sum(months) == 10_000
    assert months[2:5] == (3400, 6000, 600)  # 17, 30 and 3 of 50 days
    assert months[5:] == (0,) * 7


def test_standing_ready_ends_with_a_cancellation() -> None:
    months = stand_ready(
        12_000, date(2024, 1, 1), date(2024, 12, 31), YEAR, cancelled_on=date(2024, 2, 10)
    )
    assert months == (1016, 10_984) + (0,) * 10


def test_standing_ready_still_running_keeps_the_rest() -> None:
    assert stand_ready(36_500, date(2023, 7, 1), date(2024, 6, 29), YEAR[:2])[-1] == 2900
    assert sum(stand_ready(36_600, date(2024, 1, 1), date(2024, 12, 31), YEAR[:3])) == 9100


def test_standing_ready_for_one_day() -> None:
    assert stand_ready(999, date(2024, 2, 29), date(2024, 2, 29), YEAR[:3]) == (0, 999, 0)


@given(price=prices, begin=st.integers(0, 364), length=st.integers(0, 365))
def test_straight_line_adds_up_and_never_falls(price, begin, length) -> None:
    first = date(2024, 1, 1) + timedelta(days=begin)
    last = min(first + timedelta(days=length), date(2024, 12, 31))
    months = stand_ready(price, first, last, YEAR)
    assert sum(months) == price
    assert min(months) >= 0


@pytest.mark.parametrize("rate", [-0.1, 1.1, "2"])
def test_breakage_rate_is_a_share(rate) -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        proportional(100, 100, [0], rate, closes=None)


def test_unlimited_entitlement_has_no_share_used() -> None:
    with pytest.raises(ValueError, match="stand-ready"):
        remote(100, None, [0], closes=None)


@pytest.mark.parametrize(
    "arguments",
    [
        {"price": -1},
        {"remitted": -1},
        {"remitted": 101},
        {"refunded": -1},
        {"refunded": 60, "remitted": 50},
        {"closes": 2},
        {"closes": -1},
        {"allotment": [100]},
        {"breakage_rate": ["0.1"]},
    ],
)
def test_amounts_and_months_must_fit(arguments) -> None:
    sound = {
        "price": 100,
        "allotment": 100,
        "used": [0, 50],
        "breakage_rate": "0.1",
        "closes": None,
    }
    with pytest.raises(ValueError, match=r"remitted|refunded|months"):
        proportional(**{**sound, **arguments})


def test_floats_are_no_amounts() -> None:
    with pytest.raises(TypeError):
        remote(100, 100.0, [50], closes=None)
    with pytest.raises(TypeError):
        remote(100, 100, [50.0], closes=None)


def test_whole_numbers_of_numpy_are_amounts() -> None:
    assert remote(10_000, np.int64(300), list(np.array([100, 300])), closes=None) == (3333, 6667)


def test_terms_and_months_run_forward() -> None:
    with pytest.raises(ValueError, match="before it starts"):
        stand_ready(100, date(2024, 2, 1), date(2024, 1, 31), YEAR)
    with pytest.raises(ValueError, match="ascend"):
        stand_ready(100, date(2024, 1, 1), date(2024, 1, 31), YEAR[::-1])
