"""An empty run: types, tables, views and what they mean.

To bind all views takes DuckDB longer than to store a small run, so an empty database is kept beside
the compiled kernels and copied for every run with the same layout.
"""

import hashlib
import os
import secrets
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import duckdb

from ..compiling import cache_folder
from . import schema, views
from .quoting import literal, quoted
from .views.words import COMMON_WORDS


def lay_out(connection: duckdb.DuckDBPyConnection, segments: Sequence[str]) -> None:
    """Create the types, tables and views of a run in an empty database in memory."""
    cached = _cached_layout(segments)
    if cached is None:
        _create(connection, segments)
        return
    [(database,)] = connection.sql("SELECT current_database()").fetchall()
    connection.execute(
        f"ATTACH {literal(str(cached))} AS cached_layout (READ_ONLY); "
        f"COPY FROM DATABASE cached_layout TO {quoted(database)} (SCHEMA); "
        "DETACH cached_layout"
    )


def lay_out_file(place: Path, segments: Sequence[str]) -> None:
    """Make a database with an empty run at `place`."""
    cached = _cached_layout(segments)
    if cached is not None:
        shutil.copyfile(cached, place)
        return
    with duckdb.connect(place) as connection:
        _create(connection, segments)


def _create(connection: duckdb.DuckDBPyConnection, segments: Sequence[str]) -> None:
    connection.execute(schema.create_schema(segments))
    views.create_views(connection)
    connection.execute(schema.comment_schema())


def _cached_layout(segments: Sequence[str]) -> Path | None:
    """Return the database with this empty run, made if need be; None if it cannot be cached."""
    cached = cache_folder() / "layouts" / f"{_layout_key(segments)}.duckdb"
    if cached.exists():
        return cached
    unfinished = cached.with_suffix(f".{os.getpid()}-{secrets.token_hex(4)}")
    try:
        cached.parent.mkdir(parents=True, exist_ok=True)
        with duckdb.connect(unfinished) as connection:
            _create(connection, segments)
        unfinished.replace(cached)
    except (OSError, duckdb.IOException):  # a cache that cannot be written costs time, no more
        return None
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
    return cached


def _layout_key(segments: Sequence[str]) -> str:
    """Return a name that changes with everything that an empty run is made of."""
    parts = [duckdb.__version__, schema.create_schema(segments), schema.comment_schema()]
    parts.append(repr(COMMON_WORDS))
    parts += [text for files in views.view_files().items() for text in files]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
