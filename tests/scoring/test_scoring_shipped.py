"""Shipped scenarios meet what they declare, whatever the seed."""

import pytest

from entitlement_sim import Scenario, scorecard, simulate
from entitlement_sim.scenario import shipped_scenarios
from entitlement_sim.scoring.saying import verdict

SEEDS = (1, 2, 3)
DECLARING = [name for name in shipped_scenarios() if Scenario.load(name).model.scorecard]


def test_some_scenario_declares_something():
    assert DECLARING


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", DECLARING)
def test_a_shipped_scenario_meets_what_it_declares(name, seed):
    with simulate(Scenario.load(name), seed=seed) as run:
        card = scorecard(run)
    declared = card[card["declared"]]
    assert set(declared["verdict"]) == {"hit"}, verdict(card)
