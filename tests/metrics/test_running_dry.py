"""Futures of an allotment, against what can be reckoned exactly."""

import numpy as np
import pytest

from entitlement_sim.metrics.demand_on_terms import PARTS, days_by_part, fit_demand
from entitlement_sim.metrics.exhaustion import GammaPrior, probability_of_exhaustion
from entitlement_sim.metrics.running_dry import Allotment, Played, play, play_on
from entitlement_sim.metrics.season import Season, fit_season

RATE = GammaPrior(7.5, 0.75)
MANY = np.ones(40_000)


def chance(allotment: Allotment) -> float:
    return float(play_on(allotment, MANY, np.random.default_rng(5)).mean())


@pytest.mark.parametrize("remaining", [1, 4, 9])
def test_agrees_with_the_exact_chance_where_uses_come_alone(remaining: int) -> None:
    exact = float(probability_of_exhaustion(remaining, 6, 0.5, 0.5, GammaPrior(1.5, 0.25)))
    assert chance(Allotment(remaining, RATE, 0.5)) == pytest.approx(exact, abs=0.01)


def test_a_channel_gives_no_more_than_it_has_left() -> None:
    assert chance(Allotment(4, RATE, 50.0, channels={"phone": (1.0, 3.0)})) == 0.0
    both = {"phone": (0.5, 3.0), "web": (0.5, np.inf)}
    assert chance(Allotment(4, RATE, 50.0, channels=both)) == 1.0


def test_bunches_make_the_same_demand_less_even() -> None:
    rate = GammaPrior(1e6, 1e6)
    single = chance(Allotment(20, rate, 10.0))
    bunched = chance(Allotment(20, GammaPrior(1e6, 2e6), 10.0, bunch=2.0))
    assert bunched > 3 * single


def test_hours_add_up_case_by_case() -> None:
    eight = Allotment(8.0, RATE, 0.5, charges=np.array([2.0]))
    assert chance(eight) == pytest.approx(chance(Allotment(4, RATE, 0.5)), abs=0.01)


def test_days_of_a_term_fall_into_its_parts() -> None:
    days = days_by_part([0, 55], [60, 70], [60, 60])
    assert days == pytest.approx(np.array([[10.0] * PARTS, [0.0] * (PARTS - 1) + [15.0]]))


def test_what_ran_dry_counts_in_the_rate_that_is_fitted() -> None:
    chance_ = np.random.default_rng(3)
    rates = chance_.gamma(2.0, 1 / 20, 4000)  # cases a day
    gaps = chance_.exponential(1 / rates[:, None], (4000, 12)).cumsum(1)
    watched = np.minimum(gaps[:, 9], 120.0)  # ten terms of 120 days
    uses = np.zeros((4000, PARTS))
    for row in range(4000):
        own = gaps[row][gaps[row] <= watched[row]][:10]
        np.add.at(uses[row], np.minimum((own / 20).astype(int), PARTS - 1), 1)
    everyone = np.arange(4000)
    none = np.zeros(4000, np.int64)
    exposure = days_by_part(np.zeros(4000), watched, np.full(4000, 120.0))
    demand = fit_demand(uses, exposure, lineage=everyone, kind=none, holding=none)
    [prior] = demand.priors
    assert prior is not None
    assert prior.mean_rate * demand.bunch[0] == pytest.approx(0.1, rel=0.05)
    assert demand.profile[0] == pytest.approx(np.ones(PARTS), abs=0.08)


def test_a_season_is_found_in_three_even_years() -> None:
    middle = np.arange(36) * 30.4375 + 15
    rate = np.exp(0.2 * np.cos(2 * np.pi * middle / 365.25))
    season = fit_season(middle, rate, months_ahead=6)
    assert season.cosine == pytest.approx(0.2, abs=0.02)
    assert season.sine == pytest.approx(0.0, abs=0.02)
    # Nothing wandered; what was believed before still weighs.
    assert season.wander == pytest.approx(0.1 * (5 / season.freedom) ** 0.5)


def test_a_wander_that_moves_slowly_is_not_taken_for_smaller_than_it_is() -> None:
    chance_ = np.random.default_rng(7)
    middle = np.arange(36) * 30.4375 + 15
    along, wanders = 0.75, []
    for _ in range(60):
        shocks = chance_.normal(0, 0.1 * (1 - along**2) ** 0.5, 100)
        level = np.zeros(100)
        for month in range(1, 100):
            level[month] = along * level[month - 1] + shocks[month]
        wanders.append(fit_season(middle, np.exp(level[-36:]), months_ahead=7).wander)
    # Of the mean of seven months against that of 36, with nothing told of the next by the last.
    assert 0.055 < np.mean(wanders) < 0.095


def test_growth_is_that_which_is_declared_unless_many_months_say_otherwise() -> None:
    middle = np.arange(36) * 30.4375 + 15
    rate = np.exp(0.05 * middle / 365.25 + 0.05 * (-1.0) ** np.arange(36))
    season = fit_season(middle, rate, months_ahead=6, growth=0.05)
    assert season.growth == pytest.approx(0.05, abs=0.005)
    assert season.grown([0, 365.25]).tolist() == pytest.approx([1.0, np.exp(season.growth)])
    assert fit_season([15, 45], [1.0, 2.0], months_ahead=6, growth=0.03).growth == 0.03


def test_what_may_be_cancelled_runs_dry_less_often() -> None:
    lasting = chance(Allotment(4, RATE, 0.5))
    assert chance(Allotment(4, RATE, 0.5, cancellations=0.02)) < lasting
    assert chance(Allotment(4, RATE, 0.5, cancellations=5.0)) < lasting / 2


def test_terms_that_are_amended_at_once_are_those_that_remain() -> None:
    added = Allotment(4, RATE, 0.5, amendments=1e9, changes=np.array([5.0]))
    assert chance(added) == pytest.approx(chance(Allotment(9, RATE, 0.5)), abs=0.01)
    taken = Allotment(4, RATE, 0.5, amendments=1e9, changes=np.array([-4.0]))
    assert chance(taken) == 1.0


def test_what_runs_dry_before_it_is_amended_has_run_dry() -> None:
    # One use a day for ten days, of which half are over when an even share has been amended.
    fast = Allotment(1, GammaPrior(1e9, 1e6), 10.0, amendments=1.0, changes=np.array([1e9]))
    assert chance(fast) > 0.99
    slow = Allotment(5_000, GammaPrior(1e9, 1e6), 10.0, amendments=1.0, changes=np.array([1e9]))
    # Dry after half of the days unless it was amended before, by an exponential time of mean ten.
    assert chance(slow) == pytest.approx(np.exp(-0.5), abs=0.01)


def test_what_may_be_amended_either_way_is_less_sure_at_both_ends() -> None:
    either = {"amendments": 0.2, "changes": np.array([8.0, -2.0])}
    assert chance(Allotment(2, RATE, 1.0, **either)) < chance(Allotment(2, RATE, 1.0))
    assert chance(Allotment(20, RATE, 0.3, **either)) > chance(Allotment(20, RATE, 0.3)) - 0.01


def after(until: float, rates: np.ndarray = MANY) -> Played:
    """What was played of an allotment that is used up after such a share of its days."""
    return Played(MANY > 0, np.full(len(MANY), until), rates)


def test_what_stands_before_an_allotment_gives_way_when_nothing_is_left_of_it() -> None:
    alone = chance(Allotment(4, RATE, 0.5))
    at_once = Allotment(4, RATE, 0.1, before=after(0.0), gained=0.4)
    assert chance(at_once) == pytest.approx(alone, abs=0.01)
    never = Allotment(4, RATE, 0.1, before=after(1.0), gained=0.4)
    assert chance(never) == pytest.approx(chance(Allotment(4, RATE, 0.1)), abs=0.01)
    half_way = Allotment(4, RATE, 0.1, before=after(0.5), gained=0.4)
    assert chance(half_way) == pytest.approx(chance(Allotment(4, RATE, 0.3)), abs=0.01)


def test_who_asks_for_much_of_one_allotment_asks_for_much_of_the_other() -> None:
    rates = np.random.default_rng(9).random(len(MANY))
    other = Allotment(4, RATE, 0.5, before=after(1.0, rates))
    played = play(other, MANY, np.random.default_rng(5))
    assert (np.argsort(played.rates) == np.argsort(rates)).all()
    assert played.is_dry.mean() == pytest.approx(chance(Allotment(4, RATE, 0.5)), abs=0.01)


def test_an_allotment_lasts_until_it_is_dry_or_cancelled() -> None:
    even = play(Allotment(500, GammaPrior(1e9, 1e6), 1.0), MANY, np.random.default_rng(5))
    assert even.is_dry.all()
    assert even.until.mean() == pytest.approx(0.5, abs=0.01)
    lasting = play(Allotment(1e6, RATE, 1.0), MANY, np.random.default_rng(5))
    assert not lasting.is_dry.any()
    assert (lasting.until == 1.0).all()
    cancelled = Allotment(1e6, RATE, 1.0, cancellations=1e6)
    assert play(cancelled, MANY, np.random.default_rng(5)).until.max() < 0.01


def test_no_days_have_an_ordinary_demand() -> None:
    season = Season(0.1, 0.0, 0.0, 5.0)
    assert season.through(0, [0, 1]).tolist() == pytest.approx([1.0, np.exp(0.1)])


def test_few_months_leave_what_is_believed_of_the_wander() -> None:
    few = fit_season([15, 45], [1.0, 2.0], months_ahead=6)
    assert few == Season(0.0, 0.0, wander=0.1, freedom=5.0)
    levels = few.levels(40_000, np.random.default_rng(1))
    assert levels.mean() == pytest.approx(1.0)
    # Student's law of 5 degrees: a variance of 5/3 of the wander's square.
    assert levels.std() == pytest.approx(0.1 * (5 / 3) ** 0.5, rel=0.05)


def test_contracts_of_a_lineage_that_differ_are_known_to_drift() -> None:
    chance_ = np.random.default_rng(4)
    contracts, lineages = 3000, 1000
    lineage = np.arange(contracts) % lineages
    rates = 0.1 * chance_.gamma(5.0, 1 / 5, contracts)  # drift 0.2 about one rate for all
    uses = chance_.poisson(rates[:, None] * 60.0, (contracts, PARTS)).astype(float)
    exposure = np.full((contracts, PARTS), 60.0)
    alike = np.zeros(contracts, np.int64)
    demand = fit_demand(uses, exposure, lineage=lineage, kind=alike, holding=alike)
    assert demand.drift[0] == pytest.approx(0.2, abs=0.03)
    even = chance_.poisson(6.0, (contracts, PARTS)).astype(float)
    steady = fit_demand(even, exposure, lineage=lineage, kind=alike, holding=alike)
    assert steady.drift[0] == pytest.approx(0.0, abs=0.01)
    assert (demand.weight < steady.weight).all()


def test_a_rate_that_drifts_makes_the_number_less_sure() -> None:
    rate = GammaPrior(1e6, 1e6)
    steady = chance(Allotment(20, rate, 10.0))
    assert chance(Allotment(20, rate, 10.0, drift=0.2)) > 3 * steady
