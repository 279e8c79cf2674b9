"""Lives that are kept as they stand on the first day of a run, to be lived on under any offering.

What customers are like, which cases come, and what happened before the first day is the same for
all offerings that differ in what is sold from that day on alone. Here it is drawn and lived through
once and kept, so that another offering is answered for in a part of the time. What is kept of a
past is what can still matter: entitlements with their balances, the movements of those that have
not ended, cases with events to come, bookings. Whoever has nothing left to happen is not kept.

The sums are those of :mod:`~.sums`, to the last hundredth.
"""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..compiling import int64, kernel, part, rare_part
from ..population.arrivals import EVENT, SCRIPT, Script
from ..population.customers import NEVER, Customer, draw_customer
from ..population.plan import Plan
from ..rules.words import EndedBy, Reason, State
from .blocks import (
    PAST,
    RUN,
    Offering,
    Piece,
    close_run,
    days_of_joining,
    draw_arrivals,
    first_stage,
    live_through_stage,
    rooms_for,
)
from .buffers import Buffers
from .custom import book_sales
from .horizon import likely_horizon, writes_beyond
from .queue import case_of
from .sums import (
    NOBODY,
    Offerings,
    Sums,
    Workspace,
    add_up_under,
    add_with_room,
    month_of_days,
    none_added,
)
from .world import Buffer, Space, World, go_back, turn_to_next_customer, world_of

#: Tables of a life that are kept as bytes, in this order, and what says that one is too small.
TABLES: Final = (
    "entitlements", "balances", "transitions", "cases", "ledger", "takings", "agenda", "active",
    "queue", "counts",
)  # fmt: skip
_FULL: Final = np.array(
    [
        Buffer.ENTITLEMENTS, Buffer.BALANCES, Buffer.TRANSITIONS, Buffer.CASES, Buffer.LEDGER,
        Buffer.TAKINGS, Buffer.AGENDA, Buffer.ACTIVE, Buffer.QUEUE, Buffer.NONE,
    ],
    np.int64,
)  # fmt: skip

_COUNTS: Final = TABLES.index("counts")
#: Beside them, the numbers of the script and of its events among those of all tables.
_SCRIPT: Final = len(TABLES)
_EVENTS: Final = len(TABLES) + 1

#: Bit of the templates that have none of their own: of the 63rd and all behind it.
LAST_BIT: Final = 62

#: Bytes, cases and events of the customers of a piece that there is room for at first.
_FIRST_BYTES: Final = 1 << 16
_FIRST_CASES: Final = 1 << 10


class Lives(NamedTuple):
    """Customers of one piece as they stand on the first day, end to end.

    Attributes
    ----------
    tables : tuple of ndarray of uint8
        Their records in the tables of a :class:`~.world.Space`, as bytes.
    script : ndarray of SCRIPT
        The cases that come from the first day on.
    events : ndarray of EVENT
        Of these, and those to come of cases that came before.
    places : ndarray of int64, shape (customers,)
        Of each, within the piece.
    begins : ndarray of int64, shape (customers + 1, tables + 2)
        Where the bytes of each table begin, then the cases, then the events.
    has_past : ndarray of int64, shape (customers,)
        1 for whoever joined before the first day.
    """

    tables: tuple[NDArray[np.uint8], ...]
    script: NDArray[Any]
    events: NDArray[Any]
    places: NDArray[np.int64]
    begins: NDArray[np.int64]
    has_past: NDArray[np.int64]


class KeptLives(NamedTuple):
    """What is kept of the customers of a piece, and whose they are.

    Attributes
    ----------
    plan : Plan
        By which they were drawn.
    piece : Piece
    joined : ndarray of int64
        Days on which they join, where they join as a stream.
    lives : Lives
    """

    plan: Plan
    piece: Piece
    joined: NDArray[np.int64]
    lives: Lives

    @property
    def nbytes(self) -> int:
        """Bytes of memory that they take."""
        arrays = [*self.lives.tables, *self.lives[1:]]
        return sum(each.nbytes for each in arrays)


class _People(NamedTuple):
    """Some customers of a segment, from its `first` one on.

    Attributes
    ----------
    segment, first, customers : int
    joined : ndarray of int64
        Days on which they join, where they join as a stream.
    asked : ndarray of int64
        Which of the lives that are kept of them are lived on, by their numbers.
    held : ndarray of int64
        Of each life that is kept, the templates that it has to do with under the first offering, as
        :func:`add_up_kept` returns them; empty where that is not asked.
    """

    segment: int
    first: int
    customers: int
    joined: NDArray[np.int64]
    asked: NDArray[np.int64]
    held: NDArray[np.int64]


class Records(NamedTuple):
    """The records of a space as bytes, table by table, and how many bytes one of each has."""

    tables: tuple[NDArray[np.uint8], ...]
    sizes: NDArray[np.int64]
    full: NDArray[np.int64]


_NOBODY: Final = np.zeros(0, np.int64)


# -------------------------------------------------------------------------------- keeping


@kernel
def _keep_piece(
    plan: Plan,
    offerings: Offerings,
    space: Space,
    records: Records,
    lives: Lives,
    kept: NDArray[np.int64],
    people: _People,
) -> None:
    """Draw customers of a segment, let them live through their past, and keep how they stand.

    `kept` has how many are kept so far, and 1 more than the number of what had no room for them.
    """
    n = space.counts[0]
    segment = plan.segments[people.segment]
    offering = Offering(offerings.runs[0], offerings.templates[0], offerings.lists[0])
    script = Script(space.script, space.events, space.units)
    for place in range(n.done, people.customers):
        joins = people.joined[place] if people.joined.size > 0 else int64(NEVER)
        customer = draw_customer(plan.run[0], segment, people.first + place, joins)
        if customer.joined < plan.run[0].stop:
            world = world_of(plan, space, offering.run, offering.templates, offering.lists)
            has_past = first_stage(plan, customer) == PAST
            # Most of those of a long past have left by the first day: no more of them is drawn.
            horizon = likely_horizon(plan, segment, customer)
            if not has_past or horizon > world.run.window:
                horizon = int64(world.run.stop)
            while True:
                arrivals = draw_arrivals(plan, segment, customer, script, n, horizon)
                if n.full != Buffer.NONE:
                    return
                go_back(n, NOBODY)
                turn_to_next_customer(world, place)
                case = int64(0)
                if has_past:
                    span = (int64(PAST), case, arrivals)
                    case = live_through_stage(plan, space, offering, segment, customer, span)
                    if n.full != Buffer.NONE:
                        return
                has_future = not has_past or _has_future(world, segment, customer, case, arrivals)
                if horizon >= world.run.stop or not (has_future or writes_beyond(world, horizon)):
                    break
                horizon = int64(world.run.stop)
            if has_future:
                if has_past:
                    forget(world)
                if n.full != Buffer.NONE:
                    return
                span = (int64(1 if has_past else 0), case, arrivals)
                kept[1] = _pack(world, records, lives, kept[0], place, span)
                if kept[1] != 0:
                    return
                kept[0] += 1
            if n.full != Buffer.NONE:
                return
        n.done = place + 1


@rare_part
def _has_future(world: World, segment: Any, customer: Customer, case: int, arrivals: int) -> bool:
    """Whether anything can happen to a customer from the first day on, whatever is offered."""
    n = world.n
    window = world.run.window
    if segment.answers_price or n.queued > 0 or n.open_bookings > 0:
        return True
    for e in range(n.entitlements):
        if not _is_over(world, e):
            return True
    # Sales to come are booked on the first day; here they are booked on trial.
    bookings, last_sale, demand_ends = n.bookings, n.last_sale, n.demand_ends
    book_sales(world, segment, customer, window, world.run.stop)
    comes = case < arrivals and world.script[case].created < n.demand_ends
    has_future = n.open_bookings > 0 or comes
    n.open_bookings = 0
    n.bookings = bookings
    n.last_sale = last_sale
    n.demand_ends = demand_ends
    return has_future


@part
def _is_over(world: World, e: int) -> bool:
    """Whether an entitlement has ended before the first day, so that no day of the run is its."""
    entitlement = world.entitlements[e]
    window = world.run.window
    if entitlement.state != State.EXPIRED and entitlement.state != State.CANCELLED:
        return False
    is_cancelled = entitlement.ended_by == EndedBy.CANCELLATION
    return bool(entitlement.end_date < window or (is_cancelled and entitlement.ended_on <= window))


@rare_part
def forget(world: World) -> None:
    """Forget what of a past says nothing of the days of the run; the rest moves together."""
    n = world.n
    row = int64(0)
    for source in range(n.transitions):
        if not _is_over(world, int64(world.transitions[source].entitlement_id)):
            world.transitions[row] = world.transitions[source]
            row += 1
    n.transitions = row
    row = int64(0)
    for source in range(n.entries):
        entry = world.ledger[source]
        if entry.reason != Reason.REFUSED and not _is_over(world, int64(entry.entitlement_id)):
            world.ledger[row] = world.ledger[source]
            row += 1
    n.entries = row
    n.reactivations = 0
    _forget_cases(world)


@rare_part
def _forget_cases(world: World) -> None:
    """Forget cases without events to come, and what they took; the others get numbers from 0."""
    n = world.n
    for c in range(n.cases):
        world.cases[c].place = -1
    for slot in range(n.queued):
        c = case_of(world.queue[slot])
        rank = int64(0)
        for other in range(n.queued):
            if case_of(world.queue[other]) < c:
                rank += 1
        world.cases[c].place = rank
    for slot in range(n.queued):  # in the same order among each other, so that the heap is one
        c = case_of(world.queue[slot])
        world.queue[slot] += int64(world.cases[c].place) - c
    first = n.takings
    end = n.takings
    row = int64(0)
    for source in range(n.cases):
        if world.cases[source].place < 0:
            continue
        world.cases[row] = world.cases[source]
        case = world.cases[row]
        case.case_id = row
        if end + case.takings > world.takings.shape[0]:
            n.full = Buffer.TAKINGS.value
            return
        for place in range(case.first_taking, case.first_taking + case.takings):
            world.takings[end] = world.takings[place]
            end += 1
        case.first_taking = end - case.takings - first
        row += 1
    for place in range(first, end):
        world.takings[place - first] = world.takings[place]
    n.takings = end - first
    n.cases = row


@rare_part
def _pack(
    world: World,
    records: Records,
    lives: Lives,
    life: int,
    place: int,
    span: tuple[int, int, int],
) -> int:
    """Put a customer behind those that are kept; return 1 more than the number of what is full.

    `span` says whether it has a past, which of its cases is the first to come, and how many it has.
    """
    n = world.n
    has_past, first, arrivals = span
    begins = lives.begins
    events = begins[life, _EVENTS]
    begin = events
    for table in range(begins.shape[1]):
        begins[life + 1, table] = begins[life, table]
    if has_past == 1:
        for c in range(n.cases):
            case = world.cases[c]
            count = int64(case.last_event - case.next_event)
            if events + count > lives.events.shape[0]:
                return int64(_EVENTS + 1)
            for step in range(count):
                lives.events[events + step] = world.events[case.next_event + step]
            case.next_event = events - begin
            case.last_event = events - begin + count
            events += count
        full = pack_tables(n, records, lives.tables, begins, life)
        if full != 0:
            return full
    to = begins[life, _SCRIPT]
    if to + arrivals - first > lives.script.shape[0]:
        return int64(_SCRIPT + 1)
    for k in range(first, arrivals):
        lives.script[to] = world.script[k]
        script = lives.script[to]
        count = int64(script.events)
        if events + count > lives.events.shape[0]:
            return int64(_EVENTS + 1)
        for step in range(count):
            lives.events[events + step] = world.events[script.first_event + step]
        script.first_event = events - begin
        events += count
        to += 1
    begins[life + 1, _SCRIPT] = to
    begins[life + 1, _EVENTS] = events
    lives.places[life] = place
    lives.has_past[life] = has_past
    return int64(0)


@rare_part
def pack_tables(
    n: Any,
    records: Records,
    tables: tuple[NDArray[np.uint8], ...],
    begins: NDArray[np.int64],
    life: int,
) -> int:
    """Put the records of a customer behind those of others.

    `begins` has where those of each life begin in each table, and where they end in the next row.
    The answer is 1 more than the number of the table that has no room for them, else 0.
    """
    for table in range(len(records.tables)):
        size = _rows_of(n, table) * records.sizes[table]
        begin = begins[life, table]
        kept = tables[table]
        if begin + size > kept.shape[0]:
            return int64(table + 1)
        there = records.tables[table]
        begins[life + 1, table] = begin + size
        for byte in range(size):
            kept[begin + byte] = there[byte]
    return int64(0)


@part
def _rows_of(n: Any, table: int) -> int:
    """Rows of a table of :data:`TABLES` that the customer at hand has."""
    rows = int64(1)
    if table == 0:
        rows = n.entitlements
    elif table == 1:
        rows = n.balances
    elif table == 2:
        rows = n.transitions
    elif table == 3:
        rows = n.cases
    elif table == 4:
        rows = n.entries
    elif table == 5:
        rows = n.takings
    elif table == 6:
        rows = n.open_bookings
    elif table == 7:
        rows = n.active
    elif table == 8:
        rows = n.queued
    return rows


# ------------------------------------------------------------------------------ living on


@kernel
def _live_on(
    plan: Plan,
    offerings: Offerings,
    space: Space,
    records: Records,
    sums: Sums,
    work: Workspace,
    lives: Lives,
    people: _People,
) -> None:
    """Let kept customers live through the days of the run under each offering, and add up.

    Of those who are asked for, as many as are done (``counts.done``), and offerings that the one at
    hand has lived through, are left alone.
    """
    n = space.counts[0]
    segment = plan.segments[people.segment]
    for turn in range(n.done, people.asked.shape[0]):
        life = people.asked[turn]
        place = lives.places[life]
        joins = people.joined[place] if people.joined.size > 0 else int64(NEVER)
        customer = draw_customer(plan.run[0], segment, people.first + place, joins)
        arrivals = _take_script(space, lives, life)
        if n.full != Buffer.NONE:
            return
        for offering in range(n.offerings, offerings.runs.shape[0]):
            world = world_of(
                plan,
                space,
                offerings.runs[offering],
                offerings.templates[offering],
                offerings.lists[offering],
            )
            go_back(n, NOBODY)
            turn_to_next_customer(world, place)
            if lives.has_past[life] == 1:
                take_up(n, records, lives, life)
            n.done = turn
            n.offerings = offering
            if n.full != Buffer.NONE:
                return
            met = Offering(world.run, world.templates, world.lists)
            span = (int64(RUN), int64(0), arrivals)
            live_through_stage(plan, space, met, segment, customer, span)
            close_run(plan, space, met, int64(0))
            if n.full != Buffer.NONE:
                return
            if not add_up_under(world, sums, work, offering, place):
                return
            if offering == 0 and people.held.shape[0] > 0:
                people.held[life] = _held(world)
            n.offerings = offering + 1
        n.offerings = 0
        n.done = turn + 1


@rare_part
def _held(world: World) -> int:
    """Return a bit for each template of which the customer at hand has had an entitlement."""
    held = int64(0)
    for e in range(world.n.entitlements):
        template = world.templates[world.entitlements[e].template_id]
        held |= int64(1) << min(template.number, int64(LAST_BIT))
    return held


@rare_part
def _take_script(space: Space, lives: Lives, life: int) -> int:
    """Lay out the cases to come of a customer and their events; return how many cases they are."""
    n = space.counts[0]
    begin = lives.begins[life, _SCRIPT]
    count = lives.begins[life + 1, _SCRIPT] - begin
    if count > space.script.shape[0] - 1:
        n.full = Buffer.SCRIPT.value
        return int64(0)
    for k in range(count):
        space.script[k] = lives.script[begin + k]
    begin = lives.begins[life, _EVENTS]
    events = lives.begins[life + 1, _EVENTS] - begin
    if events > space.events.shape[0]:
        n.full = Buffer.EVENTS.value
        return int64(0)
    for event in range(events):
        space.events[event] = lives.events[begin + event]
    return count


@rare_part
def take_up(n: Any, records: Records, lives: Any, life: int) -> None:
    """Let the customer at hand stand as it was kept; what has no room for it is full then."""
    full = int64(0)
    for table in range(len(records.tables)):
        there, kept = records.tables[table], lives.tables[table]
        begin = lives.begins[life, table]
        size = lives.begins[life + 1, table] - begin
        # The agenda has a place for moving bookings behind them; of counts there is one row.
        room = there.shape[0] if table == _COUNTS else there.shape[0] - records.sizes[table]
        if size > room:
            full = records.full[table]
        else:
            for byte in range(size):
                there[byte] = kept[begin + byte]
    n.full = full


# ----------------------------------------------------------------------------- from Python


def keep(plan: Plan, offerings: Offerings, piece: Piece) -> KeptLives:
    """Draw customers of one segment, let them live through their past, and keep how they stand.

    Parameters
    ----------
    plan : Plan
    offerings : Offerings
        Of these, the first is what they have met before the first day of the run, as all others
        with the same past have.
    piece : Piece

    Raises
    ------
    TooManyCasesError
        A customer has too many cases.
    """
    joined = days_of_joining(plan, piece)
    buffers = Buffers(rooms_for(plan, [Piece(piece.segment, 0, 1)]))
    lives = _room_for(buffers.space(), piece.count)
    kept = np.zeros(2, np.int64)
    while True:
        space = buffers.space()
        _keep_piece(
            plan,
            offerings,
            space,
            records_of(space),
            lives,
            kept,
            _People(piece.segment, piece.first, piece.count, joined, _NOBODY, _NOBODY),
        )
        if kept[1]:
            lives = _larger(lives, int(kept[1]) - 1, int(kept[0]))
            kept[1] = 0
        elif not buffers.grow_what_is_full():
            break
    return KeptLives(plan, piece, joined, _trimmed(lives, int(kept[0])))


def add_up_kept(
    kept: KeptLives,
    offerings: Offerings,
    *,
    customers: bool = False,
    asked: NDArray[np.int64] | None = None,
    held: NDArray[np.int64] | None = None,
) -> Sums:
    """Let kept customers live on under offerings, and add up, without months.

    Parameters
    ----------
    kept : KeptLives
    offerings : Offerings
        With the past that they were kept with.
    customers : bool, default False
        Add up for each customer, too; those that are not kept add nothing.
    asked : ndarray of int64, optional
        Numbers of the lives that are lived on, by default all.
    held : ndarray of int64, shape (lives,), optional
        Is filled in, for each life that is asked for: the bits (:func:`bit_of`) of the templates of
        which it has had an entitlement by the end of the run under the first offering. Whoever has
        none of a template lives the same whatever that one promises, as long as nobody answers to
        its price and it is not what is bought on top.

    Returns
    -------
    Sums
        As :func:`~.sums.add_up`, of one month; who has a row in the run is not said.

    Raises
    ------
    OverflowError
        A sum is :data:`~.pricing.TOO_LARGE`.
    """
    plan, piece = kept.plan, kept.piece
    month_of = np.zeros_like(month_of_days(plan))
    sums = none_added(offerings, month_of, piece.count if customers else 0, tells_who=False)
    lives = len(kept.lives.places)
    people = _People(
        piece.segment,
        piece.first,
        lives,
        kept.joined,
        np.arange(lives) if asked is None else asked,
        _NOBODY if held is None else held,
    )

    def add(space: Space, work: Workspace) -> None:
        _live_on(
            plan,
            offerings,
            space,
            records_of(space),
            sums,
            work,
            kept.lives,
            people,
        )

    add_with_room(plan, piece, offerings, month_of, add)
    return sums


def bit_of(template: int) -> int:
    """Return the bit of a template by its number, see :func:`add_up_kept`."""
    return 1 << min(template, LAST_BIT)


def records_of(space: Space) -> Records:
    """Return the records of a space as bytes, table by table."""
    records = [getattr(space, table) for table in TABLES]
    return Records(
        tuple(each.view(np.uint8) for each in records),
        np.array([each.itemsize for each in records], np.int64),
        _FULL,
    )


def _room_for(space: Space, customers: int) -> Lives:
    """Return room for customers of whom none is kept yet."""
    return Lives(
        tuple(np.empty(_FIRST_BYTES, np.uint8) for _ in TABLES),
        np.empty(_FIRST_CASES, SCRIPT),
        np.empty(_FIRST_CASES, EVENT),
        np.zeros(customers, np.int64),
        np.zeros((customers + 1, len(TABLES) + 2), np.int64),
        np.zeros(customers, np.int64),
    )


def _larger(lives: Lives, full: int, kept: int) -> Lives:
    """Return the same with twice the room for what was full."""
    begins = lives.begins[kept]
    if full == _SCRIPT:
        return lives._replace(script=_doubled(lives.script, int(begins[full])))
    if full == _EVENTS:
        return lives._replace(events=_doubled(lives.events, int(begins[full])))
    tables = [*lives.tables]
    tables[full] = _doubled(tables[full], int(begins[full]))
    return lives._replace(tables=tuple(tables))


def _doubled(array: NDArray[Any], filled: int) -> NDArray[Any]:
    longer = np.empty(2 * len(array), array.dtype)
    longer[:filled] = array[:filled]
    return longer


def _trimmed(lives: Lives, kept: int) -> Lives:
    """Return the same without room for more."""
    ends = lives.begins[kept].tolist()
    return Lives(
        tuple(table[:end].copy() for table, end in zip(lives.tables, ends, strict=False)),
        lives.script[: ends[_SCRIPT]].copy(),
        lives.events[: ends[_EVENTS]].copy(),
        lives.places[:kept].copy(),
        lives.begins[: kept + 1].copy(),
        lives.has_past[:kept].copy(),
    )
