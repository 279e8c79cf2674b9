"""A small run for all notebooks."""

from pathlib import Path

import pytest
from shared import made_once

from entitlement_sim import Scenario, simulate, sums

SMALL = {
    "segments.small.customers": 100,
    "segments.midsize.customers": 40,
    "segments.enterprise.customers": 10,
}


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the run demo, as the command demo leaves it, but of 150 customers."""

    def make(folder: Path) -> None:
        simulate(Scenario.load("demo", SMALL), out=folder / "runs", name="demo").close()

    folder = made_once(tmp_path_factory, "notebooks", make) / "runs"
    # So that no notebook is the first to compile the sums, which it would say.
    sums(Scenario.load("reference", {"segments.everyone.customers": 1, "calendar.days": 1}))
    return folder
