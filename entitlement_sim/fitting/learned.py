"""What is learned from a book of one key of a scenario, and how sure it is."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

#: Half the width of a 95 % interval in standard errors of a normal distribution.
Z95: Final = 1.959963984540054

#: Logarithm of the widest limits of a number, as times of it.
_WIDEST: Final = math.log(1e6)

#: Where a value comes from: `estimated` from the rows; `given` by records that a book has anyway,
#: such as its offerings; `default` where the book cannot tell, so that the key keeps its default.
Status = Literal["estimated", "given", "default"]

Path = tuple[str, ...]


@dataclass(frozen=True)
class Number:
    """One number of a key.

    Attributes
    ----------
    name : str
        Which number of the key it is; empty where it has one.
    value : float
    standard_error : float
        NaN where none is known.
    low, high : float
        Limits of 95 %; NaN where none are known.
    """

    name: str
    value: float
    standard_error: float = math.nan
    low: float = math.nan
    high: float = math.nan


@dataclass(frozen=True)
class Learned:
    """What is learned of a key of the scenario.

    Attributes
    ----------
    path : tuple of str
        The key.
    value : object
        As the scenario writes it; None where the default is kept.
    status : {"estimated", "given", "default"}
    numbers : tuple of Number
    n : int
        How many of `unit` it rests on.
    unit : str
    how : str
        The estimator by its name, or where the value was taken from.
    note : str
        What else is to be known of it: why a default was kept, or what was found that a scenario
        cannot say.
    beside : tuple of Number
        Further numbers, which a scenario has no place for.
    """

    path: Path
    value: Any
    status: Status
    numbers: tuple[Number, ...] = ()
    n: int = 0
    unit: str = ""
    how: str = ""
    note: str = ""
    beside: tuple[Number, ...] = ()


def positive(value: float, standard_error: float, name: str = "") -> Number:
    """Return a number above 0, between limits that are symmetric in its logarithm.

    Without limits where they would be more than a million times the number: they would say nothing.
    """
    if not (value > 0 and Z95 * standard_error / value <= _WIDEST):
        return Number(name, value, standard_error)
    factor = math.exp(Z95 * standard_error / value)
    return Number(name, value, standard_error, value / factor, value * factor)


def plain(value: float, standard_error: float, name: str = "") -> Number:
    """Return a number between limits that are symmetric around it."""
    half = Z95 * standard_error
    return Number(name, value, standard_error, value - half, value + half)


def share(value: float, standard_error: float, name: str = "") -> Number:
    """Return a share between limits that are symmetric in its log-odds."""
    if not (0 < value < 1 and math.isfinite(standard_error)):
        return Number(name, value, standard_error)
    odds = math.log(value / (1 - value))
    half = min(Z95 * standard_error / (value * (1 - value)), 700.0)
    low, high = (1 / (1 + math.exp(-(odds + side * half))) for side in (-1, 1))
    return Number(name, value, standard_error, low, high)


def unknown(path: Path, why: str, *, n: int = 0, unit: str = "") -> Learned:
    """Return that a book does not tell a key, and why: the default is kept."""
    return Learned(path, None, "default", n=n, unit=unit, note=why)


def significant(value: float, digits: int = 4) -> float:
    """Return a number with so many significant digits, for people to read in a file."""
    number = float(value)
    if number == 0 or not math.isfinite(number):
        return number
    return round(number, digits - 1 - math.floor(math.log10(abs(number))))


def rounded(values: Sequence[float], digits: int = 4) -> list[float]:
    """Return numbers with so many significant digits."""
    return [significant(float(value), digits) for value in values]
