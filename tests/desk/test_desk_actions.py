"""The desk from Python: what its actions answer, raise and write down."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from entitlement_sim.desk import Desk, Refused, UnknownRecord
from entitlement_sim.desk.records import Allowance, Offering
from entitlement_sim.rules.amounts import hundredths, plain, terms
from entitlement_sim.rules.settings import Settings
from entitlement_sim.rules.words import (
    Allocation,
    DecreaseOn,
    Origin,
    Reason,
    Refusal,
    State,
    Trigger,
)

TODAY = date(2027, 2, 3)
YEAR = {"customer": "A", "start": date(2027, 1, 1), "end": date(2027, 12, 31)}


@pytest.fixture
def desk() -> Desk:
    """A desk with a restricting pack of two terms, one of them on the phone."""
    desk = Desk(TODAY)
    desk.create_entitlement(
        "E",
        **YEAR,
        total_terms=2,
        decrease_on=DecreaseOn.CREATION,
        restrict=True,
        channels={Origin.PHONE: 1, Origin.WEB: 0},
    )
    desk.activate("E")
    return desk


def rows(desk: Desk) -> list[tuple]:
    return [
        (
            one.amount,
            one.balance,
            one.origin,
            one.origin_amount,
            one.origin_balance,
            str(one.reason),
            str(one.rule),
            one.case,
        )
        for one in desk.ledger
    ]


def test_a_refusal_carries_name_number_and_sentence(desk: Desk) -> None:
    with pytest.raises(Refused) as caught:
        desk.activate("E")
    refused = caught.value
    assert refused.refusal == Refusal.EntitlementAlreadyInactiveState
    assert (refused.name, refused.code) == ("EntitlementAlreadyInactiveState", 0x80060615)
    assert refused.sentence == "The entitlement is active already."
    assert refused.record == "E"


def test_a_refusal_without_a_published_name_has_a_sentence_only(desk: Desk) -> None:
    desk.create_case("C", customer="A")
    with pytest.raises(Refused) as caught:
        desk.reactivate_case("C")
    assert (caught.value.name, caught.value.code) == ("", 0)
    assert str(caught.value) == "C: The case is active already."


def test_a_new_record_opens_its_balances_in_the_ledger_rows_of_zero_included(desk: Desk) -> None:
    assert rows(desk) == [
        (200, 200, None, 0, None, "allot", "T8", None),
        (0, 200, Origin.PHONE, 100, 100, "allot", "T8", None),
        (0, 200, Origin.WEB, 0, 0, "allot", "T8", None),
    ]


def test_an_empty_record_has_its_opening_row_too() -> None:
    desk = Desk(TODAY)
    desk.create_entitlement("E", **YEAR)
    assert rows(desk) == [(0, 0, None, 0, None, "allot", "T8", None)]


def test_charges_refunds_and_refusals_are_written_down_in_order(desk: Desk) -> None:
    opened = len(desk.ledger)
    desk.create_case("C1", customer="A", origin=Origin.PHONE, entitlement="E")
    with pytest.raises(Refused):
        desk.create_case("C2", customer="A", origin=Origin.PHONE, entitlement="E")
    desk.create_case("C3", customer="A", origin=Origin.EMAIL, entitlement="E")
    desk.cancel_case("C1")
    desk.reactivate_case("C1")
    assert rows(desk)[opened:] == [
        (-100, 100, Origin.PHONE, -100, 0, "consume", "T1", "C1"),
        (0, 100, Origin.PHONE, 0, 0, "refused", "G1", "C2"),
        (-100, 0, None, 0, None, "consume", "T1", "C3"),
        (100, 100, Origin.PHONE, 100, 1 * 100, "restore", "T2", "C1"),
        (-100, 0, Origin.PHONE, -100, 0, "consume", "T2", "C1"),
    ]


def test_every_way_of_moving_terms_names_its_rule() -> None:
    desk = Desk(TODAY)
    desk.create_entitlement("New", **YEAR, total_terms=9, decrease_on=DecreaseOn.CREATION)
    desk.create_entitlement("Done", **YEAR, total_terms=9)
    desk.create_entitlement("Hours", **YEAR, total_terms=9, allocation=Allocation.HOURS)
    for id in ("New", "Done", "Hours"):
        desk.activate(id)
    desk.create_case("C1", customer="A", entitlement="New")
    desk.create_case("C2", customer="A", entitlement="New")
    desk.merge_cases("C1", ["C2"])
    desk.update_case("C1", entitlement="Done")
    desk.resolve_case("C1")
    desk.reactivate_case("C1")
    desk.update_case("C1", entitlement="Hours")
    desk.resolve_case("C1", billable_minutes=90)
    desk.reactivate_case("C1")
    desk.resolve_case("C1", billable_minutes=0)
    moved = [(one.entitlement, one.amount, str(one.rule)) for one in desk.ledger if one.case]
    assert moved == [
        ("New", -100, "T1"),
        ("New", -100, "T1"),
        ("New", 100, "M1"),
        ("New", 100, "T1"),
        ("Done", -100, "T1"),
        ("Done", 100, "T3"),
        ("Hours", -150, "T4"),
        ("Hours", 150, "T3"),
    ]


def test_edits_write_what_they_move_and_nothing_where_nothing_moves(desk: Desk) -> None:
    desk.deactivate("E")
    opened = len(desk.ledger)
    desk.edit_entitlement("E", total_terms=5)
    desk.edit_entitlement("E", total_terms=5, sla="Gold")
    desk.edit_entitlement("E", remaining=Decimal("4"))
    desk.edit_channel("E", Origin.PHONE, 3)
    desk.edit_channel("E", Origin.PHONE, 3)
    desk.add_channel("E", Origin.IOT, 2)
    desk.remove_channel("E", Origin.IOT)
    assert rows(desk)[opened:] == [
        (300, 500, None, 0, None, "adjust", "T8", None),
        (-100, 400, None, 0, None, "adjust", "T8", None),
        (0, 400, Origin.PHONE, 200, 300, "adjust", "T8", None),
        (0, 400, Origin.IOT, 200, 200, "allot", "T8", None),
        (0, 400, Origin.IOT, -200, 0, "adjust", "T8", None),
    ]


def test_the_renewed_record_opens_with_its_balance_in_the_ledger() -> None:
    desk = Desk(TODAY, Settings(renew_copies_remaining=True))
    channels = {Origin.PHONE: 1}
    desk.create_entitlement("Old", **YEAR, total_terms=2, channels=channels)
    desk.activate("Old")
    desk.create_case("C", customer="A", origin=Origin.PHONE, entitlement="Old")
    desk.resolve_case("C")
    desk.cancel("Old")
    renewed = desk.renew("Old", "New")
    assert renewed.predecessor == "Old"
    assert rows(desk)[-2:] == [
        (100, 100, None, 0, None, "allot", "T8", None),
        (0, 100, Origin.PHONE, 0, 0, "allot", "T8", None),
    ]


def test_transitions_tell_every_change_of_state_with_its_day() -> None:
    desk = Desk(TODAY, Settings(renew_marks_old_cancelled=True))
    dates = {"start": date(2027, 3, 1), "end": date(2027, 3, 31)}
    desk.create_entitlement("E", customer="A", **dates)
    desk.activate("E")
    desk.deactivate("E")
    desk.activate("E")
    desk.advance_to(date(2027, 6, 1))
    desk.renew("E", "N")
    assert [
        (one.entitlement, one.on_date, one.from_state, one.to_state, one.trigger)
        for one in desk.transitions
    ] == [
        ("E", TODAY, None, State.DRAFT, Trigger.CREATED),
        ("E", TODAY, State.DRAFT, State.WAITING, Trigger.ACTIVATED),
        ("E", TODAY, State.WAITING, State.DRAFT, Trigger.DEACTIVATED),
        ("E", TODAY, State.DRAFT, State.WAITING, Trigger.ACTIVATED),
        ("E", date(2027, 3, 1), State.WAITING, State.ACTIVE, Trigger.STARTED),
        ("E", date(2027, 4, 1), State.ACTIVE, State.EXPIRED, Trigger.EXPIRED),
        ("N", date(2027, 6, 1), None, State.DRAFT, Trigger.CREATED),
        ("E", date(2027, 6, 1), State.EXPIRED, State.CANCELLED, Trigger.RENEWED_OLD_CANCELLED),
    ]


def test_on_one_day_what_ended_expires_before_what_begins_starts() -> None:
    desk = Desk(TODAY)
    desk.create_entitlement("Next", customer="A", start=date(2027, 3, 1), end=date(2027, 3, 9))
    desk.create_entitlement("This", customer="A", start=TODAY, end=date(2027, 2, 28))
    desk.activate("Next")
    desk.activate("This")
    desk.advance_to(date(2027, 3, 1))
    assert [(one.entitlement, one.trigger) for one in desk.transitions[-2:]] == [
        ("This", Trigger.EXPIRED),
        ("Next", Trigger.STARTED),
    ]


def test_balances_are_decimals_with_two_places_at_the_surface(desk: Desk) -> None:
    entitlement = desk.entitlement("E")
    assert str(entitlement.total_terms) == "2.00"
    assert str(entitlement.remaining_terms) == "2.00"
    assert str(entitlement.channels[Origin.PHONE].remaining_terms) == "1.00"
    assert entitlement.status == 1


@pytest.mark.parametrize(
    ("amount", "expected"),
    [(3, 300), ("3", 300), ("-0.07", -7), (Decimal("7.50"), 750), (Decimal("1e3"), 100_000)],
)
def test_amounts_are_read_exactly(amount, expected) -> None:
    assert hundredths(amount) == expected
    assert terms(expected) == Decimal(amount)


@pytest.mark.parametrize("amount", ["0.005", "five", Decimal("NaN"), Decimal("Infinity"), ""])
def test_what_is_no_amount_is_an_error(amount) -> None:
    with pytest.raises(ValueError, match=r"is not a number of terms|more than two decimals"):
        hundredths(amount)


@pytest.mark.parametrize(("amount", "text"), [(0, "0"), (1000, "10"), (-50, "-0.5"), (7, "0.07")])
def test_amounts_are_written_short(amount, text) -> None:
    assert plain(amount) == text


@pytest.mark.parametrize(
    "action",
    [
        lambda desk: desk.entitlement("X"),
        lambda desk: desk.template("X"),
        lambda desk: desk.case("X"),
        lambda desk: desk.set_expired("X"),
        lambda desk: desk.create_case("C", customer="A", entitlement="X"),
        lambda desk: desk.create_case("C", customer="A", parent="X"),
        lambda desk: desk.create_entitlement("N", **YEAR, template="X"),
    ],
)
def test_an_unknown_record_is_named(desk: Desk, action) -> None:
    with pytest.raises(UnknownRecord, match="'X'"):
        action(desk)


def test_an_id_is_given_once(desk: Desk) -> None:
    with pytest.raises(ValueError, match="the id 'E' is in use already"):
        desk.create_entitlement("E", **YEAR)


def test_the_clock_does_not_go_back(desk: Desk) -> None:
    with pytest.raises(ValueError, match="the clock cannot go back"):
        desk.advance_to(date(2027, 2, 2))


def test_the_clock_shows_local_time() -> None:
    with pytest.raises(ValueError, match="local time"):
        Desk(datetime(2027, 2, 3, tzinfo=UTC))


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (Settings(tz="Mars/Olympus"), "there is no time zone 'Mars/Olympus'"),
        (Settings(tz="../etc"), "there is no time zone"),
        (Settings(job_time="7 o'clock"), "is no time of day"),
    ],
)
def test_impossible_settings_are_errors(settings: Settings, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Desk(TODAY, settings)


def test_negative_minutes_are_errors(desk: Desk) -> None:
    desk.create_case("C", customer="A")
    with pytest.raises(ValueError, match="cannot last -1 minutes"):
        desk.add_activity("C", -1)
    with pytest.raises(ValueError, match="cannot bill -1 minutes"):
        desk.resolve_case("C", billable_minutes=-1)
    assert desk.case("C").activities == []


def test_a_case_is_not_merged_into_itself_or_twice(desk: Desk) -> None:
    desk.create_case("C1", customer="A")
    desk.create_case("C2", customer="A")
    for losers in (["C1"], ["C2", "C2"]):
        with pytest.raises(ValueError, match="itself or twice"):
            desk.merge_cases("C1", losers)


def test_a_case_is_not_its_own_parent(desk: Desk) -> None:
    desk.create_case("C", customer="A")
    with pytest.raises(ValueError, match="'C' cannot be its own parent"):
        desk.update_case("C", parent="C")
    with pytest.raises(UnknownRecord):
        desk.update_case("C", parent="P")
    assert desk.case("C").parent is None


def test_children_cannot_both_close_with_their_parent_and_block_it() -> None:
    with pytest.raises(ValueError, match=r"cannot both be true: children either close with"):
        Settings(close_children_with_parent=True, children_block_parent=True)


def test_what_opting_out_gives_back_bears_its_rule(desk: Desk) -> None:
    desk.create_case("C", customer="A", entitlement="E", origin=Origin.PHONE)
    desk.update_case("C", decrement=False)
    assert rows(desk)[-1] == (100, 200, Origin.PHONE, 100, 100, "restore", "D1", "C")


def test_a_case_that_was_moved_while_resolved_is_reopened_with_an_entry_of_nothing(
    desk: Desk,
) -> None:
    desk.create_case("C", customer="A", origin=Origin.PHONE)
    desk.resolve_case("C")
    desk.update_case("C", entitlement="E")
    before = len(desk.ledger)
    desk.reactivate_case("C")
    assert rows(desk)[before:] == [(0, 200, Origin.PHONE, 0, 100, "consume", "T1", "C")]
    desk.resolve_case("C")
    desk.update_case("C", decrement=False)
    desk.reactivate_case("C")
    assert len(desk.ledger) == before + 1


def test_a_case_that_pays_its_entitlement_is_reopened_without_an_entry(desk: Desk) -> None:
    desk.create_case("C", customer="A", entitlement="E")
    desk.resolve_case("C")
    before = len(desk.ledger)
    desk.reactivate_case("C")
    assert len(desk.ledger) == before


def test_a_renewal_past_the_last_day_of_the_calendar_is_an_error() -> None:
    desk = Desk(date(9000, 1, 1))
    desk.create_entitlement("E", customer="A", start=date(1, 1, 1), end=date(8999, 12, 31))
    desk.activate("E")
    with pytest.raises(ValueError, match="after the year 9999"):
        desk.renew("E", "N")
    assert list(desk.entitlements) == ["E"]


def test_a_default_without_terms_is_written_down_whether_it_blocks_or_not() -> None:
    for blocks in (False, True):
        desk = Desk(TODAY, Settings(empty_default_is_skipped=not blocks))
        desk.create_entitlement("E", **YEAR, total_terms=0, restrict=True)
        desk.activate("E")
        desk.set_default("E")
        if blocks:
            with pytest.raises(Refused, match="CannotCreateCase"):
                desk.create_case("C", customer="A")
        else:
            assert desk.create_case("C", customer="A").entitlement is None
        refused = [one for one in desk.ledger if one.reason == Reason.REFUSED]
        assert [str(one.rule) for one in refused] == ["G1"]


def test_a_deleted_case_leaves_its_children_alone(desk: Desk) -> None:
    desk.create_case("P", customer="A", title="Flood")
    child = desk.create_case("K", parent="P")
    assert (child.customer, child.title) == ("A", "Flood")
    desk.delete_case("P")
    assert desk.case("K").parent is None


def test_a_merged_case_remembers_where_it_went(desk: Desk) -> None:
    desk.create_case("C1", customer="A")
    desk.create_case("C2", customer="A")
    desk.merge_cases("C1", ["C2"])
    assert desk.case("C2").master == "C1"


def test_every_resolution_keeps_the_minutes_that_it_billed(desk: Desk) -> None:
    desk.create_case("C", customer="A")
    desk.add_activity("C", 25)
    desk.resolve_case("C")
    desk.reactivate_case("C")
    desk.resolve_case("C", billable_minutes=40)
    assert desk.case("C").resolutions == [25, 40]


@pytest.mark.parametrize(
    ("zone", "opens"),
    [
        ("UTC", datetime(2023, 11, 5, 6, 30)),
        ("America/Los_Angeles", datetime(2023, 11, 4, 23, 30)),  # clocks change after it
        ("America/New_York", datetime(2023, 11, 5, 2)),  # 1:30 comes twice; the second coming
        ("America/Halifax", datetime(2023, 11, 5, 2, 30)),  # clocks have changed before it
    ],
)
def test_a_period_opens_at_the_first_local_minute_of_its_day(zone: str, opens: datetime) -> None:
    settings = Settings(tz=zone, utc_midnight_mode=True, job_time="06:30")
    desk = Desk(date(2023, 10, 25), settings)
    allowance = Offering(allowance=Allowance(terms=200, months=0, days=3))
    desk.create_entitlement(
        "E", customer="A", start=date(2023, 10, 30), end=date(2023, 12, 31), offering=allowance
    )
    desk.activate("E")
    desk.advance_to(date(2023, 11, 6))
    granted = [one.happened_at for one in desk.ledger if one.reason == Reason.ALLOT]
    assert granted[2] == opens
