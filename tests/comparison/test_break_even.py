"""What would have to be true for a difference to be none."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_what_if import BASE, PACK

from entitlement_sim import Scenario, what_if
from entitlement_sim.comparison.answer import Comparison
from entitlement_sim.comparison.break_even import (
    most_demand,
    with_demand,
    zero_of_demand,
    zero_of_lines,
)
from entitlement_sim.metrics.intervals import mean_interval
from entitlement_sim.replications import sums_of

WITH_COSTS = BASE + "money: { hour_costs: 60, turned_away_costs: 20 }\n"

#: Nobody is refused: more work, and less that is turned away.
OPEN = {f"{PACK}.restrict": False}

#: A smaller pack that bills what goes beyond: the more cases, the better.
METERED = {
    f"{PACK}.total_terms": 8,
    f"{PACK}.price": 1340,
    f"{PACK}.overage": {"price": 100, "at_most": 20},
}


@pytest.fixture(scope="module")
def base() -> Scenario:
    return Scenario.parse(WITH_COSTS)


@pytest.fixture(scope="module")
def answer(base: Scenario):
    with what_if(base, {"open": OPEN, "metered": METERED}, replications=10) as asked:
        yield asked


def value_of(answer: Comparison, run: str, on: str) -> dict[str, float]:
    rows = answer.break_evens()
    return rows[(rows["run"] == run) & (rows["on"] == on)].iloc[0].to_dict()


@given(
    st.integers(3, 40),
    st.floats(-50, 50),
    st.floats(0.5, 5),
    st.integers(0, 2**32 - 1),
)
def test_limits_are_where_the_mean_of_lines_begins_to_differ_from_none(
    pairs: int, at_zero: float, slope: float, seed: int
) -> None:
    chance = np.random.default_rng(seed)
    differences = at_zero + chance.normal(size=pairs)
    slopes = slope + 0.1 * chance.normal(size=pairs)
    zero = zero_of_lines(differences, slopes, confidence=0.95)
    assert zero is not None
    assert zero.value == pytest.approx(differences.mean() / slopes.mean())
    if np.isnan(zero.low):  # the slope cannot be told from none
        return
    assert zero.low <= zero.value <= zero.high
    size = 1e-6 * (1 + abs(at_zero))
    for limit, side in ((zero.low, 1), (zero.high, -1)):
        interval = mean_interval(differences - limit * slopes)
        assert side * (interval.low if side > 0 else interval.high) == pytest.approx(0, abs=size)


def test_level_lines_have_no_zero() -> None:
    assert zero_of_lines(np.ones(5), np.zeros(5), confidence=0.95) is None


@given(st.floats(0.55, 1.9), st.floats(0.5, 3))
def test_demand_is_found_where_the_difference_changes_its_sign(zero: float, bend: float) -> None:
    noise = np.array([-1.0, 0.0, 1.0]) * 1e-3

    def difference_at(factor: float, pairs: int) -> np.ndarray:
        return factor**bend - zero**bend + noise[:pairs]

    if abs(zero - 1) < 0.01:
        return
    found = zero_of_demand(difference_at, most=2.0, pairs=3, confidence=0.95)
    assert found is not None
    assert found.value == pytest.approx(zero, rel=0.04)
    assert found.low < found.value < found.high


def test_no_demand_is_named_where_the_sign_stays() -> None:
    found = zero_of_demand(
        lambda factor, pairs: np.full(pairs, factor), most=2.0, pairs=4, confidence=0.95
    )
    assert found is None


@given(st.floats(0.3, 3), st.floats(1.0, 2.0), st.integers(2, 6))
def test_no_demand_is_tried_that_a_scenario_cannot_say(
    zero: float, most: float, pairs: int
) -> None:
    tried = []

    def difference_at(factor: float, pairs: int) -> np.ndarray:
        tried.append(factor)
        return np.full(pairs, factor - zero)

    zero_of_demand(difference_at, most=most, pairs=pairs, confidence=0.95)
    assert all(factor == 1 or 0.5 <= factor <= most for factor in tried)


def test_a_demand_is_found_by_one_replication_and_read_off_all() -> None:
    asked = []

    def difference_at(factor: float, pairs: int) -> np.ndarray:
        asked.append((factor, pairs))
        return np.full(pairs, factor - 1.5)

    found = zero_of_demand(difference_at, most=2.0, pairs=20, confidence=0.95)
    assert found is not None
    assert (found.value, found.pairs) == (1.5, 20)
    assert asked == [(1.0, 20), (0.5, 1), (2.0, 1), (1.5, 20)]


def test_what_is_guessed_of_some_customers_is_read_off_all_pairs() -> None:
    asked = []

    def difference_at(factor: float, pairs: int) -> np.ndarray:
        asked.append((factor, pairs))
        return np.full(pairs, factor - 1.5)

    found = zero_of_demand(
        difference_at, most=2.0, pairs=20, confidence=0.95, roughly_at=lambda factor: factor - 1.4
    )
    assert found is not None
    assert found.value == pytest.approx(1.5)
    assert [pairs for _, pairs in asked] == [20, 20]


@pytest.mark.parametrize(
    ("guess", "asked_closely"), [(9.1, []), (8.9, [(0.5, 1), (2.0, 1)])], ids=["no doubt", "doubt"]
)
def test_that_no_demand_turns_it_is_said_of_whole_replications_where_a_guess_leaves_a_doubt(
    guess: float, asked_closely: list[tuple[float, int]]
) -> None:
    asked = []

    def difference_at(factor: float, pairs: int) -> np.ndarray:
        asked.append((factor, pairs))
        return np.array([1.0, 2.0, 3.0])[:pairs]  # with a standard deviation of 1

    found = zero_of_demand(
        difference_at, most=2.0, pairs=3, confidence=0.95, roughly_at=lambda factor: guess
    )
    assert found is None
    assert asked == [(1.0, 3), *asked_closely]


def test_what_a_guess_has_missed_is_found_by_a_whole_replication() -> None:
    def difference_at(factor: float, pairs: int) -> np.ndarray:
        return np.array([1.8, 1.9, 2.0])[:pairs] - factor

    found = zero_of_demand(
        difference_at, most=2.0, pairs=3, confidence=0.95, roughly_at=lambda factor: 0.1
    )
    assert found is not None
    assert found.value == pytest.approx(1.9)


def test_some_customers_stand_for_all_of_them(base: Scenario) -> None:
    many = base.with_({"segments.callers.customers": 3000})
    by = ("segment", "template")
    all_of_them, some = (
        sums_of(many, {}, range(1), by=by, one_of=one_of)["arrivals"].sum() for one_of in (1, 3)
    )
    assert some == pytest.approx(all_of_them / 3, rel=0.15)


def test_at_the_break_even_cost_of_an_hour_the_margin_is_the_same(
    base: Scenario, answer: Comparison
) -> None:
    found = value_of(answer, "open", "hour_costs")
    assert found["now"] == 60
    assert found["low"] < found["value"] < found["high"]
    costs = {"money.hour_costs": round(found["value"], 2)}
    with what_if(
        base.with_(costs), {"open": OPEN}, replications=10, metrics=["margin", "hours_worked"]
    ) as there:
        rows = there.metrics().set_index("metric")
    # A cost has two decimals.
    assert abs(rows.loc["margin", "difference"]) <= 0.005 * rows.loc["hours_worked", "difference"]


def test_at_the_break_even_demand_the_margin_cannot_be_told_apart(
    base: Scenario, answer: Comparison
) -> None:
    found = value_of(answer, "metered", "demand")
    assert 1 < found["value"] < 2
    many = with_demand(base, found["value"])
    with what_if(many, {"metered": METERED}, replications=10, metrics=["margin"]) as there:
        [moved] = there.metrics()["moved"]
    assert not moved


def test_demand_is_multiplied_in_every_segment(base: Scenario) -> None:
    segments = with_demand(base, 1.5).model.segments
    assert {name: each.cases.per_year for name, each in segments.items()} == {
        "callers": 18,
        "quiet": 1.5,
    }


def test_no_more_demand_is_tried_than_a_scenario_may_say(base: Scenario) -> None:
    assert most_demand([base]) == 2
    assert most_demand([base.with_({"segments.quiet.cases.per_year": 80_000})]) == 1.25


def test_the_last_sentence_has_what_would_turn_the_answer(answer: Comparison) -> None:
    opened, metered = (answer.in_short(place)[-1] for place in (1, 2))
    assert opened.startswith("What would have to be true for it to be wrong: ")
    assert "or an hour of support cost EUR " in opened
    assert "not EUR 60.00" in opened
    assert "or cases came 1." in metered


def test_limits_of_break_evens_stand_in_the_verdict(answer: Comparison) -> None:
    opened, metered = (" ".join(answer.sentences(place)) for place in (1, 2))
    assert "Break-even cost of an hour: the loss in margin is made good where" in opened
    assert "Break-even demand: the loss in margin is made good where every segment has 1." in (
        metered
    )
    assert "times its cases a year (" in metered


def test_what_cannot_be_told_hangs_on_nothing(base: Scenario) -> None:
    with what_if(
        base, {"same": {f"{PACK}.channels": {"iot": 9}}}, replications=2, metrics=["margin"]
    ) as asked:
        assert asked.break_evens().empty
        assert "as none moved" in asked.in_short()[-1]


def test_costs_of_an_hour_that_differ_have_no_break_even(base: Scenario) -> None:
    dearer = {"money.hour_costs": 90}
    with what_if(base, {"dearer": dearer}, replications=5, metrics=["margin"]) as asked:
        assert asked.break_evens()["on"].tolist() == ["leaving", "demand"]
