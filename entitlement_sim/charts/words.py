"""Numbers, days and lists as people write them."""

import math
from collections.abc import Sequence
from typing import Any

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LONG_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_UNKNOWN = "\N{EN DASH}"


def number(value: float) -> str:
    """Write a count or an amount, with as many of two decimals as it needs.

    Examples
    --------
    >>> number(1234), number(2.5)
    ('1,234', '2.5')
    """
    if not math.isfinite(value):
        return _UNKNOWN
    text = f"{value:,.2f}"
    return text.rstrip("0").rstrip(".")


def short(value: float) -> str:
    """Write an amount in three figures or so.

    Examples
    --------
    >>> short(812), short(3412), short(-1_250_000)
    ('812', '3.4k', '-1.2M')
    """
    if not math.isfinite(value):
        return _UNKNOWN
    for size, letter in ((1e9, "bn"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            scaled = value / size
            text = f"{scaled:.0f}" if abs(scaled) >= 100 else f"{scaled:.1f}".removesuffix(".0")
            return f"{text}{letter}"
    return f"{value:.0f}" if abs(value) >= 10 else number(value)


def signed(value: float) -> str:
    """Write a change in three figures or so, with its sign.

    Examples
    --------
    >>> signed(3412)
    '+3.4k'
    """
    if value > 0:
        return f"+{short(value)}"
    return short(value).replace("-", "\N{MINUS SIGN}")


def percent(share: float) -> str:
    """Write a share; near 0 and 1 with a decimal, so that few is not none.

    Examples
    --------
    >>> percent(0.123), percent(0.004), percent(1.0), percent(0.9987)
    ('12%', '0.4%', '100%', '99.9%')
    """
    if not math.isfinite(share):
        return _UNKNOWN
    hundredths = 100 * share
    if 0 < hundredths < 0.05:
        return "< 0.1%"
    near = 0 < hundredths < 1 or 99 < hundredths < 100
    return f"{hundredths:.1f}%" if near else f"{hundredths:.0f}%"


def share_of(part: float, whole: float) -> str:
    """Write a part of a whole with both numbers.

    Examples
    --------
    >>> share_of(12, 100)
    '12% (12 of 100)'
    """
    share = part / whole if whole else math.nan
    return f"{percent(share)} ({number(part)} of {number(whole)})"


def roughly(share: float) -> str:
    """Say a share as a person would begin a sentence with it.

    Examples
    --------
    >>> roughly(0.338), roughly(0.5), roughly(0.41)
    ('A third', 'Half', '41%')
    """
    simple = {1 / 4: "A quarter", 1 / 3: "A third", 1 / 2: "Half", 2 / 3: "Two thirds"}
    simple[3 / 4] = "Three quarters"
    for value, words in simple.items():
        if abs(share - value) <= 0.01:
            return words
    return percent(share)


def day(when: Any) -> str:
    """Write a day.

    Examples
    --------
    >>> from datetime import date
    >>> day(date(2025, 1, 31))
    '31 Jan 2025'
    """
    return f"{when.day} {month(when)}"


def month(when: Any) -> str:
    """Write a month."""
    return f"{_MONTHS[when.month - 1]} {when.year}"


def short_month(place: int) -> str:
    """Write a month without its year in three letters, 1 for January."""
    return _MONTHS[place - 1]


def long_month(place: int) -> str:
    """Write a month without its year in full, 1 for January."""
    return _LONG_MONTHS[place - 1]


def quarter(when: Any) -> str:
    """Write the quarter of a day."""
    return f"{when.year} Q{(when.month + 2) // 3}"


def listed(words: Sequence[str]) -> str:
    """Write a list as in a sentence.

    Examples
    --------
    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def plural(count: float, one: str, many: str | None = None) -> str:
    """Write a number with its noun.

    Examples
    --------
    >>> plural(1, "case"), plural(1200, "case")
    ('1 case', '1,200 cases')
    """
    return f"{number(count)} {one if count == 1 else many or one + 's'}"
