"""A customer's queue of case events: a binary heap of keys that say their order.

A key holds the minute, whether the event takes terms, and the case's place in the block.
"""

from ..compiling import int64, part
from .world import Buffer, World

#: Bits of a key below the minute and the bit for taking: the case's place.
_PLACE_BITS = 34

#: A key behind all others: that of the last minute which a scenario can reach needs 63 bits, too.
FAR = int64(2**63 - 1)


@part
def queue_key(minute: int, takes: int, c: int) -> int:
    """Order of case events: by time; what gives back before what takes; by case."""
    return (((minute << 1) | takes) << _PLACE_BITS) | c


@part
def minute_of(key: int) -> int:
    """Minute of an event."""
    return key >> (_PLACE_BITS + 1)


@part
def case_of(key: int) -> int:
    """Place of an event's case in the block."""
    return key & ((1 << _PLACE_BITS) - 1)


@part
def first_key(world: World) -> int:
    """Key of the next event, or :data:`FAR`."""
    return world.queue[0] if world.n.queued > 0 else FAR


@part
def push(world: World, key: int) -> None:
    """Put a key into the queue."""
    queue = world.queue
    place = world.n.queued
    if place == queue.shape[0]:
        world.n.full = Buffer.QUEUE.value
        return
    world.n.queued = place + 1
    while place > 0:
        parent = (place - 1) >> 1
        if queue[parent] <= key:
            break
        queue[place] = queue[parent]
        place = parent
    queue[place] = key


@part
def pop(world: World) -> None:
    """Take the least key out of the queue."""
    queue = world.queue
    count = world.n.queued - 1
    world.n.queued = count
    key = queue[count]
    place = 0
    while True:
        child = 2 * place + 1
        if child >= count:
            break
        if child + 1 < count and queue[child + 1] < queue[child]:
            child += 1
        if key <= queue[child]:
            break
        queue[place] = queue[child]
        place = child
    queue[place] = key
