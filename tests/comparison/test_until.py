"""Replications that go on until limits are close enough: when they stop, and what that does."""

import math
from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entitlement_sim import RunError, Scenario, compare, what_if
from entitlement_sim.comparison.until import Look, Until, is_reached, looked, numbers_of_pairs
from tests.measured.stopping import PROBLEMS, measured

SMALL = ["segments.everyone.customers=20"]
TWELVE = {"templates.ten-cases.total_terms": 12}


@pytest.fixture(scope="module")
def base() -> Scenario:
    return Scenario.load("reference", SMALL)


@given(at_most=st.integers(40, 5000))
def test_looks_double_from_twenty_pairs_on_and_end_at_the_most(at_most: int) -> None:
    numbers = list(numbers_of_pairs(at_most))
    assert numbers[0] == 20
    assert numbers[-1] == at_most
    assert all(after == min(2 * before, at_most) for before, after in pairwise(numbers))


@given(st.lists(st.sampled_from([0.5, 1.0, 1.5, math.nan]), min_size=5, max_size=5))
def test_it_stops_at_the_second_look_in_a_row_that_is_close_enough(widths: list[float]) -> None:
    numbers = list(numbers_of_pairs(200))
    by_number = dict(zip(numbers, widths, strict=True))
    until = Until({"margin": 1.0})
    looks = looked(until, lambda pairs: {"margin": by_number[pairs]})
    close = [width <= 1 for width in widths]
    expected = next((place for place in range(1, 5) if close[place - 1] and close[place]), 4)
    assert [look.pairs for look in looks] == numbers[: expected + 1]
    assert is_reached(until, looks) == (close[expected - 1] and close[expected])


def test_all_metrics_have_to_be_close_enough_at_once() -> None:
    until = Until({"margin": 10.0, "covered": 0.01})
    assert Look(20, {"margin": 10.0, "covered": 0.01}).meets(until)
    assert not Look(20, {"margin": 9.0, "covered": 0.011}).meets(until)


def test_limits_that_were_refined_hold_the_truth_as_often_as_they_say() -> None:
    outcomes = measured()
    assert outcomes["problems"].sum() == 4000
    assert outcomes["holds"].mean() >= 0.93
    # Of each kind, within three standard errors of the share of 500 problems.
    assert outcomes["holds"].min() >= 0.93 - 3 * math.sqrt(0.93 * 0.07 / PROBLEMS)


def test_an_answer_that_was_refined_is_that_of_as_many_replications(base: Scenario) -> None:
    keys = ["turned_away", "used_cases", "bookings"]
    with what_if(base, {"twelve": TWELVE}, until={"used_cases": 6.0}, metrics=keys) as refined:
        pairs = refined.replications
        text = refined.in_short()[3]
        rows = refined.metrics()
    assert pairs in (40, 80, 160)
    with what_if(base, {"twelve": TWELVE}, replications=pairs, metrics=keys) as fixed:
        pd.testing.assert_frame_equal(rows, fixed.metrics())
    used = rows.set_index("metric").loc["used_cases"]
    assert (used["high"] - used["low"]) / 2 <= 6
    assert f"at {pairs} (asked: 6); it stopped as this was close enough at two looks" in text


def test_what_does_not_become_as_close_says_so_at_the_most(base: Scenario) -> None:
    asked = {"until": {"used_cases": 0.5}, "at_most": 40, "metrics": ["used_cases"]}
    with what_if(base, {"twelve": TWELVE}, **asked) as answer:
        assert answer.replications == 40
        assert "it stopped at 40 pairs, the most, and is not as close yet" in answer.in_short()[3]


def test_the_widest_limits_of_all_alternatives_count(base: Scenario) -> None:
    others = {"eleven": {"templates.ten-cases.total_terms": 11}, "twelve": TWELVE}
    asked = {"until": {"used_cases": 5.0}, "metrics": ["used_cases"], "at_most": 40}
    with what_if(base, others, **asked) as answer:
        rows = answer.metrics()
        last = answer.looks[-1].half_widths["used_cases"]
    assert last == pytest.approx(((rows["high"] - rows["low"]) / 2).max())


def test_scenarios_are_compared_until_limits_are_close_enough(base: Scenario) -> None:
    with compare(base, TWELVE, until={"bookings": 1e9}, metrics=["bookings"]) as answer:
        assert answer.replications == 40
        assert "close enough at two looks in a row" in answer.verdict()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"until": {}}, "names no metric"),
        ({"until": {"bookings": 0}}, "is above 0, not 0"),
        ({"until": {"bookings": math.nan}}, "is above 0, not nan"),
        ({"until": {"booking": 5}}, "unknown metric 'booking'"),
        ({"until": {"bookings": 5}, "at_most": 39}, "at_most is 40 or more, not 39"),
        ({"until": {"bookings": 5}, "replications": 20}, "leave replications out"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    base: Scenario, asked: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        what_if(base, {"twelve": TWELVE}, **asked)


def test_metrics_that_need_rows_cannot_be_refined(base: Scenario) -> None:
    with pytest.raises(RunError, match="of service no limits can be asked for"):
        what_if(base, {"twelve": TWELVE}, until={"service": 0.01})
