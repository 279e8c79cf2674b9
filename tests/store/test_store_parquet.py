"""A run as files of Parquet is the run that a file of DuckDB is."""

import shutil

import duckdb
import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reckoned import reckon_opened
from store_rows import balanced_block, facts, random_block

from entitlement_sim import Scenario, list_runs, open_run, simulate, verify
from entitlement_sim.engine.tables import COLUMNS
from entitlement_sim.store.arrow import arrow_table
from entitlement_sim.store.errors import DamagedRun, RunError
from entitlement_sim.store.parquet import files_of
from entitlement_sim.store.run import open_tables
from entitlement_sim.store.schema import TABLES, create_schema, insert_arrays
from entitlement_sim.store.writer import write_run

BLOCK = balanced_block([20, 40, 60, 50, 90, 30, 200], seed=5)
OWN = {"segment": ("small", "customer's own")}


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """The same rows in a file of DuckDB, and as Parquet with several files a table."""
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("entitlement_sim.store.writer.GATHERED_ROWS", 7)
        patch.setattr("entitlement_sim.store.parquet.FILE_ROWS", 7)
        blocks = [balanced_block([5, 9, 11, 8, 20, 4, 31], seed) for seed in (1, 2, 3)]
        write_run(blocks, facts(), out=folder, name="file").close()
        write_run(blocks, facts(), out=folder, name="parquet", storage="parquet").close()
    with open_run(folder / "file") as first, open_run(folder / "parquet") as second:
        yield first, second


def test_it_has_the_content_hash_of_the_file(both):
    first, second = both
    assert second.manifest.content_hash == first.manifest.content_hash
    assert second.manifest.table_hashes == first.manifest.table_hashes
    assert len(files_of(second.path)["cases"]) > 1


@pytest.mark.parametrize("table", TABLES)
def test_every_table_has_the_same_rows_in_the_same_order_and_types(both, table):
    rows, kinds = [], []
    for run in both:
        answer = run.connection.execute(f"SELECT * FROM {table}")
        kinds.append([(name, str(kind)) for name, kind, *_ in answer.description])
        rows.append(answer.fetchall())
    assert kinds[0] == kinds[1]
    assert rows[0] == rows[1]


def test_every_view_answers_the_same(tmp_path):
    few = ["segments.small.customers=6", "segments.midsize.customers=3", "calendar.days=500"]
    scenario = Scenario.load("demo", [*few, "segments.enterprise.customers=1"])
    runs = [
        simulate(scenario, seed=3, out=tmp_path, name=form, format=form)
        for form in ("duckdb", "parquet")
    ]
    assert runs[0].views() == runs[1].views()
    for run in runs:
        reckon_opened(run.connection)
    for view in runs[0].views():
        rows = [sorted(run.connection.execute(f"FROM {view}").fetchall(), key=repr) for run in runs]
        assert rows[0] == rows[1], view
    for run in runs:
        run.close()


def test_it_verifies_sealed_and_open(both):
    _, run = both
    assert verify(run).holds
    for opened in (open_run(run.path, sealed=True), open_tables(run.path)):
        with opened:
            assert verify(opened).holds


def test_sealed_it_reads_no_other_file(both, tmp_path):
    place = tmp_path / "other.csv"
    place.write_text("a\n1\n")
    with open_run(both[1].path, sealed=True) as run, pytest.raises(duckdb.PermissionException):
        run.sql(f"FROM '{place}'")


def test_it_is_listed_with_the_bytes_of_its_files(both):
    folder = both[1].path.parent
    sizes = {entry.name: entry.size for entry in list_runs(folder)}
    assert sizes["parquet"] == sum(file.stat().st_size for file in both[1].path.glob("*.parquet"))


@pytest.mark.parametrize("name", ["a [b] *c", "what? [x", "it's"])
def test_any_name_of_a_folder_will_do(name, tmp_path):
    out = tmp_path / name
    write_run([BLOCK], facts(), out=out, name="run", storage="parquet").close()
    for sealed in (False, True):
        with open_run(out / "run", sealed=sealed) as run:
            assert len(run.table("cases")) == 90


def test_a_run_without_rows_has_files_too(tmp_path):
    with write_run([{}], facts(), out=tmp_path, storage="parquet") as run:
        assert verify(run).holds
        assert run.sql("SELECT count(*) AS n FROM cases")["n"].item() == 0


def test_either_kind_replaces_the_other(tmp_path):
    for storage in ("parquet", "duckdb", "parquet", "parquet"):
        with write_run([BLOCK], facts(), out=tmp_path, overwrite=True, storage=storage) as run:
            assert run.storage == storage
            assert verify(run).holds
    assert [place.name for place in tmp_path.iterdir()] == ["tiny-7"]


@pytest.mark.parametrize(
    "name", ["thesis.txt", "cases.parquet", "mine-00001.parquet", "run.duckdb"]
)
def test_what_somebody_has_put_beside_it_is_not_replaced(name, tmp_path):
    write_run([BLOCK], facts(), out=tmp_path, storage="parquet").close()
    (tmp_path / "tiny-7" / name).write_text("precious")
    with pytest.raises(RunError, match="is no run"):
        write_run([BLOCK], facts(), out=tmp_path, overwrite=True, storage="parquet")
    assert (tmp_path / "tiny-7" / name).read_text() == "precious"


def test_an_interrupted_run_leaves_nothing(tmp_path):
    def broken():
        yield BLOCK
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_run(broken(), facts(), out=tmp_path, storage="parquet")
    assert list(tmp_path.iterdir()) == []


def test_a_value_beyond_its_type_stops_the_run_and_leaves_nothing(tmp_path):
    block = balanced_block([20] * len(COLUMNS), seed=1)
    block["ledger"]["amount"][3] = 10**16
    with pytest.raises(ValueError, match="amount has an amount that its DECIMAL does not hold"):
        write_run([block], facts(), out=tmp_path, storage="parquet")
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------ damage


@pytest.fixture
def copy(both, tmp_path):
    """A copy that may be damaged."""
    return shutil.copytree(both[1].path, tmp_path / "copy")


def test_a_file_that_is_missing_is_named(copy):
    (copy / "ledger-00002.parquet").unlink()
    with pytest.raises(DamagedRun, match=r"it has no file ledger-00002\.parquet"):
        open_run(copy)


def test_the_last_file_of_a_table_that_is_missing_is_found_by_verifying(copy):
    last = files_of(copy)["ledger"][-1]
    last.unlink()
    with open_tables(copy) as run:
        assert verify(run).changed == ("ledger",)


def test_a_file_that_is_no_parquet_is_damage(copy):
    (copy / "cases-00001.parquet").write_bytes(b"no such thing")
    with pytest.raises(DamagedRun, match="the run is damaged"):
        open_run(copy)


def test_a_file_with_other_columns_is_damage(copy):
    file = copy / "cases-00001.parquet"
    pq.write_table(pq.read_table(file).drop_columns(["reopened"]), file)
    with pytest.raises(DamagedRun, match="it has other columns than that table of a run"):
        open_run(copy)


def test_words_that_no_run_has_are_damage(copy):
    file = copy / "cases-00001.parquet"
    table = pq.read_table(file)
    words = table.column("outcome").to_pylist()
    changed = table.set_column(
        table.schema.get_field_index("outcome"), "outcome", [["invented", *words[1:]]]
    )
    pq.write_table(changed, file)
    with open_tables(copy) as run, pytest.raises(DamagedRun):
        verify(run)


def test_a_changed_cell_is_found(copy):
    file = copy / "cases-00002.parquet"
    table = pq.read_table(file)
    ids = np.array(table.column("case_id").to_pylist())
    ids[0] += 1
    changed = table.set_column(0, "case_id", [ids])
    pq.write_table(changed, file)
    with open_tables(copy) as run:
        assert "cases" in verify(run).changed


def test_rows_between_files_that_change_places_are_found(copy):
    first, second = (copy / f"cases-0000{number}.parquet" for number in (1, 2))
    first.rename(copy / "held")
    second.rename(first)
    (copy / "held").rename(second)
    with open_tables(copy) as run:
        assert "cases" in verify(run).changed


# ------------------------------------------------------------------ for other programs


def test_other_programs_read_the_files_as_they_are(both):
    run = both[1]
    cases = pl.scan_parquet(run.path / "cases-*.parquet").collect()
    rows = run.connection.execute("SELECT case_id, outcome::VARCHAR, created_at FROM cases")
    assert cases.select("case_id", "outcome", "created_at").rows() == rows.fetchall()
    ledger = pl.read_parquet(run.path / "ledger-*.parquet")
    assert ledger.schema["amount"] == pl.Decimal(18, 2)
    assert [*ledger["amount"]] == [
        amount for (amount,) in run.connection.execute("SELECT amount FROM ledger").fetchall()
    ]


@given(st.sampled_from(list(COLUMNS)), st.integers(0, 40), st.integers(0, 2**32))
def test_arrow_has_the_values_that_duckdb_makes_of_arrays(table, count, seed):
    columns = COLUMNS[table]
    sizes = [count if each == table else 0 for each in COLUMNS]
    arrays = random_block(sizes, seed)[table]
    with duckdb.connect() as connection:
        connection.register("made", arrow_table(columns, OWN, arrays))
        connection.execute(create_schema(OWN))
        connection.execute(insert_arrays(table, columns, "arrays", OWN))
        stored = connection.execute(f"FROM {table}").fetchall()
        read = connection.execute("FROM made").fetchall()
    assert read == stored
