"""Histories on which the desk and the engine once parted: both have the rows that the rules say."""

import datetime as dt
from typing import Any

from entitlement_sim import Scenario
from entitlement_sim.replay.by_desk import play_at_desk
from entitlement_sim.replay.by_engine import replay
from entitlement_sim.replay.history import Booking, HappenedCustomer
from entitlement_sim.replay.rows import Rows, rows_of
from entitlement_sim.rules.words import Action, BalanceKind, Reason
from entitlement_sim.scenario.models import ScenarioModel


def model_of(template: dict[str, Any], **more: Any) -> ScenarioModel:
    """A scenario that starts on 25 October 2023 and sells one template."""
    data = {
        "scenario": "apart",
        "calendar": {"start": dt.date(2023, 10, 25), "days": 24, **more.pop("calendar", {})},
        "templates": {"Pack": {"decrease_on": "creation", "restrict": True, **template}},
        "segments": {
            "all": {"customers": 1, "cases": {"per_year": 1}, "holds": [{"template": "Pack"}]}
        },
        **more,
    }
    return Scenario.from_dict(data).model


def day(text: str) -> int:
    return (dt.date.fromisoformat(text) - dt.date(1970, 1, 1)).days


def played_by_both(model: ScenarioModel, bookings: list[Booking]) -> Rows:
    history = [HappenedCustomer(bookings[0].day, bookings, [])]
    rows = rows_of(replay(model, history).block())
    assert rows == play_at_desk(model, history)
    return rows


def test_a_period_opens_at_the_end_of_an_hour_in_which_its_day_begins_the_second_time() -> None:
    model = model_of(
        {"allowance": {"terms": 2, "every": {"days": 3}}},
        calendar={"zone": "America/New_York"},
        rules={"job_time": "06:30", "utc_midnight_mode": True},
    )
    first = day("2023-10-30")
    bookings = [
        Booking(first, Action.CREATE, start=first, end=first + 20),
        Booking(first, Action.ACTIVATE, entitlement=0),
    ]
    ledger = played_by_both(model, bookings)["ledger"]
    granted = [row[1] for row in ledger if row[7] == Reason.ALLOT.label]
    # 6:30 in UTC is 1:30 of the time that comes second; of local times the first is meant.
    assert granted[2] == day("2023-11-05") * 1440 + 120


def test_a_top_up_of_something_unlimited_has_terms_of_its_own() -> None:
    first = day("2023-10-25")
    bookings = [
        Booking(first, Action.CREATE, start=first, end=first + 20),
        Booking(first, Action.TOP_UP, entitlement=0, amount=200, ends=first),
    ]
    balances = played_by_both(model_of({"total_terms": "unlimited"}), bookings)["balances"]
    assert [row[7:] for row in balances] == [(None, None), (200, 0)]


def test_what_was_brought_forward_is_carried_for_nothing_where_periods_grant_nothing() -> None:
    model = model_of({"allowance": {"terms": 0, "every": {"days": 5}, "carry": {}}, "price": 90})
    first = day("2023-10-25")
    bookings = [
        Booking(first, Action.CREATE, start=first, end=first + 14),
        Booking(first, Action.ACTIVATE, entitlement=0),
        Booking(first + 1, Action.BRING_FORWARD, entitlement=0, amount=550),
    ]
    played_by_both(model, bookings)
    history = [HappenedCustomer(first, bookings, [])]
    blocks = replay(model, history).block()["balances"]
    carried = blocks["kind"] == BalanceKind.CARRIED
    assert blocks["total_terms"][carried].tolist() == [500]
    assert blocks["price"][carried].tolist() == [0]
