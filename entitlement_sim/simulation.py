"""From a scenario to a run."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from .engine.blocks import BLOCK_SIZE, shares, simulate_blocks
from .engine.buffers import TooManyCasesError
from .parameters import FUNCTION, PATH, TEXT, WHOLE, takes
from .population.plan import plan
from .publishing.workshop import workshop
from .recentring import renewal_offsets
from .scenario.meant import SCENARIO, AnyScenario, scenario_meant
from .scenario.scenario import Scenario
from .scheduling import count_tasks, workers_of
from .store.errors import RunError
from .store.estimate import check_run, estimate
from .store.facts import RunFacts
from .store.manifest import read_manifest
from .store.merging import merge
from .store.publish import STORAGE, Storage, already_there, check_name
from .store.run import Run
from .store.shard import Shard, shard_meant
from .store.writer import write_run, write_shard


@takes(
    scenario=SCENARIO,
    seed=WHOLE,
    out=PATH,
    name=TEXT,
    threads=WHOLE,
    block_size=WHOLE,
    progress=FUNCTION,
    replication=WHOLE,
    format=STORAGE,
    scheduler=TEXT,
)
def simulate(
    scenario: AnyScenario,
    *,
    seed: int | None = None,
    out: str | os.PathLike[str] | None = None,
    name: str | None = None,
    threads: int | None = None,
    block_size: int = BLOCK_SIZE,
    progress: Callable[[int, int], None] | None = None,
    overwrite: bool = False,
    replication: int = 0,
    allow_large: bool = False,
    format: Storage = "duckdb",
    scheduler: str | None = None,
) -> Run:
    """Let a scenario's customers, entitlements and cases live through its days by the rules.

    Parameters
    ----------
    scenario : Scenario, path or str
        A scenario, its file, or the name of a shipped one.
    seed : int, optional
        Seed of everything random, between 0 and 2⁶⁴ - 1; by default the scenario's own. The same
        scenario and seed give the same rows on any machine, with any number of threads.
    out : path, optional
        Folder in which the run's own folder is made; without one the run stays in memory.
    name : str, optional
        Name of the run's folder, by default ``<scenario>-<seed>``.
    threads : int, optional
        Blocks of customers that are simulated at a time; by default one for each processor.
    block_size : int, optional
        Customers of a block.
    progress : callable, optional
        Called after each block with the number of customers done and of all customers.
    overwrite : bool, default False
        Replace a run of that name, and nothing that is no run.
    replication : int, default 0
        Number of the replication: another one draws everything anew from the same seed.
    allow_large : bool, default False
        Whether a run is meant that takes more than an hour of processor time, or half of the free
        disk, by an estimate that is made first.
    format : {"duckdb", "parquet"}, default "duckdb"
        As what the run is stored in `out`: as one file of DuckDB, or each table as files of
        Parquet, which takes less time and space, and which Spark and polars read as they are.
    scheduler : str, optional
        Who shares out parts of the run among several processes or machines, which all have `out`
        at the same place: ``local``, or the address of a scheduler of Dask, such as
        ``tcp://10.0.0.4:8786``. The run is the same.

    Returns
    -------
    Run
        The run, open for reading.

    Raises
    ------
    DocumentError
        There is no such scenario, or something in it is wrong.
    RunError
        Something of that name exists and is not to be replaced, the folder cannot be written, or
        the run would be too large.
    SchedulerError
        There is no such scheduler, or it has no workers.
    ValueError
        `seed`, `replication`, `threads` or `block_size` lies outside, or Parquet or a scheduler is
        asked for without `out`.

    Examples
    --------
    >>> from entitlement_sim import Scenario, simulate
    >>> scenario = Scenario.load("reference", overrides=["segments.everyone.customers=20"])
    >>> run = simulate(scenario, seed=7)
    >>> run.sql("SELECT count(*) AS cases FROM cases")["cases"].item()
    711
    """
    scenario = scenario_meant(scenario)
    facts = RunFacts.of(scenario, seed, replication=replication)
    if out is None and format != "duckdb":
        raise ValueError("a run of Parquet needs a folder: say where with out")
    if out is None and scheduler is not None:
        raise ValueError("parts of a run need a folder that all workers reach: say which with out")
    estimated = estimate(scenario.model, facts.seed, replication, scenario.base)
    at_a_time = threads or os.cpu_count() or 1
    check_run(estimated, out, threads=at_a_time, allow_large=allow_large)
    if scheduler is not None and out is not None:
        place = Path(out) / check_name(name or facts.default_name)
        if not overwrite and os.path.lexists(place):
            raise already_there(place)
        return _simulate_by_workers(
            scheduler, scenario, facts, estimated.seconds, place, overwrite, format, progress
        )
    offsets = renewal_offsets(scenario)
    facts = replace(facts, renewal_offsets=offsets)
    portfolio = plan(scenario.model, facts.seed, replication, scenario.base, offsets)
    blocks = simulate_blocks(portfolio, threads=threads, block_size=block_size, progress=progress)
    try:
        return write_run(blocks, facts, out=out, name=name, overwrite=overwrite, storage=format)
    except TooManyCasesError as error:
        raise RunError(str(error)) from None


def _simulate_by_workers(
    scheduler: str,
    scenario: Scenario,
    facts: RunFacts,
    seconds: float,
    place: Path,
    overwrite: bool,
    format: Storage,
    progress: Callable[[int, int], None] | None,
) -> Run:
    """Let workers simulate parts of a run into a hidden folder beside its place, and merge them."""
    place = place.resolve()
    with workers_of(scheduler) as workers, workshop(place.parent) as shop:
        count = count_tasks(seconds, workers.count)
        tasks = [
            (scenario, f"{number}/{count}", facts.seed, facts.replication, str(shop.new))
            for number in range(1, count + 1)
        ]
        parts = []
        for part, done, total in workers.map(_shard_task, tasks):
            parts.append(part)
            if progress is not None:
                progress(done, total)
        return merge(parts, out=place.parent, name=place.name, overwrite=overwrite, format=format)


def _shard_task(
    scenario: Scenario, shard: str, seed: int, replication: int, out: str
) -> tuple[str, int, int]:
    """Simulate a part on a worker; return its folder, its last customer, and how many there are.

    Where a worker was lost that had finished it, it is made once more.
    """
    folder = simulate_shard(
        scenario,
        shard,
        seed=seed,
        replication=replication,
        out=out,
        threads=1,
        overwrite=True,
        allow_large=True,
        format="parquet",
    )
    part = read_manifest(folder).shard
    assert part is not None
    return str(folder), part.stop, part.customers


@takes(
    scenario=SCENARIO,
    shard=TEXT,
    seed=WHOLE,
    out=PATH,
    name=TEXT,
    threads=WHOLE,
    block_size=WHOLE,
    progress=FUNCTION,
    replication=WHOLE,
    format=STORAGE,
)
def simulate_shard(
    scenario: AnyScenario,
    shard: str,
    *,
    out: str | os.PathLike[str],
    seed: int | None = None,
    name: str | None = None,
    threads: int | None = None,
    block_size: int = BLOCK_SIZE,
    progress: Callable[[int, int], None] | None = None,
    overwrite: bool = False,
    replication: int = 0,
    allow_large: bool = False,
    format: Storage = "duckdb",
) -> Path:
    """Simulate one part of a run, on whichever machine; :func:`~.store.merging.merge` joins them.

    Customers do not touch each other, so a part needs nothing of the others. It has those of some
    customers that stand together, and all parts of a run take about as long.

    Parameters
    ----------
    scenario, seed, threads, block_size, progress, overwrite, replication, allow_large, format
        As in :func:`simulate`, of this part.
    shard : str
        Which part: ``3/8`` is the third of eight.
    out : path
        Folder in which the part's own folder is made.
    name : str, optional
        Name of that folder, by default ``<scenario>-<seed>-part-<k>-of-<n>``.

    Returns
    -------
    Path
        The part's folder. It is no run that could be opened, but can be verified.

    Raises
    ------
    DocumentError, RunError
        As :func:`simulate`.
    ValueError
        `shard` is no part of a run, or a number lies outside.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     print(simulate_shard("reference", "1/100000", seed=7, out=folder).name)
    reference-7-part-1-of-100000
    """
    number, of = shard_meant(shard)
    scenario = scenario_meant(scenario)
    facts = RunFacts.of(scenario, seed, replication=replication)
    whole = estimate(scenario.model, facts.seed, replication, scenario.base)
    at_a_time = threads or os.cpu_count() or 1
    check_run(whole.part(of), out, threads=at_a_time, allow_large=allow_large)
    offsets = renewal_offsets(scenario)
    facts = replace(facts, renewal_offsets=offsets)
    portfolio = plan(scenario.model, facts.seed, replication, scenario.base, offsets)
    ends = shares(portfolio, of)
    part = Shard(number, of, ends[number - 1], ends[number], ends[-1])
    blocks = simulate_blocks(
        portfolio,
        threads=threads,
        block_size=block_size,
        progress=progress,
        customers=(part.first, part.stop),
    )
    try:
        return write_shard(
            blocks, facts, part, out=out, name=name, overwrite=overwrite, storage=format
        )
    except TooManyCasesError as error:
        raise RunError(str(error)) from None
