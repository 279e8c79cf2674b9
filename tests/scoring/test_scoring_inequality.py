"""How unequal customers are and how their cases bunch, on a few of them."""

import datetime as dt

import pytest
from hand_made import START, HandMade

from entitlement_sim.scoring.figures import Figures
from entitlement_sim.scoring.inequality import shape, weekly_dispersion
from entitlement_sim.store.counted import Period


def having(*counts: int, days: int = 91, apart: int = 1) -> HandMade:
    """Customers with so many cases each, one a day from the first on."""
    made = HandMade(days=days)
    for customer, count in enumerate(counts, 1):
        made.customers[customer] = {"customer_id": customer, "segment": "small"}
        for number in range(count):
            made.case(number * apart, customer=customer)
    return made


def test_the_shape_is_the_likeliest_one_with_zeros(numbers):
    card = numbers(having(0, 1, 1, 2, 3, 9).run())
    assert card("shape") == pytest.approx(1.31079460744)
    assert card.of("shape", column="n") == 6


def test_the_shape_of_those_seen_leaves_zeros_out(numbers):
    counts = [0] * 9 + [1] * 8 + [2] * 5 + [3] * 3 + [5] * 2 + [9]
    card = numbers(having(*counts).run())
    assert card("seen_shape") == pytest.approx(0.6280319059)
    assert card.of("seen_shape", column="n") == 19


def test_a_run_one_day_short_of_a_window_has_no_shape(numbers):
    card = numbers(having(0, 1, 1, 2, 3, 9, days=90).run())
    for row in ("shape", "seen_shape", "gini", "top_tenth", "weekly_dispersion", "short_gaps"):
        assert card.of(row, column="why") == "the run is shorter than 91 days"


def test_days_before_the_first_whole_window_are_left_out(numbers):
    # Of 100 days the first nine are left out: who wrote on each of nine or fewer is unseen.
    card = numbers(having(9, 11, 12, days=100).run())
    assert card.of("gini", column="n") == 2


def test_each_window_has_a_mean_of_its_own(numbers):
    made = having(4, 4, 4, days=182)
    for customer in (1, 2, 3):
        for _ in range(40):
            made.case(150, customer=customer)
    assert numbers(made.run())("shape") >= 1e4  # as good as without any spread


def test_who_joined_within_a_window_is_no_customer_of_it(numbers):
    made = having(0, 1, 1, 2, 3, 9, 50)
    made.customers[7]["joined_on"] = (START + dt.timedelta(days=1)).isoformat()
    made.customers[6]["joined_on"] = START.isoformat()
    assert numbers(made.run())("shape") == pytest.approx(1.31079460744)


def test_who_may_have_ceased_to_write_is_there_up_to_its_last_cover(monkeypatch):
    made = having(0, 1, 1, 2, 3, 9, 50)
    for customer in range(1, 7):
        made.holds(0, 90 if customer > 1 else 200, customer=customer)
    made.holds(0, 89, customer=7)
    with made.run() as run:
        assert shape(Figures(run), None)[0].n == 7
        monkeypatch.setattr(Period, "mortal", {"small"})
        assert shape(Figures(run), None)[0].value == pytest.approx(1.31079460744)


def test_the_gini_coefficient_is_of_customers_with_cases(numbers):
    # Mean difference of 1, 1, 2 over twice their mean: (4 / 9) / (8 / 3).
    card = numbers(having(0, 0, 1, 1, 2).run())
    assert card("gini") == pytest.approx(1 / 6)
    assert card("account_gini") == card("gini")


@pytest.mark.parametrize(
    ("counts", "share"),
    [([1] * 9 + [11], 0.55), ([1, 1, 1, 1, 6], 0.3), ([7], 0.1)],
    ids=["a whole customer", "half of one", "a tenth of the only one"],
)
def test_the_tenth_with_the_most_cases(numbers, counts, share):
    assert numbers(having(*counts).run())("top_tenth") == pytest.approx(share)


def test_weeks_are_held_against_those_of_all(numbers):
    # Two customers with ten cases in a week of their own. X² is 2 (20/10 · 10²/10 - 10); expected
    # are (2 - 1) (2 · 20 - 20) / 19.
    made = HandMade(days=91)
    for customer, day in ((1, 0), (2, 7)):
        for _ in range(10):
            made.case(day, customer=customer)
    card = numbers(made.run())
    assert card("weekly_dispersion") == pytest.approx(19)
    assert card.of("weekly_dispersion", column="n") == 2


def test_weeks_like_those_of_all_do_not_bunch(numbers):
    made = HandMade(days=91)
    for customer in (1, 2):
        for day in (0, 6, 7, 13, 84, 90):
            for _ in range(2):
                made.case(day, customer=customer)
    assert numbers(made.run())("weekly_dispersion") == 0


def test_customers_with_fewer_than_ten_cases_only_count_among_all(numbers):
    made = HandMade(days=91)
    for customer, cases in ((1, 10), (2, 9)):
        for number in range(cases):
            made.case(7 * (number % 2), customer=customer)
    # Customer 1 has 5 and 5, all have 10 and 9: X² is 19/10 (25/10 + 25/9) - 10; expected 9/18.
    card = numbers(made.run())
    assert card.of("weekly_dispersion", column="n") == 1
    assert card("weekly_dispersion") == pytest.approx((1.9 * (2.5 + 25 / 9) - 10) / 0.5)


def test_a_customer_alone_has_nobody_to_compare_with(numbers):
    card = numbers(having(20, apart=2).run())
    assert card.of("weekly_dispersion", column="why") == "no other customer to compare with"


def test_segments_are_compared_within_themselves():
    made = HandMade(days=91)
    for customer in (1, 2, 3, 4):
        segment = "small" if customer < 3 else "customer's own"
        made.customers[customer] = {"customer_id": customer, "segment": segment}
        for _ in range(10):
            made.case(0 if customer < 3 else 7, customer=customer)
    with made.run() as run:
        assert weekly_dispersion(Figures(run), None)[0].why == "no other customer to compare with"


def test_a_gap_of_an_hour_is_not_short(numbers):
    made = HandMade(days=91)
    for time in ("10:00", "10:59", "11:59"):
        made.case(3, time=time)
    made.case(3, time="11:59", customer=2)
    card = numbers(made.run())
    assert card("short_gaps") == 0.5
    assert card.of("short_gaps", column="n") == 2


def test_gaps_do_not_reach_from_window_to_window(numbers):
    made = HandMade(days=182)
    made.case(90, time="23:58")
    made.case(91, time="00:01")
    card = numbers(made.run())
    assert card.of("short_gaps", column="why") == "no customer has two cases in a window"


def test_cases_share_a_day_where_the_customer_has_another(numbers):
    made = HandMade(days=5)
    for day, customer in ((0, 1), (0, 1), (1, 1), (0, 2)):
        made.case(day, customer=customer, time="23:30")
    assert numbers(made.run())("same_day") == 0.5


def test_cases_need_not_stand_by_customer_and_time(numbers):
    made = HandMade(days=91)
    for day, customer in ((5, 2), (0, 1), (5, 1), (0, 2), (0, 1)):
        made.case(day, customer=customer)
    card = numbers(made.run())
    assert card("same_day") == 0.4
    assert card("short_gaps") == pytest.approx(1 / 3)


def test_numbers_of_customers_may_have_holes(numbers):
    made = HandMade(days=91)
    for customer in (3, 900, 70_000):
        made.case(0, customer=customer)
        made.case(0, customer=customer)
    assert numbers(made.run())("same_day") == 1
