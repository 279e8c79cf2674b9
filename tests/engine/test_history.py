"""Histories: what is known to have happened, replayed by the rules."""

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from entitlement_sim import Scenario
from entitlement_sim.engine.tables import COLUMNS
from entitlement_sim.replay.by_engine import replay
from entitlement_sim.replay.history import (
    ACTIONS,
    Booking,
    CaseEvent,
    HappenedCase,
    HappenedCustomer,
)
from entitlement_sim.replay.rows import DECIDED, rows_of
from entitlement_sim.rules.words import NOTHING, Action, CaseMove
from entitlement_sim.store.facts import RunFacts
from entitlement_sim.store.writer import write_run

FIRST = dt.date(2024, 1, 1)  # a Monday
DAY = 1440
START = (FIRST - dt.date(1970, 1, 1)).days
NINE = START * DAY + 9 * 60


def scenario(**says: Any) -> Scenario:
    return Scenario.from_dict(
        {
            "scenario": "replayed",
            "calendar": {"start": FIRST, "days": 60},
            "products": ["Mail", "Storage"],
            "slas": {"quick": {"first_response_hours": 1, "resolve_hours": 8}},
            "templates": {
                "Pack": {
                    "total_terms": 2,
                    "decrease_on": "creation",
                    "restrict": True,
                    "sla": "quick",
                },
                "Hours": {"allocation": "hours", "total_terms": "5.5"},
            },
            "segments": {"all": {"customers": 1, "cases": {"per_year": 0}}},
            **says,
        }
    )


def pack(day: int = START, days: int = 30, template: int = 0, number: int = 0) -> list[Booking]:
    """An entitlement from `day` on that is activated at once."""
    return [
        Booking(day, Action.CREATE, template=template, start=day, end=day + days - 1),
        Booking(day, Action.ACTIVATE, entitlement=number),
    ]


def rows(customers: list[HappenedCustomer], **says: Any) -> dict[str, list[tuple[Any, ...]]]:
    return rows_of(replay(scenario(**says).model, customers).block())


def customer(*cases: HappenedCase, bookings: list[Booking] | None = None) -> HappenedCustomer:
    return HappenedCustomer(START, pack() if bookings is None else bookings, cases)


def test_a_history_has_the_tables_of_a_simulation() -> None:
    block = replay(scenario().model, [customer(HappenedCase(NINE, wants=0))]).block()
    for table, columns in COLUMNS.items():
        assert list(block[table]) == [column.name for column in columns]
        for column in columns:
            assert block[table][column.name].dtype == column.array_type


def test_a_history_becomes_a_run() -> None:
    done = customer(
        HappenedCase(NINE, [CaseEvent(NINE + 30, CaseMove.RESOLVE, 25)], wants=0),
        HappenedCase(NINE + 60, wants=NOTHING, leaves=True),
    )
    played = replay(scenario().model, [replace(done, cases_per_year=12.0)])
    facts = RunFacts.of(scenario(), source="imported")
    with write_run(played, facts) as run:
        assert run.sql("SELECT source, cases_per_year FROM run, customers").values.tolist() == [
            ["imported", 12.0]
        ]
        outcomes = run.sql("SELECT outcome::VARCHAR, billable_minutes FROM cases").values.tolist()
        assert outcomes[0] == ["covered", 25]
        assert outcomes[1][0] == "turned_away"


def test_no_history_at_all_is_empty_tables() -> None:
    block = replay(scenario().model, []).block()
    assert all(len(values) == 0 for columns in block.values() for values in columns.values())


def test_a_customer_of_whom_nothing_is_known_is_a_row() -> None:
    block = replay(scenario().model, [HappenedCustomer(START), HappenedCustomer(START + 3)]).block()
    assert block["customers"]["customer_id"].tolist() == [1, 2]
    assert block["customers"]["joined_on"].tolist() == [START, START + 3]


def test_what_the_rules_refuse_changes_nothing() -> None:
    bookings = [
        *pack(),
        Booking(START, Action.RENEW, entitlement=0),
        Booking(START, Action.EDIT, entitlement=0, total=900),
        Booking(START, Action.ACTIVATE, entitlement=0),
    ]
    assert rows([customer(bookings=bookings)]) == rows([customer()])


def test_a_draft_that_is_edited_without_a_total_has_no_terms() -> None:
    bookings = [pack()[0], Booking(START, Action.EDIT, entitlement=0)]
    block = replay(scenario().model, [customer(bookings=bookings)]).block()
    assert block["entitlements"]["total_terms"].tolist() == [0]
    assert block["ledger"]["amount"].tolist() == [200, -200]


def test_an_entitlement_that_is_not_there_yet_refuses_everything() -> None:
    later = pack(START + 5)
    early = [
        Booking(START + 1, action, entitlement=0, total=300)
        for action in ACTIONS
        if action not in (Action.CREATE, Action.RENEW)
    ]
    asked = HappenedCase(NINE + 2 * DAY, wants=0)
    [case] = rows([customer(asked, bookings=[*early, *later])])["cases"]
    assert case[5:7] == ("uncovered", "EntitlementNotActiveInAssociationToCase")
    found, usual = (rows([customer(bookings=one)]) for one in ([*early, *later], later))
    assert found == usual


def test_a_refused_renewal_makes_nothing_and_keeps_its_number() -> None:
    bookings = [
        *pack(days=10),
        Booking(START + 5, Action.RENEW, entitlement=0),  # still active
        Booking(START + 20, Action.RENEW, entitlement=0),
        Booking(START + 20, Action.ACTIVATE, entitlement=1),
        Booking(START + 20, Action.ACTIVATE, entitlement=2),
    ]
    found = rows([customer(HappenedCase(NINE + 21 * DAY, wants=2), bookings=bookings)])
    assert [row[3:5] for row in found["entitlements"]] == [(None, "expired"), (1, "expired")]
    assert found["cases"][0][1] == 2


def test_bookings_of_a_day_are_done_in_their_order_and_before_its_cases() -> None:
    cancelled = [*pack(), Booking(START + 3, Action.CANCEL, entitlement=0)]
    midnight = HappenedCase((START + 3) * DAY, wants=0)
    evening_before = HappenedCase((START + 3) * DAY - 1, wants=0)
    found = rows([customer(evening_before, midnight, bookings=cancelled)])
    assert [row[5] for row in found["cases"]] == ["covered", "uncovered"]
    swapped = list(reversed(pack()))
    assert rows([customer(bookings=swapped)])["entitlements"][0][4] == "draft"


def test_what_comes_after_the_run_does_not_happen() -> None:
    end = (START + 60) * DAY
    case = HappenedCase(
        end - 5, [CaseEvent(end - 1, CaseMove.RESOLVE, 5), CaseEvent(end, CaseMove.REACTIVATE)]
    )
    [row] = rows([customer(case)])["cases"]
    assert row[4] == "resolved"
    assert row[8] == 0


def test_slas_are_kept_by_the_business_clock() -> None:
    def met(responded: int, resolved: int) -> bool:
        case = HappenedCase(
            NINE, [CaseEvent(NINE + resolved, CaseMove.RESOLVE)], wants=0, responded_after=responded
        )
        block = replay(scenario().model, [customer(case)]).block()
        assert block["cases"]["response_due_at"].tolist() == [NINE + 60]
        assert block["cases"]["sla_due_at"].tolist() == [NINE + 8 * 60]
        return bool(block["cases"]["sla_met"][0])

    assert met(60, 480)
    assert not met(61, 480)
    assert not met(60, 481)
    assert not met(-1, 480)


#: Place in a row of an entitlement of what it has left.
LEFT = DECIDED["entitlements"].index("remaining_terms")


def refusals_and_left(*cases: HappenedCase, **says: Any) -> tuple[list[Any], int]:
    """Refusals of cases, and what is left of the pack, which is the default."""
    bookings = [*pack(), Booking(START, Action.SET_DEFAULT, entitlement=0)]
    done = rows([customer(*cases, bookings=bookings)], **says)
    return [row[6] for row in done["cases"]], done["entitlements"][0][LEFT]


def test_an_open_case_that_is_marked_gives_its_creation_term_back() -> None:
    marks = [
        CaseEvent(NINE + minute, move)
        for minute, move in enumerate((CaseMove.OPT_OUT, CaseMove.OPT_IN, CaseMove.OPT_OUT), 1)
    ]
    done = rows([customer(HappenedCase(NINE, marks, wants=0))])
    assert done["entitlements"][0][LEFT] == 200
    moved = [row[1:4] + row[7:9] for row in done["ledger"] if row[9] == 1]
    assert moved == [(NINE, -100, 100, "consume", "T1"), (NINE + 1, 100, 200, "restore", "D1")]
    assert done["cases"][0][9] is False
    switched = {"rules": {"opt_out_keeps_charge": True}}
    assert refusals_and_left(HappenedCase(NINE, marks), **switched) == ([None], 100)


def test_a_closed_case_that_is_marked_moves_nothing() -> None:
    done = [CaseEvent(NINE + 1, CaseMove.RESOLVE), CaseEvent(NINE + 2, CaseMove.OPT_OUT)]
    assert refusals_and_left(HappenedCase(NINE, done)) == ([None], 100)


def test_where_resolved_cases_are_locked_a_mark_comes_too_late() -> None:
    done = [
        CaseEvent(NINE + 1, CaseMove.RESOLVE),
        CaseEvent(NINE + 2, CaseMove.OPT_OUT),
        CaseEvent(NINE + 3, CaseMove.REACTIVATE),
    ]
    for locked in (False, True):
        says = {"rules": {"resolved_cases_locked": locked}}
        assert rows([customer(HappenedCase(NINE, done, wants=0))], **says)["cases"][0][9] is locked


def test_an_empty_default_refuses_by_its_own_name_and_another_one_by_the_common_one() -> None:
    cases = [
        HappenedCase(NINE),
        HappenedCase(NINE + 1),
        HappenedCase(NINE + 2),
        HappenedCase(NINE + 3, wants=0),
        HappenedCase(NINE + 4, leaves=True),
    ]
    common, own = "InvalidEntitlementAssociationToCase", "CannotCreateCase"
    assert refusals_and_left(*cases) == ([None, None, own, common, own], 0)
    skips = {"rules": {"empty_default_is_skipped": True, "default_failure_blocks": True}}
    assert refusals_and_left(*cases, **skips) == ([None, None, common, common, common], 0)
    for says in ({}, {"rules": {"default_failure_blocks": True}}, skips):
        bookings = [*pack(), Booking(START, Action.SET_DEFAULT, entitlement=0)]
        done = rows([customer(*cases, bookings=bookings)], **says)
        assert [row[5] for row in done["cases"]][2:] == ["uncovered", "uncovered", "turned_away"]
        refused = [row[8:10] for row in done["ledger"] if row[7] == "refused"]
        assert refused == [("G1", 3), ("G1", 4), ("G1", 5)]


def test_the_gate_of_a_reactivation_looks_at_what_is_left_once_its_hours_are_back() -> None:
    templates = {"Hours": {"allocation": "hours", "total_terms": "0.5", "restrict": True}}
    says = {"rules": {"gate_on_reactivate": True}, "templates": templates}
    events = [CaseEvent(NINE + 1, CaseMove.RESOLVE, 61), CaseEvent(NINE + 2, CaseMove.REACTIVATE)]
    done = rows([customer(HappenedCase(NINE, events, wants=0))], **says)
    assert done["cases"][0][4] == "active"
    assert done["entitlements"][0][LEFT] == 50


def test_many_refusals_a_case_find_room() -> None:
    many = [one for number in range(40) for one in pack(number=number, template=0)]
    segment = {"customers": 1, "cases": {"per_year": 0}, "picks": "first_fitting"}
    cases = [HappenedCase(NINE + minute) for minute in range(120)]
    block = replay(
        scenario(segments={"all": segment}).model, [customer(*cases, bookings=many)]
    ).block()
    covered = block["cases"]["outcome"] == 0
    assert covered.tolist() == [True] * 80 + [False] * 40
    refused = np.bincount(block["ledger"]["case_id"][block["ledger"]["amount"] == 0].clip(0))
    assert refused[1:].tolist() == [case // 2 for case in range(80)] + [40] * 40


BAD = {
    "customer 1: segment 1 is not there": HappenedCustomer(START, segment=1),
    "customer 1, booking 2: day 1 lies outside of the run": customer(
        bookings=[pack()[0], Booking(1, Action.ACTIVATE, entitlement=0)]
    ),
    "customer 1, booking 1: template 2 is not there; there are from 0 to 1": customer(
        bookings=pack(template=2)
    ),
    "customer 1, booking 1: it would end": customer(bookings=pack(days=0)),
    "customer 1, booking 1: entitlement 0 is not there; there are none": customer(
        bookings=[Booking(START, Action.CANCEL, entitlement=0)]
    ),
    "customer 1, case 1: created at minute 0, before": customer(HappenedCase(0)),
    "customer 1, case 2: created at minute": customer(HappenedCase(NINE), HappenedCase(NINE - 1)),
    "customer 1, case 1: minute .* outside of the run": customer(HappenedCase(NINE + 60 * DAY)),
    "customer 1, case 1: entitlement wanted 3": customer(HappenedCase(NINE, wants=3)),
    "customer 1, case 1: origin 128": customer(HappenedCase(NINE, origin=128)),
    "customer 1, case 1: product 2": customer(HappenedCase(NINE, product=2)),
    "customer 1, case 1, event 1: minute": customer(
        HappenedCase(NINE, [CaseEvent(NINE - 1, CaseMove.RESOLVE)])
    ),
    "customer 1, case 1, event 1: -5 minutes": customer(
        HappenedCase(NINE, [CaseEvent(NINE, CaseMove.RESOLVE, -5)])
    ),
    "customer 1, case 1, event 1: -1 minutes": customer(
        HappenedCase(NINE, [CaseEvent(NINE, CaseMove.RESOLVE, -1)])
    ),
    "event 2: a case that is resolved cannot be cancelled": customer(
        HappenedCase(NINE, [CaseEvent(NINE, CaseMove.RESOLVE), CaseEvent(NINE, CaseMove.CANCEL)])
    ),
    "event 1: a case that is active cannot be reactivated": customer(
        HappenedCase(NINE, [CaseEvent(NINE, CaseMove.REACTIVATE)])
    ),
}


@pytest.mark.parametrize("message", BAD)
def test_a_history_that_cannot_have_happened_is_refused(message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replay(scenario().model, [BAD[message]])
