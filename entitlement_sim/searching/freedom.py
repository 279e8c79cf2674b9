"""What a search may vary, and what it may not: values from a lowest to a highest one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Free:
    """A setting that a search varies.

    Attributes
    ----------
    path : str
    values : list
        In order.
    has_bounds : bool
        Whether it goes from a lowest to a highest value, which may be a bound of the search alone.
    """

    path: str
    values: list[Any]
    has_bounds: bool


def free_of(free: Mapping[str, Any]) -> list[Free]:
    """Return what may vary: a pair is from a lowest to a highest whole number, a list its values.

    Raises
    ------
    ValueError
        Nothing may vary, or values are no pair of whole numbers and no list.

    Examples
    --------
    >>> free_of({"templates.Pack.total_terms": (8, 11)})[0].values
    [8, 9, 10, 11]
    """
    if not free:
        raise ValueError("nothing is free: give a path with its lowest and highest value")
    found = []
    for path, values in free.items():
        if isinstance(values, tuple):
            if len(values) != 2 or not all(
                isinstance(value, int) and not isinstance(value, bool) for value in values
            ):
                raise ValueError(
                    f"{path} takes a pair of whole numbers, the lowest and the highest, or a list "
                    f"of values, not {values!r}"
                )
            low, high = values
            if low > high:
                raise ValueError(f"the lowest value of {path}, {low}, is above the highest, {high}")
            found.append(Free(path, [*range(low, high + 1)], True))
        elif isinstance(values, list) and values:
            found.append(Free(path, values, all(_is_number(value) for value in values)))
        else:
            raise ValueError(
                f"{path} takes a pair of whole numbers, the lowest and the highest, or a list of "
                f"values, not {values!r}"
            )
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def at_bounds(free: Sequence[Free], settings: Mapping[str, Any]) -> list[str]:
    """Say of which settings a value is the lowest or highest that was allowed."""
    said = []
    for one in free:
        if not one.has_bounds or len(one.values) < 2:
            continue
        value = settings[one.path]
        if value == max(one.values):
            said.append(f"{one.path} is the highest that was allowed, {value}")
        elif value == min(one.values):
            said.append(f"{one.path} is the lowest that was allowed, {value}")
    return said
