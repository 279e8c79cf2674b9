"""Whether a run is what its scenario gives: it is simulated anew, and compared.

The hashes that a run carries do not find what somebody has changed who computed them anew; this
does. Nothing is stored: the rows are hashed as they come.
"""

from collections.abc import Callable
from dataclasses import dataclass

import duckdb

from . import __version__
from .documents import DocumentError
from .engine.blocks import simulate_blocks
from .engine.tables import COLUMNS
from .population.plan import plan
from .recentring import renewal_offsets
from .rules.version import RULEBOOK_VERSION
from .scenario.scenario import Scenario
from .store.errors import RunError
from .store.facts import RunFacts
from .store.formats import TODAY
from .store.hashing import TableHash, hash_of_tables
from .store.manifest import FORMAT_VERSION, Manifest
from .store.run import Run
from .store.schema import STATIC_TABLES, create_schema
from .store.static import insert_static, static_hash
from .store.verify import table_hashes
from .telling import listed

#: What a run says of who made it, which a scenario does not give.
_MAKERS = ("package_version", "libraries")


@dataclass(frozen=True)
class SimulatedAnew:
    """How a run differs from what its scenario, seed and replication give.

    Attributes
    ----------
    tables : tuple of str
        Tables with other rows.
    facts : tuple of str
        Facts of the manifest that are others.
    made_by : str
        What made the run, in words, where that is not what runs now; empty where it is.
    """

    tables: tuple[str, ...]
    facts: tuple[str, ...]
    made_by: str

    @property
    def holds(self) -> bool:
        """Whether every row and every fact is what the scenario gives."""
        return not self.tables and not self.facts

    def __str__(self) -> str:
        if self.holds:
            return "simulated anew: every row and every fact is what the scenario gives"
        parts = []
        if self.tables:
            parts.append(f"other rows in {listed(self.tables)}")
        if self.facts:
            parts.append(f"another {listed(self.facts)}")
        sentence = f"simulated anew, the scenario gives {' and '.join(parts)}"
        if self.made_by:
            sentence += f"; the run was made by {self.made_by}, which may be why"
        return sentence


def simulate_anew(
    run: Run,
    *,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> SimulatedAnew:
    """Simulate the scenario of a run with its seed and replication, and compare.

    Parameters
    ----------
    run : Run
    threads : int, optional
        As in :func:`~entitlement_sim.simulation.simulate`.
    progress : callable, optional
        Called after each block with the number of customers done and of all customers.

    Raises
    ------
    RunError
        It cannot be simulated anew; the message says why.
    """
    manifest = run.manifest
    scenario = scenario_of(manifest)
    offsets = renewal_offsets(scenario)
    facts = RunFacts.of(
        scenario, manifest.seed, replication=manifest.replication, renewal_offsets=offsets
    )
    portfolio = plan(scenario.model, facts.seed, facts.replication, scenario.base, offsets)
    own = {"segment": list(scenario.model.segments)}
    hashes = {table: TableHash(table, own) for table in COLUMNS}
    for block in simulate_blocks(portfolio, threads=threads, progress=progress):
        for table, arrays in block.items():
            hashes[table].add(arrays)
    digests = {table: table_hash.digest() for table, table_hash in hashes.items()}
    with duckdb.connect() as connection:
        connection.execute(create_schema(own))
        insert_static(connection, scenario.model)
        digests |= {
            table: static_hash(connection, table, columns, "main")
            for table, columns in STATIC_TABLES.items()
        }
    row = facts.run_row(hash_of_tables(digests))
    stored = table_hashes(run, TODAY)
    return SimulatedAnew(
        tuple(table for table, digest in digests.items() if stored[table] != digest),
        tuple(
            name
            for name, value in row.items()
            if name not in _MAKERS and value != getattr(manifest, name)
        ),
        _made_by(manifest, facts),
    )


def scenario_of(manifest: Manifest) -> Scenario:
    """Return the scenario of a run that can be simulated anew.

    Raises
    ------
    RunError
        It cannot: its cases come from an export, or other rules made it.
    """
    cannot = f"the run {manifest.run_id} cannot be simulated anew"
    if manifest.source != "simulated":
        raise RunError(f"{cannot}: its cases come from an export")
    made_with = (manifest.rulebook_version, manifest.format_version)
    if made_with != (RULEBOOK_VERSION, FORMAT_VERSION):
        raise RunError(
            f"{cannot}: version {manifest.package_version} made it by rulebook {made_with[0]} in "
            f"format {made_with[1]}, and this is version {__version__} with rulebook "
            f"{RULEBOOK_VERSION} and format {FORMAT_VERSION}, which may give other rows; "
            "whether its rows are as they were stored, verify says without --again"
        )
    try:
        return Scenario.parse(manifest.scenario_yaml, "scenario", base_text=manifest.base_scenario)
    except DocumentError as error:
        raise RunError(f"{cannot}: its scenario cannot be read: {error}") from None


def _made_by(manifest: Manifest, facts: RunFacts) -> str:
    """Say what made the run, if not what runs now."""
    if manifest.package_version == facts.package_version and manifest.libraries == facts.libraries:
        return ""
    libraries = [f"{name} {version}" for name, version in manifest.libraries.items()]
    return f"version {manifest.package_version} with {listed(libraries)}"
