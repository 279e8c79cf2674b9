"""Whether a run still holds what was stored."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from .formats import FORMATS, Format
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
    digests = table_hashes(run, run.manifest["format_version"])
    [(expected,)] = run.connection.sql("SELECT content_hash FROM run").fetchall()
    stored = run.manifest.get("table_hashes", {})
    changed = tuple(table for table, digest in digests.items() if stored.get(table) != digest)
    return Verification(expected, hash_of_tables(digests), changed)


def table_hashes(run: Run, version: int) -> dict[str, str]:
    """Return the hash of each table of a run, as it was reckoned in a version of the format.

    The hashes of a newer run in an older format tell whether what both have is the same.
    """
    layout = FORMATS[version]
    hashes = {table: _table_hash(run, table, layout) for table in layout.columns}
    return hashes | {table: static_hash(run.connection, table) for table in STATIC_TABLES}


def _table_hash(run: Run, table: str, layout: Format) -> str:
    """Read a table back as the engine's numbers, in the order of its rows, and hash it."""
    segments = [name for (name,) in run.connection.sql("SELECT segment FROM segments").fetchall()]
    hashed = TableHash(table, [str(name) for name in segments], layout)
    columns = layout.columns[table]
    [(database,)] = run.connection.sql("SELECT current_database()").fetchall()
    query = select_arrays(f"{quoted(database)}.{quoted(table)}", columns)
    for part in _parts(run, query, database, table):
        arrays = run.connection.execute(part).fetchnumpy()
        hashed.add(
            {column.name: np.asarray(arrays[column.name], column.array_type) for column in columns}
        )
    return hashed.digest()


def _parts(run: Run, query: str, database: str, table: str) -> list[str]:
    """Return queries that read a stored table in parts; what is a view by now is read at once."""
    sizes = run.connection.execute(
        "SELECT estimated_size FROM duckdb_tables() WHERE database_name = ? AND table_name = ?",
        [database, table],
    ).fetchall()
    if not sizes:
        return [query]
    [(rows,)] = run.connection.sql(
        f"SELECT count(*) FROM {quoted(database)}.{quoted(table)}"
    ).fetchall()
    return [
        f"{query} WHERE rowid >= {begin} AND rowid < {begin + _READ_ROWS}"
        for begin in range(0, rows, _READ_ROWS)
    ]
