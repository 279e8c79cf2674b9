"""What it costs to add up replications of two offerings without rows, plans included."""

import time

from entitlement_sim import Scenario, sums
from entitlement_sim.population.plan import plan

from .measuring import Result

_REPLICATIONS = 20

DEMO = (
    "segments.small.customers=667",
    "segments.midsize.customers=283",
    "segments.enterprise.customers=50",
)

#: A thousand customers over three years, what the other offering changes, and what sums and a plan
#: may take. With the demo's past there are ten years more to live through, and no goal.
_PORTFOLIOS = {
    "reference": (
        "reference",
        ["segments.everyone.customers=1000"],
        {"templates.ten-cases.total_terms": 12},
        ("below 0.25 s", "below 0.005 s"),
    ),
    "demo without its past": (
        "demo",
        [*DEMO, "history=null"],
        {"templates.Pack 10.total_terms": 12},
        ("below 1.2 s", "below 0.005 s"),
    ),
    "demo": (
        "demo",
        [*DEMO],
        {"templates.Pack 10.total_terms": 12},
        ("", ""),
    ),
}


def measure(turns: int) -> list[Result]:
    """Measure 1,000 customers x 20 replications x 2 offerings: by the clock and in CPU seconds."""
    results: list[Result] = []
    for name, (shipped, overrides, change, (goal, plan_goal)) in _PORTFOLIOS.items():
        scenario = Scenario.load(shipped, overrides)
        sums(scenario, {"other": change}, by=[])  # compiles, or loads what was compiled
        clock: list[float] = []
        cpu: list[float] = []
        for _ in range(turns):
            begun, begun_cpu = time.perf_counter(), time.process_time()
            sums(scenario, {"other": change}, _REPLICATIONS, by=["template"])
            clock.append(time.perf_counter() - begun)
            cpu.append(time.process_time() - begun_cpu)
        what = f"sums of {name}: 1,000 customers, {_REPLICATIONS} replications, two offerings"
        results += [
            Result(f"{what}, by the clock", min(clock), "s", goal, clock),
            Result(f"{what}, CPU", min(cpu), "s", "", cpu),
        ]
        results.append(_plan(name, scenario, turns, plan_goal))
    return results


def _plan(name: str, scenario: Scenario, turns: int, goal: str) -> Result:
    raw = []
    for turn in range(turns):
        begun = time.process_time()
        for replication in range(_REPLICATIONS):
            plan(scenario.model, turn, replication)
        raw.append((time.process_time() - begun) / _REPLICATIONS)
    return Result(f"a plan of {name}, CPU", min(raw), "s", goal, raw)
