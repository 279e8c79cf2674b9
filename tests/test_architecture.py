"""The page that says where things are names files that exist, and leaves none out."""

import re
from collections.abc import Iterator
from pathlib import Path

from test_house import FILES, FLOOR_OF, FLOORS

import entitlement_sim

PACKAGE = Path(entitlement_sim.__file__).parent
ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")

#: What stands between backquotes or in the brackets of a link and looks like a path.
PATH = re.compile(r"(?:`|\]\()([\w.-]+/(?:[\w.-]+/?)*|[\w.-]+\.(?:py|sql|md|json|mplstyle))[`)]")


def named_paths() -> Iterator[tuple[str, Path | None]]:
    """Every path as it is written, and where it leads; a bare name lies in the folder before it."""
    for section in re.split(r"^#+ ", TEXT, flags=re.MULTILINE):
        folder = ROOT
        for written in PATH.findall(section):
            places = [folder / written, ROOT / written, PACKAGE / written]
            place = next((place for place in places if place.exists()), None)
            if place is not None and place.is_dir() and written.startswith("entitlement_sim/"):
                folder = place
            yield written, place


def test_every_path_that_the_architecture_names_exists() -> None:
    assert [written for written, place in named_paths() if place is None] == []


def test_the_architecture_names_every_file_of_the_package() -> None:
    named = {place.resolve() for _, place in named_paths() if place is not None}
    missing = {
        str(file.relative_to(PACKAGE))
        for file in FILES
        if file.name != "__init__.py" and file.resolve() not in named
    }
    assert missing == set()


def test_the_architecture_names_every_room_on_its_floor() -> None:
    rows = re.findall(r"^\| (\d+) \| (.+) \|$", TEXT, flags=re.MULTILINE)
    floors = {int(floor): set(re.findall(r"`(\w+)`", rooms)) for floor, rooms in rows}
    assert floors == dict(enumerate(FLOORS, 1))
    assert set(FLOOR_OF) == set().union(*floors.values())


def test_the_architecture_is_short_enough_to_be_read() -> None:
    assert len(TEXT.splitlines()) < 250
