"""How busy days are: weekdays, season, growth, holidays, effects of the day, level, steps."""

import datetime as dt
import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from entitlement_sim import Scenario
from entitlement_sim.population.busyness import Busyness, busyness_of, minute_at
from entitlement_sim.population.clocks import clocks_of
from entitlement_sim.population.plan import SEGMENTS
from entitlement_sim.population.streams import stream
from entitlement_sim.rules.days import day_number
from entitlement_sim.scenario.models import ScenarioModel

DAY = 1440
START = dt.date(2024, 1, 1)  # a Monday

BUSY = {
    "weekdays": [1.2, 1.0, 1.0, 1.0, 0.9, 0.1, 0.0],
    "hours": [0, 0, 0, 0, 0, 0, 0, 2, 8, 8, 6, 4, 0, 4, 5, 5, 3, 1, 1, 0, 0, 0, 0, 0],
    "season": {"amplitude": 0.4, "peak": "02-10"},
    "growth": 0.3,
    "day_spread": 0.2,
    "holidays": [{"date": dt.date(2024, 5, 1), "factor": 0.0}],
}


def model_of(**says: Any) -> ScenarioModel:
    segment = {"customers": 1, "cases": {"per_year": 1}}
    return Scenario.from_dict(
        {
            "scenario": "busy",
            "calendar": {"start": START, "days": 400, **says},
            "templates": {"Pack": {}},
            "segments": {"all": segment, "other": segment},
        }
    ).model


def own_of(laid_out: Busyness, segment: int = 0) -> NDArray[np.float64]:
    """Busyness of each day for a segment."""
    return np.diff(laid_out.busy["busy"][laid_out.kinds[segment]])


def test_busyness_follows_weekdays_season_growth_and_holidays() -> None:
    model = model_of(**{key: value for key, value in BUSY.items() if key != "day_spread"})
    own = own_of(busyness_of(model, stream(1)))
    assert len(own) == 400
    weekdays = model.calendar.weekdays
    scale = sum(weekdays) / 7
    for index, value in enumerate(own):
        date = START + dt.timedelta(index)
        expected = weekdays[date.weekday()] / scale
        turn = (date.timetuple().tm_yday - dt.date(2000, 2, 10).timetuple().tm_yday) / 365.25
        expected *= 1 + 0.4 * math.cos(2 * math.pi * turn)
        expected *= 1.3 ** (index / 365.25)
        expected *= 0.0 if date == dt.date(2024, 5, 1) else 1.0
        assert value == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_common_day_effects_have_mean_1_and_the_spread_that_is_asked_for() -> None:
    effects = own_of(busyness_of(model_of(days=3000, day_spread=0.25), stream(3)))
    assert effects.mean() == pytest.approx(1.0, abs=4 * 0.25 / math.sqrt(3000))
    assert effects.std() == pytest.approx(0.25, rel=0.06)


@pytest.mark.parametrize("later", [1, 7, 45])
def test_a_day_is_as_busy_wherever_a_run_starts(later: int) -> None:
    says = {"day_spread": 0.3, "level": {"sd": 0.4}}
    whole = own_of(busyness_of(model_of(**says), stream(5)))
    start = START + dt.timedelta(later)
    part = own_of(busyness_of(model_of(**says, start=start, days=100), stream(5)))
    assert part.tolist() == pytest.approx(whole[later : later + 100].tolist(), rel=1e-12)


def test_minute_at_is_the_inverse_of_busyness() -> None:
    model = model_of(**BUSY)
    laid_out, clocks = busyness_of(model, stream(1)), clocks_of(model.calendar)
    busy = laid_out.busy["busy"][0]
    total = float(busy[-1])
    segment = np.zeros(1, SEGMENTS)[0]
    segment.guide_step = (laid_out.guide.shape[1] - 1) / total
    hours = np.array(model.calendar.hours) / sum(model.calendar.hours)
    until = np.concatenate([[0.0], np.cumsum(hours)])
    start = day_number(START)
    records = laid_out.busy.view(np.recarray)
    before = 0
    for share in (np.arange(3000) + 0.5) / 3000:
        passed = float(share) * total
        minute = int(
            minute_at(
                start, segment, records, laid_out.guide, clocks.minutes, clocks.left_out, passed
            )
        )
        assert minute >= before
        before = minute
        index, of_day = divmod(minute - start * DAY, DAY)

        def busyness(at: float, index: int = index) -> float:
            own = busy[index + 1] - busy[index]
            return float(busy[index] + own * np.interp(at / 60, range(25), until))

        # The clock has a point for each 1440th of a day's cases, so it is good to such a part.
        slack = float(busy[index + 1] - busy[index]) / 1440
        assert busyness(of_day) - slack <= passed <= busyness(of_day + 1) + slack


# --------------------------------------------------------------------------------- level


def levels(sd: float, half_life_days: float, seed: int, weeks: int = 1500) -> NDArray[np.float64]:
    """Levels of whole calendar weeks."""
    level = {"sd": sd, "half_life_days": half_life_days}
    own = own_of(busyness_of(model_of(days=7 * weeks, level=level), stream(seed)))
    by_week = own.reshape(weeks, 7)
    assert np.allclose(by_week, by_week[:, :1], rtol=1e-9), "the level moves on Mondays only"
    return by_week[:, 0]


def test_the_level_is_log_normal_with_mean_1_and_the_spread_that_is_asked_for() -> None:
    drawn = np.concatenate([levels(0.3, 7.0, seed)[::40] for seed in range(8)])
    spread = stats.norm(-(0.3**2) / 2, 0.3)
    assert stats.kstest(np.log(drawn), spread.cdf).pvalue > 1e-3
    assert drawn.mean() == pytest.approx(1.0, abs=4 * 0.31 / math.sqrt(len(drawn)))


@pytest.mark.parametrize(("half_life", "stays"), [(7.0, 0.5), (60.0, 0.9223), (365.0, 0.9868)])
def test_of_a_deviation_half_is_left_after_the_half_life(half_life: float, stays: float) -> None:
    assert stays == pytest.approx(2 ** (-7 / half_life), abs=1e-4)
    products, squares = 0.0, 0.0
    for seed in range(20):
        logs = np.log(levels(0.2, half_life, seed)) + 0.02
        products += float((logs[1:] * logs[:-1]).sum())
        squares += float((logs[:-1] ** 2).sum())
    # 30,000 weeks: three standard errors of a first-order autocorrelation.
    assert products / squares == pytest.approx(stays, abs=3 * math.sqrt((1 - stays**2) / 30_000))


def test_a_step_meets_its_segment_or_all_from_its_day_on() -> None:
    steps = [
        {"date": START + dt.timedelta(10), "factor": 2.0},
        {"date": START + dt.timedelta(20), "factor": 0.5, "segment": "other"},
        {"date": START - dt.timedelta(5), "factor": 3.0, "segment": "other"},
    ]
    laid_out = busyness_of(model_of(days=30, level={"steps": steps}), stream(1))
    assert own_of(laid_out, 0) == pytest.approx([1.0] * 10 + [2.0] * 20)
    assert own_of(laid_out, 1) == pytest.approx([3.0] * 10 + [6.0] * 10 + [3.0] * 10)


def test_segments_with_the_same_steps_share_their_busyness() -> None:
    assert busyness_of(model_of(), stream(1)).kinds == [0, 0]
    steps = [{"date": START, "factor": 2.0, "segment": "all"}]
    assert busyness_of(model_of(level={"steps": steps}), stream(1)).kinds == [0, 1]
