"""What DuckDB alone is measured with is the run itself, row by row."""

import duckdb
import pytest

from entitlement_sim.simulation import simulate
from entitlement_sim.store.schema import create_schema

from .storing_speed import (
    insert_frame,
    read_frame,
    read_layout,
    write_frames,
    write_tables,
)
from .workload import reference


@pytest.mark.parametrize("way", ["arrays", "tables"])
def test_a_copy_holds_the_rows_of_the_run(tmp_path, way):
    scenario = reference(30)
    segments = list(scenario.model.segments)
    simulate(scenario, out=tmp_path, name="run").close()
    database = tmp_path / "run" / "run.duckdb"
    layout = read_layout(database)
    frames = {table: read_frame(database, table, types) for table, types in layout.items()}
    copy = tmp_path / "copy.duckdb"
    if way == "arrays":
        write_frames(copy, segments, layout, frames)
    else:
        with duckdb.connect() as tables:
            tables.execute(create_schema({"segment": segments}))
            for table, frame in frames.items():
                insert_frame(tables, table, layout[table], frame)
            write_tables(copy, segments, tables, layout)

    assert {"run", "customers", "entitlements", "cases", "ledger"} <= set(layout)
    with duckdb.connect(database, read_only=True) as one, duckdb.connect(copy) as other:
        for table in layout:
            rows = one.sql(f"SELECT * FROM {table}").fetchall()
            assert other.sql(f"SELECT * FROM {table}").fetchall() == rows, table
