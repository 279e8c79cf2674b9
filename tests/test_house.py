"""The rooms of the package: who may import whom."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import entitlement_sim

PACKAGE = Path(entitlement_sim.__file__).parent

#: From the cellar to the roof: a room imports only what stands below it.
FLOORS = [
    {"rules", "documents", "telling"},
    {"desk", "scenario"},
    {"population"},
    {"engine"},
    {"store"},
    {"metrics", "simulation"},
    {"charts"},
    {"reports"},
    {"commands"},
    {"cli"},
    {"__main__"},
]
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}

FILES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> Iterator[str]:
    """Rooms of the package that a file imports, anywhere in it."""
    parents = ["entitlement_sim", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = parents[: len(parents) - node.level + 1] if node.level else []
            module = [*base, *(node.module.split(".") if node.module else [])]
            names = [".".join([*module, alias.name]) for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "entitlement_sim" and len(parts) > 1 and parts[1] in FLOOR_OF:
                yield parts[1]


def test_every_room_has_its_floor() -> None:
    assert {room_of(path) for path in FILES} <= set(FLOOR_OF)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    own = room_of(path)
    upward = {
        other for other in imported_rooms(path) if other != own and FLOOR_OF[other] >= FLOOR_OF[own]
    }
    assert not upward
