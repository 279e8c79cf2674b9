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

from ..population.compiling import cache_folder
from . import schema, views


def lay_out(connection: duckdb.DuckDBPyConnection, segments: Sequence[str]) -> None:
    """Create the types, tables and views of a run in an empty database."""
    connection.execute(schema.create_schema(segments))
    views.create_views(connection)
    connection.execute(schema.comment_schema())


def lay_out_file(place: Path, segments: Sequence[str]) -> None:
    """Make a database with an empty run at `place`."""
    kept = cache_folder() / "layouts" / f"{_layout_key(segments)}.duckdb"
    try:
        shutil.copyfile(kept, place)
    except OSError:  # not kept yet
        with duckdb.connect(place) as connection:
            lay_out(connection, segments)
        with suppress(OSError):  # a cache that cannot be written costs time, no more
            _keep(place, kept)


def _layout_key(segments: Sequence[str]) -> str:
    """Return a name that changes with everything that an empty run is made of."""
    parts = [duckdb.__version__, schema.create_schema(segments), schema.comment_schema()]
    parts += [text for files in views.view_files().items() for text in files]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _keep(place: Path, kept: Path) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    unfinished = kept.with_suffix(f".{os.getpid()}-{secrets.token_hex(4)}")
    try:
        shutil.copyfile(place, unfinished)
        unfinished.replace(kept)
    finally:
        unfinished.unlink(missing_ok=True)
