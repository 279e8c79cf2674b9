"""A connection to a run's file in which nothing runs that came in the file.

The file may come from anybody. It is attached read-only under a name and never made the default
catalogue: a macro stored in it would take the place of a built-in function, even within a view of
the package's own. That the tables of its format are tables, with the columns that the format has
and no others, is checked; views, macros, types and comments are the package's own.
"""

import re
from pathlib import Path
from typing import Final

import duckdb

from .damage import reading
from .errors import DamagedRun
from .formats import FORMATS
from .opened_views import RUN, RUN_SCHEMA, connection_with_views
from .quoting import literal
from .schema import create_segments, stored_tables

#: After this nothing can be read but the run, and nothing of this can be undone.
_SEALED: Final = """
SET enable_external_access = false;
SET autoinstall_known_extensions = false;
SET autoload_known_extensions = false;
SET allow_community_extensions = false;
SET python_enable_replacements = false;
"""
#: By the least and greatest value that a file says a column has, DuckDB leaves checks out.
_WITHOUT_TRUST: Final = "SET disabled_optimizers = 'statistics_propagation'"
#: Frames are found by the names of their variables, wherever in the reader's code these stand.
OPEN: Final = "SET python_scan_all_frames = true;"

#: What DuckDB may write otherwise in another version: quotes of names, and blanks.
_LOOKS: Final = re.compile(r'["\s]')


def connect(
    database: Path, version: int, *, sealed: bool, with_views: bool = True
) -> duckdb.DuckDBPyConnection:
    """Return a connection to the run in `database`.

    Parameters
    ----------
    database : Path
    version : int
        Version of its format.
    sealed : bool
        Whether the connection reads no other file, loads no extension and keeps its settings.
    with_views : bool
        Whether plain names of tables and views are those of the run; without them there are only
        its tables in :data:`~.opened_views.RUN_SCHEMA`.

    Raises
    ------
    DamagedRun
        The file is none of a run of that version.
    RunError
        Another program holds it.
    """
    connection = connection_with_views(version) if with_views else duckdb.connect()
    try:
        with reading(database):
            _attach(connection, database, sealed=sealed)
            segments = _checked_segments(connection, database, version)
            if with_views:
                connection.execute(create_segments(segments))
            else:
                connection.execute(_WITHOUT_TRUST)
            if sealed:
                connection.execute("SET lock_configuration = true")
    except BaseException:
        connection.close()
        raise
    return connection


def _attach(connection: duckdb.DuckDBPyConnection, database: Path, *, sealed: bool) -> None:
    place = literal(str(database))
    # DuckDB looks for a log beside the file; what follows a ? is no part of a name to it.
    before, question, after = str(database).partition("?")
    log = literal(f"{before}.wal{question}{after}")
    connection.execute(f"SET allowed_paths = [{place}, {log}]; {_SEALED}" if sealed else OPEN)
    connection.execute(
        f"SET enable_progress_bar = false; ATTACH {place} AS {RUN} (READ_ONLY, TYPE duckdb)"
    )


def segments_of(connection: duckdb.DuckDBPyConnection, schema: str) -> list[str]:
    """Return the segments of a run with its tables in a schema, in the order of their codes."""
    [(segments,)] = connection.execute(
        f"SELECT enum_range((SELECT segment FROM {schema}.segments LIMIT 0))"
    ).fetchall()
    return list(segments)


def _checked_segments(
    connection: duckdb.DuckDBPyConnection, database: Path, version: int
) -> list[str]:
    """Check that the tables of the format are tables with its columns; return the segments."""
    layout = FORMATS[version]
    definitions = dict(
        connection.execute(
            "SELECT table_name, sql FROM duckdb_tables() "
            "WHERE database_name = ? AND schema_name = 'main'",
            [RUN],
        ).fetchall()
    )
    for table in stored_tables(layout.columns, layout.small, layout.labels, ()):
        if table not in definitions:
            raise DamagedRun(database, f"it has no table {table}")
    segments = segments_of(connection, RUN_SCHEMA)
    for table, text in stored_tables(layout.columns, layout.small, layout.labels, segments).items():
        if _LOOKS.sub("", definitions[table]) != _LOOKS.sub("", text):
            raise DamagedRun(database, f"its table {table} has other columns than that of a run")
    return segments
