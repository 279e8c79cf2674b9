"""The offerings that a sweep tries: their settings, names and ids, all before the first draw."""

import itertools
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from ..documents import DocumentError, Problem
from ..replications import BASE
from ..scenario.scenario import Scenario
from .file import Crossing, SweepFile, text_of

#: Letters of an id.
_ID: Final = 12


@dataclass(frozen=True)
class Design:
    """One offering of a sweep.

    Attributes
    ----------
    id : str
        Of what it says: two designs that say the same have the same. Empty where nothing can be
        made of it.
    name : str
    crossing : str
        Name of the mapping that it comes from, or its place as ``[0]``; empty for the base.
    settings : dict
        What it sets, by path.
    scenario : Scenario or None
    reason : str
        Why there is none.
    """

    id: str
    name: str
    crossing: str
    settings: dict[str, Any]
    scenario: Scenario | None
    reason: str = ""


def designs_of(base: Scenario, sweep: SweepFile) -> list[Design]:
    """Return the base and every offering of a sweep, in the written order.

    What goes in no offering at all is a mistake of the file. What only fails together with other
    values is kept with its reason, and nothing is made of it.

    Raises
    ------
    DocumentError
        A path leads to nothing, or a value is wrong whatever it is set with.
    """
    labels = _labels(sweep.crossings)
    designs = [Design(id_of(base), BASE, "", {}, base)]
    problems: list[Problem] = []
    for crossing in sweep.crossings:
        own = [_design(base, crossing, labels, choice) for choice in _choices(crossing)]
        designs += [design for design, _ in own]
        problems += _wrong_everywhere(sweep, crossing, own)
    if problems:
        raise DocumentError(problems)
    return _with_names_of_their_own(designs)


def id_of(scenario: Scenario) -> str:
    """Return what an offering is known by in the parts of a sweep."""
    return scenario.hash[:_ID]


def title_of(crossing: Crossing) -> str:
    """Return what a mapping of a sweep is called."""
    return crossing.name or f"[{crossing.place}]"


def _choices(crossing: Crossing) -> Iterable[tuple[int, ...]]:
    return itertools.product(*(range(len(values)) for values in crossing.values.values()))


def _design(
    base: Scenario, crossing: Crossing, labels: dict[str, str], choice: tuple[int, ...]
) -> tuple[Design, list[Problem]]:
    chosen = zip(crossing.values.items(), choice, strict=True)
    settings = {path: values[place] for (path, values), place in chosen}
    varied = crossing.varied if crossing.name else [*settings]
    said = ", ".join(text_of(labels[path], settings[path]) for path in varied)
    name = ": ".join(part for part in (crossing.name, said) if part)
    try:
        scenario = base.with_(settings)
    except DocumentError as error:
        reason = "; ".join(_reason(problem) for problem in error.problems)
        return Design("", name, title_of(crossing), settings, None, reason), error.problems
    return Design(id_of(scenario), name, title_of(crossing), settings, scenario), []


def _reason(problem: Problem) -> str:
    return f"{problem.path}: {problem.message}" if problem.path else problem.message


def _labels(crossings: Iterable[Crossing]) -> dict[str, str]:
    """Return the shortest end of each path that is no other path's."""
    paths = list(dict.fromkeys(path for crossing in crossings for path in crossing.values))
    ends = {path: _ends(path) for path in paths}
    counts = Counter(end for path in paths for end in set(ends[path]))
    return {path: next((end for end in ends[path] if counts[end] == 1), path) for path in paths}


def _ends(path: str) -> list[str]:
    steps = path.split(".")
    return [".".join(steps[-length:]) for length in range(1, len(steps) + 1)]


def _wrong_everywhere(
    sweep: SweepFile, crossing: Crossing, designs: list[tuple[Design, list[Problem]]]
) -> list[Problem]:
    """Return a problem for each value that goes in no offering, which points at it."""
    failing = [problems for _, problems in designs]
    if any(not problems for problems in failing):
        candidates = [
            (path, place)
            for at, (path, values) in enumerate(crossing.values.items())
            for place in range(len(values))
            if all(
                problems
                for choice, problems in zip(_choices(crossing), failing, strict=True)
                if choice[at] == place
            )
        ]
    else:
        candidates = [
            (path, place)
            for path, values in crossing.values.items()
            for place in range(len(values))
        ]
    found = []
    for path, place in candidates:
        file = f"--set {' '.join(text_of(path, crossing.values[path][place]).split())}"
        own = next(
            (problem for problems in failing for problem in problems if problem.file == file), None
        )
        if own is not None:
            found.append(sweep.problem_at(crossing, path, place, own.message))
    if not found and candidates:
        at = {path: place for place, path in enumerate(crossing.values)}
        path, place = candidates[0]
        first = next(
            problems[0]
            for choice, problems in zip(_choices(crossing), failing, strict=True)
            if choice[at[path]] == place
        )
        found.append(sweep.problem_at(crossing, path, place, _reason(first)))
    return found


def _with_names_of_their_own(designs: list[Design]) -> list[Design]:
    """Return the designs, those that are called alike with the mapping that they come from."""
    counts = Counter(design.name for design in designs)
    named = []
    for design in designs:
        name = design.name
        if counts[name] > 1 and design.crossing:
            name = f"{design.crossing} {name}"
        named.append(Design(design.id, name, *_rest(design)))
    return named


def _rest(design: Design) -> tuple[str, dict[str, Any], Scenario | None, str]:
    return design.crossing, design.settings, design.scenario, design.reason
