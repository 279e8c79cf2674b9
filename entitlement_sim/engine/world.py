"""The world of a block of customers: records of each table, work space and counts, by name.

Every kernel and all of its parts take one :class:`World`. Besides the columns of its table a
record has some that only the engine needs.
"""

from enum import IntEnum
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..compiling import part, record_type, written_out
from ..population.plan import Plan
from .tables import COLUMNS


def _records(table: str, *, wide: bool = False, **working: str) -> np.dtype[Any]:
    """Type of a table's records; `wide` gives every column 64 bits, as rules compute with.

    Wide fields come first, so that none is padded: the fewer bytes, the more stays in the cache.
    """
    fields = [(column.name, "i8" if wide else column.array_type) for column in COLUMNS[table]]
    fields += working.items()
    return record_type(sorted(fields, key=lambda field: -np.dtype(field[1]).itemsize))


#: Type of each table's records.
RECORDS: Final = {
    "customers": _records("customers"),
    "entitlements": _records(
        "entitlements",
        wide=True,
        line="i8",  # place of the holding that it continues
        rank="i8",  # of that among what the customer holds: what is co-termed goes with the lowest
        months="i8",  # from its anchor to the day after its end
        moved="f8",  # log-odds by which its term has moved the chance to renew; NaN: undecided
        entries="i8",  # rows of the ledger so far
        refused="i8",  # cases refused in this term
        missed="i8",  # SLAs missed in this term
        first_balance="i8",  # of the chain of its balances; those of its channels follow it
        last_balance="i8",  # of that chain
        balances="i8",
        channels="i8",
        base_balance="i8",  # the balance that may fall below zero
        has_blocks="i8",  # whether several balances may pay, or debts are settled
        has_closed="i8",  # whether its last period, or its term, has
        unlimited="i8",  # whether it has no total
        grant="i8",  # terms of a whole period of its allowance
        period="i8",  # number of the running one
        gone="i8",  # what lapsed, less what was settled
        is_deleted="i8",
        billed="i8",  # hundredths of a term that were billed as overage
        unrisen_price="i8",  # its list price, had none of the renewals before made it dearer
        decision="i8",  # what its customer has decided: a ``words.Decision``
        regrets="i8",  # whether the customer would have left at its end, but for the notice
        topped_up="i8",  # terms that were added to its total
        exhaustions="i8",  # times that its terms have run out
        orders="i8",  # what is bought because they have, and on its way
        purchase="i8",  # which of its customer's purchases of that kind it is, or renews; 0: none
        published="i8",  # see ``publication.Published``
        place="i8",  # among what is published
        rows="i8",  # of its ledger that have been published so far
        running="i8",  # what these come to
    ),
    "balances": _records(
        "balances",
        allotted="i8",  # its first movement
        first_entry="i8",  # that movement's number in the entitlement's ledger
        following="i8",  # the next balance of the entitlement, or -1
        is_over="i8",  # whether it has lapsed: what comes back to it lapses, too
        settled="i8",  # what was used beyond it and settled
        lapsed="i8",
        put_in="i8",  # where it is added up: what was allotted, adjusted and topped up
        used="i8",  # likewise: what was consumed and not restored
        place="i8",  # among what is published
    ),
    "transitions": _records("transitions"),
    "cases": _records(
        "cases",
        first_taking="i4",
        takings="i4",  # how many of its takings have not been given back
        worked="i4",  # minutes
        billed="i4",  # minutes that resolutions have billed
        next_event="i4",
        last_event="i4",
        published="i4",  # whether it is
        place="i4",  # among what is published
    ),
    "reactivations": _records("reactivations"),
    "ledger": _records("ledger"),
}

#: What a case has taken from a balance and not given back, in hundredths of a term.
TAKING: Final = record_type([("balance", "i8"), ("amount", "i8")])

#: What is booked for a day of a customer. Which fields count is up to the action.
BOOKING: Final = record_type(
    [
        ("day", "i8"),
        ("rank", "i8"),
        ("order", "i8"),  # of booking
        ("action", "i8"),
        ("entitlement", "i8"),
        ("template", "i8"),
        ("line", "i8"),
        ("total", "i8"),  # hundredths of a term
        ("days_in_draft", "i8"),
        ("returns", "i8"),  # whether the customer had left before
        ("start", "i8"),
        ("account", "i8"),  # that buys, by its number; -1: the customer
        ("balance", "i8"),
    ]
)

#: Rows filled so far, and where the customer at hand stands.
COUNTS: Final = record_type(
    [
        ("done", "i8"),  # customers whose turn it has been
        ("customers", "i8"),  # those of them that joined
        ("offerings", "i8"),  # those that the customer at hand has lived through, when adding up
        ("entitlements", "i8"),
        ("balances", "i8"),
        ("transitions", "i8"),
        ("cases", "i8"),  # those whose records have not been transposed yet
        ("cases_out", "i8"),  # those whose records have been
        ("reactivations", "i8"),
        ("entries", "i8"),
        ("entries_out", "i8"),
        # Of the customer at hand:
        ("customer", "i8"),  # its id
        ("first_entitlement", "i8"),
        ("first_open", "i8"),  # before it, all of its entitlements have ended
        ("default_entitlement", "i8"),  # -1: none
        ("owned", "i8"),  # how many entitlements it has
        ("active", "i8"),  # how many of these are active
        ("takings", "i8"),
        ("open_bookings", "i8"),
        ("bookings", "i8"),  # so far
        ("sales_begin", "i8"),  # bookings before those of its sales, where an offering is revised
        ("queued", "i8"),
        ("covered_until", "i8"),  # first day after what has ended so far, -1: nothing has
        ("last_sale", "i8"),  # day of the last sale of its segment's holdings, -1: none
        ("demand_ends", "i8"),  # minute from which it writes nothing
        ("accepts_overage", "i8"),
        ("holds_apart", "i8"),  # whether an account holds an entitlement of its own
        ("has_options", "i8"),  # whether it has had an allowance, or anything unlimited
        ("spend", "i8"),  # in a term, in hundredths
        ("purchases", "i8"),  # entitlements that it has bought because terms ran out
        ("charged", "i8"),  # the entitlement that the event at hand has charged, -1: none
        ("before_charge", "i8"),  # what that had left before
        ("bought", "i8"),  # whether that event has let the customer buy or order more
        # The buffer that was too small, so that the customer is simulated once more:
        ("full", "i8"),
    ]
)


#: End of a demand that does not end: a minute that nothing reaches.
ENDLESS: Final = 2**62


class Buffer(IntEnum):
    """Buffers that can be too small."""

    NONE = 0
    ENTITLEMENTS = 1
    BALANCES = 2
    TRANSITIONS = 3
    CASES = 4
    CASE_COLUMNS = 5
    REACTIVATIONS = 6
    LEDGER = 7
    LEDGER_COLUMNS = 8
    SCRIPT = 9
    EVENTS = 10
    TAKINGS = 11
    AGENDA = 12
    ACTIVE = 13
    QUEUE = 14
    SUMS = 15


class Space(NamedTuple):
    """The arrays that a block of customers is simulated into.

    Attributes
    ----------
    customers, entitlements, balances, transitions, cases, reactivations, ledger : ndarray
        Records of the tables. Those of cases and of the ledger are few: they are transposed into
        columns before the block is done.
    case_columns, ledger_columns : tuple of ndarray
        What these two are transposed with (see ``transpose.Columns.views``).
    script : ndarray of SCRIPT
    events : ndarray of EVENT
    units : ndarray of float64
        The cases of the customer at hand, and the uniform numbers that they are drawn with.
    takings : ndarray of TAKING
    agenda : ndarray of BOOKING
        The last place is for moving bookings.
    active : ndarray of int64
        The customer's active entitlements.
    queue : ndarray of int64
        Coming events of its cases: a binary heap of keys.
    counts : ndarray of COUNTS, shape (1,)
    """

    customers: NDArray[Any]
    entitlements: NDArray[Any]
    balances: NDArray[Any]
    transitions: NDArray[Any]
    cases: NDArray[Any]
    reactivations: NDArray[Any]
    ledger: NDArray[Any]
    case_columns: tuple[NDArray[Any], ...]
    ledger_columns: tuple[NDArray[Any], ...]
    script: NDArray[Any]
    events: NDArray[Any]
    units: NDArray[Any]
    takings: NDArray[Any]
    agenda: NDArray[Any]
    active: NDArray[Any]
    queue: NDArray[Any]
    counts: NDArray[Any]


class World(NamedTuple):
    """What every part of a kernel can see: the plan, the records, and how many there are.

    Attributes
    ----------
    run : record of RUN
    days, distributions, holds, templates, lists, shares
        Arrays of the plan.
    entitlements, balances, transitions, cases, reactivations, ledger
        Records of the tables.
    script, events, takings, agenda, active, queue
        Of the customer at hand.
    n : record of COUNTS
    """

    run: Any
    days: NDArray[Any]
    distributions: NDArray[Any]
    holds: NDArray[Any]
    templates: NDArray[Any]
    lists: NDArray[Any]
    shares: NDArray[Any]
    entitlements: NDArray[Any]
    balances: NDArray[Any]
    transitions: NDArray[Any]
    cases: NDArray[Any]
    reactivations: NDArray[Any]
    ledger: NDArray[Any]
    script: NDArray[Any]
    events: NDArray[Any]
    takings: NDArray[Any]
    agenda: NDArray[Any]
    active: NDArray[Any]
    queue: NDArray[Any]
    n: Any


@written_out
def world_of(
    plan: Plan, space: Space, run: Any, templates: NDArray[Any], lists: NDArray[np.int64]
) -> World:
    """Return the world of a plan in a space, under an offering: its switches and templates."""
    return World(
        run,
        plan.days,
        plan.distributions,
        plan.holds,
        templates,
        lists,
        plan.shares,
        space.entitlements,
        space.balances,
        space.transitions,
        space.cases,
        space.reactivations,
        space.ledger,
        space.script,
        space.events,
        space.takings,
        space.agenda,
        space.active,
        space.queue,
        space.counts[0],
    )


@part
def turn_to_next_customer(world: World, customer_id: int) -> None:
    """Begin the next customer: it has no bookings, events, takings or entitlements."""
    n = world.n
    n.customer = customer_id
    n.open_bookings = 0
    n.bookings = 0
    n.sales_begin = 0
    n.queued = 0
    n.takings = 0
    n.first_entitlement = n.entitlements
    n.first_open = n.entitlements
    n.default_entitlement = -1
    n.owned = 0
    n.active = 0
    n.covered_until = -1
    n.last_sale = -1
    n.demand_ends = ENDLESS
    n.accepts_overage = 1
    n.holds_apart = 0
    n.has_options = 0
    n.spend = 0
    n.purchases = 0
    n.charged = -1
    n.before_charge = 0
    n.bought = 0


class Mark(NamedTuple):
    """How many rows there were before a customer."""

    entitlements: int
    balances: int
    transitions: int
    cases: int
    reactivations: int
    entries: int


@part
def mark_of(n: Any) -> Mark:
    """Return how many rows there are."""
    return Mark(n.entitlements, n.balances, n.transitions, n.cases, n.reactivations, n.entries)


@part
def go_back(n: Any, mark: Mark) -> None:
    """Forget the rows since a mark: those of a customer for whom a buffer was too small."""
    n.entitlements = mark.entitlements
    n.balances = mark.balances
    n.transitions = mark.transitions
    n.cases = mark.cases
    n.reactivations = mark.reactivations
    n.entries = mark.entries
