"""Functions of the compiled rooms take few parameters: what belongs together has a name."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import entitlement_sim

PACKAGE = Path(entitlement_sim.__file__).parent
ROOMS = ("engine", "population", "replay")
FILES = sorted(path for room in ROOMS for path in (PACKAGE / room).glob("*.py"))

MOST_PARAMETERS = 8


def signatures(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Names of a file's functions, as file.function, and of their parameters."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            parameters = ast.walk(node.args)
            names = [each.arg for each in parameters if isinstance(each, ast.arg)]
            yield f"{path.parent.name}/{path.stem}.{node.name}", names


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_function_takes_more_than_eight_parameters(path: Path) -> None:
    long = {
        name: parameters
        for name, parameters in signatures(path)
        if len(parameters) > MOST_PARAMETERS
    }
    assert not long
