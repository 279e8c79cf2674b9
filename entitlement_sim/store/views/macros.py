"""Words that views share: the macros of ``macros.sql``, replaced by their text in each view.

They are not stored in the run as DuckDB's own macros. Those do work, wherever a run is opened (by
itself, attached and made the default, or attached and read as ``alias.view``), but a temporary
macro of the same name that an analyst makes would take their place in every view without a word,
and to bind a view that calls many takes half as long again. Replaced, they cost nothing, and the
views of a run are plain SQL that rests on nothing but its tables.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

_TOKEN: Final = re.compile(r"--[^\n]*|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|[A-Za-z_]\w*|\s+|.")
_DEFINITION: Final = re.compile(
    r"^CREATE MACRO (\w+)\(([\w, ]*)\) AS\s+(TABLE\s+)?(.*?);$", re.MULTILINE | re.DOTALL
)
#: What needs no brackets where it takes the place of a parameter.
_SIMPLE: Final = re.compile(r"[\w.]+")


class Macro(NamedTuple):
    """What a call stands for.

    Attributes
    ----------
    parameters : tuple of str
    body : str
        SQL in which the parameters stand as names; other macros are replaced already.
    is_table : bool
        Whether it is a query rather than an expression.
    """

    parameters: tuple[str, ...]
    body: str
    is_table: bool


def read_macros(text: str, instead: Mapping[str, str] | None = None) -> dict[str, Macro]:
    """Return the macros of a file by name; each may call those before it.

    Parameters
    ----------
    text : str
    instead : mapping, optional
        Bodies by the names of macros that stand for them, in place of those of the file.
    """
    macros: dict[str, Macro] = {}
    for name, parameters, table, own_body in _DEFINITION.findall(text):
        body = (instead or {}).get(name, own_body)
        names = tuple(parameter.strip() for parameter in parameters.split(",") if parameter.strip())
        macros[name] = Macro(names, expand(body, macros), bool(table))
    return macros


def expand(text: str, macros: Mapping[str, Macro]) -> str:
    """Replace every call of a macro in a text of SQL.

    Raises
    ------
    ValueError
        A call has too few or too many arguments, or no end.
    """
    return _expanded(_TOKEN.findall(text), macros)


def _expanded(tokens: Sequence[str], macros: Mapping[str, Macro]) -> str:
    parts = []
    place = 0
    while place < len(tokens):
        name = tokens[place]
        place += 1
        if name in macros and tokens[place : place + 1] == ["("]:
            arguments, place = _arguments(name, tokens, place + 1)
            parts.append(
                _call(name, macros[name], [_expanded(argument, macros) for argument in arguments])
            )
        else:
            parts.append(name)
    return "".join(parts)


def _arguments(name: str, tokens: Sequence[str], place: int) -> tuple[list[list[str]], int]:
    """Return the tokens of each argument of a call, and the place after its end."""
    arguments: list[list[str]] = [[]]
    depth = 1
    for end in range(place, len(tokens)):
        token = tokens[end]
        depth += (token == "(") - (token == ")")
        if depth == 0:
            return ([] if arguments == [[]] else arguments), end + 1
        if token == "," and depth == 1:
            arguments.append([])
        else:
            arguments[-1].append(token)
    raise ValueError(f"a call of {name} has no end")


def _call(name: str, macro: Macro, arguments: Sequence[str]) -> str:
    if len(arguments) != len(macro.parameters):
        raise ValueError(
            f"{name} takes {len(macro.parameters)} arguments, not {len(arguments)}: {arguments}"
        )
    values = dict(zip(macro.parameters, map(_bracketed, arguments), strict=True))
    body = _TOKEN.findall(macro.body)
    # After a dot stands a column of a relation, not the parameter of that name.
    replaced = (
        values.get(token, token) if before != "." else token
        for before, token in zip(["", *body], body, strict=False)
    )
    return f"({''.join(replaced)})"


def _bracketed(argument: str) -> str:
    argument = argument.strip()
    return argument if _SIMPLE.fullmatch(argument) else f"({argument})"
