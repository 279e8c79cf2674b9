"""Amounts as people write them (`Decimal`, two places) and inside (whole hundredths of a term)."""

from decimal import Decimal, InvalidOperation

#: What a person may write for an amount of terms.
WrittenAmount = Decimal | int | str

_HUNDREDTH = Decimal("0.01")


def hundredths(amount: WrittenAmount) -> int:
    """Return an amount of terms in whole hundredths (rule T6).

    Parameters
    ----------
    amount : Decimal, int or str
        Terms, with at most two decimals.

    Raises
    ------
    ValueError
        The amount is no finite number or has more than two decimals.

    Examples
    --------
    >>> hundredths("9.67")
    967
    """
    try:
        scaled = Decimal(amount) * 100
    except InvalidOperation:
        raise ValueError(f"'{amount}' is not a number of terms") from None
    if not scaled.is_finite():
        raise ValueError(f"'{amount}' is not a number of terms")
    if scaled != int(scaled):
        raise ValueError(f"{amount} has more than two decimals")
    return int(scaled)


def prorated(amount: int, days: int, whole: int, unit: int) -> int:
    """Part of an amount by days: ``amount * days / whole``, to the nearest unit, halves up.

    Parameters
    ----------
    amount : int
        Hundredths of a term or of money, up to 10¹³.
    days, whole : int
        Days of the part, and of the whole: at least 1, up to 100,000.
    unit : int
        What the answer is a multiple of: 1, or 100 where only whole cases may be held (rule T7).

    Examples
    --------
    >>> prorated(150_000, 297, 365, 1)  # 1,500.00 a year, from 10 March to 31 December
    122055
    >>> prorated(1000, 297, 365, 100)  # ten cases
    800
    """
    return (2 * amount * days + unit * whole) // (2 * unit * whole) * unit


def terms(hundredths: int) -> Decimal:
    """Return whole hundredths as terms with two decimals (rule T6).

    Examples
    --------
    >>> terms(967)
    Decimal('9.67')
    """
    return (Decimal(hundredths) / 100).quantize(_HUNDREDTH)


def plain(hundredths: int) -> str:
    """Write whole hundredths as a person would: ``10``, ``9.5``, ``-0.33`` (rule T6).

    Examples
    --------
    >>> plain(1000), plain(950), plain(-33)
    ('10', '9.5', '-0.33')
    """
    text = f"{terms(hundredths):f}"
    return text.rstrip("0").rstrip(".")
