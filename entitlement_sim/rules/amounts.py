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
