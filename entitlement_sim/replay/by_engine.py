"""Histories played by the engine: many customers, compiled."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..compiling import int64, kernel, record_type
from ..engine.agenda import book
from ..engine.blocks import first_numbers, is_hot, numbered, transpose_hot
from ..engine.buffers import Buffers, Rooms
from ..engine.day import live
from ..engine.tables import Block
from ..engine.world import BOOKING, Buffer, Space, go_back, mark_of, turn_to_next_customer, world_of
from ..population.arrivals import EVENT, SCRIPT
from ..population.customers import Customer
from ..population.plan import Plan, plan
from ..rules.words import Action, Rank
from ..scenario.models import ScenarioModel
from .history import HappenedCustomer, check

#: A customer, and where its bookings and cases lie.
_PEOPLE: Final = record_type(
    [
        ("segment", "i8"),
        ("joined", "i8"),
        ("cases_per_year", "f8"),
        ("first_booking", "i8"),
        ("bookings", "i8"),
        ("first_case", "i8"),
        ("cases", "i8"),
    ]
)


@kernel
def _replay(plan: Plan, space: Space, people: NDArray[Any], bookings: NDArray[Any]) -> None:
    """Let the customers live through what they have booked and through their cases."""
    world = world_of(plan, space, plan.run[0], plan.templates, plan.lists)
    n = world.n
    for place in range(n.done, people.shape[0]):
        if is_hot(n):
            transpose_hot(space)
            if n.full != Buffer.NONE:
                return
        mark = mark_of(n)
        turn_to_next_customer(world, place)
        person = people[place]
        segment = plan.segments[person.segment]
        record = space.customers[place]
        record.customer_id = n.customer
        record.segment = segment.number
        record.joined_on = person.joined
        record.cases_per_year = person.cases_per_year
        for b in range(person.first_booking, person.first_booking + person.bookings):
            e = int64(-1)
            if bookings[b].action != Action.CREATE:
                e = n.first_entitlement + bookings[b].entitlement
            slot = book(world, bookings[b].day, Rank.DECISIONS, bookings[b].action, e)
            booking = world.agenda[slot]
            booking.template = bookings[b].template
            booking.total = bookings[b].total
            booking.start = bookings[b].start
            booking.end = bookings[b].end
        customer = Customer(place, person.joined, 0.0, 0.0)
        live(world, segment, customer, person.first_case, person.first_case + person.cases)
        if n.full != Buffer.NONE:
            go_back(n, mark)
            return
        n.done = place + 1
        n.customers = place + 1
    transpose_hot(space)


def replay(model: ScenarioModel, customers: Sequence[HappenedCustomer]) -> Block:
    """Play a history by the rules.

    Parameters
    ----------
    model : ScenarioModel
        A scenario for its calendar, templates, SLAs, products, rule switches and segments; how many
        customers its segments have, what these do by chance, and its past play no part. It must
        have come through the checks of :class:`~entitlement_sim.scenario.scenario.Scenario`.
    customers : sequence of HappenedCustomer
        They are numbered from 1 in this order.

    Returns
    -------
    Block
        Arrays by table and column, as a simulation gives them (see ``engine.tables.COLUMNS``);
        ``store.writer.write_run`` makes a run of it.

    Raises
    ------
    ValueError
        The history cannot have happened (see :func:`~entitlement_sim.replay.history.check`).

    Examples
    --------
    A pack of ten cases, and one case that takes a term of it and gives it back:

    >>> from entitlement_sim import Scenario
    >>> from entitlement_sim.replay.history import Booking, CaseEvent, HappenedCase
    >>> from entitlement_sim.rules.words import CaseMove
    >>> model = Scenario.load("reference").model
    >>> first = 19_358  # 2023-01-01
    >>> morning = first * 1440 + 9 * 60
    >>> block = replay(model, [HappenedCustomer(
    ...     joined=first,
    ...     bookings=[
    ...         Booking(first, Action.CREATE, start=first, end=first + 364),
    ...         Booking(first, Action.ACTIVATE, entitlement=0),
    ...     ],
    ...     cases=[HappenedCase(morning, [CaseEvent(morning + 30, CaseMove.CANCEL)], wants=0)],
    ... )])
    >>> block["ledger"]["balance"].tolist()
    [1000, 900, 1000]
    """
    check(model, customers)
    played = plan(model.model_copy(update={"history": None}), 0)
    played.run["decides"] = False
    people, bookings, script, events = _as_arrays(customers)
    creations = sum(booking.may_create for customer in customers for booking in customer.bookings)
    buffers = Buffers(
        Rooms(
            customers=len(customers),
            entitlements=1 + creations,
            balances=2 * (1 + creations),
            transitions=4 * (1 + creations),
            cases=1 + len(script),
            reactivations=1 + len(events),
            ledger=8 * creations + 2 * (1 + len(script) + len(events)),
            script=1,
        )
    )
    while True:
        space = buffers.space()._replace(script=script, events=events)
        _replay(played, space, people, bookings)
        if not buffers.grow_what_is_full():
            return numbered(buffers.block(), first_numbers())


def _as_arrays(customers: Sequence[HappenedCustomer]) -> tuple[NDArray[Any], ...]:
    """Return people, bookings, script and events as arrays that refer to each other."""
    people: list[tuple[Any, ...]] = []
    bookings: list[dict[str, int]] = []
    script: list[dict[str, int]] = []
    events: list[tuple[int, int, int]] = []
    for customer in customers:
        people.append(
            (customer.segment, customer.joined, customer.cases_per_year, len(bookings),
             len(customer.bookings), len(script), len(customer.cases))
        )  # fmt: skip
        bookings += [
            {
                "day": booking.day,
                "action": booking.action,
                "entitlement": booking.entitlement,
                "template": booking.template,
                "total": booking.total,
                "start": booking.start,
                "end": booking.end,
            }
            for booking in customer.bookings
        ]
        for case in customer.cases:
            script.append(
                {
                    "created": case.created,
                    "product": case.product,
                    "contact": case.contact,
                    "origin": case.origin,
                    "decrement": case.decrement,
                    "leaves": case.leaves,
                    "responded_after": case.responded_after,
                    "first_event": len(events),
                    "events": len(case.events),
                    "wants": case.wants,
                }
            )
            events += [(event.at, event.move, event.minutes) for event in case.events]
    return (
        np.array(people, _PEOPLE),
        _records(bookings, BOOKING),
        _records(script, SCRIPT),
        np.array(events, EVENT),
    )


def _records(rows: list[dict[str, int]], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return records with some of their fields; the others are 0."""
    records = np.zeros(len(rows), dtype)
    for name in rows[0] if rows else ():
        records[name] = [row[name] for row in rows]
    return records
