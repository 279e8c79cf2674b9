"""A history up to the close of a day: what was known of it then."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..population.calendar_days import DAY
from ..rules.words import NOTHING, Action
from .tables import HistoryTables

Ints = NDArray[np.int64]


class Until(NamedTuple):
    """A history up to the close of a day.

    Attributes
    ----------
    history : HistoryTables
    customers, entitlements, cases : ndarray of int64
        Rows of the whole history that are left of these tables, in their order.
    """

    history: HistoryTables
    customers: Ints
    entitlements: Ints
    cases: Ints


def history_until(history: HistoryTables, last: int) -> Until:
    """Return what of a history had happened by the close of a day.

    What was booked by then stays, be it for a later day: a contract that is to begin is known.
    Customers who had not joined, contracts that nobody had made, and cases that had not come are
    left out.

    Parameters
    ----------
    history : HistoryTables
    last : int
        Day number.
    """
    end = (last + 1) * DAY
    customers = np.flatnonzero(history.column("customers", "joined") <= last)
    day, action = history.column("bookings", "day"), history.column("bookings", "action")
    makes = (action == Action.CREATE) | (action == Action.RENEW)
    is_made = np.zeros(len(history.entitlements), np.bool_)
    is_made[history.column("bookings", "entitlement")[makes & (day <= last)]] = True
    place_of_customer = _places(customers, len(history.customers))
    is_made &= place_of_customer[history.column("entitlements", "customer")] >= 0
    entitlements = np.flatnonzero(is_made)
    place_of = _places(entitlements, len(history.entitlements))
    came = history.column("cases", "created") < end
    came &= place_of_customer[history.column("cases", "customer")] >= 0
    cases = np.flatnonzero(came)
    place_of_case = _places(cases, len(history.cases))
    own_bookings = place_of[history.column("bookings", "entitlement")] >= 0
    known = HistoryTables(
        customers=_rows(history.customers, customers),
        terms=history.terms,
        entitlements=_mapped(
            _rows(history.entitlements, entitlements),
            {"customer": place_of_customer, "predecessor": place_of},
        ),
        bookings=_mapped(
            _rows(history.bookings, np.flatnonzero((day <= last) & own_bookings)),
            {"entitlement": place_of},
        ),
        cases=_mapped(
            _rows(history.cases, cases), {"customer": place_of_customer, "wants": place_of}
        ),
        events=_events(history, end, (place_of_customer, place_of, place_of_case)),
        channels=history.channels,
        listed_products=history.listed_products,
        listed_contacts=history.listed_contacts,
    )
    return Until(known, customers, entitlements, cases)


def _events(history: HistoryTables, end: int, places: tuple[Ints, Ints, Ints]) -> pd.DataFrame:
    """Return the events of cases before a minute, without those that name what was not there."""
    customer, entitlement, case = places
    stays = history.column("events", "at") < end
    for name, place in (("case", case), ("customer", customer), ("into", case)):
        named = history.column("events", name)
        names_one = named >= 0
        stays[names_one] &= place[named[names_one]] >= 0
    return _mapped(
        _rows(history.events, np.flatnonzero(stays)),
        {"case": case, "customer": customer, "into": case, "entitlement": entitlement},
    )


def _places(kept: Ints, rows: int) -> Ints:
    """Return where each row of a table stands among those that are kept; -1: nowhere."""
    places = np.full(rows, NOTHING, np.int64)
    places[kept] = np.arange(len(kept))
    return places


def _rows(frame: pd.DataFrame, rows: Ints) -> pd.DataFrame:
    return frame.iloc[rows].reset_index(drop=True) if len(frame) else frame


def _mapped(frame: pd.DataFrame, places: dict[str, Ints]) -> pd.DataFrame:
    """Return a frame in which columns name rows by their places among those that are kept."""
    mapped = {}
    for name, place in places.items():
        if name in frame.columns:
            named = frame[name].to_numpy(np.int64)
            names_one = named >= 0
            named = named.copy()
            named[names_one] = place[named[names_one]]
            mapped[name] = named
    return frame.assign(**mapped)
