"""Blocks of customers: the unit of work of the engine.

A block is simulated into buffers of its own, so that blocks can run side by side; they are handed
on in order, and only then do rows get their final numbers. So the rows of a run do not depend on
how large blocks are or how many run at a time.
"""

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..population.arrivals import draw_script, new_script
from ..population.compiling import kernel, quiet_compilation, rare_part
from ..population.customers import NEVER, cases_per_year, draw_customer, draw_sale
from ..population.plan import Plan
from .columns import (
    BOOKING,
    CASES,
    CASES_OUT,
    CHANNELS,
    COUNTERS,
    CUSTOMERS,
    ENTITLEMENTS,
    ENTRIES,
    ENTRIES_OUT,
    FULL,
    REACTIVATIONS,
    RECORDS,
    TRANSITIONS,
    new_tables,
)
from .contracts import SELL, book
from .day import begin, live
from .tables import COLUMNS, Block
from .transpose import Columns, columns_of, shift, take_apart

#: Customers of a block, unless the caller says otherwise.
BLOCK_SIZE: Final = 1024

#: Called with the number of customers done and of all customers.
Progress = Callable[[int, int], None]

#: Counter of the filled rows of each table.
_FILLED: Final = {
    "customers": CUSTOMERS,
    "entitlements": ENTITLEMENTS,
    "entitlement_channels": CHANNELS,
    "transitions": TRANSITIONS,
    "cases": CASES,
    "reactivations": REACTIVATIONS,
    "ledger": ENTRIES,
}

#: Tables whose rows are numbered, and the columns that refer to them.
_NUMBERED: Final = {
    "entitlement_id": "entitlements",
    "predecessor_id": "entitlements",
    "case_id": "cases",
    "template_id": "templates",
    "product_id": "products",
}


#: The large tables, and the counter of their rows that have been taken apart.
_HOT: Final = {"cases": CASES_OUT, "ledger": ENTRIES_OUT}
#: Records of these that are taken apart together: they fit the cache.
_HOT_ROWS: Final = 2048


@kernel
def _simulate_block(
    run, days, guide, clock, rows, templates, holds, segments, incidents, lists, shares,
    which, first, count, first_number,
    customers, entitlements, channels, transitions, cases, reactivations, ledger,
    case_columns, ledger_columns, script, events, units, agenda, active, queue, n,
):  # fmt: skip
    """Simulate `count` customers of segment `which`, from its `first` one on, into the buffers.

    The records of cases and of the ledger are taken apart into their columns while they are hot.
    """
    plan = run[0]
    segment = segments[which]
    for place in range(count):
        customer = draw_customer(plan, segment, first + place)
        number = first_number + place
        customers[place].customer_id = number
        customers[place].segment = segment.number
        customers[place].joined_on = customer.joined
        customers[place].cases_per_year = cases_per_year(customer)
        n[CUSTOMERS] = place + 1
        begin(n)
        for line in range(segment.holds):
            sale = draw_sale(plan, segment, holds, customer, line)
            if sale.sold != NEVER:
                template = holds[segment.first_hold + line].template
                book(agenda, n, sale.sold, 1, SELL, template, line, sale.start, 0)
        drawn = draw_script(
            plan, segment, customer, days, guide, clock, rows, incidents, lists, shares, script,
            events, units,
        )  # fmt: skip
        if drawn < 0:
            n[FULL] = 1
        live(
            plan, segment, customer, number, days, templates, rows, lists, shares, script, events,
            drawn, entitlements, channels, transitions, cases, reactivations, ledger, agenda,
            active, queue, n,
        )  # fmt: skip
        if n[CASES] >= _HOT_ROWS or n[ENTRIES] >= _HOT_ROWS or place == count - 1:
            _take_out(case_columns, ledger_columns, n)
        if n[FULL] != 0:
            return


@rare_part
def _take_out(case_columns, ledger_columns, n):
    """Take the records of cases and of the ledger apart, so that their room can be used again."""
    if (
        n[CASES_OUT] + n[CASES] > case_columns[2].shape[1]
        or n[ENTRIES_OUT] + n[ENTRIES] > ledger_columns[2].shape[1]
    ):
        n[FULL] = 1
        return
    take_apart(case_columns, n[CASES], n[CASES_OUT])
    take_apart(ledger_columns, n[ENTRIES], n[ENTRIES_OUT])
    n[CASES_OUT] += n[CASES]
    n[ENTRIES_OUT] += n[ENTRIES]
    n[CASES] = 0
    n[ENTRIES] = 0


@dataclass(slots=True)
class Buffers:
    """Arrays that a block is simulated into, and that grow when one does not fit.

    Attributes
    ----------
    rooms : dict of int
        Rows of each table that a block may have.
    per_customer : int
        Cases, bookings, events and active entitlements that one customer may have.
    tables : tuple of ndarray
        One array of records a table, in the order of ``columns.RECORDS``. Those of cases and of the
        ledger are small: they are taken apart before the block is done.
    columns : dict of Columns
        What those two are taken apart into.
    script, events, units : ndarray
        The cases of the customer at hand.
    agenda, active, queue : ndarray
        Its bookings, its active entitlements, the coming events of its cases.
    """

    rooms: dict[str, int]
    per_customer: int
    tables: tuple[NDArray[Any], ...] = field(init=False)
    columns: dict[str, Columns] = field(init=False)
    script: NDArray[Any] = field(init=False)
    events: NDArray[Any] = field(init=False)
    units: NDArray[Any] = field(init=False)
    agenda: NDArray[Any] = field(init=False)
    active: NDArray[Any] = field(init=False)
    queue: NDArray[Any] = field(init=False)

    def __post_init__(self) -> None:
        hot = _HOT_ROWS + 8 * self.per_customer
        self.tables = new_tables(self.rooms | {"cases": hot, "ledger": hot})
        self.columns = {table: Columns(table, self.rooms[table]) for table in _HOT}
        self.script, self.events, self.units = new_script(self.per_customer)
        self.agenda = np.zeros(self.per_customer, BOOKING)
        self.active = np.zeros(self.per_customer, np.int64)
        self.queue = np.zeros(self.per_customer, np.int64)

    def table(self, name: str) -> NDArray[Any]:
        """Return the records of a table."""
        return self.tables[list(RECORDS).index(name)]

    def views(self, name: str) -> tuple[NDArray[Any], ...]:
        """Return what a table's records are taken apart with."""
        return self.columns[name].views(self.table(name))

    def grown(self) -> "Buffers":
        """Return buffers with twice the room of everything."""
        rooms = {table: 2 * room for table, room in self.rooms.items()}
        return Buffers(rooms, 2 * self.per_customer)


@dataclass(frozen=True, slots=True)
class _Piece:
    """Customers of one segment that are simulated together."""

    segment: int
    first: int
    count: int
    first_number: int


@dataclass(frozen=True, slots=True)
class Filled:
    """What one piece of work has filled: columns by table, rows numbered from 0."""

    block: Block
    buffers: Buffers


def pieces(customers: tuple[int, ...], size: int) -> list[_Piece]:
    """Cut the segments into pieces of at most `size` customers; customers count from 1."""
    found: list[_Piece] = []
    number = 1
    for segment, count in enumerate(customers):
        for first in range(0, count, size):
            found.append(_Piece(segment, first, min(size, count - first), number + first))
        number += count
    return found


def simulate_piece(plan: Plan, piece: _Piece, buffers: Buffers) -> Filled:
    """Simulate a piece; the buffers of the answer may be larger ones."""
    while True:
        n = np.zeros(COUNTERS, np.int64)
        _simulate_block(
            plan.run, plan.days, plan.guide, plan.clock, plan.rows, plan.templates, plan.holds,
            plan.segments, plan.incidents, plan.lists, plan.shares,
            piece.segment, piece.first, piece.count, piece.first_number,
            *buffers.tables, buffers.views("cases"), buffers.views("ledger"),
            buffers.script, buffers.events, buffers.units, buffers.agenda, buffers.active,
            buffers.queue, n,
        )  # fmt: skip
        if n[FULL] == 0:
            block = {
                table: buffers.columns[table].first(n[_HOT[table]])
                if table in _HOT
                else columns_of(table, records[: n[_FILLED[table]]])
                for table, records in zip(RECORDS, buffers.tables, strict=True)
            }
            return Filled(block, buffers)
        buffers = buffers.grown()


def first_buffers(plan: Plan, size: int) -> Buffers:
    """Return buffers that usually fit pieces of `size` customers."""
    days = int(plan.run["stop"][0] - plan.run["start"][0])
    cases = 64 + int(size * max((plan.segments["per_day"] * days).max(), 1.0) * 1.25)
    terms = 64 + int(size * (2 + days // 300) * max(1, int(plan.segments["holds"].max())))
    rooms = {
        "customers": size,
        "entitlements": terms,
        "entitlement_channels": 64 + terms * int((plan.templates["channels"] >= 0).any()),
        "transitions": 4 * terms,
        "cases": cases,
        "reactivations": 64 + cases // 8,
        "ledger": cases + 3 * terms,
    }
    return Buffers(rooms, 256)


def simulate_blocks(
    plan: Plan,
    *,
    threads: int | None = None,
    block_size: int = BLOCK_SIZE,
    progress: Progress | None = None,
) -> Iterator[Block]:
    """Simulate all customers of a plan, block by block, in order.

    While the caller deals with one block, others are being simulated.

    Parameters
    ----------
    plan : Plan
    threads : int, optional
        Blocks that are simulated at a time; by default one for each processor.
    block_size : int, default 1024
        Customers of a block. Rows do not depend on it.
    progress : callable, optional
        Called after each block with the number of customers done and of all.

    Yields
    ------
    Block
        Arrays by table and column (see ``tables.COLUMNS``), numbered through.

    Raises
    ------
    ValueError
        `threads` or `block_size` is below 1.
    """
    threads = threads if threads is not None else (os.cpu_count() or 1)
    if threads < 1 or block_size < 1:
        raise ValueError("threads and block_size must be at least 1")
    work = pieces(plan.customers, block_size)
    total = sum(plan.customers)
    offsets = first_numbers()
    spare: list[Buffers] = []
    done = 0
    with quiet_compilation():  # of no customers at all: compiles, or loads what was compiled
        simulate_piece(plan, _Piece(0, 0, 0, 1), first_buffers(plan, 1))

    def simulate(piece: _Piece) -> Filled:
        buffers = spare.pop() if spare else first_buffers(plan, min(block_size, max(total, 1)))
        return simulate_piece(plan, piece, buffers)

    pool = ThreadPoolExecutor(threads)
    running: deque[tuple[_Piece, Future[Filled]]] = deque()
    waiting = iter(work)
    try:
        for piece in waiting:
            running.append((piece, pool.submit(simulate, piece)))
            if len(running) > threads:
                break
        while running:
            piece, future = running.popleft()
            filled = future.result()
            number_on(filled.block, offsets)
            following = next(waiting, None)
            if following is not None:
                running.append((following, pool.submit(simulate, following)))
            yield _copy(filled.block)
            spare.append(filled.buffers)
            done += piece.count
            if progress is not None:
                progress(done, total)
    finally:
        # Whoever is interrupted does not wait for what is being simulated, or even compiled.
        pool.shutdown(wait=False, cancel_futures=True)


def as_block(tables: tuple[NDArray[Any], ...], n: NDArray[np.int64]) -> Block:
    """Take the rows that ``n`` counts out of the tables' records, numbered from 1."""
    block = {
        table: columns_of(table, records[: n[_FILLED[table]]])
        for table, records in zip(RECORDS, tables, strict=True)
    }
    number_on(block, first_numbers())
    return block


def first_numbers() -> dict[str, int]:
    """Return the first number of everything that is numbered."""
    return dict.fromkeys(_NUMBERED.values(), 1)


def _copy(block: Block) -> Block:
    """Copy a block out of its buffers, which are used again for a later one."""
    return {
        table: {name: values.copy() for name, values in columns.items()}
        for table, columns in block.items()
    }


def number_on(block: Block, offsets: dict[str, int]) -> None:
    """Number a block's rows on from `offsets`, which has the next number of everything.

    `offsets` is moved on behind the block's entitlements and cases.
    """
    for table, columns in block.items():
        for column in COLUMNS[table]:
            if column.name in _NUMBERED:
                shift(columns[column.name], offsets[_NUMBERED[column.name]])
    for table, identity in (("entitlements", "entitlement_id"), ("cases", "case_id")):
        offsets[table] += len(block[table][identity])
