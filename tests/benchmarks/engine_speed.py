"""The engine alone, all rows of all tables but nothing stored, against SimPy and NumPy."""

import os
import time

from .engine_peer import simulate_in_engine
from .measuring import Result, rate, ratio, take_turns
from .numpy_peer import simulate_in_numpy
from .simpy_peer import Desk, LeanDesk, simulate_in_simpy
from .workload import Totals, Workload, reference

_SEED = 1


def measure(customers: int, simpy_customers: int, turns: int) -> list[Result]:
    """Measure cases a second.

    SimPy gets customers of its own: it is slow, and the more it has at a time the slower, since
    all of them wait in one queue. As few as it likes best are the fairest to it.
    """
    scenario = reference(customers)
    work = Workload.of(scenario)
    small = Workload.of(reference(simpy_customers))
    processors = os.cpu_count() or 1
    totals: dict[str, Totals] = {}

    def simpy_way(name: str, desk: type[Desk]) -> None:
        totals[name] = simulate_in_simpy(small, _SEED, desk)

    def numpy_way() -> None:
        totals["numpy"] = simulate_in_numpy(work, _SEED)

    cases = simulate_in_engine(scenario, _SEED)  # compiles, and counts
    seconds = take_turns(
        {
            "simpy": lambda: simpy_way("simpy", Desk),
            "lean": lambda: simpy_way("lean", LeanDesk),
            "numpy": numpy_way,
            "one": lambda: simulate_in_engine(scenario, _SEED, threads=1),
            "all": lambda: simulate_in_engine(scenario, _SEED, threads=processors),
        },
        turns,
    )
    counts = {name: one.cases for name, one in totals.items()} | {"one": cases, "all": cases}
    per_case = {name: [one / counts[name] for one in raw] for name, raw in seconds.items()}
    at = f"{customers:,} customers"
    at_simpy = f"{simpy_customers:,} customers"
    names = {
        "simpy": f"SimPy, a process for each case, {at_simpy}",
        "lean": f"SimPy, a callback for each case, {at_simpy}",
        "numpy": f"NumPy day by day, {at}",
        "one": f"engine on one processor, {at}",
        "all": f"engine on {processors} processors, {at}",
    }
    return [
        *(rate(names[name], counts[name], seconds[name]) for name in names),
        ratio("engine (one processor) over SimPy", per_case["simpy"], per_case["one"]),
        ratio(
            "engine (one processor) over SimPy with callbacks", per_case["lean"], per_case["one"]
        ),
        ratio(
            "engine (all processors) over SimPy",
            per_case["simpy"],
            per_case["all"],
            "at least 300 times",
        ),
        ratio("engine (one processor) over NumPy", per_case["numpy"], per_case["one"]),
    ]


def measure_simpy_growth(sizes: list[int]) -> list[Result]:
    """Measure how SimPy's cases a second change with the customers that it has at a time."""
    results = []
    for customers in sizes:
        work = Workload.of(reference(customers))
        begun = time.perf_counter()
        cases = simulate_in_simpy(work, _SEED).cases
        seconds = [time.perf_counter() - begun]
        results.append(rate(f"SimPy, {customers:,} customers at a time", cases, seconds))
    return results
