"""The five questions of ``docs/five-questions.md``, each asked as it stands there, of a few."""

import csv
import io
import re
import shlex
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "five-questions.md"
COMMANDS = re.findall(r"```sh\n(.*?)\n```", PAGE.read_text(encoding="utf-8"))

FEW = {
    "history.years": 2,
    "segments.small.customers": 150,
    "segments.midsize.customers": 20,
    "segments.enterprise.customers": 2,
}

#: What each of them moves, and which way, by its name.
MOVES = {
    "eight and overage": {"lapsed_value": -1, "covered": 1},
    "hours": {"used_cases": -1, "used_hours": 1},
    "nobody refused": {"covered": 1, "turned_away": -1},
    "two calls": {"covered": -1, "turned_away": 1},
    "two years": {"bookings": 1, "sold": -1},
}


def asked(command: str) -> list[str]:
    """The words of a command of the page, for few customers and two replications."""
    program, compare, base, *words = shlex.split(command)
    assert (program, compare, base) == ("entitlement-sim", "compare", "demo")
    few = [word for path, size in FEW.items() for word in ("--set", f"{path}={size}")]
    return [compare, base, *few, *words, "--replications", "3", "--csv"]


def test_there_are_five_of_different_names():
    names = [shlex.split(command)[4] for command in COMMANDS]
    assert names == list(MOVES)


@pytest.mark.parametrize("command", COMMANDS, ids=list(MOVES))
def test_a_question_is_answered_in_one_line(say, command):
    said = say(*asked(command))
    assert said.status == 0, said.errors
    rows = {row["metric"]: row for row in csv.DictReader(io.StringIO(said.out))}
    [name] = {row["run"] for row in rows.values()}
    assert {"bookings", "revenue"} <= rows.keys()
    for metric, sign in MOVES[name].items():
        assert float(rows[metric]["difference"]) * sign > 0, metric
