"""What is known to have happened: customers, what was done with their entitlements, their cases.

A simulated customer's entitlements and cases are drawn; those of a history are given. Both are
played by the same rules and come out as the same tables, so that whatever reads a simulated run
reads a replayed one.

Days are day numbers and minutes are local minutes, both since 1970-01-01; amounts are hundredths of
a term. Templates, products and segments are meant by their places in the scenario, from 0.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ..rules.cases import refuse_cancel_case, refuse_reactivate_case, refuse_resolve
from ..rules.lifecycle import refuse_dates
from ..rules.words import BY_CUSTOM, NOTHING, ORIGINS, Action, CaseMove, CaseState, Refusal
from ..scenario.models import ScenarioModel

#: Minutes of a day.
_DAY: Final = 1440
_EPOCH: Final = dt.date(1970, 1, 1)

#: What can be booked for a day of an entitlement.
ACTIONS: Final = (
    Action.CREATE,
    Action.ACTIVATE,
    Action.DEACTIVATE,
    Action.EDIT,
    Action.CANCEL,
    Action.RENEW,
    Action.SET_DEFAULT,
)


@dataclass(frozen=True, slots=True)
class Booking:
    """An action on an entitlement. One that the rules refuse changes nothing.

    Attributes
    ----------
    day : int
        Day of the run. It is done when the states of that day come into force, before the cases of
        the day; the bookings of a customer for one day are done in the order in which they stand.
    action : Action
        One of :data:`ACTIONS`.
    entitlement : int
        For every action but CREATE: the entitlement's number within its customer, from 0, in the
        order in which they come into being by CREATE and RENEW (a refused renewal makes none). One
        that is not there yet refuses everything.
    template : int
        For CREATE.
    start, end : int
        For CREATE: first and last covered day.
    total : int
        For EDIT: the new total, in hundredths of a term.
    """

    day: int
    action: Action
    entitlement: int = -1
    template: int = 0
    start: int = 0
    end: int = 0
    total: int = 0

    @property
    def may_create(self) -> bool:
        """Whether it may bring an entitlement into being."""
        return self.action in (Action.CREATE, Action.RENEW)


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """A resolution, cancellation or reactivation of a case, or a mark do-not-decrement.

    Attributes
    ----------
    at : int
        Minute.
    move : CaseMove
    minutes : int
        For a resolution: minutes worked since the creation or the last resolution.
    """

    at: int
    move: CaseMove
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class HappenedCase:
    """A case and what became of it.

    Attributes
    ----------
    created : int
        Minute.
    events : sequence of CaseEvent
        In time order. Those after the run's end do not happen any more; if a reactivation is
        refused (switch `gate_on_reactivate`), those after it do not either. A mark may be set or
        lifted in any state; one that is refused (switch `resolved_cases_locked`) changes nothing.
    wants : int
        The entitlement asked for, by its number within the customer; ``BY_CUSTOM`` for what the
        segment usually picks, ``NOTHING`` for none.
    origin, product, contact : int
        Codes and numbers from 0; -1 for none. A template that lists n contacts lists 0 … n - 1.
    decrement : bool
        False marks it do-not-decrement from its beginning.
    leaves : bool
        Whether it goes unworked (turned away) if no entitlement covers it.
    responded_after : int
        Minutes from creation to the first response, -1 if nobody knows.
    """

    created: int
    events: Sequence[CaseEvent] = ()
    wants: int = BY_CUSTOM
    origin: int = -1
    product: int = -1
    contact: int = -1
    decrement: bool = True
    leaves: bool = False
    responded_after: int = -1


@dataclass(frozen=True, slots=True)
class HappenedCustomer:
    """A customer, what was done with its entitlements, and its cases.

    Attributes
    ----------
    joined : int
        Day; no case is older.
    bookings : sequence of Booking
    cases : sequence of HappenedCase
        In the order of their creation.
    segment : int
        Place of its segment in the scenario, which says how cases ``BY_CUSTOM`` pick.
    cases_per_year : float
        What the table of customers shall say.
    """

    joined: int
    bookings: Sequence[Booking] = ()
    cases: Sequence[HappenedCase] = ()
    segment: int = 0
    cases_per_year: float = 0.0


def check(model: ScenarioModel, customers: Sequence[HappenedCustomer]) -> None:
    """Refuse a history that cannot have happened.

    Raises
    ------
    ValueError
        Something lies outside of the run, names what is not there, or stands in an impossible
        order. The message names the customer and its booking or case, each counted from 1.
    """
    start = (model.calendar.start - _EPOCH).days
    run = range(start, start + model.calendar.days)
    for number, customer in enumerate(customers, start=1):
        who = f"customer {number}"
        _check_place(customer.segment, len(model.segments), f"{who}: segment")
        _check_bookings(model, run, customer.bookings, who)
        _check_cases(model, run, customer, who)


def _check_bookings(
    model: ScenarioModel, run: range, bookings: Sequence[Booking], who: str
) -> None:
    creations = sum(booking.may_create for booking in bookings)
    for number, booking in enumerate(bookings, start=1):
        where = f"{who}, booking {number}"
        if booking.action not in ACTIONS:
            raise ValueError(f"{where}: {booking.action} is nothing that a history can book")
        if booking.day not in run:
            raise ValueError(
                f"{where}: day {booking.day} lies outside of the run, which goes from "
                f"{run.start} to {run.stop - 1}"
            )
        if booking.action != Action.CREATE:
            _check_place(booking.entitlement, creations, f"{where}: entitlement")
            continue
        _check_place(booking.template, len(model.templates), f"{where}: template")
        if refuse_dates(booking.start, booking.end) != Refusal.NONE:
            raise ValueError(f"{where}: it would end ({booking.end}) before its start")


def _check_cases(model: ScenarioModel, run: range, customer: HappenedCustomer, who: str) -> None:
    creations = sum(booking.may_create for booking in customer.bookings)
    before = customer.joined * _DAY
    for number, case in enumerate(customer.cases, start=1):
        where = f"{who}, case {number}"
        if case.created < before:
            raise ValueError(
                f"{where}: created at minute {case.created}, before the one above or its customer"
            )
        if case.created // _DAY not in run:
            raise ValueError(f"{where}: minute {case.created} lies outside of the run")
        if case.wants not in (BY_CUSTOM, NOTHING):
            _check_place(case.wants, creations, f"{where}: entitlement wanted")
        if case.origin != -1:
            _check_place(case.origin, ORIGINS, f"{where}: origin")
        if case.product != -1:
            _check_place(case.product, len(model.products), f"{where}: product")
        _check_events(case, where)
        before = case.created


def _check_place(place: int, count: int, name: str) -> None:
    if not 0 <= place < count:
        known = f"from 0 to {count - 1}" if count else "none"
        raise ValueError(f"{name} {place} is not there; there are {known}")


def _check_events(case: HappenedCase, where: str) -> None:
    """Refuse events out of order, and those that the state of the case does not allow."""
    at = case.created
    state = CaseState.ACTIVE
    for number, event in enumerate(case.events, start=1):
        if event.at < at:
            raise ValueError(f"{where}, event {number}: minute {event.at} lies before {at}")
        if event.minutes < 0:
            raise ValueError(f"{where}, event {number}: {event.minutes} minutes of work")
        at = event.at
        if event.move in (CaseMove.OPT_OUT, CaseMove.OPT_IN):
            continue
        if event.move == CaseMove.RESOLVE:
            refusal, after = refuse_resolve(state, 0, False, False), CaseState.RESOLVED
        elif event.move == CaseMove.CANCEL:
            refusal, after = refuse_cancel_case(state, 0), CaseState.CANCELLED
        else:
            refusal, after = refuse_reactivate_case(state), CaseState.ACTIVE
        if refusal != Refusal.NONE:
            raise ValueError(
                f"{where}, event {number}: a case that is {state} cannot be {_DONE[event.move]}"
            )
        state = after


_DONE: Final = {
    CaseMove.RESOLVE: "resolved",
    CaseMove.CANCEL: "cancelled",
    CaseMove.REACTIVATE: "reactivated",
}
