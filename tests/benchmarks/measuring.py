"""Measuring several ways of doing the same, so that they can be compared.

What counts is CPU time of all threads of the process, which says what a way costs whatever else the
machine does. The ways take turns, and the best turn is the one that was disturbed least: it is what
is reported and compared, with the median beside it.
"""

import gc
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Result:
    """One line of the report.

    Attributes
    ----------
    what : str
    value : float
        The best of the turns, or what follows from the best of each way.
    unit : str
        ``s``, ``ns/case``, ``MB`` or ``times``.
    goal : str
        What is to be reached, where something is.
    raw : list of float
        All turns, in the order in which they were measured.
    """

    what: str
    value: float
    unit: str
    goal: str = ""
    raw: list[float] = field(default_factory=list)

    def as_row(self) -> str:
        """Return the line of a Markdown table."""
        best = in_words(self.value, self.unit)
        median = in_words(statistics.median(self.raw), self.unit) if len(self.raw) > 1 else ""
        return f"| {self.what} | {best} | {median} | {self.goal} |"


def in_words(value: float, unit: str) -> str:
    """Write a measured value with three significant digits and its unit."""
    rounded = float(f"{value:.3g}")
    if unit == "times":
        return f"{value:,.0f} times" if value >= 10 else f"{value:.2f} times"
    return f"{rounded:,.0f} {unit}" if value >= 100 else f"{rounded:g} {unit}"


def take_turns(
    ways: Mapping[str, Callable[[], object]], turns: int, before: Callable[[], object] = gc.collect
) -> dict[str, list[float]]:
    """Return the CPU seconds of each way, turn by turn; `before` goes before each, not timed."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(turns):
        for name, way in ways.items():
            before()
            begun = time.process_time()
            way()
            seconds[name].append(time.process_time() - begun)
    return seconds


def cost(what: str, cases: int, seconds: list[float]) -> Result:
    """Return what a case costs."""
    raw = [turn / cases * 1e9 for turn in seconds]
    return Result(what, min(raw), "ns/case", raw=raw)


def ratio(what: str, over: Result, under: Result, goal: str = "") -> Result:
    """Return how many times as dear one way is as another, best turn against best turn."""
    return Result(what, over.value / under.value, "times", goal)


def machine() -> dict[str, Any]:
    """Facts about the machine and the libraries that the figures depend on."""
    libraries = ("numpy", "numba", "duckdb", "pandas", "simpy")
    return {
        "processor": _processor(),
        "processors": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load_before": [round(load, 2) for load in os.getloadavg()],
        **{name: version(name) for name in libraries},
    }


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def as_markdown(facts: Mapping[str, Any], results: list[Result]) -> str:
    """Return the report as a Markdown table."""
    said = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in facts.items())
    lines = [
        "| what | best | median | goal |",
        "|---|---:|---:|---|",
        *(result.as_row() for result in results),
    ]
    return "\n".join([*lines, "", f"Measured on: {said}."])


def as_data(facts: Mapping[str, Any], results: list[Result]) -> dict[str, Any]:
    """Return the report as data for JSON."""
    return {"machine": dict(facts), "results": [asdict(result) for result in results]}
