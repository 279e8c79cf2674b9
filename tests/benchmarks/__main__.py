"""Measure everything, or one part, and print the table of the README."""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from . import engine_speed, scaling, starting, storing_speed
from .measuring import Result, as_data, as_markdown, machine


def main() -> int:
    """Measure what the command line asks for."""
    options = _options()
    facts = machine()
    large = options.full
    parts: dict[str, Callable[[], list[Result]]] = {
        "engine": lambda: engine_speed.measure(
            options.customers or 100_000, options.simpy_customers, options.turns
        ),
        "simpy": lambda: engine_speed.measure_simpy_growth(
            [500, 2_000, 8_000, 32_000, *([100_000] if large else [])]
        ),
        "run": lambda: storing_speed.measure(
            options.customers or (300_000 if large else 50_000), options.turns
        ),
        "scaling": lambda: scaling.measure(
            [10_000, 100_000, *([1_000_000] if large else [])], options.turns
        ),
        "start": lambda: starting.measure(options.turns),
    }
    results: list[Result] = []
    failed = False
    for name in options.only or parts:
        print(f"measuring: {name}", file=sys.stderr, flush=True)
        try:
            results += parts[name]()
        except RuntimeError as error:  # a command of the package does not work
            print(f"could not measure {name}: {error}", file=sys.stderr)
            failed = True
    print(as_markdown(facts, results))
    if options.json:
        text = json.dumps(as_data(facts, results), indent=2, ensure_ascii=False)
        options.json.write_text(text + "\n", encoding="utf-8")
    return 1 if failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "--only", action="append", choices=["engine", "simpy", "run", "scaling", "start"],
        help="measure this part (may stand several times); all of them otherwise",
    )  # fmt: skip
    parser.add_argument(
        "--customers", type=int, help="of the parts engine (100,000) and run (50,000)"
    )
    parser.add_argument("--simpy-customers", type=int, default=2_000, help="(default 2,000)")
    parser.add_argument("--turns", type=int, default=3, help="repetitions (default 3)")
    parser.add_argument(
        "--full", action="store_true",
        help="the sizes of the README's table: takes about ten minutes and 10 GB of memory",
    )  # fmt: skip
    parser.add_argument("--json", type=Path, help="write all repetitions into this file")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
