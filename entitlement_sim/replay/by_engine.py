"""Histories played by the engine: many customers, compiled."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from ..compiling import kernel
from ..engine.blocks import is_hot, transpose_hot
from ..engine.buffers import Buffers, Rooms
from ..engine.given import Given
from ..engine.happened import begin_unit, live_by_history
from ..engine.numbering import first_numbers, numbered
from ..engine.pricing import price_blocks
from ..engine.publication import blank_unlimited
from ..engine.tables import COLUMNS, Block
from ..engine.world import Buffer, Space, go_back, mark_of, turn_to_next_customer, world_of
from ..population.plan import Plan, plan
from ..rules.settings import Settings
from ..scenario.models import ScenarioModel
from .arrays import PIECE, Arrays, Piece, terms_of
from .checks import check_tables
from .converting import tables_of
from .history import HappenedCustomer
from .switched import desk_switches, settings_of, switched
from .tables import HistoryTables, Replayed
from .units import units_of


@kernel
def _replay(
    plan: Plan, space: Space, given: Given, terms: NDArray[Any], lists: NDArray[np.int64]
) -> None:
    """Let the units live through what they have booked and through their cases."""
    world = world_of(plan, space, plan.run[0], terms, lists)
    n = world.n
    for u in range(n.done, given.units.shape[0]):
        if is_hot(n):
            transpose_hot(space)
            if n.full != Buffer.NONE:
                return
        mark = mark_of(n)
        unit = given.units[u]
        turn_to_next_customer(world, given.members[unit.first_member])
        begin_unit(world, given, unit)
        live_by_history(world, given, plan.segments, unit)
        if n.full != Buffer.NONE:
            go_back(n, mark)
            return
        price_blocks(world, mark.entitlements)
        blank_unlimited(world, mark)
        n.done = u + 1
    transpose_hot(space)


def replay(
    model: ScenarioModel,
    history: HistoryTables | Sequence[HappenedCustomer],
    settings: Settings | None = None,
    *,
    tables: Collection[str] = tuple(COLUMNS),
) -> Replayed:
    """Play a history by the rules.

    Parameters
    ----------
    model : ScenarioModel
        A scenario for its calendar, templates, SLAs, products, rule switches and segments; how many
        customers its segments have, what these do by chance, and its past play no part. It must
        have come through the checks of :class:`~entitlement_sim.scenario.scenario.Scenario`.
    history : HistoryTables or sequence of HappenedCustomer
        Customers are numbered from 1 in this order.
    settings : Settings, optional
        Switches, in place of the scenario's own; those about parents and children, and that of
        contacts who are customers, play no part.
    tables : collection of str, optional
        Those that are wanted, by default all: what is not takes no memory.

    Returns
    -------
    Replayed
        Blocks of arrays by table and column, as a simulation gives them (see
        ``engine.tables.COLUMNS``), and the numbers that entitlements and cases have got.

    Raises
    ------
    ValueError
        The history cannot have happened (see :func:`~entitlement_sim.replay.checks.check_tables`
        and :func:`~entitlement_sim.replay.history.check`).

    Examples
    --------
    A pack of ten cases, and one case that takes a term of it and gives it back:

    >>> from entitlement_sim import Scenario
    >>> from entitlement_sim.replay.history import Booking, CaseEvent, HappenedCase
    >>> from entitlement_sim.rules.words import Action, CaseMove
    >>> model = Scenario.load("reference").model
    >>> first = 19_358  # 2023-01-01
    >>> morning = first * 1440 + 9 * 60
    >>> played = replay(model, [HappenedCustomer(
    ...     joined=first,
    ...     bookings=[
    ...         Booking(first, Action.CREATE, start=first, end=first + 364),
    ...         Booking(first, Action.ACTIVATE, entitlement=0),
    ...     ],
    ...     cases=[HappenedCase(morning, [CaseEvent(morning + 30, CaseMove.CANCEL)], wants=0)],
    ... )])
    >>> played.block()["ledger"]["balance"].tolist()
    [1000, 900, 1000]
    """
    played = Playing(model, history, settings, tables=tables)
    return Replayed(list(played), played.entitlement_ids, played.case_ids)


class Playing:
    """A history that is played while one goes through its blocks, once; so only one is in memory.

    Parameters
    ----------
    model, history, settings, tables
        As of :func:`replay`.

    Attributes
    ----------
    history : HistoryTables
    entitlement_ids, case_ids : ndarray of int64
        Number of each entitlement and case of the history in the tables of the run, as far as it is
        played; 0 for an entitlement that never came into being.
    entitlement_rows, case_rows : ndarray of int64
        Row of the history by these numbers.

    Raises
    ------
    ValueError
        As :func:`replay`.
    """

    def __init__(
        self,
        model: ScenarioModel,
        history: HistoryTables | Sequence[HappenedCustomer],
        settings: Settings | None = None,
        *,
        tables: Collection[str] = tuple(COLUMNS),
    ) -> None:
        if not isinstance(history, HistoryTables):
            history = tables_of(model, history)
        check_tables(model, history)
        settings = settings or settings_of(model)
        self.history = history
        self._tables = tables
        self._plan = plan(switched(model, settings), 0)
        self._plan.run["decides"] = False
        self._arrays = Arrays(
            history,
            units_of(history),
            desk_switches(settings),
            ZoneInfo(settings.tz),
            settings.utc_midnight_mode,
        )
        self.entitlement_ids = np.zeros(len(history.entitlements), np.int64)
        self.case_ids = np.zeros(len(history.cases), np.int64)
        self.entitlement_rows = np.zeros(len(history.entitlements) + 1, np.int64)
        self.case_rows = np.zeros(len(history.cases) + 1, np.int64)

    def __iter__(self) -> Iterator[Block]:
        """Play the history, piece by piece."""
        terms, lists = terms_of(self.history, self._plan.templates)
        arrays = self._arrays
        numbers = first_numbers()
        buffers = Buffers(rooms_of(self.history))
        of_customers: Block = {"customers": _customers(self.history)}
        for piece in arrays.pieces():
            block = _play(self._plan, piece, terms, lists, buffers)
            of_entitlements = block["entitlements"]
            of_entitlements["template_id"] = terms["number"].astype(np.int32)[
                of_entitlements["template_id"]
            ]
            rows = piece.script["row"]
            self.case_ids[rows] = arrays.case_ids[rows] + numbers["cases"]
            self.case_rows[self.case_ids[rows]] = rows
            places = arrays.entitlements["number"][piece.entitlements]
            made = piece.entitlements[places >= 0]
            self.entitlement_ids[made] = places[places >= 0] + numbers["entitlements"]
            self.entitlement_rows[self.entitlement_ids[made]] = made
            numbers["customers"] = 1  # they bear the numbers of the history already
            whole = numbered(block, numbers) | of_customers
            of_customers = {}
            yield {table: columns for table, columns in whole.items() if table in self._tables}


def _play(
    played: Plan, piece: Piece, terms: NDArray[Any], lists: NDArray[np.int64], buffers: Buffers
) -> Block:
    """Play a piece of a history; buffers grow where they are too small."""
    buffers.clear()
    while True:
        space = buffers.space()._replace(script=piece.script, events=piece.events)
        _replay(played, space, piece.given, terms, lists)
        if not buffers.grow_what_is_full():
            return buffers.block()


def rooms_of(history: HistoryTables) -> Rooms:
    """Return rooms for the pieces of a history; they grow where that is too little."""
    cases = 1 + min(len(history.cases), PIECE)
    entitlements = 1 + min(len(history.entitlements), PIECE)
    return Rooms(
        customers=0,
        entitlements=entitlements,
        balances=2 * entitlements,
        transitions=4 * entitlements,
        cases=cases,
        reactivations=1 + cases // 8,
        ledger=4 * entitlements + 2 * cases,
        script=1024,
    )


def _customers(history: HistoryTables) -> dict[str, NDArray[Any]]:
    """Return the columns of the table of customers."""
    values = {
        "customer_id": 1 + np.arange(len(history.customers)),
        "segment": history.column("customers", "segment"),
        "joined_on": history.column("customers", "joined"),
        "cases_per_year": history.column("customers", "cases_per_year"),
    }
    return {
        column.name: values[column.name].astype(column.array_type)
        for column in COLUMNS["customers"]
    }
