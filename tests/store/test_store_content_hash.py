"""Equal rows in equal order have an equal hash, and nothing else has."""

import shutil

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_rows import SEGMENTS, balanced_block, facts, random_block, random_table, split

from entitlement_sim.engine.tables import COLUMNS, ENUMS, NO_TIME, NONE
from entitlement_sim.store.hashing import TableHash
from entitlement_sim.store.run import open_run
from entitlement_sim.store.verify import verify
from entitlement_sim.store.writer import write_run

COUNTS = [20] * len(COLUMNS)
CELLS = [(table, column.name) for table, columns in COLUMNS.items() for column in columns]


def hash_of(table, *parts):
    hashed = TableHash(table, {"segment": SEGMENTS})
    for part in parts:
        hashed.add(part)
    return hashed.digest()


@settings(max_examples=40, deadline=None)
@given(
    table=st.sampled_from(list(COLUMNS)),
    size=st.integers(0, 60),
    cuts=st.lists(st.floats(0, 1), max_size=5),
    seed=st.integers(0, 2**32),
)
def test_the_hash_does_not_depend_on_how_rows_are_cut_into_blocks(table, size, cuts, seed):
    arrays = random_table(table, size, np.random.default_rng(seed))
    parts = [part[table] for part in split({table: arrays}, cuts)]
    assert hash_of(table, *parts) == hash_of(table, arrays)


@pytest.mark.parametrize("rows", [32_767, 32_768, 32_769, 70_000])
def test_the_hash_does_not_depend_on_the_strips_it_works_in(rows):
    arrays = random_table("ledger", rows, np.random.default_rng(1))
    parts = [part["ledger"] for part in split({"ledger": arrays}, [0.3, 0.5])]
    assert hash_of("ledger", *parts) == hash_of("ledger", arrays)


@settings(max_examples=80, deadline=None)
@given(cell=st.sampled_from(CELLS), row=st.integers(0, 19), step=st.integers(1, 5))
def test_any_changed_cell_changes_the_hash(cell, row, step):
    table, name = cell
    arrays = random_table(table, 20, np.random.default_rng(row))
    column = next(one for one in COLUMNS[table] if one.name == name)
    if column.null_with:
        arrays[column.null_with][row] = 0
    changed = arrays | {name: arrays[name].copy()}
    if column.kind == "code":
        count = len(SEGMENTS if column.enum == "segment" else ENUMS[column.enum])
        changed[name][row] = (changed[name][row] + 1 + step % (count - 1)) % count
    elif column.kind == "real":
        changed[name][row] += step
    else:
        changed[name][row] ^= step
    assert hash_of(table, changed) != hash_of(table, arrays)


@pytest.mark.parametrize("table", list(COLUMNS))
def test_two_rows_that_change_places_change_the_hash(table):
    arrays = random_table(table, 20, np.random.default_rng(5))
    order = np.arange(20)
    order[[3, 4]] = order[[4, 3]]
    assert hash_of(table, {name: one[order] for name, one in arrays.items()}) != hash_of(
        table, arrays
    )


def test_a_row_more_changes_the_hash_even_if_it_is_empty():
    arrays = random_table("customers", 3, np.random.default_rng(5))
    longer = {name: np.append(one, one.dtype.type(0)) for name, one in arrays.items()}
    assert hash_of("customers", longer) != hash_of("customers", arrays)


def test_what_a_null_covers_does_not_count():
    arrays = random_table("ledger", 5, np.random.default_rng(6))
    arrays["origin"][2] = NONE
    changed = arrays | {"origin_balance": arrays["origin_balance"].copy()}
    changed["origin_balance"][2] += 100
    assert hash_of("ledger", changed) == hash_of("ledger", arrays)


def test_a_run_s_content_hash_does_not_depend_on_blocks_or_place(tmp_path):
    block = random_block(COUNTS, seed=8)
    with (
        write_run([block], facts(), out=tmp_path) as whole,
        write_run(split(block, [0.01, 0.2, 0.7]), facts()) as cut,
    ):
        assert cut.manifest.content_hash == whole.manifest.content_hash


@pytest.mark.parametrize(
    "change",
    [
        {"products": ["printer", "scanner", "humanoid"]},
        {"segments": {"small": {"customers": 6, "cases": {"per_year": 12.0}}}},
    ],
)
def test_another_static_table_is_another_content(change):
    with write_run([], facts()) as run, write_run([], facts(**change)) as other:
        assert run.manifest.content_hash != other.manifest.content_hash


def test_the_seed_alone_is_no_content():
    with write_run([], facts(1)) as run, write_run([], facts(2)) as other:
        assert run.manifest.content_hash == other.manifest.content_hash
        assert run.manifest.run_id != other.manifest.run_id


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_a_stored_run_verifies(seed):
    with write_run([balanced_block(COUNTS, seed)], facts()) as run:
        assert verify(run).holds


def test_a_run_verifies_when_it_is_read_in_several_parts(monkeypatch):
    monkeypatch.setattr("entitlement_sim.store.rows._READ_ROWS", 7)
    with write_run([balanced_block(COUNTS, 9)], facts()) as run:
        assert verify(run).holds


@pytest.fixture(scope="module")
def with_blanks(tmp_path_factory):
    """A stored run, of which some values are blank and others negative."""
    place = tmp_path_factory.mktemp("blanks")
    block = random_block(COUNTS, 10)
    block["cases"]["resolved_at"][:5] = NO_TIME
    for column in ("contact", "entitlement_id"):
        block["cases"][column][:5] = NONE
    block["ledger"]["origin"][:5] = NONE
    block["ledger"]["balance"][0] = -1
    block["ledger"]["origin_balance"][5:] = 0
    block["ledger"]["origin_balance"][6] = -1
    write_run([block], facts(), out=place).close()
    return place / "tiny-7"


@pytest.mark.parametrize(
    ("statement", "table"),
    [
        ("UPDATE ledger SET balance = balance + 0.01 WHERE rowid = 4", "ledger"),
        ("UPDATE cases SET created_at = created_at + INTERVAL 1 MINUTE WHERE rowid = 19", "cases"),
        ("UPDATE customers SET segment = NULL WHERE rowid = 0", "customers"),
        ("DELETE FROM transitions WHERE rowid = 3", "transitions"),
        ("UPDATE templates SET price = 99.51 WHERE template_id = 1", "templates"),
        # What no run holds must not pass for what it stands beside.
        ("UPDATE cases SET created_at = created_at + INTERVAL 1 SECOND WHERE rowid = 1", "cases"),
        ("UPDATE cases SET created_at = created_at - INTERVAL 1 MICROSECOND", "cases"),
        ("UPDATE cases SET contact = -1 WHERE contact IS NULL", "cases"),
        ("UPDATE cases SET entitlement_id = -1 WHERE entitlement_id IS NULL", "cases"),
        (
            "UPDATE cases SET resolved_at = make_timestamp(-2147483648::BIGINT * 60000000) "
            "WHERE resolved_at IS NULL",
            "cases",
        ),
        ("UPDATE ledger SET balance = NULL WHERE rowid = 0", "ledger"),
        ("UPDATE ledger SET origin_amount = 7 WHERE origin IS NULL", "ledger"),
        ("UPDATE ledger SET origin_balance = NULL WHERE origin IS NOT NULL", "ledger"),
    ],
)
def test_verifying_finds_a_change_in_the_file(with_blanks, tmp_path, statement, table):
    shutil.copytree(with_blanks, tmp_path / "tiny-7")
    with duckdb.connect(tmp_path / "tiny-7" / "run.duckdb") as connection:
        [(count,)] = connection.execute(statement).fetchall()
        assert count > 0
    with open_run(tmp_path / "tiny-7") as run:
        found = verify(run)
    assert not found.holds
    assert found.changed == (table,)
    assert str(found).startswith(f"the rows differ from what was stored (in {table})")


def test_a_copied_run_has_the_same_content(tmp_path):
    write_run([balanced_block(COUNTS, 11)], facts(), out=tmp_path).close()
    shutil.copytree(tmp_path / "tiny-7", tmp_path / "copy")
    with open_run(tmp_path / "copy") as run:
        assert verify(run).holds
