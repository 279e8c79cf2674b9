"""Values and what they move by, each in the unit of its kind: shares, money, counts, hours, terms.

A difference of shares is written in percentage points, everything else in its own unit.
"""

import math
from collections.abc import Callable
from typing import Any

from .money import money, short_money, signed_money, signed_short_money
from .numbers import change, limits, percent, points, rounded, short, signed_rounded

_UNITS = {"hours": " hours", "terms": " terms"}


def value_of_kind(kind: str, value: float, currency: str | None = None) -> str:
    """Write a value.

    Examples
    --------
    >>> value_of_kind("share", 0.125), value_of_kind("count", 1204.0), value_of_kind("hours", 7.5)
    ('12.5%', '1,204', '8')
    """
    if kind == "share":
        return percent(value)
    return money(value, currency) if kind == "money" else rounded(value)


def short_of_kind(kind: str, value: float, currency: str | None = None) -> str:
    """Write a value for a column: sums of money and large counts in three figures or so.

    Examples
    --------
    >>> short_of_kind("money", 35_326_100.0, "EUR"), short_of_kind("count", 1204.0)
    ('EUR 35.3M', '1,204')
    """
    if kind == "money":
        return short_money(value, currency)
    return percent(value) if kind == "share" else short_from(1e6, value, rounded)


def short_from(least: float, value: float, write: Callable[[Any], str]) -> str:
    """Write a value in three figures or so from a size on, and with `write` below it.

    Examples
    --------
    >>> short_from(1000, 2500.0, rounded), short_from(1000, 250.0, rounded)
    ('2.5k', '250')
    """
    return short(value) if abs(value) >= least else write(value)


def move_of_kind(kind: str, difference: float, currency: str | None = None) -> str:
    """Write a difference with its sign.

    Examples
    --------
    >>> move_of_kind("share", -0.0125), move_of_kind("count", 38.0)
    ('-1.3', '+38')
    """
    if kind == "share":
        return points(100 * difference)
    if kind == "money":
        return signed_money(difference, currency)
    return signed_rounded(difference)


def limits_of_kind(kind: str, low: float, high: float, currency: str | None = None) -> str:
    """Write the limits of a difference.

    Examples
    --------
    >>> limits_of_kind("share", -0.02, 0.013), limits_of_kind("money", 294_000.0, 427_000.0)
    ('-2.0 to +1.3', '+294k to +427k')
    """
    if kind == "money":
        return limits(low, high, lambda limit: signed_short_money(limit, currency))
    return limits(low, high, lambda limit: move_of_kind(kind, limit))


def move_in_words(row: Any, currency: str | None = None) -> str:
    """Say by how much a metric moved, or that it cannot be told from no change.

    Parameters
    ----------
    row
        As :func:`moved_in_words` takes it, with `moved`: whether its limits exclude 0.
    currency : str, optional
    """
    if row.difference == 0:
        return f"{row.name} is the same: {value_of_kind(row.kind, row.first, currency)}"
    if row.moved:
        return moved_in_words(row, currency)
    values = " and ".join(
        value_of_kind(row.kind, value, currency) for value in (row.first, row.second)
    )
    if math.isnan(row.low):
        return f"{row.name}: {values}, of too few to say"
    between = limits_of_kind(row.kind, row.low, row.high, currency)
    return f"{row.name} cannot be told from no change: {values} ({between})"


def moved_in_words(row: Any, currency: str | None = None) -> str:
    """Say by how much a metric moved, with its limits.

    Parameters
    ----------
    row
        With attributes `name`, `kind`, `of`, `first`, `second`, `difference`, `change`, `low` and
        `high`, as the rows of a comparison have them.
    currency : str, optional
    """
    verb = "rose" if row.difference > 0 else "fell"
    between = limits_of_kind(row.kind, row.low, row.high, currency)
    if row.kind == "share":
        size = move_of_kind(row.kind, row.difference).lstrip("+-")
        by = f"by {size} points" if size != "0.0" else "by less than 0.1 points"
        return (
            f"{row.name} {verb} {by}, from {percent(row.first)} to {percent(row.second)} of "
            f"{row.of} ({between})"
        )
    size = short_money(abs(row.difference), currency)
    if row.kind != "money":
        size = f"{rounded(abs(row.difference))}{_UNITS.get(row.kind, '')}"
    share = "" if math.isnan(row.change) else f", {change(row.change)}"
    return f"{row.name} {verb} by {size}{share} ({between})"
