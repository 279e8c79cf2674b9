"""Buffers that are too small grow alone, and keep the customers that are done."""

from typing import Any

import numpy as np
import pytest
from busy_scenarios import busy

from entitlement_sim import Scenario
from entitlement_sim.engine.blocks import (
    Piece,
    constant_columns,
    pieces,
    rooms_for,
    simulate_piece,
)
from entitlement_sim.engine.buffers import Buffers, Rooms
from entitlement_sim.engine.tables import Block
from entitlement_sim.population.plan import Plan, plan

SEED = 17
CUSTOMERS = 40


@pytest.fixture(scope="module")
def portfolio() -> Plan:
    return plan(busy().model, SEED)


@pytest.fixture(scope="module")
def usual(portfolio: Plan) -> Block:
    return simulated(portfolio, rooms_for(portfolio, [piece()]))


def piece() -> Piece:
    return Piece(segment=1, first=0, count=CUSTOMERS)


def simulated(portfolio: Plan, rooms: Rooms) -> Block:
    block = simulate_piece(portfolio, piece(), Buffers(rooms)).block
    return {
        table: {name: values.copy() for name, values in columns.items()}
        for table, columns in block.items()
    }


def same(ours: Block, theirs: Block) -> bool:
    return all(
        np.array_equal(values, theirs[table][name])
        for table, columns in ours.items()
        for name, values in columns.items()
    )


@pytest.mark.parametrize("room", [name for name in Rooms._fields if name != "customers"])
def test_a_room_for_one_row_gives_the_same_rows(portfolio: Plan, usual: Block, room: str) -> None:
    tight = rooms_for(portfolio, [piece()])._replace(**{room: 1})
    assert same(simulated(portfolio, tight), usual)


def test_rooms_for_one_row_everywhere_give_the_same_rows(portfolio: Plan, usual: Block) -> None:
    ones = dict.fromkeys(Rooms._fields, 1) | {"customers": CUSTOMERS}
    assert same(simulated(portfolio, Rooms(**ones)), usual)


def test_only_what_was_full_grows(portfolio: Plan) -> None:
    rooms = rooms_for(portfolio, [piece()])
    buffers = Buffers(rooms._replace(transitions=1, script=4 * rooms.script))
    before = {name: array.shape for name, array in _arrays(buffers).items()}
    simulate_piece(portfolio, piece(), buffers)
    after = {name: array.shape for name, array in _arrays(buffers).items()}
    assert [name for name in before if before[name] != after[name]] == ["transitions"]


def _arrays(buffers: Buffers) -> dict[str, np.ndarray]:
    space = buffers.space()._asdict()
    return {name: array for name, array in space.items() if isinstance(array, np.ndarray)}


def test_pieces_of_customers_with_many_cases_are_small(portfolio: Plan) -> None:
    work = pieces(portfolio, 1024)
    assert sum(piece.count for piece in work) == portfolio.customers.sum()
    for segment, (earlier, later) in enumerate(portfolio.customers.tolist()):
        places = [
            place
            for p in work
            if p.segment == segment
            for place in range(p.first, p.first + p.count)
        ]
        assert places == list(range(-earlier, later))


def test_columns_that_nothing_moves_hold_what_copied_ones_would() -> None:
    scenario = Scenario.load("reference", ["segments.everyone.customers=8", "calendar.days=500"])
    portfolio = plan(scenario.model, 3)
    constant = constant_columns(portfolio)
    assert set(constant) == {
        "account", "severity", "product_id", "contact", "origin", "responded_at",
        "response_due_at", "sla_due_at", "sla_met",
    }  # fmt: skip
    [work] = pieces(portfolio, 1024)
    rooms = rooms_for(portfolio, [work])
    copied = simulate_piece(portfolio, work, Buffers(rooms)).block["cases"]
    filled = simulate_piece(portfolio, work, Buffers(rooms, constant)).block["cases"]
    for name, values in copied.items():
        np.testing.assert_array_equal(filled[name], values, name)
        assert filled[name].dtype == values.dtype


@pytest.mark.parametrize(
    ("change", "columns"),
    [
        ({"accounts": {"each": 2}}, {"account"}),
        ({"severities": {1: 1}}, {"severity"}),
        ({"contacts": 2}, {"contact"}),
        ({"origins": {"phone": 1, "email": 1}}, {"origin"}),
    ],
)
def test_what_a_segment_says_of_cases_is_copied(change: dict[str, Any], columns: set[str]) -> None:
    plain = Scenario.load("reference")
    said = plain.with_({f"segments.everyone.{key}": value for key, value in change.items()})
    gone = set(constant_columns(plan(plain.model, 1))) - set(constant_columns(plan(said.model, 1)))
    assert gone == columns
