"""What a history in frames must not say: places that are not there, times outside of the run."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..population.calendar_days import DAY
from ..rules.days import day_number
from ..rules.weights import SEVERITIES
from ..rules.words import BY_CUSTOM, NOTHING, UNWRITTEN, Action, CaseMove
from ..scenario.models import ScenarioModel
from .history import ACTIONS, MOST_ORIGINS
from .tables import HistoryTables

_ANY: Final = 2**31
#: Amounts of which sums still fit.
_LARGEST: Final = 10**15


def check_tables(model: ScenarioModel, history: HistoryTables) -> None:
    """Refuse a history in frames that cannot have happened.

    Raises
    ------
    ValueError
        Something lies outside of the run, names a row that is not there, or is said twice. The
        message names the table, the column and the row, counted from 0.
    """
    start = day_number(model.calendar.start)
    stop = start + model.calendar.days
    rows = {name: len(getattr(history, name)) for name in vars(history)}
    customers, terms, entitlements, cases = (
        rows[name] for name in ("customers", "terms", "entitlements", "cases")
    )
    for table, name, least, most in (
        ("customers", "segment", 0, len(model.segments)),
        ("terms", "allocation", 0, 2),
        ("terms", "decrease_on", 0, 2),
        ("terms", "restrict", 0, 2),
        ("terms", "total", -_LARGEST, _LARGEST),
        ("terms", "price", -_LARGEST, _LARGEST),
        ("terms", "template", 0, len(model.templates)),
        ("channels", "terms", 0, terms),
        ("channels", "origin", 0, MOST_ORIGINS),
        ("channels", "total", -_LARGEST, _LARGEST),
        ("listed_products", "terms", 0, terms),
        ("listed_products", "product", 0, len(model.products)),
        ("listed_contacts", "terms", 0, terms),
        ("listed_contacts", "contact", 0, _ANY),
        ("entitlements", "customer", 0, customers),
        ("entitlements", "start", -_ANY, _ANY),
        ("entitlements", "end", -_ANY, _ANY),
        ("entitlements", "predecessor", -1, entitlements),
        ("entitlements", "account", -1, _ANY),
        ("bookings", "day", start, stop),
        ("bookings", "minute", -1, DAY),
        ("bookings", "entitlement", 0, entitlements),
        ("bookings", "origin", -1, MOST_ORIGINS),
        ("bookings", "amount", -_LARGEST, _LARGEST),
        ("bookings", "ends", -_ANY, _ANY),
        ("bookings", "priority", -_ANY, _ANY),
        ("bookings", "price", 0, _LARGEST),
        ("cases", "customer", 0, customers),
        ("cases", "created", start * DAY, stop * DAY),
        ("cases", "wants", BY_CUSTOM, entitlements),
        ("cases", "origin", -1, MOST_ORIGINS),
        ("cases", "product", -1, len(model.products)),
        ("cases", "contact", -1, _ANY),
        ("cases", "severity", 0, SEVERITIES + 1),
        ("cases", "account", -1, _ANY),
        ("events", "case", 0, cases),
        ("events", "at", start * DAY, _ANY),
        ("events", "move", 0, len(CaseMove)),
        ("events", "minutes", 0, _ANY),
        ("events", "billed", -1, _ANY),
        ("events", "customer", 0, customers),
        ("events", "entitlement", NOTHING, entitlements),
        ("events", "contact", -1, _ANY),
        ("events", "product", -1, len(model.products)),
        ("events", "origin", -1, MOST_ORIGINS),
        ("events", "decrement", 0, 2),
        ("events", "into", -1, cases),
    ):
        _check_between(table, name, history.column(table, name), least, most)
    _check_entitlements(history)
    _check_bookings(history)
    _check_times_of_cases(history)


def _check_between(table: str, name: str, values: NDArray[Any], least: int, most: int) -> None:
    """Refuse values that do not lie between `least` and before `most`."""
    outside = (values < least) | (values >= most)
    if table == "events":
        outside &= values != UNWRITTEN
    _refuse(outside, f"{table}: {name}", values, f"lies outside of {least} to {most - 1}")


def _refuse(is_wrong: NDArray[np.bool_], name: str, values: NDArray[Any], why: str) -> None:
    wrong = np.flatnonzero(is_wrong)
    if wrong.size:
        row = int(wrong[0])
        raise ValueError(f"{name} {values[row]} of row {row} {why}")


def _check_entitlements(history: HistoryTables) -> None:
    start = history.column("entitlements", "start")
    end = history.column("entitlements", "end")
    renewed = _makings(history, Action.RENEW) > 0
    terms = history.column("entitlements", "terms")
    outside = (terms < 0) | (terms >= len(history.terms))
    _refuse(outside & ~renewed, "entitlements: terms", terms, "are not there")
    _refuse((end < start) & ~renewed, "entitlements: end", end, "lies before its start")
    predecessor = history.column("entitlements", "predecessor")
    customer = history.column("entitlements", "customer")
    of_other = (predecessor >= 0) & (customer[predecessor] != customer) if len(customer) else []
    _refuse(np.asarray(of_other), "entitlements: predecessor", predecessor, "is another customer's")
    is_itself = (predecessor == np.arange(len(predecessor))) & ~renewed
    _refuse(is_itself, "entitlements: predecessor", predecessor, "is the entitlement itself")
    _refuse(renewed & (predecessor < 0), "entitlements: predecessor", predecessor, "is none")


def _makings(history: HistoryTables, action: Action) -> NDArray[np.int64]:
    """Count how often each entitlement is made by an action."""
    made = history.column("bookings", "action") == action
    return np.bincount(
        history.column("bookings", "entitlement")[made], minlength=len(history.entitlements)
    )


def _check_bookings(history: HistoryTables) -> None:
    action = history.column("bookings", "action")
    known = np.isin(action, [int(action) for action in ACTIONS])
    _refuse(~known, "bookings: action", action, "is nothing that a history can book")
    times = _makings(history, Action.CREATE) + _makings(history, Action.RENEW)
    _refuse(times != 1, "entitlements: it has", times, "bookings that make it, not one")


def _check_times_of_cases(history: HistoryTables) -> None:
    case, at = history.column("events", "case"), history.column("events", "at")
    created = history.column("cases", "created")
    _refuse(at < created[case], "events: at", at, "lies before the creation of its case")
    move, into = history.column("events", "move"), history.column("events", "into")
    wrong = (move == CaseMove.MERGE) & ((into < 0) | (into == case))
    _refuse(wrong, "events: into", into, "is no other case")
