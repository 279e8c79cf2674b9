"""From which day to which a chart shows: as dates or texts, both included."""

import calendar
import re
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

from ..telling import day

#: A day, or a text such as ``2024-03-15``, ``2024-03`` or ``2024``.
Day = date | str | None

_WRITTEN = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")


def span(since: Any, until: Any) -> tuple[date | None, date | None]:
    """Return the first and the last day to show, each None where there is no limit.

    Of a text that names a month or a year, `since` is its first day and `until` its last.

    Raises
    ------
    ValueError
        One of them is no date, or `until` lies before `since`.
    """
    first, last = _day("since", since, last=False), _day("until", until, last=True)
    if first is not None and last is not None and last < first:
        raise ValueError(f"until ({day(last)}) lies before since ({day(first)})")
    return first, last


def whole_months(since: Any, until: Any) -> tuple[date | None, date | None]:
    """Return the first and the last day of all months of which any day is to be shown.

    Examples
    --------
    >>> in_words(*whole_months("2024-03-15", "2024-04-02"))
    'from 1 Mar 2024 to 30 Apr 2024'
    """
    first, last = span(since, until)
    if last is not None:
        last = last.replace(day=calendar.monthrange(last.year, last.month)[1])
    return first.replace(day=1) if first is not None else None, last


def in_words(since: Day, until: Day) -> str:
    """Say from when to when is shown; nothing where all is.

    Examples
    --------
    >>> in_words("2024-03", "2024-04"), in_words("2024", None), in_words(None, "2024-03-15")
    ('from 1 Mar 2024 to 30 Apr 2024', 'from 1 Jan 2024 on', 'up to 15 Mar 2024')
    """
    first, last = span(since, until)
    if first is None:
        return "" if last is None else f"up to {day(last)}"
    if last is None:
        return f"from {day(first)} on"
    return f"on {day(first)}" if first == last else f"from {day(first)} to {day(last)}"


def _day(name: str, when: Any, *, last: bool) -> date | None:
    if when is None:
        return None
    if isinstance(when, np.datetime64):
        when = pd.Timestamp(when)
    if when is not pd.NaT:
        if isinstance(when, datetime):
            return when.date()
        if isinstance(when, date):
            return when
        if isinstance(when, str) and (written := _WRITTEN.fullmatch(when.strip())):
            return _written(name, when, written, last=last)
    raise ValueError(_no_date(name, when))


def _written(name: str, when: str, written: re.Match[str], *, last: bool) -> date:
    year = int(written[1])
    month = int(written[2] or (12 if last else 1))
    try:
        if written[3]:
            return date(year, month, int(written[3]))
        return date(year, month, calendar.monthrange(year, month)[1] if last else 1)
    except ValueError:
        raise ValueError(_no_date(name, when)) from None


def _no_date(name: str, when: Any) -> str:
    return f"{name} is a date or a text such as 2024-03-15, 2024-03 or 2024, not {when!r}"
