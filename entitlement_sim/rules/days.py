"""Days as the rules count them: whole numbers from 1970-01-01 on; and months between them."""

from datetime import date
from typing import Final

_EPOCH: Final = date(1970, 1, 1).toordinal()


def day_number(day: date) -> int:
    """Return the days from 1970-01-01 to `day`; states change by whole days (rule L3).

    Examples
    --------
    >>> day_number(date(2025, 1, 31))
    20119
    """
    return day.toordinal() - _EPOCH


def day_of(number: int) -> date:
    """Return the date of a day number (rule L3).

    Examples
    --------
    >>> day_of(20119)
    datetime.date(2025, 1, 31)
    """
    return date.fromordinal(number + _EPOCH)


def months_later(day: int, months: int) -> int:
    """Day number of the same day of the month, `months` later; or the month's last (rules L3, B1).

    Examples
    --------
    >>> day_of(months_later(day_number(date(2025, 1, 31)), 1))
    datetime.date(2025, 2, 28)
    """
    count, of_month = month_and_day(day)
    count += months
    first = first_of_month(count)
    return min(first + of_month, first_of_month(count + 1) - 1) - 719_468


def month_and_day(day: int) -> tuple[int, int]:
    """Months from 0000-03-01 to that of a day, and the day of that month, from 0 (rules L3, B1).

    Days and years are counted from 1 March, so that the leap day comes last.
    """
    shifted = day + 719_468  # days since 0000-03-01
    era = shifted // 146_097
    of_era = shifted - era * 146_097
    year = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    month = (5 * of_year + 2) // 153
    return (era * 400 + year) * 12 + month, of_year - (153 * month + 2) // 5


def first_of_month(count: int) -> int:
    """Days from 0000-03-01 to the first day of the `count`-th month since (rules L3, B1)."""
    year = count // 12
    month = count - year * 12
    return 365 * year + year // 4 - year // 100 + year // 400 + (153 * month + 2) // 5
