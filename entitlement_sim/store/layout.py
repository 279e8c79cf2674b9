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
    kept = _kept_layout(segments)
    if kept is None:
        _create(connection, segments)
        return
    [(database,)] = connection.sql("SELECT current_database()").fetchall()
    connection.execute(
        f"ATTACH {literal(str(kept))} AS kept_layout (READ_ONLY); "
        f"COPY FROM DATABASE kept_layout TO {quoted(database)} (SCHEMA); "
        "DETACH kept_layout"
    )


def lay_out_file(place: Path, segments: Sequence[str]) -> None:
    """Make a database with an empty run at `place`."""
    kept = _kept_layout(segments)
    if kept is not None:
        shutil.copyfile(kept, place)
        return
    with duckdb.connect(place) as connection:
        _create(connection, segments)


def _create(connection: duckdb.DuckDBPyConnection, segments: Sequence[str]) -> None:
    connection.execute(schema.create_schema(segments))
    views.create_views(connection)
    connection.execute(schema.comment_schema())


def _kept_layout(segments: Sequence[str]) -> Path | None:
    """Return the database with this empty run, made if need be; None if it cannot be kept."""
    kept = cache_folder() / "layouts" / f"{_layout_key(segments)}.duckdb"
    if kept.exists():
        return kept
    unfinished = kept.with_suffix(f".{os.getpid()}-{secrets.token_hex(4)}")
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        with duckdb.connect(unfinished) as connection:
            _create(connection, segments)
        unfinished.replace(kept)
    except (OSError, duckdb.IOException):  # a cache that cannot be written costs time, no more
        return None
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
    return kept


def _layout_key(segments: Sequence[str]) -> str:
    """Return a name that changes with everything that an empty run is made of."""
    parts = [duckdb.__version__, schema.create_schema(segments), schema.comment_schema()]
    parts.append(repr(COMMON_WORDS))
    parts += [text for files in views.view_files().items() for text in files]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
