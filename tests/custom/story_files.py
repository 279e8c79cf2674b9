"""Stories of habits as people write them: read, checked, and what is wrong said by file and line.

A file has a ``base``, the scenario on which its stories build, and ``stories``. A story says what
it is about, ``because`` of what it is so, how its ``scenario`` differs from the base, perhaps what
``changes`` in that as overrides say it, and what it expects, by day:

.. code-block:: yaml

    base:
      calendar: {start: 2025-01-01, days: 800}
      templates: {Pack: {total_terms: 10}}
      segments: {all: {customers: 1, cases: {per_year: 0}, holds: [{template: Pack}]}}
    stories:
      - story: a pack is renewed on the day after its end
        because: the customer renews at once unless it is late
        scenario: {segments: {all: {renewal: {inclination: {constant: 1}}}}}
        expect:
          2026-01-01:
            customer 1: {active: [2], default: 2}
            entitlement 2: {renews: 1, starts: 2026-01-01}
          at the end:
            every renewal: {total: 10}

What is expected of a day is what the books say in its evening: the story is played until then. A
subject is one (``case 3``), ``every``, ``some`` or ``no`` ``customer``, ``entitlement``, ``sale``,
``renewal`` or ``case``, perhaps only those that began ``from 2025-03-01`` or ``before 2025-03-01
17:30`` or both. What is expected of it is a mapping, or a list of several of them. Shares are 0 or
1, so that chance decides nothing.
"""

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from facts import FACTS
from lived import merged

from entitlement_sim import DocumentError, Scenario
from entitlement_sim.documents import DataPath, Document, Problem, dotted, read_document
from entitlement_sim.telling import unknown

AT_THE_END = "at the end"

_SUBJECT = re.compile(
    r"(?:(?P<every>every|some|no) )?(?P<about>[a-z]+)(?: (?P<number>[1-9][0-9]*))?"
    r"(?: from (?P<since>[-0-9]{10}(?: [0-9:]{5})?))?"
    r"(?: before (?P<before>[-0-9]{10}(?: [0-9:]{5})?))?"
)
_KINDS = {
    dt.date: "a day like 2025-07-01",
    float: "a number",
    str: "a word",
    bool: "true or false",
    list: "a list",
    dict: "a mapping",
}


class Subject(NamedTuple):
    """What something is expected of: one by its number, or every, some or no one of a time."""

    about: str
    number: int | None
    quantifier: str
    since: dt.datetime | None
    before: dt.datetime | None


class Expectation(NamedTuple):
    """What a story expects of a subject in the evening of a day, and in which line it says so."""

    day: dt.date
    written: str
    subject: Subject
    facts: dict[str, Any]
    line: int


class Story(NamedTuple):
    """A habit shown in a small scenario."""

    file: str
    line: int
    name: str
    because: str
    scenario: Scenario
    expectations: list[Expectation]


def read_stories(file: str | Path) -> list[Story]:
    """Read the stories of a file.

    Raises
    ------
    DocumentError
        Everything that is wrong, one line each: ``file:line:column: path: message``.
    """
    document = read_document(file)
    problems = list(_shape(document))
    if problems:
        raise DocumentError(problems)
    stories = []
    for number in range(len(document.data["stories"])):
        try:
            stories.append(_story(document, number))
        except DocumentError as error:
            problems += error.problems
    if problems:
        raise DocumentError(list(dict.fromkeys(problems)))
    return stories


_SHAPES: dict[str, tuple[type, str]] = {
    "story": (str, "a sentence"),
    "because": (str, "a sentence"),
    "scenario": (dict, "a mapping"),
    "changes": (dict, "a mapping from paths to values"),
    "expect": (dict, "a mapping from days to what is expected"),
}


def _shape(document: Document) -> Iterator[Problem]:
    """Yield what is wrong before any story can be read by itself."""
    yield from _keys(document, (), {"base": (dict, "a mapping"), "stories": (list, "a list")})
    stories = document.data.get("stories") if isinstance(document.data, dict) else None
    for number, story in enumerate(stories if isinstance(stories, list) else []):
        path = ("stories", number)
        yield from _keys(document, path, _SHAPES)
        expected = story.get("expect") if isinstance(story, dict) else None
        for day, subjects in expected.items() if isinstance(expected, dict) else ():
            here = (*path, "expect", str(day))
            if not isinstance(subjects, dict):
                yield document.problem(here, "must be a mapping from subjects to facts")
                continue
            for name, facts in subjects.items():
                for place, one in _several((*here, str(name)), facts):
                    if not (isinstance(one, dict) and one):
                        message = "must be a mapping from facts to their values"
                        yield document.problem(place, message)


def _several(path: DataPath, facts: Any) -> list[tuple[DataPath, Any]]:
    """Return the places and the mappings of facts: one, or several in a list."""
    if isinstance(facts, list):
        return [((*path, index), one) for index, one in enumerate(facts)]
    return [(path, facts)]


def _keys(document: Document, path: DataPath, shapes: dict[str, tuple[type, str]]) -> Iterator[Any]:
    here = document.data
    for part in path:
        here = here[part]
    if not isinstance(here, dict):
        yield document.problem(path, f"must be a mapping with {', '.join(shapes)}")
        return
    for key in here:
        if key not in shapes:
            yield document.problem((*path, str(key)), unknown("key", key, shapes), at_key=True)
    for key, (kind, words) in shapes.items():
        if key not in here:
            if key != "changes":
                yield document.problem(path, f"needs {key}")
        elif not isinstance(here[key], kind) or (key != "scenario" and not here[key]):
            yield document.problem((*path, key), f"must be {words}")


def _story(document: Document, number: int) -> Story:
    path: DataPath = ("stories", number)
    written = document.data["stories"][number]
    scenario = _scenario(document, path, written)
    problems: list[Problem] = []
    expectations = []
    for day, subjects in written["expect"].items():
        here = (*path, "expect", str(day))
        evening = _evening(scenario, day)
        if isinstance(evening, str):
            problems.append(document.problem(here, evening, at_key=True))
            continue
        for name, facts in subjects.items():
            subject = _subject(str(name))
            if isinstance(subject, str):
                problems.append(document.problem((*here, str(name)), subject, at_key=True))
                continue
            for place, one in _several((*here, str(name)), facts):
                problems += _wrong_facts(document, place, subject, one)
                line = document.values[place].line
                expectations.append(Expectation(evening, str(name), subject, one, line))
    if problems:
        raise DocumentError(problems)
    line = document.values[path].line
    return Story(document.file, line, written["story"], written["because"], scenario, expectations)


def _scenario(document: Document, path: DataPath, written: dict[str, Any]) -> Scenario:
    data = merged({"scenario": "story", **document.data["base"]}, written["scenario"])
    changes = written.get("changes", {})
    try:
        scenario = Scenario.from_dict(data)
        return scenario.with_(changes) if changes else scenario
    except DocumentError as error:
        places = {
            dotted(place[len(root) :]): place
            for root in (("base",), (*path, "scenario"), (*path, "changes"))
            for place in document.values
            if place[: len(root)] == root
        }
        problems = []
        for problem in error.problems:
            where = problem.path
            while where not in places and where:
                where = re.sub(r"(^|\.)[^.\[]*$|\[\d+\]$", "", where)
            problems.append(document.problem(places[where], problem.message, at_key=True))
        raise DocumentError(problems) from None


def _evening(scenario: Scenario, day: Any) -> dt.date | str:
    """Return the day of an expectation, or what is wrong with it."""
    calendar = scenario.model.calendar
    last = calendar.start + dt.timedelta(calendar.days - 1)
    if day == AT_THE_END:
        return last
    if not isinstance(day, dt.date):
        return f"must be a day like {calendar.start}, or '{AT_THE_END}'"
    if not calendar.start <= day <= last:
        return f"lies outside of the run, which goes from {calendar.start} to {last}"
    return day


def _subject(name: str) -> Subject | str:
    """Return a subject, or what is wrong with it."""
    match = _SUBJECT.fullmatch(name)
    if match is None or (match["every"] is None) == (match["number"] is None):
        return "must be like 'entitlement 2', 'every renewal' or 'some case from 2025-03-01 17:30'"
    if match["about"] not in FACTS:
        return unknown("subject", match["about"], FACTS)
    times = []
    for key in ("since", "before"):
        try:
            times.append(None if match[key] is None else dt.datetime.fromisoformat(match[key]))
        except ValueError as error:
            return f"'{match[key]}' cannot be understood: {error}"
    number = None if match["number"] is None else int(match["number"])
    return Subject(match["about"], number, match["every"] or "", *times)


def _wrong_facts(
    document: Document, path: DataPath, subject: Subject, facts: dict[str, Any]
) -> Iterator[Problem]:
    known = FACTS[subject.about]
    for name, value in facts.items():
        here = (*path, str(name))
        if name not in known:
            yield document.problem(here, unknown("fact", name, known), at_key=True)
            continue
        kind = known[name].kind
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        fits = is_number if kind is float else isinstance(value, kind)
        if not fits and value != "none":
            yield document.problem(here, f"must be {_KINDS[kind]}, or none")
