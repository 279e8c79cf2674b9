"""The calendar as arrays: when days begin, how busyness becomes time, when SLA clocks run."""

import calendar as months
import datetime as dt
import math
import random
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from entitlement_sim.population.days import (
    business_deadline,
    clock_of,
    days_of,
    guide_of,
    minute_at,
    months_later,
)
from entitlement_sim.population.plan import RUN
from entitlement_sim.population.streams import stream
from entitlement_sim.rules.days import day_number
from entitlement_sim.rules.lifecycle import state_day
from entitlement_sim.scenario.models import Calendar, RuleSwitches

DAY = 1440
EPOCH = dt.datetime(1970, 1, 1)


def calendar_of(**says: object) -> Calendar:
    return Calendar.model_validate({"start": dt.date(2024, 1, 1), "days": 400, **says})


def run_of(calendar: Calendar, total: float = 0.0, steps: int = 0) -> np.record:
    """The run's record with attributes, as compiled code has it."""
    run = np.zeros(1, RUN)[0]
    run.start = day_number(calendar.start)
    run.stop = run.start + calendar.days
    run.guide_step = steps / total if total else 0.0
    hours = calendar.business_hours
    run.opens, run.closes = (int(at[:2]) * 60 + int(at[3:]) for at in (hours.opens, hours.closes))
    return run


# -------------------------------------------------------------------------------- months


def the_month_after(date: dt.date, count: int) -> dt.date:
    year, month = divmod(date.year * 12 + date.month - 1 + count, 12)
    last = months.monthrange(year, month + 1)[1]
    return dt.date(year, month + 1, min(date.day, last))


def test_months_later_keeps_the_day_or_takes_the_last_of_a_shorter_month() -> None:
    choice = random.Random(1)
    ends = [
        dt.date(year, month, months.monthrange(year, month)[1])
        for year in (1970, 1999, 2000, 2023, 2024, 2100, 2199)
        for month in range(1, 13)
    ]
    last = day_number(dt.date(2200, 12, 31))
    sample = [dt.date(1970, 1, 1) + dt.timedelta(choice.randint(0, last)) for _ in range(4000)]
    for date in (*ends, *sample):
        for count in (1, 12, choice.randint(0, 120)):
            expected = day_number(the_month_after(date, count))
            assert months_later(day_number(date), count) == expected, (date, count)


# ----------------------------------------------------------------------------- state job


def first_minute_of_state_day(day: int, zone: ZoneInfo, job: int) -> int:
    minute = (day - 1) * DAY + job
    while True:
        offset = (EPOCH + dt.timedelta(minutes=minute)).replace(tzinfo=zone).utcoffset()
        assert offset is not None
        if state_day(minute, int(offset.total_seconds()) // 60, True, job) >= day:
            return minute
        minute += 1


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"])
@pytest.mark.parametrize("job_time", ["00:00", "00:30", "06:30", "23:59"])
@pytest.mark.parametrize(
    "start",
    [dt.date(2024, 3, 8), dt.date(2024, 3, 29), dt.date(2023, 10, 27), dt.date(2023, 11, 3)],
)
def test_days_begin_when_the_rule_says_that_the_state_job_goes_by_them(
    zone: str, job_time: str, start: dt.date
) -> None:
    calendar = calendar_of(start=start, days=5, zone=zone)
    job = int(job_time[:2]) * 60 + int(job_time[3:])
    local = days_of(calendar, RuleSwitches(job_time=job_time), stream(1))
    utc = days_of(calendar, RuleSwitches(job_time=job_time, utc_midnight_mode=True), stream(1))
    for index in range(5):
        day = day_number(start) + index
        assert local["flips"][index] == day * DAY + job
        assert utc["flips"][index] == first_minute_of_state_day(day, ZoneInfo(zone), job)


# ------------------------------------------------------------------------------ busyness


BUSY = {
    "weekdays": [1.2, 1.0, 1.0, 1.0, 0.9, 0.1, 0.0],
    "hours": [0, 0, 0, 0, 0, 0, 0, 2, 8, 8, 6, 4, 0, 4, 5, 5, 3, 1, 1, 0, 0, 0, 0, 0],
    "season": {"amplitude": 0.4, "peak": "02-10"},
    "growth": 0.3,
    "day_spread": 0.2,
    "holidays": [{"date": dt.date(2024, 5, 1), "factor": 0.0}],
}


def test_busyness_follows_weekdays_season_growth_and_holidays() -> None:
    says = {key: value for key, value in BUSY.items() if key != "day_spread"}
    calendar = calendar_of(**says)
    days = days_of(calendar, RuleSwitches(), stream(1))
    own = np.diff(days["busy"][: calendar.days + 1])
    scale = sum(calendar.weekdays) / 7
    for index, value in enumerate(own):
        date = calendar.start + dt.timedelta(index)
        expected = calendar.weekdays[date.weekday()] / scale
        turn = (date.timetuple().tm_yday - dt.date(2000, 2, 10).timetuple().tm_yday) / 365.25
        expected *= 1 + 0.4 * math.cos(2 * math.pi * turn)
        expected *= 1.3 ** (index / 365.25)
        expected *= 0.0 if date == dt.date(2024, 5, 1) else 1.0
        assert value == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_common_day_effects_have_mean_1_and_the_spread_that_is_asked_for() -> None:
    calendar = calendar_of(days=3000, day_spread=0.25)
    days = days_of(calendar, RuleSwitches(), stream(3))
    effects = np.diff(days["busy"][:3001])
    assert effects.mean() == pytest.approx(1.0, abs=4 * 0.25 / math.sqrt(3000))
    assert effects.std() == pytest.approx(0.25, rel=0.06)


def test_minute_at_is_the_inverse_of_busyness() -> None:
    calendar = calendar_of(**BUSY)
    days = days_of(calendar, RuleSwitches(), stream(1))
    guide, clock = guide_of(calendar, days), clock_of(calendar)
    total = float(days["busy"][calendar.days])
    run = run_of(calendar, total, len(guide) - 1)
    hours = np.array(calendar.hours) / sum(calendar.hours)
    until = np.concatenate([[0.0], np.cumsum(hours)])
    records = days.view(np.recarray)
    before = 0
    for share in (np.arange(3000) + 0.5) / 3000:
        busy = float(share) * total
        minute = int(minute_at(run, records, guide, clock, busy))
        assert minute >= before
        before = minute
        index, of_day = divmod(minute - int(run.start) * DAY, DAY)

        def busyness(at: float, index: int = index) -> float:
            own = days["busy"][index + 1] - days["busy"][index]
            return float(days["busy"][index] + own * np.interp(at / 60, range(25), until))

        # The clock has a point for each 1440th of a day's cases, so it is good to such a part.
        slack = float(days["busy"][index + 1] - days["busy"][index]) / 1440
        assert busyness(of_day) - slack <= busy <= busyness(of_day + 1) + slack


# ---------------------------------------------------------------------------------- SLAs


def test_business_deadlines_are_those_of_a_clock_that_ticks_minute_by_minute() -> None:
    holiday = dt.date(2024, 1, 10)
    calendar = calendar_of(
        days=20,
        holidays=[{"date": holiday}],
        business_hours={"days": ["mon", "tue", "wed", "fri"], "opens": "08:30", "closes": "17:15"},
    )
    days = days_of(calendar, RuleSwitches(), stream(1)).view(np.recarray)
    run = run_of(calendar)
    start = int(run.start) * DAY

    def is_open(minute: int) -> bool:
        at = EPOCH + dt.timedelta(minutes=minute)
        return (
            at.weekday() in (0, 1, 2, 4)
            and at.date() != holiday
            and 8 * 60 + 30 <= at.hour * 60 + at.minute < 17 * 60 + 15
        )

    minutes = np.arange(start, start + 60 * DAY)
    ticks = np.array([is_open(int(minute)) for minute in minutes])
    passed = np.cumsum(ticks)  # business minutes at the end of each minute
    choice = random.Random(2)
    created = [start + choice.randrange(20 * DAY) for _ in range(600)]
    edges = [start + day * DAY + at for day in range(14) for at in (0, 509, 510, 511, 1034, 1035)]
    for minute in (*created, *edges):
        span = choice.choice([1, 30, 525, 524, 526, 1050, choice.randint(1, 6000)])
        before = passed[minute - start - 1] if minute > start else 0
        deadline = int(minutes[np.searchsorted(passed, before + span)]) + 1
        assert business_deadline(run, days, minute, span) == deadline, (minute, span)
