"""Periods of an allowance: when each of them begins, and how much it grants.

Periods are numbered from 0, with which the term begins. They are so many months long, or so many
days where `months` is 0; on a calendar they begin with its months, quarters or years.
"""

from .allotment import ONE_CASE
from .days import first_of_month, month_and_day, months_later
from .words import Allocation

#: Months of the periods that have a name.
MONTHS_OF_PERIOD = {"month": 1, "quarter": 3, "year": 12}

#: Last day of a term that has no end, 2199-12-31: the last one that a scenario can name.
OPEN_END = 84_005


def calendar_begins(day: int, months: int) -> int:
    """First day of the calendar's span of so many months in which a day lies (rule B1).

    Spans of 1, 3 and 12 months begin with a month, a quarter and a year.
    """
    count, _ = month_and_day(day)
    from_january = count + 2  # months are counted from March
    return first_of_month(from_january // months * months - 2) - 719_468


def period_begins(start: int, months: int, days: int, on_calendar: bool, number: int) -> int:
    """First day of a period, as if the first were a whole one (rule B1)."""
    if months == 0:
        return start + number * days
    if on_calendar:
        return months_later(calendar_begins(start, months), number * months)
    return months_later(start, number * months)


def period_at(start: int, months: int, days: int, on_calendar: bool, day: int) -> int:
    """Number of the period in which a day lies; 0 for what comes before the start (rule B1)."""
    if day <= start:
        return 0
    number = (day - start) // (31 * months if months > 0 else days)
    while period_begins(start, months, days, on_calendar, number + 1) <= day:
        number += 1
    return number


def granted(
    terms: int, first: int, following: int, counted_from: int, counted_to: int, allocation: int
) -> int:
    """Hundredths that a period grants, of which some days count (rule B1).

    Parameters
    ----------
    terms : int
        Of a whole period.
    first, following : int
        First day of the whole period, and of the next one.
    counted_from, counted_to : int
        First and last day that count: those of the part that the term covers where that is
        prorated, else those of the whole period. Cases are rounded down to whole ones, hours to
        the nearest hundredth.
    """
    whole = following - first
    days = counted_to - counted_from + 1
    if days >= whole:
        return terms
    if allocation == Allocation.CASES:
        return terms * days // (whole * ONE_CASE) * ONE_CASE
    return (2 * terms * days + whole) // (2 * whole)
