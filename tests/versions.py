"""What ``FORMAT_VERSION`` and ``RULEBOOK_VERSION`` stand for, pinned beside their values.

``table_layout.json`` has every table of a run with its columns and types.

``rulebook_outcomes.json`` has a digest of what each rule function answers to a grid of small
arguments, and of what becomes of each story. The functions notice a changed rule even where no
story goes, the stories also a changed order in which rules are asked. Neither looks at source or
wording, so comments, sentences, names of locals and moves between files change nothing.

A change that is meant raises the version and renews both::

    python tests/versions.py
"""

import hashlib
import inspect
import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import duckdb

from entitlement_sim import rules
from entitlement_sim.desk.stories import play_stories
from entitlement_sim.rules.version import RULEBOOK_VERSION
from entitlement_sim.rules.words import PickKey
from entitlement_sim.store.manifest import FORMAT_VERSION
from entitlement_sim.store.schema import create_schema

FOLDER = Path(__file__).parent
LAYOUT = FOLDER / "table_layout.json"
OUTCOMES = FOLDER / "rulebook_outcomes.json"

#: Arguments of a rule: states, amounts around zero, around each other and around the greatest
#: total, days, minutes.
_WHOLE = (-150, -1, 0, 1, 2, 3, 4, 50, 100, 1_000, 10**13, 10**13 + 1)
#: Lengths of periods, of which none is negative, by the names of arguments.
_LENGTHS = {"months": (0, 1, 3, 12), "days": (1, 7, 100)}
#: What a list of picks compares.
_CODES = {"key": tuple(map(int, PickKey))}
#: Fewer for functions with many of them, and fewest for those with most.
_FEW = (-1, 0, 1, 2, 3, 100)
_MANY_ARGUMENTS = 4
_FEWEST = (-1, 0, 1, 100)
_MOST_ARGUMENTS = 8


def layout() -> dict[str, Any]:
    """Return the tables of a run: for each its columns and their types, in order."""
    with duckdb.connect() as connection:
        connection.execute(create_schema({"segment": ["segment"]}))
        rows = connection.sql(
            "SELECT table_name, column_name, data_type FROM duckdb_columns() "
            "WHERE NOT internal ORDER BY table_name, column_index"
        ).fetchall()
    tables: dict[str, dict[str, str]] = {}
    for table, column, kind in rows:
        tables.setdefault(table, {})[column] = kind
    return {"format_version": FORMAT_VERSION, "tables": tables}


def outcomes() -> dict[str, Any]:
    """Return a digest of what each rule function answers and of what becomes of each story."""
    return {
        "rulebook_version": RULEBOOK_VERSION,
        "functions": {name: _digest(_answers(function)) for name, function in rule_functions()},
        "stories": dict(_stories()),
    }


def rule_functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Return the public functions of the rulebook with their names, sorted by them."""
    functions = {
        name: function
        for module in iter_modules(rules.__path__, f"{rules.__name__}.")
        for name, function in inspect.getmembers(import_module(module.name), inspect.isfunction)
        if not name.startswith("_")
        and function.__module__ == module.name
        # Words, units and money are no rules of the product.
        and not module.name.endswith((".words", ".amounts", ".days", ".prices"))
    }
    yield from sorted(functions.items())


def _answers(function: Callable[..., Any]) -> Iterator[str]:
    parameters = inspect.signature(function).parameters.values()
    whole = _WHOLE
    if len(parameters) > _MANY_ARGUMENTS:
        whole = _FEWEST if len(parameters) > _MOST_ARGUMENTS else _FEW
    known = _CODES | (_LENGTHS if function.__module__.endswith(".periods") else {})
    grids = [
        (False, True) if each.annotation is bool else known.get(each.name, whole)
        for each in parameters
    ]
    yield repr(grids)  # which gives the arguments of each answer, in order
    for arguments in itertools.product(*grids):
        yield _answer(function, arguments)


def _answer(function: Callable[..., Any], arguments: tuple[Any, ...]) -> str:
    try:
        answer = function(*arguments)
    except ZeroDivisionError:  # parts of nothing, which no caller asks for
        return "none"
    return str(answer if isinstance(answer, tuple) else int(answer))


def _stories() -> Iterator[tuple[str, str]]:
    for file in sorted((FOLDER / "stories").glob("*.yaml")):
        for result in play_stories(file):
            steps = result.to_dict()["steps"]
            yield f"{file.stem}: {result.name}", _digest(map(_outcome, steps))


def _outcome(step: dict[str, Any]) -> str:
    """Return what a step of a story has moved, without the words that tell it."""
    refused = step["refused"] and step["refused"]["name"]
    return json.dumps([step["clock"], refused, step["ledger"], step["balances"]])


def _digest(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def read(file: Path) -> Any:
    """Return what a file holds fast."""
    return json.loads(file.read_text(encoding="utf-8"))


def renew() -> None:
    """Hold fast what there is now."""
    for file, value in ((LAYOUT, layout()), (OUTCOMES, outcomes())):
        file.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    renew()
