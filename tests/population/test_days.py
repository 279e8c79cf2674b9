"""The calendar as arrays: when days begin, when SLA clocks run."""

import calendar as months
import datetime as dt
import random
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from entitlement_sim.population.days import business_deadline, days_of, months_later
from entitlement_sim.population.plan import RUN
from entitlement_sim.rules.days import day_number
from entitlement_sim.rules.lifecycle import state_day
from entitlement_sim.scenario.models import Calendar, RuleSwitches

DAY = 1440
EPOCH = dt.datetime(1970, 1, 1)


def calendar_of(**says: object) -> Calendar:
    return Calendar.model_validate({"start": dt.date(2024, 1, 1), "days": 400, **says})


def run_of(calendar: Calendar) -> np.record:
    """The run's record with attributes, as compiled code has it."""
    run = np.zeros(1, RUN)[0]
    run.start = day_number(calendar.start)
    run.stop = run.start + calendar.days
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
    local = days_of(calendar, RuleSwitches(job_time=job_time))
    utc = days_of(calendar, RuleSwitches(job_time=job_time, utc_midnight_mode=True))
    for index in range(5):
        day = day_number(start) + index
        assert local["flips"][index] == day * DAY + job
        assert utc["flips"][index] == first_minute_of_state_day(day, ZoneInfo(zone), job)


# ---------------------------------------------------------------------------------- SLAs


def test_business_deadlines_are_those_of_a_clock_that_ticks_minute_by_minute() -> None:
    holiday = dt.date(2024, 1, 10)
    calendar = calendar_of(
        days=20,
        holidays=[{"date": holiday}],
        business_hours={"days": ["mon", "tue", "wed", "fri"], "opens": "08:30", "closes": "17:15"},
    )
    days = days_of(calendar, RuleSwitches()).view(np.recarray)
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


def test_hours_that_close_at_24_run_to_the_end_of_the_day() -> None:
    calendar = calendar_of(business_hours={"days": ["mon"], "opens": "20:00", "closes": "24:00"})
    days = days_of(calendar, RuleSwitches()).view(np.recarray)
    monday = day_number(dt.date(2024, 1, 1)) * DAY
    assert business_deadline(run_of(calendar), days, monday, 240) == monday + DAY
    assert business_deadline(run_of(calendar), days, monday, 241) == monday + 7 * DAY + 20 * 60 + 1


def test_always_means_around_the_clock_on_every_day() -> None:
    calendar = calendar_of(business_hours="always", holidays=[{"date": dt.date(2024, 1, 2)}])
    days = days_of(calendar, RuleSwitches()).view(np.recarray)
    run = run_of(calendar)
    start = int(run.start) * DAY
    for minute, span in [(start, 1), (start + 700, 1440), (start + 1439, 1), (start + 5, 9 * DAY)]:
        assert business_deadline(run, days, minute, span) == minute + span


def test_on_holidays_business_hours_only_run_where_they_are_said_to() -> None:
    holiday = [{"date": dt.date(2024, 1, 2)}]
    closed = calendar_of(holidays=holiday)
    opened = calendar_of(holidays=holiday, business_hours={"on_holidays": True})
    tuesday = day_number(dt.date(2024, 1, 2)) * DAY
    for calendar, deadline in ((closed, tuesday + DAY + 540 + 60), (opened, tuesday + 540 + 60)):
        days = days_of(calendar, RuleSwitches()).view(np.recarray)
        assert business_deadline(run_of(calendar), days, tuesday, 60) == deadline
