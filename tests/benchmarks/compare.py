"""The engine of this tree against that of another checkout, before and after in one run.

``python -m tests.benchmarks.compare OTHER_TREE`` times the engine alone in both, in turn: each
measurement is a fresh process with one thread, and what counts is CPU time.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

SCRIPT = Path(__file__).with_name("engine_alone.py")
THIS_TREE = Path(__file__).resolve().parents[2]


def main() -> int:
    """Measure what the command line asks for, and print it."""
    options = _options()
    other = checkout(options.other_tree)
    if other is None:
        return 2
    customers = {"reference": options.reference_customers, "demo": options.demo_customers}
    trees = [other, THIS_TREE]
    for tree in trees:
        measure_tree(tree, dict.fromkeys(customers, 1))  # compiles, where that is still to be done
    rounds: list[list[dict[str, dict[str, float]]]] = []
    for number in range(options.rounds):
        # Every other round begins with this tree, so that neither always comes second.
        sides = (0, 1) if number % 2 == 0 else (1, 0)
        measured = {side: measure_tree(trees[side], customers) for side in sides}
        rounds.append([measured[0], measured[1]])
        print(f"round {number + 1} of {options.rounds}", file=sys.stderr, flush=True)
    print(report(other, customers, rounds))
    return 0


def checkout(named: Path) -> Path | None:
    """Return where a checkout of the package is; None, and say so, where there is none."""
    place = named.resolve()
    if (place / "entitlement_sim" / "__init__.py").is_file():
        return place
    print(f"{place} holds no package entitlement_sim", file=sys.stderr)
    return None


def measure_tree(tree: Path, customers: Mapping[str, int]) -> dict[str, dict[str, float]]:
    """Measure the engine of a checkout in a process of its own.

    Raises
    ------
    RuntimeError
        The process fails, or has loaded the package from somewhere else.
    """
    done = subprocess.run(
        [sys.executable, str(SCRIPT), json.dumps(customers)],
        cwd=tempfile.gettempdir(),
        env={**os.environ, "PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{tree}: {done.stderr.strip()[-2000:]}")
    answer = json.loads(done.stdout)
    if Path(answer["package"]) != tree / "entitlement_sim":
        raise RuntimeError(f"{tree}: measured {answer['package']} instead")
    measured: dict[str, dict[str, float]] = answer["measured"]
    return measured


def report(
    other: Path, customers: Mapping[str, int], rounds: list[list[dict[str, dict[str, float]]]]
) -> str:
    """Return medians, their ratio and the range of the rounds' own ratios, as Markdown.

    Parameters
    ----------
    other : Path
        The other checkout.
    customers : mapping of str to int
    rounds : list
        Of each round: what was measured of the other tree, then of this one.
    """
    lines = [
        "| engine alone, one thread, CPU | before | after | after / before | in single rounds |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, count in customers.items():
        before, after = ([each[side][name]["ns"] for each in rounds] for side in (0, 1))
        ratios = sorted(late / early for early, late in zip(before, after, strict=True))
        medians = statistics.median(before), statistics.median(after)
        lines.append(
            f"| {name}, {count:,} customers | {medians[0]:,.1f} ns/case "
            f"| {medians[1]:,.1f} ns/case | {medians[1] / medians[0]:.3f} "
            f"| {ratios[0]:.2f} to {ratios[-1]:.2f} |"
        )
    lines += ["", f"Medians of {len(rounds)} rounds. Before: {other}. After: {THIS_TREE}."]
    lines += [
        f"The trees do not do the same work: {name} has {early:,.0f} cases before, {late:,.0f} "
        "after."
        for name in customers
        for early, late in [(rounds[0][side][name]["cases"] for side in (0, 1))]
        if early != late
    ]
    return "\n".join(lines)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.compare", description=__doc__)
    parser.add_argument("other_tree", type=Path, help="a checkout of the package: 'before'")
    parser.add_argument("--rounds", type=int, default=10, help="(default 10)")
    parser.add_argument("--reference-customers", type=int, default=50_000, help="(default 50,000)")
    parser.add_argument("--demo-customers", type=int, default=3_000, help="(default 3,000)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
