"""Every edge of what can be sold, to the row: at the desk and in the engine alike.

A ledger is written as pairs of reason and terms; a period that closes stands in its order.
"""

import datetime as dt
from typing import Any

import pytest

from entitlement_sim import Scenario
from entitlement_sim.replay.by_desk import play_at_desk
from entitlement_sim.replay.by_engine import replay
from entitlement_sim.replay.history import Booking, CaseEvent, HappenedCase, HappenedCustomer
from entitlement_sim.replay.rows import rows_of
from entitlement_sim.rules.periods import OPEN_END
from entitlement_sim.rules.words import Action, CaseMove, State

FIRST = dt.date(2026, 1, 1)
START = (FIRST - dt.date(1970, 1, 1)).days
DAYS = 120
PLAIN = {"decrease_on": "creation"}
HOURS = {"allocation": "hours"}


def day(month: int, of_month: int) -> int:
    return START + (dt.date(2026, month, of_month) - FIRST).days


def at(month: int, of_month: int, minute: int = 600) -> int:
    """A minute of a day of 2026."""
    return day(month, of_month) * 1440 + minute


def model(template: dict[str, Any]) -> Any:
    return Scenario.from_dict(
        {
            "scenario": "edges",
            "calendar": {"start": FIRST, "days": DAYS},
            "templates": {"Sold": template},
            "segments": {
                "all": {
                    "customers": 0,
                    "cases": {"per_year": 0},
                    "severities": {1: 1, 2: 1},
                    "origins": {"phone": 1, "email": 1},
                }
            },
        }
    ).model


def case(month: int, of_month: int, minute: int = 600, **says: Any) -> HappenedCase:
    return HappenedCase(at(month, of_month, minute), wants=0, **says)


def worked(month: int, of_month: int, minutes: int) -> HappenedCase:
    """A case that is resolved after an hour, with so many minutes."""
    ends = CaseEvent(at(month, of_month, 660), CaseMove.RESOLVE, minutes)
    return HappenedCase(at(month, of_month), [ends], wants=0)


def played(
    template: dict[str, Any],
    cases: list[HappenedCase],
    last: int = START + DAYS - 1,
    start: int = START,
    more: list[Booking] | None = None,
) -> dict[str, list[tuple[Any, ...]]]:
    """Rows of a history of one entitlement, which desk and engine agree on."""
    bookings = [
        Booking(start, Action.CREATE, start=start, end=last),
        Booking(start, Action.ACTIVATE, entitlement=0),
        *(more or []),
    ]
    history = [HappenedCustomer(START, bookings, cases)]
    sold = model(template)
    rows = rows_of(replay(sold, history).block())
    assert rows == play_at_desk(sold, history)
    return rows


def ledger(*arguments: Any, **others: Any) -> list[tuple[str, float]]:
    """Reason and terms of each row of the ledger."""
    rows = played(*arguments, **others)["ledger"]
    return [(row[REASON], row[AMOUNT] / 100) for row in rows]


#: Places in a row of the ledger, and of the balances.
AMOUNT, REASON = 2, 7
KIND, ENDS, TOTAL = 2, 5, 7
REFUSAL = 6


def monthly(terms: int = 3, **says: Any) -> dict[str, Any]:
    return {**PLAIN, "allowance": {"terms": terms, "every": "month", **says}}


# ------------------------------------------------------------------------------------- periods


def test_a_term_shorter_than_its_period_is_granted_one_whole_period() -> None:
    assert ledger(monthly(), [case(1, 3)], last=day(1, 10)) == [
        ("allot", 3),
        ("consume", -1),
        ("expire", -2),
    ]


def test_a_term_shorter_than_its_period_is_granted_its_days_where_the_last_is_prorated() -> None:
    rows = ledger(monthly(31, last="prorated"), [], last=day(1, 10))
    assert rows == [("allot", 10), ("expire", -10)]


def test_a_first_period_on_the_calendar_has_its_days_of_the_month_in_whole_cases() -> None:
    sold = monthly(3, anchor="calendar", first="prorated")
    rows = ledger(sold, [], start=day(1, 17), last=day(2, 28))
    assert rows == [("allot", 1), ("expire", -1), ("allot", 3), ("expire", -3)]  # 15 of 31 days


def test_a_first_period_of_a_whole_month_is_whole_though_prorated() -> None:
    sold = monthly(3, anchor="calendar", first="prorated", last="prorated")
    assert ledger(sold, [], last=day(1, 31)) == [("allot", 3), ("expire", -3)]


@pytest.mark.parametrize(
    ("periods", "carried"),
    [
        (1, [(2, day(2, 28)), (2, day(3, 31)), (1, day(4, 20))]),
        (2, [(2, day(3, 31)), (1, day(4, 20))]),
        (12, [(2, day(4, 20)), (1, day(4, 20))]),
    ],
    ids=["one", "two", "more than the term has"],
)
def test_what_is_carried_lasts_its_periods_or_as_long_as_the_term(
    periods: int, carried: list[tuple[int, int]]
) -> None:
    sold = monthly(3, carry={"at_most": 2, "for": periods})
    cases = [case(3, of_month) for of_month in (2, 3, 4, 5)]
    balances = played(sold, cases, last=day(4, 20))["balances"]
    blocks = [row for row in balances if row[KIND] == "carried"]
    assert [(row[TOTAL] / 100, row[ENDS]) for row in blocks] == carried


def test_a_carry_of_nothing_lets_all_of_it_lapse() -> None:
    sold = monthly(3, carry={"at_most": 0})
    rows = ledger(sold, [], last=day(2, 28))
    assert rows == [("allot", 3), ("expire", -3), ("allot", 3), ("expire", -3)]


def test_without_carry_each_period_begins_with_its_grant_alone() -> None:
    assert ledger(monthly(), [case(2, 1)], last=day(2, 28)) == [
        ("allot", 3),
        ("expire", -3),
        ("allot", 3),
        ("consume", -1),
        ("expire", -2),
    ]


# -------------------------------------------------------------------------------- what goes over


def test_an_overage_of_at_most_nothing_shuts_the_gate_where_cases_are_restricted() -> None:
    sold = monthly(1) | {"restrict": True, "overage": {"price": 40, "at_most": 0}}
    rows = ledger(sold, [case(1, 2), case(1, 3)], last=day(1, 31))
    assert rows == [("allot", 1), ("consume", -1), ("refused", 0)]


def test_an_overage_of_at_most_nothing_is_forgiven_where_they_are_not() -> None:
    sold = monthly(1) | {"overage": {"price": 40, "at_most": 0}}
    rows = ledger(sold, [case(1, 2), case(1, 3)], last=day(1, 31))
    assert rows == [("allot", 1), ("consume", -1), ("consume", -1), ("forgiven", 1)]


@pytest.mark.parametrize("free", [2, 9])
def test_what_is_free_and_as_much_as_was_used_is_not_billed(free: int) -> None:
    sold = monthly(0) | {"overage": {"price": 40, "free": free}}
    rows = ledger(sold, [case(1, 2), case(1, 3)], last=day(1, 31))
    assert rows == [("allot", 0), ("consume", -1), ("consume", -1), ("forgiven", 2)]


def test_a_debt_that_is_carried_over_a_close_is_billed_at_the_last_one() -> None:
    sold = monthly(1) | {"overage": {"price": 40, "debt": "carried"}}
    cases = [case(1, 2), case(1, 3), case(1, 4), case(2, 2)]
    assert ledger(sold, cases, last=day(2, 28)) == [
        ("allot", 1),
        ("consume", -1),
        ("consume", -1),
        ("consume", -1),
        ("rollover_out", 2),
        ("allot", 1),
        ("rollover_in", -2),
        ("consume", -1),
        ("overage", 2),
    ]


# ------------------------------------------------------------------------- weights and minutes


def test_a_case_of_weight_0_passes_an_empty_pack_and_takes_nothing() -> None:
    sold = {**PLAIN, "total_terms": 1, "restrict": True, "weighs": {"severity": {1: 0}}}
    cases = [case(1, 2), case(1, 3, severity=1), case(1, 4, severity=2)]
    rows = ledger(sold, cases)
    assert rows == [("allot", 1), ("consume", -1), ("refused", 0)]


def test_no_minutes_cost_nothing_whatever_the_least_is() -> None:
    sold = {**HOURS, "total_terms": 5, "minutes": {"at_least": 15, "step": 15}}
    assert ledger(sold, [worked(1, 2, 0), worked(1, 3, 1)]) == [("allot", 5), ("consume", -0.25)]


# ---------------------------------------------------------------- without a number, without an end


def test_what_is_unlimited_refuses_what_its_channel_has_no_more_of() -> None:
    sold = {**PLAIN, "total_terms": "unlimited", "restrict": True, "channels": {"phone": 1}}
    calls = [case(1, 2, minute, origin=0) for minute in (600, 601)]
    letters = [case(1, 3, minute, origin=1) for minute in (600, 601, 602)]
    rows = played(sold, [*calls, *letters])
    refusals = [row[REFUSAL] for row in rows["cases"]]
    assert refusals == [None, "InvalidEntitlementAssociationToCase", None, None, None]


def test_what_has_no_end_is_active_on_the_last_day_of_all() -> None:
    last = (dt.date(2199, 12, 31) - dt.date(1970, 1, 1)).days
    scenario = Scenario.from_dict(
        {
            "scenario": "last-day",
            "calendar": {"start": dt.date(2199, 12, 30), "days": 2},
            "templates": {"Open": {**PLAIN, "total_terms": 5, "term": "open"}},
            "segments": {"all": {"customers": 0, "cases": {"per_year": 0}}},
        }
    )
    bookings = [
        Booking(last - 1, Action.CREATE, start=last - 1, end=OPEN_END),
        Booking(last - 1, Action.ACTIVATE, entitlement=0),
    ]
    history = [HappenedCustomer(last - 1, bookings, [HappenedCase(last * 1440 + 1439, wants=0)])]
    block = replay(scenario.model, history).block()
    assert rows_of(block) == play_at_desk(scenario.model, history)
    assert block["entitlements"]["remaining_terms"].tolist() == [400]
    assert block["transitions"]["to_state"].tolist() == [State.DRAFT, State.ACTIVE]


# ---------------------------------------------------------------------------------------- top-ups


def test_a_top_up_on_the_last_day_lapses_when_that_is_over() -> None:
    last = day(1, 31)
    more = [Booking(last, Action.TOP_UP, entitlement=0, amount=300, price=350)]
    sold = {**PLAIN, "total_terms": 1, "restrict": True}
    cases = [case(1, 2), case(1, 31), case(1, 31, 700)]
    assert ledger(sold, cases, last=last, more=more) == [
        ("allot", 1),
        ("consume", -1),
        ("topup", 3),
        ("consume", -1),
        ("consume", -1),
        ("expire", -1),
    ]


def test_several_top_ups_of_a_minute_are_used_up_in_the_order_of_their_ends() -> None:
    added = [
        Booking(day(1, 5), Action.TOP_UP, entitlement=0, amount=100, minute=600, ends=ends)
        for ends in (day(1, 20), day(1, 10), day(1, 15))
    ]
    sold = {**PLAIN, "total_terms": 0, "restrict": True}
    rows = played(sold, [case(1, 6), case(1, 7)], last=day(1, 31), more=added)
    lapsed = [row for row in rows["ledger"] if row[REASON] == "expire"]
    latest = next(row for row in rows["balances"] if row[ENDS] == day(1, 20))
    assert [(row[AMOUNT], row[-1]) for row in lapsed] == [(-100, latest[0])]
