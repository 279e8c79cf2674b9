"""What `simulate` does with the folder of a run."""

from pathlib import Path

import pytest

from entitlement_sim import Scenario, simulate
from entitlement_sim.store.errors import RunError

SMALL = ("segments.everyone.customers=1", "calendar.days=30")


def test_a_run_of_that_name_is_replaced_only_where_that_is_asked_for(tmp_path: Path) -> None:
    scenario = Scenario.load("reference", SMALL)
    simulate(scenario, seed=1, out=tmp_path, name="run").close()
    with pytest.raises(RunError, match="exists"):
        simulate(scenario, seed=2, out=tmp_path, name="run")
    with simulate(scenario, seed=3, out=tmp_path, name="run", overwrite=True) as run:
        assert run.manifest.seed == 3
