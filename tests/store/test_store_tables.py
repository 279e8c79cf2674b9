"""What the engine hands over stands in the tables, value for value and row by row."""

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_rows import facts, in_words, random_block, scenario, split, table_of

from entitlement_sim.engine.tables import COLUMNS
from entitlement_sim.store.errors import RunError
from entitlement_sim.store.facts import RunFacts
from entitlement_sim.store.schema import RUN_COLUMNS, STATIC_TABLES
from entitlement_sim.store.words import COLUMN_WORDS, TABLE_WORDS
from entitlement_sim.store.writer import write_run

sizes = st.lists(st.integers(0, 40), min_size=len(COLUMNS), max_size=len(COLUMNS))


def expected_rows(table, arrays):
    columns = COLUMNS[table]
    count = len(arrays[columns[0].name])
    rows = [{name: array[place] for name, array in arrays.items()} for place in range(count)]
    return [tuple(in_words(column, row[column.name], row) for column in columns) for row in rows]


@settings(max_examples=12, deadline=None)
@given(sizes=sizes, seed=st.integers(0, 2**32), cuts=st.lists(st.floats(0, 1), max_size=4))
def test_every_value_comes_back_in_its_place_however_rows_are_cut_into_blocks(sizes, seed, cuts):
    block = random_block(sizes, seed)
    with write_run(split(block, cuts), facts()) as run:
        for table, arrays in block.items():
            rows = run.connection.sql(f"FROM {table}").fetchall()
            assert rows == expected_rows(table, arrays)


def test_a_run_on_disk_has_the_same_rows_as_one_in_memory(tmp_path):
    block = random_block([30] * len(COLUMNS), seed=3)
    with write_run([block], facts()) as memory, write_run([block], facts(), out=tmp_path) as disk:
        for table in (*COLUMNS, *STATIC_TABLES, "run"):
            query = f"FROM {table}"
            assert disk.connection.sql(query).fetchall() == memory.connection.sql(query).fetchall()


def test_more_rows_than_are_gathered_at_a_time_keep_their_order(monkeypatch, tmp_path):
    monkeypatch.setattr("entitlement_sim.store.writer.GATHERED_ROWS", 7)
    block = random_block([50] * len(COLUMNS), seed=4)
    with write_run(split(block, [0.1, 0.15, 0.5]), facts(), out=tmp_path) as run:
        for table, arrays in block.items():
            assert run.connection.sql(f"FROM {table}").fetchall() == expected_rows(table, arrays)


def test_a_block_may_leave_tables_out():
    row = {"case_id": 1, "customer_id": 1, "created_at": "2024-01-01 10:00", "state": "active"}
    with write_run([{"cases": table_of("cases", row)}, {}], facts()) as run:
        assert len(run.table("cases")) == 1
        assert len(run.table("ledger")) == 0


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("entitlements.start_date", "DATE"),
        ("entitlements.remaining_terms", "DECIMAL(18,2)"),
        ("entitlements.restrict", "BOOLEAN"),
        ("entitlements.predecessor_id", "BIGINT"),
        ("cases.created_at", "TIMESTAMP"),
        ("cases.billable_minutes", "INTEGER"),
        ("cases.outcome", "ENUM('covered', 'uncovered', 'turned_away')"),
        ("customers.segment", "ENUM('small', 'customer''s own')"),
        ("customers.cases_per_year", "DOUBLE"),
        ("templates.price", "DECIMAL(18,2)"),
        ("run.seed", "UBIGINT"),
    ],
)
def test_columns_have_the_types_that_analysts_expect(column, kind):
    table, name = column.split(".")
    with write_run([], facts()) as run:
        described = run.connection.sql(f"DESCRIBE {table}").fetchall()
    assert {row[0]: row[1] for row in described}[name] == kind


def test_every_table_and_its_unclear_columns_are_commented_in_the_file():
    with write_run([], facts()) as run:
        tables = dict(
            run.connection.sql("SELECT table_name, comment FROM duckdb_tables()").fetchall()
        )
        columns = run.connection.sql(
            "SELECT table_name, column_name, comment FROM duckdb_columns() WHERE NOT internal"
        ).fetchall()
    assert tables == TABLE_WORDS
    assert set(tables) == {*COLUMNS, *STATIC_TABLES, "run"}
    comments = {
        (table, column): text
        for table, column, text in columns
        if table in tables and text is not None
    }
    assert comments == {
        (table, column): text
        for table, words in COLUMN_WORDS.items()
        for column, text in words.items()
    }


def test_the_row_of_table_run_says_what_the_run_is():
    said = scenario(rules={"gate_on_reactivate": True})
    with write_run([], RunFacts.of(said, 2**64 - 1, replication=3)) as run:
        frame = run.table("run")
    assert list(frame.columns) == list(RUN_COLUMNS)
    row = frame.iloc[0]
    assert row["run_id"] == f"tiny-{2**64 - 1}-3-{row['content_hash'][:12]}"
    assert row["seed"] == 2**64 - 1
    assert row["scenario_yaml"] == said.text
    assert row["scenario_hash"] == said.hash
    assert (row["replication"], row["days"], row["source"]) == (3, 10, "simulated")
    assert '"gate_on_reactivate": true' in row["rule_switches"]
    assert '"duckdb":' in row["libraries"]


def test_the_scenario_fills_the_static_tables():
    with write_run([], facts()) as run:
        query = run.connection.sql
        assert query("FROM products").fetchall() == [(1, "printer"), (2, "scanner"), (3, "robot")]
        assert query("FROM segments").fetchall() == [("small", 5), ("customer's own", 5)]
        assert query("FROM slas").fetchall() == [("gold", 1.0, 8.0, "working", None)]
        assert query("FROM template_products").fetchall() == [(1, 2)]
        assert query(
            "SELECT template_id, origin, total_terms::VARCHAR FROM template_channels"
        ).fetchall() == [(1, "phone", "4.00"), (1, "web", "0.00")]
        assert query(
            "SELECT template_id, template, allocation, total_terms::VARCHAR, decrease_on, "
            "restrict, term, price::VARCHAR, sla FROM templates"
        ).fetchall() == [
            (1, "pack", "cases", "10.00", "creation", True, "12 months", "99.50", None),
            (2, "hours", "hours", "2.50", "resolution", False, "30 days", "0.00", None),
        ]


def test_a_block_of_the_wrong_type_is_refused_with_the_column_s_name():
    block = random_block([3] * len(COLUMNS), seed=1)
    block["cases"]["created_at"] = block["cases"]["created_at"].astype(np.int64)
    with pytest.raises(ValueError, match=r"cases\.created_at came as int64\[3\], not as int32\[3"):
        write_run([block], facts())


def test_a_block_with_a_column_too_few_is_refused():
    block = random_block([3] * len(COLUMNS), seed=1)
    del block["ledger"]["rule"]
    with pytest.raises(ValueError, match="a block of ledger has the columns"):
        write_run([block], facts())


@pytest.mark.parametrize("number", [0, 3])
def test_a_template_that_the_scenario_does_not_have_stops_the_run(number):
    block = random_block([3] * len(COLUMNS), seed=1)
    block["entitlements"]["template_id"][1] = number
    with pytest.raises(ValueError, match=r"entitlements\.template_id runs from"):
        write_run([block], facts())


def test_a_run_from_a_kept_layout_is_like_the_first_one(tmp_path, monkeypatch):
    kept = tmp_path / "cache"
    monkeypatch.setattr("entitlement_sim.store.layout.cache_root", lambda: kept)
    first = write_run([], facts(), out=tmp_path, name="first")
    assert len(list(kept.glob("layouts/*.duckdb"))) == 1
    monkeypatch.setattr("entitlement_sim.store.layout._create", None)  # not needed any more
    again = write_run([], facts(), out=tmp_path, name="again")
    # Beside its tables a file keeps what follows from them.
    of_run = "WHERE NOT internal AND schema_name = 'main'"
    query = "SELECT * EXCLUDE (database_oid, database_name) FROM duckdb_{}() " + of_run
    memory = write_run([], facts())
    with (
        first, again, memory,
        duckdb.connect(first.file, read_only=True) as first_file,
        duckdb.connect(again.file, read_only=True) as file_again,
    ):  # fmt: skip
        for kind in ("tables", "views", "columns"):
            found = first_file.sql(query.format(kind)).fetchall()
            assert found
            assert file_again.sql(query.format(kind)).fetchall() == found
            assert len(memory.connection.sql(query.format(kind)).fetchall()) == len(found)
        comments = f"SELECT column_name, comment FROM duckdb_columns() {of_run}"
        assert set(memory.connection.sql(comments).fetchall()) == set(
            first_file.sql(comments).fetchall()
        )


def test_another_set_of_segments_is_another_layout(tmp_path, monkeypatch):
    kept = tmp_path / "cache"
    monkeypatch.setattr("entitlement_sim.store.layout.cache_root", lambda: kept)
    write_run([], facts(), out=tmp_path, name="first").close()
    fewer = {"small": {"customers": 1, "cases": {"per_year": 1.0}}}
    write_run([], facts(segments=fewer), out=tmp_path, name="other").close()
    assert len(list(kept.glob("layouts/*.duckdb"))) == 2


def test_a_cache_that_cannot_be_written_only_costs_time(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("entitlement_sim.store.layout.cache_root", lambda: tmp_path / "file")
    with write_run([], facts(), out=tmp_path) as disk, write_run([], facts()) as memory:
        assert len(disk.table("daily")) == len(memory.table("daily")) == 30


@pytest.mark.parametrize("count", [999, 1000, 1001, 2500])
def test_every_product_is_stored_however_many_there_are(count):
    products = [f"product {place}" for place in range(count)]
    with write_run([], facts(products=["scanner", *products])) as run:
        stored = run.connection.sql("SELECT product FROM products ORDER BY product_id").fetchall()
    assert [product for (product,) in stored] == ["scanner", *products]


def test_a_relation_and_a_table_of_arrow_keep_decimals_and_days():
    with write_run([random_block([20] * len(COLUMNS), seed=1)], facts()) as run:
        relation, table = run.relation("ledger"), run.arrow("ledger")
        assert str(relation.types[relation.columns.index("amount")]) == "DECIMAL(18,2)"
        assert str(table.schema.field("amount").type) == "decimal128(18, 2)"
        assert table.column("amount").to_pylist() == [
            row[0] for row in relation.project("amount").fetchall()
        ]
        assert str(run.arrow("entitlements").schema.field("start_date").type) == "date32[day]"
        assert run.arrow("daily").num_rows == len(run.relation("daily"))


@pytest.mark.parametrize("way", ["relation", "arrow"])
def test_a_relation_that_there_is_not_is_named_with_the_nearest(way):
    with (
        write_run([random_block([20] * len(COLUMNS), seed=1)], facts()) as run,
        pytest.raises(RunError, match="did you mean 'ledger'"),
    ):
        getattr(run, way)("ledgr")
