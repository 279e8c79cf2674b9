"""How often rates begin anew: found where they do, and not where they drift or stay."""

from functools import cache

import numpy as np
import pytest

from entitlement_sim.metrics import rates_anew
from entitlement_sim.metrics.demand_on_terms import PARTS, Demand, fit_demand
from entitlement_sim.metrics.exhaustion import GammaPrior
from entitlement_sim.metrics.rates_anew import Anew, Rates, fit_anew
from entitlement_sim.metrics.running_dry import Allotment, play_on

LINEAGES, CONTRACTS = 1500, 3
#: Contracts of each lineage one after the other, whatever their order in the tables.
LINEAGE = np.tile(np.arange(LINEAGES), CONTRACTS)
BEGINS = np.repeat(np.arange(CONTRACTS) * 365, LINEAGES)
ALIKE = np.zeros(LINEAGES * CONTRACTS, np.int64)
EXPOSURE = np.full((LINEAGES * CONTRACTS, PARTS), 365 / PARTS)


def seen(share: float, drift: float = 0.0) -> np.ndarray:
    """Uses of rates that begin anew, or drift, from one half of a contract to the next."""
    chance = np.random.default_rng(2)
    halves = 2 * CONTRACTS
    rates = np.empty((halves, LINEAGES))
    rates[0] = chance.gamma(0.8, 10 / 0.8 / 365, LINEAGES)
    for half in range(1, halves):
        anew = chance.random(LINEAGES) < share
        rates[half] = np.where(anew, chance.gamma(0.8, 10 / 0.8 / 365, LINEAGES), rates[half - 1])
    if drift:
        rates = rates * chance.gamma(1 / drift, drift, rates.shape)
    by_part = np.repeat(rates, PARTS // 2, axis=0).reshape(CONTRACTS, PARTS, LINEAGES)
    expected = by_part.transpose(0, 2, 1).reshape(-1, PARTS) * EXPOSURE
    return chance.poisson(expected).astype(np.float64)


def fitted(uses: np.ndarray) -> tuple[Demand, Anew]:
    groups = {"lineage": LINEAGE, "kind": ALIKE, "holding": ALIKE}
    demand = fit_demand(uses, EXPOSURE, **groups)
    return demand, fit_anew(demand, uses, EXPOSURE, begins=BEGINS, **groups)


@cache
def found(share: float, drift: float = 0.0) -> tuple[Demand, Anew]:
    """What is fitted to such uses."""
    return fitted(seen(share, drift))


@pytest.mark.parametrize("share", [0.05, 0.2])
def test_rates_that_begin_anew_are_told_from_those_that_drift(share: float) -> None:
    demand, anew = found(share)
    assert 0.4 * share < anew.share[0] < 1.6 * share
    assert anew.drift[0] < demand.drift[0]


def test_rates_that_stay_hardly_ever_begin_anew() -> None:
    assert found(0.0)[1].share[0] < 0.005


def test_rates_that_drift_hardly_ever_begin_anew() -> None:
    assert found(0.0, 0.15)[1].share[0] < 0.03


def test_few_contracts_say_nothing_of_rates_that_begin_anew() -> None:
    few = slice(0, 20)
    groups = {"lineage": LINEAGE[few], "kind": ALIKE[few], "holding": ALIKE[few]}
    uses = seen(0.2)[few]
    demand = fit_demand(uses, EXPOSURE[few], **groups)
    anew = fit_anew(demand, uses, EXPOSURE[few], begins=BEGINS[few], **groups)
    assert anew.share.tolist() == [0.0]
    assert anew.drift.tolist() == demand.drift.tolist()


def mean_of(rates: Rates | None) -> float:
    """Mean of what is known of a rate."""
    assert rates is not None
    return float((rates.chances * rates.shapes / rates.exposures).sum())


def test_a_rate_that_has_begun_anew_is_known_by_what_came_since() -> None:
    uses = seen(0.1)
    # Two contracts of the first lineage were hardly used, the third ten times as fast as most.
    own = LINEAGE == 0
    uses[own] = np.array([[0.0] * PARTS, [0.0] * PARTS, [20.0] * PARTS])
    _, anew = fitted(uses)
    rates = anew.rates[0]
    assert rates is not None
    assert rates.chances.sum() == pytest.approx(1.0)
    assert mean_of(rates) == pytest.approx(120 / 365, rel=0.15)
    # It began with one of the halves of the third contract, or with the second of the one before.
    assert rates.chances[-3:].sum() > 0.999


def test_a_rate_that_never_begins_anew_is_known_by_all_that_was_seen() -> None:
    uses = seen(0.0)
    demand, anew = found(0.0)
    [prior] = anew.priors
    assert prior == demand.priors[0]
    assert anew.share[0] == 0.0
    for number in (0, 700):
        rates = anew.rates[number]
        assert rates is not None
        own = number == LINEAGE
        told = prior.given(
            float(uses[own].sum() / demand.scatter[0]),
            float((EXPOSURE[own] * demand.profile[0]).sum() * demand.bunch[0] / demand.scatter[0]),
        )
        assert mean_of(rates) == pytest.approx(told.mean_rate, rel=0.02)


def test_rates_of_all_are_as_unequal_as_they_are_where_they_begin_anew() -> None:
    demand, anew = found(0.2)
    before, after = demand.priors[0], anew.priors[0]
    assert before is not None
    assert after is not None
    # Drawn with shape 0.8; rates of a lineage, taken as one, are nearer to each other.
    assert abs(after.shape - 0.8) < abs(before.shape - 0.8)
    assert after.mean_rate == pytest.approx(before.mean_rate)


def test_few_lineages_at_a_time_say_the_same_as_all_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, whole = found(0.05)
    monkeypatch.setattr(rates_anew, "_AT_A_TIME", 5_000)
    _, pieces = fitted(seen(0.05))
    assert pieces.share == pytest.approx(whole.share)
    assert [mean_of(rates) for rates in pieces.rates] == pytest.approx(
        [mean_of(rates) for rates in whole.rates]
    )


def chance(rate: GammaPrior, beginnings: float) -> float:
    common, random = np.ones(40_000), np.random.default_rng(5)
    anew = GammaPrior(1.0, 10.0)
    allotment = Allotment(10, rate, 100.0, anew=anew, beginnings=beginnings)
    return float(play_on(allotment, common, random).mean())


def test_a_rate_that_may_begin_anew_is_less_sure_at_both_ends() -> None:
    low, high = GammaPrior(1e6, 1e8), GammaPrior(1e6, 5e6)
    assert chance(low, 0.0) < 1e-3 < 0.01 < chance(low, 0.1)
    assert chance(high, 0.1) < 0.99 < chance(high, 0.0)


def test_a_rate_that_begins_anew_at_once_is_that_of_everybody() -> None:
    at_once = chance(GammaPrior(1e6, 1e8), 1e6)
    everybody = chance(GammaPrior(1.0, 10.0), 0.0)
    assert at_once == pytest.approx(everybody, abs=0.01)
