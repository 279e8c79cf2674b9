"""A history in frames as records for kernels: units in their order, piece by piece."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from ..engine.given import BOOKINGS, CASES, ENTITLEMENTS, EVENTS, FIRST, PEOPLE, SAVES, UNITS, Given
from ..engine.history_columns import COLUMNS
from ..population.calendar_days import DAY, minutes_ahead
from ..population.plan import TEMPLATES
from ..rules.balances import PLAIN_PRIORITY
from ..rules.lifecycle import state_day
from ..rules.words import ORIGINS, UNWRITTEN, CaseMove
from .tables import HistoryTables

#: Cases and bookings of a piece at the most, unless a unit has more.
PIECE: Final = 65_536
#: Fields of a case that its script has by the same name.
_OF_CASES: Final = (
    *("customer", "account", "created", "origin", "product", "contact"),
    *("responded_after", "severity"),
)
#: Fields of a save.
_SAVED: Final = ("customer", "entitlement", "contact", "product", "origin", "decrement")
#: What a template offers beyond the terms of a history, which have it where they are as sold.
_OFFERED: Final = (
    "unlimited",
    "term_open",
    "has_allowance",
    "carries",
    "goes_over",
    "steps",
    "weighs",
)
#: Those by which a case may come to another entitlement, or to its customer's default.
_ATTACHING: Final = ("customer", "contact", "product")


@dataclass(frozen=True)
class Piece:
    """Units that are played together.

    Attributes
    ----------
    given : Given
    script : ndarray of CASES
    events : ndarray of EVENTS
    entitlements : ndarray of int64
        Rows of those of its customers.
    """

    given: Given
    script: NDArray[Any]
    events: NDArray[Any]
    entitlements: NDArray[np.int64]


class Arrays:
    """A history as records.

    Parameters
    ----------
    history : HistoryTables
    units : ndarray of int64
        First customer of each customer's unit.
    switches : ndarray of SWITCHES
    zone : ZoneInfo
    utc_midnight_mode : bool
        Whether days change at midnight UTC instead of local midnight.
    """

    def __init__(
        self,
        history: HistoryTables,
        units: NDArray[np.int64],
        switches: NDArray[Any],
        zone: ZoneInfo,
        utc_midnight_mode: bool,
    ) -> None:
        self.history = history
        self.units = units
        self.switches = switches
        self.case_ids = np.full(len(history.cases), -1)
        self.entitlements = self._records("entitlements", ENTITLEMENTS)
        self.people = self._records("customers", PEOPLE)
        self.saves, self._save_of_event = self._saves()
        bookings = self._records("bookings", BOOKINGS)
        minute = history.column("bookings", "minute")
        bookings["at"] = bookings["day"] * DAY + np.maximum(minute, 0)
        self._of_day = self._by_unit(bookings[minute < 0], "day")
        self._timed = self._by_unit(bookings[minute >= 0], "at")
        self._timed[0]["day"] = state_days(self._timed[0]["at"], zone, utc_midnight_mode)
        owner = units[history.column("entitlements", "customer")]
        self._owned = np.argsort(owner, kind="stable")
        self._owners = owner[self._owned]
        unit = units[history.column("cases", "customer")]
        self._cases = np.lexsort((history.column("cases", "created"), unit))
        self._unit_of_case = unit[self._cases]
        case = history.column("events", "case")
        self._events = np.lexsort((history.column("events", "at"), case))
        self._first_event = np.searchsorted(case[self._events], np.arange(len(unit) + 1))

    def _records(self, table: str, kind: np.dtype[Any]) -> NDArray[Any]:
        """Return records with the fields that a frame has; the others are 0."""
        records = np.zeros(len(getattr(self.history, table)), kind)
        for name in set(kind.names or ()) & set(COLUMNS[table]):
            records[name] = self.history.column(table, name)
        return records

    def _by_unit(self, bookings: NDArray[Any], time: str) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """Return bookings by unit and time, and the unit of each."""
        unit = self.units[self.entitlements["customer"][bookings["entitlement"]]]
        order = np.lexsort((bookings[time], unit))
        return bookings[order], unit[order]

    def _saves(self) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """Return the saves, and for each event its place among them, or the case of a merge."""
        move = self.history.column("events", "move")
        is_save = move == CaseMove.SAVE
        saves = np.zeros(int(is_save.sum()), SAVES)
        for name in _SAVED:
            saves[name] = self.history.column("events", name)[is_save]
        places = self.history.column("events", "into").copy()
        places[is_save] = np.arange(len(saves))
        return saves, places

    def pieces(self) -> Iterator[Piece]:
        """Go through the history in pieces, unit by unit."""
        members = np.lexsort((np.arange(len(self.units)), self.units))
        heads, first_member, count = np.unique(
            self.units[members], return_index=True, return_counts=True
        )
        units = np.zeros(len(heads), UNITS)
        units["first_member"], units["members"] = first_member, count
        for began, number, of in (
            ("first_of_day", "of_day", self._of_day[1]),
            ("first_timed", "timed", self._timed[1]),
            ("first_case", "cases", self._unit_of_case),
        ):
            units[began] = np.searchsorted(of, heads)
            units[number] = np.searchsorted(of, heads, side="right") - units[began]
        work = np.cumsum(units["cases"] + units["of_day"] + units["timed"] + 1)
        if not len(units):
            yield self._piece(units, members, self._owned)
        first = 0
        while first < len(units):
            done = int(work[first - 1]) if first else 0
            last = max(int(np.searchsorted(work, done + PIECE, side="right")), first + 1)
            after = heads[last] if last < len(heads) else len(self.units)
            of_piece = np.searchsorted(self._owners, [heads[first], after])
            yield self._piece(units[first:last].copy(), members, self._owned[slice(*of_piece)])
            first = last

    def _piece(
        self, units: NDArray[Any], members: NDArray[np.int64], entitlements: NDArray[np.int64]
    ) -> Piece:
        first = int(units["first_case"].min(initial=len(self._cases)))
        cases = self._cases[first : first + int(units["cases"].sum())]
        units["first_case"] -= first
        script = np.zeros(len(cases), CASES)
        for name in _OF_CASES:
            script[name] = self.history.column("cases", name, cases)
        script["asked"] = self.history.column("cases", "wants", cases)
        script["decrement"] = self.history.column("cases", "decrement", cases) != 0
        script["leaves"] = self.history.column("cases", "leaves", cases) != 0
        script["row"] = cases
        counts = self._first_event[cases + 1] - self._first_event[cases]
        script["events"] = counts
        script["first_event"] = np.cumsum(counts) - counts
        within = np.arange(int(counts.sum())) - np.repeat(script["first_event"], counts)
        rows = self._events[np.repeat(self._first_event[cases], counts) + within]
        given = Given(
            people=self.people,
            units=units,
            members=members,
            entitlements=self.entitlements,
            of_day=self._of_day[0],
            timed=self._timed[0],
            saves=self.saves,
            switches=self.switches,
            case_ids=self.case_ids,
            first=np.zeros(1, FIRST),
        )
        return Piece(given, script, self._event_records(rows), entitlements)

    def _event_records(self, rows: NDArray[np.int64]) -> NDArray[Any]:
        events = np.zeros(len(rows), EVENTS)
        for name in ("at", "move", "minutes", "billed"):
            events[name] = self.history.column("events", name, rows)
        places = self._save_of_event[rows]
        events["save"] = places
        is_save = events["move"] == CaseMove.SAVE
        saved = self.saves[places[is_save]]
        may_attach = saved["entitlement"] >= 0
        for name in _ATTACHING:
            may_attach |= saved[name] != UNWRITTEN
        events["may_attach"][is_save] = may_attach
        return events


def terms_of(
    history: HistoryTables, templates: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return the terms of a history as templates of a plan, and the lists that they refer to."""
    of = history.column("terms", "template")
    terms: NDArray[Any] = np.zeros(max(len(of), 1), TEMPLATES)
    if len(of):
        terms[:] = templates[of]
    for name in ("allocation", "decrease_on", "restrict", "total", "price"):
        terms[name][: len(of)] = history.column("terms", name)
    as_sold = history.column("terms", "as_sold") != 0
    for name in _OFFERED:
        terms[name][: len(of)] &= as_sold
    terms["priority"][: len(of)][~as_sold] = PLAIN_PRIORITY
    terms["prorates_price"] = terms["prorates_total"] = terms["of_spend"] = False
    terms["price_months"] = 0  # a history knows what was paid
    terms["channels"] = -1
    place, origin = history.column("channels", "terms"), history.column("channels", "origin")
    total = history.column("channels", "total")
    is_known = origin < ORIGINS
    terms["channels"][place[is_known], origin[is_known]] = total[is_known]
    own = np.stack([origin[~is_known], total[~is_known]], axis=1)
    lists: list[NDArray[np.int64]] = [np.zeros(1, np.int64)]
    at = 1
    for first, count, owner, values in (
        ("first_own_channel", "own_channels", place[~is_known], own),
        ("first_product", "products", *_listed(history, "listed_products", "product")),
        ("first_contact", "contacts", *_listed(history, "listed_contacts", "contact")),
    ):
        order = np.argsort(owner, kind="stable")
        width = values.shape[1]
        places = np.arange(len(terms))
        terms[first] = at + width * np.searchsorted(owner[order], places)
        terms[count] = np.bincount(owner, minlength=len(terms))
        lists.append(values[order].ravel())
        at += values.size
    return terms, np.concatenate(lists)


def _listed(
    history: HistoryTables, table: str, name: str
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    return history.column(table, "terms"), history.column(table, name)[:, np.newaxis]


def state_days(
    minutes: NDArray[np.int64], zone: ZoneInfo, utc_midnight_mode: bool
) -> NDArray[np.int64]:
    """Return the days that entitlements go by when something is booked at local minutes.

    The clock of a zone is asked once a day, and once a minute on days on which it changes.
    """
    ahead: dict[int, int] = {}
    days, place = np.unique(minutes // DAY, return_inverse=True)
    edges = [
        (minutes_ahead(zone, day * DAY), minutes_ahead(zone, (day + 1) * DAY))
        for day in days.tolist()
    ]
    offsets = np.array([before for before, _ in edges], np.int64)[place]
    changes = np.array([before != after for before, after in edges], np.bool_)[place]
    for row in np.flatnonzero(changes).tolist():
        minute = int(minutes[row])
        if minute not in ahead:
            ahead[minute] = minutes_ahead(zone, minute)
        offsets[row] = ahead[minute]
    moments: Any = minutes.copy()  # the rule counts down in what it is given
    ahead_by: Any = offsets
    states_by: Any = state_day(moments, ahead_by, utc_midnight_mode, 0)
    return np.asarray(states_by, np.int64)
