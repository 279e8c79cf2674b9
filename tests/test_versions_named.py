"""The versions that are promised: floors are tried as they stand, and nothing is without a ceiling
where a next version is known to break things."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
NAMED = [
    *PROJECT["dependencies"],
    *PROJECT["optional-dependencies"]["notebooks"],
    *(
        one
        for one in PROJECT["optional-dependencies"]["dev"]
        if one.startswith(("pytest>", "hypothesis>", "setuptools>"))
    ),
]


def version(text: str) -> tuple[int, ...]:
    """Numbers of a version, without noughts at its end."""
    numbers = [int(number) for number in text.split(".")]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def test_the_floors_that_are_tried_are_those_that_are_promised() -> None:
    lines = (ROOT / "floors.txt").read_text(encoding="utf-8").splitlines()
    tried = dict(re.split("==", line.lower().replace("_", "-")) for line in lines)
    for one in NAMED:
        name, floor = re.fullmatch(r"([\w-]+)>=([\d.]+)(?:,<[\d.]+)?", one).groups()
        assert version(tried[name.lower()]) == version(floor), name


def test_floors_and_ceilings_are_these() -> None:
    stated = {one.partition(">=")[0]: one.partition(">=")[2] for one in NAMED}
    assert stated["duckdb"] == "1.5,<3"
    assert stated["pandas"] == "3,<4"
    assert stated["matplotlib"] == "3.9,<4"
    assert stated["numpy"] == "2.2,<3"
    assert stated["pydantic"] == "2.11,<3"


def test_no_host_is_named() -> None:
    assert "://" not in (ROOT / "floors.txt").read_text(encoding="utf-8")
