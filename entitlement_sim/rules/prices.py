"""Prices: of a term by its periods or by what its customer spends; rises, discounts, refunds.

Money is whole hundredths of the currency. Every price is rounded once, halves up.
"""

from collections.abc import Sequence

from .amounts import prorated
from .burning import WHOLE_SHARE
from .days import months_later

#: No price is higher: what a scenario may write at the most, in hundredths.
HIGHEST_PRICE = 10_000_000_000_000
#: Nor does anybody spend more than this.
HIGHEST_SPEND = 100_000_000_000


def price_of_periods(amount: int, months: int, start: int, last: int) -> int:
    """Price of a term that costs so much a month, quarter or year.

    Parameters
    ----------
    amount : int
        Price of a period.
    months : int
        Months of a period; periods count from the first day of the term.
    start, last : int
        First and last day of the term. A part of a period counts by its days of the whole one.

    Examples
    --------
    >>> price_of_periods(12_500, 1, 0, 364)  # 1 January to 31 December 1970
    150000
    >>> price_of_periods(12_500, 1, 0, 45)  # and to 15 February: 15 of 28 days
    19196
    """
    periods = 0
    while months_later(start, (periods + 1) * months) <= last + 1:
        periods += 1
    begins = months_later(start, periods * months)
    following = months_later(start, (periods + 1) * months)
    part = prorated(amount, last + 1 - begins, following - begins, 1)
    return min(periods * amount + part, HIGHEST_PRICE)


def price_of_spend(
    spend: int, bands: Sequence[int], first: int, count: int, above: int, at_least: int
) -> int:
    """Price by what a customer spends: the rate of each band of what lies in it.

    Parameters
    ----------
    spend : int
        Up to :data:`HIGHEST_SPEND`.
    bands : sequence of int
        From place `first` on `count` pairs: up to which spend a band goes, rising, and its rate.
        Rates are whole parts of ``burning.WHOLE_SHARE``.
    first, count : int
    above : int
        Rate of what lies above the last band.
    at_least : int
        Least price.

    Examples
    --------
    >>> bands = [1_000_000, 1000, 8_000_000, 700]  # 10 % to 10,000, 7 % to 80,000
    >>> price_of_spend(8_500_000, bands, 0, 2, 500, 10_000)  # 5 % above, at least 100
    615000
    """
    rated = 0
    below = 0
    for place in range(first, first + 2 * count, 2):
        rated += max(min(spend, bands[place]) - below, 0) * bands[place + 1]
        below = bands[place]
    rated += max(spend - below, 0) * above
    return max((2 * rated + WHOLE_SHARE) // (2 * WHOLE_SHARE), at_least)


def risen(price: int, rise: int, times: int) -> int:
    """Price that has risen so many times, each time rounded.

    Parameters
    ----------
    price : int
        Up to :data:`HIGHEST_PRICE`, which it does not exceed.
    rise : int
        Whole parts of ``burning.WHOLE_SHARE``.
    times : int

    Examples
    --------
    >>> risen(99_99, 500, 2)  # 99.99, 104.99, 110.24
    11024
    """
    for _ in range(times):
        price = min(prorated(price, WHOLE_SHARE + rise, WHOLE_SHARE, 1), HIGHEST_PRICE)
    return price


def discounted(price: int, off: int) -> int:
    """Price less a discount, which is whole parts of ``burning.WHOLE_SHARE``.

    Examples
    --------
    >>> discounted(99_99, 1500)
    8499
    """
    return prorated(price, WHOLE_SHARE - off, WHOLE_SHARE, 1)


def unused_price(price: int, start: int, last: int, cancelled_on: int) -> int:
    """What of a price is for the days of a term that a cancellation leaves.

    The day of the cancellation is the first of them.

    Examples
    --------
    >>> unused_price(36_500, 0, 364, 265)
    10000
    """
    return prorated(price, last + 1 - max(min(cancelled_on, last + 1), start), last - start + 1, 1)
