"""How long the command takes to start, to run a small portfolio, and to compile."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from .measuring import Result


def measure(turns: int) -> list[Result]:
    """Measure seconds of whole commands, each in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="entitlement-sim-") as place:
        folder = Path(place)
        cold = [
            _run(folder, f"cold-{turn}", cache=folder / f"cache-{turn}") for turn in range(turns)
        ]
        warm = [_run(folder, f"warm-{turn}", cache=folder / "cache-0") for turn in range(turns)]
    helps = [seconds_of(["--help"]) for _ in range(2 * turns)]
    compiling = [first - min(warm) for first in cold]
    return [
        _best("`entitlement-sim --help`", helps, "< 0.5 s"),
        _best("warm `run` of 1,000 customers, the whole command", warm, "< 1 s"),
        _best("the same for the first time, compiling", cold),
        _best("compiling alone", compiling, "< 15 s"),
    ]


def _best(what: str, raw: list[float], goal: str = "") -> Result:
    return Result(what, min(raw), "s", goal, raw)


def _run(folder: Path, name: str, cache: Path) -> float:
    size = "segments.everyone.customers=1000"
    arguments = ["run", "reference", "--set", size, "--out", str(folder), "--name", name]
    return seconds_of(arguments, cache)


def seconds_of(arguments: list[str], cache: Path | None = None) -> float:
    """Return the seconds that a command takes, with its own folder for compiled kernels or not.

    Raises
    ------
    RuntimeError
        The command fails; its own words are in the message.
    """
    command = Path(sys.executable).with_name("entitlement-sim")
    environment = dict(os.environ)
    if cache is not None:
        environment["ENTITLEMENT_SIM_CACHE"] = str(cache)
    begun = time.perf_counter()
    done = subprocess.run([command, *arguments], capture_output=True, text=True, env=environment)
    seconds = time.perf_counter() - begun
    if done.returncode != 0:
        raise RuntimeError(f"entitlement-sim {' '.join(arguments)}: {done.stderr.strip()[-500:]}")
    return seconds
