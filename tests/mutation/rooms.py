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
    plain : tuple of str
        Tests that run with loops as plain Python, so that nothing is compiled for each fault.
    compiled : tuple of str
        Tests that run afterwards with compiled loops, on what those let live.
    """

    name: str
    files: tuple[str, ...]
    plain: tuple[str, ...] = ()
    compiled: tuple[str, ...] = ()

    def sources(self, tree: Path) -> list[str]:
        """Return the room's files in a tree."""
        return sorted(
            path.relative_to(tree).as_posix()
            for pattern in self.files
            for path in tree.glob(pattern)
        )


def _folder(name: str) -> tuple[str, ...]:
    return (f"{_PACKAGE}/{name}/*.py",)


def _files(beginning: str, *ends: str) -> tuple[str, ...]:
    return tuple(f"tests/{beginning}_{end}.py" for end in ends)


_REPLAY = (
    "tests/hostile/test_random_histories.py",
    "tests/engine/test_history.py",
    "tests/replay/test_history_tables.py",
)
_DESK = (
    "tests/desk/test_desk_actions.py",
    "tests/desk/test_stories_play.py",
    "tests/desk/test_stories_results.py",
    "tests/desk/test_stories_broken.py",
    "tests/desk/test_story_command.py",
    "tests/desk/test_stories_hold_rules.py",
    "tests/desk/test_desk_laws.py",
)
#: Tests of scenarios that simulate next to nothing.
_SCENARIO = (
    "tests/scenario/test_everything_at_once.py",
    "tests/scenario/test_scenario_schema.py",
    "tests/scenario/test_scenario_mistakes.py",
    "tests/scenario/test_scenario_overrides.py",
    "tests/scenario/test_scenario_in_python.py",
    "tests/scenario/test_shipped_scenarios.py",
    "tests/scenario/test_scenario_hash.py",
)

#: Within each, the cheapest tests come first. Tests that run a browser, a built wheel or processes
#: that are interrupted cost more for each fault than they find.
_ROOMS = [
    Room("publishing", _folder("publishing"), plain=("tests/publishing",)),
    Room(
        "compiling",
        _folder("compiling"),
        plain=("tests/engine/test_uncompiled.py",),
        compiled=("tests/test_compiling.py",),
    ),
    Room(
        "documents",
        (f"{_PACKAGE}/documents.py",),
        plain=(
            "tests/desk/test_stories_broken.py",
            *_SCENARIO,
            "tests/custom/test_custom_mistakes.py",
        ),
    ),
    Room("rules", _folder("rules"), plain=("tests/rules", *_DESK)),
    Room(
        "telling",
        _folder("telling"),
        plain=("tests/telling/test_telling.py", "tests/telling/test_one_way_everywhere.py"),
    ),
    Room("desk", _folder("desk"), plain=_DESK),
    Room(
        "scenario",
        _folder("scenario"),
        plain=_SCENARIO,
        compiled=("tests/scenario/test_every_field_matters.py",),
    ),
    Room(
        "population",
        _folder("population"),
        plain=(
            "tests/population/test_streams.py",
            "tests/population/test_days.py",
            "tests/population/test_portable_math.py",
            "tests/population/test_distributions.py",
            "tests/engine/test_uncompiled.py",
        ),
        compiled=(
            "tests/custom",
            "tests/population",
            "tests/scenario/test_every_field_matters.py",
        ),
    ),
    Room(
        "engine",
        _folder("engine"),
        plain=(*_REPLAY, "tests/engine/test_uncompiled.py"),
        compiled=(
            "tests/custom",
            "tests/engine",
            "tests/scenario/test_every_field_matters.py",
        ),
    ),
    Room("replay", _folder("replay"), plain=_REPLAY),
    Room(
        "replications",
        (f"{_PACKAGE}/replications.py", f"{_PACKAGE}/simulation.py"),
        plain=("tests/engine/test_simulating.py", "tests/engine/test_uncompiled.py"),
        compiled=("tests/engine/test_sums.py",),
    ),
    Room(
        "store",
        _folder("store"),
        plain=_files(
            "store/test_store", "content_hash", "tables", "opening", "views", "explaining"
        ),
        compiled=_files("store/test_store", "view_files", "reopening", "publishing", "older_runs"),
    ),
    Room(
        "views",
        (f"{_PACKAGE}/store/views/*.sql",),
        plain=("tests/views",),
        compiled=("tests/store/test_store_views.py",),
    ),
    Room("metrics", _folder("metrics"), plain=("tests/metrics",)),
    Room("charts", _folder("charts"), plain=("tests/charts",), compiled=("tests/charts",)),
    Room(
        "reports",
        _folder("reports"),
        plain=(
            *_files("reports/test", "finding", "frames"),
            *_files("reports/test_report", "pdf", "parameters", "page"),
        ),
        compiled=("tests/reports/test_report_command.py",),
    ),
    Room(
        "comparison",
        (*_folder("comparison"), f"{_PACKAGE}/comparison/*.sql"),
        plain=("tests/comparison/test_saying.py",),
        compiled=("tests/comparison",),
    ),
    Room(
        "sweeping",
        _folder("sweeping"),
        plain=("tests/sweeping/test_sweep_files.py",),
        compiled=("tests/sweeping",),
    ),
    Room(
        "searching",
        _folder("searching"),
        plain=("tests/searching/test_selecting.py",),
        compiled=("tests/searching",),
    ),
    Room(
        "designing",
        _folder("designing"),
        plain=("tests/designing/test_controls.py", "tests/designing/test_redrawing.py"),
        compiled=("tests/designing",),
    ),
    Room(
        "commands",
        (*_folder("commands"), f"{_PACKAGE}/cli.py"),
        compiled=_files("cli/test_cli", "mistakes", "commands"),
    ),
]

#: The rooms by their names.
ROOMS = {room.name: room for room in _ROOMS}
