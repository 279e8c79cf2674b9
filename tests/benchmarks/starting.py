"""What starting a command, running a small portfolio and compiling cost, in CPU seconds."""

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from .measuring import Result


def measure(turns: int) -> list[Result]:
    """Measure CPU seconds of whole commands, each in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="entitlement-sim-") as place:
        folder = Path(place)
        cold = [
            _run(folder, f"cold-{turn}", cache=folder / f"cache-{turn}") for turn in range(turns)
        ]
        warm = [_run(folder, f"warm-{turn}", cache=folder / "cache-0") for turn in range(turns)]
        small = str(folder / "warm-0")
        light = {
            "--help": ["--help"],
            "runs": ["runs", str(folder)],
            "query": ["query", small, "SELECT count(*) FROM cases"],
            "verify": ["verify", small],
        }
        started = {
            name: [seconds_of(arguments) for _ in range(2 * turns)]
            for name, arguments in light.items()
        }
    compiling = [first - min(warm) for first in cold]
    return [
        *(_best(f"`entitlement-sim {name}`", raw) for name, raw in started.items()),
        _best("`entitlement-sim run` of 1,000 customers, compiled before", warm),
        _best("the same for the first time, compiling", cold),
        _best("compiling alone", compiling),
    ]


def _best(what: str, raw: list[float]) -> Result:
    return Result(what, min(raw), "s", raw=raw)


def _run(folder: Path, name: str, cache: Path) -> float:
    size = "segments.everyone.customers=1000"
    arguments = ["run", "reference", "--set", size, "--out", str(folder), "--name", name]
    return seconds_of(arguments, cache)


def seconds_of(arguments: list[str], cache: Path | None = None) -> float:
    """Return the CPU seconds of a command, with its own folder for compiled kernels or not.

    Raises
    ------
    RuntimeError
        The command fails; its own words are in the message.
    """
    command = Path(sys.executable).with_name("entitlement-sim")
    environment = dict(os.environ)
    if cache is not None:
        environment["ENTITLEMENT_SIM_CACHE"] = str(cache)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([command, *arguments], capture_output=True, text=True, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise RuntimeError(f"entitlement-sim {' '.join(arguments)}: {done.stderr.strip()[-500:]}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
