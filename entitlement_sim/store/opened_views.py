"""The tables and views that a reader of a run finds in its connection, made by this package.

A run's file has views, too, for other tools; what came in it may have been made by anybody and is
never run. To bind all views takes DuckDB half a second, so they are kept beside the compiled
kernels and copied, which takes none.
"""

import functools
import hashlib
from pathlib import Path
from typing import Final

import duckdb

from .. import __version__
from ..caching import cache_root, kept_file
from .formats import IMPORTED, Format
from .quoting import literal
from .schema import comment_schema, create_types, stored_tables

#: Where the tables of an opened run stand, and where the views over them.
RUN: Final = "opened_run"
RUN_SCHEMA: Final = f"{RUN}.main"
VIEWS_SCHEMA: Final = "memory.main"

#: Labels for tables of which only the columns count.
_ANY: Final = ("any",)


def connection_with_views(layout: Format) -> duckdb.DuckDBPyConnection:
    """Return a connection with the views over a run with some tables, which is to be attached.

    Types whose labels are the run's own, such as ``segment``, are not there.
    """
    kept = _kept_views(layout)
    connection = duckdb.connect()
    if kept is not None:
        connection.execute(
            f"ATTACH {literal(str(kept))} AS cached_views (READ_ONLY, TYPE duckdb); "
            "COPY FROM DATABASE cached_views TO memory (SCHEMA); DETACH cached_views"
        )
        return connection
    _make(connection, layout)
    return connection


def _kept_views(layout: Format) -> Path | None:
    """Return the database with the views, made if need be; None if it cannot be kept."""

    def make(place: Path) -> None:
        with duckdb.connect() as connection:
            _make(connection, layout)
            connection.execute(
                f"ATTACH {literal(str(place))} AS cached_views; "
                "COPY FROM DATABASE memory TO cached_views (SCHEMA); "
                "CHECKPOINT cached_views; DETACH cached_views"
            )

    try:
        return kept_file(cache_root() / "views", _key(layout), ".duckdb", make)
    except duckdb.OperationalError:
        return None  # a cache that cannot be written costs time, no more


def _make(connection: duckdb.DuckDBPyConnection, layout: Format) -> None:
    """Make the views over empty tables that stand where those of a run will."""
    from .views import create_views, made_views, view_files

    any_labels = dict.fromkeys(layout.own_labels, _ANY)
    tables = stored_tables(layout.columns, layout.small, layout.labels, any_labels)
    derived = made_views(layout.derived)
    known = (*IMPORTED.columns, *IMPORTED.small)
    read_as_stored = [table for table in known if table in tables and table not in derived]
    places = {
        name: f"{VIEWS_SCHEMA}.{name}"
        for text in view_files().values()
        for name in made_views(text)
    }
    places |= {name: f"{VIEWS_SCHEMA}.{name}" for name in derived}
    places |= {table: f"{RUN_SCHEMA}.{table}" for table in read_as_stored}
    connection.execute(
        "".join(
            [
                f"ATTACH ':memory:' AS {RUN}; USE {RUN};",
                *tables.values(),
                "USE memory;",
                create_types(layout.labels, layout.own_labels),
                *(f"CREATE VIEW {table} AS FROM {RUN_SCHEMA}.{table};" for table in read_as_stored),
                layout.derived.format(run=RUN_SCHEMA, views=VIEWS_SCHEMA),
            ]
        )
    )
    create_views(connection, places)
    connection.execute(f"{comment_schema('VIEW', is_imported=layout.is_imported)} DETACH {RUN}")


def _key(layout: Format) -> str:
    """Return a name that changes with everything that the views are made of."""
    digest = hashlib.sha256(f"{duckdb.__version__} {__version__} {layout}".encode())
    digest.update(_source())
    return digest.hexdigest()[:32]


@functools.cache
def _source() -> bytes:
    """Return the digest of the files that the views are made by and of, which are read once."""
    digest = hashlib.sha256()
    folder = Path(__file__).parent
    for file in sorted([*folder.glob("*.py"), *folder.glob("views/*")]):
        if file.is_file():
            digest.update(file.read_bytes())
    return digest.digest()
