"""What a history gives: customers who live as units, their bookings, their cases, as records."""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..compiling import rare_part, record_type
from .day import list_active
from .world import World

#: A customer, and where it stands while another one of its unit is at hand.
PEOPLE: Final = record_type(
    [
        ("segment", "i8"),
        ("keeps_default", "?"),
        ("default_entitlement", "i8"),
        ("owned", "i8"),
    ]
)

#: Customers whose cases link them, in `members`; what is booked for days and for minutes; cases.
UNITS: Final = record_type(
    [
        ("first_member", "i8"),
        ("members", "i8"),
        ("first_of_day", "i8"),
        ("of_day", "i8"),
        ("first_timed", "i8"),
        ("timed", "i8"),
        ("first_case", "i8"),
        ("cases", "i8"),
    ]
)

#: An entitlement as it is given; its number in the block once it has come into being, and its place
#: there while it has not been deleted (-1: none).
ENTITLEMENTS: Final = record_type(
    [
        ("customer", "i8"),
        ("terms", "i8"),
        ("start", "i8"),
        ("end", "i8"),
        ("anchor", "i8"),
        ("predecessor", "i8"),
        ("number", "i8"),
        ("place", "i8"),
        ("account", "i8"),  # that holds it; -1: it serves all of the customer's
    ]
)

#: What is done with an entitlement on a day, at a minute where that is known.
BOOKINGS: Final = record_type(
    [
        ("day", "i8"),
        ("at", "i8"),
        ("action", "i8"),
        ("entitlement", "i8"),
        ("origin", "i8"),
        ("amount", "i8"),
    ]
)

#: A case as it is created: by a customer, in a row of the history.
CASES: Final = record_type(
    [
        ("created", "i8"),
        ("row", "i8"),
        ("asked", "i8"),  # the row of the entitlement asked for
        ("wants", "i8"),  # its number within the unit, once it is there
        ("customer", "i4"),
        ("product", "i4"),
        ("contact", "i4"),
        ("account", "i4"),
        ("responded_after", "i4"),
        ("first_event", "i4"),
        ("events", "i4"),
        ("origin", "i2"),
        ("decrement", "i1"),
        ("leaves", "i1"),
        ("severity", "i1"),
    ]
)

#: What happens to a case later; `save` is its place among the saves, or the case of a merge.
EVENTS: Final = record_type(
    [
        ("at", "i8"),
        ("save", "i8"),
        ("minutes", "i4"),
        ("billed", "i4"),
        ("move", "i1"),
        ("may_attach", "?"),
    ]
)

#: The fields that a save writes.
SAVES: Final = record_type(
    [
        ("customer", "i8"),
        ("entitlement", "i8"),
        ("contact", "i8"),
        ("product", "i8"),
        ("origin", "i8"),
        ("decrement", "i8"),
    ]
)

#: Switches of the rulebook that only matter to what people do at a desk.
SWITCHES: Final = record_type([("auto_apply_on_update", "?"), ("refund_on_detach", "?")])

#: Where the cases of the unit at hand begin: in the script, and in the block.
FIRST: Final = record_type([("script", "i8"), ("case", "i8")])


class Given(NamedTuple):
    """A history as kernels take it; its cases and their events are the script of the world.

    Attributes
    ----------
    people : ndarray of PEOPLE
    units : ndarray of UNITS
    members : ndarray of int64
        Customers, unit by unit.
    entitlements : ndarray of ENTITLEMENTS
    of_day, timed : ndarray of BOOKINGS
        Unit by unit, in time order.
    saves : ndarray of SAVES
    switches : ndarray of SWITCHES, shape (1,)
    case_ids : ndarray of int64
        Number of each case in the block, by its row; -1 before it is created.
    first : ndarray of FIRST, shape (1,)
    """

    people: NDArray[Any]
    units: NDArray[Any]
    members: NDArray[np.int64]
    entitlements: NDArray[Any]
    of_day: NDArray[Any]
    timed: NDArray[Any]
    saves: NDArray[Any]
    switches: NDArray[Any]
    case_ids: NDArray[np.int64]
    first: NDArray[Any]


@rare_part
def turn_to(world: World, given: Given, customer: int) -> None:
    """Have another customer of the unit at hand, with its default and what is active of it."""
    n = world.n
    if n.customer == customer:
        return
    left = given.people[n.customer]
    left.default_entitlement = n.default_entitlement
    left.owned = n.owned
    n.customer = customer
    n.default_entitlement = given.people[customer].default_entitlement
    n.owned = given.people[customer].owned
    list_active(world)
