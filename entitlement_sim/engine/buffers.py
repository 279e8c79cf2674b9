"""Buffers: the arrays that a block is simulated into, used again for one block after the other.

What is too small grows alone, and keeps what customers before have left in it.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..population.arrivals import room_for_cases, room_for_events
from .tables import Block
from .transpose import Columns, columns_of
from .world import BOOKING, COUNTS, RECORDS, TAKING, Buffer, Space

#: Records of cases and of the ledger that wait for being transposed, beside those of one customer.
_HOT_ROOM: Final = 4096

#: Cases of one customer at the most: the places of their events and takings have 32 bits.
MOST_CASES: Final = 100_000_000

#: Tables whose records are kept until the block is done, and the counts of their rows.
_COLD: Final = {
    "customers": "customers",
    "entitlements": "entitlements",
    "balances": "balances",
    "transitions": "transitions",
    "reactivations": "reactivations",
}
#: Tables whose records are transposed now and then, and the counts of the rows that were.
_HOT: Final = {"cases": "cases_out", "ledger": "entries_out"}

_TABLE_OF: Final = {
    Buffer.ENTITLEMENTS: "entitlements",
    Buffer.BALANCES: "balances",
    Buffer.TRANSITIONS: "transitions",
    Buffer.CASES: "cases",
    Buffer.REACTIVATIONS: "reactivations",
    Buffer.LEDGER: "ledger",
}
_COLUMNS_OF: Final = {Buffer.CASE_COLUMNS: "cases", Buffer.LEDGER_COLUMNS: "ledger"}
_WORK_OF: Final = {
    Buffer.EVENTS: "events",
    Buffer.TAKINGS: "takings",
    Buffer.AGENDA: "agenda",
    Buffer.ACTIVE: "active",
    Buffer.QUEUE: "queue",
}
#: Work space of which every case may need a place.
_BY_CASES: Final = (Buffer.EVENTS, Buffer.TAKINGS)


class TooManyCasesError(Exception):
    """A customer has more than :data:`MOST_CASES` cases."""


class Rooms(NamedTuple):
    """Rows of each table that a block may have at first, and cases of one customer's script."""

    customers: int
    entitlements: int
    balances: int
    transitions: int
    cases: int
    reactivations: int
    ledger: int
    script: int


class Buffers:
    """Arrays that a block is simulated into.

    Parameters
    ----------
    rooms : Rooms
        How large they are at first.
    constant : mapping of str to int, optional
        Values of columns of cases in which every row of the run has the same.
    """

    def __init__(self, rooms: Rooms, constant: Mapping[str, int] | None = None) -> None:
        hot = _HOT_ROOM + 2 * rooms.script
        room_of = rooms._asdict() | dict.fromkeys(_HOT, hot)
        self._records = {table: np.empty(room_of[table], RECORDS[table]) for table in RECORDS}
        self._columns = {
            "cases": Columns("cases", rooms.cases, constant),
            "ledger": Columns("ledger", rooms.ledger),
        }
        self._script, self._units = room_for_cases(rooms.script)
        self._work: dict[str, NDArray[Any]] = {
            "events": room_for_events(2 * rooms.script),
            "takings": np.empty(4 * rooms.script, TAKING),
            "agenda": np.zeros(64, BOOKING),
            "active": np.zeros(64, np.int64),
            "queue": np.zeros(rooms.script, np.int64),
        }
        self.counts: NDArray[Any] = np.zeros(1, COUNTS)

    def clear(self) -> None:
        """Forget all rows."""
        self.counts.view(np.int64)[:] = 0

    def space(self) -> Space:
        """Return the arrays as kernels take them."""
        return Space(
            **self._records,
            case_columns=self._columns["cases"].views(self._records["cases"]),
            ledger_columns=self._columns["ledger"].views(self._records["ledger"]),
            script=self._script,
            units=self._units,
            **self._work,
            counts=self.counts,
        )

    @property
    def full(self) -> Buffer:
        """The buffer that was too small."""
        return Buffer(int(self.counts["full"][0]))

    def grow_what_is_full(self) -> bool:
        """Double the buffer that was too small; say whether there was one.

        What grows with the cases of a customer has room for those of the script at once: to double
        it time and again would begin a customer with many cases anew as often.

        Raises
        ------
        TooManyCasesError
            The customer at hand has too many cases.
        """
        if not self.counts["full"][0]:
            return False
        full = self.full
        self.counts["full"] = Buffer.NONE
        if full in _TABLE_OF:
            table = _TABLE_OF[full]
            least = _HOT_ROOM + len(self._script) if table in _HOT else 0
            self._records[table] = _longer(self._records[table], least)
        elif full in _COLUMNS_OF:
            table = _COLUMNS_OF[full]
            filled = int(self.counts[_HOT[table]][0])
            self._columns[table] = self._columns[table].grown(filled)
        elif full in _WORK_OF:
            least = len(self._script) if full in _BY_CASES else 0
            self._work[_WORK_OF[full]] = _longer(self._work[_WORK_OF[full]], least)
        elif full == Buffer.SCRIPT:
            cases = 2 * len(self._script)
            if cases > 2 * MOST_CASES:
                raise TooManyCasesError(
                    f"a customer has more than {MOST_CASES} cases, which is too many for one"
                )
            self._script, self._units = room_for_cases(cases)
        return True

    def block(self) -> Block:
        """Return the filled rows as columns, numbered from 0; good until the buffers are cleared.

        Its arrays are parts of the buffers where that is possible.
        """
        n = self.counts[0]
        return {
            table: self._columns[table].first(int(n[_HOT[table]]))
            if table in _HOT
            else columns_of(table, self._records[table][: n[_COLD[table]]])
            for table in RECORDS
        }


def _longer(array: NDArray[Any], least: int) -> NDArray[Any]:
    """Return an array of twice the length, or the least one, that begins with the same elements."""
    longer = np.zeros(max(2 * len(array), least), array.dtype)
    longer[: len(array)] = array
    return longer
