"""From the engine's blocks to a run.

DuckDB fills its row groups best when one thread appends to a table in one transaction, and one
thread writes a file of Parquet, so the tables are shared out among a few loaders, each with a
thread of its own. The loaders also take the content hash. The engine goes on meanwhile; when it is
too far ahead it waits.
"""

import functools
import json
import os
import queue
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import duckdb
import numpy as np

from ..engine.tables import Block, Column
from . import schema
from .fact_check import facts_hash
from .facts import RunFacts
from .formats import IMPORTED, TODAY
from .hashing import TableHash, hash_of_tables
from .imported import HISTORY_TABLES, Records, with_nothing_known
from .into_duckdb import Arrays, IntoDuckDB, file_of_duckdb
from .into_parquet import IntoParquet, files_of_parquet
from .layout import lay_out
from .manifest import FORMAT_VERSION, Manifest
from .opening import OPEN, UNGATHERED
from .proof import objection_to_replacing
from .publish import MANIFEST, Storage, building
from .run import Run, open_run
from .shard import Shard
from .static import FIRST_ID, insert_rows, insert_static, static_hash

#: Rows of a table that are gathered before they are inserted.
GATHERED_ROWS: Final = 250_000

#: Which tables share a thread: about as much work for each.
_SHARES: Final = (
    ("cases", "reactivations", *HISTORY_TABLES),
    (
        "ledger",
        "customers",
        "entitlements",
        "balances",
        "transitions",
        "rejected",
        "sources",
        "recorded_changes",
        "recorded_columns",
    ),
)

#: One thread a loader fills row groups best and keeps rows in order.
_WHILE_LOADING: Final = "SET threads = 1; SET enable_progress_bar = false"


def write_run(
    blocks: Iterable[Block],
    facts: RunFacts,
    *,
    out: str | os.PathLike[str] | None = None,
    name: str | None = None,
    overwrite: bool = False,
    records: Records | None = None,
    storage: Storage = "duckdb",
    seconds_before: float = 0.0,
) -> Run:
    """Store the rows of a run and open it.

    Parameters
    ----------
    blocks : iterable of Block
        Arrays by table and column, in the order in which their rows shall stand, those of an
        entitlement as things happened. How rows are cut into blocks makes no difference to the
        run. The arrays are stored while the next ones are made: never write to them again.
    facts : RunFacts
        What the run says about itself.
    out : path, optional
        Folder for runs; without one the run stays in memory.
    name : str, optional
        Name of the run's folder in `out`, by default ``<scenario>-<seed>``.
    overwrite : bool
        Replace a run of that name, and nothing that is no run.
    records : Records, optional
        For a run that is imported: what it has beside a simulated one. Its blocks then have the
        columns of ``imported.IMPORTED_COLUMNS``, texts as arrays of Arrow; where `records` are
        left out, nothing is known of these.
    storage : {"duckdb", "parquet"}
        As what a run in a folder is stored; one that is imported always as a file of DuckDB.
    seconds_before : float, default 0.0
        How long their making took before this began.

    Raises
    ------
    RunError
        Something of that name exists and is not to be replaced, or the folder cannot be
        written.
    """
    layout = TODAY
    own: dict[str, Sequence[str]] = {"segment": list(facts.model.segments)}
    if facts.source == "imported":
        layout, records = IMPORTED, records or Records()
        own["origin"] = list(records.origins)
        blocks = map(with_nothing_known, blocks)
    if out is None:
        connection = duckdb.connect()
        try:
            lay_out(connection, own, layout)
            manifest = _store(IntoDuckDB(connection, layout, own), blocks, facts, records)
            connection.execute(f"RESET threads; {OPEN} {UNGATHERED}")
        except BaseException:
            connection.close()
            raise
        return Run(connection, manifest, name or facts.default_name)
    name = name or facts.default_name
    with building(Path(out), name, objection_to_replacing if overwrite else None) as hidden:
        if storage == "parquet":
            with files_of_parquet(hidden, own) as place:
                manifest = _store(place, blocks, facts, records, seconds_before=seconds_before)
        else:
            with file_of_duckdb(hidden, layout, own) as place:
                place.keep(facts.start_date)
                manifest = _store(place, blocks, facts, records, seconds_before=seconds_before)
        _write_manifest(manifest, hidden)
    return open_run(Path(out) / name)


def write_shard(
    blocks: Iterable[Block],
    facts: RunFacts,
    shard: Shard,
    *,
    out: str | os.PathLike[str],
    name: str | None = None,
    overwrite: bool = False,
    storage: Storage = "duckdb",
) -> Path:
    """Store one part of a run, whose rows are numbered from 1 on; return its folder.

    It keeps no views beside its rows: these are of the whole.

    Parameters
    ----------
    blocks, facts, out, overwrite, storage
        As in :func:`write_run`.
    shard : Shard
    name : str, optional
        By default that of the run and which part it is.

    Raises
    ------
    RunError
        As :func:`write_run`.
    """
    own = {"segment": list(facts.model.segments)}
    name = name or f"{facts.default_name}{shard.suffix}"
    with building(Path(out), name, objection_to_replacing if overwrite else None) as hidden:
        with (
            files_of_parquet(hidden, own)
            if storage == "parquet"
            else file_of_duckdb(hidden, TODAY, own) as place
        ):
            manifest = _store(place, blocks, facts, None, shard=shard)
        _write_manifest(manifest, hidden)
    return Path(out) / name


def _write_manifest(manifest: Manifest, folder: Path) -> None:
    text = json.dumps(manifest.to_json(), indent=2, ensure_ascii=False) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")


def _store(
    place: IntoDuckDB | IntoParquet,
    blocks: Iterable[Block],
    facts: RunFacts,
    records: Records | None,
    *,
    shard: Shard | None = None,
    seconds_before: float = 0.0,
) -> Manifest:
    """Fill an empty run; return its manifest."""
    begun = time.monotonic() - seconds_before
    connection, layout = place.connection, place.layout
    connection.execute(_WHILE_LOADING)
    with _Loading(place) as loading:
        for block in blocks:
            loading.append(block)
        hashes = loading.finish()
    place.look_at_rows()
    insert_static(connection, facts.model, records)
    _check_references(connection)
    digests = {table: table_hash.digest() for table, table_hash in hashes.items()}
    digests |= {
        table: static_hash(connection, table, layout.small[table], "main")
        for table in schema.STATIC_TABLES
    }
    row = facts.run_row(hash_of_tables(digests))
    values = [json.dumps(value) if isinstance(value, dict) else value for value in row.values()]
    insert_rows(connection, "run", row, [values])
    place.finish(facts)
    manifest = Manifest(
        format_version=FORMAT_VERSION,
        **row,
        rows={table: table_hash.rows for table, table_hash in hashes.items()},
        table_hashes=digests,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        elapsed_seconds=round(time.monotonic() - begun, 3),
        shard=shard,
        files=place.files,
    )
    return replace(manifest, facts_hash=facts_hash(manifest, dict(zip(row, values, strict=True))))


def _check_references(connection: duckdb.DuckDBPyConnection) -> None:
    """Stop a run whose engine numbers templates or products otherwise than their tables."""
    for table, column in (("entitlements", "template_id"), ("cases", "product_id")):
        parent = column.removesuffix("_id") + "s"
        [(least, most, known)] = connection.sql(
            f"SELECT min({column}), max({column}), (SELECT count(*) FROM {parent}) FROM {table}"
        ).fetchall()
        if least is not None and not FIRST_ID <= least <= most < FIRST_ID + known:
            raise ValueError(
                f"{table}.{column} runs from {least} to {most}, but {parent} from {FIRST_ID} to "
                f"{FIRST_ID + known - 1}"
            )


class _Loading:
    """Takes blocks and hands their tables to the loaders."""

    def __init__(self, place: IntoDuckDB | IntoParquet) -> None:
        self._columns = place.layout.columns
        shares = [[table for table in share if table in self._columns] for share in _SHARES]
        self._loaders = [_Loader(place, tables) for tables in shares]
        self._pending = {
            table: _Pending(loader, table) for loader in self._loaders for table in loader.hashes
        }

    def __enter__(self) -> "_Loading":
        for loader in self._loaders:
            loader.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for loader in self._loaders:
            loader.stop()

    def append(self, block: Block) -> None:
        """Append the rows of a block."""
        for table, arrays in block.items():
            count = _count_rows(table, self._columns[table], arrays)
            if count:
                self._pending[table].add(arrays, count)

    def finish(self) -> dict[str, TableHash]:
        """Store what is left and return the hash of every table, in the order of the tables."""
        for pending in self._pending.values():
            pending.flush()
        for loader in self._loaders:
            loader.finish()
        hashes = {
            table: table_hash
            for loader in self._loaders
            for table, table_hash in loader.hashes.items()
        }
        return {table: hashes[table] for table in self._columns}


def _count_rows(table: str, columns: Sequence[Column], arrays: Mapping[str, Any]) -> int:
    """Check that a block keeps to the layout of its table; return its number of rows."""
    if set(arrays) != {column.name for column in columns}:
        raise ValueError(f"a block of {table} has the columns {sorted(arrays)}")
    count = len(arrays[columns[0].name])
    for column in columns:
        array = arrays[column.name]
        if column.kind == "text":
            if len(array) != count:
                raise ValueError(f"{table}.{column.name} came with {len(array)} rows, not {count}")
            continue
        if array.shape != (count,) or array.dtype != column.array_type:
            raise ValueError(
                f"{table}.{column.name} came as {array.dtype}{list(array.shape)}, not as "
                f"{np.dtype(column.array_type)}[{count}]"
            )
    return count


class _Pending:
    """Rows of a table that wait until there are enough of them."""

    def __init__(self, loader: "_Loader", table: str) -> None:
        self._loader = loader
        self._table = table
        self._parts: list[Arrays] = []
        self._rows = 0

    def add(self, arrays: Arrays, count: int) -> None:
        self._parts.append(arrays)
        self._rows += count
        if self._rows >= GATHERED_ROWS:
            self.flush()

    def flush(self) -> None:
        if self._parts:
            self._loader.put(_Job(self._table, self._parts))
        self._parts = []
        self._rows = 0


@dataclass(frozen=True)
class _Job:
    table: str
    parts: Sequence[Arrays]

    def joined(self) -> Arrays:
        if len(self.parts) == 1:
            return self.parts[0]
        return {name: _joined([part[name] for part in self.parts]) for name in self.parts[0]}


def _joined(parts: Sequence[Any]) -> Any:
    if isinstance(parts[0], np.ndarray):
        return np.concatenate(parts)
    import pyarrow as pa

    return pa.chunked_array(parts)


class _Loader(threading.Thread):
    """Stores some tables, in a thread of its own."""

    def __init__(self, place: IntoDuckDB | IntoParquet, tables: Sequence[str]) -> None:
        super().__init__(name=f"store {tables[0]}", daemon=True)
        self._rows = place.rows_of(tables)
        self._jobs: queue.Queue[_Job | None] = queue.Queue(maxsize=1)
        self._stopping = threading.Event()
        self._error: BaseException | None = None
        self.hashes = {table: TableHash(table, place.own, place.layout) for table in tables}

    def put(self, job: _Job) -> None:
        """Hand over rows; wait while earlier ones are still being stored."""
        self._raise_error()
        self._jobs.put(job)

    def finish(self) -> None:
        """Wait until everything is stored and committed."""
        self._jobs.put(None)
        self.join()
        self._raise_error()

    def stop(self) -> None:
        """End the thread; what was not committed is gone."""
        if self.is_alive():
            self._stopping.set()
            self._rows.interrupt()
            self._jobs.put(None)
            self.join()
        self._rows.close()

    def run(self) -> None:
        """Store jobs until there are no more; after an error only take them away."""
        self._try(self._rows.begin)
        while (job := self._jobs.get()) is not None:
            self._try(functools.partial(self._store, job))
        self._try(self._rows.commit)

    def _try(self, action: Callable[[], object]) -> None:
        if self._error is None and not self._stopping.is_set():
            try:
                action()
            except BaseException as error:
                self._error = error

    def _store(self, job: _Job) -> None:
        self.hashes[job.table].add(self._rows.add(job.table, job.joined()))

    def _raise_error(self) -> None:
        if self._error is not None:
            raise self._error
