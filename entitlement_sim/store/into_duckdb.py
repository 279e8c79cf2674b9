"""The rows of a run on their way into DuckDB: a database in memory, or the one file of a run."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np
from numpy.typing import NDArray

from . import schema
from .balance_totals import BalanceTotals
from .closes import TermsAtCloses
from .counted import Period
from .facts import RunFacts
from .formats import Format
from .kept import keep
from .layout import lay_out_file
from .ledger_blocks import KeptOfLedger
from .publish import DATABASE
from .schema import OwnLabels
from .scorecard_counts import keep_counts

#: To weigh run-length encoding up takes a twentieth of the time, for files smaller by a thirtieth;
#: the limit is for what DuckDB keeps of blocks that it has written already.
_FOR_FILES: Final = "SET disabled_compression_methods = 'rle'; SET memory_limit = '500MB'"

Arrays = dict[str, NDArray[Any]]


@contextmanager
def file_of_duckdb(folder: Path, layout: Format, own: OwnLabels) -> Iterator["IntoDuckDB"]:
    """Give an empty file of DuckDB in a folder, to be filled."""
    lay_out_file(folder / DATABASE, own, layout)
    with duckdb.connect(folder / DATABASE) as connection:
        connection.execute(_FOR_FILES)
        yield IntoDuckDB(connection, layout, own)


class IntoDuckDB:
    """A run in a database, in memory or in a file.

    Attributes
    ----------
    connection : DuckDBPyConnection
        To a database with the empty tables of the run.
    layout : Format
    own : Mapping of str to sequence of str
        Labels that are the run's own.
    files : None
        It has no files but the one.
    """

    files = None

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, layout: Format, own: OwnLabels
    ) -> None:
        self.connection, self.layout, self.own = connection, layout, own
        self._sums: list[KeptOfLedger] = []

    def keep(self, run_begins: date) -> None:
        """Keep views and counts beside the rows from now on."""
        self._sums = [TermsAtCloses(self.connection, run_begins), BalanceTotals(self.connection)]

    def rows_of(self, tables: Sequence[str]) -> "RowsOfDuckDB":
        """Return what takes the rows of some tables, in a thread of its own."""
        return RowsOfDuckDB(self.connection.cursor(), tables, self.layout, self.own, self._sums)

    def look_at_rows(self) -> None:
        """Say that all rows are stored."""
        for sums in self._sums:
            sums.finish(self.connection)

    def finish(self, facts: RunFacts) -> None:
        """Keep what is kept of rows that are all stored."""
        if self._sums:
            keep(self.connection)
            segments = list(facts.model.segments)
            period = Period(facts.start_date, facts.days, facts.model, segments)
            keep_counts(self.connection, period)
        self.connection.execute("CHECKPOINT")


class RowsOfDuckDB:
    """Appends to some tables of a database, in one transaction."""

    def __init__(
        self,
        cursor: duckdb.DuckDBPyConnection,
        tables: Sequence[str],
        layout: Format,
        own: OwnLabels,
        sums: Sequence[KeptOfLedger],
    ) -> None:
        self._cursor = cursor
        self._sums = sums
        self._texts = {
            table: [column.name for column in layout.columns[table] if column.kind == "text"]
            for table in tables
        }
        self._inserts = {
            table: schema.insert_arrays(
                table,
                layout.columns[table],
                "arrays POSITIONAL JOIN texts" if self._texts[table] else "arrays",
                own,
            )
            for table in tables
        }

    def begin(self) -> None:
        """Begin the transaction."""
        self._cursor.begin()

    def add(self, table: str, arrays: Arrays) -> Arrays:
        """Store rows; return them as they are hashed."""
        names = self._texts[table]
        if names:
            import pyarrow as pa

            texts = pa.table({name: arrays.pop(name) for name in names})
            digests = [f"{schema.digest_of_text(name)} AS {name}" for name in texts.column_names]
            read = self._cursor.execute(f"SELECT {', '.join(digests)} FROM texts").fetchnumpy()
            self._cursor.execute(self._inserts[table])
            return arrays | {name: np.asarray(read[name]) for name in names}
        # DuckDB finds the arrays by the name of the variable. To register them instead would keep
        # them until the transaction ends.
        self._cursor.execute(self._inserts[table])
        for sums in self._sums if table == "ledger" else ():
            sums.add(self._cursor, arrays)
        return arrays

    def commit(self) -> None:
        """Commit everything."""
        self._cursor.commit()

    def interrupt(self) -> None:
        """Stop what is being stored, from another thread."""
        self._cursor.interrupt()

    def close(self) -> None:
        """Let go of what was not committed."""
        self._cursor.close()
