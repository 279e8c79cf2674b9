"""What is learned from a book of one key of a scenario, and how sure it is."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

#: Half the width of a 95 % interval in standard errors of a normal distribution.
Z95: Final = 1.959963984540054

#: Logarithm of the widest limits of a number, as times of it.
_WIDEST: Final = math.log(1e6)

#: Where a value comes from: `estimated` from the rows; `given` by records that a book has anyway,
#: such as its offerings; `default` where the book cannot tell, so that the key keeps its default.
Status = Literal["estimated", "given", "default"]

#: On which scale a number is as far off as its error has it; `none`: it is taken as known.
Scale = Literal["log", "log-odds", "plain", "none"]

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
    scale : {"log", "log-odds", "plain", "none"}
        On which scale the limits lie on both sides of the value alike, so that it can be drawn
        anew there.
    """

    name: str
    value: float
    standard_error: float = math.nan
    low: float = math.nan
    high: float = math.nan
    scale: Scale = "none"

    @property
    def is_drawn(self) -> bool:
        """Whether it is known how far off the number may be."""
        return self.scale != "none" and math.isfinite(self.high - self.low)

    @property
    def spread(self) -> float:
        """Standard error on the number's scale."""
        return (self._on_scale(self.high) - self._on_scale(self.low)) / (2 * Z95)

    def moved(self, value: float, by: float) -> float:
        """Return a value, as a scenario has it, moved by so much on the number's scale."""
        if self.scale == "log":
            return value * math.exp(by)
        if self.scale == "log-odds" and 0 < value < 1:
            return 1 / (1 + (1 - value) / value * math.exp(-by))
        return value + by if self.scale == "plain" else value

    def _on_scale(self, value: float) -> float:
        if self.scale == "log":
            return math.log(value)
        if self.scale == "log-odds":
            # Limits that are as good as none or all are as far as floats reach.
            return math.log(max(value, 1e-300) / max(1 - value, 1e-16))
        return value


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
    together : tuple of tuple of float
        Correlations between the first of the numbers, on their scales; none where it is empty.
    of_level : float
        Of a rate: what of its relative error is by the level of the book, which all rates share.
    likely : tuple of tuple of float
        Of the level: equally likely ones, each with its standard deviation, its half-life in days,
        the error that it gives the mean of the book, and the slope of the logarithm a year with its
        error.
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
    together: tuple[tuple[float, ...], ...] = ()
    of_level: float = 0.0
    likely: tuple[tuple[float, ...], ...] = ()


def correlations(covariance: NDArray[np.float64]) -> tuple[tuple[float, ...], ...]:
    """Return the correlations of a covariance, as :attr:`Learned.together` has them."""
    errors = np.sqrt(np.maximum(np.diag(covariance), 1e-300))
    return tuple(map(tuple, (covariance / np.outer(errors, errors)).tolist()))


def positive(value: float, standard_error: float, name: str = "") -> Number:
    """Return a number above 0, between limits that are symmetric in its logarithm.

    Without limits where they would be more than a million times the number: they would say nothing.
    """
    if not (value > 0 and Z95 * standard_error / value <= _WIDEST):
        return Number(name, value, standard_error)
    factor = math.exp(Z95 * standard_error / value)
    return Number(name, value, standard_error, value / factor, value * factor, "log")


def plain(value: float, standard_error: float, name: str = "") -> Number:
    """Return a number between limits that are symmetric around it."""
    half = Z95 * standard_error
    return Number(name, value, standard_error, value - half, value + half, "plain")


def share(value: float, standard_error: float, name: str = "") -> Number:
    """Return a share between limits that are symmetric in its log-odds."""
    if not (0 < value < 1 and math.isfinite(standard_error)):
        return Number(name, value, standard_error)
    odds = math.log(value / (1 - value))
    half = min(Z95 * standard_error / (value * (1 - value)), 700.0)
    low, high = (1 / (1 + math.exp(-(odds + side * half))) for side in (-1, 1))
    return Number(name, value, standard_error, low, high, "log-odds")


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
