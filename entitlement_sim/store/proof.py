"""The proof that a folder is a run of this package and no more, so that it may be replaced."""

import os
from pathlib import Path

import duckdb

from ..telling import listed
from .errors import RunError
from .manifest import read_manifest
from .parquet import is_file_of_run, read_files
from .publish import DATABASE, FIRST_FILE, MANIFEST, storage_of
from .quoting import literal

_MOST_NAMED = 3


def objection_to_replacing(folder: Path) -> str | None:
    """Return why what is at `folder` must not be replaced, or None if it is a run and no more.

    A run holds its manifest and its database, or the files of its tables, and its manifest names
    the run that these name. A link to a run is none, nor is a run to which somebody has put
    something.
    """
    if folder.is_symlink():
        return "it is a link"
    if not folder.is_dir():
        return "it is no folder"
    with os.scandir(folder) as entries:
        is_file = {entry.name: entry.is_file(follow_symlinks=False) for entry in entries}
    is_parquet = storage_of(folder) == "parquet"
    rows = FIRST_FILE if is_parquet else DATABASE
    others = sorted(
        name
        for name in set(is_file) - {rows, MANIFEST}
        if not (is_parquet and is_file[name] and is_file_of_run(name))
    )
    if others:
        return f"it holds {listed(others, _MOST_NAMED)}"
    for name in (rows, MANIFEST):
        if not is_file.get(name):
            return f"it has no file {name}"
    try:
        manifest = read_manifest(folder)
        stored = _identity_of_file(folder / rows) if is_parquet else _identity(folder / rows)
    except (RunError, duckdb.Error):
        return "it cannot be read as one"
    if stored != (manifest.run_id, manifest.content_hash):
        return f"its {MANIFEST} is not that of its {rows}"
    return None


def _identity_of_file(file: Path) -> tuple[str, str] | None:
    """Return what the file of table ``run`` says that it is of."""
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"SELECT run_id, content_hash FROM {read_files([file])} LIMIT 1"
        ).fetchall()
    return rows[0] if rows else None


def _identity(database: Path) -> tuple[str, str] | None:
    """Return what a database says that it is, if it is a run's."""
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH {literal(str(database))} AS attached_run (READ_ONLY)")
        # A view of that name could read other files.
        connection.execute("SET enable_external_access = false")
        tables = connection.execute(
            "SELECT table_name FROM duckdb_tables() WHERE database_name = 'attached_run' "
            "AND schema_name = 'main' AND table_name = 'run'"
        ).fetchall()
        if not tables:
            return None
        [row] = connection.execute(
            "SELECT run_id, content_hash FROM attached_run.main.run"
        ).fetchall()
    return row
