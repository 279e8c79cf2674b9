"""Values in a story file: how each kind is written, and what is said where it is not."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from ..documents import DataPath, Document, Problem
from ..rules.amounts import hundredths, terms
from ..rules.words import Allocation, DecreaseOn, Origin, Word
from ..telling import unknown

#: Most minutes that the product's column of billable time takes.
MOST_MINUTES = 2_147_483_647

#: Most cases that one step may make.
MOST_TIMES = 100_000


class Kind(StrEnum):
    """What an id of a story stands for."""

    TEMPLATE = "template"
    ENTITLEMENT = "entitlement"
    CASE = "case"


@dataclass(slots=True)
class Reader:
    """Reads the values of one story and collects what is wrong with them.

    Attributes
    ----------
    document : Document
    problems : list of Problem
    kinds : dict
        What every id stands for that is known so far.
    """

    document: Document
    problems: list[Problem]
    kinds: dict[str, Kind] = field(default_factory=dict)

    def complain(self, path: DataPath, message: str, *, at_key: bool = False) -> None:
        """Note a problem; the value that was wrong is read as None."""
        self.problems.append(self.document.problem(path, message, at_key=at_key))

    def ids(self, kind: Kind) -> list[str]:
        """Return the known ids of a kind."""
        return [id for id, known in self.kinds.items() if known == kind]


#: Reads one value at a path; answers None, and complains, where it is not understood.
Read = Callable[[Reader, DataPath, Any], Any]


def below(path: DataPath, key: object) -> DataPath:
    """Return the path of a key, as documents write it."""
    plain = isinstance(key, int) and not isinstance(key, bool)
    return (*path, key if plain else str(key))  # type: ignore[arg-type]


def mapping(reader: Reader, path: DataPath, value: Any) -> Mapping[Any, Any]:
    """Read a mapping; anything else is empty."""
    if isinstance(value, Mapping):
        return value
    reader.complain(path, "must be a mapping of keys to values")
    return {}


def fields(
    reader: Reader,
    path: DataPath,
    value: Any,
    table: Mapping[str, Read],
    needed: Iterable[str] = (),
) -> dict[str, Any]:
    """Read a mapping whose keys are those of `table`; keys in `needed` must be there."""
    given = mapping(reader, path, value)
    read: dict[str, Any] = {}
    for key, argument in given.items():
        here = below(path, key)
        if key in table:
            read[key] = table[key](reader, here, argument)
        else:
            reader.complain(here, unknown("key", key, table), at_key=True)
    missing = [key for key in needed if key not in given]
    if missing and isinstance(value, Mapping):
        reader.complain(path, f"needs {' and '.join(missing)}", at_key=True)
    return read


def optional(read: Read) -> Read:
    """Read null as nothing, and anything else with `read`."""

    def read_optional(reader: Reader, path: DataPath, value: Any) -> Any:
        return None if value is None else read(reader, path, value)

    return read_optional


def text(reader: Reader, path: DataPath, value: Any) -> str | None:
    """Read a name, a title or an id; a bare number is one too."""
    if isinstance(value, str) and value.strip():
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    reader.complain(
        path, f"must be text, not {as_written(value)}; quote it if it is a word like 'no'"
    )
    return None


def flag(reader: Reader, path: DataPath, value: Any) -> bool | None:
    """Read true or false."""
    if isinstance(value, bool):
        return value
    reader.complain(path, f"must be true or false, not {as_written(value)}")
    return None


def amount(reader: Reader, path: DataPath, value: Any) -> Decimal | None:
    """Read a number of terms with at most two decimals."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        reader.complain(path, f"must be a number of terms, not {as_written(value)}")
        return None
    try:
        return terms(hundredths(Decimal(str(value))))
    except (ValueError, ArithmeticError) as error:
        message = str(error) if isinstance(error, ValueError) else "is too large a number"
        reader.complain(path, message)
        return None


def whole(smallest: int, largest: int) -> Read:
    """Read a whole number between two bounds."""

    def read_whole(reader: Reader, path: DataPath, value: Any) -> int | None:
        if isinstance(value, int) and not isinstance(value, bool) and smallest <= value <= largest:
            return value
        reader.complain(
            path, f"must be a whole number from {smallest} to {largest}, not {as_written(value)}"
        )
        return None

    return read_whole


def calendar_day(reader: Reader, path: DataPath, value: Any) -> date | None:
    """Read a calendar day, ``2025-06-15``."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    reader.complain(path, f"must be a day of the calendar like 2025-06-15, not {as_written(value)}")
    return None


def moment(reader: Reader, path: DataPath, value: Any) -> datetime | None:
    """Read a day, or a day with a time, ``2025-06-15 08:30``; a day is its first minute."""
    if isinstance(value, datetime) and value.tzinfo is None:
        return value
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)
    if isinstance(value, str):
        for form in ("%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d"):
            try:
                return datetime.strptime(value, form)
            except ValueError:
                continue
    reader.complain(
        path,
        f"must be a day of the calendar like 2025-06-15, or with a local time like "
        f"'2025-06-15 08:30', not {as_written(value)}",
    )
    return None


Member = TypeVar("Member", bound=Word)


def one_of(words: Iterable[Member], noun: str) -> Read:
    """Read a member of an enumeration by its name in small letters."""
    known = {word.label: word for word in words}

    def read_one_of(reader: Reader, path: DataPath, value: Any) -> Member | None:
        if isinstance(value, str) and value in known:
            return known[value]
        reader.complain(path, unknown(noun, as_written(value), known))
        return None

    return read_one_of


def list_of(read: Read) -> Read:
    """Read a list."""

    def read_list(reader: Reader, path: DataPath, value: Any) -> list[Any]:
        if not isinstance(value, list | tuple):
            reader.complain(path, f"must be a list, like [A, B], not {as_written(value)}")
            return []
        return [read(reader, (*path, index), item) for index, item in enumerate(value)]

    return read_list


def mapping_of(words: Iterable[Member], noun: str, read: Read) -> Read:
    """Read a mapping from names of an enumeration to values."""
    known = {word.label: word for word in words}

    def read_mapping(reader: Reader, path: DataPath, value: Any) -> dict[Member, Any]:
        result: dict[Member, Any] = {}
        for key, item in mapping(reader, path, value).items():
            here = below(path, key)
            if key in known:
                result[known[key]] = read(reader, here, item)
            else:
                reader.complain(here, unknown(noun, key, known), at_key=True)
        return result

    return read_mapping


def reference(kind: Kind) -> Read:
    """Read the id of a record that has been given or made further up."""

    def read_reference(reader: Reader, path: DataPath, value: Any) -> str | None:
        id = text(reader, path, value)
        if id is None or reader.kinds.get(id) == kind:
            return id
        if id in reader.kinds:
            reader.complain(path, f"'{id}' is {with_article(reader.kinds[id])}, not a {kind}")
        else:
            reader.complain(path, unknown(kind, id, reader.ids(kind)))
        return None

    return read_reference


def with_article(kind: Kind) -> str:
    """Write ``a case`` or ``an entitlement``."""
    return f"an {kind}" if kind == Kind.ENTITLEMENT else f"a {kind}"


def as_written(value: object) -> str:
    """Write a value as a story would."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return (
            "{"
            + ", ".join(f"{as_written(key)}: {as_written(item)}" for key, item in value.items())
            + "}"
        )
    if isinstance(value, list | tuple):
        return "[" + ", ".join(as_written(item) for item in value) + "]"
    if isinstance(value, Word):
        return value.label
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}" if value.hour or value.minute else f"{value:%Y-%m-%d}"
    return str(value)


allocation = one_of(Allocation, "allocation")
decrease_on = one_of(DecreaseOn, "event")
origin = one_of(Origin, "origin")
minutes = whole(0, MOST_MINUTES)
channels = mapping_of(Origin, "origin", amount)
