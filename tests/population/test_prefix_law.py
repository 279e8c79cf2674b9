"""A longer run, cut, is the shorter one: nothing that is drawn looks at how long a run is."""

import datetime as dt
import functools

import numpy as np
import pytest
from cut_short import TABLES, cut_short, rows_of
from lived import Tables, lived
from published import published
from random_scenarios import random_scenario

from entitlement_sim import Scenario
from entitlement_sim.scenario.shipped import shipped_scenarios

SHIPPED = list(shipped_scenarios())
SEED = 11


def few(name: str, *settings: str) -> Scenario:
    """A shipped scenario with few customers."""
    segments = Scenario.load(name).model.segments
    each = 60 // len(segments)
    customers = [f"segments.{segment}.customers={each}" for segment in segments]
    return Scenario.load(name, [*customers, *settings])


def assert_prefix(scenario: Scenario, whole: Tables, days: int, seed: int) -> None:
    """Hold a run that ends after `days` against the whole one, cut there."""
    last = scenario.model.calendar.start + dt.timedelta(days=days - 1)
    tables = cut_short(whole, last)
    if scenario.model.history is not None:
        tables = published(tables, scenario.model.calendar.start)
    cut = rows_of(tables)
    shorter = rows_of(lived(scenario.with_({"calendar.days": days}), seed))
    for table in TABLES:
        assert cut[table] == shorter[table], table


@functools.cache
def whole_run(name: str) -> Tables:
    """A shipped scenario lived through with few customers, once for all days it is cut at."""
    return lived(few(name), SEED)


@pytest.mark.parametrize("days", [1, 59, 364, 777])
@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_scenario_cut_short_is_the_shorter_run(name: str, days: int) -> None:
    assert_prefix(few(name), whole_run(name), days, SEED)


@pytest.mark.parametrize("seed", range(12))
def test_a_random_scenario_cut_short_is_the_shorter_run(seed: int) -> None:
    chance = np.random.default_rng(seed)
    scenario = Scenario.from_dict(random_scenario(chance, own_mixes=seed % 2 == 1))
    days = int(chance.integers(1, scenario.model.calendar.days))
    assert_prefix(scenario, lived(scenario, seed), days, seed)
