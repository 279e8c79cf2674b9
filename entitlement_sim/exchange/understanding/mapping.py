"""A mapping file: which table a file has, and what its columns, labels and formats mean."""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePath
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from ...documents import DataPath, Document, DocumentError, Problem, read_document
from ...telling import unknown
from ..vocabulary.columns import TABLES, Kind, column
from ..vocabulary.labels import FLAGS

#: In place of a table: the file is left out.
NO_TABLE: Final = "none"


def _as_several(heads: object) -> object:
    return tuple(heads) if isinstance(heads, list) else (heads,)


#: A head of a file, or several whose texts are joined.
Heads = Annotated[tuple[str, ...], BeforeValidator(_as_several)]


class FileMapping(BaseModel):
    """What files of a name mean; several of them may give several tables of one file."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)

    file: str
    sheet: str | None = None
    table: str
    columns: dict[str, Heads] = Field(default_factory=dict)
    values: dict[str, str] = Field(default_factory=dict)
    labels: dict[str, dict[str, str]] = Field(default_factory=dict)
    dates: Literal["day-first", "month-first"] | None = None
    times: Literal["local", "utc"] = "local"
    decimal: Literal[".", ","] | None = None
    missing: tuple[str, ...] = ()
    repeated: Literal["first", "last"] | None = None
    separator: str | None = Field(default=None, min_length=1, max_length=1)
    encoding: Literal["utf-8", "utf-16", "cp1252", "latin-1", "cp850"] | None = None

    def is_about(self, name: str) -> bool:
        """Whether a file is meant: by its name, or by the end of its path, with ``*`` and ``?``."""
        pattern = self.file.replace("\\", "/")
        path = PurePath(name).as_posix()
        return fnmatch(PurePath(name).name, pattern) or fnmatch(path, f"*/{pattern}")


class _Entries(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    files: tuple[FileMapping, ...]


@dataclass(frozen=True)
class Mapping:
    """A mapping file, read and checked.

    Attributes
    ----------
    files : tuple of FileMapping
    document : Document or None
        Where everything stands in it.
    """

    files: tuple[FileMapping, ...] = ()
    document: Document | None = None

    def about(self, name: str) -> list[FileMapping]:
        """Return what is said of a file."""
        return [entry for entry in self.files if entry.is_about(name)]

    def place(self, entry: FileMapping, *path: str) -> str:
        """Return file, line and column where something stands."""
        assert self.document is not None
        way: DataPath = ("files", self.files.index(entry), *path)
        problem = self.document.problem(way, "")
        return f"{problem.file}:{problem.position.line}:{problem.position.column}"


#: Where nothing is said.
NO_MAPPING: Final = Mapping()


def read_mapping(file: str | Path) -> Mapping:
    """Read a mapping file.

    Raises
    ------
    DocumentError
        It is no YAML, or says something that cannot be; everything at once, with line and column.
    """
    document = read_document(file, strict=False)
    try:
        entries = _Entries.model_validate(document.data if document.data is not None else {})
    except ValidationError as error:
        problems = [
            document.problem(_way(detail["loc"]), _words(detail), at_key=_is_at_key(detail))
            for detail in error.errors(include_url=False)
        ]
        raise DocumentError(document.with_own(problems)) from None
    problems = [*document.problems]
    for number, entry in enumerate(entries.files):
        problems += _faults(entry, ("files", number), document)
    if problems:
        raise DocumentError(problems)
    return Mapping(entries.files, document)


def _way(location: tuple[int | str, ...]) -> DataPath:
    return tuple(part for part in location if part != "[key]")


def _is_at_key(detail: Any) -> bool:
    return detail["type"] in ("missing", "extra_forbidden") or "[key]" in detail["loc"]


def _words(detail: Any) -> str:
    """Say what Pydantic found."""
    name = detail["loc"][-1] if detail["loc"] else ""
    if detail["type"] == "missing":
        return f"'{name}' is missing"
    if detail["type"] == "extra_forbidden":
        known = FileMapping.model_fields if len(detail["loc"]) > 1 else _Entries.model_fields
        return unknown("key", name, known)
    if detail["type"] == "literal_error":
        return f"must be {detail['ctx']['expected']}, not '{detail['input']}'"
    if detail["type"] == "string_type":
        return "must be text; put it in quotes"
    if detail["type"] in ("model_type", "model_attributes_type", "dict_type"):
        return "must have keys with values, one a line: 'key: value'"
    return str(detail["msg"])


def _faults(entry: FileMapping, way: DataPath, document: Document) -> Iterator[Problem]:
    """Find what is wrong with names of tables, columns and words."""
    if entry.table != NO_TABLE and entry.table not in TABLES:
        message = unknown("table", entry.table, [*TABLES, NO_TABLE])
        yield document.problem((*way, "table"), message)
        return
    names = [c.name for c in TABLES.get(entry.table, ())]
    for part, keys in (
        ("columns", entry.columns),
        ("values", entry.values),
        ("labels", entry.labels),
    ):
        for name in keys:
            if name not in names:
                message = unknown(f"column of {entry.table}", name, names)
                yield document.problem((*way, part, name), message, at_key=True)
    for name, labels in entry.labels.items():
        if name not in names:
            continue
        meant = column(entry.table, name)
        for label, word in labels.items():
            here = (*way, "labels", name, label)
            if meant.kind is Kind.WORD and word not in meant.words:
                yield document.problem(here, unknown("word", word, meant.words))
            elif meant.kind is Kind.FLAG and word.casefold() not in FLAGS:
                yield document.problem(here, f"must be 'yes' or 'no' in quotes, not '{word}'")
            elif meant.kind not in (Kind.WORD, Kind.FLAG, Kind.ORIGIN, Kind.TEXT):
                message = f"'{name}' has no labels: only words, flags and origins have"
                yield document.problem((*way, "labels", name), message, at_key=True)
                break
