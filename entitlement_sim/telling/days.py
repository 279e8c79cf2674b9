"""Days and months: as in a sentence, and as in a column or on a command line."""

from datetime import date, datetime
from typing import Any

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


def day(when: Any) -> str:
    """Write a day, whatever its time of day; ISO texts as a manifest has them, too.

    Examples
    --------
    >>> day(date(2025, 1, 2)), day("2025-01-31")
    ('2 Jan 2025', '31 Jan 2025')
    """
    known = date.fromisoformat(when) if isinstance(when, str) else when
    return f"{known.day} {month(known)}"


def month(when: Any) -> str:
    """Write the month of a day.

    Examples
    --------
    >>> month(date(2025, 1, 2))
    'Jan 2025'
    """
    return f"{short_month(when.month)} {when.year}"


def short_month(place: int) -> str:
    """Write a month without its year in three letters, 1 for January.

    Examples
    --------
    >>> short_month(9)
    'Sep'
    """
    return long_month(place)[:3]


def long_month(place: int) -> str:
    """Write a month without its year in full, 1 for January.

    Examples
    --------
    >>> long_month(9)
    'September'
    """
    return _MONTHS[place - 1]


def quarter(when: Any) -> str:
    """Write the quarter of a day.

    Examples
    --------
    >>> quarter(date(2025, 3, 31)), quarter(date(2025, 4, 1))
    ('2025 Q1', '2025 Q2')
    """
    return f"{when.year} Q{(when.month + 2) // 3}"


def iso_day(when: Any) -> str:
    """Write a day for a column, where it is compared, or as a person types it.

    Examples
    --------
    >>> iso_day(datetime(2025, 1, 2, 9, 30))
    '2025-01-02'
    """
    return f"{when:%Y-%m-%d}"


def iso_month(when: Any) -> str:
    """Write a month for a column, or as a person types it.

    Examples
    --------
    >>> iso_month(date(2025, 1, 2))
    '2025-01'
    """
    return f"{when:%Y-%m}"


def clock(when: datetime) -> str:
    """Write a day and its time to the minute for a column.

    Examples
    --------
    >>> clock(datetime(2025, 1, 2, 9, 30))
    '2025-01-02 09:30'
    """
    return f"{when:%Y-%m-%d %H:%M}"
