"""Money: sums and prices with the currency in front, where it is known.

A sign stands before the currency; without a currency an amount stands alone. What is missing or not
finite is an en dash.
"""

from typing import Any

from .numbers import UNKNOWN, exact, rounded, short


def money(value: Any, currency: str | None = None) -> str:
    """Write a sum of money, whole.

    Examples
    --------
    >>> money(1250.5), money(-1250.5, "EUR")
    ('1,251', '-EUR 1,251')
    """
    return _with_currency(rounded(value), currency)


def short_money(value: Any, currency: str | None = None, *, trimmed: bool = True) -> str:
    """Write a sum of money in three figures or so; `trimmed` is as in :func:`short`.

    Examples
    --------
    >>> short_money(1_250_000, "EUR"), short_money(812), short_money(2e6, trimmed=False)
    ('EUR 1.3M', '812', '2.0M')
    """
    return _with_currency(short(value, trimmed=trimmed), currency)


def signed_money(value: Any, currency: str | None = None) -> str:
    """Write a change of a sum of money with its sign, whole.

    Examples
    --------
    >>> signed_money(1250, "EUR"), signed_money(-1250, "EUR"), signed_money(0, "EUR")
    ('+EUR 1,250', '-EUR 1,250', 'EUR 0')
    """
    return _risen(value, money(value, currency))


def signed_short_money(value: Any, currency: str | None = None, *, trimmed: bool = True) -> str:
    """Write a change of a sum of money with its sign; `trimmed` is as in :func:`short`.

    Examples
    --------
    >>> signed_short_money(3412, "EUR"), signed_short_money(-3412)
    ('+EUR 3.4k', '-3.4k')
    """
    return _risen(value, short_money(value, currency, trimmed=trimmed))


def price(value: Any, currency: str | None = None) -> str:
    """Write a single price: two decimals always.

    Examples
    --------
    >>> price(1250, "EUR")
    'EUR 1,250.00'
    """
    return _with_currency(exact(value), currency)


def in_currency(quantity: str, currency: str | None) -> str:
    """Name what an axis or a column of bare amounts shows, with their currency.

    Examples
    --------
    >>> in_currency("annual value", "EUR"), in_currency("annual value", None)
    ('annual value, EUR', 'annual value')
    """
    return f"{quantity}, {currency}" if currency else quantity


def _with_currency(text: str, currency: str | None) -> str:
    if currency is None or text == UNKNOWN:
        return text
    sign = "-" if text.startswith("-") else ""
    return f"{sign}{currency} {text.removeprefix('-')}"


def _risen(value: Any, text: str) -> str:
    return f"+{text}" if text != UNKNOWN and value > 0 else text
