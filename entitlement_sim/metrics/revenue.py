"""When the price of an entitlement becomes revenue, month by month.

All amounts are whole hundredths. Revenue to date is rounded (half up) at the end of each month
and a month gets the difference, so the months add up to the price exactly and a month that has
been reported never changes because of later ones.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from operator import index

#: A share, written as text, decimal or fraction; a float counts as the decimal that it prints.
Share = Fraction | Decimal | int | float | str


def proportional(
    price: int,
    allotment: int | Sequence[int] | None,
    used: Sequence[int],
    breakage_rate: Share | Sequence[Share] | None,
    *,
    closes: int | None,
    remitted: int = 0,
) -> tuple[int, ...]:
    """Revenue by month where breakage is expected (ASC 606-10-55-46 to 49, IFRS 15 B44 to B47).

    Revenue to date is price * min(1, U / (A (1 - b))): what is expected to go unused is
    recognised in the pattern of what is used. The rest comes when the entitlement closes.

    Parameters
    ----------
    price : int
        In hundredths of the currency.
    allotment : int or sequence of int
        A, in hundredths of a term, all top-ups included; one a month where it changed.
        With 0 there is nothing to use and the price waits for the end. None (unlimited) is an
        error: see :func:`stand_ready`.
    used : sequence of int
        U, net use to the end of each month, in hundredths of a term.
    breakage_rate : share, sequence of shares, or None
        b, the share of A expected to go unused, from 0 to 1. One a month where it was estimated
        anew: the month of a new estimate catches up. None where no estimate can be supported:
        then the price follows use alone (:func:`remote`). With 1 no use is expected at all, and
        the first use makes the whole price revenue.
    closes : int or None
        Place in `used` of the month in which the last right lapses (the effective end, or later
        where a grace period keeps it open); None while it is still running.
    remitted : int, default 0
        Part of the price that the law on unclaimed property gives to somebody else (ASC
        606-10-55-49): it never becomes revenue.

    Returns
    -------
    tuple of int
        Hundredths of the currency for each month; they add up to ``price - remitted`` once
        closed. Months after closing get 0; a month in which use was given back may be negative.

    Raises
    ------
    ValueError
        If an amount is negative, the allotment is unlimited, a share lies outside 0 to 1, or a
        sequence has another length than `used`.

    Examples
    --------
    A pack of 10 cases for 100.00, used 2, 4 and 6; 20 % breakage expected, then 30 %.

    >>> proportional(10000, 1000, [200, 400, 600], "0.2", closes=2)
    (2500, 2500, 5000)
    >>> proportional(10000, 1000, [200, 400, 600], ["0.2", "0.3", "0.3"], closes=None)
    (2500, 3214, 2857)
    """
    months = len(used)
    _require_amounts(price, remitted, closes, months)
    rates = _per_month(0 if breakage_rate is None else breakage_rate, months)
    to_date = [
        price * _earned(index(use), total, rate)
        for use, total, rate in zip(used, _allotments(allotment, months), rates, strict=True)
    ]
    return _months(to_date, price - remitted, closes)


def remote(
    price: int,
    allotment: int | Sequence[int] | None,
    used: Sequence[int],
    *,
    closes: int | None,
    remitted: int = 0,
) -> tuple[int, ...]:
    """Revenue by month where no breakage can be supported (ASC 606-10-55-48).

    Revenue to date is price * U / A until the exercise of what is left becomes remote, then the
    rest. That is the effective end unless said otherwise.

    Parameters
    ----------
    price, allotment, used, remitted
        As in :func:`proportional`.
    closes : int or None
        Place in `used` of the month in which exercise becomes remote: the one of the effective
        end, or of the last day of grace after it; None while it is not.

    Returns
    -------
    tuple of int
        As in :func:`proportional`.

    Raises
    ------
    ValueError
        As in :func:`proportional`.

    Examples
    --------
    The same pack; use becomes remote in the fourth month.

    >>> remote(10000, 1000, [200, 400, 600, 600], closes=3)
    (2000, 2000, 2000, 4000)
    """
    return proportional(price, allotment, used, None, closes=closes, remitted=remitted)


def stand_ready(
    price: int,
    first_day: date,
    last_day: date,
    month_ends: Sequence[date],
    *,
    cancelled_on: date | None = None,
) -> tuple[int, ...]:
    """Revenue by month where the promise is to stand ready: a straight line over the term.

    Parameters
    ----------
    price : int
        In hundredths of the currency.
    first_day, last_day : date
        Of the term, both inclusive.
    month_ends : sequence of date
        Last day of each month to report, ascending. The first one gets all from the start.
    cancelled_on : date, optional
        The day on which it was cancelled, no longer covered. Nothing is owed after it, so the
        rest of the price becomes revenue then; take a refund off the price first.

    Returns
    -------
    tuple of int
        Hundredths of the currency for each month; they add up to `price` once the term is over.

    Raises
    ------
    ValueError
        If the price is negative, the term ends before it starts, or months do not ascend.

    Examples
    --------
    >>> stand_ready(10000, date(2024, 1, 16), date(2024, 4, 14),
    ...             [date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30)])
    (1778, 3222, 3444, 1556)
    """
    if last_day < first_day:
        raise ValueError(f"the term ends on {last_day}, before it starts on {first_day}")
    if any(after <= before for before, after in pairwise(month_ends)):
        raise ValueError("month ends must ascend")
    days = (last_day - first_day).days + 1
    over = last_day if cancelled_on is None else min(last_day, cancelled_on)
    closes = next((place for place, end in enumerate(month_ends) if end >= over), None)
    _require_amounts(price, 0, closes, len(month_ends))
    to_date = [Fraction(price * max(0, (end - first_day).days + 1), days) for end in month_ends]
    return _months(to_date, price, closes)


def _earned(used: int, allotment: int, breakage_rate: Fraction) -> Fraction:
    """Share of the price that use has earned; with nothing to use it waits for the end."""
    if used <= 0 or allotment <= 0:
        return Fraction(0)
    expected = allotment * (1 - breakage_rate)
    return min(Fraction(1), used / expected) if expected else Fraction(1)


def _months(to_date: Sequence[Fraction], most: int, closes: int | None) -> tuple[int, ...]:
    """Differences of revenue to date, all of it from the month that closes."""
    rounded = [min(most, _half_up(amount)) for amount in to_date]
    if closes is not None:
        rounded[closes:] = [most] * (len(rounded) - closes)
    return tuple(after - before for before, after in pairwise([0, *rounded]))


def _half_up(amount: Fraction) -> int:
    return int(amount + Fraction(1, 2))


def _per_month(rates: Share | Sequence[Share], months: int) -> list[Fraction]:
    if isinstance(rates, str) or not isinstance(rates, Sequence):
        return [_share(rates)] * months
    _require_length(len(rates), months)
    return [_share(rate) for rate in rates]


def _allotments(allotment: int | Sequence[int] | None, months: int) -> list[int]:
    if allotment is None:
        raise ValueError("an unlimited entitlement has no share used; its price is stand-ready")
    if not isinstance(allotment, Sequence):
        return [index(allotment)] * months
    _require_length(len(allotment), months)
    return [index(total) for total in allotment]


def _require_length(given: int, months: int) -> None:
    if given != months:
        raise ValueError(f"{given} values for {months} months")


def _share(value: Share) -> Fraction:
    share = Fraction(str(value)) if isinstance(value, float) else Fraction(value)
    if not 0 <= share <= 1:
        raise ValueError(f"a breakage rate lies from 0 to 1, not {value}")
    return share


def _require_amounts(price: int, remitted: int, closes: int | None, months: int) -> None:
    if not 0 <= remitted <= price:
        raise ValueError(f"of a price of {price} hundredths {remitted} cannot be remitted")
    if closes is not None and not 0 <= closes < months:
        raise ValueError(f"month {closes} is not among the {months} months given")
