"""A run of many cases made in parts, merged, verified and charted, with what each step takes.

``python -m tests.benchmarks.scale --customers 2800000`` makes 10^8 cases of the reference; the
steps run in processes of their own, one after the other, as a scheduler starts them.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

#: Charts that are drawn: of cases, terms, renewals, breakage and money.
CHARTS: Final = (
    "blocked_demand",
    "pacing",
    "in_force_by_month",
    "renewal_rate_by_month",
    "utilisation_at_expiry",
    "revenue_by_month",
)
_SEED: Final = 1


def main() -> int:
    """Do all steps, or the one that is asked for, and print what it took."""
    options = _options()
    if options.step is not None:
        print(json.dumps(_timed(options)))
        return 0
    print("| step | by the clock | CPU | peak memory |\n|---|---:|---:|---:|", flush=True)
    for step, number in steps(options.parts):
        said = run_step(step, number, options)
        name = step if number is None else f"{step} {number} of {options.parts}"
        print(
            f"| {name} | {said['clock']:.1f} s | {said['cpu']:.1f} s | {said['memory']:.0f} MB |",
            flush=True,
        )
        if said["found"]:
            print(f"\n{said['found']}\n", flush=True)
    return 0


def steps(parts: int) -> list[tuple[str, int | None]]:
    """Return the steps in their order, parts with their numbers."""
    simulated = [("simulate", number) for number in range(1, parts + 1)]
    return [*simulated, ("merge", None), ("verify", None), *((name, None) for name in CHARTS)]


def run_step(step: str, number: int | None, options: argparse.Namespace) -> dict[str, Any]:
    """Do one step in a process of its own; return what it took and found."""
    command = [
        sys.executable, "-m", "tests.benchmarks.scale", "--step", step,
        "--number", str(number or 0), "--parts", str(options.parts),
        "--customers", str(options.customers), "--folder", str(options.folder),
        "--format", options.format,
    ]  # fmt: skip
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said


def _timed(options: argparse.Namespace) -> dict[str, Any]:
    clock = time.perf_counter()
    found = _do(options.step, options)
    return {
        "clock": time.perf_counter() - clock,
        "cpu": time.process_time(),
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "found": found,
    }


def _do(step: str, options: argparse.Namespace) -> str:
    from entitlement_sim import Scenario, charts, merge, open_run, simulate_shard, verify
    from entitlement_sim.store.run import open_tables

    folder, whole = Path(options.folder), Path(options.folder) / "whole"
    if step == "simulate":
        scenario = Scenario.load("reference", [f"segments.everyone.customers={options.customers}"])
        simulate_shard(
            scenario, f"{options.number}/{options.parts}", seed=_SEED, out=folder / "parts",
            format=options.format, allow_large=True, overwrite=True,
        )  # fmt: skip
        return ""
    if step == "merge":
        with merge(
            folder / "parts", out=folder, name="whole", format=options.format, overwrite=True
        ) as run:
            rows = ", ".join(f"{count:,} {table}" for table, count in run.manifest.rows.items())
            size = sum(file.stat().st_size for file in whole.iterdir())
            return f"{rows}; {size / 1e9:.2f} GB; content {run.manifest.content_hash}"
    if step == "verify":
        with open_tables(whole) as run:
            verification = verify(run)
            if not verification.holds:
                raise RuntimeError(str(verification))
            return str(verification)
    import matplotlib

    matplotlib.use("Agg")
    with open_run(whole) as run:
        axes = getattr(charts, step)(run)
        axes.figure.canvas.draw()
        return charts.alt_text(axes)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.scale", description=__doc__)
    parser.add_argument("--customers", type=int, default=2_800_000)
    parser.add_argument("--parts", type=int, default=8)
    parser.add_argument("--format", choices=["duckdb", "parquet"], default="parquet")
    parser.add_argument("--folder", type=Path, required=True, help="where it goes; 10 GB")
    parser.add_argument("--step", help=argparse.SUPPRESS)
    parser.add_argument("--number", type=int, default=0, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
