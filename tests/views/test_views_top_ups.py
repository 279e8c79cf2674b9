"""What top-ups bring in: booked, recognised, owed and given back beside their contract."""

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import pytest
from happened import all_rows, case, run_of, the_row
from sold_offerings import topped_up

from entitlement_sim import Run, simulate
from entitlement_sim.comparison.by_customer import sums_by_customer
from entitlement_sim.replay.history import Booking
from entitlement_sim.rules.days import day_number
from entitlement_sim.rules.words import Action

PACK: dict[str, Any] = {
    "total_terms": 5,
    "price": 500,
    "decrease_on": "creation",
    "restrict": True,
    "refund": "unused",
}
END = dt.date(2026, 12, 31)
#: Seven cases, of which the fifth finds the last term.
SEVEN = [
    case(f"{day} 10:00") for day in ("01-10", "02-10", "03-10", "04-10", "05-10", "07-10", "08-10")
]


def top_up(day: str, *, ends: dt.date = END, minute: int = 10 * 60, price: int = 350_00) -> Booking:
    """Three terms for so much on a day (``MM-DD``)."""
    return Booking(
        day_number(dt.date.fromisoformat(f"2026-{day}")), Action.TOP_UP, entitlement=0,
        minute=minute, amount=300, ends=day_number(ends), priority=100, price=price,
    )  # fmt: skip


def sold(later: Sequence[Booking], days: int = 366, cases: Sequence[Any] = SEVEN) -> Any:
    return run_of(PACK, cases, last=END, later=later, days=days, money={"hour_costs": 0})


@pytest.fixture(scope="module")
def seven() -> Iterator[Run]:
    """The worked example: a pack of 5 at 500, topped up by 3 at 350 on 10 May as it is empty."""
    with sold([top_up("05-10")]) as run:
        yield run


def amounts(*numbers: str) -> tuple[Decimal, ...]:
    return tuple(map(Decimal, numbers))


def test_a_pack_and_its_top_up_are_booked(seven: Run) -> None:
    booked = [
        the_row(seven, f"SELECT sum({column}) FROM {view}")
        for view, column in (
            ("margin_by_month", "bookings"),
            ("margin_by_month_and_segment", "bookings"),
            ("margin_by_template", "bookings"),
            ("margin_by_customer", "bookings"),
            ("margin_by_segment", "bookings"),
            ("deferred WHERE method = 'remote'", "bookings"),
        )
    ]
    assert booked == [amounts("850.00")] * 6
    months = all_rows(seven, "SELECT month, bookings FROM margin_by_month WHERE bookings > 0")
    assert months == [
        (dt.date(2026, 1, 1), Decimal("500.00")),
        (dt.date(2026, 5, 1), Decimal("350.00")),
    ]


def test_a_top_up_is_earned_over_its_own_days(seven: Run) -> None:
    query = "SELECT sum(stand_ready) FROM breakage_revenue WHERE month <= '{}'"
    # 151 days of 365, and 22 of the 236 from 10 May on.
    assert the_row(seven, query.format("2026-04-01")) == amounts("164.38")
    assert the_row(seven, query.format("2026-05-01")) == (Decimal("206.85") + Decimal("32.63"),)
    assert the_row(seven, query.format("2026-12-01")) == amounts("850.00")


@pytest.mark.parametrize("method", ["proportional_by_contract", "remote"])
def test_a_top_up_is_earned_by_its_own_use(seven: Run, method: str) -> None:
    rows = all_rows(seven, f"SELECT month, {method} FROM revenue_by_entitlement ORDER BY month")
    earned = {month.month: amount for month, amount in rows if amount}
    # The pack is used up in May; of the top-up two of three terms are used, and one lapses.
    assert earned == dict(
        zip(
            (1, 2, 3, 4, 5, 7, 8, 12),
            amounts("100", "100", "100", "100", "100", "116.67", "116.66", "116.67"),
            strict=True,
        )
    )


def test_what_is_owed_has_the_top_up_in_it(seven: Run) -> None:
    query = "SELECT opening, billed, revenue, refunded, closing FROM contract_liability WHERE {}"
    may = "month = '2026-05-01' AND method = '{}'"
    assert the_row(seven, query.format(may.format("remote"))) == amounts(
        "100.00", "350.00", "100.00", "0.00", "350.00"
    )
    assert the_row(seven, query.format(may.format("stand_ready"))) == amounts(
        "335.62", "350.00", "75.10", "0.00", "610.52"
    )


def test_what_remains_of_a_top_up_is_still_to_come() -> None:
    with sold([top_up("05-10")], days=151, cases=SEVEN[:5]) as run:
        owed = all_rows(
            run,
            "SELECT method, sum(amount) FROM remaining_obligation GROUP BY method ORDER BY method",
        )
        [(n,)] = all_rows(run, "SELECT max(n) FROM remaining_obligation")
    assert dict(owed) == dict(
        zip(
            ("proportional_by_contract", "proportional_by_portfolio", "remote", "stand_ready"),
            amounts("350.00", "350.00", "350.00", "610.52"),
            strict=True,
        )
    )
    assert n == 1  # a contract, however often it is topped up


def test_the_last_term_of_a_top_up_lapses_at_its_own_price(seven: Run) -> None:
    assert the_row(
        seven, "SELECT breakage, breakage_value, price, top_up_price FROM breakage_by_entitlement"
    ) == amounts("1.00", "116.67", "500.00", "350.00")


def test_a_realised_price_is_of_all_that_was_paid(seven: Run) -> None:
    paid, used, realised, listed = the_row(
        seven, "SELECT paid, used, realised_unit_price, sold_unit_price FROM realised_unit_price"
    )
    assert (paid, used) == amounts("850.00", "7.00")
    assert (realised, listed) == (pytest.approx(850 / 7), pytest.approx(850 / 8))


def test_a_top_up_is_no_annual_value(seven: Run) -> None:
    assert the_row(
        seven, "SELECT price, annual_value, top_up_price FROM entitlement_facts"
    ) == amounts("500.00", "500.00", "350.00")


def test_a_top_up_that_ends_before_its_contract_is_earned_by_then() -> None:
    with sold([top_up("05-10", ends=dt.date(2026, 6, 30))]) as run:
        rows = all_rows(
            run, "SELECT month, remote FROM revenue_by_entitlement WHERE month >= '2026-05-01'"
        )
    earned = {month.month: amount for month, amount in rows if amount}
    # What ends first is used first: the top-up by the case in May, the pack's last term in July.
    assert earned == dict(zip((5, 6, 7), amounts("116.67", "233.33", "100"), strict=True))


def cancelled(*later: Booking) -> Any:
    """Cancelled on 1 August, with 153 days to come, of 365 and of 236 of the top-up."""
    day = day_number(dt.date(2026, 8, 1))
    return sold([*later, Booking(day, Action.CANCEL, entitlement=0)], cases=SEVEN[:6])


def test_a_cancellation_gives_back_the_unused_days_of_a_top_up_too() -> None:
    with cancelled(top_up("05-10")) as run:
        back = the_row(run, "SELECT refunded FROM entitlement_facts")
        by_balance = all_rows(run, "SELECT kind::VARCHAR, refunded FROM breakage_by_period")
        flows = the_row(
            run,
            "SELECT bookings, recognised, refunded, deferred FROM deferred "
            "WHERE method = 'stand_ready'",
        )
        [margin] = all_rows(run, "SELECT sum(recognised), sum(refunded) FROM margin_by_month")
    assert dict(by_balance) == {"whole": Decimal("209.59"), "topup": Decimal("226.91")}
    assert back == amounts("436.50")
    assert flows == amounts("850.00", "413.50", "436.50", "0.00")
    assert margin == amounts("413.50", "436.50")


def test_a_top_up_that_was_over_gives_nothing_back() -> None:
    with cancelled(top_up("05-10", ends=dt.date(2026, 6, 30))) as run:
        assert the_row(run, "SELECT refunded FROM entitlement_facts") == amounts("209.59")


def test_a_pack_bought_again_is_booked_as_a_contract() -> None:
    with simulate(topped_up(), seed=3) as run:
        rows = all_rows(
            run,
            "SELECT customer_id, bookings, sold.price, added.price FROM margin_by_customer "
            "JOIN (SELECT customer_id, sum(price) AS price FROM entitlements "
            "WHERE activated_on IS NOT NULL GROUP BY ALL) AS sold USING (customer_id) "
            "LEFT JOIN (SELECT customer_id, sum(balances.price) AS price FROM balances "
            "JOIN entitlements USING (entitlement_id) WHERE kind = 'topup' GROUP BY ALL) AS added "
            "USING (customer_id)",
        )
        again = all_rows(
            run,
            "FROM entitlements WHERE predecessor_id IS NULL AND start_date > "
            "(SELECT start_date FROM run)",
        )
    assert again
    assert any(added for *_, added in rows)
    for _, booked, contracts, added in rows:
        assert booked == contracts + (added or 0)


def test_a_comparison_books_and_recognises_what_the_views_do() -> None:
    scenario = topped_up("templates.Pack.refund=unused", "segments.small.cancellation.per_year=1")
    with simulate(scenario, seed=3) as run:
        views = all_rows(
            run, "SELECT sum(bookings) * 100, sum(recognised) * 100 FROM margin_by_customer"
        )
        compared = sums_by_customer(run)
        [(added,)] = all_rows(run, "SELECT count(*) FROM balances WHERE kind = 'topup'")
    assert added
    assert views == [(int(compared["bookings"].sum()), int(compared["revenue"].sum()))]
