"""Whether a run still holds what was stored."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ..engine.tables import COLUMNS, DTYPES
from .hashing import TableHash, hash_of_tables
from .quoting import quoted
from .run import Run
from .schema import STATIC_TABLES, select_arrays
from .static import static_hash

#: Rows that are read at a time.
_READ_ROWS: Final = 500_000


@dataclass(frozen=True)
class Verification:
    """What became of the content hash.

    Attributes
    ----------
    expected, found : str
        The hash that the run carries and the one of its rows as they are now.
    changed : tuple of str
        Tables whose rows differ from what was stored.
    """

    expected: str
    found: str
    changed: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether every row is as it was stored."""
        return self.expected == self.found

    def __str__(self) -> str:
        if self.holds:
            return f"content {self.found[:12]}: every row is as it was stored"
        tables = f" (in {', '.join(self.changed)})" if self.changed else ""
        return (
            f"the rows differ from what was stored{tables}: expected content "
            f"{self.expected[:12]}, found {self.found[:12]}"
        )


def verify(run: Run) -> Verification:
    """Compute the content hash of a run's rows and compare it with the one that it carries.

    The hash that counts is the one in table ``run``; the hashes of the tables in the manifest
    only say where a difference lies.
    """
    digests = {table: _table_hash(run, table) for table in COLUMNS}
    digests |= {table: static_hash(run.connection, table) for table in STATIC_TABLES}
    [(expected,)] = run.connection.sql("SELECT content_hash FROM run").fetchall()
    stored = run.manifest.get("table_hashes", {})
    changed = tuple(table for table, digest in digests.items() if stored.get(table) != digest)
    return Verification(expected, hash_of_tables(digests), changed)


def _table_hash(run: Run, table: str) -> str:
    """Read a table back as the engine's numbers, in the order of its rows, and hash it."""
    segments = [name for (name,) in run.connection.sql("SELECT segment FROM segments").fetchall()]
    hashed = TableHash(table, [str(name) for name in segments])
    query = select_arrays(table)
    [(rows,)] = run.connection.sql(f"SELECT count(*) FROM {quoted(table)}").fetchall()
    for begin in range(0, rows, _READ_ROWS):
        part = f"{query} WHERE rowid >= {begin} AND rowid < {begin + _READ_ROWS}"
        arrays = run.connection.execute(part).fetchnumpy()
        hashed.add(
            {
                column.name: np.asarray(arrays[column.name], DTYPES[column.kind])
                for column in COLUMNS[table]
            }
        )
    return hashed.digest()
