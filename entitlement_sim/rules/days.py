"""Days as the rules count them: whole numbers from 1970-01-01 on."""

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
