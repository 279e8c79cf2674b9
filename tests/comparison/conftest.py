"""Runs that are held against each other."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from shared import made_once

from entitlement_sim import Run, Scenario, simulate
from entitlement_sim.comparison.answer import Comparison
from entitlement_sim.comparison.by_customer import sums_by_customer
from entitlement_sim.comparison.compare import compare

SMALL = {
    "history.years": 2,
    "segments.small.customers": 60,
    "segments.midsize.customers": 20,
    "segments.enterprise.customers": 2,
}

#: What the other run sells: a larger pack.
LARGER = {"templates.Pack 10.total_terms": 14}


@pytest.fixture(scope="session")
def scenario() -> Scenario:
    """A small demo over three years."""
    return Scenario.load("demo", SMALL)


@pytest.fixture(scope="session")
def folder(scenario: Scenario, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in whose `runs` stand base, larger and seed2."""

    def make(place: Path) -> None:
        simulate(scenario, out=place / "runs", name="base").close()
        simulate(scenario.with_(LARGER), out=place / "runs", name="larger").close()
        simulate(scenario, seed=2, out=place / "runs", name="seed2").close()

    return made_once(tmp_path_factory, "compared", make)


@pytest.fixture(scope="session")
def paired(folder: Path) -> Iterator[Comparison]:
    """The larger pack against the base."""
    with compare(folder / "runs" / "base", folder / "runs" / "larger") as answer:
        yield answer


@pytest.fixture(scope="session")
def chance(folder: Path) -> Iterator[Comparison]:
    """The next seed against the base."""
    with compare(folder / "runs" / "base", folder / "runs" / "seed2") as answer:
        yield answer


@pytest.fixture(scope="session")
def base(paired: Comparison) -> Run:
    return paired.runs[0]


@pytest.fixture(scope="session")
def larger(paired: Comparison) -> Run:
    return paired.runs[1]


@pytest.fixture(scope="session")
def sums(base: Run) -> pd.DataFrame:
    """What the customers of the base add up to."""
    return sums_by_customer(base)
