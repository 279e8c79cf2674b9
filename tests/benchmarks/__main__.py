"""Measure everything, or one part, and print the table of the README."""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from . import (
    designing_speed,
    engine_speed,
    format_speed,
    scaling,
    starting,
    storing_speed,
    summing_speed,
    sweeping_speed,
)
from .measuring import Result, as_data, as_markdown, machine
from .workload import reference


def main() -> int:
    """Measure what the command line asks for."""
    options = _options()
    facts = machine()
    large = options.full
    customers = options.customers or (100_000 if large else 20_000)
    simpy_sizes = (2_000, 100_000 if large else 20_000)
    parts: dict[str, Callable[[], list[Result]]] = {
        "engine": lambda: engine_speed.measure(
            customers, min(customers, 20_000), simpy_sizes, options.turns
        ),
        "whole": lambda: scaling.measure_whole_runs(
            {"reference": customers, "demo": customers}, min(options.turns, 2)
        ),
        "storing": lambda: storing_speed.measure(
            options.customers or (300_000 if large else 20_000), options.turns
        ),
        "formats": lambda: format_speed.measure(
            reference(options.customers or (300_000 if large else 20_000)), options.turns
        ),
        "sums": lambda: summing_speed.measure(options.turns),
        "sweep": sweeping_speed.measure,
        "designer": designing_speed.measure,
        "start": lambda: starting.measure(options.turns),
        "scaling": lambda: scaling.measure(
            [10_000, 100_000, *([1_000_000] if large else [])], options.turns
        ),
        "simpy": lambda: engine_speed.measure_simpy_growth([500, 2_000, 8_000, 32_000]),
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
        "--only", action="append",
        choices=[
            "engine", "whole", "storing", "formats", "sums", "sweep", "designer", "start",
            "scaling", "simpy",
        ],
        help="measure this part (may stand several times); all of them otherwise",
    )  # fmt: skip
    parser.add_argument(
        "--customers", type=int, help="of the parts engine, whole, storing and formats"
    )
    parser.add_argument("--turns", type=int, default=3, help="repetitions (default 3)")
    parser.add_argument(
        "--full", action="store_true",
        help="the sizes of the README's table: takes half an hour and 10 GB of memory",
    )  # fmt: skip
    parser.add_argument("--json", type=Path, help="write all repetitions into this file")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
