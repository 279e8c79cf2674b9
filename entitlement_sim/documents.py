"""YAML that people write: plain data with the line and column of every key and value.

Scenarios and stories are both read here, so that both report what is wrong in the same words:
``file:line:column: path: message``, everything at once.
"""

import re
import stat
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml
from yaml.composer import Composer
from yaml.constructor import SafeConstructor
from yaml.resolver import Resolver

#: Values of a document at the most, with what aliases stand for; a scalar counts as one, and as one
#: more for every so many letters.
MOST_VALUES: Final = 1_000_000
_LETTERS: Final = 100

#: What libyaml reads otherwise: marked keys, and comments behind the head of a block.
_READ_OTHERWISE: Final = re.compile(r"\?|[|>]#")

#: Bytes of a file at the most.
MOST_BYTES: Final = 50_000_000

#: Way from the root of a document to a value: keys of mappings and indexes of lists.
DataPath = tuple[str | int, ...]


class Position(NamedTuple):
    """Line and column, both counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a document.

    Attributes
    ----------
    file : str
        The file's name as the person gave it, or what stands for it (``--set``).
    position : Position
    path : str
        Where in the document, dotted (``segments[0].size``); empty for the document itself.
    message : str
        What is wrong and what would be right.
    """

    file: str
    position: Position
    path: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.position.line}:{self.position.column}: "
        line = place + (f"{self.path}: " if self.path else "") + self.message
        # One line that any terminal shows, whatever stood in the document.
        return "".join(
            letter if letter.isprintable() else letter.encode("unicode_escape").decode()
            for letter in line
        )


class DocumentError(Exception):
    """A document cannot be used; `problems` says everything that is wrong with it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = sorted(problems, key=lambda problem: (problem.file, problem.position))
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(slots=True)
class Document:
    """A YAML document as plain data, with positions.

    Attributes
    ----------
    file : str
        The file's name as given.
    text : str
        The document as written.
    data : Any
        Dicts, lists, strings, numbers, booleans, dates and None.
    keys, values : dict
        Position of every key and of every value, by its path from the root.
    problems : list of Problem
        Values that cannot be understood (they are None) and keys that stand twice.
    """

    file: str
    text: str
    data: Any = None
    keys: dict[DataPath, Position] = field(default_factory=dict)
    values: dict[DataPath, Position] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def with_own(self, others: Iterable[Problem]) -> list[Problem]:
        """Return what was wrong already when it was read, and others that stand elsewhere."""
        own_positions = {problem.position for problem in self.problems}
        return [*self.problems, *(other for other in others if other.position not in own_positions)]

    def problem(self, path: DataPath, message: str, *, at_key: bool = False) -> Problem:
        """Return a problem at `path`, or at the nearest written place above it."""
        first, second = (self.keys, self.values) if at_key else (self.values, self.keys)
        for length in range(len(path), -1, -1):
            shorter = path[:length]
            position = first.get(shorter) or second.get(shorter)
            if position is not None:
                return Problem(self.file, position, dotted(path), message)
        return Problem(self.file, Position(1, 1), dotted(path), message)


class _TooMuchError(yaml.MarkedYAMLError):
    """YAML, but more than there is room for."""


class _Composing(Composer, SafeConstructor, Resolver):
    """YAML as people mean it: 17:00 is a time of the day, not 1020 in base 60.

    An alias stands for everything below its anchor, and that may hold aliases in turn: a few lines
    can stand for more than any memory holds. So values are counted with what aliases stand for.
    """

    _counts: dict[int, int]  # of whole nodes, by identity
    _inside: list[int]  # values so far within each node that is being read

    def compose_node(self, parent: Any, index: Any) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[attr-defined]
        mark: Any = event.start_mark
        self._inside.append(0)
        node: yaml.Node | None = super().compose_node(parent, index)
        count = self._inside.pop()
        if isinstance(event, yaml.AliasEvent):
            if id(node) not in self._counts:
                message = f"'*{event.anchor}' stands within its own anchor; write out what it means"
                raise _TooMuchError(problem=message, problem_mark=mark)
            count = self._counts[id(node)]
        else:
            length = len(node.value) if isinstance(node, yaml.ScalarNode) else 0
            count += 1 + length // _LETTERS
            self._counts[id(node)] = count
        self._inside[-1] += count
        if self._inside[-1] > MOST_VALUES:
            message = (
                "comes to more than a million values, counting what aliases stand for; "
                "use fewer aliases, or several files"
            )
            raise _TooMuchError(problem=message, problem_mark=mark)
        return node

    def resolve(self, kind: Any, value: Any, implicit: Any) -> str:
        tag: str = super().resolve(kind, value, implicit)  # type: ignore[no-untyped-call]
        if kind is yaml.ScalarNode and ":" in value and tag.endswith((":int", ":float")):
            return str(self.DEFAULT_SCALAR_TAG)
        return tag


class _Loader(_Composing, yaml.SafeLoader):
    """Reads by Python alone; its messages are those that a person is shown."""

    def __init__(self, text: str) -> None:
        yaml.SafeLoader.__init__(self, text)
        self._counts, self._inside = {}, [0]


def dotted(path: Iterable[str | int]) -> str:
    """Write a path as a person would: ``segments[0].size``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else str(part)
    return text


def read_document(file: str | Path, *, strict: bool = True) -> Document:
    """Read a YAML file.

    With ``strict=False``, what is wrong with single keys and values is kept in the document's
    `problems`, so that it can be told together with everything else.

    Raises
    ------
    DocumentError
        The file is missing or unreadable, is not YAML in UTF-8, or writes a key twice.
    """
    try:
        about = Path(file).stat()
        if not stat.S_ISREG(about.st_mode) and not stat.S_ISDIR(about.st_mode):
            raise DocumentError([_at_start(file, "is no file that can be read")])
        if about.st_size > MOST_BYTES:
            message = f"has more than {MOST_BYTES // 10**6} MB, which is too much for one file"
            raise DocumentError([_at_start(file, message)])
        text = Path(file).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise DocumentError([_at_start(file, f"is not UTF-8 text ({error.reason})")]) from None
    except FileNotFoundError:
        raise DocumentError([_at_start(file, "there is no such file")]) from None
    except OSError as error:
        raise DocumentError([_at_start(file, f"cannot be read: {error.strerror}")]) from None
    return parse_document(text, str(file), strict=strict)


def parse_document(text: str, file: str = "<text>", *, strict: bool = True) -> Document:
    """Parse YAML text; `file` is the name that errors show, `strict` is as in `read_document`.

    Raises
    ------
    DocumentError
        The text is not YAML, or writes a key twice.
    """
    document = _read_quickly(text, file) or _read(text, file)
    if strict and document.problems:
        raise DocumentError(document.problems)
    return document


def _read_quickly(text: str, file: str) -> Document | None:
    """Read by libyaml, in a fifth of the time.

    None where it is not there, where anything is wrong, so that words and positions are always
    those of the other reader, and where the two differ.
    """
    if _READ_OTHERWISE.search(text) or not text.replace("\n", "").isprintable():
        return None
    try:
        from yaml.cyaml import CParser  # type: ignore[attr-defined]
    except ImportError:
        return None

    class Loader(_Composing, CParser):
        def __init__(self) -> None:
            CParser.__init__(self, text)
            for part in (Composer, SafeConstructor, Resolver):
                part.__init__(self)
            self._counts, self._inside = {}, [0]

        def compose_scalar_node(self, anchor: Any) -> yaml.ScalarNode:
            node: yaml.ScalarNode = super().compose_scalar_node(anchor)
            if not node.value and not node.style:
                raise yaml.YAMLError("nothing is written here, and the readers differ over where")
            return node

    document = Document(file, text)
    try:
        loader = Loader()
        node = loader.get_single_node()
        if node is not None:
            document.data = _build(node, (), loader, document)
    except (yaml.YAMLError, RecursionError, ValueError, OverflowError):
        return None
    return None if document.problems else document


def _read(text: str, file: str) -> Document:
    document = Document(file, text)
    loader: _Loader | None = None
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is not None:
            document.data = _build(node, (), loader, document)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        message = f"cannot be read as YAML: {error.reason}"
        raise DocumentError([Problem(file, Position(line, 1), "", message)]) from None
    except yaml.MarkedYAMLError as error:
        raise DocumentError([_syntax_problem(file, error)]) from None
    except RecursionError:
        message = "is nested too deeply; no scenario or story has so many levels"
        raise DocumentError([Problem(file, _reached(loader), "", message)]) from None
    except (ValueError, OverflowError) as error:  # such as "\U00110000", which is no character
        message = f"is not YAML: {error}"
        raise DocumentError([Problem(file, _reached(loader), "", message)]) from None
    return document


def _at_start(file: str | Path, message: str) -> Problem:
    return Problem(str(file), Position(1, 1), "", message)


def _reached(loader: "_Loader | None") -> Position:
    """Return how far a document has been read."""
    if loader is None:
        return Position(1, 1)
    mark = loader.get_mark()
    return Position(mark.line + 1, mark.column + 1)


def _syntax_problem(file: str, error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    position = Position(mark.line + 1, mark.column + 1) if mark else Position(1, 1)
    words = " ".join(part for part in (error.context, error.problem) if part)
    message = words if isinstance(error, _TooMuchError) else f"is not YAML: {words}"
    return Problem(file, position, "", message)


def _build(
    node: yaml.Node,
    path: DataPath,
    loader: _Composing,
    document: Document,
) -> Any:
    mark = node.start_mark
    document.values[path] = Position(mark.line + 1, mark.column + 1)
    if isinstance(node, yaml.MappingNode):
        loader.flatten_mapping(node)
        mapping: dict[Any, Any] = {}
        written: dict[Any, Position] = {}
        for key_node, value_node in node.value:
            key = _scalar(key_node, path, loader, document)
            if not isinstance(key, Hashable):
                continue
            if isinstance(key, bool):  # such as off, which YAML takes for false
                key = key_node.value
            here = (*path, key if isinstance(key, int) else str(key))
            position = Position(key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            if key in mapping:
                message = f"the key '{key}' stands twice, first in line {written[key].line}"
                document.problems.append(Problem(document.file, position, dotted(here), message))
                continue
            document.keys[here] = written[key] = position
            mapping[key] = _build(value_node, here, loader, document)
        return mapping
    if isinstance(node, yaml.SequenceNode):
        return [
            _build(child, (*path, index), loader, document)
            for index, child in enumerate(node.value)
        ]
    return _scalar(node, path, loader, document)


def _scalar(
    node: yaml.Node,
    path: DataPath,
    loader: _Composing,
    document: Document,
) -> Any:
    position = Position(node.start_mark.line + 1, node.start_mark.column + 1)
    if not isinstance(node, yaml.ScalarNode):
        document.problems.append(
            Problem(document.file, position, dotted(path), "a key must be plain text")
        )
        return []
    try:
        value = loader.construct_object(node)
        if isinstance(value, str):
            value.encode()
        return value
    except UnicodeEncodeError:
        message = "has half of a character, which no file can store"
        document.problems.append(Problem(document.file, position, dotted(path), message))
    except yaml.MarkedYAMLError as error:
        document.problems.append(_syntax_problem(document.file, error))
    except ValueError as error:  # such as 2025-02-30, which looks like a date
        message = f"'{_cut(node.value)}' cannot be understood: {error}"
        document.problems.append(Problem(document.file, position, dotted(path), message))
    except (KeyError, AttributeError, IndexError):  # such as '!!bool perhaps'
        message = f"'{_cut(node.value)}' does not fit its tag {_cut(node.tag)}"
        document.problems.append(Problem(document.file, position, dotted(path), message))
    return None


def _cut(text: str) -> str:
    """Return a text for a message, cut where it is long."""
    return text if len(text) <= 60 else text[:57] + "..."
