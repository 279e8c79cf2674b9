"""Histories: what is known to have happened, played by the rules that simulated customers live by.

A simulated customer's entitlements and cases are drawn; those of a history are given. Both go
through :func:`~entitlement_sim.engine.day.live` and come out as the same tables, so that whatever
reads a simulated run reads a replayed one.

Days are day numbers and minutes are local minutes, both since 1970-01-01; amounts are hundredths of
a term. Templates, products and segments are meant by their places in the scenario, from 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..population import arrivals
from ..population.arrivals import BY_CUSTOM, NOTHING
from ..population.compiling import kernel
from ..population.customers import Customer
from ..population.days import DAY
from ..population.plan import Plan, plan
from ..rules.cases import refuse_cancel_case, refuse_reactivate_case, refuse_resolve
from ..rules.codes import CaseState, Refusal
from ..rules.lifecycle import refuse_dates
from ..scenario.models import ScenarioModel
from . import contracts
from .blocks import as_block
from .columns import (
    BOOKING,
    COUNTERS,
    CUSTOMERS,
    FIRST,
    FULL,
    RECORDS,
    new_tables,
)
from .contracts import book
from .day import begin, live
from .tables import Block

__all__ = [
    "BY_CUSTOM",
    "NOTHING",
    "Action",
    "Booking",
    "CaseEvent",
    "HappenedCase",
    "HappenedCustomer",
    "Kind",
    "replay",
]


class Action(IntEnum):
    """What can be booked for a day of an entitlement."""

    CREATE = contracts.CREATE
    ACTIVATE = contracts.ACTIVATE
    DEACTIVATE = contracts.DEACTIVATE
    EDIT = contracts.EDIT
    CANCEL = contracts.CANCEL
    RENEW = contracts.RENEW
    SET_DEFAULT = contracts.SET_DEFAULT


class Kind(IntEnum):
    """What can happen to a case after its creation."""

    RESOLVE = arrivals.RESOLVE
    CANCEL = arrivals.CANCEL
    REACTIVATE = arrivals.REACTIVATE


@dataclass(frozen=True, slots=True)
class Booking:
    """An action on an entitlement. One that the rules refuse changes nothing.

    Attributes
    ----------
    day : int
        Day of the run. It is done when the states of that day come into force, before the cases of
        the day; the bookings of a customer for one day are done in the order in which they stand.
    action : Action
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


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """A resolution, cancellation or reactivation of a case.

    Attributes
    ----------
    at : int
        Minute.
    kind : Kind
    minutes : int
        For a resolution: minutes worked since the one before.
    """

    at: int
    kind: Kind
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
        refused (switch `gate_on_reactivate`), those after it do not either.
    wants : int
        The entitlement asked for, by its number within the customer; ``BY_CUSTOM`` for what the
        segment usually picks, ``NOTHING`` for none.
    origin, product, contact : int
        Codes and numbers from 0; -1 for none. A template that lists n contacts lists 0 … n - 1.
    decrement : bool
        False marks it do-not-decrement.
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


#: A customer, and where its bookings and cases lie.
_PEOPLE: Final = np.dtype(
    [
        ("segment", "i8"),
        ("joined", "i8"),
        ("cases_per_year", "f8"),
        ("first_booking", "i8"),
        ("bookings", "i8"),
        ("first_case", "i8"),
        ("cases", "i8"),
    ],
    align=True,
)

#: State of a record that has not come into being: none, so that every action refuses it.
_NOT_THERE: Final = -1


@kernel
def _replay(
    run, days, templates, rows, segments, lists, shares, people, bookings, script, events,
    customers, entitlements, channels, transitions, cases, reactivations, ledger,
    agenda, active, queue, n,
):  # fmt: skip
    """Let the customers live through what they have booked and through their cases."""
    plan = run[0]
    for place in range(people.shape[0]):
        segment = segments[people[place].segment]
        joined = people[place].joined
        number = place + 1
        customers[place].customer_id = number
        customers[place].segment = segment.number
        customers[place].joined_on = joined
        customers[place].cases_per_year = people[place].cases_per_year
        n[CUSTOMERS] = place + 1
        begin(n)
        first = people[place].first_booking
        for b in range(first, first + people[place].bookings):
            what = bookings[b].what
            if bookings[b].action != contracts.CREATE:
                what += n[FIRST]
            book(
                agenda, n, bookings[b].day, 0, bookings[b].action, what, bookings[b].value,
                bookings[b].start, bookings[b].end,
            )  # fmt: skip
        first = people[place].first_case
        count = people[place].cases
        live(
            plan, segment, Customer(place, joined, 0.0, 0.0), number, days, templates, rows, lists,
            shares, script[first : first + count], events, count, entitlements, channels,
            transitions, cases, reactivations, ledger, agenda, active, queue, n,
        )  # fmt: skip
        if n[FULL] != 0:
            return


def replay(model: ScenarioModel, customers: Sequence[HappenedCustomer]) -> Block:
    """Play a history by the rules.

    Parameters
    ----------
    model : ScenarioModel
        A scenario for its calendar, templates, SLAs, products, rule switches and segments; how many
        customers its segments have, and what these do by chance, plays no part. It must have come
        through the checks of :class:`~entitlement_sim.scenario.scenario.Scenario`.
    customers : sequence of HappenedCustomer
        They are numbered from 1 in this order.

    Returns
    -------
    Block
        Arrays by table and column, as a simulation gives them (see ``tables.COLUMNS``);
        ``store.writer.write_run`` makes a run of it.

    Raises
    ------
    ValueError
        The history cannot have happened: something lies outside of the run, names what is not
        there, or stands in an impossible order. The message names the customer and its booking or
        case, each counted from 1.

    Examples
    --------
    A pack of ten cases, and one case that takes a term of it and gives it back:

    >>> from entitlement_sim import Scenario
    >>> model = Scenario.load("reference").model
    >>> first = 19_358  # 2023-01-01
    >>> morning = first * 1440 + 9 * 60
    >>> block = replay(model, [HappenedCustomer(
    ...     joined=first,
    ...     bookings=[
    ...         Booking(first, Action.CREATE, start=first, end=first + 364),
    ...         Booking(first, Action.ACTIVATE, entitlement=0),
    ...     ],
    ...     cases=[HappenedCase(morning, [CaseEvent(morning + 30, Kind.CANCEL)], wants=0)],
    ... )])
    >>> block["ledger"]["balance"].tolist()
    [1000, 900, 1000]
    """
    played = plan(model, 0)
    played.run["decides"] = False
    for number, customer in enumerate(customers, start=1):
        _check_customer(played, len(model.products), customer, f"customer {number}")
    people, bookings, script, events = _as_arrays(customers)
    made = sum(_makes(booking) for one in customers for booking in one.bookings)
    rooms = {
        "customers": len(customers),
        "entitlements": made,
        "entitlement_channels": 6 * (made + 1),
        "transitions": 4 * len(bookings) + 1,
        "cases": len(script),
        "reactivations": len(events),
        "ledger": 8 * made + 2 * (len(bookings) + len(script) + len(events)) + 1,
    }
    of_one = 2 + max((len(one.bookings) + len(one.cases) for one in customers), default=0)
    while True:
        tables = new_tables(rooms)
        records = dict(zip(RECORDS, tables, strict=True))
        records["entitlements"]["state"] = _NOT_THERE
        n = np.zeros(COUNTERS, np.int64)
        agenda = np.zeros(of_one, BOOKING)
        active, queue = np.zeros((2, of_one), np.int64)
        arguments: list[Any] = [
            played.run, played.days, played.templates, played.rows, played.segments, played.lists,
            played.shares, people, bookings, script, events, *tables, agenda, active, queue, n,
        ]  # fmt: skip
        _replay(*arguments)
        if n[FULL] == 0:
            return as_block(tables, n)
        rooms["ledger"] *= 2  # a case may be refused by many entitlements before one takes it


# ---------------------------------------------------------------- into arrays and out of them


def _makes(booking: Booking) -> bool:
    """Whether a booking may bring an entitlement into being."""
    return booking.action in (Action.CREATE, Action.RENEW)


def _as_arrays(customers: Sequence[HappenedCustomer]) -> tuple[NDArray[Any], ...]:
    """Return people, bookings, script and events as arrays that refer to each other."""
    people: list[tuple[Any, ...]] = []
    bookings: list[tuple[Any, ...]] = []
    script: list[tuple[Any, ...]] = []
    events: list[tuple[Any, ...]] = []
    for one in customers:
        people.append(
            (one.segment, one.joined, one.cases_per_year, len(bookings), len(one.bookings),
             len(script), len(one.cases))
        )  # fmt: skip
        for done in one.bookings:
            what = done.template if done.action == Action.CREATE else done.entitlement
            bookings.append((done.day, 0, 0, done.action, what, done.total, done.start, done.end))
        for case in one.cases:
            script.append(
                (case.created, case.product, case.contact, case.origin, case.decrement, case.leaves,
                 case.responded_after, len(events), len(case.events), case.wants)
            )  # fmt: skip
            events += [(event.at, event.kind, event.minutes) for event in case.events]
    cases = np.zeros(len(script), arrivals.SCRIPT)
    known = np.dtype([(name, cases.dtype[name]) for name in _OF_SCRIPT])
    for name, values in zip(_OF_SCRIPT, zip(*script, strict=True), strict=False):
        cases[name] = np.array(values, known[name])
    return (
        np.array(people, _PEOPLE),
        np.array(bookings, BOOKING),
        cases,
        np.array(events, arrivals.EVENT),
    )


#: Fields of a script that a history knows, in the order in which they are filled.
_OF_SCRIPT: Final = (
    "created",
    "product",
    "contact",
    "origin",
    "decrement",
    "leaves",
    "responded_after",
    "first_event",
    "events",
    "wants",
)


# ---------------------------------------------------------------------------------- checking


def _check_customer(plan: Plan, products: int, customer: HappenedCustomer, who: str) -> None:
    """Refuse what cannot have happened."""
    run = plan.run[0]
    _check_place(customer.segment, len(plan.segments), f"{who}: segment")
    made = sum(_makes(booking) for booking in customer.bookings)
    for number, booking in enumerate(customer.bookings, start=1):
        what = f"{who}, booking {number}"
        if not run["start"] <= booking.day < run["stop"]:
            raise ValueError(
                f"{what}: day {booking.day} lies outside of the run, which goes from "
                f"{run['start']} to {run['stop'] - 1}"
            )
        if booking.action != Action.CREATE:
            _check_place(booking.entitlement, made, f"{what}: entitlement")
            continue
        _check_place(booking.template, len(plan.templates), f"{what}: template")
        if refuse_dates(booking.start, booking.end) != Refusal.NONE:
            raise ValueError(f"{what}: it would end ({booking.end}) before its start")
    before = customer.joined * DAY
    for number, case in enumerate(customer.cases, start=1):
        what = f"{who}, case {number}"
        if case.created < before:
            raise ValueError(
                f"{what}: created at minute {case.created}, before the one above or its customer"
            )
        if not run["start"] * DAY <= case.created < run["stop"] * DAY:
            raise ValueError(f"{what}: minute {case.created} lies outside of the run")
        if case.wants not in (BY_CUSTOM, NOTHING):
            _check_place(case.wants, made, f"{what}: entitlement wanted")
        if case.origin != -1:
            _check_place(case.origin, 6, f"{what}: origin")
        if case.product != -1:
            _check_place(case.product, products, f"{what}: product")
        _check_events(case, what)
        before = case.created


def _check_place(place: int, count: int, what: str) -> None:
    if not 0 <= place < count:
        known = f"from 0 to {count - 1}" if count else "none"
        raise ValueError(f"{what} {place} is not there; there are {known}")


def _check_events(case: HappenedCase, what: str) -> None:
    """Refuse events out of order, and those that the state of the case does not allow."""
    at = case.created
    state = CaseState.ACTIVE
    for number, event in enumerate(case.events, start=1):
        if event.at < at:
            raise ValueError(f"{what}, event {number}: minute {event.at} lies before {at}")
        if event.minutes < 0:
            raise ValueError(f"{what}, event {number}: {event.minutes} minutes of work")
        at = event.at
        if event.kind == Kind.RESOLVE:
            refusal, after = refuse_resolve(state, 0, False), CaseState.RESOLVED
        elif event.kind == Kind.CANCEL:
            refusal, after = refuse_cancel_case(state, 0), CaseState.CANCELLED
        else:
            refusal, after = refuse_reactivate_case(state), CaseState.ACTIVE
        if refusal != Refusal.NONE:
            raise ValueError(
                f"{what}, event {number}: a case that is {state.name.lower()} cannot be "
                f"{_DONE[event.kind]}"
            )
        state = after


_DONE: Final = {
    Kind.RESOLVE: "resolved",
    Kind.CANCEL: "cancelled",
    Kind.REACTIVATE: "reactivated",
}
