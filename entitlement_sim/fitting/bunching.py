"""How far a customer's cases come in bunches: its weeks against those of independent cases."""

import math
from typing import Final

import numpy as np

from .day_totals import DayTotals, on_covered_days
from .learned import Number, positive
from .seen import DAY, Ints, Seen

#: Fewest cases of a customer that is looked at, fewest such customers, and most.
_LEAST_CASES: Final = 10
_LEAST_CUSTOMERS: Final = 10
_MOST_CUSTOMERS: Final = 5_000


def weekly_dispersion(seen: Seen, ids: Ints, calendar: DayTotals) -> Number | None:
    """Return how many times as much as by chance the weeks of customers vary.

    Of each customer with ten cases or more, the cases of its weeks under cover are held against
    what the busyness of these weeks would have given to each: the sum of Pearson's statistics over
    that of their degrees, a ratio whose error is that of customers drawn anew.

    Returns
    -------
    Number or None
        None where fewer than ten customers have so many cases.
    """
    rows = on_covered_days(seen)
    rows = rows[rows["customer_id"].isin(ids)]
    known, counts = np.unique(rows["customer_id"].to_numpy(np.int64), return_counts=True)
    chosen = known[counts >= _LEAST_CASES]
    if len(chosen) < _LEAST_CUSTOMERS:
        return None
    if len(chosen) > _MOST_CUSTOMERS:
        chosen = np.sort(np.random.default_rng(0).choice(chosen, _MOST_CUSTOMERS, replace=False))
    covered = seen.covered[seen.covered["customer_id"].isin(chosen)]
    who = np.searchsorted(chosen, covered["customer_id"].to_numpy(np.int64))
    first = covered["first_day"].to_numpy(np.int64)
    last = covered["last_day"].to_numpy(np.int64)
    # Weeks of each stretch of cover, from Monday to Sunday.
    week, until = (first + 3) // 7, (last + 3) // 7
    long = until - week + 1
    of = np.repeat(np.arange(len(week)), long)
    weeks = week[of] + np.arange(len(of)) - np.repeat(np.cumsum(long) - long, long)
    begins = np.maximum(weeks * 7 - 3, first[of]) - seen.begins
    ends = np.minimum(weeks * 7 + 4, last[of] + 1) - seen.begins
    base = int(week.min())
    cell = who[of] * 10_000 + weeks - base
    cells, place = np.unique(cell, return_inverse=True)
    busy = np.bincount(place, calendar.busy[ends] - calendar.busy[begins])
    customer = cells // 10_000
    mine = rows[rows["customer_id"].isin(chosen)]
    by = np.searchsorted(chosen, mine["customer_id"].to_numpy(np.int64))
    of_case = by * 10_000 + (mine["created"].to_numpy(np.int64) // DAY + 3) // 7 - base
    cases = np.bincount(np.searchsorted(cells, of_case), minlength=len(cells)).astype(np.float64)
    speaks = busy > 0
    customer, busy, cases = customer[speaks], busy[speaks], cases[speaks]
    size = len(chosen)
    rates = np.bincount(customer, cases, size) / np.bincount(customer, busy, size)
    expected = busy * rates[customer]
    statistic = np.bincount(customer, (cases - expected) ** 2 / expected, size)
    degrees = np.bincount(customer, minlength=size) - 1.0
    if degrees.sum() <= 0:
        return None
    ratio = float(statistic.sum() / degrees.sum())
    apart = statistic - ratio * degrees
    error = math.sqrt(float((apart**2).sum()) * size / (size - 1)) / float(degrees.sum())
    return positive(ratio, error, "dispersion of a customer's weeks")
