"""Lists as in a sentence."""

from collections.abc import Mapping, Sequence

from .names import plain_name
from .numbers import number


def listed(words: Sequence[str], most: int | None = None) -> str:
    """Write a list as in a sentence, at most so many of its words.

    Examples
    --------
    >>> listed(["a", "b", "c"]), listed(["a"]), listed(["a", "b", "c", "d"], most=2)
    ('a, b and c', 'a', 'a, b and 2 more')
    """
    shown = list(words if most is None else words[:most])
    if len(shown) < len(words):
        return f"{', '.join(shown)} and {number(len(words) - len(shown))} more"
    if len(shown) < 2:
        return "".join(shown)
    return f"{', '.join(shown[:-1])} and {shown[-1]}"


def tally(counts: Mapping[str, int]) -> str:
    """Write numbers by name, as in a table's cell.

    Examples
    --------
    >>> tally({"covered": 1204, "turned_away": 7}), tally({})
    ('1,204 covered, 7 turned away', 'none')
    """
    return (
        ", ".join(f"{number(count)} {plain_name(name)}" for name, count in counts.items()) or "none"
    )
