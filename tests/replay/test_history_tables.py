"""Histories in frames: what they say, what is refused of them, what becomes of their customers."""

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from entitlement_sim import Scenario
from entitlement_sim.replay.by_engine import replay
from entitlement_sim.replay.rows import rows_of
from entitlement_sim.replay.tables import HistoryTables
from entitlement_sim.rules.settings import Settings
from entitlement_sim.rules.words import NOTHING, Action, CaseMove

FIRST = dt.date(2024, 1, 1)
DAY = 1440
START = (FIRST - dt.date(1970, 1, 1)).days
NINE = START * DAY + 9 * 60

MODEL = Scenario.from_dict(
    {
        "scenario": "book",
        "calendar": {"start": FIRST, "days": 60},
        "products": ["Mail", "Storage"],
        "templates": {"Pack": {"total_terms": 2, "decrease_on": "creation", "restrict": True}},
        "segments": {"all": {"customers": 1, "cases": {"per_year": 0}}},
    }
).model

#: Two customers with a contract each, of two terms and of three, that decrease on creation.
TWO = HistoryTables(
    customers=pd.DataFrame({"joined": [START, START]}),
    terms=pd.DataFrame(
        {"allocation": 0, "decrease_on": 1, "restrict": [1, 1], "total": [200, 300]}
    ),
    entitlements=pd.DataFrame(
        {"customer": [0, 1], "terms": [0, 1], "start": START, "end": START + 29}
    ),
    bookings=pd.DataFrame(
        {
            "day": START,
            "minute": 60,
            "action": [Action.CREATE, Action.ACTIVATE] * 2,
            "entitlement": [0, 0, 1, 1],
        }
    ),
    cases=pd.DataFrame({"customer": [0, 1], "created": NINE, "wants": [0, 1]}),
)


def played(history: HistoryTables, settings: Settings | None = None) -> dict[str, list[Any]]:
    return rows_of(replay(MODEL, history, settings).block())


def with_events(**columns: Any) -> HistoryTables:
    return replace(TWO, events=pd.DataFrame(columns))


def movements(history: HistoryTables, settings: Settings | None = None) -> list[Any]:
    """Of cases: entitlement, minutes since nine o'clock, amount, reason and rule."""
    return [
        (row[0], row[1] - NINE, row[2], *row[7:9])
        for row in played(history, settings)["ledger"]
        if row[9] is not None
    ]


def left(history: HistoryTables) -> list[int]:
    return [row[-1] for row in played(history)["entitlements"]]


def book(**more: Any) -> HistoryTables:
    """The two customers with another booking, at nine o'clock of the second day."""
    booking = {"day": START + 1, "minute": 9 * 60, "entitlement": 0, **more}
    frame = pd.concat([TWO.bookings, pd.DataFrame([booking])], ignore_index=True)
    return replace(TWO, bookings=frame.fillna({"origin": -1, "amount": 0}).astype(np.int64))


def test_a_case_that_gets_another_customer_leaves_its_entitlement_and_gives_back() -> None:
    history = with_events(case=[0], at=NINE + 5, move=CaseMove.SAVE, customer=1)
    assert movements(history) == [
        (1, 0, -100, "consume", "T1"),
        (2, 0, -100, "consume", "T1"),
        (1, 5, 100, "restore", "T1"),
    ]
    cases = played(history)["cases"]
    assert [(row[1], row[5], row[10]) for row in cases] == [
        (None, "uncovered", 2),
        (2, "covered", 2),
    ]


def test_a_case_that_comes_with_its_customer_to_that_ones_entitlement_pays_there() -> None:
    history = with_events(case=[0], at=NINE + 5, move=CaseMove.SAVE, customer=1, entitlement=1)
    assert left(history) == [200, 100]


def test_a_case_does_not_get_the_entitlement_of_somebody_else() -> None:
    history = with_events(case=[0], at=NINE + 5, move=CaseMove.SAVE, entitlement=1)
    assert left(history) == [100, 200]


def test_where_leaving_gives_nothing_back_the_term_stays() -> None:
    history = with_events(case=[0], at=NINE + 5, move=CaseMove.SAVE, entitlement=NOTHING)
    assert left(history) == [200, 200]
    assert len(movements(history, Settings(refund_on_detach=False))) == 2


def test_a_merged_case_gives_its_term_back_and_its_work_goes_along() -> None:
    history = with_events(
        case=[0, 0, 1],
        at=[NINE + 1, NINE + 5, NINE + 9],
        move=[CaseMove.WORK, CaseMove.MERGE, CaseMove.RESOLVE],
        minutes=[7, 0, 30],
        into=[-1, 1, -1],
    )
    assert left(history) == [200, 200]
    first, second = played(history)["cases"]
    assert first[3:5] == (NINE + 5, "cancelled")
    assert second[7] == 37


def test_a_resolution_bills_what_it_is_told_to() -> None:
    history = with_events(case=[0], at=NINE, move=CaseMove.RESOLVE, minutes=30, billed=12)
    assert played(history)["cases"][0][7] == 12


def test_a_deleted_case_moves_nothing_and_is_over() -> None:
    history = with_events(
        case=[0, 0], at=[NINE + 1, NINE + 2], move=[CaseMove.DELETE, CaseMove.RESOLVE]
    )
    assert left(history) == [100, 200]
    assert played(history)["cases"][0][2:5] == (None, NINE + 1, "cancelled")


def test_a_balance_that_was_written_by_hand_is_a_row_of_its_own() -> None:
    history = book(action=Action.CORRECT, amount=700)
    entry = played(history)["ledger"][2]
    assert entry[1:4] == (NINE + DAY, 600, 700)
    assert entry[7:10] == ("correct", "T8", None)
    assert left(book(action=Action.CORRECT, amount=100)) == [100, 200]


def test_what_remained_when_a_book_begins_is_brought_forward() -> None:
    history = book(action=Action.BRING_FORWARD, amount=-50)
    assert played(history)["ledger"][2][7] == "brought_forward"
    assert left(history)[0] == -50


def test_a_balance_that_is_as_it_was_is_brought_forward_by_a_row_of_nothing() -> None:
    entry = played(book(action=Action.BRING_FORWARD, amount=100))["ledger"][2]
    assert (entry[2], entry[7]) == (0, "brought_forward")


def test_what_has_a_minute_happens_then_and_before_the_cases_of_that_minute() -> None:
    history = book(day=START, minute=9 * 60, action=Action.CANCEL)
    assert played(history)["cases"][0][5] == "uncovered"
    history = book(day=START, minute=9 * 60 + 1, action=Action.CANCEL)
    assert played(history)["cases"][0][5] == "covered"


def test_an_entitlement_in_force_is_not_deleted_and_one_that_is_leaves_its_cases() -> None:
    assert played(book(action=Action.DELETE))["cases"][0][1] == 1
    history = book(action=Action.DELETE, day=START + 40)
    assert played(history)["cases"][0][1] is None
    assert replay(MODEL, history).entitlement_ids.tolist() == [1, 2]


def test_a_contract_that_renews_another_begins_as_it_is_given() -> None:
    history = replace(
        TWO,
        entitlements=TWO.entitlements.assign(
            customer=0, predecessor=[-1, 0], start=[START, START + 30], end=[START + 29, START + 50]
        ),
        bookings=TWO.bookings.assign(day=[START, START, START + 30, START + 30]),
        cases=TWO.cases.assign(customer=0, wants=[0, NOTHING]),
    )
    second = played(history)["entitlements"][1]
    assert second[3] == 1
    assert second[-2:] == (300, 300)
    block = replay(MODEL, history, Settings(renew_copies_remaining=True)).block()
    assert block["entitlements"]["remaining_terms"].tolist() == [100, 100]
    assert block["entitlements"]["renewal_number"].tolist() == [0, 1]


def test_every_contract_can_have_a_total_of_its_own() -> None:
    count = 100_000
    history = HistoryTables(
        customers=pd.DataFrame({"joined": np.full(count, START)}),
        terms=pd.DataFrame(
            {"allocation": 1, "decrease_on": 0, "restrict": 0, "total": np.arange(count)}
        ),
        entitlements=pd.DataFrame(
            {"customer": np.arange(count), "terms": np.arange(count), "start": START, "end": START}
        ),
        bookings=pd.DataFrame(
            {"day": START, "action": int(Action.CREATE), "entitlement": np.arange(count)}
        ),
    )
    totals = replay(MODEL, history).block()["entitlements"]["total_terms"]
    assert totals.tolist() == list(range(count))


def test_a_channel_of_the_book_s_own_has_a_balance_that_its_cases_move() -> None:
    history = replace(
        TWO,
        channels=pd.DataFrame({"terms": [0], "origin": 9, "total": 100}),
        cases=TWO.cases.assign(origin=[9, 1]),
    )
    block = replay(MODEL, history).block()
    assert block["balances"]["origin"].tolist() == [-1, 9, -1]
    assert block["balances"]["remaining_terms"].tolist() == [100, 0, 200]


BAD = {
    "bookings: column entitlement is missing": replace(
        TWO, bookings=TWO.bookings.drop(columns="entitlement")
    ),
    "cases: column created has something else than numbers": replace(
        TWO, cases=TWO.cases.assign(created=[NINE, None])
    ),
    "cases: wants 2 of row 1 lies outside": replace(TWO, cases=TWO.cases.assign(wants=[0, 2])),
    "entitlements: it has 2 of row 0 bookings that make it": book(action=Action.CREATE),
    "bookings: action 1 of row 4 is nothing": book(action=Action.SELL),
    "entitlements: end .* of row 0 lies before its start": replace(
        TWO, entitlements=TWO.entitlements.assign(end=START - 1)
    ),
    "entitlements: predecessor 0 of row 1 is another customer's": replace(
        TWO, entitlements=TWO.entitlements.assign(predecessor=[-1, 0])
    ),
    "entitlements: predecessor 0 of row 0 is the entitlement itself": replace(
        TWO, entitlements=TWO.entitlements.assign(predecessor=[0, -1])
    ),
    "entitlements: terms 2 of row 1 are not there": replace(
        TWO, entitlements=TWO.entitlements.assign(terms=[0, 2])
    ),
    "events: at .* of row 0 lies before the creation": with_events(
        case=[0], at=NINE - 1, move=CaseMove.CANCEL
    ),
    "events: into 0 of row 0 is no other case": with_events(
        case=[0], at=NINE, move=CaseMove.MERGE, into=0
    ),
}


@pytest.mark.parametrize("message", BAD)
def test_frames_that_cannot_be_a_history_are_refused(message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replay(MODEL, BAD[message])
