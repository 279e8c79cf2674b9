"""How a notebook finds the run that its parameters ask for."""

import json
import os
from pathlib import Path
from typing import Final

from ..store.catalogue import list_runs
from ..store.errors import RunError
from ..store.run import Run, open_run

#: Environment variable of a kernel: 1 where a report executes a shipped notebook, which needs no
#: file but those of its runs.
SEALED: Final = "ENTITLEMENT_SIM_SEALED"

#: Environment variable of a kernel: with which money a report has its run reckoned, as a list of
#: texts such as ``money.hour_costs=60``.
MONEY: Final = "ENTITLEMENT_SIM_MONEY"

_DEMO = "demo"


def find_run(run_path: str = "", scenario: str = "", seed: int | None = None) -> Run:
    """Open the run that a notebook's parameters ask for.

    Parameters
    ----------
    run_path : str
        Folder of a run, or its name in the folder ``runs`` here or one above. Empty: the newest
        run of the scenario, or, where there is none, one that is simulated in memory.
    scenario : str
        A shipped scenario or a file; empty means demo, or whatever `run_path` holds.
    seed : int, optional
        By default whatever the run or the scenario has.

    Returns
    -------
    Run

    Raises
    ------
    RunError
        There is no such run, or it has another scenario or seed.
    """
    sealed = os.environ.get(SEALED) == "1"
    if run_path:
        run = open_run(_beside_notebook(run_path), sealed=sealed)
        _check(run, scenario, seed)
        if money := os.environ.get(MONEY):
            run.reprice(json.loads(money))
        return run
    wanted = scenario or _DEMO
    candidates = [
        entry
        for folder in ("runs", "../runs")
        for entry in list_runs(folder)
        if entry.manifest.scenario == wanted and (seed is None or entry.manifest.seed == seed)
    ]
    if candidates:
        return open_run(
            max(candidates, key=lambda entry: (entry.manifest.created_at, entry.name)).path
        )
    from ..scenario.scenario import Scenario
    from ..simulation import simulate

    return simulate(Scenario.load(wanted), seed=seed)


def _beside_notebook(run_path: str) -> Path:
    """Return where a run is: by its path, or by its name in ``runs`` here or one above."""
    path = Path(run_path)
    above = Path("..") / "runs" / path
    return above if not path.exists() and above.is_dir() else path


def _check(run: Run, scenario: str, seed: int | None) -> None:
    facts = run.manifest
    for fact, actual, asked in (
        ("scenario", facts.scenario, scenario or None),
        ("seed", facts.seed, seed),
    ):
        if asked is not None and asked != actual:
            raise RunError(f"the run {run.name} has {fact} {actual}, not {asked}")
