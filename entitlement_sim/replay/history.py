"""What is known to have happened: customers, what was done with their entitlements, their cases.

A simulated customer's entitlements and cases are drawn; those of a history are given. Both are
played by the same rules and come out as the same tables, so that whatever reads a simulated run
reads a replayed one.

Days are day numbers and minutes are local minutes, both since 1970-01-01; amounts are hundredths of
a term. Templates, products and segments are meant by their places in the scenario, from 0. What is
written here one object a record stands in frames in ``tables.py``, for books of any size.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from ..rules.cases import refuse_cancel_case, refuse_reactivate_case, refuse_resolve
from ..rules.days import day_number
from ..rules.lifecycle import refuse_dates
from ..rules.words import (
    BY_CUSTOM,
    NOTHING,
    UNWRITTEN,
    Action,
    Allocation,
    CaseMove,
    CaseState,
    DecreaseOn,
    Refusal,
)
from ..scenario.models import ScenarioModel

#: Minutes of a day.
_DAY: Final = 1440
#: Origins that a run may have: their codes have seven bits.
MOST_ORIGINS: Final = 128

#: What can be booked for an entitlement.
ACTIONS: Final = (
    Action.CREATE,
    Action.ACTIVATE,
    Action.DEACTIVATE,
    Action.EDIT,
    Action.CANCEL,
    Action.RENEW,
    Action.SET_DEFAULT,
    Action.DELETE,
    Action.CORRECT,
    Action.BRING_FORWARD,
)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a contract grants, where that is not what its template says.

    Attributes
    ----------
    allocation : Allocation
    decrease_on : DecreaseOn
    restrict : bool
    total : int
        Hundredths of a term.
    channels : mapping of int to int
        Total of each limited channel, by the code of its origin; codes from ``ORIGINS`` on are the
        book's own.
    products, contacts : sequence of int
        Those that are listed; none restricts nothing.
    price : int
    """

    allocation: Allocation = Allocation.CASES
    decrease_on: DecreaseOn = DecreaseOn.RESOLUTION
    restrict: bool = False
    total: int = 0
    channels: Mapping[int, int] = field(default_factory=dict)
    products: Sequence[int] = ()
    contacts: Sequence[int] = ()
    price: int = 0


@dataclass(frozen=True, slots=True)
class Booking:
    """An action on an entitlement. One that the rules refuse changes nothing.

    Attributes
    ----------
    day : int
        Day of the run. Where no minute is known, it is done when the states of that day come into
        force, before the cases of the day; the bookings of a customer for one day, or for one
        minute, are done in the order in which they stand.
    action : Action
        One of :data:`ACTIONS`.
    entitlement : int
        For every action but CREATE: the entitlement's number within its customer, from 0, in the
        order in which the bookings CREATE and RENEW stand. One that is not there (not yet, no more,
        or since its renewal was refused) refuses everything. For RENEW: the one that is renewed.
    template : int
        For CREATE.
    start, end : int
        For CREATE: first and last covered day.
    total : int
        For EDIT: the new total, in hundredths of a term.
    minute : int
        Minute of the day, -1 where only the day is known.
    terms : Terms, optional
        For CREATE: terms of the contract's own, in place of the template's.
    renews : int
        For CREATE: the entitlement that it renews, -1 for none. It is made as it is given, whatever
        the product's own renewal would make of the old one.
    origin : int
        For CORRECT and BRING_FORWARD: the channel whose balance is written, -1 for the whole.
    amount : int
        For these: the balance, in hundredths of a term.
    account : int
        For CREATE: the account of the customer that holds it, from 1; -1 where it serves all.
    """

    day: int
    action: Action
    entitlement: int = -1
    template: int = 0
    start: int = 0
    end: int = 0
    total: int = 0
    minute: int = -1
    terms: Terms | None = None
    renews: int = -1
    origin: int = -1
    amount: int = 0
    account: int = -1

    @property
    def may_create(self) -> bool:
        """Whether it may bring an entitlement into being."""
        return self.action in (Action.CREATE, Action.RENEW)


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """What happens to a case after its creation. What the rules refuse changes nothing.

    Attributes
    ----------
    at : int
        Minute.
    move : CaseMove
    minutes : int
        For work: its minutes. For a resolution: minutes worked that no other event tells.
    billed : int
        For a resolution: minutes that it bills, -1 for what the rules say.
    entitlement : int
        For a save: the entitlement attached, by its number among all of the history's, customer by
        customer, from 0; ``NOTHING`` detaches.
    customer, contact, product, origin : int
        For a save: the customer, by its place in the history, and what the case is about since. A
        contact is one of the customer that the case then has; -1 for none, but for the customer.
    decrement : int
        For a save: 0 marks the case do-not-decrement, 1 lifts the mark.
    into : int
        For a merge: the case that stays, by its number among all of the history's, from 0.
    """

    at: int
    move: CaseMove
    minutes: int = 0
    billed: int = -1
    entitlement: int = UNWRITTEN
    customer: int = UNWRITTEN
    contact: int = UNWRITTEN
    product: int = UNWRITTEN
    origin: int = UNWRITTEN
    decrement: int = UNWRITTEN
    into: int = -1


@dataclass(frozen=True, slots=True)
class HappenedCase:
    """A case and what became of it.

    Attributes
    ----------
    created : int
        Minute.
    events : sequence of CaseEvent
        In time order. Those after the run's end do not happen any more.
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
    severity : int
        From 1, the most severe one; 0 for none.
    account : int
        The account of the customer that writes, from 1; -1 for none.
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
    severity: int = 0
    account: int = -1


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
    keeps_default : bool
        Whether an active entitlement becomes its default when the default is not active any more,
        as that of simulated customers does.
    """

    joined: int
    bookings: Sequence[Booking] = ()
    cases: Sequence[HappenedCase] = ()
    segment: int = 0
    cases_per_year: float = 0.0
    keeps_default: bool = False


def check(model: ScenarioModel, customers: Sequence[HappenedCustomer]) -> None:
    """Refuse a history that cannot have happened.

    Raises
    ------
    ValueError
        Something lies outside of the run, names what is not there, or stands in an impossible
        order. The message names the customer and its booking or case, each counted from 1.
    """
    start = day_number(model.calendar.start)
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
        if booking.minute >= _DAY:
            raise ValueError(f"{where}: {booking.minute} is no minute of a day")
        if booking.renews != -1:
            _check_place(booking.renews, creations, f"{where}: entitlement renewed")
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
            _check_place(case.origin, MOST_ORIGINS, f"{where}: origin")
        if case.product != -1:
            _check_place(case.product, len(model.products), f"{where}: product")
        _check_events(case, where)
        before = case.created


def _check_place(place: int, count: int, name: str) -> None:
    if not 0 <= place < count:
        known = f"from 0 to {count - 1}" if count else "none"
        raise ValueError(f"{name} {place} is not there; there are {known}")


def _check_events(case: HappenedCase, where: str) -> None:
    """Refuse events out of order, and those that the state of the case does not allow.

    What becomes of a case that is merged is up to the other one, too.
    """
    at = case.created
    state = CaseState.ACTIVE
    is_known = True
    for number, event in enumerate(case.events, start=1):
        if event.at < at:
            raise ValueError(f"{where}, event {number}: minute {event.at} lies before {at}")
        if event.minutes < 0:
            raise ValueError(f"{where}, event {number}: {event.minutes} minutes of work")
        at = event.at
        is_known = is_known and event.move != CaseMove.MERGE
        if not is_known or event.move not in _DONE:
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
