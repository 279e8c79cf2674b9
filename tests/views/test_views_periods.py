"""What the view of periods says: what each began with, and what became of it."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from hand_made import HandMade
from happened import all_rows, case, on, run_of, the_row
from sold_offerings import sold, topped_up

from entitlement_sim import Run, simulate
from entitlement_sim.rules.words import Action

AMOUNTS = "opening, allotment, used, settled, carried, lapsed, remaining"
PERIODS = f"SELECT {AMOUNTS} FROM burn_down_by_period ORDER BY period"

HOURS: dict[str, Any] = {
    "allocation": "hours",
    "allowance": {"terms": 8, "every": "month"},
    "overage": {"price": 250},
    "price": 2400,
    "term": "3 months",
}


def carrying(**says: Any) -> dict[str, Any]:
    """Eight hours a month, of which something is carried over."""
    return HOURS | {"allowance": HOURS["allowance"] | {"carry": says}}


def used(*hours: float) -> list[Any]:
    """So many hours on the tenth of January, of February and so on."""
    return [
        case(f"{month:02}-10", round(60 * used))
        for month, used in enumerate(hours, start=1)
        if used
    ]


@pytest.fixture(scope="module")
def offerings() -> Iterator[Run]:
    """Allowances that are carried and owed, drafts, amendments, cancellations."""
    with simulate(sold(), seed=2, threads=1) as run:
        yield run


def test_without_carry_what_is_left_lapses_and_what_is_over_is_settled() -> None:
    with run_of(HOURS, used(2, 11, 8)) as run:
        assert all_rows(run, PERIODS) == [
            (0, 8, 2, 0, 0, 6, 0), (0, 8, 11, 3, 0, 0, 0), (0, 8, 8, 0, 0, 0, 0),
        ]  # fmt: skip


def test_what_is_carried_is_the_opening_of_the_next_period() -> None:
    with run_of(carrying(**{"at_most": 4, "for": 1}), used(2, 11, 9)) as run:
        assert all_rows(run, PERIODS) == [
            (0, 8, 2, 0, 4, 2, 0), (4, 8, 11, 0, 1, 0, 0), (1, 8, 9, 0, 0, 0, 0),
        ]  # fmt: skip


def test_where_nothing_may_be_carried_all_lapses() -> None:
    with run_of(carrying(at_most=0), used(0, 3, 0)) as run:
        assert all_rows(run, PERIODS) == [
            (0, 8, 0, 0, 0, 8, 0), (0, 8, 3, 0, 0, 5, 0), (0, 8, 0, 0, 0, 8, 0),
        ]  # fmt: skip


def test_where_all_is_carried_for_several_periods_nothing_lapses_before_the_end() -> None:
    with run_of(carrying(**{"share": 1.0, "at_most": 16, "for": 2}), used(2, 1, 9)) as run:
        assert all_rows(run, PERIODS) == [
            (0, 8, 2, 0, 6, 0, 0), (6, 8, 1, 0, 13, 0, 0), (13, 8, 9, 0, 0, 12, 0),
        ]  # fmt: skip


def test_what_is_owed_is_a_debt_of_the_next_period() -> None:
    template = HOURS | {"overage": {"price": 250, "debt": "carried"}}
    with run_of(template, used(12, 1, 4)) as run:
        assert all_rows(run, PERIODS) == [
            (0, 8, 12, 0, -4, 0, 0), (-4, 8, 1, 0, 0, 3, 0), (0, 8, 4, 0, 0, 4, 0),
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("days", "last"),
    [
        (31, [(0, 8, 2, 0, 0, 0, 6)]),  # the last day of January: the close comes after it
        (32, [(0, 8, 2, 0, 4, 2, 0), (4, 8, 0, 0, 0, 0, 12)]),
    ],
)
def test_a_period_closes_after_its_last_day(days: int, last: list[tuple[int, ...]]) -> None:
    with run_of(carrying(at_most=4), used(2), days=days) as run:
        assert all_rows(run, PERIODS) == last


def test_one_block_for_the_whole_term_is_one_period() -> None:
    template = HOURS | {"allowance": {"terms": 8, "every": "year"}, "term": "12 months"}
    with run_of(template, used(2), last=dt.date(2026, 12, 31)) as run:
        row = the_row(run, f"SELECT {AMOUNTS}, begins_share, ends_share FROM burn_down_by_period")
        assert row == (0, 8, 2, 0, 0, 0, 6, 0, 1)


def test_a_total_is_one_period_and_does_not_lapse() -> None:
    hand = HandMade()
    hand.uses(hand.holds(10, 109), 11, 50)
    hand.holds(300, 499)
    query = f"SELECT period, {AMOUNTS}, begins_share, ends_share FROM burn_down_by_period"
    assert hand.rows(f"{query} ORDER BY entitlement_id") == [
        (1, 0, 1000, 200, 0, 0, 0, 800, 0, 1), (1, 0, 1000, 0, 0, 0, 0, 1000, 0, 1),
    ]  # fmt: skip


def test_without_a_number_of_terms_or_an_end_there_are_no_periods() -> None:
    for says in ({"total_terms": "unlimited"}, {"total_terms": 5, "term": "open"}):
        template = {"decrease_on": "creation", "price": 90, "term": "3 months"} | says
        last = dt.date(2199, 12, 31) if "term" in says else dt.date(2026, 3, 31)
        with run_of(template, used(1), last=last) as run:
            assert all_rows(run, "FROM burn_down_by_period") == []


def test_a_cancellation_ends_the_running_period_and_opens_no_other() -> None:
    with run_of(carrying(at_most=4), used(2), later=[on("02-15", Action.CANCEL)]) as run:
        assert all_rows(run, PERIODS) == [(0, 8, 2, 0, 4, 2, 0), (4, 8, 0, 0, 0, 12, 0)]


def test_periods_lie_where_they_are_in_the_term() -> None:
    with run_of(HOURS, ()) as run:
        places = all_rows(
            run,
            "SELECT period, strftime(first_day, '%m-%d'), strftime(last_day, '%m-%d'), "
            "round(begins_share * 90), round(ends_share * 90) FROM burn_down_by_period "
            "ORDER BY ALL",
        )
    assert places == [
        (1, "01-01", "01-31", 0, 31), (2, "02-01", "02-28", 31, 59), (3, "03-01", "03-31", 59, 90),
    ]  # fmt: skip


@pytest.mark.parametrize("scenario", [sold, topped_up])
def test_what_a_period_had_is_what_became_of_it(scenario: Any) -> None:
    with simulate(scenario(), seed=5, threads=1) as run:
        wrong = run.sql(
            "FROM burn_down_by_period "
            "WHERE opening + allotment + settled <> used + carried + lapsed + remaining"
        )
        [count] = the_row(run, "SELECT count(*) FROM burn_down_by_period")
    assert wrong.empty
    assert count > 60


def test_what_is_carried_is_always_the_next_opening(offerings: Run) -> None:
    wrong = offerings.sql(
        "FROM (SELECT *, lead(opening) OVER in_order AS next_opening FROM burn_down_by_period "
        "WINDOW in_order AS (PARTITION BY entitlement_id ORDER BY period)) "
        "WHERE next_opening <> carried"
    )
    assert wrong.empty


def test_periods_add_up_to_their_entitlement(offerings: Run) -> None:
    """Unless it was a draft for some: those periods are left out."""
    wrong = offerings.sql(
        "FROM (SELECT entitlement_id, sum(allotment) AS a, sum(used) AS u, sum(lapsed) AS l, "
        "sum(settled) AS s, arg_max(remaining, period) AS r FROM burn_down_by_period "
        "GROUP BY ALL HAVING min(period) = 1) JOIN entitlement_facts USING (entitlement_id) "
        "WHERE (a, u, l, s, r) <> (allotment, used, lapsed, settled, remaining)"
    )
    assert wrong.empty


def test_what_came_back_after_the_close_counts_in_its_own_period(offerings: Run) -> None:
    """By the blocks themselves: what the block of a period was granted and lost is in its row."""
    wrong = offerings.sql(
        "FROM (SELECT entitlement_id, starts AS first_day, "
        "-sum(amount) FILTER (reason = 'expire') AS lost, "
        "sum(amount) FILTER (reason IN ('allot', 'adjust')) AS got "
        "FROM ledger JOIN balances USING (entitlement_id, balance_id) WHERE kind = 'allowance' "
        "GROUP BY ALL) JOIN burn_down_by_period USING (entitlement_id, first_day) "
        "WHERE lost > lapsed OR got <> allotment"
    )
    assert wrong.empty
