"""Numbers: counts, amounts, shares, changes and seconds.

Values may be of Python, NumPy or pandas; what is missing or not finite is written as an en dash.
"""

import math
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any, Final

#: What stands for a value that is not known.
UNKNOWN: Final = "\N{EN DASH}"

_NO_SHARE: Final = "no share"
_ARITHMETIC = Context(prec=60, rounding=ROUND_HALF_UP)

#: Decimals of a share that are data; what comes after them is noise of binary fractions.
_SHARE_PLACES: Final = 12

_SIZES: Final = ((0, ""), (3, "k"), (6, "M"), (9, "bn"))
_SIMPLE_SHARES: Final = (
    (Decimal(1) / 4, "A quarter"),
    (Decimal(1) / 3, "A third"),
    (Decimal(1) / 2, "Half"),
    (Decimal(2) / 3, "Two thirds"),
    (Decimal(3) / 4, "Three quarters"),
)


def number(value: Any) -> str:
    """Write a count or an amount, with as many of two decimals as it needs.

    Examples
    --------
    >>> number(1234), number(2.5), number(0.125), number(float("nan")) == UNKNOWN
    ('1,234', '2.5', '0.13', True)
    """
    text = exact(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def rounded(value: Any) -> str:
    """Write a number without its fraction.

    Examples
    --------
    >>> rounded(1234.5), rounded(-0.4)
    ('1,235', '0')
    """
    return _fixed(value, 0)


def tenths(value: Any) -> str:
    """Write a measure with one decimal.

    Examples
    --------
    >>> tenths(1234.25), tenths(0.04)
    ('1,234.3', '0.0')
    """
    return _fixed(value, 1)


def exact(value: Any) -> str:
    """Write an amount of a ledger or a price: two decimals always.

    Examples
    --------
    >>> exact(1250), exact(Decimal("-0.5"))
    ('1,250.00', '-0.50')
    """
    return _fixed(value, 2)


def significant(value: Any) -> str:
    """Write a measure of any size: whole from a hundred on, below it with three figures.

    Examples
    --------
    >>> significant(1234.5), significant(2.345), significant(0.0012345), significant(0)
    ('1,235', '2.35', '0.00123', '0')
    """
    if not _is_known(value) or value == 0:
        return UNKNOWN if not _is_known(value) else "0"
    return _trimmed(_quantized(_decimal(value), max(2 - _decimal(value).adjusted(), 0)))


def short(value: Any, *, trimmed: bool = True) -> str:
    """Write an amount in three figures or so.

    Parameters
    ----------
    value : number
    trimmed : bool, default True
        Whether it has no more decimals than it needs; otherwise thousands, millions and billions
        have one decimal each, as amounts that are compared do.

    Examples
    --------
    >>> short(812), short(3412), short(-1_250_000), short(999_960)
    ('812', '3.4k', '-1.3M', '1M')
    >>> short(812, trimmed=False), short(2_000_000, trimmed=False), short(310_440, trimmed=False)
    ('812', '2.0M', '310.4k')
    """
    if not _is_known(value):
        return UNKNOWN
    amount = _decimal(value)
    if not trimmed:
        return _with_a_decimal(amount)
    for exponent, letter in _SIZES:
        scaled = _shown(amount.scaleb(-exponent, _ARITHMETIC), after_thousands=bool(exponent))
        if abs(scaled) < 1000 or letter == "bn":
            return f"{_trimmed(scaled)}{letter}"
    raise AssertionError("the last size takes every amount")


def short_tick(value: Any) -> str:
    """Write an amount at a tick of an axis: with no more decimals than it has.

    Examples
    --------
    >>> short_tick(1_250_000), short_tick(-500), short_tick(0.25)
    ('1.25M', '-500', '0.25')
    """
    amount = _decimal(value)
    exponent, letter = max(size for size in _SIZES if abs(amount) >= 10 ** size[0] or size[0] == 0)
    return f"{_trimmed(_quantized(amount.scaleb(-exponent, _ARITHMETIC), 6))}{letter}"


def signed(value: Any) -> str:
    """Write a change of an amount with its sign and two decimals.

    Examples
    --------
    >>> signed(1000), signed(Decimal("-0.5")), signed(0)
    ('+1,000.00', '-0.50', '0.00')
    """
    return _with_sign(value, exact(value))


def signed_rounded(value: Any) -> str:
    """Write a change of a count or a sum with its sign, without its fraction.

    Examples
    --------
    >>> signed_rounded(1000), signed_rounded(-2.5), signed_rounded(0)
    ('+1,000', '-3', '0')
    """
    return _with_sign(value, rounded(value))


def signed_short(value: Any) -> str:
    """Write a change with its sign in three figures or so.

    Examples
    --------
    >>> signed_short(3412), signed_short(-3412), signed_short(0)
    ('+3.4k', '-3.4k', '0')
    """
    return _with_sign(value, short(value))


def points(value: Any) -> str:
    """Write a change in percentage points.

    Examples
    --------
    >>> points(5.25), points(-0.04), points(0)
    ('+5.3', '-0.0', '0.0')
    """
    if not _is_known(value):
        return UNKNOWN
    difference = _quantized(_decimal(value), _SHARE_PLACES - 2)
    text = _fixed(difference, 1)
    if difference < 0 and not text.startswith("-"):
        return f"-{text}"
    return _with_sign(difference, text)


def percent(part: Any, whole: Any = 1) -> str:
    """Write a share, of a whole or, without one, of 1.

    Never 100% for less than all, nor 0% for more than none.

    Examples
    --------
    >>> percent(1, 8), percent(0.125), percent(0), percent(1), percent(0, 0)
    ('12.5%', '12.5%', '0%', '100%', 'no share')
    >>> percent(1, 3000), percent(2999, 3000), percent(1.0442)
    ('< 0.1%', '> 99.9%', '104.4%')
    """
    share = _share(part, whole)
    if share is None:
        return UNKNOWN if _is_known(whole) and whole else _NO_SHARE
    shown = _quantized(share * 100, 1)
    if share in (0, 1):
        return f"{shown:,.0f}%"
    if shown == 0:
        return "< 0.1%" if share > 0 else "> -0.1%"
    if shown == 100:
        return "> 99.9%" if share < 1 else "< 100.1%"
    return f"{shown:,.1f}%"


def percent_tick(share: Any) -> str:
    """Write a share at a tick of an axis: with no more decimals than it has.

    Examples
    --------
    >>> percent_tick(0.2), percent_tick(0.025)
    ('20%', '2.5%')
    """
    return f"{_trimmed(_quantized(_decimal(share) * 100, 6))}%"


def change(share: Any) -> str:
    """Write by what share something grew.

    Examples
    --------
    >>> change(0.125), change(-0.03), change(0)
    ('+12.5%', '-3.0%', '0%')
    """
    return _with_sign(share, percent(share))


def share_of(part: Any, whole: Any, write: Callable[[Any], str] = number) -> str:
    """Write a share with what it is a share of; `write` writes both.

    Examples
    --------
    >>> share_of(4519, 5993), share_of(0, 0), share_of(12.4, 99.6, rounded)
    ('75.4% (4,519 of 5,993)', 'no share (there are none)', '12.4% (12 of 100)')
    """
    share = percent(part, whole)
    if share == _NO_SHARE:
        return f"{_NO_SHARE} (there are none)"
    return f"{share} ({write(part)} of {write(whole)})"


def limits(low: Any, high: Any, write: Callable[[Any], str] = number) -> str:
    """Write the limits of an interval; `write` writes each, an en dash stands for an unknown one.

    Examples
    --------
    >>> limits(40, 90), limits(0.25, 0.5, percent)
    ('40 to 90', '25.0% to 50.0%')
    >>> limits(40, float("inf")) == f"40 to {UNKNOWN}", limits(None, None) == UNKNOWN
    (True, True)
    """
    if not (_is_known(low) or _is_known(high)):
        return UNKNOWN
    return " to ".join(write(limit) if _is_known(limit) else UNKNOWN for limit in (low, high))


def roughly(share: Any) -> str:
    """Say a share as a person would begin a sentence with it; within a point of a simple one.

    Examples
    --------
    >>> roughly(0.338), roughly(0.51), roughly(0.511)
    ('A third', 'Half', '51.1%')
    """
    if _is_known(share):
        for simple, words in _SIMPLE_SHARES:
            if abs(_quantized(_decimal(share) - simple, _SHARE_PLACES)) <= Decimal("0.01"):
                return words
    return percent(share)


def counted(count: Any, noun: str, nouns: str | None = None) -> str:
    """Write a number with its noun.

    Examples
    --------
    >>> counted(1, "case"), counted(1200, "case"), counted(0, "entry", "entries")
    ('1 case', '1,200 cases', '0 entries')
    """
    return f"{number(count)} {noun if count == 1 else nouns or noun + 's'}"


def seconds(value: Any) -> str:
    """Write how long something took.

    Examples
    --------
    >>> seconds(7.25)
    '7.3 s'
    """
    return f"{_fixed(value, 1)} s"


def _is_known(value: Any) -> bool:
    try:
        return math.isfinite(value)
    except TypeError:  # None, and pandas' NA
        return False


def _decimal(value: Any) -> Decimal:
    """Return the decimal that a value is written as: 0.1 is one tenth."""
    if isinstance(value, Decimal):
        return value
    if hasattr(value, "__index__"):
        return Decimal(int(value))
    return Decimal(repr(float(value)))


def _with_a_decimal(amount: Decimal) -> str:
    for exponent, letter in _SIZES:
        shown = _quantized(amount.scaleb(-exponent, _ARITHMETIC), 1 if exponent else 0)
        if abs(shown) < 1000 or letter == "bn":
            return f"{abs(shown) if shown == 0 else shown:,f}{letter}"
    raise AssertionError("the last size takes every amount")


def _quantized(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), context=_ARITHMETIC)


def _fixed(value: Any, places: int) -> str:
    if not _is_known(value):
        return UNKNOWN
    shown = _quantized(_decimal(value), places)
    return f"{abs(shown) if shown == 0 else shown:,f}"


def _shown(scaled: Decimal, *, after_thousands: bool) -> Decimal:
    """Return three figures or so of an amount in its size."""
    if after_thousands:
        tenths = _quantized(scaled, 1)
        return _quantized(scaled, 0) if abs(tenths) >= 100 else tenths
    hundredths = _quantized(scaled, 2)
    return _quantized(scaled, 0) if abs(hundredths) >= 10 else hundredths


def _trimmed(shown: Decimal) -> str:
    text = f"{abs(shown) if shown == 0 else shown:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _with_sign(value: Any, text: str) -> str:
    return f"+{text}" if _is_known(value) and value > 0 else text


def _share(part: Any, whole: Any) -> Decimal | None:
    if not (_is_known(part) and _is_known(whole) and whole):
        return None
    share = _ARITHMETIC.divide(_decimal(part), _decimal(whole))
    return _quantized(share, _SHARE_PLACES)
