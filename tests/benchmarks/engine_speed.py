"""The engine alone, all rows of all tables but nothing stored, against SimPy and NumPy.

One thread each. The peers do the plainest workload and only count totals. SimPy comes at the size
that it likes best, too: customers are independent, so its user can take a few at a time, while all
that it has at a time wait in one queue.
"""

import functools

from .engine_peer import simulate_in_engine
from .measuring import Result, cost, ratio, take_turns
from .numpy_peer import simulate_in_numpy
from .numpy_totals_peer import simulate_in_numpy_totals
from .simpy_peer import Desk, LeanDesk, simulate_in_simpy
from .workload import Workload, reference, scaled

_SEED = 1


def measure(
    customers: int, demo_customers: int, simpy_sizes: tuple[int, int], turns: int
) -> list[Result]:
    """Measure what a case costs.

    Parameters
    ----------
    customers, demo_customers : int
        Of the reference scenario, and of the demo, in the engine and in NumPy.
    simpy_sizes : tuple of int
        Customers that SimPy has at a time: those that it likes best, and many.
    turns : int
    """
    best_size, large_size = simpy_sizes
    work, few = Workload.of(reference(customers)), Workload.of(reference(best_size))
    many = Workload.of(reference(large_size))
    demo, plain = scaled("demo", demo_customers), reference(customers)
    ways = {
        "engine": functools.partial(simulate_in_engine, plain, _SEED, threads=1),
        "demo": functools.partial(simulate_in_engine, demo, _SEED, threads=1),
        "numpy": lambda: simulate_in_numpy(work, _SEED).cases,
        "totals": lambda: simulate_in_numpy_totals(work, _SEED).cases,
        "simpy": lambda: simulate_in_simpy(few, _SEED, Desk).cases,
        "lean": lambda: simulate_in_simpy(few, _SEED, LeanDesk).cases,
    }
    cases = {name: way() for name, way in ways.items()}  # compiles, and counts
    seconds = take_turns(ways, turns)
    large_cases = 0

    def simpy_with_many() -> None:
        nonlocal large_cases
        large_cases = simulate_in_simpy(many, _SEED, Desk).cases

    seconds |= take_turns({"large": simpy_with_many}, 1)  # takes minutes: once is enough
    cases["large"] = large_cases
    names = {
        "engine": f"engine, reference with {customers:,} customers, all rows of all tables",
        "demo": f"engine, demo with {demo_customers:,} customers, all rows of all tables",
        "totals": f"NumPy without a loop over days, {customers:,} customers, totals only",
        "numpy": f"NumPy day by day, {customers:,} customers, totals only",
        "lean": f"SimPy with callbacks, {best_size:,} customers at a time, totals only",
        "simpy": f"SimPy, a process for each case, {best_size:,} customers at a time, totals only",
        "large": f"SimPy, a process for each case, {large_size:,} customers at a time, totals only",
    }
    costs = {name: cost(said, cases[name], seconds[name]) for name, said in names.items()}
    engine = costs["engine"]
    return [
        *costs.values(),
        ratio("demo over reference, in the engine", costs["demo"], engine),
        ratio("NumPy without a loop over the engine", costs["totals"], engine),
        ratio("NumPy day by day over the engine", costs["numpy"], engine),
        ratio("SimPy with callbacks at its best size over the engine", costs["lean"], engine),
        ratio("SimPy at its best size over the engine", costs["simpy"], engine),
        ratio("SimPy with many customers over the engine", costs["large"], engine),
    ]


def measure_simpy_growth(sizes: list[int]) -> list[Result]:
    """Measure how the cost of SimPy's cases grows with the customers that it has at a time."""
    results = []
    for customers in sizes:
        work = Workload.of(reference(customers))
        counts: list[int] = []
        way = functools.partial(_count_in_simpy, work, counts)
        [seconds] = take_turns({"simpy": way}, 1).values()
        results.append(cost(f"SimPy, {customers:,} customers at a time", counts[0], seconds))
    return results


def _count_in_simpy(work: Workload, counts: list[int]) -> None:
    counts.append(simulate_in_simpy(work, _SEED).cases)
