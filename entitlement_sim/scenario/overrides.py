"""``--set path=value``: single values of a scenario changed without touching its file."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_origin

import yaml

from ..documents import DataPath, Document, DocumentError, Position, Problem, dotted, parse_document
from ..telling import unknown as unknown_name
from .fields import default_at, key_type, names_at, type_at
from .models import Part

_PART = re.compile(
    r"""(?P<dot>\.)?(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|\[(?P<index>[0-9]{1,9})\]"""
    r"""|(?P<plain>[^.\[\]"'=]+))"""
)


@dataclass(frozen=True, slots=True)
class PathPart:
    """A step of a path as written, with the column at which it stands."""

    name: str | int
    column: int


@dataclass(frozen=True, slots=True)
class Override:
    """One ``path=value``.

    Attributes
    ----------
    text : str
        As written.
    steps : tuple of PathPart
        The path.
    value : Document
        The value, whose columns are those of `text`.
    """

    text: str
    steps: tuple[PathPart, ...]
    value: Document

    @property
    def file(self) -> str:
        """What stands for the file's name in messages."""
        return self.value.file

    def as_whole(self, length: int) -> str:
        """Say how the value at the first steps of the path is set with all that is in it."""
        within = self.value.data
        for step in reversed(self.steps[length:]):
            within = {step.name: within}
        names = [_quoted(step) for step in self.steps[:length]]
        path = names[0] + "".join(name if name[0] == "[" else f".{name}" for name in names[1:])
        return f"set the whole: {next(as_texts({path: within}))}"

    def problem(self, step: PathPart, path: DataPath, message: str) -> Problem:
        """Return a problem with one step of the path."""
        return Problem(self.file, Position(1, step.column), dotted(path), message)


def _quoted(step: PathPart) -> str:
    """Write a step of a path so that it can be read as one."""
    if isinstance(step.name, int):
        return f"[{step.name}]"
    return f'"{step.name}"' if re.search(r"[].[=' ]", step.name) else step.name


def as_texts(overrides: Mapping[str, Any]) -> Iterator[str]:
    """Write overrides that come as a mapping, from path to value, as ``path=value``."""
    for path, value in overrides.items():
        written = yaml.safe_dump(value, default_flow_style=True, width=float("inf")).strip()
        yield f"{path}={written.removesuffix('...').strip()}"


def read_override(text: str) -> Override:
    """Read ``path=value``; the value is YAML.

    Raises
    ------
    DocumentError
        There is no path or no ``=``, or the value is not YAML.
    """
    file = f"--set {' '.join(text.split())}"
    steps: list[PathPart] = []
    at = 0
    while match := _PART.match(text, at):
        expected_dot = bool(steps) and match["index"] is None
        if (match["dot"] is not None) != expected_dot:
            break
        name = next(
            match[group]
            for group in ("double", "single", "plain", "index")
            if match[group] is not None
        )
        steps.append(
            PathPart(int(name) if match["index"] else name.strip(), at + 1 + bool(match["dot"]))
        )
        at = match.end()
    if not steps or text[at : at + 1] != "=":
        message = (
            "must be written path=value, such as calendar.days=365 or segments.a.holds[0].share=0.5"
        )
        raise DocumentError([Problem(file, Position(1, at + 1), "", message)])
    # Blanks instead of the path keep the columns of the value.
    value = parse_document(" " * (at + 1) + text[at + 1 :], file)
    value.values.setdefault((), Position(1, at + 2))
    return Override(text, tuple(steps), value)


def apply_override(data: Any, override: Override) -> DataPath:
    """Put the value of an override into the plain data of a scenario.

    Returns
    -------
    tuple
        The path of the changed value, with the keys as they stand in the data.

    Raises
    ------
    DocumentError
        The path leads to nothing that a scenario has.
    """
    path: DataPath = ()
    here = data
    for step, following in zip(override.steps, [*override.steps[1:], None], strict=True):
        key = _key(here, path, step, override, last=following is None)
        path = (*path, key if isinstance(key, int) and not isinstance(key, bool) else str(key))
        if following is None:
            here[key] = override.value.data
        elif isinstance(here, dict) and here.get(key) is None:
            here[key] = _unwritten(path, step, override)
            here = here[key]
        else:
            here = here[key]
    return path


def _unwritten(path: DataPath, step: PathPart, override: Override) -> Any:
    """Return what stands at a path that the file leaves to its default, to be written into."""
    here = type_at(path)
    if get_origin(here) is list:
        return default_at(path) or []
    if get_origin(here) is dict or (isinstance(here, type) and issubclass(here, Part)):
        return {}
    message = f"'{dotted(path)}' is a single value with nothing inside"
    raise DocumentError([override.problem(step, path, message)])


def _key(here: Any, path: DataPath, step: PathPart, override: Override, *, last: bool) -> Any:
    """Return the key or index of `here` that a step means."""
    below = (*path, step.name)
    if isinstance(here, list):
        if isinstance(step.name, str):
            message = f"'{dotted(path)}' is a list; write an index such as {dotted(path)}[0]"
            raise DocumentError([override.problem(step, below, message)])
        if step.name >= len(here):
            has = f"has {len(here)}, counted from [0]" if here else "is empty"
            message = f"there is no entry [{step.name}]: '{dotted(path)}' {has}"
            raise DocumentError([override.problem(step, below, message)])
        return step.name
    if not isinstance(here, dict):
        message = f"'{dotted(path)}' is a single value and has no '{step.name}' inside"
        if names_at(path):
            message += f"; {override.as_whole(len(path))}"
        raise DocumentError([override.problem(step, below, message)])
    for key in here:
        if str(key) == str(step.name):
            return key
    return _new_key(here, path, step, override, last=last)


def _new_key(here: Any, path: DataPath, step: PathPart, override: Override, *, last: bool) -> Any:
    """Return a key that is not written in the file, if a scenario may have it there."""
    below = (*path, step.name)
    known = names_at(path)
    if isinstance(step.name, int):
        message = (
            f"'{dotted(path) or 'the scenario'}' is a mapping; write a name instead of an index"
        )
        raise DocumentError([override.problem(step, below, message)])
    if known:
        if step.name not in known:
            message = unknown_name("key", step.name, known)
            raise DocumentError([override.problem(step, below, message)])
        return step.name
    if not last:
        message = unknown_name("name", step.name, [str(key) for key in here])
        raise DocumentError([override.problem(step, below, message)])
    return _typed(step.name, path)


def _typed(name: str, path: DataPath) -> Any:
    """Return a made-up key as a number where the keys of that mapping are numbers."""
    number = key_type(path)
    if number not in (int, float):
        return name
    try:
        return number(name)
    except ValueError:
        return name
