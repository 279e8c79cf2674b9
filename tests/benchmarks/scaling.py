"""What a case costs in portfolios of different sizes, and the memory of whole runs."""

import functools
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from entitlement_sim.simulation import simulate

from .engine_peer import simulate_in_engine
from .measuring import Result, take_turns
from .workload import reference, scaled

_SEED = 1


def measure(sizes: list[int], turns: int) -> list[Result]:
    """Measure nanoseconds a case, of the engine alone and of whole runs.

    A small portfolio is simulated several times in a row, so that its turn is not too short.
    """
    largest = max(sizes)
    scenarios = {size: reference(size) for size in sizes}
    cases = {size: simulate_in_engine(scenarios[size], _SEED, threads=1) for size in sizes}
    repeats = {size: max(1, min(20, largest // size)) for size in sizes}

    def engine(size: int) -> None:
        for _ in range(repeats[size]):
            simulate_in_engine(scenarios[size], _SEED, threads=1)

    ways = {str(size): functools.partial(engine, size) for size in sizes}
    seconds = take_turns(ways, turns)
    alone = {
        size: [turn / repeats[size] / cases[size] * 1e9 for turn in seconds[str(size)]]
        for size in sizes
    }
    whole = {size: [run_apart("reference", size)["ns"] for _ in range(turns)] for size in sizes}
    return [*_costs("engine alone", alone), *_costs("whole run", whole)]


def measure_whole_runs(customers: Mapping[str, int], turns: int) -> list[Result]:
    """Measure whole runs of several scenarios: nanoseconds a case and peak memory."""
    results = []
    for name, count in customers.items():
        runs = [run_apart(name, count) for _ in range(turns)]
        costs, peaks = ([run[what] for run in runs] for what in ("ns", "peak_mb"))
        said = f"whole run of {name} with {count:,} customers"
        cases = f"{runs[0]['cases'] / 1e6:.2g} million cases"
        results += [
            Result(f"{said}, {cases}", min(costs), "ns/case", raw=costs),
            Result(f"{said}, peak memory", max(peaks), "MB", raw=peaks),
        ]
    return results


def _costs(what: str, costs: dict[int, list[float]]) -> list[Result]:
    best = {size: min(raw) for size, raw in costs.items()}
    lines = [
        Result(f"{what}, {size:,} customers", best[size], "ns/case", raw=raw)
        for size, raw in costs.items()
    ]
    spread = max(best.values()) / min(best.values())
    return [
        *lines,
        Result(f"{what}, dearest case over cheapest", spread, "times", "at most 1.15 times"),
    ]


def run_apart(name: str, customers: int) -> dict[str, float]:
    """Do a whole run in a process of its own; return cases, CPU ns of each, and peak memory."""
    command = [sys.executable, "-m", __name__, name, str(customers)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


def peak_memory_mb() -> float:
    """Peak resident memory of this process, in MB of a million bytes (Linux only)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise RuntimeError("the system does not say how much memory the process has used")


def _run_here(name: str, customers: int) -> None:
    with tempfile.TemporaryDirectory(prefix="entitlement-sim-") as folder:
        simulate(scaled(name, 100), seed=_SEED, out=folder, name="warm-up").close()
        scenario = scaled(name, customers)
        begun = time.process_time()
        with simulate(scenario, seed=_SEED, out=folder, name="run") as run:
            seconds = time.process_time() - begun
            cases = run.manifest.rows["cases"]
    print(json.dumps({"cases": cases, "ns": seconds / cases * 1e9, "peak_mb": peak_memory_mb()}))


if __name__ == "__main__":
    _run_here(sys.argv[1], int(sys.argv[2]))
