"""What the package's functions say of themselves, read from their source."""

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

from entitlement_sim.rules.rulebook import QUESTIONS, RULES

from .places import TREE

ID = re.compile(r"\b(?:[LTGCADMPS]|Q)\d+\b")


class Function(NamedTuple):
    """A function that names rules or questions.

    Attributes
    ----------
    place : str
        Its file in the repository.
    name : str
    sentence : str
        The first sentence of its docstring.
    ids : tuple of str
        The rules and questions that its docstring names.
    refusals : tuple of str
        Names of the refusals that it can answer with.
    text : str
        Its source.
    """

    place: str
    name: str
    sentence: str
    ids: tuple[str, ...]
    refusals: tuple[str, ...]
    text: str


@cache
def functions(room: str) -> tuple[Function, ...]:
    """Functions of a room of the package whose docstring names a rule or a question."""
    return tuple(_functions(room))


def _functions(room: str) -> Iterator[Function]:
    for file in sorted((TREE / "entitlement_sim" / room).glob("*.py")):
        text = file.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)):
            if not isinstance(node, ast.FunctionDef):
                continue
            words = ast.get_docstring(node) or ""
            ids = [id for id in ID.findall(words) if id in RULES or id in QUESTIONS]
            if ids:
                yield Function(
                    f"entitlement_sim/{room}/{file.name}",
                    node.name,
                    _first_sentence(words),
                    tuple(dict.fromkeys(ids)),
                    tuple(_refusals(node)),
                    ast.get_source_segment(text, node) or "",
                )


def _first_sentence(words: str) -> str:
    paragraph = " ".join(words.split("\n\n")[0].split())
    return re.sub(r" \((?:rules?|questions?)? ?[LTGCADMPSQ]\d[^)]*\)", "", paragraph)


def _refusals(node: ast.FunctionDef) -> list[str]:
    names = [
        part.attr
        for part in ast.walk(node)
        if isinstance(part, ast.Attribute)
        and isinstance(part.value, ast.Name)
        and part.value.id == "Refusal"
    ]
    return [name for name in dict.fromkeys(names) if name != "NONE"]


def naming(id: str, rooms: Mapping[str, str]) -> Iterator[tuple[str, list[Function]]]:
    """What each room is, and its functions that name a rule or question, where there are any."""
    for room, words in rooms.items():
        bearing = [function for function in functions(room) if id in function.ids]
        if bearing:
            yield words, bearing
