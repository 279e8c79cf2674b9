"""Names of a live system as a run can have them: printable, short, each once."""

from collections.abc import Iterable
from typing import Any, Final

from ...telling import printable

_LONGEST: Final = 100


def distinct_names(names: Iterable[Any]) -> list[str]:
    """Return names in their order: printable, of at most 100 letters, no two the same."""
    taken: set[str] = set()
    distinct = []
    for name in names:
        text = " ".join(printable(str(name)).split())[:_LONGEST].strip() or "unnamed"
        number, candidate = 1, text
        while candidate in taken:
            number += 1
            ending = f" ({number})"
            candidate = text[: _LONGEST - len(ending)] + ending
        taken.add(candidate)
        distinct.append(candidate)
    return distinct
