"""A run as a dataset of Parquet: each table as files of its own, in the order of its rows.

The files of table ``cases`` are ``cases-00001.parquet``, ``cases-00002.parquet`` and so on, beside
the manifest. Types are those of a run in DuckDB; words are texts there, whose types a reader of the
run gets back. The files are for other programs, too: Spark, polars and pandas read them as they
are.
"""

import hashlib
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import duckdb

from ..engine.tables import COLUMNS
from .errors import DamagedRun
from .formats import Format
from .quoting import literal, quoted
from .schema import SMALL_TABLES, TABLES, OwnLabels, stored_tables, table_kinds

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq
    from numpy.typing import NDArray

#: Rows of a file, about: enough for whoever reads it, few enough to be read at once.
FILE_ROWS: Final = 500_000

_NAME: Final = re.compile(r"([a-z_]+)-(\d{5,9})\.parquet", re.ASCII)
#: What means several files in the name of one.
_WILD: Final = re.compile(r"([*?\[])")


def file_name(table: str, number: int) -> str:
    """Return the name of the file of a table, by its number from 1 on."""
    return f"{table}-{number:05}.parquet"


def files_of(folder: Path, tables: Iterable[str] = TABLES) -> dict[str, list[Path]]:
    """Return the files of each of some tables, in the order of their rows.

    Raises
    ------
    DamagedRun
        A table has no file, or one of them is missing.
    """
    found: dict[str, dict[int, Path]] = {table: {} for table in tables}
    with os.scandir(folder) as entries:
        for entry in entries:
            name = _NAME.fullmatch(entry.name)
            if name is not None and name[1] in found and entry.is_file():
                found[name[1]][int(name[2])] = folder / entry.name
    for table, numbered in found.items():
        for number in range(1, max(len(numbered), 1) + 1):
            if number not in numbered:
                raise DamagedRun(folder, f"it has no file {file_name(table, number)}")
    return {
        table: [numbered[number] for number in sorted(numbered)]
        for table, numbered in found.items()
    }


def is_file_of_run(name: str) -> bool:
    """Whether a file of this name belongs to a run that is a dataset of Parquet."""
    found = _NAME.fullmatch(name)
    return found is not None and found[1] in TABLES


# ------------------------------------------------------------------------------- reading


def attach_files(
    connection: duckdb.DuckDBPyConnection, folder: Path, layout: Format, database: str
) -> dict[str, list[str]]:
    """Make the tables of a run in the files of a folder known; return the labels that are its own.

    The engine's tables are views over their files, the small ones are read at once.

    Parameters
    ----------
    connection : DuckDBPyConnection
    folder : Path
    layout : Format
    database : str
        Name of the database that is made for them.

    Raises
    ------
    DamagedRun
        A file is missing, or has other columns than those of a run.
    """
    files = files_of(folder)
    own = {"segment": _segments(connection, files["segments"])}
    connection.execute(f"ATTACH ':memory:' AS {database}")
    texts = stored_tables({}, layout.small, layout.labels, own)
    for table, text in texts.items():
        names = ", ".join(map(quoted, layout.small[table]))
        place = f"{database}.main.{quoted(table)}"
        connection.execute(text.replace(f"CREATE TABLE {quoted(table)}", f"CREATE TABLE {place}"))
        connection.execute(f"INSERT INTO {place} SELECT {names} FROM {read_files(files[table])}")
    for table in layout.columns:
        _check_columns(connection, table, files[table], layout, own)
        connection.execute(
            f"CREATE VIEW {database}.main.{quoted(table)} AS "
            f"{select_rows(table, files[table], layout, own)}"
        )
    return own


def select_rows(table: str, files: Sequence[Path], layout: Format, own: OwnLabels) -> str:
    """Return the query for the rows of a table in some of its files, with the types of a run."""
    kinds = table_kinds(layout.columns, {}, layout.labels, own)[table]
    columns = ", ".join(
        f"{quoted(name)}::{kind} AS {quoted(name)}" if kind.startswith("ENUM") else quoted(name)
        for name, kind in kinds.items()
    )
    return f"SELECT {columns} FROM {read_files(files)}"


def read_files(files: Sequence[Path]) -> str:
    """Return the relation of files as they are, one behind the other."""
    names = ", ".join(literal(_WILD.sub(r"[\1]", str(file))) for file in files)
    return f"read_parquet([{names}], hive_partitioning = false)"


def folders_read(folder: Path) -> str:
    """Return the list of names by which DuckDB reads files of a folder."""
    names = dict.fromkeys([str(folder), _WILD.sub(r"[\1]", str(folder))])
    return f"[{', '.join(map(literal, names))}]"


def _segments(connection: duckdb.DuckDBPyConnection, files: Sequence[Path]) -> list[str]:
    rows = connection.execute(f"SELECT segment FROM {read_files(files)}").fetchall()
    return [str(segment) for (segment,) in rows]


def _check_columns(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    files: Sequence[Path],
    layout: Format,
    own: OwnLabels,
) -> None:
    kinds = table_kinds(layout.columns, {}, layout.labels, own)[table]
    described = connection.execute(f"DESCRIBE FROM {read_files(files[:1])}").fetchall()
    stored = {name: kind for name, kind, *_ in described}
    meant = {name: "VARCHAR" if kind.startswith("ENUM") else kind for name, kind in kinds.items()}
    if stored != meant:
        raise DamagedRun(files[0], "it has other columns than that table of a run")


# ------------------------------------------------------------------------------- writing


class ParquetTable:
    """Writes the rows of one of the engine's tables into files, in order.

    Parameters
    ----------
    folder : Path
    table : str
    own : Mapping of str to sequence of str
        Labels that are the run's own.

    Attributes
    ----------
    digests : dict of str to str
        SHA-256 of each file that is whole, by its name.
    """

    def __init__(self, folder: Path, table: str, own: OwnLabels) -> None:
        self._folder, self._table, self._own = folder, table, own
        self._columns = COLUMNS[table]
        self._writer: pq.ParquetWriter | None = None
        self._rows = 0
        self.digests: dict[str, str] = {}

    def add(self, arrays: "Mapping[str, NDArray[Any]]") -> None:
        """Write rows: equally long arrays by column, in the engine's types."""
        from .arrow import arrow_table

        rows = arrow_table(self._columns, self._own, arrays)
        if self._writer is None:
            self._writer = self._open(rows.schema)
        self._writer.write_table(rows, row_group_size=max(1, rows.num_rows))
        self._rows += rows.num_rows
        if self._rows >= FILE_ROWS:
            self.close()

    def finish(self) -> None:
        """Write what is left; a table without rows has a file, too."""
        if not self.digests and self._writer is None:
            from .arrow import schema_of

            self._writer = self._open(schema_of(self._columns))
        self.close()

    def close(self) -> None:
        """Close the file at hand."""
        if self._writer is None:
            return
        self._writer.close()
        self._writer = None
        self._rows = 0
        name = file_name(self._table, len(self.digests) + 1)
        self.digests[name] = digest_of_file(self._folder / name)

    def _open(self, schema: "pa.Schema") -> "pq.ParquetWriter":
        import pyarrow.parquet as pq

        whole = [column.name for column in self._columns if column.kind in _WHOLE]
        return pq.ParquetWriter(
            self._folder / file_name(self._table, len(self.digests) + 1),
            schema,
            compression="zstd",
            compression_level=1,
            use_dictionary=[column.name for column in self._columns if column.kind == "code"],
            column_encoding=dict.fromkeys(whole, "DELTA_BINARY_PACKED"),
            write_statistics=whole,
            store_decimal_as_integer=True,
            store_schema=False,
        )


#: Kinds of columns that are whole numbers in a file, mostly near the one before.
_WHOLE: Final = ("int32", "int64", "day", "minute", "amount", "weight")


def write_small_tables(connection: duckdb.DuckDBPyConnection, folder: Path) -> dict[str, str]:
    """Write the tables that the engine does not fill, which are in a database in memory.

    Returns
    -------
    dict of str to str
        SHA-256 of each file, by its name.
    """
    digests = {}
    for table in SMALL_TABLES:
        place = folder / file_name(table, 1)
        connection.execute(
            f"COPY {quoted(table)} TO {literal(str(place))} (FORMAT parquet, COMPRESSION zstd)"
        )
        digests[place.name] = digest_of_file(place)
    return digests


def digest_of_file(file: Path) -> str:
    """Return the SHA-256 of a file, 64 hexadecimal digits."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
