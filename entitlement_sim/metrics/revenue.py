"""When the price of an entitlement, or of a portfolio of them, becomes revenue, month by month.

All amounts are whole hundredths. Revenue to date is rounded (half up) at the end of each month
and a month gets the difference, so the months add up to the price exactly and a month that has
been reported never changes because of later ones.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from operator import index
from typing import NamedTuple

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
    refunded: int = 0,
) -> tuple[int, ...]:
    """Revenue by month where breakage is expected (ASC 606-10-55-46 to 49, IFRS 15 B44 to B47).

    Revenue to date is (price - remitted) * min(1, U / (A (1 - b))): what is expected to go unused
    is recognised in the pattern of what is used. The rest comes when the entitlement closes. This
    is the reading by contract; :func:`proportional_by_portfolio` has the other one.

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
        606-10-55-49): it never becomes revenue, neither along with use nor at the close, and is a
        liability until it is paid over.
    refunded : int, default 0
        Part of the price that was given back when a cancellation closed the entitlement. Nobody
        knew before, so only that month has less.

    Returns
    -------
    tuple of int
        Hundredths of the currency for each month; they add up to ``price - remitted - refunded``
        once closed. Months after closing get 0; a month in which use or money was given back may
        be negative.

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

    A tenth of the price belongs to the state: half of what will be used is half of the rest.

    >>> proportional(100000, 100000, [45000, 90000], "0.1", closes=None, remitted=10000)
    (45000, 45000)
    """
    months = len(used)
    _require_amounts(price, remitted, refunded, closes, months)
    rates = _per_month(0 if breakage_rate is None else breakage_rate, months)
    earns = price - remitted
    to_date = [
        earns * _progress(index(use), total, rate)
        for use, total, rate in zip(used, _allotments(allotment, months), rates, strict=True)
    ]
    return _months(to_date, earns, closes, refunded)


class Contract(NamedTuple):
    """An entitlement as a part of a portfolio; months are those of the portfolio.

    Attributes
    ----------
    price : int
        In hundredths of the currency.
    allotment : int or sequence of int
        A, in hundredths of a term; one a month where it changed.
    used : sequence of int
        U, net use to the end of each month, in hundredths of a term.
    opens : int, default 0
        Place of the month in which it begins.
    closes : int or None, default None
        Place of the month in which its last right lapses; None while it is still running.
    remitted, refunded : int, default 0
        Parts of the price, as in :func:`proportional`.
    """

    price: int
    allotment: int | Sequence[int]
    used: Sequence[int]
    opens: int = 0
    closes: int | None = None
    remitted: int = 0
    refunded: int = 0


def proportional_by_portfolio(
    contracts: Iterable[Contract], breakage_rate: Share | Sequence[Share] | None
) -> tuple[int, ...]:
    """Revenue by month of a portfolio whose expected breakage is spread over all of its use.

    The contracts that run at the close of a month have earned P * min(1, sum U / (sum A (1 - b)))
    together, P being the sum of their prices less what is remitted: b is a rate of the portfolio,
    so it is met by the portfolio's use, and a contract that nobody uses earns along with the
    others (ASC 606-10-10-4 lets a portfolio be reckoned as one contract). By contract
    (:func:`proportional`) the same contract would earn nothing until it closes. Both readings come
    to the same once every contract has closed; in between they may be far apart, so say which one
    is shown.

    Parameters
    ----------
    contracts : iterable of Contract
        Of one kind, so that one b holds for all, in months of equal number.
    breakage_rate : share, sequence of shares, or None
        b, as in :func:`proportional`.

    Returns
    -------
    tuple of int
        Hundredths of the currency for each month: what closes in it, and the change of what the
        running ones have earned. Where heavily used contracts close, this change may be negative.

    Raises
    ------
    ValueError
        As in :func:`proportional`, or if a contract begins outside the months or after its close.

    Examples
    --------
    Two packs of 10 cases for 100.00, of which only one is ever used; half is expected to break.

    >>> used = Contract(10000, 1000, [500, 1000], closes=1)
    >>> unused = Contract(10000, 1000, [0, 0], closes=1)
    >>> proportional_by_portfolio([used, unused], "0.5")
    (10000, 10000)
    >>> [proportional(*contract[:3], "0.5", closes=1) for contract in (used, unused)]
    [(10000, 0), (0, 10000)]
    """
    portfolio = list(contracts)
    months = len(portfolio[0].used) if portfolio else 0
    rates = _per_month(0 if breakage_rate is None else breakage_rate, months)
    closed, earns, used, held = ([0] * months for _ in range(4))
    for contract in portfolio:
        _require_length(len(contract.used), months)
        price, allotment, uses, opens, closes, remitted, refunded = contract
        _require_amounts(price, remitted, refunded, closes, months)
        running_until = months if closes is None else closes
        if not 0 <= opens <= running_until:
            raise ValueError(f"month {opens} is no beginning among {months} months")
        allotments = _allotments(allotment, months)
        for month in range(opens, running_until):
            earns[month] += price - remitted
            used[month] += index(uses[month])
            held[month] += allotments[month]
        for month in range(running_until, months):
            closed[month] += price - remitted - refunded
    to_date = [
        closed[month] + _half_up(earns[month] * _progress(used[month], held[month], rates[month]))
        for month in range(months)
    ]
    return tuple(after - before for before, after in pairwise([0, *to_date]))


def remote(
    price: int,
    allotment: int | Sequence[int] | None,
    used: Sequence[int],
    *,
    closes: int | None,
    remitted: int = 0,
    refunded: int = 0,
) -> tuple[int, ...]:
    """Revenue by month where no breakage can be supported (ASC 606-10-55-48).

    Revenue to date is (price - remitted) * U / A until the exercise of what is left becomes
    remote, then the rest. That is the effective end unless said otherwise.

    Parameters
    ----------
    price, allotment, used, remitted, refunded
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
    return proportional(
        price, allotment, used, None, closes=closes, remitted=remitted, refunded=refunded
    )


def stand_ready(
    price: int,
    first_day: date,
    last_day: date,
    month_ends: Sequence[date],
    *,
    cancelled_on: date | None = None,
    refunded: int = 0,
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
        The day on which it was cancelled, no longer covered. Nothing is owed after it, so what is
        left of the price becomes revenue then, less the refund.
    refunded : int, default 0
        What was given back on that day, in hundredths.

    Returns
    -------
    tuple of int
        Hundredths of the currency for each month; they add up to ``price - refunded`` once the term
        is over.

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
    _require_amounts(price, 0, refunded, closes, len(month_ends))
    to_date = [Fraction(price * max(0, (end - first_day).days + 1), days) for end in month_ends]
    return _months(to_date, price, closes, refunded)


def _progress(used: int, allotment: int, breakage_rate: Fraction) -> Fraction:
    """Share of the expected use that has come; with nothing to use all waits for the end."""
    if used <= 0 or allotment <= 0:
        return Fraction(0)
    expected = allotment * (1 - breakage_rate)
    return min(Fraction(1), used / expected) if expected else Fraction(1)


def _months(
    to_date: Sequence[Fraction], most: int, closes: int | None, refunded: int
) -> tuple[int, ...]:
    """Differences of revenue to date, all that is not refunded from the month that closes."""
    rounded = [min(most, _half_up(amount)) for amount in to_date]
    if closes is not None:
        rounded[closes:] = [most - refunded] * (len(rounded) - closes)
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


def _require_amounts(
    price: int, remitted: int, refunded: int, closes: int | None, months: int
) -> None:
    if not 0 <= remitted <= price:
        raise ValueError(f"of a price of {price} hundredths {remitted} cannot be remitted")
    if not 0 <= refunded <= price - remitted:
        raise ValueError(f"of {price - remitted} hundredths {refunded} cannot be refunded")
    if closes is not None and not 0 <= closes < months:
        raise ValueError(f"month {closes} is not among the {months} months given")
