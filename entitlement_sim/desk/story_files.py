"""Reading of story files: what a person wrote becomes stories, or a list of what is wrong."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from ..documents import (
    DataPath,
    Document,
    DocumentError,
    Problem,
    parse_document,
    read_document,
)
from ..rules.refusals import CATALOGUE
from ..rules.rulebook import QUESTIONS, RULES
from ..rules.settings import Settings
from ..rules.words import Refusal
from ..telling import unknown
from .books import job_minute_of, zone_of
from .story_actions import (
    CASE_FIELDS,
    ENTITLEMENT_FIELDS,
    STORY_ACTIONS,
    TEMPLATE_FIELDS,
    Arguments,
    StoryAction,
)
from .story_expect import EXPECTABLE
from .story_values import (
    Kind,
    Read,
    Reader,
    as_written,
    below,
    fields,
    flag,
    mapping,
    moment,
    text,
    with_article,
)

CERTAINTIES: Final = ("documented", "reported", "inferred")

#: What a story may be told from: a file, YAML text, or the story itself as plain data.
Source = str | Path | Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StoryStep:
    """One action of a story.

    Attributes
    ----------
    number : int
        Counted from 1; 0 for what is given before the first step.
    line : int
        Where it stands in the file.
    text : str
        The action as written.
    action : str
    arguments : dict
    refused : str or None
        As which refusal the action must be refused (a name, a code, ``true``); None if it must
        not.
    expect : dict
        Id of a record to what must be true of it after the step.
    """

    number: int
    line: int
    text: str
    action: str
    arguments: Arguments
    refused: str | None = None
    expect: Mapping[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Story:
    """A story as read: who holds what, what happens, and what must be true after each step.

    Attributes
    ----------
    name, file : str
    line : int
    rules : tuple of str
        Ids of the rules and questions that the story shows.
    certainty : str
    today : datetime
        The clock when the story opens.
    settings : Settings
    given, steps : tuple of StoryStep
        What there is before the first step, as the steps that make it; and the steps.
    kinds : dict
        What every id of the story stands for.
    """

    name: str
    file: str
    line: int
    rules: tuple[str, ...]
    certainty: str
    today: datetime
    settings: Settings
    given: tuple[StoryStep, ...]
    steps: tuple[StoryStep, ...]
    kinds: Mapping[str, Kind]


def read_stories(source: Source) -> list[Story]:
    """Read the stories of a file, of YAML text or of one mapping.

    Parameters
    ----------
    source : str, Path or Mapping
        A `Path`, or a text that ends in ``.yaml`` or ``.yml``, is a file; any other text is YAML
        itself; a mapping is one story.

    Raises
    ------
    DocumentError
        Everything that is wrong, as ``file:line:column: path: message``.
    """
    if isinstance(source, Mapping):
        document = Document("<story>", "", source)
    elif isinstance(source, Path) or source.endswith((".yaml", ".yml")):
        document = read_document(source, strict=False)
    else:
        document = parse_document(source, strict=False)
    return stories_of(document)


def stories_of(document: Document) -> list[Story]:
    """Return the stories of a document: a list of them, or a single one.

    Raises
    ------
    DocumentError
        Everything that is wrong with them.
    """
    problems: list[Problem] = []
    data = document.data
    if isinstance(data, Mapping):
        written: list[tuple[DataPath, Any]] = [((), data)]
    elif isinstance(data, list) and data:
        written = [((index,), story) for index, story in enumerate(data)]
    else:
        written = []
        message = "must be a list of stories, each starting with '- story: what it shows'"
        problems.append(document.problem((), message))
    stories = [_StoryReader(document, path, problems).read(story) for path, story in written]
    problems = document.with_own(problems)
    if problems:
        raise DocumentError(problems)
    return stories


_KEYS: Final = (
    "story",
    "rules",
    "certainty",
    "today",
    "settings",
    "templates",
    "entitlements",
    "cases",
    "steps",
)

_GIVEN: Final[tuple[tuple[str, Kind, str, dict[str, Read]], ...]] = (
    ("templates", Kind.TEMPLATE, "create_template", TEMPLATE_FIELDS),
    ("entitlements", Kind.ENTITLEMENT, "create_entitlement", ENTITLEMENT_FIELDS),
    ("cases", Kind.CASE, "create_case", CASE_FIELDS),
)


class _StoryReader:
    """Reads one story; what is wrong with it is added to `problems`."""

    def __init__(self, document: Document, path: DataPath, problems: list[Problem]) -> None:
        self.document = document
        self.path = path
        self.reader = Reader(document, problems)
        self.standing: dict[str, int] = {}  # id -> line in which its record surely was made
        self.clock = datetime.min

    def read(self, value: Any) -> Story:
        story = mapping(self.reader, self.path, value)
        for key in story:
            if key not in _KEYS:
                here = below(self.path, key)
                self.reader.complain(here, unknown("key", key, _KEYS), at_key=True)
        missing = [key for key in ("story", "today", "steps") if key not in story]
        if missing and isinstance(value, Mapping):
            self.reader.complain(self.path, f"a story needs {' and '.join(missing)}")
        name = self._value(story, "story", text)
        today = self._value(story, "today", moment)
        self.clock = today or datetime.min
        settings = self._settings(story)
        given = tuple(self._given(story))
        steps = self._steps(story)
        return Story(
            name=name or "",
            file=self.document.file,
            line=self._line(self.path),
            rules=self._rules(story),
            certainty=self._value(story, "certainty", _certainty) or "",
            today=self.clock if today is None else today,
            settings=settings,
            given=given,
            steps=steps,
            kinds=self.reader.kinds,
        )

    def _value(self, story: Mapping[Any, Any], key: str, read: Read) -> Any:
        return read(self.reader, (*self.path, key), story[key]) if key in story else None

    def _line(self, path: DataPath) -> int:
        return self.document.problem(path, "").position.line

    # -------------------------------------------------------------- the head of a story

    def _rules(self, story: Mapping[Any, Any]) -> tuple[str, ...]:
        rules = story.get("rules", [])
        path = (*self.path, "rules")
        known = (*RULES, *QUESTIONS)
        if not isinstance(rules, list | tuple):
            self.reader.complain(path, "must be a list of rule ids, like [T1, G1]")
            return ()
        for index, rule in enumerate(rules):
            if rule not in known:
                self.reader.complain((*path, index), unknown("rule", rule, known))
        return tuple(map(str, rules))

    def _settings(self, story: Mapping[Any, Any]) -> Settings:
        table = {
            field.name: _SETTING_READERS.get(field.name, flag)
            for field in dataclasses.fields(Settings)
        }
        path = (*self.path, "settings")
        read = fields(self.reader, path, story.get("settings", {}), table)
        switched_off = {"auto_apply_on_create": False, "auto_apply_on_update": False}
        known = {key: value for key, value in read.items() if value is not None}
        try:
            return Settings(**{**switched_off, **known})
        except ValueError as error:
            self.reader.complain(path, str(error))
            return Settings()

    # ------------------------------------------------------------ what there is at first

    def _given(self, story: Mapping[Any, Any]) -> list[StoryStep]:
        steps: list[StoryStep] = []
        for key, kind, action, table in _GIVEN:
            path = (*self.path, key)
            for name, value in mapping(self.reader, path, story.get(key, {})).items():
                here = below(path, name)
                id = text(self.reader, here, name)
                arguments = fields(self.reader, here, value, table)
                if id is None:
                    continue
                written = f"{key}: {{{name}: {as_written(value)}}}"
                arguments = {"id": id, **arguments}
                steps.append(StoryStep(0, self._line(here), written, action, arguments))
                for made in STORY_ACTIONS[action].made_ids(arguments):
                    self._make(made, kind, here, certain=True)
        return steps

    def _make(self, id: str, kind: Kind, path: DataPath, *, certain: bool) -> None:
        before = self.reader.kinds.setdefault(id, kind)
        if before != kind:
            self.reader.complain(path, f"'{id}' is {with_article(before)} already")
        elif id in self.standing:
            line = self.standing[id]
            self.reader.complain(path, f"'{id}' is made already, in line {line}")
        elif certain:
            self.standing[id] = self._line(path)

    # ------------------------------------------------------------------------- the steps

    def _steps(self, story: Mapping[Any, Any]) -> tuple[StoryStep, ...]:
        path = (*self.path, "steps")
        value = story.get("steps", [])
        if not isinstance(value, list | tuple):
            self.reader.complain(path, "must be a list of steps, each starting with '- '")
            return ()
        steps = [self._step((*path, index), step, index + 1) for index, step in enumerate(value)]
        expects = [self._expect((*path, index), step) for index, step in enumerate(value)]
        return tuple(
            dataclasses.replace(step, expect=expect)
            for step, expect in zip(steps, expects, strict=True)
            if step is not None
        )

    def _step(self, path: DataPath, value: Any, number: int) -> StoryStep | None:
        step = mapping(self.reader, path, value)
        actions = [key for key in step if key in STORY_ACTIONS]
        for key in step:
            if key not in STORY_ACTIONS and key not in ("refused", "expect"):
                known = (*STORY_ACTIONS, "refused", "expect")
                here = below(path, key)
                self.reader.complain(here, unknown("action", key, known), at_key=True)
        if len(actions) != 1:
            if isinstance(value, Mapping) and set(step) <= {*STORY_ACTIONS, "refused", "expect"}:
                self.reader.complain(path, f"a step has one action, not {len(actions)}")
            return None
        name = actions[0]
        action = STORY_ACTIONS[name]
        refused = self._refused((*path, "refused"), step.get("refused"))
        arguments = self._arguments((*path, name), name, step[name])
        self._advance((*path, name), arguments, refused)
        self._remember(path, name, action, arguments, refused)
        written = f"{name}: {as_written(step[name])}"
        return StoryStep(number, self._line(path), written, name, arguments, refused)

    def _arguments(self, path: DataPath, name: str, value: Any) -> Arguments:
        if name == "advance_to":
            return {"moment": moment(self.reader, path, value)}
        action = STORY_ACTIONS[name]
        return fields(self.reader, path, value, action.table, action.needed)

    def _advance(self, path: DataPath, arguments: Arguments, refused: str | None) -> None:
        to = arguments.get("moment")
        if to is None:
            return
        if to < self.clock:
            self.reader.complain(
                path, f"the clock cannot go back: it stands at {as_written(self.clock)} here"
            )
        elif refused is None:
            self.clock = to

    def _remember(
        self,
        path: DataPath,
        name: str,
        action: StoryAction,
        arguments: Arguments,
        refused: str | None,
    ) -> None:
        """Keep track of the ids that there are after the step."""
        if action.makes is not None:
            certain = refused is None and name != "email_case"
            for id in action.made_ids(arguments):
                self._make(id, action.makes, (*path, name, action.id_argument), certain=certain)
        if refused is None and name in ("delete", "delete_case"):
            deleted = arguments.get("entitlement") or arguments.get("case")
            self.standing.pop(str(deleted), None)

    def _refused(self, path: DataPath, value: Any) -> str | None:
        if value is None or value is False:
            return None
        if value is True:
            return "true"
        name = f"0x{value:08X}" if isinstance(value, int) else str(value)
        if refusals_of(name):
            return name
        names = [entry.name for entry in CATALOGUE.values() if entry.name]
        self.reader.complain(path, unknown("refusal", value, names))
        return None

    def _expect(self, path: DataPath, step: Any) -> dict[str, dict[str, Any]]:
        if not isinstance(step, Mapping) or "expect" not in step:
            return {}
        expect: dict[str, dict[str, Any]] = {}
        path = (*path, "expect")
        for key, value in mapping(self.reader, path, step["expect"]).items():
            here = below(path, key)
            kind = self.reader.kinds.get(str(key))
            if kind is None:
                message = unknown("record", key, self.reader.kinds)
                self.reader.complain(here, message, at_key=True)
                continue
            table = {name: expectable.read for name, expectable in EXPECTABLE[kind].items()}
            expect[str(key)] = fields(self.reader, here, value, table)
        return expect


def refusals_of(name: str) -> frozenset[Refusal]:
    """Return the refusals that a story means by a name, a code or ``true``."""
    if name == "true":
        return frozenset(CATALOGUE)
    return frozenset(
        refusal
        for refusal, entry in CATALOGUE.items()
        if entry.name == name or (entry.code and f"0x{entry.code:08x}" == name.lower())
    )


def _certainty(reader: Reader, path: DataPath, value: Any) -> str:
    if value not in CERTAINTIES:
        reader.complain(path, unknown("certainty", as_written(value), CERTAINTIES))
    return str(value)


def _zone(reader: Reader, path: DataPath, value: Any) -> str | None:
    try:
        return zone_of(Settings(tz=str(value))).key
    except ValueError as error:
        reader.complain(path, str(error))
        return None


def _time_of_day(reader: Reader, path: DataPath, value: Any) -> str | None:
    if isinstance(value, int):  # YAML reads an unquoted 12:30 as 750, in sixties
        value = f"{value // 60:02}:{value % 60:02}"
    try:
        job_minute_of(Settings(job_time=str(value)))
    except ValueError as error:
        reader.complain(path, str(error))
        return None
    return str(value)


_SETTING_READERS: Final[dict[str, Read]] = {"tz": _zone, "job_time": _time_of_day}
