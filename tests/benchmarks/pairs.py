"""The engine of this tree against that of another checkout, turn by turn, pair by pair.

``python -m tests.benchmarks.pairs OTHER_TREE`` keeps three processes at work, of one thread each:
the other tree twice and this one once. They take turns, never two at a time, and what counts is CPU
time. A pair is this tree's turn over that of the other one, so that what disturbs the machine for a
while disturbs both; the other tree over itself, measured alike, says how far such a ratio is to be
trusted. Processes are made anew now and then, since where one lies in memory stays with it.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from .compare import SCRIPT, THIS_TREE, checkout
from .measuring import machine

#: Pairs until the processes are made anew.
_PAIRS_OF_A_PROCESS: Final = 50


class Turns:
    """A process that simulates a scenario whenever it is asked to."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def take(self) -> float:
        """Return the CPU seconds of a turn.

        Raises
        ------
        RuntimeError
            The process has ended.
        """
        asked, answers = self._process.stdin, self._process.stdout
        assert asked is not None
        assert answers is not None
        print(file=asked, flush=True)
        answer = answers.readline()
        if not answer:
            raise RuntimeError("an engine that is measured has ended")
        return float(answer)


@contextmanager
def turns_of(tree: Path, scenario: str, customers: int) -> Iterator[Turns]:
    """Start a process that measures the engine of a checkout; it ends with the block.

    Raises
    ------
    RuntimeError
        The process has loaded the package from somewhere else, or does not start.
    """
    with subprocess.Popen(
        [sys.executable, str(SCRIPT), "--turns", scenario, str(customers)],
        cwd=tempfile.gettempdir(),
        env={**os.environ, "PYTHONPATH": str(tree)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            loaded = process.stdout.readline().strip()
            if Path(loaded) != tree / "entitlement_sim":
                raise RuntimeError(f"{tree}: measured {loaded or 'nothing'} instead")
            yield Turns(process)
        finally:
            process.kill()


def measure(
    other: Path, scenario: str, customers: int, pairs: int
) -> list[tuple[float, float, float]]:
    """Return the CPU seconds of each round: the other tree, this one, the other one once more."""
    rounds: list[tuple[float, float, float]] = []
    while len(rounds) < pairs:
        with ExitStack() as open_processes:
            sides = [
                open_processes.enter_context(turns_of(tree, scenario, customers))
                for tree in (other, THIS_TREE, other)
            ]
            for _ in range(min(_PAIRS_OF_A_PROCESS, pairs - len(rounds))):
                first = len(rounds) % len(sides)  # none of them always comes first
                taken = [0.0] * len(sides)
                for place in range(len(sides)):
                    side = (first + place) % len(sides)
                    taken[side] = sides[side].take()
                rounds.append((taken[0], taken[1], taken[2]))
    return rounds


def report(scenario: str, customers: int, rounds: list[tuple[float, float, float]]) -> str:
    """Return a row of a Markdown table: medians, and the medians of the pairs' ratios."""
    before, after, twin = (statistics.median(side) for side in zip(*rounds, strict=True))
    changed = statistics.median(late / early for early, late, _ in rounds)
    same = statistics.median(again / early for early, _, again in rounds)
    return (
        f"| {scenario}, {customers:,} customers | {len(rounds)} | {before * 1e3:.1f} ms "
        f"| {after * 1e3:.1f} ms | {twin * 1e3:.1f} ms | {changed:.3f} | {same:.3f} |"
    )


def main() -> int:
    """Measure what the command line asks for, and print it."""
    options = _options()
    other = checkout(options.other_tree)
    if other is None:
        return 2
    customers = {"reference": options.reference_customers, "demo": options.demo_customers}
    print("| engine alone, CPU | pairs | before | after | before again | after / before | itself |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for scenario in options.only or customers:
        rounds = measure(other, scenario, customers[scenario], options.pairs)
        print(report(scenario, customers[scenario], rounds), flush=True)
    said = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in machine().items())
    print(f"\nMedians of turns, and of each pair's ratio. Before: {other}. After: {THIS_TREE}.")
    print(f"Measured on: {said}.")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.pairs", description=__doc__)
    parser.add_argument("other_tree", type=Path, help="a checkout of the package: 'before'")
    parser.add_argument("--pairs", type=int, default=200, help="(default 200)")
    parser.add_argument("--only", action="append", choices=["reference", "demo"])
    parser.add_argument("--reference-customers", type=int, default=10_000, help="(default 10,000)")
    parser.add_argument("--demo-customers", type=int, default=1_000, help="(default 1,000)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
