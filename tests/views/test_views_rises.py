"""Net retention with and without what prices of renewed contracts have risen."""

import datetime as dt

import pytest
from hand_made import HandMade
from plain import close, rows_of

from entitlement_sim import Scenario, simulate

#: Of a run of 560 days from 2024 on: 30 June to 30 June a year later.
YEAR = "month = '2025-06-01' AND window_months = 12"


def in_a_year(hand: HandMade, basis: str = "restated") -> tuple:
    """Value at both ends, rises, and net retention with and without them."""
    return hand.one(
        "SELECT begin_value, end_value, rises, nrr, nrr_without_rises FROM retention_without_rises "
        f"WHERE {YEAR} AND basis = '{basis}'"
    )


def renewed(price: float, **says: object) -> HandMade:
    """A leap year for 100.00, worth 99.73 a year, and renewed into a plain year."""
    hand = HandMade(days=560)
    hand.holds(0, 365, price=100)
    hand.holds(366, 730, price=price, renews=1, **says)
    return hand


@pytest.mark.parametrize("basis", ["restated", "as first reported"])
def test_a_dearer_renewal_of_the_same_is_a_rise(basis):
    assert in_a_year(renewed(105), basis) == (
        9973, 10500, 527, close(10500 / 9973), close(9973 / 9973),
    )  # fmt: skip


def test_a_price_is_the_same_within_the_tolerance():
    assert in_a_year(renewed(100))[:3] == (9973, 10000, 0)


def test_a_lower_price_is_no_rise():
    assert in_a_year(renewed(90))[:3] == (9973, 9000, 0)


def test_more_terms_are_growth_and_no_rise():
    assert in_a_year(renewed(120, total=12))[:3] == (9973, 12000, 0)


def test_another_template_is_growth_and_no_rise():
    assert in_a_year(renewed(200, template="block"))[:3] == (9973, 20000, 0)


def test_what_renews_nothing_has_not_risen():
    hand = HandMade(days=560)
    hand.holds(0, 365, price=100)
    hand.holds(366, 730, price=105)
    assert in_a_year(hand)[:3] == (9973, 10500, 0)


def test_a_customer_who_left_has_no_rise_in_the_value_at_the_end():
    hand = renewed(105, cancelled=500)
    hand.holds(0, 730, customer=2, price=200)
    assert in_a_year(hand)[1:3] == (9986, 0)


def test_rises_of_customers_who_came_later_do_not_count():
    hand = renewed(105)
    hand.holds(200, 399, customer=2, price=100)
    hand.holds(400, 599, customer=2, price=150, renews=3)
    assert in_a_year(hand)[:3] == (9973, 10500, 527)


def test_two_rises_within_a_window_count_together():
    hand = HandMade(days=560)
    hand.holds(0, 181, price=100)
    hand.holds(182, 365, price=103, renews=1)
    hand.holds(366, 549, price=106, renews=2)
    assert in_a_year(hand)[:3] == (20055, 21027, 972)
    january = hand.one(
        "SELECT begin_value, end_value, rises FROM retention_without_rises WHERE "
        "month = '2025-01-01' AND window_months = 1 AND basis = 'restated'"
    )
    assert january == (20432, 21027, 595)  # of the window, its own rise alone


def test_a_rise_of_a_late_renewal_counts_from_its_start():
    hand = HandMade(days=560)
    hand.holds(0, 365, price=100)
    hand.holds(380, 744, price=105, renews=1)
    query = (
        "SELECT basis, end_value, rises FROM retention_without_rises "
        "WHERE month = '2025-01-01' AND window_months = 1 ORDER BY basis"
    )
    assert hand.rows(query) == [("as first reported", 10500, 527), ("restated", 10500, 527)]


@pytest.fixture(scope="module")
def rising():
    """Terms of half a year that are renewed dearer each time, some of them late or not at all."""
    changes = {
        "segments.everyone.customers": 40,
        "segments.everyone.cases.per_year": 1,
        "calendar.days": 900,
        "templates.ten-cases.price": 900,
        "templates.ten-cases.term": "6 months",
        "templates.ten-cases.renews": {"rise": 0.07},
        "segments.everyone.renewal.inclination": {"constant": 0.8},
        "segments.everyone.renewal.late": {"share": 0.3, "days": {"fixed": 20}},
    }
    with simulate(Scenario.load("reference", changes), seed=7) as run:
        yield run


def test_rises_are_those_of_each_contract_since_the_first_day_of_the_window(rising):
    held = {
        row[0]: row
        for row in rows_of(
            rising,
            "SELECT entitlement_id, customer_id, predecessor_id, start_date, effective_end, "
            "annual_value FROM entitlement_facts WHERE covered_from <= effective_end",
        )
    }
    day = dt.timedelta(days=1)

    def begins(row: tuple) -> dt.date:
        return held[row[2]][4] + day if row[2] in held else row[3]

    rows = rows_of(
        rising,
        "SELECT from_day, to_day, rises, end_value, begin_value, nrr_without_rises "
        "FROM retention_without_rises WHERE basis = 'restated'",
    )
    assert any(row[2] for row in rows)
    for first, last, rises, end, begin, without in rows:
        there = {row[1] for row in held.values() if begins(row) <= first <= row[4]}
        expected = 0
        for row in held.values():
            if row[1] not in there or not begins(row) <= last <= row[4]:
                continue
            old = row
            while begins(old) > first and old[2] in held:
                old = held[old[2]]
            if row[5] * 100 > old[5] * 101:
                expected += row[5] - old[5]
        assert rises == expected
        assert without == close((end - rises) / begin if begin else None)
