"""The command ``run``, and what ``demo`` shares with it."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ..telling import listed, number, seconds
from .mistakes import Mistake
from .progress import Report, progress_bar
from .quick_start import numba_alone

if TYPE_CHECKING:
    from ..scenario.scenario import Scenario
    from ..simulated_anew import SimulatedAnew
    from ..store.run import Run

#: What every command that reads a scenario takes.
ScenarioArgument = Annotated[
    str, typer.Argument(metavar="SCENARIO", help="A file, or the name of a shipped scenario.")
]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="PATH=VALUE", help="Change a value, such as calendar.days=365; repeatable."
    ),
]
OutFolder = Annotated[
    Path, typer.Option("--out", metavar="DIR", help="Folder in which the run's folder is made.")
]
RunFormat = Annotated[
    Literal["duckdb", "parquet"],
    typer.Option("--format", help="Store it as one file of DuckDB, or as files of Parquet."),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        metavar="local|tcp://...",
        help="Share the work out among processes here, or the workers of a Dask scheduler.",
    ),
]
Threads = Annotated[
    int | None,
    typer.Option(min=1, max=1024, help="Blocks of customers at a time; by default one a core."),
]


def run(
    scenario: ScenarioArgument,
    seed: Annotated[
        int | None,
        typer.Option(min=0, max=2**64 - 1, help="Another seed than the scenario's own."),
    ] = None,
    out: OutFolder = Path("runs"),
    name: Annotated[
        str | None, typer.Option(help="Name of the run, by default SCENARIO-SEED.")
    ] = None,
    overrides: Overrides = None,
    threads: Threads = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a run of that name.")
    ] = False,
    allow_large: Annotated[
        bool,
        typer.Option("--allow-large", help="Go on where that takes hours or half of the disk."),
    ] = False,
    shard: Annotated[
        str | None,
        typer.Option(
            metavar="K/N",
            help="Simulate the K-th of N parts alone, on any machine; merge puts them together.",
        ),
    ] = None,
    format: RunFormat = "duckdb",
    scheduler: Scheduler = None,
) -> None:
    """Simulate a scenario into a run.

    A run is one folder with one DuckDB file, or with files of Parquet: the same tables, views and
    charts either way. The same scenario and seed give the same rows.
    """
    from ..scenario.scenario import Scenario
    from ..scheduling import check_scheduler

    if shard is not None:
        check_shard(shard)
    if scheduler is not None:
        if shard is not None:
            raise Mistake("--shard makes one part here; --scheduler makes all of them elsewhere")
        check_scheduler(scheduler)
    loaded = Scenario.load(scenario, overrides or ())
    begun = time.monotonic()
    if shard is not None:
        part = simulate_shard_visibly(
            loaded,
            shard,
            seed=seed,
            out=out,
            name=name,
            threads=threads,
            overwrite=overwrite,
            allow_large=allow_large,
            format=format,
        )
        print(what_a_part_is(part, time.monotonic() - begun))
        return
    with simulate_visibly(
        loaded,
        seed=seed,
        out=out,
        name=name,
        threads=threads,
        overwrite=overwrite,
        allow_large=allow_large,
        format=format,
        scheduler=scheduler,
    ) as made:
        print(what_was_made(made, time.monotonic() - begun))


def simulate_visibly(
    scenario: "Scenario",
    *,
    out: Path | None,
    seed: int | None = None,
    name: str | None = None,
    threads: int | None = None,
    overwrite: bool = False,
    replication: int = 0,
    allow_large: bool = False,
    format: Literal["duckdb", "parquet"] = "duckdb",
    scheduler: str | None = None,
) -> "Run":
    """Simulate a scenario; say so where it takes long.

    Raises
    ------
    RunError
        See :func:`~entitlement_sim.simulation.simulate`.
    """
    with _seen(scenario, name) as progress:
        from ..simulation import simulate

        return simulate(
            scenario,
            seed=seed,
            out=out,
            name=name,
            threads=threads,
            overwrite=overwrite,
            replication=replication,
            allow_large=allow_large,
            format=format,
            scheduler=scheduler,
            progress=progress,
        )


def simulate_shard_visibly(
    scenario: "Scenario",
    shard: str,
    *,
    out: Path,
    seed: int | None,
    name: str | None,
    threads: int | None,
    overwrite: bool,
    allow_large: bool,
    format: Literal["duckdb", "parquet"],
) -> Path:
    """Simulate one part of a run; say so where it takes long.

    Raises
    ------
    RunError
        See :func:`~entitlement_sim.simulation.simulate_shard`.
    """
    with _seen(scenario, name) as progress:
        from ..simulation import simulate_shard

        return simulate_shard(
            scenario,
            shard,
            seed=seed,
            out=out,
            name=name,
            threads=threads,
            overwrite=overwrite,
            allow_large=allow_large,
            format=format,
            progress=progress,
        )


@contextmanager
def _seen(scenario: "Scenario", name: str | None) -> Iterator[Report | None]:
    """Check a name, show how far a simulation is, and let go of what is compiled no longer."""
    from ..store.publish import check_name

    if name is not None:
        check_name(name)
    with numba_alone():
        from ..compiling.cache import forget_old_kernels

        with progress_bar(count_customers(scenario)) as progress:
            yield progress
    forget_old_kernels()


def check_shard(text: str) -> None:
    """Refuse what names no part of a run, before anything is read."""
    from ..store.shard import shard_meant

    try:
        shard_meant(text)
    except ValueError as error:
        raise Mistake(f"--shard: {error}") from None


def simulate_anew_visibly(run: "Run") -> "SimulatedAnew":
    """Simulate a run anew and compare; say how long that may take.

    Raises
    ------
    RunError
        See :func:`~entitlement_sim.simulated_anew.simulate_anew`.
    """
    with numba_alone():
        from ..simulated_anew import scenario_of, simulate_anew

        scenario = scenario_of(run.manifest)
        took = seconds(run.manifest.elapsed_seconds)
        print(
            f"Simulating it anew; to simulate and store it took {took}", file=sys.stderr, flush=True
        )
        with progress_bar(count_customers(scenario)) as progress:
            return simulate_anew(run, progress=progress)


def count_customers(scenario: "Scenario") -> int:
    """Return the number of customers of a scenario."""
    return sum(segment.customers for segment in scenario.model.segments.values())


def what_was_made(run: "Run", duration: float) -> str:
    """Say in a line what a run holds and where."""
    rows = run.manifest.rows
    tables = ("customers", "entitlements", "cases")
    counts = [f"{number(rows[table])} {table}" for table in tables]
    everything = listed([*counts, f"{number(rows['ledger'])} ledger rows"])
    return f"{run.path}: {everything} in {seconds(duration)}"


def what_a_part_is(folder: Path, duration: float) -> str:
    """Say in a line what a part of a run holds, where, and what becomes of it."""
    from ..store.manifest import read_manifest

    manifest = read_manifest(folder)
    cases, customers = (number(manifest.rows[table]) for table in ("cases", "customers"))
    return (
        f"{folder}: {manifest.shard}, {customers} customers and {cases} cases in "
        f"{seconds(duration)}; put all parts together with entitlement-sim merge"
    )
