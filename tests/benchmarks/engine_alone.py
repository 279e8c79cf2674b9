"""The engine alone, in a process of its own: one thread, every row of every table, nothing stored.

Run as a file with ``PYTHONPATH`` naming a checkout of the package, so that it measures any of them;
of this one it knows nothing but the file beside it, and it prints one line of JSON. With
``--turns SCENARIO CUSTOMERS`` it says which package it has loaded, and then answers each line that
it reads with the CPU seconds of one turn.
"""

import gc
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from workload import scaled

import entitlement_sim
from entitlement_sim import Scenario
from entitlement_sim.engine.blocks import simulate_blocks
from entitlement_sim.population.plan import Plan, plan

_SEED = 1
_FEW = 20
#: Turns of a process, of which the one that was disturbed least counts.
_TURNS = 3


def measure(customers: Mapping[str, int]) -> dict[str, dict[str, float]]:
    """Return the cases of each scenario and the CPU nanoseconds that one takes.

    Parameters
    ----------
    customers : mapping of str to int
        Customers by the name of a shipped scenario, which is scaled to them.
    """
    return {name: _measure(name, count) for name, count in customers.items()}


def _measure(name: str, customers: int) -> dict[str, float]:
    _simulate(scaled(name, _FEW))  # compiles, or loads what was compiled
    portfolio = plan(scaled(name, customers).model, _SEED)
    turns = [_turn(portfolio) for _ in range(_TURNS)]
    seconds, cases = min(turns)
    return {"cases": cases, "ns": seconds / cases * 1e9}


def _turn(portfolio: Plan) -> tuple[float, int]:
    """Return the CPU seconds of simulating everybody, and their cases."""
    begun = time.process_time()
    cases = sum(len(block["cases"]["case_id"]) for block in simulate_blocks(portfolio, threads=1))
    return time.process_time() - begun, cases


def _simulate(scenario: Scenario) -> None:
    for _ in simulate_blocks(plan(scenario.model, _SEED), threads=1):
        pass


def _answer(name: str, customers: int) -> None:
    """Take a turn for each line that is read."""
    _simulate(scaled(name, _FEW))
    portfolio = plan(scaled(name, customers).model, _SEED)
    for _ in range(_TURNS):
        _turn(portfolio)
    print(package, flush=True)
    for _ in sys.stdin:
        gc.collect()
        print(_turn(portfolio)[0], flush=True)


if __name__ == "__main__":
    package = str(Path(entitlement_sim.__file__).resolve().parent)
    if sys.argv[1] == "--turns":
        _answer(sys.argv[2], int(sys.argv[3]))
        sys.exit()
    print(json.dumps({"package": package, "measured": measure(json.loads(sys.argv[1]))}))
