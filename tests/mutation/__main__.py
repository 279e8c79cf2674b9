"""Draw faults of one room, try them, and say which survive."""

import argparse
import json
import sys
import tempfile
from collections import Counter
from dataclasses import asdict
from pathlib import Path

from .equivalents import read_equivalents
from .fault import draw, faults_of
from .rooms import ROOMS
from .trying import Outcome, RoomError, try_faults

_TREE = Path(__file__).resolve().parents[2]


def main() -> int:
    """Do what the command line asks for; return 1 if a fault survived."""
    options = _options()
    room = ROOMS[options.room]
    possible = faults_of(_TREE, room.sources(_TREE))
    faults = draw(possible, options.faults, options.seed)
    with tempfile.TemporaryDirectory(prefix="mutation-") as place:
        try:
            outcomes = try_faults(
                _TREE,
                room,
                faults,
                read_equivalents(),
                Path(place),
                lambda each: print(each, flush=True),
            )
        except RoomError as error:
            print(error, file=sys.stderr)
            return 2
    print(f"\n{summary(room.name, len(possible), options.seed, outcomes)}")
    if options.json:
        data = {"room": room.name, "seed": options.seed, "possible": len(possible)}
        data["outcomes"] = [asdict(each) for each in outcomes]
        options.json.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    return 1 if any(each.verdict == "survived" for each in outcomes) else 0


def summary(room: str, possible: int, seed: int, outcomes: list[Outcome]) -> str:
    """Say in a line how many faults there were and what became of them."""
    verdicts = Counter(each.verdict for each in outcomes)
    counts = ", ".join(
        f"{verdicts[verdict]} {verdict}" for verdict in ("killed", "survived", "equivalent")
    )
    return f"{room}: {len(outcomes)} of {possible:,} faults, seed {seed}: {counts}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("room", choices=ROOMS)
    parser.add_argument("--faults", type=int, default=10, help="how many (default 10)")
    parser.add_argument("--seed", type=int, default=1, help="(default 1)")
    parser.add_argument("--json", type=Path, help="write a report into this file")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
