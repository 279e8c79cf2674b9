"""A small run that somebody may have changed before sending it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from entitlement_sim import Scenario, simulate

OVERRIDES = ["segments.everyone.customers=6", "calendar.days=500"]


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run as it was stored; never changed."""
    out = tmp_path_factory.mktemp("whole")
    scenario = Scenario.load("reference", OVERRIDES)
    simulate(scenario, out=out, name="sent").close()
    return out / "sent"


@pytest.fixture
def forged(whole: Path, tmp_path: Path) -> Callable[..., Path]:
    """Make a copy of the run of which statements have changed the file."""

    def forge(*statements: str) -> Path:
        place = tmp_path / "forged" / whole.name
        shutil.copytree(whole, place)
        with duckdb.connect(place / "run.duckdb") as connection:
            for statement in statements:
                connection.execute(statement)
        return place

    return forge
