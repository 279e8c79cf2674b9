"""Blocks of customers: the unit of work of the engine.

A block is simulated into buffers of its own, so that blocks can run side by side; they are handed
on in order, and only then do rows get their final numbers. So the rows of a run do not depend on
how large blocks are or how many run at a time.
"""

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..compiling import compile_rules, int64, kernel, part, quiet_compilation, rare_part
from ..population.arrivals import EVENTS_FULL, SCRIPT_FULL, Script, draw_scripts
from ..population.customers import (
    NEVER,
    Customer,
    accepts_overage,
    cases_per_year,
    draw_customer,
    draw_spend,
)
from ..population.inflow import days_joined, passed_before
from ..population.plan import Plan
from ..rules import (
    allotment,
    amounts,
    balances,
    burning,
    cases,
    lifecycle,
    periods,
    picking,
    prices,
    renewal,
    weights,
)
from .buffers import Buffers, Rooms
from .cases import close_cases
from .custom import book_sales
from .day import live_until
from .horizon import likely_horizon, writes_beyond
from .numbering import first_numbers, numbered
from .pricing import price_blocks
from .publication import blank_unlimited, name_templates, publish
from .revising import book_revisions
from .tables import NO_TIME, NONE, Block
from .transpose import transpose
from .world import (
    Buffer,
    Space,
    World,
    go_back,
    mark_of,
    turn_to_next_customer,
    world_of,
)

compile_rules(allotment, amounts, balances, burning, cases, lifecycle)
compile_rules(periods, picking, prices, renewal, weights)

#: Customers of a block, unless the caller says otherwise.
BLOCK_SIZE: Final = 1024

#: Cases of a block that are to be expected at the most, so that buffers stay in the caches.
_BLOCK_CASES: Final = 65_536
#: More sales than a customer can have, so that their numbers are kept free for them.
_MOST_SALES: Final = 2**32

#: Stages of a life: before the turn of a run, its first day or that of a revision, and from it on.
PAST: Final = 0
RUN: Final = 1

#: Called with the number of customers done and of all customers.
Progress = Callable[[int, int], None]

#: Records of cases and of the ledger that are transposed together: they fit the cache.
_HOT_ROWS: Final = 1024


class Offering(NamedTuple):
    """What customers meet from the first day of a run on.

    Attributes
    ----------
    run : record of RUN
        With its switches.
    templates, lists : ndarray
        As those of the plan.
    """

    run: Any
    templates: NDArray[Any]
    lists: NDArray[np.int64]


@kernel
def _simulate_block(
    plan: Plan,
    space: Space,
    segment_number: int,
    first: int,
    count: int,
    joined: NDArray[np.int64],
) -> None:
    """Simulate `count` customers of a segment, from its `first` one on, into a space.

    `joined` has the days on which they join, where they join as a stream. Those that are done
    already (``counts.done``) are left alone. Where a buffer is too small, ``counts.full`` says
    which, and the customer at hand has left no trace.
    """
    world = world_of(plan, space, plan.run[0], plan.templates, plan.lists)
    offering = Offering(world.run, plan.templates, plan.lists)
    n = world.n
    segment = plan.segments[segment_number]
    script = Script(space.script, space.events, space.units)
    for place in range(n.done, count):
        if is_hot(n):
            transpose_hot(space)
            if n.full != Buffer.NONE:
                return
        mark = mark_of(n)
        turn_to_next_customer(world, n.customers)
        joins = joined[place] if joined.size > 0 else int64(NEVER)
        customer = draw_customer(world.run, segment, first + place, joins)
        if customer.joined < world.run.stop:
            horizon = likely_horizon(plan, segment, customer)
            while True:
                _simulate_customer(plan, space, offering, segment, customer, script, horizon)
                if n.full != Buffer.NONE or not writes_beyond(world, horizon):
                    break
                go_back(n, mark)
                turn_to_next_customer(world, n.customers)
                horizon = world.run.stop
            if n.full != Buffer.NONE:
                go_back(n, mark)
                return
            price_blocks(world, mark.entitlements)
            published = customer.joined >= world.run.window or publish(world, mark)
            if world.run.window <= customer.joined < world.run.turn:
                name_templates(world, mark)
            if n.full != Buffer.NONE:
                go_back(n, mark)
                return
            if published:
                blank_unlimited(world, mark)
                n.customers += 1
            else:
                go_back(n, mark)
        n.done = place + 1
    transpose_hot(space)


@part
def _simulate_customer(
    plan: Plan,
    space: Space,
    offering: Offering,
    segment: Any,
    customer: Customer,
    script: Script,
    horizon: int,
) -> None:
    """Draw the cases of a customer up to a day, and let it live through its days."""
    n = space.counts[0]
    record = space.customers[n.customers]
    record.customer_id = n.customer
    record.segment = segment.number
    record.joined_on = customer.joined
    record.cases_per_year = cases_per_year(plan.run[0], segment, customer)
    arrivals = draw_arrivals(plan, segment, customer, script, n, horizon)
    live_through(plan, space, offering, segment, customer, arrivals)


@part
def live_through(
    plan: Plan, space: Space, offering: Offering, segment: Any, customer: Customer, arrivals: int
) -> None:
    """Let a customer live through all of its days, under an offering from the first one on."""
    first_case = space.counts[0].cases
    case = int64(0)
    for stage in range(first_stage(plan, customer), RUN + 1):
        span = (stage, case, arrivals)
        case = live_through_stage(plan, space, offering, segment, customer, span)
    close_run(plan, space, offering, first_case)


@part
def first_stage(plan: Plan, customer: Customer) -> int:
    """Return the stage of its life in which a customer joins."""
    return int64(PAST) if customer.joined < plan.run[0].turn else int64(RUN)


@part
def live_through_stage(
    plan: Plan,
    space: Space,
    offering: Offering,
    segment: Any,
    customer: Customer,
    span: tuple[int, int, int],
) -> int:
    """Let a customer live through one stage of its life; return the first case that comes later.

    `span` has the stage, the first case that comes in it or later, and how many cases there are.
    Before the turn of a run a customer has the habits of the base scenario, and meets its
    offerings.
    """
    n = space.counts[0]
    turn = plan.run[0].turn
    stage, case, arrivals = span
    is_past = stage == PAST
    run = plan.past.run[0] if is_past else offering.run
    world = world_of(plan, space, run, offering.templates, offering.lists)
    now = plan.past.segments[segment.number] if is_past else segment
    who = customer
    if is_past and plan.past.changed[segment.number]:
        place = customer.ordinal - now.first_ordinal
        who = draw_customer(run, now, place, customer.joined)
    stop = turn if is_past else run.stop
    n.accepts_overage = 1 if accepts_overage(run, now, who) else 0
    n.spend = draw_spend(run, now, plan.distributions, who)
    begins = int64(customer.joined if is_past else turn)
    while True:  # a past that goes into the run is lived as that of the base: until its first day
        until = run.window if begins < run.window < stop else stop
        _book_sales(world, now, who, begins, until)
        if run.revises and not is_past and customer.joined < turn:
            book_revisions(world, turn)
        case = live_until(world, now, who, case, arrivals, until)
        if until == stop:
            return case
        begins = int64(until)


@part
def _book_sales(world: World, segment: Any, customer: Customer, first: int, stop: int) -> None:
    """Book what a customer buys of its segment's holdings in some days."""
    if world.run.turn > world.run.window:
        _book_sales_about_turn(world, segment, customer, first, stop)
    else:
        book_sales(world, segment, customer, first, stop)


@rare_part
def _book_sales_about_turn(
    world: World, segment: Any, customer: Customer, first: int, stop: int
) -> None:
    """Book it where an offering is revised in the midst of a run.

    Sales from that day on are booked on it, but come in the order of their day as they would had
    nothing been revised: with those from before, and before all that has been booked since.
    """
    n = world.n
    if first < world.run.turn:
        n.sales_begin = n.bookings
        n.bookings += _MOST_SALES
        book_sales(world, segment, customer, first, stop)
        return
    booked = int64(n.bookings)
    if customer.joined < world.run.turn:
        n.bookings = n.sales_begin
    book_sales(world, segment, customer, first, stop)
    n.bookings = max(booked, int64(n.bookings))


@part
def close_run(plan: Plan, space: Space, offering: Offering, first_case: int) -> None:
    """Close what is open of a customer's cases at the end of a run."""
    world = world_of(plan, space, offering.run, offering.templates, offering.lists)
    close_cases(world, first_case)


@part
def draw_arrivals(
    plan: Plan, segment: Any, customer: Customer, script: Script, n: Any, horizon: int
) -> int:
    """Draw a customer's cases up to a day and return how many; note where there is no room."""
    arrivals = draw_scripts(plan, segment, customer, script, horizon)
    if arrivals == SCRIPT_FULL:
        n.full = Buffer.SCRIPT.value
    elif arrivals == EVENTS_FULL:
        n.full = Buffer.EVENTS.value
    return arrivals


@part
def is_hot(n: Any) -> bool:
    """Whether so many records wait for being transposed that they just fit the cache."""
    return n.cases >= _HOT_ROWS or n.entries >= _HOT_ROWS


@rare_part
def transpose_hot(space: Space) -> None:
    """Transpose the records of cases and of the ledger, so that their room can be used again."""
    n = space.counts[0]
    case_columns = space.case_columns
    ledger_columns = space.ledger_columns
    if n.cases_out + n.cases > case_columns[2].shape[1]:
        n.full = Buffer.CASE_COLUMNS.value
    elif n.entries_out + n.entries > ledger_columns[2].shape[1]:
        n.full = Buffer.LEDGER_COLUMNS.value
    else:
        transpose(case_columns, n.cases, n.cases_out)
        transpose(ledger_columns, n.entries, n.entries_out)
        n.cases_out += n.cases
        n.entries_out += n.entries
        n.cases = 0
        n.entries = 0


@dataclass(frozen=True, slots=True)
class Piece:
    """Customers of one segment that are simulated together.

    Attributes
    ----------
    segment : int
        Its place in the scenario.
    first, count : int
        Customers, counted within the segment from 0; those before the first day of a run that has a
        past from -1 backwards.
    passed : float, default 0.0
        Where they join as a stream: mean gaps between the first day and the nearest of them.
    """

    segment: int
    first: int
    count: int
    passed: float = 0.0


@dataclass(frozen=True, slots=True)
class Filled:
    """What one piece of work has filled: columns by table, rows numbered from 0."""

    block: Block
    buffers: Buffers


def expected_cases(plan: Plan) -> NDArray[np.float64]:
    """Return how many cases a customer of each segment has on the average, bursts aside."""
    run = plan.run[0]
    kinds = plan.segments["busyness"]
    busy = plan.busy["busy"][kinds, run["stop"] - run["start"]] - plan.busy["busy"][kinds, 0]
    expected: NDArray[np.float64] = plan.segments["per_day"] * plan.segments["accounts"] * busy
    return expected


def pieces(plan: Plan, size: int) -> list[Piece]:
    """Cut the segments into pieces of at most `size` customers, in the order of their joining.

    Where customers have many cases, pieces are smaller.
    """
    cut: list[Piece] = []
    for segment, ((earlier, later), expected) in enumerate(
        zip(plan.customers.tolist(), expected_cases(plan).tolist(), strict=True)
    ):
        step = min(size, max(1, int(_BLOCK_CASES / max(expected, 1.0))))
        passed = _passed(plan, segment, -1, step, earlier)
        cut += [
            Piece(segment, -min(place + step, earlier), min(step, earlier - place), gaps)
            for place, gaps in zip(range(0, earlier, step), passed, strict=True)
        ][::-1]
        passed = _passed(plan, segment, 0, step, later)
        cut += [
            Piece(segment, first, min(step, later - first), gaps)
            for first, gaps in zip(range(0, later, step), passed, strict=True)
        ]
    return cut


def shares(plan: Plan, count: int) -> list[int]:
    """Cut all customers into shares of about equal work, in the order of their rows.

    Parameters
    ----------
    plan : Plan
    count : int
        How many shares; where there are fewer customers, some of these have none.

    Returns
    -------
    list of int
        Customers before each share, and all of them at the end.
    """
    customers = plan.customers.sum(axis=1).tolist()
    # In whole numbers, so that whoever cuts the same plan comes to the same shares.
    weights = [1 + round(cases) for cases in expected_cases(plan).tolist()]
    work = sum(many * weight for many, weight in zip(customers, weights, strict=True))
    ends = []
    segment = people = done = 0
    for share in range(count):
        target = work * share // count
        while segment < len(customers) and done + customers[segment] * weights[segment] <= target:
            done += customers[segment] * weights[segment]
            people += customers[segment]
            segment += 1
        within = (target - done) // weights[segment] if segment < len(customers) else 0
        ends.append(people + within)
    return [*ends, sum(customers)]


def between(plan: Plan, work: list[Piece], first: int, stop: int) -> list[Piece]:
    """Return the pieces of some customers: those from `first` up to before `stop`.

    Customers are counted through all segments from 0, in the order of their rows.
    """
    found: list[Piece] = []
    before = 0
    for piece in work:
        skipped = max(0, first - before)
        count = piece.count - skipped - max(0, before + piece.count - stop)
        if count == piece.count:
            found.append(piece)
        elif count > 0:
            found.append(_part_of_piece(plan, piece, skipped, count))
        before += piece.count
    return found


def _part_of_piece(plan: Plan, piece: Piece, skipped: int, count: int) -> Piece:
    first = piece.first + skipped
    begin, place = (0, first) if first >= 0 else (-1, -(first + count))
    passed = _passed(plan, piece.segment, begin, max(1, place), place + 1)[-1]
    return Piece(piece.segment, first, count, passed)


def _passed(plan: Plan, segment: int, first: int, step: int, count: int) -> list[float]:
    record = plan.segments[segment]
    if not record["joins_per_day"] > 0.0:
        return [0.0] * -(-count // step)
    return passed_before(plan.run[0], record, first, step, count).tolist()


def days_of_joining(plan: Plan, piece: Piece) -> NDArray[np.int64]:
    """Return the days on which the customers of a piece join; none where they are not a stream."""
    record = plan.segments[piece.segment]
    if not record["joins_per_day"] > 0.0:
        return np.zeros(0, np.int64)
    if piece.first >= 0:
        return days_joined(plan.run[0], record, piece.first, piece.passed, piece.count)
    nearest = piece.first + piece.count - 1
    return days_joined(plan.run[0], record, nearest, piece.passed, piece.count)[::-1].copy()


def simulate_piece(plan: Plan, piece: Piece, buffers: Buffers) -> Filled:
    """Simulate a piece; its buffers grow where they are too small."""
    buffers.clear()
    joined = days_of_joining(plan, piece)
    while True:
        _simulate_block(
            plan,
            buffers.space(),
            piece.segment,
            piece.first,
            piece.count,
            joined,
        )
        if not buffers.grow_what_is_full():
            return Filled(buffers.block(), buffers)


def rooms_for(plan: Plan, work: list[Piece]) -> Rooms:
    """Return the rooms that usually fit the largest of some pieces."""
    run = plan.run[0]
    days = int(run["stop"] - run["window"])
    expected = expected_cases(plan).tolist()
    holds = plan.segments["holds"].tolist()
    customers = max((piece.count for piece in work), default=1)
    cases = max((piece.count * expected[piece.segment] for piece in work), default=1.0)
    terms = max((piece.count * max(1, holds[piece.segment]) for piece in work), default=1)
    busiest = max((expected[piece.segment] for piece in work), default=1.0)
    entitlements = 64 + int(terms * (2 + days // 300))
    channels = int((plan.templates["channels"] >= 0).sum(axis=1).max())
    return Rooms(
        customers=customers,
        entitlements=entitlements,
        balances=entitlements * (1 + channels),
        transitions=4 * entitlements,
        cases=256 + int(1.25 * cases),
        reactivations=64 + int(cases / 8),
        ledger=256 + int(cases + (3 + channels) * entitlements),
        script=_room_of_script(busiest),
    )


def constant_columns(plan: Plan) -> dict[str, int]:
    """Return the columns of cases that no case of a plan has anything in, with what they hold."""
    templates = plan.templates
    of_cases = {
        name: np.concatenate([plan.segments[name], plan.past.segments[name]])
        for name in ("has_accounts", "has_severities", "products", "contacts", "only_origin")
    }
    constant = {}
    if not of_cases["has_accounts"].any():
        constant["account"] = NONE
    if not of_cases["has_severities"].any():
        constant["severity"] = NONE
    if not of_cases["products"].any():
        constant["product_id"] = NONE
    if (of_cases["contacts"] <= 1).all():
        constant["contact"] = 0
    origins = np.unique(of_cases["only_origin"])
    if len(origins) == 1 and origins[0] >= 0:
        constant["origin"] = int(origins[0])
    if not templates["resolve_by"].any():
        constant |= dict.fromkeys(("responded_at", "response_due_at", "sla_due_at"), NO_TIME)
        constant["sla_met"] = NONE
    return constant


def _room_of_script(expected: float) -> int:
    """Return how many cases of one customer there is room for at first, where so many are expected.

    Rates are spread: most customers of a segment have up to four times as many. Where that would be
    many, the spread of chance alone is enough.
    """
    return max(min(64 + int(4.0 * expected), 4096), int(expected + 6.0 * expected**0.5))


def simulate_blocks(
    plan: Plan,
    *,
    threads: int | None = None,
    block_size: int = BLOCK_SIZE,
    progress: Progress | None = None,
    customers: tuple[int, int] | None = None,
) -> Iterator[Block]:
    """Simulate the customers of a plan, block by block, in order.

    While the caller deals with one block, others are being simulated.

    Parameters
    ----------
    plan : Plan
    threads : int, optional
        Blocks that are simulated at a time; by default one for each processor.
    block_size : int, default 1024
        Customers of a block at the most. Rows do not depend on it.
    progress : callable, optional
        Called after each block with the number of customers done and of all.
    customers : tuple of int, optional
        The first of those that are simulated and the one behind the last, as :func:`shares` counts
        them; by default all.

    Yields
    ------
    Block
        Arrays by table and column (see ``tables.COLUMNS``), numbered through from 1.

    Raises
    ------
    ValueError
        `threads` or `block_size` is below 1.
    """
    threads = threads if threads is not None else (os.cpu_count() or 1)
    if threads < 1 or block_size < 1:
        raise ValueError("threads and block_size must be at least 1")
    work = pieces(plan, block_size)
    if customers is not None:
        work = between(plan, work, *customers)
    rooms = rooms_for(plan, work)
    constant = constant_columns(plan)
    total = sum(piece.count for piece in work)
    offsets = first_numbers()
    spare: list[Buffers] = []
    done = 0
    with quiet_compilation():  # of no customers at all: compiles, or loads what was compiled
        simulate_piece(plan, Piece(0, 0, 0), Buffers(rooms_for(plan, [])))

    def simulate(piece: Piece) -> Filled:
        buffers = spare.pop() if spare else Buffers(rooms, constant)
        return simulate_piece(plan, piece, buffers)

    pool = ThreadPoolExecutor(threads)
    running: deque[tuple[Piece, Future[Filled]]] = deque()
    waiting = iter(work)
    try:
        for piece in waiting:
            running.append((piece, pool.submit(simulate, piece)))
            if len(running) > threads:
                break
        while running:
            piece, future = running.popleft()
            filled = future.result()
            block = numbered(filled.block, offsets)
            spare.append(filled.buffers)
            following = next(waiting, None)
            if following is not None:
                running.append((following, pool.submit(simulate, following)))
            yield block
            done += piece.count
            if progress is not None:
                progress(done, total)
    finally:
        # Whoever is interrupted does not wait for what is being simulated, or even compiled.
        pool.shutdown(wait=False, cancel_futures=True)
