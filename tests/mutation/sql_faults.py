"""All one-line faults of a file of SQL, from its tokens; comments and texts are left alone."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .fault import Fault

_TOKEN = re.compile(
    r"""(?P<comment>--[^\n]*)
      | (?P<text>'(?:[^']|'')*')
      | (?P<name>"[^"]*"|[A-Za-z_]\w*)
      | (?P<number>\d+(?:\.\d+)?)
      | (?P<operator><=|>=|<>|!=|::|//|\|\||[-+*/%<>=(),.;\[\]:?@&|])
    """,
    re.VERBOSE,
)

_OPERATORS = {
    "<": ("<=", ">="),
    "<=": ("<", ">"),
    ">": (">=", "<="),
    ">=": (">", "<"),
    "=": ("<>",),
    "<>": ("=",),
    "!=": ("=",),
    "+": ("-",),
    "-": ("+",),
    "/": ("*",),
    "//": ("*",),
}
_WORDS = {
    "AND": "OR",
    "OR": "AND",
    "MIN": "max",
    "MAX": "min",
    "ARG_MIN": "arg_max",
    "ARG_MAX": "arg_min",
    "FIRST": "last",
    "LAST": "first",
    "GREATEST": "least",
    "LEAST": "greatest",
    "LAG": "lead",
    "LEAD": "lag",
    "ASC": "DESC",
    "DESC": "ASC",
    "TRUE": "FALSE",
    "FALSE": "TRUE",
}
#: Words that may stand one after the other, and what stands there instead.
_PHRASES = {
    ("COUNT", "(", "DISTINCT"): "count(",
    ("UNION", "ALL"): "UNION",
    ("LEFT", "JOIN"): "JOIN",
    ("IS", "NOT", "NULL"): "IS NULL",
    ("IS", "NULL"): "IS NOT NULL",
    ("NOT", "IN"): "IN",
    ("NOT", "EXISTS"): "EXISTS",
}


@dataclass(frozen=True)
class _Token:
    """A token with its place in the text."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def word(self) -> str:
        return self.text.upper()


def sql_faults(path: str, source: bytes) -> list[Fault]:
    """Return all faults of a file of SQL.

    Parameters
    ----------
    path : str
        The file, from the root of the tree.
    source : bytes
        What is in it.
    """
    text = source.decode()
    faults = []
    for start, end, new in _changes(_tokens(text)):
        span = (len(text[:place].encode()) for place in (start, end))
        faults.append(Fault.at(path, source, *span, new))
    return faults


def _tokens(text: str) -> list[_Token]:
    return [
        _Token(str(found.lastgroup), found[0], found.start(), found.end())
        for found in _TOKEN.finditer(text)
        if found.lastgroup != "comment"
    ]


def _changes(tokens: list[_Token]) -> Iterator[tuple[int, int, str]]:
    phrased: set[int] = set()
    within_between = False
    for place, token in enumerate(tokens):
        for phrase, new in _PHRASES.items():
            words = tokens[place : place + len(phrase)]
            if place not in phrased and tuple(each.word for each in words) == phrase:
                yield token.start, words[-1].end, new
                phrased.update(range(place, place + len(phrase)))
        if token.word == "BETWEEN":
            within_between = True
        elif token.word == "AND" and within_between:
            within_between = False
        elif place not in phrased:
            following = tokens[place + 1].text if place + 1 < len(tokens) else ""
            before = tokens[place - 1] if place else token
            yield from _of_token(token, before, following)


def _of_token(token: _Token, before: _Token, following: str) -> Iterator[tuple[int, int, str]]:
    """Return the changes of one token, by what stands before and after it."""
    if token.kind == "number":
        if "." not in token.text:
            yield token.start, token.end, str(int(token.text) + 1)
            yield token.start, token.end, f"({int(token.text) - 1})"
    elif token.kind == "operator":
        for new in _OPERATORS.get(token.text, ()):
            yield token.start, token.end, new
    elif token.word == "NOT":
        yield token.start, token.end, ""
    elif token.word in _WORDS and before.text != ".":
        is_function = _WORDS[token.word].islower()
        if not is_function or following == "(":
            yield token.start, token.end, _WORDS[token.word]
