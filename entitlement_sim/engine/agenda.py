"""A customer's agenda: what is booked for which day."""

from typing import Any

from ..compiling import int64, part, rare_part
from .world import Buffer, World


@rare_part
def book(world: World, day: int, rank: int, action: int, e: int) -> int:
    """Book an action on an entitlement for a day; return its slot, for what the action needs.

    Within a day the lower rank (``words.Rank``) comes first, and of one rank what was booked
    first. Where there is no room, the answer is the place for moving bookings.
    """
    n = world.n
    slot = n.open_bookings
    if slot == world.agenda.shape[0] - 1:
        n.full = Buffer.AGENDA.value
        return int64(slot)
    n.open_bookings = slot + 1
    n.bookings += 1
    booking = world.agenda[slot]
    booking.day = day
    booking.rank = rank
    booking.order = n.bookings
    booking.action = action
    booking.entitlement = e
    return int64(slot)


@part
def take(world: World, day: int) -> int:
    """Move the next booking of a day behind the open ones, and return its slot, or -1."""
    agenda = world.agenda
    n = world.n
    best = int64(-1)
    for slot in range(n.open_bookings):
        if agenda[slot].day == day and (best < 0 or _comes_before(agenda[slot], agenda[best])):
            best = int64(slot)
    if best < 0:
        return best
    last = n.open_bookings - 1
    n.open_bookings = last
    spare = agenda.shape[0] - 1
    agenda[spare] = agenda[best]
    agenda[best] = agenda[last]
    agenda[last] = agenda[spare]
    return int64(last)


@part
def _comes_before(booking: Any, other: Any) -> bool:
    if booking.rank != other.rank:
        return booking.rank < other.rank
    return booking.order < other.order
