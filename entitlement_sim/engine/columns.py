"""Where the engine keeps what: one array of records a table, and counters.

Besides the table's own columns a record has some that only the engine needs.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .tables import COLUMNS, DTYPES


def _records(table: str, *, wide: bool = False, **working: str) -> np.dtype[np.void]:
    """Type of a table's records; `wide` gives every column 64 bits, as rules compute with."""
    columns: list[tuple[str, Any]] = [
        (column.name, np.int64 if wide else DTYPES[column.kind]) for column in COLUMNS[table]
    ]
    return np.dtype(columns + list(working.items()), align=True)


#: Type of each table's records.
RECORDS: Final = {
    "customers": _records("customers"),
    "entitlements": _records(
        "entitlements",
        wide=True,
        line="i8",  # which of the segment's kinds of entitlement it continues
        entries="i8",  # ledger rows so far
        refused="i8",  # cases refused in this term
        missed="i8",  # SLAs missed in this term
        first_channel="i8",
        channels="i8",
    ),
    "entitlement_channels": _records("entitlement_channels"),
    "transitions": _records("transitions"),
    "cases": _records(
        "cases",
        held="i8",  # hundredths that it has taken and not given back
        channel="i4",  # channel row that it was charged to, -1: none
        worked="i4",  # minutes
        billed="i4",  # minutes that resolutions have billed
        next_event="i4",
        last_event="i4",
    ),
    "reactivations": _records("reactivations"),
    "ledger": _records("ledger"),
}

#: A customer's agenda: what is booked for which day.
BOOKING: Final = np.dtype(
    [
        ("day", "i8"),
        ("rank", "i8"),  # order within the day
        ("number", "i8"),  # order of booking
        ("action", "i8"),
        ("what", "i8"),  # an entitlement or a template
        ("value", "i8"),
        ("start", "i8"),
        ("end", "i8"),
    ]
)

# Places in the array of counters: rows filled so far, and where the current customer stands.
ENTITLEMENTS: Final = 0
CHANNELS: Final = 1
TRANSITIONS: Final = 2
CASES: Final = 3
REACTIVATIONS: Final = 4
ENTRIES: Final = 5
CUSTOMERS: Final = 6
BOOKED: Final = 7  # open bookings of the customer's agenda
BOOKINGS: Final = 8  # bookings so far
QUEUED: Final = 9  # events in its queue
FIRST: Final = 10  # its first entitlement
DEFAULT: Final = 11  # its default entitlement, -1: none
ACTIVE: Final = 12  # how many of its entitlements are active
FULL: Final = 13  # whether a buffer was too small, so that the block must be done again
CASES_OUT: Final = 14  # cases of the block that have been taken out of the records already
ENTRIES_OUT: Final = 15
COUNTERS: Final = 16


def new_tables(rooms: dict[str, int]) -> tuple[NDArray[np.void], ...]:
    """Return one array a table with room for so many rows, in the order of :data:`RECORDS`."""
    return tuple(np.empty(rooms[table], dtype) for table, dtype in RECORDS.items())
