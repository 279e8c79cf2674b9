"""The rooms of the package: who may import whom."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import entitlement_sim

PACKAGE = Path(entitlement_sim.__file__).parent

#: From the cellar to the roof: a room imports only what stands below it.
FLOORS = [
    {"announcing", "parameters", "publishing", "scheduling"},
    {"caching"},
    {"compiling", "rules", "documents", "targets", "telling"},
    {"desk", "scenario"},
    {"population"},
    {"engine"},
    {"recentring", "replay", "store"},
    {"metrics", "replications", "simulated_anew", "simulation"},
    {"exchange"},
    {"inference"},
    {"scoring"},
    {"charts"},
    {"reports"},
    {"attribution", "comparison", "audit", "fitting"},
    {"forecasting", "sweeping"},
    {"designing", "searching"},
    {"commands"},
    {"cli"},
    {"__main__"},
]
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}

#: Inside the room of exports: what each of its rooms and files may import of the others.
EXCHANGE_FLOORS = [
    {"book", "errors", "memory", "vocabulary"},
    {"recurring"},
    {"files"},
    {"understanding"},
    {"reading"},
    {"entering", "leaving", "suggesting"},
    {"sample"},
]
EXCHANGE_FLOOR_OF = {
    place: floor for floor, places in enumerate(EXCHANGE_FLOORS) for place in places
}

FILES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


FILES_BY_NAME = {path: str(path.relative_to(PACKAGE)).replace("\\", "/") for path in FILES}


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def exchange_place(path: Path) -> str:
    """Room or file in the room of exports to which a file belongs."""
    return path.relative_to(PACKAGE / "exchange").parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> Iterator[str]:
    """Rooms of the package that a file imports, anywhere in it."""
    for parts in imported_modules(path):
        if parts[0] in FLOOR_OF:
            yield parts[0]


def imported_modules(path: Path) -> Iterator[list[str]]:
    """Modules and names of the package that a file imports, without the package's own name."""
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
            if parts[0] == "entitlement_sim" and len(parts) > 1:
                yield parts[1:]


def test_every_room_has_its_floor() -> None:
    assert {room_of(path) for path in FILES} <= set(FLOOR_OF)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    own = room_of(path)
    upward = {
        other for other in imported_rooms(path) if other != own and FLOOR_OF[other] >= FLOOR_OF[own]
    }
    assert not upward


@pytest.mark.parametrize(
    "path",
    [path for path in FILES if room_of(path) == "exchange" and exchange_place(path) != "__init__"],
    ids=FILES_BY_NAME.get,
)
def test_imports_inside_the_room_of_exports_point_down(path: Path) -> None:
    own = exchange_place(path)
    imported = {parts[1] for parts in imported_modules(path) if parts[0] == "exchange"}
    upward = {
        other
        for other in imported
        if other != own and EXCHANGE_FLOOR_OF[other] >= EXCHANGE_FLOOR_OF[own]
    }
    assert not upward


#: Files with formats of their own, and why.
OWN_FORMATS = {
    "charts/lifecycle.py": "matplotlib's notation of arrows",
    "desk/stories.py": "times as stories are written",
    "desk/story_command.py": "times as stories are written",
    "desk/story_values.py": "times as stories are written",
    "scenario/checks.py": "amounts as scenarios are written",
}

#: Separators of thousands, a number of places, per cent, parts of a date.
FORMAT = re.compile(r",|%|\.\d+f")


def formats_of(source: str) -> Iterator[str]:
    """Formats that a source writes numbers or days with."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FormattedValue) and node.format_spec is not None:
            texts = [part.value for part in ast.walk(node.format_spec) if is_text(part)]
            yield from (text for text in texts if FORMAT.search(text))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr == "strftime":
                yield node.func.attr
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id == "format":
                yield node.func.id
        elif is_text(node):
            yield from re.findall(r"\{[\w.]*:[^}]*[,%f]\}|^\+?,?\.\d+[%f]$", node.value)


def is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


@pytest.mark.parametrize(
    ("source", "formats"),
    [
        ('f"{share:.1%}"', [".1%"]),
        ('f"{count:,}"', [","]),
        ('f"{when:%d %B}"', ["%d %B"]),
        ('when.strftime("%d")', ["strftime"]),
        ('"{:.2f}".format(price)', ["{:.2f}"]),
        ('"{task.completed:,.0f}"', ["{task.completed:,.0f}"]),
        ('table(frame, formats={"share": ".1%"})', [".1%"]),
        ("format(price, spec)", ["format"]),
        ('f"{name:<10}{number(count)}"', []),
    ],
)
def test_a_format_is_recognised(source: str, formats: list[str]) -> None:
    assert set(formats_of(source)) == set(formats)


@pytest.mark.parametrize(
    "path", [path for path in FILES if room_of(path) != "telling"], ids=FILES_BY_NAME.get
)
def test_numbers_and_days_are_written_by_the_room_for_it(path: Path) -> None:
    formats = set(formats_of(path.read_text(encoding="utf-8")))
    assert bool(formats) == (FILES_BY_NAME[path] in OWN_FORMATS), formats


def test_notebooks_leave_the_writing_of_numbers_and_days_to_that_room() -> None:
    for notebook in sorted((PACKAGE / "notebooks").glob("*.ipynb")):
        for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                assert not set(formats_of("".join(cell["source"]))), (notebook.name, cell["id"])
