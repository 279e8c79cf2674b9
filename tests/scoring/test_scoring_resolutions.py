"""What becomes of cases, on a few of them; 1 January 2024 is a Monday."""

import datetime as dt

import pytest
from hand_made import START, HandMade, iso


def resolved(made: HandMade, day: int, time: str, to_day: int, to_time: str, **more) -> int:
    return made.case(day, time=time, resolved_at=f"{iso(to_day)} {to_time}", **more)


def test_quantiles_are_times_by_which_so_many_are_resolved(numbers):
    made = HandMade(days=10)
    for hour in range(1, 11):
        resolved(made, 0, "08:00", 0, f"{8 + hour:02d}:00")
    card = numbers(made.run())
    assert card.parts("resolution_hours") == [1, 3, 5, 8, 9, 10, 10]
    assert card.of("resolution_hours", "p10", "n") == 10


def test_open_cases_are_longer_than_they_have_been_open(numbers):
    made = HandMade(days=2)
    resolved(made, 0, "00:00", 0, "01:00")
    made.case(0, time="00:00", state="active")
    made.case(1, time="23:30", state="active")  # half an hour says nothing of an hour
    card = numbers(made.run())
    assert card("resolution_hours", "p50") == 1
    assert card.of("resolution_hours", "p90", "why") == (
        "so many are open at the end that it is not known"
    )
    assert card("resolved_within", "1 h") == 0.5


def test_cases_turned_away_or_cancelled_are_not_waited_for(numbers):
    made = HandMade(days=9)
    resolved(made, 0, "08:00", 0, "10:00")
    made.case(0, outcome="turned_away")
    made.case(0, time="08:00", state="cancelled", cancelled_at=f"{iso(0)} 08:01")
    card = numbers(made.run())
    assert card.parts("resolution_hours") == [2] * 7
    assert card.of("resolution_hours", "p50", "n") == 1


def test_an_hour_a_day_and_thirty_days_belong_to_what_they_limit(numbers):
    made = HandMade(days=60)
    for day, time in ((0, "01:00"), (0, "01:01"), (1, "00:00"), (30, "00:00"), (30, "00:01")):
        resolved(made, 0, "00:00", day, time)
    assert numbers(made.run()).parts("resolved_within") == pytest.approx([0.2, 0.6, 0.2])


def test_resolutions_of_saturday_and_sunday_are_at_the_weekend(numbers):
    made = HandMade(days=12)
    resolved(made, 0, "00:00", 4, "23:59")
    resolved(made, 0, "00:00", 5, "00:00")
    resolved(made, 0, "00:00", 6, "23:59")
    resolved(made, 0, "00:00", 7, "00:00")
    card = numbers(made.run())
    assert card("weekend_resolutions") == 0.5


def came_back(made: HandMade, case: int, day: int, *, was: str = "resolved") -> None:
    made.cases[case - 1]["reopened"] = 1
    made.reactivations.append(
        {
            "case_id": case,
            "happened_at": f"{iso(day + 1)} 09:00",
            "from_state": was,
            "ended_at": f"{iso(day)} 09:00",
        }
    )


def test_resolutions_that_were_undone_happened_all_the_same(numbers):
    made = HandMade(days=12)
    came_back(made, resolved(made, 0, "00:00", 8, "09:00"), 5)
    card = numbers(made.run())
    assert card("weekend_resolutions") == 0.5
    assert card.of("weekend_resolutions", column="n") == 2


def test_a_case_is_reopened_once_however_often_it_came_back(numbers):
    made = HandMade(days=12)
    often = resolved(made, 0, "00:00", 9, "09:00")
    came_back(made, often, 1)
    came_back(made, often, 3)
    resolved(made, 0, "00:00", 1, "09:00")
    came_back(made, made.case(0, state="active"), 1)  # open again at the end
    came_back(made, resolved(made, 0, "00:00", 3, "09:00"), 1, was="cancelled")
    made.case(0, state="active")
    card = numbers(made.run())
    assert card("reopened") == 0.5
    assert card.of("reopened", column="n") == 4


HOURS = {"days": ["mon", "tue", "wed", "thu", "fri"], "opens": "09:00", "closes": "17:00"}


@pytest.mark.parametrize(
    ("begin", "end", "worked"),
    [
        ((0, "10:00"), (0, "12:00"), 120),
        ((0, "16:00"), (1, "10:00"), 120),
        ((0, "06:00"), (0, "23:00"), 480),
        ((4, "16:30"), (7, "09:30"), 60),
        ((5, "10:00"), (6, "10:00"), 0),
        ((7, "16:00"), (9, "10:00"), 120),  # the second Tuesday is a holiday
    ],
    ids=["one day", "over night", "beyond hours", "over the weekend", "weekend", "holiday"],
)
def test_no_case_may_be_billed_beyond_the_working_time(numbers, begin, end, worked):
    holidays = [{"date": START + dt.timedelta(days=8)}]
    calendar = {"start": START, "days": 20, "holidays": holidays, "business_hours": HOURS}
    for minutes, excess in ((worked, 0), (worked + 1, 1)):
        made = HandMade(days=20)
        resolved(made, *begin, *end, billable_minutes=minutes)
        assert numbers(made.run(calendar=calendar))("excess_minutes") == excess


@pytest.mark.parametrize("count", [1, 400], ids=["few cases", "many cases"])
def test_working_time_is_the_same_in_a_run_of(numbers, count):
    calendar = {"start": START, "days": 20, "business_hours": HOURS}
    made = HandMade(days=20)
    for _ in range(count):
        for minutes in (60, 61):
            resolved(made, 0, "08:00", 0, "10:00", billable_minutes=minutes)
    assert numbers(made.run(calendar=calendar))("excess_minutes") == 0.5


def test_around_the_clock_every_minute_is_worked(numbers):
    calendar = {"start": START, "days": 20, "business_hours": "always"}
    made = HandMade(days=20)
    resolved(made, 4, "23:00", 6, "01:00", billable_minutes=26 * 60)
    resolved(made, 4, "23:00", 6, "01:00", billable_minutes=26 * 60 + 1)
    assert numbers(made.run(calendar=calendar))("excess_minutes") == 0.5


@pytest.mark.parametrize(("day", "worked"), [(90, 120), (300, 240)], ids=["31 March", "27 October"])
def test_the_hour_that_summer_time_takes_is_not_worked_and_that_which_it_gives_is(
    numbers, day, worked
):
    hours = {"days": ["sun"], "opens": "00:00", "closes": "07:00"}
    calendar = {"start": START, "days": 320, "business_hours": hours, "zone": "Europe/Berlin"}
    made = HandMade(days=320)
    for minutes in (worked, worked + 1):
        resolved(made, day, "01:00", day, "04:00", billable_minutes=minutes)
    assert numbers(made.run(calendar=calendar))("excess_minutes") == 0.5


def test_cases_without_minutes_are_not_billed(numbers):
    made = HandMade(days=20)
    resolved(made, 0, "10:00", 0, "10:01")
    assert numbers(made.run()).of("excess_minutes", column="why") == "no case was resolved"
