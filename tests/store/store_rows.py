"""Rows for the store's tests: written in words by hand, or filled at random."""

import datetime as dt
import itertools
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from entitlement_sim import Scenario
from entitlement_sim.engine.tables import COLUMNS, ENUMS, NO_AMOUNT, NO_TIME, NONE, Block, Column
from entitlement_sim.store.facts import RunFacts

SEGMENTS = ("small", "customer's own")
TEMPLATES = 2
PRODUCTS = 3
EPOCH = dt.datetime(1970, 1, 1)
START = dt.date(2024, 1, 1)

#: Scenarios by what they say: to write and to check one takes as long as to store a few rows.
_checked: dict[str, Scenario] = {}


def scenario(**changes: Any) -> Scenario:
    """A scenario of ten days from 2024-01-01, with two templates, for rows made by hand."""
    said: dict[str, Any] = {
        "scenario": "tiny",
        "calendar": {"start": START, "days": 10},
        "products": ["printer", "scanner", "robot"],
        "slas": {"gold": {"first_response_hours": 1, "resolve_hours": 8}},
        "templates": {
            "pack": {
                "total_terms": 10,
                "decrease_on": "creation",
                "restrict": True,
                "channels": {"phone": 4, "web": 0},
                "products": ["scanner"],
                "price": "99.50",
            },
            "hours": {"allocation": "hours", "total_terms": "2.5", "term": {"days": 30}},
        },
        "segments": {
            name: {"customers": 5, "cases": {"per_year": 12.0}, "holds": [{"template": "pack"}]}
            for name in SEGMENTS
        },
    }
    said |= changes
    key = repr(said)
    if key not in _checked:
        _checked[key] = Scenario.from_dict(said)
    return _checked[key]


def facts(seed: int = 7, **changes: Any) -> RunFacts:
    return RunFacts.of(scenario(**changes), seed)


def labels(column: Column) -> tuple[str, ...]:
    return SEGMENTS if column.enum == "segment" else ENUMS[column.enum]


def null_of(column: Column) -> int:
    """What stands for NULL in a nullable column."""
    return {"day": NO_TIME, "minute": NO_TIME, "amount": NO_AMOUNT}.get(column.kind, NONE)


def table_of(table: str, *rows: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Arrays of rows written in words; a column that no row names is NULL, 0 or its first word."""
    return {
        column.name: np.array(
            [_cell(column, row.get(column.name)) for row in rows], column.array_type
        )
        for column in COLUMNS[table]
    }


def _cell(column: Column, value: Any) -> Any:
    if value is None:
        if column.nullable:
            return null_of(column)
        return 0
    if column.kind == "code":
        return labels(column).index(value)
    if column.kind == "day":
        return (dt.date.fromisoformat(value) - EPOCH.date()).days
    if column.kind == "minute":
        return (dt.datetime.fromisoformat(value) - EPOCH) // dt.timedelta(minutes=1)
    if column.kind in ("amount", "weight"):
        return int(Decimal(str(value)) * 100)
    return value


def random_table(table: str, count: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Rows that the layout allows, NULLs and extremes among them."""
    return {column.name: _random(column, count, rng) for column in COLUMNS[table]}


def random_block(sizes: Sequence[int], seed: int) -> Block:
    """A block with so many rows of each table."""
    rng = np.random.default_rng(seed)
    tables = zip(COLUMNS, sizes, strict=True)
    return {table: random_table(table, size, rng) for table, size in tables}


def balanced_block(sizes: Sequence[int], seed: int) -> Block:
    """A random block of a run that verifies: what moves on its balances is what is left of them.

    Its ids are its own, so that blocks of several seeds may follow each other.
    """
    block, rng = random_block(sizes, seed), np.random.default_rng(seed)
    entitlements, balances, ledger = (
        block[table] for table in ("entitlements", "balances", "ledger")
    )
    contracts, accounts, moves = (
        len(rows["entitlement_id"]) for rows in (entitlements, balances, ledger)
    )
    own = seed % 2**30 << 32
    entitlements["entitlement_id"] = own + np.arange(contracts)
    balances["balance_id"] = own + np.arange(accounts)
    contract = rng.integers(0, contracts, accounts)
    balances["entitlement_id"] = own + contract
    kinds = ENUMS["balance_kind"]
    balances["kind"][0] = kinds.index("whole")
    balance = rng.choice(np.flatnonzero(balances["kind"] == kinds.index("whole")), moves)
    ledger["balance_id"] = balances["balance_id"][balance]
    ledger["entitlement_id"] = balances["entitlement_id"][balance]
    ledger["entry"] = np.arange(moves, dtype=ledger["entry"].dtype)
    rolled = [ENUMS["reason"].index(reason) for reason in ("rollover_in", "rollover_out")]
    amount = ledger["amount"]
    amount[np.isin(ledger["reason"], rolled)] = 0

    order = np.argsort(contract[balance], kind="stable")
    sums = np.cumsum(amount[order])
    firsts = np.flatnonzero(np.diff(contract[balance][order], prepend=-1))
    before = np.repeat(sums[firsts] - amount[order][firsts], np.diff(firsts, append=moves))
    ledger["balance"][order] = sums - before

    is_channel = balances["kind"] == kinds.index("channel")
    on_origins = np.zeros((contracts, len(ENUMS["origin"]) + 1), np.int64)  # the last one for none
    is_on_one = ledger["origin"] != NONE
    np.add.at(
        on_origins,
        (contract[balance][is_on_one], ledger["origin"][is_on_one]),
        ledger["origin_amount"][is_on_one],
    )
    on_balances = np.zeros(accounts, np.int64)
    np.add.at(on_balances, balance, amount)
    balances["remaining_terms"] = np.where(
        is_channel, on_origins[contract, balances["origin"]], on_balances
    )
    entitlements["remaining_terms"][:] = 0
    np.add.at(
        entitlements["remaining_terms"],
        contract[~is_channel],
        balances["remaining_terms"][~is_channel],
    )
    return block


def _random(column: Column, count: int, rng: np.random.Generator) -> np.ndarray:
    if column.kind == "real":
        return rng.gamma(0.5, 10.0, count)
    least, most = _limits(column)
    values = rng.integers(least, most, count, endpoint=True)
    extremes = rng.random(count) < 0.1
    values[extremes] = rng.choice([least, most], int(extremes.sum()))
    if column.nullable:
        values[rng.random(count) < 0.3] = null_of(column)
    return values.astype(column.array_type)


def _limits(column: Column) -> tuple[int, int]:
    if column.name == "template_id":
        return 1, TEMPLATES
    if column.name == "product_id":
        return 1, PRODUCTS
    return {
        "code": (0, len(labels(column)) - 1 if column.enum else 0),
        "flag": (0, 1),
        "day": (-25_000, 60_000),
        "minute": (-25_000 * 1440, 60_000 * 1440),
        "amount": (-(10**13), 10**13),
        "weight": (0, 10_000),
        "int32": (0, 2**31 - 1),
        "int64": (0, 2**62),
    }[column.kind]


def split(block: Block, cuts: Sequence[float]) -> list[Block]:
    """The same rows in several blocks; `cuts` are shares at which each table is cut."""
    edges = [0.0, *sorted(cuts), 1.0]
    parts = []
    for begin, end in itertools.pairwise(edges):
        part = {}
        for table, arrays in block.items():
            size = len(next(iter(arrays.values())))
            rows = slice(int(begin * size), int(end * size))
            part[table] = {name: array[rows] for name, array in arrays.items()}
        parts.append(part)
    return parts


def in_words(column: Column, value: Any, row: Mapping[str, Any]) -> Any:
    """The Python value that DuckDB must give back for a cell of the engine."""
    if column.null_with and row[column.null_with] == NONE:
        return None
    if column.nullable and value == null_of(column):
        return None
    if column.kind == "code":
        return labels(column)[value]
    if column.kind == "day":
        return EPOCH.date() + dt.timedelta(days=int(value))
    if column.kind == "minute":
        return EPOCH + dt.timedelta(minutes=int(value))
    if column.kind in ("amount", "weight"):
        return Decimal(int(value)).scaleb(-2)
    if column.kind == "flag":
        return bool(value)
    return value.item()
