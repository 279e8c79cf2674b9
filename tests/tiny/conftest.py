"""Tiny runs, each simulated once for all workers and only if a test asks for it.

The ordinary suite takes every view, chart and notebook and a part of the runs each; what is marked
``soak`` takes every one on every run.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import matplotlib
import pytest
from shared import made_once
from tiny_runs import IMPORTED, PLAIN, tiny_scenario

from entitlement_sim import open_run, simulate
from entitlement_sim.exchange.entering import enter
from entitlement_sim.exchange.leaving import book_of

matplotlib.use("Agg")


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Return the folder of a tiny run by its name, with names of offerings, customers and so on."""

    def place_of(name: str, names: Mapping[str, str] = PLAIN) -> Path:
        own = f"{name.replace(' ', '-')}-{names['segment'].split()[0].strip('$')[:5]}"
        own = "".join(sign for sign in own if sign.isalnum() or sign in "-")

        def make(folder: Path) -> None:
            if name == IMPORTED:
                with open_run(place_of("everybody renews", names)) as run:
                    enter(book_of(run), out=folder, name=own).close()
            else:
                simulate(tiny_scenario(name, names), out=folder, name=own).close()

        return made_once(tmp_path_factory, f"tiny-{own}", make) / own

    return place_of
