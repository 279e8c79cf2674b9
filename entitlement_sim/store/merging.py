"""One run of the parts in which it was simulated.

A part numbers its customers, entitlements, balances and cases from 1 on, as it knows nothing of the
others. Here they are numbered through in the order of the parts, and stored as a run is stored that
was simulated at once: rows, content hash and what is kept beside the rows are the same.
"""

import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import __version__
from ..engine.numbering import moved_on, numbers_added
from ..engine.tables import COLUMNS, Block
from ..parameters import FUNCTION, PATH, TEXT, Kind, takes
from ..rules.version import RULEBOOK_VERSION
from ..scenario.scenario import Scenario
from ..telling import listed
from .errors import DamagedRun, RunError
from .fact_check import require_facts
from .facts import RunFacts
from .formats import TODAY
from .hashing import TableHash
from .manifest import FORMAT_VERSION, Manifest, read_manifest
from .publish import MANIFEST, STORAGE, Storage
from .rows import rows_of
from .run import Run, open_tables
from .shard import Shard
from .writer import write_run

#: Numbers of parts that a message names.
_MOST_NAMED: Final = 5

#: Why parts do not fit each other that seem to.
_CUT_APART: Final = "they were cut in different ways; simulate all parts with the same version"

#: Called with the number of rows that are merged and of all of them.
Progress = Callable[[int, int], None]

_PATHS: Final = Kind(
    "a list of paths",
    lambda value: (
        not isinstance(value, str)
        and isinstance(value, Sequence)
        and all(isinstance(each, str | os.PathLike) for each in value)
    ),
)


class Part(NamedTuple):
    """A part of a run: its folder, and what it says about itself."""

    folder: Path
    manifest: Manifest
    shard: Shard


@takes(parts=PATH | _PATHS, out=PATH, name=TEXT, progress=FUNCTION, format=STORAGE)
def merge(
    parts: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    *,
    out: str | os.PathLike[str] = "runs",
    name: str | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
    format: Storage = "duckdb",
) -> Run:
    """Merge the parts of a run that was simulated in shards into the whole.

    The run has the rows, the content hash and what is kept beside the rows of one that was
    simulated at once. Parts are held against their own hashes while they are read, and stay.

    Parameters
    ----------
    parts : path, or sequence of path
        Folders of all parts, in any order, or folders that hold them.
    out : path, default "runs"
        Folder in which the run's own folder is made.
    name : str, optional
        Name of the run's folder, by default ``<scenario>-<seed>``.
    overwrite : bool, default False
        Replace a run of that name, and nothing that is no run.
    progress : callable, optional
        Called with the number of rows that are merged and of all of them.
    format : {"duckdb", "parquet"}, default "duckdb"
        As what the run is stored, whatever its parts are.

    Returns
    -------
    Run
        The run, open for reading.

    Raises
    ------
    RunError
        A part is missing or there twice, is none or one of another run, another version made it, or
        the run cannot be written.
    DamagedRun
        A part is not as it was stored.

    Examples
    --------
    >>> import tempfile
    >>> from entitlement_sim import Scenario, simulate, simulate_shard
    >>> scenario = Scenario.load("reference", overrides=["segments.everyone.customers=20"])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     parts = [simulate_shard(scenario, f"{k}/3", seed=7, out=folder) for k in (1, 2, 3)]
    ...     merged = merge(parts, out=folder).manifest.content_hash
    >>> merged == simulate(scenario, seed=7).manifest.content_hash
    True
    """
    found = parts_of([parts] if isinstance(parts, str | os.PathLike) else parts)
    check_parts(found)
    facts = _facts_of(found)
    with ExitStack() as stack:
        opened = [stack.enter_context(open_tables(part.folder)) for part in found]
        for run in opened:
            require_facts(run)
        return write_run(
            _blocks_of(opened, facts, progress),
            facts,
            out=out,
            name=name,
            overwrite=overwrite,
            storage=format,
            seconds_before=sum(part.manifest.elapsed_seconds for part in found),
        )


def parts_of(places: Sequence[str | os.PathLike[str]]) -> list[Part]:
    """Return the parts that are meant, in their order.

    Raises
    ------
    RunError
        There is none at a place, or it cannot be read.
    """
    found: dict[Path, Part] = {}
    for place in map(Path, places):
        for folder in _folders_of(place):
            manifest = read_manifest(folder)
            if manifest.shard is None:
                raise RunError(f"{folder} is a whole run, no part of one; leave it out")
            found[folder.resolve()] = Part(folder, manifest, manifest.shard)
    if not found:
        raise RunError("there are no parts to merge; name their folders")
    return sorted(found.values(), key=lambda part: part.shard)


def _folders_of(place: Path) -> list[Path]:
    """Return the folders of parts that are meant by a place: itself, or those in it."""
    if not place.is_dir():
        raise RunError(f"there is no part of a run at {place}; it is no folder")
    if (place / MANIFEST).exists():
        return [place]
    within = [
        child
        for child in sorted(place.iterdir())
        if not child.name.startswith(".") and (child / MANIFEST).is_file()
    ]
    parts = [child for child in within if read_manifest(child).shard is not None]
    if not parts:
        raise RunError(f"{place} is no part of a run and holds none: it has no {MANIFEST}")
    return parts


def check_parts(parts: Sequence[Part]) -> None:
    """Check that parts are those of one run, each of them once, made by this version.

    Parameters
    ----------
    parts : sequence of Part
        In the order of their shards.

    Raises
    ------
    RunError
        They are not; the message says what to do.
    """
    first = parts[0]
    for part in parts[1:]:
        _check_same_run(first, part)
    _check_version(first)
    by_number = defaultdict(list)
    for part in parts:
        by_number[part.shard.number].append(part.folder)
    for number, folders in by_number.items():
        if len(folders) > 1:
            raise RunError(
                f"part {number} of {first.shard.of} is there twice: {folders[0]} and {folders[1]}; "
                "leave one of them out"
            )
    missing = [str(number) for number in range(1, first.shard.of + 1) if number not in by_number]
    if missing:
        what = f"part {missing[0]} is" if len(missing) == 1 else f"parts {_named(missing)} are"
        raise RunError(
            f"{what} missing of the {first.shard.of} of {first.manifest.scenario}, seed "
            f"{first.manifest.seed}; simulate with run --shard {missing[0]}/{first.shard.of}"
        )
    behind = 0
    for part in parts:
        if part.shard.first != behind:
            raise RunError(
                f"{part.folder} begins with customer {part.shard.first} of the scenario, and the "
                f"part before it ends in front of customer {behind}: {_CUT_APART}"
            )
        behind = part.shard.stop
    if behind != first.shard.customers:
        raise RunError(
            f"{parts[-1].folder} ends in front of customer {behind} of the scenario, which has "
            f"{first.shard.customers}: {_CUT_APART}"
        )


def _named(numbers: Sequence[str]) -> str:
    return listed(numbers, _MOST_NAMED)


def _check_same_run(first: Part, other: Part) -> None:
    """Raise unless two parts are of one run."""
    compared: dict[str, list[Any]] = {
        "versions of the package": [part.manifest.package_version for part in (first, other)],
        "versions of the rulebook": [part.manifest.rulebook_version for part in (first, other)],
        "formats": [part.manifest.format_version for part in (first, other)],
        "scenarios": [_scenario_in_words(first, other), _scenario_in_words(other, first)],
        "seeds": [part.manifest.seed for part in (first, other)],
        "replications": [part.manifest.replication for part in (first, other)],
        "numbers of parts": [part.shard.of for part in (first, other)],
        "numbers of customers": [part.shard.customers for part in (first, other)],
        "offsets of renewals": [dict(part.manifest.renewal_offsets) for part in (first, other)],
    }
    for what, values in compared.items():
        if values[0] != values[1]:
            raise RunError(
                f"{first.folder} and {other.folder} are no parts of one run: they have different "
                f"{what}, {values[0]} and {values[1]}; merge those that belong together"
            )


def _scenario_in_words(part: Part, other: Part) -> str:
    """Return what the scenario of a part is called: with its hash, where the name does not do."""
    name, another = part.manifest.scenario, other.manifest.scenario
    return name if name != another else f"{name} (hash {part.manifest.scenario_hash[:12]})"


def _check_version(part: Part) -> None:
    made = part.manifest
    if (made.package_version, made.rulebook_version, made.format_version) != (
        __version__, RULEBOOK_VERSION, FORMAT_VERSION,
    ):  # fmt: skip
        raise RunError(
            f"{part.folder} was made by version {made.package_version} of the package with "
            f"rulebook {made.rulebook_version} in format {made.format_version}, and this is "
            f"version {__version__} with rulebook {RULEBOOK_VERSION} and format "
            f"{FORMAT_VERSION}; merge with the version that made it"
        )


def _facts_of(parts: Sequence[Part]) -> RunFacts:
    """Return what the whole says about itself, which all of its parts say."""
    made = parts[0].manifest
    scenario = Scenario.parse(made.scenario_yaml, "scenario", base_text=made.base_scenario)
    return RunFacts(
        model=scenario.model,
        scenario=made.scenario,
        scenario_yaml=made.scenario_yaml,
        scenario_hash=made.scenario_hash,
        base_scenario=made.base_scenario,
        joins_per_year=made.joins_per_year,
        seed=made.seed,
        replication=made.replication,
        renewal_offsets=made.renewal_offsets,
        offered_before=made.offered_before,
        libraries=_libraries_of(parts),
    )


def _libraries_of(parts: Sequence[Part]) -> dict[str, str]:
    """Return the versions of libraries; where machines had different ones, all of them."""
    names = dict.fromkeys(name for part in parts for name in part.manifest.libraries)
    return {
        name: listed(sorted({part.manifest.libraries.get(name, "none") for part in parts}))
        for name in names
    }


def _blocks_of(parts: Sequence[Run], facts: RunFacts, progress: Progress | None) -> Iterator[Block]:
    """Yield the rows of parts, numbered through, some of a table at a time."""
    own = {"segment": list(facts.model.segments)}
    before = dict.fromkeys(COLUMNS, 0)
    total = sum(sum(run.manifest.rows.values()) for run in parts)
    done = 0
    for run in parts:
        added = numbers_added(before)
        hashes = {table: TableHash(table, own) for table in COLUMNS}
        waiting = {table: _rows_of_part(run, table, hashes[table]) for table in COLUMNS}
        while waiting:  # in turn, so that whoever stores them has rows of every table
            for table, rows in list(waiting.items()):
                arrays = next(rows, None)
                if arrays is None:
                    del waiting[table]
                    continue
                yield {
                    table: {
                        column.name: moved_on(column, arrays[column.name], added)
                        for column in COLUMNS[table]
                    }
                }
                done += len(arrays[COLUMNS[table][0].name])
                if progress is not None:
                    progress(done, total)
        for table, table_hash in hashes.items():
            if table_hash.digest() != run.manifest.table_hashes[table]:
                raise DamagedRun(run.file, f"the rows of table {table} are not those stored")
            before[table] += table_hash.rows


def _rows_of_part(run: Run, table: str, hashed: TableHash) -> Iterator[dict[str, NDArray[Any]]]:
    """Yield the rows of a table, those of the ledger so that customers are not torn apart."""
    columns = TODAY.columns[table]
    rows = rows_of(run, table, columns)
    for arrays in _by_customers(run, rows) if table == "ledger" else rows:
        try:
            hashed.add(arrays)
        except IndexError:
            raise DamagedRun(run.file, f"table {table} has words that its types do not") from None
        yield arrays


def _by_customers(
    run: Run, rows: Iterator[dict[str, NDArray[Any]]]
) -> Iterator[dict[str, NDArray[Any]]]:
    """Cut rows of the ledger between customers, whose entitlements move by turns.

    What is kept of closes is reckoned from all movements of an entitlement at once.
    """
    ids = run.connection.execute(
        f"SELECT max(entitlement_id)::BIGINT AS last FROM {run.stored_in}.entitlements "
        "GROUP BY customer_id ORDER BY last"
    ).fetchnumpy()
    last_of_customers = np.asarray(ids["last"], np.int64)
    kept: dict[str, NDArray[Any]] | None = None
    for arrays in rows:
        if kept is not None:
            arrays = {name: np.concatenate([kept[name], arrays[name]]) for name in arrays}
        customers = np.searchsorted(last_of_customers, arrays["entitlement_id"])
        end = int(np.searchsorted(customers, customers[-1]))
        kept = {name: array[end:] for name, array in arrays.items()}
        if end:
            yield {name: array[:end] for name, array in arrays.items()}
    if kept is not None:
        yield kept
