"""When cases come, on a few of them; the first day is a Monday, 1 January 2024."""

import datetime as dt
import math

import pytest
from hand_made import START, HandMade

from entitlement_sim import Scenario, simulate
from entitlement_sim.scoring.figures import Figures


def on_days(*counts: int, days: int | None = None, first: int = 0) -> HandMade:
    """So many cases on each day from the first on."""
    made = HandMade(days=days or len(counts))
    for day, count in enumerate(counts, first):
        for _ in range(count):
            made.case(day)
    return made


def calendar(days: int, *holidays: int) -> dict:
    dates = [{"date": START + dt.timedelta(days=day)} for day in holidays]
    return {"calendar": {"start": START, "days": days, "holidays": dates}}


def test_a_weekday_is_indexed_by_the_mean_working_day(numbers):
    card = numbers(on_days(4, 2, 2, 2, 0, 2, 0).run())
    assert card.parts("weekday_index") == [2, 1, 1, 1, 0, 1, 0]
    assert card.of("weekday_index", "mon", "n") == 4


def test_a_holiday_is_no_day_of_its_weekday(numbers):
    made = on_days(2, 2, 2, 2, 2, 0, 0, 50, 2, 2, 2, 2, 0, 0)
    assert numbers(made.run(**calendar(14, 7))).parts("weekday_index") == [1, 1, 1, 1, 1, 0, 0]


def test_a_weekday_that_never_comes_is_not_measurable(numbers):
    card = numbers(on_days(1, 1, 1, 1, 1).run())
    assert card.parts("weekday_index")[:5] == [1] * 5
    assert card.of("weekday_index", "sat", "why") == "the run has no such day"


def test_without_every_working_day_there_is_no_index(numbers):
    card = numbers(on_days(1, 1, 1).run())
    why = "no whole week of working days with cases"
    assert card.of("weekday_index", "mon", "why") == why


def test_saturday_and_sunday_are_the_weekend(numbers):
    assert numbers(on_days(2, 0, 0, 0, 3, 1, 4).run())("weekend_share") == 0.5


def test_a_holiday_is_held_against_its_weekday(numbers):
    made = on_days(4, 0, 0, 0, 0, 9, 9, 2, 0, 0, 0, 0, 9, 9, 1)
    card = numbers(made.run(**calendar(15, 14)))
    assert card("holiday_factor") == pytest.approx(1 / 3)
    assert card.of("holiday_factor", column="n") == 1


def test_a_holiday_at_the_weekend_says_nothing(numbers):
    card = numbers(on_days(4, 0, 0, 0, 0, 9, 9).run(**calendar(7, 5)))
    assert card.of("holiday_factor", column="why") == "the run has no holiday on a working day"


def test_days_are_compared_with_others_of_their_weekday(numbers):
    # Mondays 1 and 9, Tuesdays 5 and 5: squares 32 and 0 around 5, with one degree of freedom each.
    card = numbers(on_days(1, 5, 0, 0, 0, 0, 0, 9, 5).run())
    assert card("day_dispersion") == pytest.approx(32 / 5 / 2)
    assert card("day_variation") == pytest.approx(math.sqrt((32 - 10) / 50))
    assert card.of("day_variation", column="n") == 4


def test_days_that_differ_less_than_by_chance_do_not_vary(numbers):
    assert numbers(on_days(3, 3, 0, 0, 0, 0, 0, 3, 3).run())("day_variation") == 0


def test_quarters_are_not_compared_with_each_other(numbers):
    first, second = [2] * 91, [8] * 91
    card = numbers(on_days(*first, *second).run())
    assert card("day_dispersion") == 0


def test_a_holiday_is_no_working_day_to_compare(numbers):
    made = on_days(5, 5, 0, 0, 0, 0, 0, 5, 5, 0, 0, 0, 0, 0, 90)
    assert numbers(made.run(**calendar(15, 14)))("day_dispersion") == 0


def test_days_at_the_weekend_are_compared_apart(numbers):
    card = numbers(on_days(0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 9, 0).run())
    assert card("weekend_variation") == pytest.approx(math.sqrt((32 - 5) / 25))
    assert card.of("day_variation", column="verdict") == "not measurable"


def test_a_working_day_is_correlated_with_the_next_beyond_weekdays(numbers):
    # After weekday means: five days of -1, of 0, of 1. Friday is followed by Monday.
    week = [1, 1, 1, 1, 1, 0, 0]
    made = on_days(*week, *[2 * day for day in week], *[3 * day for day in week])
    card = numbers(made.run())
    assert card("lag_1") == pytest.approx((8 / 14) / (10 / 15))
    assert card.of("lag_1", column="n") == 14


def test_a_pair_with_a_holiday_is_left_out(numbers):
    week = [1, 1, 1, 1, 1, 0, 0]
    made = on_days(*week, *[2 * day for day in week], *[3 * day for day in week])
    # Wednesday of the second week: its own value of 0 and two pairs of 0 are missing.
    assert numbers(made.run(**calendar(21, 9)))("lag_1") == pytest.approx((8 / 12) / (10 / 14))


def test_weekdays_alone_are_no_correlation(numbers):
    week = [5, 1, 1, 1, 1, 0, 0]
    card = numbers(on_days(*week, *week).run())
    assert card.of("lag_1", column="why") == "working days do not differ"


def test_hours_go_by_bands_and_the_last_is_over_midnight(numbers):
    made = HandMade(days=3)
    for time in ("08:00", "11:59", "12:00", "14:00", "16:59", "19:00", "20:00", "23:59", "00:00",
                 "07:59"):  # fmt: skip
        made.case(1, time=time)
    assert numbers(made.run()).parts("hour_profile") == [0.2, 0.1, 0.2, 0.1, 0.4]


def test_channels_are_shares_of_the_cases_that_have_one(numbers):
    made = HandMade(days=3)
    for origin in ("phone", "phone", "email", "twitter", None):
        made.case(1, origin=origin)
    assert numbers(made.run()).parts("channel_mix") == [0.5, 0, 0.25]


def test_what_came_before_the_run_does_not_count(numbers):
    made = on_days(1, 1, 1, 1, 1, 1, 1, first=0, days=7)
    for day in range(-30, 0):
        made.case(day)
    card = numbers(made.run())
    assert card.of("weekend_share", column="n") == 7
    assert card.parts("weekday_index") == [1] * 7


BURSTS = {
    "scenario": "bursts",
    "calendar": {"start": dt.date(2024, 1, 1), "days": 200},
    "products": ["A"],
    "templates": {"Pack": {}},
    "segments": {
        "all": {"customers": 50, "cases": {"per_year": 0}, "products": {"A": 1}},
    },
    "bursts": [{"product": "A", "per_year": 6, "hits": 1, "cases": 2, "over_hours": 6}],
}


def test_days_of_bursts_are_those_on_which_their_cases_come():
    with simulate(Scenario.from_dict(BURSTS)) as run:
        figures = Figures(run)
        days = figures.days.set_index("day")["is_burst"]
        came_on = run.sql("SELECT created_at::DATE AS day, count(*) AS n FROM cases GROUP BY ALL")
    assert came_on["n"].sum() > 100
    on_such_days = came_on["n"][days.reindex(came_on["day"]).to_numpy()].sum()
    assert on_such_days / came_on["n"].sum() > 0.98
    assert 0 < days.sum() < 20
    assert not figures.bursts_unknown


def test_where_only_bursts_bring_cases_no_other_day_has_any(numbers):
    card = numbers(simulate(Scenario.from_dict(BURSTS)))
    assert card.of("day_variation") == "not measurable"
    assert card.of("weekday_index", "mon") != "not measurable"
