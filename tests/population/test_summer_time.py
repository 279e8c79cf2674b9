"""Days on which clocks change: hours that do not exist, hours that come twice, hours that pass."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from lived import lived

from entitlement_sim import Scenario
from entitlement_sim.population.busyness import busyness_of
from entitlement_sim.population.calendar_days import clock_changes, working_minutes
from entitlement_sim.population.days import business_deadline, days_of, later, opened_by
from entitlement_sim.population.plan import RUN
from entitlement_sim.population.streams import stream
from entitlement_sim.rules.days import day_number
from entitlement_sim.scenario.models import Calendar, RuleSwitches

DAY = 1440
EPOCH = dt.datetime(1970, 1, 1)

#: A zone, and a day on which its clocks change: spring and autumn, half an hour, at midnight, at
#: the end of a day, a whole day that was left out.
CHANGES = [
    ("Europe/Berlin", dt.date(2024, 3, 31)),
    ("Europe/Berlin", dt.date(2024, 10, 27)),
    ("America/New_York", dt.date(2025, 3, 9)),
    ("America/New_York", dt.date(2025, 11, 2)),
    ("Australia/Lord_Howe", dt.date(2024, 10, 6)),
    ("Australia/Lord_Howe", dt.date(2024, 4, 7)),
    ("America/Havana", dt.date(2024, 3, 10)),
    ("America/Havana", dt.date(2024, 11, 3)),
    ("America/Asuncion", dt.date(2023, 3, 26)),
    ("America/Nuuk", dt.date(2024, 3, 30)),
    ("Pacific/Apia", dt.date(2011, 12, 30)),
]
EVERY_DAY = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
HOURS: list[Any] = [
    "always",
    {"days": EVERY_DAY, "opens": "00:00", "closes": "22:00"},
    {"days": ["fri", "mon"]},
]


def is_there(zone: ZoneInfo, local: dt.datetime) -> bool:
    """Whether a local time exists."""
    back = local.replace(tzinfo=zone).astimezone(dt.UTC).astimezone(zone)
    return back.replace(tzinfo=None) == local


def passed(zone: ZoneInfo, local: dt.datetime) -> int:
    """Minutes that have passed at the first coming of a local time, since 1970."""
    there = local.replace(tzinfo=zone)
    return int((there.astimezone(dt.UTC).replace(tzinfo=None) - EPOCH).total_seconds()) // 60


def at(minute: int) -> dt.datetime:
    return EPOCH + dt.timedelta(minutes=minute)


def laid_out(zone: str, changed: dt.date, hours: Any = "always") -> tuple[Any, Any, Calendar]:
    """A run's record and days, with attributes as compiled code has them, around a change."""
    calendar = Calendar.model_validate(
        {
            "start": changed - dt.timedelta(days=3),
            "days": 8,
            "zone": zone,
            "business_hours": hours,
        }
    )
    run = np.zeros(1, RUN)[0]
    run.start = day_number(calendar.start)
    run.stop = run.start + calendar.days
    return run, days_of(calendar, RuleSwitches()).view(np.recarray), calendar


def test_clocks_change_when_the_zone_says() -> None:
    start = day_number(dt.date(2024, 1, 1))
    changes_at, change = clock_changes("Europe/Berlin", start, 366)
    days = {
        str(np.datetime64(start + index, "D")): (int(changes_at[index]), int(change[index]))
        for index in np.flatnonzero(change).tolist()
    }
    assert days == {"2024-03-31": (120, 60), "2024-10-27": (180, -60)}
    assert set(changes_at[change == 0].tolist()) == {DAY}


@pytest.mark.parametrize(("zone", "changed"), CHANGES)
def test_so_much_later_is_when_so_many_minutes_have_passed(zone: str, changed: dt.date) -> None:
    run, days, _ = laid_out(zone, changed)
    place = ZoneInfo(zone)
    before = {
        minute: passed(place, at(minute))
        for minute in range(int(run.start) * DAY, (int(run.start) + 8) * DAY)
        if is_there(place, at(minute))
    }
    # A local time shows that so much has passed; what the clocks hide is the next one that shows.
    minutes, since = np.array(list(before)), np.array(list(before.values()))
    chance = np.random.default_rng(1)
    for minute in chance.choice(minutes[: 5 * DAY], 400):
        span = int(chance.integers(1, 2 * DAY))
        expected = int(minutes[np.searchsorted(since, before[int(minute)] + span)])
        assert later(run, days, int(minute), span) == expected, (at(int(minute)), span)


@pytest.mark.parametrize("hours", HOURS, ids=str)
@pytest.mark.parametrize(("zone", "changed"), CHANGES)
def test_deadlines_are_those_of_a_clock_that_ticks_while_time_passes(
    zone: str, changed: dt.date, hours: Any
) -> None:
    run, days, calendar = laid_out(zone, changed, hours)
    place = ZoneInfo(zone)
    opening = calendar.business_hours
    opens, closes = (int(text[:2]) * 60 + int(text[3:]) for text in (opening.opens, opening.closes))
    weekdays = [EVERY_DAY.index(day) for day in opening.days]

    def is_open(local: dt.datetime) -> bool:
        return local.weekday() in weekdays and opens <= local.hour * 60 + local.minute < closes

    first = passed(place, at(int(run.start) * DAY))
    ticks = 0
    ticked: dict[int, int] = {}  # open minutes that passed before the first coming of a minute
    ended: dict[int, int] = {}  # first minute by whose beginning so many have
    for tick in range(16 * DAY):
        local = (EPOCH + dt.timedelta(minutes=first + tick)).replace(tzinfo=dt.UTC)
        local = local.astimezone(place)
        minute = int((local.replace(tzinfo=None) - EPOCH).total_seconds()) // 60
        if local.fold == 0:
            ticked.setdefault(minute, ticks)
        if is_open(local.replace(tzinfo=None)):
            ticks += 1
            ended[ticks] = minute + 1 if local.fold == 0 else -1
    chance = np.random.default_rng(2)
    starts = [minute for minute in ticked if minute < (int(run.start) + 6) * DAY]
    compared = 0
    for minute in chance.choice(starts, 300).tolist():
        span = int(chance.integers(1, 1400))
        due = ended.get(ticked[minute] + span, -1)
        assert opened_by(run, days, minute) == ticked[minute], at(minute)
        if due > 0 and is_there(place, at(due)) and ticked.get(due) == ticked[minute] + span:
            assert business_deadline(run, days, minute, span) == due, (at(minute), span)
            compared += 1
    assert compared > 100
    ends = chance.choice(starts, len(starts))
    expected = [ticked[end] - ticked[start] for start, end in zip(starts, ends, strict=True)]
    assert working_minutes(calendar, np.array(starts), ends).tolist() == expected


def test_a_deadline_in_the_second_coming_of_an_hour_is_at_its_end() -> None:
    run, days, _ = laid_out("Europe/Berlin", dt.date(2024, 10, 27))
    midnight = day_number(dt.date(2024, 10, 27)) * DAY
    for span, due in [(179, 179), (180, 180), (239, 180), (240, 180), (241, 181)]:
        assert business_deadline(run, days, midnight, span) == midnight + due
        assert later(run, days, midnight, span) == midnight + due


def test_hours_that_open_or_close_in_one_that_is_left_out_do_so_at_its_end() -> None:
    changed = dt.date(2024, 3, 31)
    midnight = day_number(changed) * DAY
    hours = {"days": ["sun"], "opens": "02:30", "closes": "10:00"}
    run, days, _ = laid_out("Europe/Berlin", changed, hours)
    assert business_deadline(run, days, midnight, 1) == midnight + 181
    assert business_deadline(run, days, midnight, 7 * 60) == midnight + 600
    run, days, _ = laid_out("Europe/Berlin", changed, hours | {"opens": "01:00", "closes": "02:30"})
    assert business_deadline(run, days, midnight, 59) == midnight + 119
    assert business_deadline(run, days, midnight, 61) == midnight + 7 * DAY + 61


# ------------------------------------------------------------------------------- arrivals


def cases_around(zone: str, changed: dt.date, **says: Any) -> pd.DataFrame:
    scenario = Scenario.from_dict(
        {
            "scenario": "summer",
            "calendar": {
                "start": changed - dt.timedelta(days=2),
                "days": 5,
                "zone": zone,
                "hours": [1] * 12 + [3] * 12,
            },
            "products": ["A"],
            "templates": {"Pack": {}},
            "segments": {
                "all": {
                    "customers": 40,
                    "cases": {"per_year": 36_525, "follow_ups": {"mean": 0.3}},
                    "products": {"A": 1},
                    "resolve_hours": {"exponential": 5},
                    "reopened": 0.3,
                    "reopened_after_hours": {"exponential": 10},
                }
            },
            "bursts": [{"product": "A", "per_year": 1000, "hits": 0.2, "over_hours": 4}],
            **says,
        }
    )
    return lived(scenario, seed=1)["cases"]


@pytest.mark.parametrize(("zone", "changed"), CHANGES)
def test_nothing_happens_in_an_hour_that_does_not_exist(zone: str, changed: dt.date) -> None:
    cases = cases_around(zone, changed)
    assert len(cases) > 10_000
    for column in ("created_at", "resolved_at"):
        times = pd.to_datetime(cases[column].dropna()).drop_duplicates()
        there = [is_there(ZoneInfo(zone), time.to_pydatetime()) for time in times]
        assert all(there)
    ended = cases["resolved_at"].dropna()
    assert (ended >= cases.loc[ended.index, "created_at"]).all()


def test_a_day_has_the_cases_of_its_hours() -> None:
    model = Scenario.from_dict(
        {
            "scenario": "days",
            "calendar": {
                "start": dt.date(2024, 1, 1),
                "days": 366,
                "zone": "Europe/Berlin",
                "hours": [0, 0, 2] + [1] * 18 + [0, 0, 0],
            },
            "templates": {"Pack": {}},
            "segments": {"all": {"customers": 1, "cases": {"per_year": 1}}},
        }
    ).model
    own = np.diff(busyness_of(model, stream(1)).busy["busy"][0])
    spring, autumn = (day_number(dt.date(2024, *day)) - 19_723 for day in ((3, 31), (10, 27)))
    others = np.delete(own, [spring, autumn])
    assert others == pytest.approx(np.ones(364))
    assert own[[spring, autumn]] == pytest.approx([18 / 20, 22 / 20])


def test_a_day_whose_only_hour_is_left_out_has_no_cases() -> None:
    calendar = {
        "start": dt.date(2024, 3, 30),
        "days": 3,
        "zone": "Europe/Berlin",
        "hours": [0, 0, 1] + [0] * 21,
    }
    cases = cases_around("Europe/Berlin", dt.date(2024, 3, 31), calendar=calendar, bursts=[])
    assert set(cases["created_at"].dt.day) == {30, 1}


@pytest.mark.parametrize(("changed", "hours"), [((3, 31), -1), ((10, 27), 1)])
def test_resolutions_come_after_hours_that_pass(changed: tuple[int, int], hours: int) -> None:
    day = dt.date(2024, *changed)
    segment = {
        "customers": 40,
        "cases": {"per_year": 36_525},
        "resolve_hours": {"fixed": 12},
        "reopened": 0,
    }
    cases = cases_around("Europe/Berlin", day, segments={"all": segment}, bursts=[], products=[])
    cases = cases.dropna(subset="resolved_at")
    midnight = pd.Timestamp(day)
    across = cases["created_at"].lt(midnight) & cases["resolved_at"].gt(
        midnight + pd.Timedelta(hours=4)
    )
    took = (cases["resolved_at"] - cases["created_at"]) / pd.Timedelta(hours=1)
    assert set(took[across]) == {12.0 - hours}
    assert set(took[cases["created_at"] < midnight - pd.Timedelta(hours=13)]) == {12.0}
