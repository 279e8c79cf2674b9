"""The rows of a run on their way into files of Parquet."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
from numpy.typing import NDArray

from . import schema
from .facts import RunFacts
from .formats import TODAY
from .parquet import ParquetTable, files_of, select_rows, write_small_tables
from .quoting import quoted
from .schema import OwnLabels

Arrays = dict[str, NDArray[Any]]


@contextmanager
def files_of_parquet(folder: Path, own: OwnLabels) -> Iterator["IntoParquet"]:
    """Give files of Parquet in a folder, to be filled."""
    with duckdb.connect() as connection:
        connection.execute(schema.create_schema(own, {}))
        yield IntoParquet(connection, folder, own)


class IntoParquet:
    """A run as files of Parquet.

    Attributes
    ----------
    connection : DuckDBPyConnection
        To a database in memory with the small tables of the run.
    layout : Format
    own : Mapping of str to sequence of str
        Labels that are the run's own.
    files : dict of str to str
        SHA-256 of each file, by its name; all of them once it is finished.
    """

    layout = TODAY

    def __init__(self, connection: duckdb.DuckDBPyConnection, folder: Path, own: OwnLabels) -> None:
        self.connection, self.own = connection, own
        self._folder = folder
        self.files: dict[str, str] = {}

    def rows_of(self, tables: Sequence[str]) -> "RowsOfParquet":
        """Return what takes the rows of some tables, in a thread of its own."""
        return RowsOfParquet(
            {table: ParquetTable(self._folder, table, self.own) for table in tables}, self.files
        )

    def look_at_rows(self) -> None:
        """Make the rows that are stored known to the connection."""
        files = files_of(self._folder, self.layout.columns)
        for table in self.layout.columns:
            query = select_rows(table, files[table], self.layout, self.own)
            self.connection.execute(f"CREATE VIEW {quoted(table)} AS {query}")

    def finish(self, facts: RunFacts) -> None:
        """Write the small tables."""
        self.files |= write_small_tables(self.connection, self._folder)


class RowsOfParquet:
    """Writes rows into files of some tables."""

    def __init__(self, tables: Mapping[str, ParquetTable], files: dict[str, str]) -> None:
        self._tables = tables
        self._files = files

    def begin(self) -> None:
        """Nothing is to be begun."""

    def add(self, table: str, arrays: Arrays) -> Arrays:
        """Write rows; return them as they are hashed."""
        self._tables[table].add(arrays)
        return arrays

    def commit(self) -> None:
        """Write what is left."""
        for table in self._tables.values():
            table.finish()
            self._files.update(table.digests)

    def interrupt(self) -> None:
        """A file is written in no time."""

    def close(self) -> None:
        """Close the files, whole or not."""
        for table in self._tables.values():
            table.close()
