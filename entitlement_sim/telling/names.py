"""Names of columns, states and outcomes as words, and names that nobody knows."""

import difflib
import re
import unicodedata
from collections.abc import Iterable
from typing import Final

#: Controls, halves of pairs, ends of lines and paragraphs.
_CONTROLS: Final = ("Cc", "Cs", "Zl", "Zp")

#: What Markdown or a formula could take for more than a letter; an underscore within a word is
#: none, nor is what stands in the middle of a sentence: ``.``, ``-``, ``(``.
_MARKUP = re.compile(r"[\\$`*{}\[\]<>#|&~^!:@]|(?<![^\W_])_|_(?![^\W_])")


#: What a spreadsheet takes for the beginning of a formula.
FORMULA_BEGINNINGS: Final = ("=", "+", "-", "@", "\t", "\r")


def plain_name(name: object) -> str:
    """Write the name of a column, a state or an outcome as words.

    Examples
    --------
    >>> plain_name("turned_away")
    'turned away'
    """
    return str(name).replace("_", " ")


def verbatim(name: object) -> str:
    """Write a name so that Markdown shows its letters, whatever they are.

    They become entities, which no reader of Markdown takes for markup; ``$`` and the backslash
    stand in an element of their own, so that no formula begins or ends with them.

    Examples
    --------
    >>> verbatim("Pack 10"), verbatim("a_b"), verbatim("_a*"), verbatim("$5")
    ('Pack 10', 'a_b', '&#95;a&#42;', '<span>&#36;</span>5')
    """
    return _MARKUP.sub(_entity, str(name))


def _entity(found: re.Match[str]) -> str:
    entity = f"&#{ord(found[0])};"
    return f"<span>{entity}</span>" if found[0] in "$\\" else entity


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that `name` was most likely meant to be, or None."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return close[0] if close else None


def unknown(noun: str, name: object, known: Iterable[str]) -> str:
    """Say that `name` is no known `noun`, with the nearest known name or all of them."""
    names = [str(candidate) for candidate in known]
    guess = nearest(str(name), names)
    if guess is not None:
        return f"unknown {noun} '{name}'; did you mean '{guess}'?"
    return f"unknown {noun} '{name}'; known: {', '.join(names) or 'none'}"


def printable(text: str) -> str:
    r"""Write a text so that a terminal shows it and does nothing: controls as they are escaped.

    Examples
    --------
    >>> print(printable("one\x1b[2J\ntwo"))
    one\x1b[2J\ntwo
    """
    if text.isprintable():
        return text
    return "".join(
        ascii(sign)[1:-1] if unicodedata.category(sign) in _CONTROLS else sign for sign in text
    )
