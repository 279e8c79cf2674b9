"""What a case costs in portfolios of different sizes, and the memory of a large run."""

import functools
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from entitlement_sim.simulation import simulate

from .engine_peer import simulate_in_engine
from .measuring import Result, take_turns
from .workload import reference

_SEED = 1


def measure(sizes: list[int], turns: int) -> list[Result]:
    """Measure nanoseconds a case, of the engine alone and of whole runs, and peak memory.

    A small portfolio is simulated several times in a row, so that its turn is not too short. The
    engine alone has one processor: its few blocks would not share two evenly.
    """
    largest = max(sizes)
    scenarios = {size: reference(size) for size in sizes}
    cases = {size: simulate_in_engine(scenarios[size], _SEED) for size in sizes}
    again = {size: max(1, min(20, largest // size)) for size in sizes}

    def engine(size: int) -> None:
        for _ in range(again[size]):
            simulate_in_engine(scenarios[size], _SEED, threads=1)

    ways = {str(size): functools.partial(engine, size) for size in sizes}
    seconds = take_turns(ways, turns)
    alone = {
        size: [one / again[size] / cases[size] * 1e9 for one in seconds[str(size)]]
        for size in sizes
    }
    runs = {size: [run_apart(size) for _ in range(turns)] for size in sizes}
    whole = {
        size: [one["seconds"] / cases[size] * 1e9 for one in of_size]
        for size, of_size in runs.items()
    }
    memory = [one["peak_mb"] for one in runs[largest]]
    return [
        *_costs("engine alone on one processor", alone),
        *_costs("whole run", whole),
        Result(
            f"peak memory of a run of {largest:,} customers", max(memory), "MB", "< 1500 MB", memory
        ),
    ]


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


def run_apart(customers: int) -> dict[str, float]:
    """Do a whole run in a process of its own; return its seconds and its peak memory."""
    command = [sys.executable, "-m", __name__, str(customers)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


def peak_memory_mb() -> float:
    """Peak resident memory of this process, in MB of a million bytes (Linux only)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise RuntimeError("the system does not say how much memory the process has used")


def _run_here(customers: int) -> None:
    with tempfile.TemporaryDirectory(prefix="entitlement-sim-") as folder:
        simulate(reference(100), seed=_SEED, out=folder, name="warm-up").close()
        begun = time.perf_counter()
        simulate(reference(customers), seed=_SEED, out=folder, name="run").close()
        seconds = time.perf_counter() - begun
    print(json.dumps({"seconds": seconds, "peak_mb": peak_memory_mb()}))


if __name__ == "__main__":
    _run_here(int(sys.argv[1]))
