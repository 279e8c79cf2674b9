"""The scenario that somebody means: itself, a file, or a shipped one by its name."""

import os
from pathlib import Path
from typing import Final

from ..parameters import PATH, Kind, of_types
from .scenario import Overrides, Scenario

#: A scenario, or what it is known by.
AnyScenario = Scenario | str | os.PathLike[str]

SCENARIO: Final = Kind(
    "a scenario, its file, or the name of a shipped one",
    (of_types("", Scenario) | PATH).fits,
)


def scenario_meant(source: AnyScenario) -> Scenario:
    """Return a scenario, read from its file or shipped if need be.

    Raises
    ------
    DocumentError
        There is none, or what is wrong with it.
    """
    if isinstance(source, Scenario):
        return source
    return Scenario.load(Path(source))


def alternative_to(base: Scenario, other: "AnyScenario | Overrides") -> Scenario:
    """Return another offering: a scenario, or what is changed in the base.

    Parameters
    ----------
    base : Scenario
    other : Scenario, path, str, mapping or texts
        A text with "=" is a change (``path=value``), another one a file or a name.

    Raises
    ------
    DocumentError
        There is no such scenario, or a change is wrong.
    """
    if isinstance(other, Scenario | os.PathLike):
        return scenario_meant(other)
    if isinstance(other, str) and "=" not in other:
        return scenario_meant(other)
    return base.with_(other)
