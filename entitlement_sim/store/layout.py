"""An empty run: types, tables, views and what they mean.

To bind all views takes DuckDB longer than to store a small run, so an empty database is kept beside
the compiled kernels and copied for every run with the same layout. Its name carries the digest of
its bytes: one that was damaged or changed is thrown away and made anew.
"""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import duckdb

from ..compiling.cache import cache_folder, objection_to_caching
from ..publishing.placing import PlacingError, put_file
from ..publishing.workshop import workshop
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
    content = None if cached is None else _whole(cached)
    if content is not None:
        place.write_bytes(content)
        return
    with duckdb.connect(place) as connection:
        _create(connection, segments)


def _create(connection: duckdb.DuckDBPyConnection, segments: Sequence[str]) -> None:
    connection.execute(schema.create_schema(segments))
    views.create_views(connection)
    connection.execute(schema.comment_schema())


def _cached_layout(segments: Sequence[str]) -> Path | None:
    """Return the database with this empty run, made if need be; None if it cannot be cached."""
    if objection_to_caching() is not None:
        return None
    folder = cache_folder() / "layouts"
    key = _layout_key(segments)
    for cached in folder.glob(f"{key}-*.duckdb"):
        if _whole(cached) is not None:
            return cached
        with suppress(OSError):
            cached.unlink()
    try:
        with workshop(folder) as shop:
            made = shop.new / "layout.duckdb"
            with duckdb.connect(made) as connection:
                _create(connection, segments)
            cached = folder / f"{key}-{_digest(made.read_bytes())}.duckdb"
            put_file(made, cached)
    except (OSError, PlacingError, duckdb.Error):
        return None  # a cache that cannot be written costs time, no more
    return cached


def _whole(cached: Path) -> bytes | None:
    """Return what a cached layout holds; None if that is not what was cached."""
    try:
        content = cached.read_bytes()
    except OSError:
        return None
    return content if cached.stem.endswith(f"-{_digest(content)}") else None


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


def _layout_key(segments: Sequence[str]) -> str:
    """Return a name that changes with everything that an empty run is made of."""
    parts = [duckdb.__version__, schema.create_schema(segments), schema.comment_schema()]
    parts.append(repr(COMMON_WORDS))
    parts += [text for files in views.view_files().items() for text in files]
    return _digest("\0".join(parts).encode())
