"""A sweep file: mappings of values to try, each crossed in itself."""

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import yaml

from ..documents import Document, DocumentError, Problem, parse_document, read_document
from ..scenario.overrides import as_texts, read_override
from ..telling import number

#: Offerings of a sweep at the most.
MOST_DESIGNS: Final = 10_000

#: Key of a mapping that is no path of a scenario.
NAME: Final = "name"

#: What a path may not begin with, since a sweep draws the same for all of its offerings.
_SWEEPS_OWN: Final = "seed"

_IS_LIST: Final = (
    "is a list of mappings, each from paths of the scenario to values to try, such as "
    "'- templates.Pack 10.price: [1200, 1500]'"
)


@dataclass(frozen=True)
class Crossing:
    """One mapping of a sweep: every value of a path with every value of the others.

    Attributes
    ----------
    place : int
        Among the mappings of the sweep.
    name : str
        As written; empty where there is none.
    values : dict of str to list
        By path, in the written order.
    """

    place: int
    name: str
    values: dict[str, list[Any]]

    @property
    def count(self) -> int:
        """How many offerings it comes to."""
        return math.prod(len(values) for values in self.values.values())

    @property
    def varied(self) -> list[str]:
        """Paths with several values."""
        return [path for path, values in self.values.items() if len(values) > 1]


@dataclass(frozen=True)
class SweepFile:
    """What a sweep file says, and where.

    Attributes
    ----------
    document : Document
    crossings : list of Crossing
    """

    document: Document
    crossings: list[Crossing]

    def problem_at(self, crossing: Crossing, path: str, value: int, message: str) -> Problem:
        """Return a problem with a value of a path, or with all of them where it is the only one."""
        place: tuple[str | int, ...] = (crossing.place, path)
        if isinstance(self.document.data[crossing.place][path], list):
            place = (*place, value)
        return self.document.problem(place, message)


def read_sweep(source: "str | os.PathLike[str] | Sequence[Mapping[str, Any]]") -> SweepFile:
    """Read a sweep from a YAML file, or from the same as a list of mappings.

    A list under a path is what is tried, one after the other; anything else is one value. A value
    that is a list itself stands in a list of its own: ``weekdays: [[1, 1, 1, 1, 1, 0, 0]]``.

    Raises
    ------
    DocumentError
        Everything that is wrong, one line each: ``file:line:column: path: message``.
    """
    if isinstance(source, str | os.PathLike):
        document = read_document(os.fspath(source), strict=False)
    else:
        try:
            plain = [dict(mapping) for mapping in source]
            text = yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=100)
        except (yaml.YAMLError, TypeError, ValueError) as error:
            lines = str(error).splitlines() or [_IS_LIST]
            problem = Document("<sweep>", "").problem((), f"cannot be written as YAML: {lines[0]}")
            raise DocumentError([problem]) from None
        document = parse_document(text, "<sweep>", strict=False)
    crossings, problems = _crossings(document)
    if problems or document.problems:
        raise DocumentError(document.with_own(problems))
    return SweepFile(document, crossings)


def _crossings(document: Document) -> tuple[list[Crossing], list[Problem]]:
    data = document.data
    if not isinstance(data, list) or not data:
        return [], [document.problem((), _IS_LIST)]
    problems: list[Problem] = []
    crossings = []
    names: dict[str, int] = {}
    for place, mapping in enumerate(data):
        if not isinstance(mapping, dict):
            problems.append(document.problem((place,), "must be a mapping from paths to values"))
            continue
        found = len(problems)
        name = mapping.get(NAME, "")
        if NAME in mapping and (not isinstance(name, str) or not name.strip()):
            problems.append(document.problem((place, NAME), "must be a text"))
        elif name and name in names:
            message = f"'{name}' is the name of entry [{names[name]}] already; choose another"
            problems.append(document.problem((place, NAME), message))
        else:
            names.setdefault(name, place)
        values = {path: _values(value) for path, value in mapping.items() if path != NAME}
        if not values:
            message = "sets nothing; write paths of the scenario with values to try"
            problems.append(document.problem((place,), message))
        for path in values:
            problems += _ill_written(document, place, path, values[path])
        if len(problems) == found:
            crossings.append(Crossing(place, name, values))
    count = sum(crossing.count for crossing in crossings)
    if count > MOST_DESIGNS:
        message = (
            f"comes to {number(count)} offerings, and {number(MOST_DESIGNS)} are the most for a "
            "sweep; try fewer values, or search"
        )
        problems.append(document.problem((), message))
    return crossings, problems


def _values(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _ill_written(document: Document, place: int, path: Any, values: list[Any]) -> list[Problem]:
    here = (place, path if isinstance(path, int) else str(path))
    if not isinstance(path, str):
        return [document.problem(here, "a path must be a text", at_key=True)]
    if not values:
        return [document.problem(here, "has no value; write at least one")]
    try:
        override = read_override(text_of(path, values[0]))
    except DocumentError:
        message = "is no path; write it as for --set, such as segments.a.holds[0].share"
        return [document.problem(here, message, at_key=True)]
    if override.steps[0].name == _SWEEPS_OWN:
        message = "has no place here: all offerings meet what is drawn by the seed of the sweep"
        return [document.problem(here, message, at_key=True)]
    texts = [text_of(path, value) for value in values]
    return [
        document.problem((*here, later), f"stands twice, first at [{texts.index(text)}]")
        for later, text in enumerate(texts)
        if texts.index(text) < later
    ]


def text_of(path: str, value: Any) -> str:
    """Return a setting as ``path=value``."""
    return next(as_texts({path: value}))
