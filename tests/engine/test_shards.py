"""Customers lived through in shares have the rows that they have together, wherever it is cut."""

import functools
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entitlement_sim import Scenario
from entitlement_sim.engine.blocks import shares, simulate_blocks
from entitlement_sim.engine.numbering import moved_on, numbers_added
from entitlement_sim.engine.tables import COLUMNS
from entitlement_sim.population.plan import Plan, plan
from entitlement_sim.store.hashing import TableHash

#: Scenarios by what is different in them: one segment; several, who join as a stream before the
#: first day and after it; customers who join during the run.
FEW = {
    "alike": ("reference", ["segments.everyone.customers=23", "calendar.days=200"]),
    "with a past": (
        "demo",
        [
            "segments.small.customers=14",
            "segments.midsize.customers=7",
            "segments.enterprise.customers=2",
            "calendar.days=120",
        ],
    ),
    "without a past": (
        "demo",
        [
            "segments.small.customers=9",
            "segments.midsize.customers=1",
            "segments.enterprise.customers=3",
            "calendar.days=120",
            "history=null",
        ],
    ),
}


@functools.cache
def portfolio(name: str) -> Plan:
    scenario = Scenario.load(*FEW[name])
    return plan(scenario.model, 5, 0, scenario.base)


class Hashes:
    """Hashes of rows that come in order."""

    def __init__(self, name: str) -> None:
        own = {"segment": list(Scenario.load(*FEW[name]).model.segments)}
        self._tables = {table: TableHash(table, own) for table in COLUMNS}
        self.rows = dict.fromkeys(COLUMNS, 0)

    def add(self, block, added) -> None:
        for table, arrays in block.items():
            moved = {
                column.name: moved_on(column, arrays[column.name], added)
                for column in COLUMNS[table]
            }
            self._tables[table].add(moved)
            self.rows[table] = self._tables[table].rows

    def digests(self) -> dict[str, str]:
        return {table: hashed.digest() for table, hashed in self._tables.items()}


@functools.cache
def together(name: str) -> dict[str, str]:
    hashes = Hashes(name)
    added = numbers_added(dict.fromkeys(COLUMNS, 0))
    for block in simulate_blocks(portfolio(name), threads=1):
        hashes.add(block, added)
    return hashes.digests()


def in_shares(name: str, ends: list[int], block_size: int) -> dict[str, str]:
    hashes = Hashes(name)
    for first, stop in itertools.pairwise(ends):
        added = numbers_added(hashes.rows)
        for block in simulate_blocks(
            portfolio(name), threads=1, block_size=block_size, customers=(first, stop)
        ):
            hashes.add(block, added)
    return hashes.digests()


@settings(max_examples=max(settings.default.max_examples // 3, 1))
@given(st.sampled_from(list(FEW)), st.integers(1, 25), st.integers(1, 9))
def test_any_number_of_shares_has_the_rows_of_the_whole(name, count, block_size):
    assert in_shares(name, shares(portfolio(name), count), block_size) == together(name)


@settings(max_examples=max(settings.default.max_examples // 3, 1))
@given(st.data(), st.sampled_from(list(FEW)), st.integers(1, 9))
def test_shares_cut_anywhere_have_the_rows_of_the_whole(data, name, block_size):
    total = int(portfolio(name).customers.sum())
    cuts = data.draw(st.lists(st.integers(0, total), max_size=6))
    assert in_shares(name, sorted([0, *cuts, total]), block_size) == together(name)


@given(st.sampled_from(list(FEW)), st.integers(1, 100))
def test_shares_follow_one_another_from_the_first_customer_to_the_last(name, count):
    ends = shares(portfolio(name), count)
    assert len(ends) == count + 1
    assert (ends[0], ends[-1]) == (0, portfolio(name).customers.sum())
    assert ends == sorted(ends)


def test_shares_of_alike_customers_are_alike():
    assert shares(portfolio("alike"), 4) == [0, 5, 11, 17, 23]


def test_who_writes_more_counts_for_more():
    scenario = Scenario.load(
        "demo",
        [
            "history=null",
            "segments.small.customers=1000",
            "segments.midsize.customers=0",
            "segments.enterprise.customers=1000",
        ],
    )
    [_, half, _] = shares(plan(scenario.model, 1, base=scenario.base), 2)
    assert half > 1000  # the large ones, who come last, write most


@pytest.mark.parametrize("customers", [(0, 0), (23, 23), (7, 7)])
def test_a_share_of_nobody_has_no_rows(customers):
    assert list(simulate_blocks(portfolio("alike"), threads=1, customers=customers)) == []
