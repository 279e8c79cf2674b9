"""When cases are due by their service level: by its clock, by their severity, and to the minute."""

import datetime as dt
from typing import Any

import pytest

from entitlement_sim import Scenario
from entitlement_sim.replay.by_engine import replay
from entitlement_sim.replay.history import Booking, CaseEvent, HappenedCase, HappenedCustomer
from entitlement_sim.rules.words import Action, CaseMove

#: A Friday on which business hours end at 17:00, before a weekend and a Monday without any.
DATA: dict[str, Any] = {
    "scenario": "levels",
    "calendar": {
        "start": dt.date(2025, 1, 3),
        "days": 12,
        "holidays": [{"date": dt.date(2025, 1, 6)}],
    },
    "slas": {
        "gold": {
            "first_response_hours": 2,
            "resolve_hours": 8,
            "severity": {
                1: {"first_response_hours": 1, "resolve_hours": 4},
                2: {"resolve_hours": 6},
                3: {"first_response_hours": 0.5},
            },
        }
    },
    "templates": {"Pack": {"total_terms": 50, "sla": "gold", "term": {"days": 12}}},
    "segments": {
        "all": {
            "customers": 1,
            "cases": {"per_year": 0},
            "severities": {1: 1, 2: 1, 3: 1},
        }
    },
}
FRIDAY = (dt.date(2025, 1, 3) - dt.date(1970, 1, 1)).days
FOUR_O_CLOCK = FRIDAY * 1440 + 16 * 60
RESOLVED = 3 * 1440


def scenario_of(level: dict[str, Any], **calendar: Any) -> Scenario:
    return Scenario.from_dict(
        DATA
        | {
            "calendar": DATA["calendar"] | calendar,
            "slas": {"gold": DATA["slas"]["gold"] | level},
        }
    )


def played(*cases: HappenedCase, **level: Any) -> dict[str, list[int]]:
    """Play cases of a customer with a pack; what the table of cases says then."""
    model = scenario_of(level).model
    bookings = [
        Booking(FRIDAY, Action.CREATE, start=FRIDAY, end=FRIDAY + 11),
        Booking(FRIDAY, Action.ACTIVATE, entitlement=0),
    ]
    block = replay(model, [HappenedCustomer(FRIDAY, bookings, cases)]).block()
    return {name: values.tolist() for name, values in block["cases"].items()}


def due(severity: int, **level: Any) -> tuple[str, str]:
    """When the first response to a case of Friday at 16:00 is due, and its resolution."""
    cases = played(HappenedCase(FOUR_O_CLOCK, wants=0, severity=severity), **level)
    names = ("response_due_at", "sla_due_at")
    times = [dt.datetime(1970, 1, 1) + dt.timedelta(minutes=cases[name][0]) for name in names]
    return times[0].strftime("%a %H:%M"), times[1].strftime("%a %H:%M")


@pytest.mark.parametrize(
    ("severity", "times"),
    [
        (0, ("Tue 10:00", "Tue 16:00")),
        (1, ("Fri 17:00", "Tue 12:00")),
        (2, ("Tue 10:00", "Tue 14:00")),
        (3, ("Fri 16:30", "Tue 16:00")),
        (4, ("Tue 10:00", "Tue 16:00")),
    ],
)
def test_hours_that_a_severity_does_not_write_are_the_levels(
    severity: int, times: tuple[str, str]
) -> None:
    assert due(severity) == times


@pytest.mark.parametrize(
    ("severity", "times"),
    [
        (0, ("Fri 18:00", "Sat 00:00")),
        (1, ("Fri 17:00", "Fri 20:00")),
        (2, ("Fri 18:00", "Fri 22:00")),
        (3, ("Fri 16:30", "Sat 00:00")),
    ],
)
def test_service_around_the_clock_knows_no_closing_weekend_or_holiday(
    severity: int, times: tuple[str, str]
) -> None:
    assert due(severity, clock="always") == times


def test_an_hour_of_the_clock_is_one_that_passes_where_summer_time_begins() -> None:
    saturday = dt.date(2025, 3, 29)
    calendar = {"start": saturday, "days": 3, "zone": "Europe/Berlin", "holidays": []}
    model = scenario_of({"clock": "always"}, **calendar).model
    first = (saturday - dt.date(1970, 1, 1)).days
    bookings = [
        Booking(first, Action.CREATE, start=first, end=first + 2),
        Booking(first, Action.ACTIVATE, entitlement=0),
    ]
    evening = first * 1440 + 23 * 60
    customer = HappenedCustomer(first, bookings, [HappenedCase(evening, wants=0, severity=1)])
    cases = replay(model, [customer]).block()["cases"]
    assert cases["response_due_at"][0] == evening + 60
    assert cases["sla_due_at"][0] == evening + 5 * 60  # from 02:00 clocks are put on to 03:00


@pytest.mark.parametrize(("late", "met"), [(0, 1), (1, 0)])
@pytest.mark.parametrize(("severity", "hours"), [(0, 8), (1, 4), (2, 6)])
def test_a_level_is_kept_up_to_the_minute_in_which_its_severity_is_due(
    severity: int, hours: int, late: int, met: int
) -> None:
    at = FOUR_O_CLOCK + hours * 60 + late
    events = [CaseEvent(at, CaseMove.RESOLVE)]
    case = HappenedCase(FOUR_O_CLOCK, events, wants=0, severity=severity, responded_after=30)
    assert played(case, clock="always")["sla_met"] == [met]


@pytest.mark.parametrize(("responded_after", "met"), [(60, 1), (61, 0)])
def test_a_first_response_is_in_time_up_to_the_minute_in_which_its_severity_is_due(
    responded_after: int, met: int
) -> None:
    case = HappenedCase(
        FOUR_O_CLOCK,
        [CaseEvent(FOUR_O_CLOCK + 120, CaseMove.RESOLVE)],
        wants=0,
        severity=1,
        responded_after=responded_after,
    )
    assert played(case, clock="always")["sla_met"] == [met]


def test_a_response_that_only_a_severity_promises_is_due_for_no_other() -> None:
    cases = [HappenedCase(FOUR_O_CLOCK, wants=0, severity=severity) for severity in (1, 2)]
    due_at = played(*cases, first_response_hours=None)["response_due_at"]
    assert (due_at[0] > 0, due_at[1] > 0) == (True, False)
