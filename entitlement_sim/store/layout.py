"""An empty run: types, tables, views and what they mean.

To bind all views takes DuckDB longer than to store a small run, so an empty database is kept beside
the compiled kernels and copied for every run with the same layout.
"""

from pathlib import Path
from typing import Final

import duckdb

from ..caching import cache_root, digest_of, kept_bytes, kept_file
from . import schema, views
from .formats import TODAY, Format
from .quoting import literal, quoted
from .views.words import COMMON_WORDS

#: The oldest DuckDB whose way of storing keeps all that a run has; other programs, and the
#: drivers of DBeaver, Power BI and R, often bring an older DuckDB than this package.
STORAGE_VERSION: Final = "v1.2.0"


def lay_out(
    connection: duckdb.DuckDBPyConnection, own: schema.OwnLabels, layout: Format = TODAY
) -> None:
    """Create the types, tables and views of a run in an empty database in memory."""
    cached = _cached_layout(own, layout)
    if cached is None:
        _create(connection, own, layout)
        return
    [(database,)] = connection.sql("SELECT current_database()").fetchall()
    connection.execute(
        f"ATTACH {literal(str(cached))} AS cached_layout (READ_ONLY); "
        f"COPY FROM DATABASE cached_layout TO {quoted(database)} (SCHEMA); "
        "DETACH cached_layout"
    )


def lay_out_file(place: Path, own: schema.OwnLabels, layout: Format = TODAY) -> None:
    """Make a database with an empty run at `place`."""
    cached = _cached_layout(own, layout)
    content = None if cached is None else kept_bytes(cached)
    if content is not None:
        place.write_bytes(content)
        return
    _create_file(place, own, layout)


def _create_file(place: Path, own: schema.OwnLabels, layout: Format) -> None:
    """Make a database that older engines read, too; what is added to it keeps to that."""
    with duckdb.connect(
        place, config={"storage_compatibility_version": STORAGE_VERSION}
    ) as connection:
        _create(connection, own, layout)


def _create(connection: duckdb.DuckDBPyConnection, own: schema.OwnLabels, layout: Format) -> None:
    connection.execute(schema.create_schema(own, layout.columns, layout.small))
    views.create_views(connection)
    connection.execute(schema.comment_schema(is_imported=layout.is_imported))


def _cached_layout(own: schema.OwnLabels, layout: Format) -> Path | None:
    """Return the database with this empty run, made if need be; None if it cannot be cached.

    It stands beside the kernels and not among them: to store a run needs no compiler.
    """

    def make(place: Path) -> None:
        _create_file(place, own, layout)

    try:
        return kept_file(cache_root() / "layouts", _layout_key(own, layout), ".duckdb", make)
    except duckdb.OperationalError:
        return None  # a cache that cannot be written costs time, no more


def _layout_key(own: schema.OwnLabels, layout: Format) -> str:
    """Return a name that changes with everything that an empty run is made of."""
    parts = [
        duckdb.__version__,
        STORAGE_VERSION,
        schema.create_schema(own, layout.columns, layout.small),
        schema.comment_schema(is_imported=layout.is_imported),
    ]
    parts.append(repr(COMMON_WORDS))
    parts += [text for files in views.view_files().items() for text in files]
    return digest_of("\0".join(parts).encode())
