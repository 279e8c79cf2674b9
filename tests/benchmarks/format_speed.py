"""A whole run stored as files of Parquet against the same run in one file of DuckDB.

The ways take turns. Beside CPU time, which the other parts report alone, this one has the time by
the clock, since loaders wait for the disk and for each other.
"""

import gc
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from entitlement_sim import Scenario, simulate
from entitlement_sim.store.verify import verify

from .measuring import Result, ratio

_SEED = 1


def measure(scenario: Scenario, turns: int) -> list[Result]:
    """Measure whole runs of a scenario in both formats, and reading them back."""
    with tempfile.TemporaryDirectory(prefix="entitlement-sim-") as place:
        folder = Path(place)

        def whole(form: str) -> None:
            simulate(
                scenario, seed=_SEED, out=folder, name=form, overwrite=True, format=form
            ).close()

        whole("duckdb")  # compiles
        taken = {form: Times() for form in ("duckdb", "parquet")}
        for _ in range(turns):
            for form, times in taken.items():
                gc.collect()
                os.sync()
                times.take(lambda form=form: whole(form))
        with simulate(
            scenario, seed=_SEED, out=folder, name="last", overwrite=True, format="parquet"
        ) as run:
            cases = run.manifest.rows["cases"]
            reading = Times()
            reading.take(lambda: _check(verify(run).holds))
        sizes = {
            form: sum(file.stat().st_size for file in (folder / form).iterdir()) for form in taken
        }
    customers = sum(segment.customers for segment in scenario.model.segments.values())
    at = f"{scenario.name}, {customers:,} customers, {cases / 1e6:.2f} million cases"
    results = []
    for words, unit in (("by the clock", "clock"), ("CPU", "cpu")):
        first, second = (
            Result(f"whole run as {form}, {words}, {at}", min(seconds), "s", raw=seconds)
            for form, seconds in ((form, getattr(times, unit)) for form, times in taken.items())
        )
        results += [first, second, ratio(f"Parquet over DuckDB, {words}", second, first)]
    results.append(Result("Parquet read back and verified, by the clock", reading.clock[0], "s"))
    results += [Result(f"size as {form}", size / 1e6, "MB") for form, size in sizes.items()]
    return results


class Times:
    """Seconds by the clock and of all processors, turn by turn."""

    def __init__(self) -> None:
        self.clock: list[float] = []
        self.cpu: list[float] = []

    def take(self, way: Callable[[], object]) -> None:
        """Take the times of one turn."""
        clock, cpu = time.perf_counter(), time.process_time()
        way()
        self.clock.append(time.perf_counter() - clock)
        self.cpu.append(time.process_time() - cpu)


def _check(holds: bool) -> None:
    if not holds:
        raise RuntimeError("a run does not verify")
