"""What a scenario has at a path: its fields, their types and the names that may stand there."""

import typing
from collections.abc import Iterable, Mapping, Sequence
from types import UnionType
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from ..documents import DataPath
from .models import Calendar, Part, ScenarioModel, Segment, Template


def names_at(path: DataPath) -> list[str]:
    """Return the keys that a scenario knows at `path`; empty where the author makes them up."""
    here = type_at(path)
    if isinstance(here, type) and issubclass(here, Part):
        return list(_fields(here))
    if get_origin(here) is dict:
        key = bare(get_args(here)[0])
        return [str(name) for name in get_args(key)] if get_origin(key) is Literal else []
    return []


#: The large parts of a scenario, whose keys are taken for each other's.
_LARGE_PARTS: dict[type[Part], str] = {
    ScenarioModel: "the top of the file",
    Calendar: "'calendar'",
    Template: "a template",
    Segment: "a segment",
}


def other_place(path: DataPath) -> str | None:
    """Return where else a key belongs that is none at its path, if it is just one place.

    That is a part within the one that it stands in, or another large part.
    """
    here, key = type_at(path[:-1]), str(path[-1])
    if not (isinstance(here, type) and issubclass(here, Part)):
        return None
    places = [f"'{name}'" for name, field in _fields(here).items() if key in _keys_within(field)]
    if not places and here in _LARGE_PARTS:
        places = [place for part, place in _LARGE_PARTS.items() if key in _fields(part)]
    return places[0] if len(places) == 1 else None


def _keys_within(field: FieldInfo) -> Iterable[str]:
    """Return the keys of the part that a field holds, or holds a list or mapping of."""
    inside = bare(field.annotation)
    while get_origin(inside) in (list, dict):
        inside = bare(get_args(inside)[-1])
    return _fields(inside) if isinstance(inside, type) and issubclass(inside, Part) else ()


def is_share(path: DataPath) -> bool:
    """Whether a field at a path is a share, from 0 to 1."""
    parent = type_at(path[:-1])
    if not (isinstance(parent, type) and issubclass(parent, Part)):
        return False
    field = _fields(parent).get(str(path[-1]))
    return field is not None and any(getattr(limit, "le", None) == 1 for limit in field.metadata)


def key_type(path: DataPath) -> Any:
    """Return the type of the keys of the mapping at a path that the author makes up, or None."""
    here = type_at(path)
    return bare(get_args(here)[0]) if get_origin(here) is dict else None


def type_at(path: DataPath) -> Any:
    """Return the type that a scenario has at `path`, or None where it has nothing."""
    here: Any = ScenarioModel
    for part in path:
        here = _inside(here, part)
    return here


def _fields(part: type[Part]) -> dict[str, FieldInfo]:
    """Return the fields of a part by their keys."""
    return {field.alias or name: field for name, field in part.model_fields.items()}


def _inside(here: Any, part: str | int) -> Any:
    if isinstance(here, type) and issubclass(here, Part):
        field = _fields(here).get(str(part))
        return bare(field.annotation) if field else None
    if get_origin(here) is dict:
        return bare(get_args(here)[1])
    if get_origin(here) is list:
        return bare(get_args(here)[0])
    return None


def bare(annotation: Any) -> Any:
    """Strip constraints and "or blank" from a type."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        elif get_origin(annotation) in (UnionType, typing.Union):
            annotation = next(
                argument for argument in get_args(annotation) if argument is not type(None)
            )
        else:
            return annotation


def default_at(path: DataPath) -> Any:
    """Return, as plain data, the default of the field at `path`; None where there is none."""
    parent = type_at(path[:-1])
    if not (isinstance(parent, type) and issubclass(parent, Part)):
        return None
    field = _fields(parent).get(str(path[-1]))
    return None if field is None or field.is_required() else _plain(field.default)


def _plain(value: Any) -> Any:
    if isinstance(value, Part):
        return value.model_dump(mode="json", exclude_none=True)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    return value
