"""A scenario that has been read and found right, with the text that brings it back."""

import copy
import hashlib
import html
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Self

import yaml

from ..documents import (
    DataPath,
    Document,
    DocumentError,
    Problem,
    dotted,
    parse_document,
    read_document,
)
from ..parameters import CHANGES, PATH, TEXT, Kind, takes
from ..telling import Right, Table, counted, day, number, percent
from .checks import against_base, check_scenario
from .models import ONE_OF, Part, ScenarioModel
from .overrides import Override, apply_override, as_texts, read_override
from .shipped import find_scenario
from .wording import Finding

#: Changes of single values: ``path=value`` texts, or a mapping from path to value.
Overrides = str | Iterable[str] | Mapping[str, Any]

_OVERRIDES = Kind(
    "texts path=value, or a mapping from path to value",
    lambda value: isinstance(value, Iterable) and not isinstance(value, bytes),
)


@dataclass(frozen=True)
class Scenario:
    """A scenario: what a run simulates.

    Made by :meth:`load`, :meth:`parse` or :meth:`from_dict`, which check everything.

    Attributes
    ----------
    model : ScenarioModel
        What the scenario says, with the defaults where it says nothing.
    text : str
        YAML that brings this scenario back: as written, or, where values were overridden, the
        merged data with the overrides in a comment.
    file : str
        Name of the file that it was read from.
    overrides : tuple of str
        What was changed, as ``path=value``.
    base : ScenarioModel
        What it says before its overrides: what is frozen while offerings are varied is worked out
        from it. It is `model` itself where nothing was overridden, and where what was written is
        only made right by its overrides.
    base_text : str or None
        YAML that brings `base` back; None where `base` is `model`.
    """

    model: ScenarioModel
    text: str
    file: str
    overrides: tuple[str, ...]
    base: ScenarioModel
    base_text: str | None
    _written: str

    @classmethod
    @takes(source=PATH, overrides=_OVERRIDES)
    def load(cls, source: str | Path, overrides: Overrides = ()) -> Self:
        """Read a scenario from a file, or a shipped one by its name.

        Parameters
        ----------
        source : str or Path
            A file, or the name of a shipped scenario (``demo``) where no such file exists.
        overrides : texts ``path=value``, or a mapping from path to value
            Values to change, such as ``"calendar.days=365"``.

        Raises
        ------
        DocumentError
            Everything that is wrong, one line each: ``file:line:column: path: message``.

        Examples
        --------
        >>> Scenario.load("demo", ["calendar.days=365"]).model.calendar.days
        365
        """
        document = read_document(find_scenario(source), strict=False)
        return cls._checked(document, overrides)

    @classmethod
    @takes(text=TEXT, file=TEXT, overrides=_OVERRIDES, base_text=TEXT)
    def parse(
        cls,
        text: str,
        file: str = "<text>",
        overrides: Overrides = (),
        *,
        base_text: str | None = None,
    ) -> Self:
        """Read a scenario from YAML text.

        Parameters
        ----------
        text : str
        file : str
            The name that errors show.
        overrides : texts ``path=value``, or a mapping from path to value
        base_text : str, optional
            Text of the scenario that this one was changed from, as a run keeps it; by default it is
            `text`.

        Raises
        ------
        DocumentError
            Everything that is wrong.
        """
        return cls._checked(parse_document(text, file, strict=False), overrides, base_text)

    @classmethod
    @takes(data=CHANGES, overrides=_OVERRIDES)
    def from_dict(cls, data: Mapping[str, Any], overrides: Overrides = ()) -> Self:
        """Make a scenario from plain data: dicts, lists, text, numbers, dates.

        Raises
        ------
        DocumentError
            Everything that is wrong; lines and columns are those of the data as YAML.
        """
        try:
            text = _as_yaml(_plain(data))
        except yaml.YAMLError as error:
            problem = Document("<dict>", "").problem((), f"cannot be written as YAML: {error}")
            raise DocumentError([problem]) from None
        return cls.parse(text, "<dict>", overrides)

    @takes(overrides=_OVERRIDES)
    def with_(self, overrides: Overrides) -> Self:
        """Return a copy with some values changed, on top of what has been changed before.

        Its base stays the same.

        Raises
        ------
        DocumentError
            A path leads nowhere, or the changed scenario is wrong.

        Examples
        --------
        >>> shorter = Scenario.load("demo").with_({"calendar.days": 90})
        >>> shorter.overrides
        ('calendar.days=90',)
        """
        document = parse_document(self._written, self.file)
        texts = (*self.overrides, *texts_of(overrides))
        # Where a scenario was only made right by its overrides, its base is not what was written.
        is_known = self.base_text is not None or not self.overrides
        base = self.base if is_known else None
        return self._checked(document, texts, self.base_text or self.text, base)

    @classmethod
    def _checked(
        cls,
        document: Document,
        overrides: Overrides,
        base_text: str | None = None,
        base: ScenarioModel | None = None,
    ) -> Self:
        texts = tuple(texts_of(overrides))
        merged, changes = _merge(document, texts)
        if base_text is None and texts:
            base_text = document.text
        if base is None and base_text is not None:
            base = _right_model(base_text, document)
        model, findings = check_scenario(merged, base)
        if model is None or document.problems:
            own = _problems(list(dict.fromkeys(findings)), document, changes)
            raise DocumentError(document.with_own(own))
        text = _changed_text(merged, document.file, texts) if texts else document.text
        if base is None:
            base, base_text = model, None
        lacking = list(against_base(model, base))
        if lacking:
            raise DocumentError(_problems(lacking, document, changes))
        return cls(model, text, document.file, texts, base, base_text, document.text)

    @property
    def name(self) -> str:
        """Name of the scenario."""
        return self.model.scenario

    @cached_property
    def hash(self) -> str:
        """SHA-256, in hex, of what the scenario says.

        Comments, layout and the order of keys do not count, except for templates and segments,
        whose order is that of the tables of a run; defaults count as if they were written. Another
        base counts where something is frozen from it, because rows are others then.
        """
        content = _said(self.model)
        if self.model.freezes_from_base and self.base != self.model:
            content["base"] = _said(self.base)
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def __repr__(self) -> str:
        calendar = self.model.calendar
        changed = f", {', '.join(self.overrides)}" if self.overrides else ""
        return (
            f"<Scenario {self.name}: {counted(self._customers(), 'customer')}, "
            f"{counted(calendar.days, 'day')} from {day(calendar.start)}{changed}>"
        )

    def _repr_html_(self) -> str:
        segments = [
            (
                name,
                number(segment.customers),
                number(segment.cases.per_year),
                _holdings(segment.holds),
            )
            for name, segment in self.model.segments.items()
        ]
        headings = ("segment", Right("customers"), Right("cases a year"), "holds")
        return (
            f"<p><strong>{html.escape(self.name)}</strong> {html.escape(self.model.description)}"
            f"<br>{html.escape(repr(self)[1:-1])}; hash {self.hash[:12]}</p>"
            f"{Table(headings, segments).html()}"
        )

    def _customers(self) -> int:
        return sum(segment.customers for segment in self.model.segments.values())


def trial_of(scenario: Scenario, overrides: Overrides) -> Scenario:
    """Return a scenario with some values changed to try it, faster than :meth:`Scenario.with_`.

    Its text is still that of the scenario it was made from: it is to be simulated, not written.

    Raises
    ------
    DocumentError
        As :meth:`Scenario.with_`.
    """
    texts = (*scenario.overrides, *texts_of(overrides))
    try:
        merged, _ = _merge(_document_of(scenario._written, scenario.file), texts)
        model, _ = check_scenario(merged, scenario.base)
    except DocumentError:
        model = None
    if model is None or [*against_base(model, scenario.base)]:
        return scenario.with_(overrides)
    base_text = scenario.base_text or scenario.text
    return replace(scenario, model=model, overrides=texts, base_text=base_text)


@lru_cache(maxsize=8)
def _document_of(text: str, file: str) -> Document:
    return parse_document(text, file)


def _right_model(text: str, written: Document) -> ScenarioModel | None:
    """Return the model of a base; None where it is what was written, and no right scenario.

    Raises
    ------
    DocumentError
        Another base is wrong.
    """
    document = parse_document(text, f"base of {written.file}", strict=False)
    model, findings = check_scenario(document.data)
    if not findings and not document.problems:
        return model
    if text == written.text:
        return None
    raise DocumentError(document.with_own(_problems(findings, document, [])))


def _said(model: ScenarioModel) -> dict[str, Any]:
    content = model.model_dump(mode="json")
    # What expects and revises nothing says what it said before it could.
    if content["revision"] is None:
        del content["revision"]
    for part in (content, *content["templates"].values()):
        if not part["expect"]:
            del part["expect"]
    for ordered in ("templates", "segments"):
        content[ordered] = list(content[ordered].items())
    return content


def _holdings(holds: Iterable[Any]) -> str:
    return ", ".join(f"{holding.template} ({percent(holding.share)})" for holding in holds)


def texts_of(overrides: Overrides) -> Iterable[str]:
    """Return overrides as texts ``path=value``, however they are written."""
    if isinstance(overrides, str):
        return (overrides,)
    if isinstance(overrides, Mapping):
        return as_texts(overrides)
    return overrides


Changes = list[tuple[DataPath, Override]]


def _merge(document: Document, texts: Iterable[str]) -> tuple[Any, Changes]:
    """Return the data of a document with overrides in it, and what they changed, in order."""
    merged = copy.deepcopy(document.data)
    if not isinstance(merged, dict):
        return merged, []
    changes: Changes = []
    problems: list[Problem] = []
    for text in texts:
        try:
            override = read_override(text)
            changes.append((apply_override(merged, override), override))
        except DocumentError as error:
            problems.extend(error.problems)
    if problems:
        raise DocumentError(problems)
    return merged, changes


def _problems(findings: list[Finding], document: Document, changes: Changes) -> list[Problem]:
    """Point at the override that a finding is about, or else at the file."""
    before = set(check_scenario(document.data)[1]) if changes else set()
    return [
        _problem(finding, document, [] if finding in before else changes) for finding in findings
    ]


def _problem(finding: Finding, document: Document, changes: Changes) -> Problem:
    for path, override in reversed(changes):
        shorter = min(len(path), len(finding.path))
        if finding.path and finding.path[:shorter] == path[:shorter]:
            inside = finding.path[len(path) :]
            message = finding.message
            if len(path) > len(finding.path) and message.startswith(ONE_OF):
                message += f"; {override.as_whole(len(finding.path))}"
            position = override.value.problem(inside, "", at_key=finding.at_key).position
            return Problem(override.file, position, dotted(finding.path), message)
    return document.problem(finding.path, finding.message, at_key=finding.at_key)


def _changed_text(merged: Any, file: str, texts: tuple[str, ...]) -> str:
    # As a YAML list, whatever stands in an override stays within its comment.
    listed = yaml.safe_dump(list(texts), default_flow_style=True, width=float("inf")).strip()
    return f"# {ascii(Path(file).name)[1:-1]}, changed by {listed}\n{_as_yaml(merged)}"


def _as_yaml(data: Any) -> str:
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=100)


def _plain(value: Any) -> Any:
    """Return data from Python as what YAML can hold."""
    if isinstance(value, Part):
        return _plain(value.model_dump())
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Decimal):
        return str(value)
    return value
