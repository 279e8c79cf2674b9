"""A whole run against DuckDB alone writing the very same rows from memory into a file.

Nobody can store a run faster than DuckDB writes rows that are there already. The rows are taken
from the finished run in two forms: arrays in memory, in the types of the tables as far as arrays
have them (the comparator), and tables of a DuckDB in memory, which need no conversion at all.
"""

import gc
import itertools
import os
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from entitlement_sim.simulation import simulate
from entitlement_sim.store.schema import create_schema

from .measuring import Result, ratio, take_turns
from .workload import reference

_SEED = 1
_DECIMAL = "DECIMAL(18,2)"

#: Columns of a table with their types.
Layout = dict[str, dict[str, str]]


def measure(customers: int, turns: int) -> list[Result]:
    """Measure the CPU seconds of a run, and of DuckDB alone for its rows."""
    scenario = reference(customers)
    segments = list(scenario.model.segments)
    with tempfile.TemporaryDirectory(prefix="entitlement-sim-") as place:
        folder = Path(place)

        numbers = itertools.count()

        def simulate_and_store() -> None:
            # Each by a name of its own: to replace a run, it is opened to see what it is.
            simulate(scenario, seed=_SEED, out=folder, name=f"run-{next(numbers)}").close()

        simulate_and_store()  # compiles, and leaves the rows to take
        database = folder / "run-0" / "run.duckdb"
        layout = read_layout(database)
        frames = {table: read_frame(database, table, types) for table, types in layout.items()}
        tables = duckdb.connect()
        tables.execute(create_schema({"segment": segments}))
        for table, frame in frames.items():
            insert_frame(tables, table, layout[table], frame)
        cases = len(frames["cases"])
        rows = sum(map(len, frames.values()))

        def from_arrays() -> None:
            write_frames(folder / "arrays.duckdb", segments, layout, frames)

        def from_tables() -> None:
            write_tables(folder / "tables.duckdb", segments, tables, layout)

        ways = {"run": simulate_and_store, "arrays": from_arrays, "tables": from_tables}
        seconds = take_turns(ways, turns, before=_settle)
        sizes = {
            "run": database.stat().st_size,
            "arrays": (folder / "arrays.duckdb").stat().st_size,
        }
        tables.close()
    at = f"{customers:,} customers, {cases / 1e6:.2f} million cases, {rows / 1e6:.1f} million rows"
    run, arrays, tables_alone = (
        Result(what, min(seconds[way]), "s", raw=seconds[way])
        for what, way in (
            (f"whole run, {at}", "run"),
            ("DuckDB alone, from arrays", "arrays"),
            ("DuckDB alone, from its own memory", "tables"),
        )
    )
    return [
        run,
        arrays,
        tables_alone,
        ratio("run over DuckDB from arrays", run, arrays, "at most 1.25 times"),
        ratio("run over DuckDB from its own memory", run, tables_alone),
        Result("file of the run", sizes["run"] / 1e6, "MB"),
        Result("file that DuckDB alone makes", sizes["arrays"] / 1e6, "MB"),
    ]


def _settle() -> None:
    """Free what the last way left, and let the system write what it owes to the disk."""
    gc.collect()
    os.sync()


def read_layout(database: Path) -> Layout:
    """Return the tables of a run and their columns' types."""
    with duckdb.connect(database, read_only=True) as connection:
        rows = connection.sql(
            "SELECT table_name, column_name, data_type FROM duckdb_columns() "
            "WHERE table_name IN "
            "(SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main') "
            "ORDER BY table_name, column_index"
        ).fetchall()
    layout: Layout = {}
    for table, column, kind in rows:
        layout.setdefault(table, {})[column] = kind
    return layout


def read_frame(database: Path, table: str, types: dict[str, str]) -> pd.DataFrame:
    """Return a table as arrays: decimals as whole hundredths, all else in its own type."""
    values = ", ".join(
        f'("{column}" * 100)::BIGINT AS "{column}"' if kind == _DECIMAL else f'"{column}"'
        for column, kind in types.items()
    )
    with duckdb.connect(database, read_only=True) as connection:
        arrays = connection.sql(f"SELECT {values} FROM {table}").fetchnumpy()
    return pd.DataFrame(
        {column: _with_nulls(array) for column, array in arrays.items()}, copy=False
    )


def _with_nulls(array: Any) -> Any:
    """Return a masked array as one that pandas and DuckDB know the missing values of."""
    if not isinstance(array, np.ma.MaskedArray):
        return array
    missing = np.ma.getmaskarray(array)
    if not missing.any():
        return array.data
    if array.dtype.kind == "M":
        return array.filled(np.datetime64("NaT"))
    if array.dtype.kind == "b":
        return pd.arrays.BooleanArray(array.data, missing)
    if array.dtype.kind == "i":
        return pd.arrays.IntegerArray(array.data, missing)
    objects = array.data.astype(object)
    objects[missing] = None
    return objects


def insert_frame(
    connection: duckdb.DuckDBPyConnection, table: str, types: dict[str, str], frame: pd.DataFrame
) -> None:
    """Write arrays into a table."""
    values = ", ".join(
        f'("{column}"::DECIMAL(16,0) * 0.01::DECIMAL(2,2))::{kind}'
        if kind == _DECIMAL
        else f'"{column}"'
        for column, kind in types.items()
    )
    connection.execute(f"INSERT INTO {table} SELECT {values} FROM frame")


def write_frames(
    file: Path, segments: list[str], layout: Layout, frames: dict[str, pd.DataFrame]
) -> None:
    """Write arrays into a new file: one statement a table, all in one transaction."""
    file.unlink(missing_ok=True)
    with duckdb.connect(file) as connection:
        connection.execute(create_schema({"segment": segments}))
        connection.begin()
        for table, frame in frames.items():
            insert_frame(connection, table, layout[table], frame)
        connection.commit()


def write_tables(
    file: Path, segments: list[str], tables: duckdb.DuckDBPyConnection, layout: Layout
) -> None:
    """Write the tables of a database in memory into a new file, all in one transaction."""
    file.unlink(missing_ok=True)
    with duckdb.connect(file) as connection:
        connection.execute(create_schema({"segment": segments}))
    tables.execute(f"ATTACH '{file}' AS copy")
    tables.begin()
    for table in layout:
        tables.execute(f"INSERT INTO copy.{table} SELECT * FROM memory.{table}")
    tables.commit()
    tables.execute("DETACH copy")  # writes what is still in the log into the file
