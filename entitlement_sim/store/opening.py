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
from .formats import Format
from .kept import kept_views, view_over_kept
from .opened_views import RUN, RUN_SCHEMA, connection_with_views
from .parquet import attach_files, folders_read
from .quoting import literal
from .schema import create_own_types, stored_tables

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
#: DuckDB 2.0.0 gathers the few rows that an operator leaves of each chunk. It fails ("global
#: dictionary column changed identity") where a joined column comes as a dictionary first and as one
#: value later, as behind UNNEST of lists that fill a chunk. No other of its settings avoids that,
#: and versions 1 do not have this one.
UNGATHERED: Final = (
    "" if duckdb.__version__.startswith("1.") else "SET GLOBAL enable_caching_operators = false;"
)

#: What DuckDB may write otherwise in another version: quotes of names, and blanks.
_LOOKS: Final = re.compile(r'["\s]')


def connect(
    database: Path, layout: Format, *, sealed: bool, with_views: bool = True
) -> duckdb.DuckDBPyConnection:
    """Return a connection to the run in `database`.

    Parameters
    ----------
    database : Path
        A file of DuckDB, or a folder with files of Parquet.
    layout : Format
        The tables that it has.
    sealed : bool
        Whether the connection reads no other file, loads no extension and keeps its settings.
    with_views : bool
        Whether plain names of tables and views are those of the run; without them there are only
        its tables in :data:`~.opened_views.RUN_SCHEMA`.

    Raises
    ------
    DamagedRun
        The file is none of a run with these tables.
    RunError
        Another program holds it.
    """
    connection = connection_with_views(layout) if with_views else duckdb.connect()
    try:
        with reading(database):
            if database.is_dir():
                _prepare(connection, f"allowed_directories = {folders_read(database)}", sealed)
                own = attach_files(connection, database, layout, RUN)
            else:
                _attach(connection, database, sealed=sealed)
                own = _checked_labels(connection, database, layout)
            if with_views:
                connection.execute(create_own_types(own))
                for view in kept_views(connection, RUN):
                    connection.execute(view_over_kept(RUN, view))
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
    _prepare(connection, f"allowed_paths = [{place}, {log}]", sealed)
    connection.execute(f"ATTACH {place} AS {RUN} (READ_ONLY, TYPE duckdb)")


def _prepare(connection: duckdb.DuckDBPyConnection, allowed: str, sealed: bool) -> None:
    """Set what may be read, and how."""
    connection.execute(f"SET {allowed}; {_SEALED}" if sealed else OPEN)
    connection.execute(f"SET enable_progress_bar = false; {UNGATHERED}")


#: A table that has each enumeration whose labels are a run's own.
_HAVE: Final = {"segment": "segments", "origin": "template_channels"}


def own_labels_of(
    connection: duckdb.DuckDBPyConnection, schema: str, layout: Format
) -> dict[str, list[str]]:
    """Return the labels that are a run's own, in the order of their codes.

    Parameters
    ----------
    connection : DuckDBPyConnection
    schema : str
        Where its tables stand.
    layout : Format
    """
    return {name: _labels_of(connection, schema, name) for name in layout.own_labels}


def _labels_of(connection: duckdb.DuckDBPyConnection, schema: str, name: str) -> list[str]:
    [(labels,)] = connection.execute(
        f"SELECT enum_range((SELECT {name} FROM {schema}.{_HAVE[name]} LIMIT 0))"
    ).fetchall()
    return list(labels)


def _checked_labels(
    connection: duckdb.DuckDBPyConnection, database: Path, layout: Format
) -> dict[str, list[str]]:
    """Check that the tables of the format are tables with its columns; return its own labels."""
    definitions = dict(
        connection.execute(
            "SELECT table_name, sql FROM duckdb_tables() "
            "WHERE database_name = ? AND schema_name = 'main'",
            [RUN],
        ).fetchall()
    )
    none = dict.fromkeys(layout.own_labels, ())
    for table in stored_tables(layout.columns, layout.small, layout.labels, none):
        if table not in definitions:
            raise DamagedRun(database, f"it has no table {table}")
    own = own_labels_of(connection, RUN_SCHEMA, layout)
    for table, text in stored_tables(layout.columns, layout.small, layout.labels, own).items():
        if _LOOKS.sub("", definitions[table]) != _LOOKS.sub("", text):
            raise DamagedRun(database, f"its table {table} has other columns than that of a run")
    return own
