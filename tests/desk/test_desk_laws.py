"""Laws that hold after any history of a desk, under any switches."""

import copy
import itertools
from collections import Counter
from datetime import timedelta

from histories import OPENING, actions, attempt, histories, settings
from hypothesis import given
from hypothesis import strategies as st

from entitlement_sim.desk import Desk, Refused, UnknownRecord
from entitlement_sim.rules.settings import Settings
from entitlement_sim.rules.words import (
    CaseState,
    DecreaseOn,
    Reason,
    Refusal,
    RuleId,
    State,
    Trigger,
)

FOR_WANT_OF_TERMS = (Refusal.InvalidEntitlementAssociationToCase, Refusal.CannotCreateCase)


def lived(history, switches) -> Desk:
    desk = Desk(OPENING, switches)
    for action in history:
        attempt(desk, action)
    return desk


def records(desk: Desk) -> object:
    """Everything that a refused action must leave as it is: all but the ledger."""
    kept = (desk.clock, desk.templates, desk.entitlements, desk.cases, desk.transitions)
    return copy.deepcopy(kept)


def entries_of(desk: Desk, id: str) -> list:
    """Return the entries of a record; an id that was deleted and used again starts anew."""
    entries = [entry for entry in desk.ledger if entry.entitlement == id]
    opened = [
        index
        for index, entry in enumerate(entries)
        if entry.reason == Reason.ALLOT and entry.origin is None
    ]
    return entries[opened[-1] :]


@given(histories, settings)
def test_the_ledger_adds_up_to_every_balance(history, switches) -> None:
    desk = lived(history, switches)
    for entitlement in desk.entitlements.values():
        entries = entries_of(desk, entitlement.id)
        assert sum(entry.amount for entry in entries) == entitlement.remaining
        by_origin = Counter()
        for entry in entries:
            by_origin[entry.origin] += entry.origin_amount
        for origin, row in entitlement.channels.items():
            assert by_origin[origin] == row.remaining
        gone = set(by_origin) - set(entitlement.channels) - {None}
        assert all(by_origin[origin] == 0 for origin in gone)


@given(histories, settings)
def test_every_entry_shows_the_balance_that_it_left(history, switches) -> None:
    desk = lived(history, switches)
    for id in desk.entitlements:
        balance = 0
        rows = Counter()
        for entry in entries_of(desk, id):
            balance += entry.amount
            rows[entry.origin] += entry.origin_amount
            assert entry.balance == balance
            assert entry.origin_balance == (None if entry.origin is None else rows[entry.origin])


@given(histories, settings, actions)
def test_a_refused_action_changes_no_record(history, switches, last) -> None:
    desk = lived(history, switches)
    before, ledger = records(desk), list(desk.ledger)
    refused = attempt(desk, last)
    if refused is None:
        return
    assert records(desk) == before
    new = desk.ledger[len(ledger) :]
    if refused.refusal in FOR_WANT_OF_TERMS:
        assert [(entry.amount, entry.origin_amount, entry.reason, entry.rule) for entry in new] == [
            (0, 0, Reason.REFUSED, RuleId.G1)
        ]
    elif new:  # a refused total
        assert "edit_entitlement" in repr(last)
        assert [(entry.amount, entry.origin_amount, entry.reason, entry.rule) for entry in new] == [
            (0, 0, Reason.REFUSED, RuleId.T8)
        ]


@given(histories, settings, actions)
def test_an_action_that_cannot_be_done_changes_nothing_at_all(history, switches, last) -> None:
    desk = lived(history, switches)
    before, ledger = records(desk), list(desk.ledger)
    try:
        last(desk)
    except Refused:
        return
    except (UnknownRecord, ValueError):
        assert records(desk) == before
        assert desk.ledger == ledger


@given(histories, settings)
def test_transitions_tell_the_state_of_every_entitlement(history, switches) -> None:
    desk = lived(history, switches)
    for entitlement in desk.entitlements.values():
        told = [one for one in desk.transitions if one.entitlement == entitlement.id]
        last_birth = max(i for i, one in enumerate(told) if one.trigger == Trigger.CREATED)
        life = told[last_birth:]
        assert life[0].from_state is None
        assert life[0].to_state == State.DRAFT
        assert all(a.to_state == b.from_state for a, b in itertools.pairwise(life))
        assert all(a.on_date <= b.on_date for a, b in itertools.pairwise(life))
        assert life[-1].to_state == entitlement.state


@given(histories)
def test_states_agree_with_the_dates_when_the_job_runs_at_midnight(history) -> None:
    desk = lived(history, Settings())
    for entitlement in desk.entitlements.values():
        if entitlement.state == State.ACTIVE:
            assert entitlement.start <= desk.today <= entitlement.end
        if entitlement.state == State.WAITING:
            assert desk.today < entitlement.start
        if entitlement.state == State.EXPIRED:
            assert desk.today > entitlement.end


@given(histories, settings)
def test_a_customer_has_one_default_at_most(history, switches) -> None:
    desk = lived(history, switches)
    owners = [one.customer for one in desk.entitlements.values() if one.is_default]
    assert len(owners) == len(set(owners))


@given(histories, settings)
def test_every_case_uses_a_record_that_is_there_and_holds_what_it_can_give_back(
    history, switches
) -> None:
    desk = lived(history, switches)
    for case in desk.cases.values():
        assert case.entitlement is None or case.entitlement in desk.entitlements
        assert case.parent is None or case.parent in desk.cases
        for taking in case.takings:
            payer = desk.entitlements[taking.entitlement]
            assert taking.amount > 0
            assert taking.origin is None or taking.origin in payer.channels


@given(histories, settings)
def test_no_channel_holds_more_than_the_whole(history, switches) -> None:
    desk = lived(history, switches)
    for entitlement in desk.entitlements.values():
        assert entitlement.total >= 0
        assert all(0 <= row.total <= entitlement.total for row in entitlement.channels.values())


@given(histories, settings)
def test_every_movement_names_its_reason_and_goes_its_way(history, switches) -> None:
    desk = lived(history, switches)
    rules = {
        Reason.ALLOT: {"T8"},
        Reason.ADJUST: {"T8"},
        Reason.CONSUME: {"T1", "T2", "T4"},
        Reason.RESTORE: {"T1", "T2", "T3", "M1", "D1"},
        Reason.REFUSED: {"G1", "T8"},
    }
    for entry in desk.ledger:
        assert str(entry.rule) in rules[entry.reason]
        assert (entry.case is None) == (entry.rule == RuleId.T8)
        if entry.reason == Reason.CONSUME:
            assert entry.amount < 0 or (entry.amount == 0 and entry.rule == RuleId.T1)
        if entry.reason == Reason.RESTORE:
            assert entry.amount > 0
        if entry.reason in (Reason.CONSUME, Reason.RESTORE) and entry.origin is not None:
            assert entry.origin_amount == entry.amount


@given(histories, settings, st.integers(0, 60))
def test_the_clock_may_jump_or_walk(history, switches, ahead) -> None:
    jumps = lived(history, switches)
    walks = copy.deepcopy(jumps)
    goal = jumps.clock + timedelta(days=ahead)
    jumps.advance_to(goal)
    while walks.clock < goal:
        walks.advance_to(min(walks.clock + timedelta(hours=6), goal))
    assert jumps.entitlements == walks.entitlements
    assert jumps.transitions == walks.transitions


# ------------------------------------------------------- what a case takes and gives back

EVENTS = st.lists(st.sampled_from(["resolve", "cancel", "reactivate", "merge"]), max_size=12)


def played(desk: Desk, events: list[str]) -> Desk:
    for event in events:
        try:
            if event == "merge":
                desk.merge_cases("Stays", ["C"])
            elif event == "resolve":
                desk.resolve_case("C", billable_minutes=50)
            else:
                getattr(desk, f"{event}_case")("C")
        except Refused:
            pass
    return desk


def one_case(decrease_on: DecreaseOn) -> Desk:
    desk = Desk(OPENING)
    desk.create_entitlement(
        "E",
        customer="A",
        start=OPENING,
        end=OPENING,
        total_terms=5,
        decrease_on=decrease_on,
    )
    desk.activate("E")
    desk.create_case("Stays", customer="A")
    desk.create_case("C", customer="A", entitlement="E")
    return desk


@given(EVENTS)
def test_on_creation_a_case_has_taken_one_term_unless_it_is_cancelled(events) -> None:
    desk = played(one_case(DecreaseOn.CREATION), events)
    open_or_done = desk.case("C").state != CaseState.CANCELLED
    assert desk.entitlement("E").remaining == (400 if open_or_done else 500)


@given(EVENTS)
def test_on_resolution_a_case_has_taken_one_term_while_it_is_resolved(events) -> None:
    desk = played(one_case(DecreaseOn.RESOLUTION), events)
    resolved = desk.case("C").state == CaseState.RESOLVED
    assert desk.entitlement("E").remaining == (400 if resolved else 500)


@given(EVENTS)
def test_what_a_case_holds_is_what_the_ledger_says_it_took(events) -> None:
    for mode in DecreaseOn:
        desk = played(one_case(mode), events)
        moved = sum(entry.amount for entry in desk.ledger if entry.case == "C")
        takings = desk.case("C").takings
        assert moved == -sum(taking.amount for taking in takings if taking.origin is None)


@given(st.integers(0, 6), st.integers(0, 12))
def test_on_creation_a_restricting_entitlement_takes_as_many_cases_as_it_has_terms(
    total, tried
) -> None:
    desk = Desk(OPENING)
    desk.create_entitlement(
        "E",
        customer="A",
        start=OPENING,
        end=OPENING,
        total_terms=total,
        decrease_on=DecreaseOn.CREATION,
        restrict=True,
    )
    desk.activate("E")
    for number in range(tried):
        attempt(
            desk, lambda one, id=f"C{number}": one.create_case(id, customer="A", entitlement="E")
        )
    assert len(desk.cases) == min(total, tried)
    assert desk.entitlement("E").remaining == 100 * max(total - tried, 0)
    refused = [entry for entry in desk.ledger if entry.reason == Reason.REFUSED]
    assert len(refused) == max(tried - total, 0)
