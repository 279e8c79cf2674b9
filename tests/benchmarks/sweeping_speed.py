"""What a sweep of many offerings costs: all of it, from the file to the answer."""

import time
from typing import Any

from entitlement_sim import Scenario, sums, sweep

from .measuring import Result
from .summing_speed import DEMO

_REPLICATIONS = 20

#: Two hundred offerings of one pack.
_DESIGNS: list[dict[str, Any]] = [
    {
        "templates.Pack 10.total_terms": list(range(10, 30)),
        "templates.Pack 10.price": list(range(1500, 1600, 10)),
    }
]


def measure() -> list[Result]:
    """Measure 200 offerings x 20 replications of 1,000 demo customers, with and without a past."""
    results: list[Result] = []
    portfolios: dict[str, list[str]] = {
        "the demo": [],
        "the demo without its past": ["history=null"],
    }
    for name, overrides in portfolios.items():
        base = Scenario.load("demo", [*DEMO, *overrides])
        sums(base, by=[])  # compiles, or loads what was compiled
        begun, begun_cpu = time.perf_counter(), time.process_time()
        answer = sweep(base, _DESIGNS, _REPLICATIONS, allow_large=True)
        answer.frame()
        clock, cpu = time.perf_counter() - begun, time.process_time() - begun_cpu
        what = f"sweep of {name}: 1,000 customers, 200 offerings, {_REPLICATIONS} replications"
        results += [
            Result(f"{what}, by the clock", clock, "s", "below 120 s", [clock]),
            Result(f"{what}, CPU", cpu, "s", "", [cpu]),
        ]
    return results
