"""What is wrong with a value, in words: the findings of Pydantic as path and message."""

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from ..documents import DataPath
from ..telling import unknown
from . import hints
from .fields import is_share, key_type, names_at, other_place, type_at
from .models import SlaOfSeverity
from .schema import description
from .values import described, hinted, shown


class Finding(NamedTuple):
    """One thing that is wrong in the data of a scenario.

    Attributes
    ----------
    path : tuple
        Way to the value, or to the key, that is wrong.
    message : str
        What is wrong and what would be right.
    at_key : bool
        Whether the key is to be pointed at, rather than its value.
    """

    path: DataPath
    message: str
    at_key: bool = False


def findings(error: ValidationError) -> Iterator[Finding]:
    """Say what Pydantic found."""
    for detail in error.errors(include_url=False):
        yield _finding(detail)


def _finding(detail: ErrorDetails) -> Finding:
    kind, path = detail["type"], tuple(detail["loc"])
    context, value = detail.get("ctx", {}), detail["input"]
    if kind == "missing":
        return Finding(path[:-1], _missing(path), at_key=True)
    if kind == "extra_forbidden":
        return Finding(path, _unknown_key(path), at_key=True)
    if kind == "invalid_key":
        return Finding(path, f"a key must be text, not {described(value)}", at_key=True)
    if path and path[-1] == "[key]":
        return Finding(path[:-1], _about_key(kind, context, value, detail["msg"]), at_key=True)
    said = _about_value(kind, context, value, detail["msg"])
    return Finding(path, hinted(said, _hint(kind, path, context, value)))


def _unknown_key(path: DataPath) -> str:
    """Say that a key is none here: it belongs elsewhere, or is another one that is misspelt."""
    place = other_place(path)
    if place is not None:
        return f"unknown key '{path[-1]}'; it belongs in {place}"
    return _unknown("key", path[-1], names_at(path[:-1]))


def _unknown(noun: str, word: object, known: list[str]) -> str:
    """Say that a word is none here, with the one that it most likely means."""
    meant = hints.synonym(word, known)
    if meant is not None:
        return f"unknown {noun} '{word}'; did you mean '{meant}'?"
    return unknown(noun, word, known)


def _missing(path: DataPath) -> str:
    parent, field = type_at(path[:-1]), str(path[-1])
    purpose = description(parent.__name__, field).split(".")[0].replace("\n", " ")
    return f"'{field}' is missing: {purpose[:1].lower()}{purpose[1:]}"


def _about_key(kind: str, context: dict[str, Any], value: object, otherwise: str) -> str:
    if kind == "literal_error":
        return unknown("key", value, _choices(context))
    if kind == "string_type":
        return f"a name must be text, not {described(value)}; put it in quotes"
    said = "as a key, " + _about_value(kind, context, value, otherwise)
    return hinted(said, hints.severity(value) if kind == "int_type" else "")


def _about_value(kind: str, context: dict[str, Any], value: object, otherwise: str) -> str:
    if kind == "value_error":
        return str(context["error"])
    if kind == "literal_error":
        choices = _choices(context)
        if not choices:
            return f"must be true or left out, not {described(value)}"
        if isinstance(value, str):
            return _unknown("word", value, choices)
        return f"must be one of {', '.join(choices)}, not {described(value)}"
    if kind in _WORDS:
        return _WORDS[kind](context, value)
    if kind in _TYPES and value is None:
        return f"is blank, but must be {_TYPES[kind]}"
    if kind in _TYPES:
        return f"must be {_TYPES[kind]}, not {described(value)}"
    return otherwise[0].lower() + otherwise[1:]


def _hint(kind: str, path: DataPath, context: dict[str, Any], value: Any) -> str:
    """Say how to write what was probably meant, where that can be told."""
    if kind == "string_type" and not isinstance(value, dict | list | None):
        return "put it in quotes"
    if kind == "int_type":
        return hints.whole(value)
    if kind == "float_type" and isinstance(value, bool) and is_share(path):
        return "write 1 for all, 0 for none"
    if kind == "float_type":
        return hints.share(value)
    if kind == "less_than_equal" and context["le"] == 1 and 1 < value <= 100:
        return hints.share(f"{value}%")
    if kind == "less_than_equal" and context["le"] == 0:
        return f"write -{value}"
    if kind == "model_type" and value is not None:
        part = type_at(path).__name__
        return hints.OF_PARTS[part](value) if part in hints.OF_PARTS else ""
    if kind == "dict_type" and key_type(path) is int:
        has_parts = type_at((*path, 1)) is SlaOfSeverity
        return hints.promises(value) if has_parts else hints.by_severity(value)
    return ""


def _choices(context: dict[str, Any]) -> list[str]:
    return re.findall(r"'([^']*)'", str(context["expected"]))


def _entries(number: object) -> str:
    return "1 entry" if number == 1 else f"{number} entries"


_TYPES = {
    "model_type": "a mapping (lines of 'key: value')",
    "dict_type": "a mapping (lines of 'key: value')",
    "list_type": "a list ('[a, b]', or lines that begin with '- ')",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "string_type": "text",
    "date_type": "a date such as 2025-01-31",
    "finite_number": "a finite number",
}

_WORDS: dict[str, Callable[[dict[str, Any], Any], str]] = {
    "greater_than": lambda ctx, value: f"must be above {ctx['gt']:g}, not {shown(value)}",
    "greater_than_equal": lambda ctx, value: (
        f"must be at least {_bound(ctx['ge'])}, not {shown(value)}"
    ),
    "less_than": lambda ctx, value: f"must be under {_bound(ctx['lt'])}, not {shown(value)}",
    "less_than_equal": lambda ctx, value: (
        f"must be at most {_bound(ctx['le'])}, not {shown(value)}"
    ),
    "decimal_max_places": lambda ctx, value: (
        f"may have at most {ctx['decimal_places']} decimals, not {shown(value)}"
    ),
    "too_short": lambda ctx, value: (
        f"must have at least {_entries(ctx['min_length'])}, not {ctx['actual_length']}"
    ),
    "too_long": lambda ctx, value: (
        f"must have at most {_entries(ctx['max_length'])}, not {ctx['actual_length']}"
    ),
    "string_too_short": lambda ctx, value: "must not be empty",
    "string_too_long": lambda ctx, value: (
        f"may have at most {ctx['max_length']} characters, not {len(value)}"
    ),
    "int_parsing_size": lambda ctx, value: f"is too large: {described(value)}",
}


def _bound(bound: object) -> str:
    return str(int(bound)) if isinstance(bound, float) and bound.is_integer() else str(bound)
