"""Which files a room has, and which tests are its own."""

from dataclasses import dataclass
from pathlib import Path

_PACKAGE = "entitlement_sim"


@dataclass(frozen=True)
class Room:
    """A part of the package that is tested by itself.

    Attributes
    ----------
    name : str
    files : tuple of str
        Its source, as patterns from the root of the tree.
    tests : tuple of str
        What is run, the cheapest first.
    compiled : bool
        Whether its tests need compiled loops. Without them nothing is compiled for each fault.
    """

    name: str
    files: tuple[str, ...]
    tests: tuple[str, ...]
    compiled: bool = True

    def sources(self, tree: Path) -> list[str]:
        """Return the room's files in a tree."""
        return sorted(
            path.relative_to(tree).as_posix()
            for pattern in self.files
            for path in tree.glob(pattern)
        )


def _folder(name: str, *tests: str, compiled: bool = True) -> Room:
    return Room(name, (f"{_PACKAGE}/{name}/*.py",), tests or (f"tests/{name}",), compiled)


_ROOMS = [
    Room("documents", (f"{_PACKAGE}/documents.py",), ("tests/scenario", "tests/desk"), False),
    _folder("rules", "tests/rules", "tests/desk", compiled=False),
    _folder("desk", "tests/desk", compiled=False),
    _folder("scenario", "tests/scenario", compiled=False),
    _folder("population", "tests/population", "tests/engine"),
    _folder("engine", "tests/engine/test_history.py", "tests/engine"),
    _folder("store"),
    Room("views", (f"{_PACKAGE}/store/views/*.sql",), ("tests/views", "tests/store")),
    _folder("metrics", compiled=False),
    _folder("charts", "tests/charts", "tests/notebooks"),
    _folder("reports", "tests/reports"),
    Room("commands", (f"{_PACKAGE}/commands/*.py", f"{_PACKAGE}/cli.py"), ("tests/cli",)),
]

#: The rooms by their names.
ROOMS = {room.name: room for room in _ROOMS}
