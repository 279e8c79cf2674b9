"""What a run says about itself, beside its rows."""

import functools
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from .. import __version__
from ..rules.version import RULEBOOK_VERSION

if TYPE_CHECKING:
    from ..scenario.models import ScenarioModel
    from ..scenario.scenario import Scenario

_LIBRARIES = ("duckdb", "numba", "numpy")


@functools.cache
def library_versions() -> Mapping[str, str]:
    """Return the versions of Python and of the libraries that rows pass through."""
    from importlib.metadata import version

    return {"python": platform.python_version()} | {name: version(name) for name in _LIBRARIES}


@dataclass(frozen=True)
class RunFacts:
    """Where the rows of a run come from.

    Attributes
    ----------
    model : ScenarioModel
        The scenario as it was run, overrides included.
    scenario, scenario_yaml, scenario_hash : str
        Its name, its text and the hash of its values.
    base_scenario : str or None
        Text of the scenario before its overrides; None where it has none.
    joins_per_year : Mapping of str to float, or None
        How many customers join a year, by segment; None without a past.
    seed, replication : int
    source : {"simulated", "imported"}
    renewal_offsets : Mapping of str to float
        Log-odds by which the renewals of segments are recentred.
    offered_before : Mapping of str to Any, or None
        What contracts from before the run, or a revision, keep that templates of today say
        otherwise (:func:`~entitlement_sim.scenario.revising.offered_before`).
    package_version, rulebook_version : str
    libraries : Mapping of str to str
    """

    model: "ScenarioModel"
    scenario: str
    scenario_yaml: str
    scenario_hash: str
    base_scenario: str | None
    joins_per_year: Mapping[str, float] | None
    seed: int
    replication: int = 0
    source: Literal["simulated", "imported"] = "simulated"
    renewal_offsets: Mapping[str, float] = field(default_factory=dict)
    offered_before: Mapping[str, Any] | None = None
    package_version: str = __version__
    rulebook_version: str = RULEBOOK_VERSION
    libraries: Mapping[str, str] = field(default_factory=library_versions)

    @classmethod
    def of(
        cls,
        scenario: "Scenario",
        seed: int | None = None,
        *,
        replication: int = 0,
        source: Literal["simulated", "imported"] = "simulated",
        renewal_offsets: Mapping[str, float] | None = None,
    ) -> "RunFacts":
        """Return the facts of a run of `scenario`, by default with the scenario's own seed."""
        from ..population.inflow import joins_per_year
        from ..scenario.revising import offered_before

        return cls(
            model=scenario.model,
            scenario=scenario.name,
            scenario_yaml=scenario.text,
            scenario_hash=scenario.hash,
            base_scenario=scenario.base_text,
            joins_per_year=joins_per_year(scenario.model, scenario.base) or None,
            seed=scenario.model.seed if seed is None else seed,
            replication=replication,
            source=source,
            renewal_offsets=renewal_offsets or {},
            offered_before=offered_before(scenario.model, scenario.base),
        )

    @property
    def start_date(self) -> date:
        """First day of the run."""
        return self.model.calendar.start

    @property
    def days(self) -> int:
        """Length of the run in days."""
        return self.model.calendar.days

    @property
    def default_name(self) -> str:
        """Name of the run's folder when nobody gives one."""
        name = f"{self.scenario}-{self.seed}"
        return f"{name}-r{self.replication}" if self.replication else name

    def rule_switches(self) -> dict[str, Any]:
        """Return the switches of the rulebook that the run was made with."""
        return self.model.rules.model_dump(mode="json")

    def money(self) -> dict[str, Any] | None:
        """Return what support costs, amounts as texts; None where it is not known."""
        if self.model.money is None:
            return None
        named = {"currency": self.model.currency_of_all}
        return self.model.money.model_dump(mode="json") | named

    def run_row(self, content_hash: str) -> dict[str, Any]:
        """Return the row of table ``run``."""
        return {
            "run_id": f"{self.scenario}-{self.seed}-{self.replication}-{content_hash[:12]}",
            "scenario": self.scenario,
            "scenario_yaml": self.scenario_yaml,
            "scenario_hash": self.scenario_hash,
            "base_scenario": self.base_scenario,
            "seed": self.seed,
            "replication": self.replication,
            "start_date": self.start_date,
            "days": self.days,
            "package_version": self.package_version,
            "rulebook_version": self.rulebook_version,
            "source": self.source,
            "content_hash": content_hash,
            "rule_switches": self.rule_switches(),
            "libraries": dict(self.libraries),
            "history_start": self.model.history_start,
            "joins_per_year": self.joins_per_year,
            "renewal_offsets": dict(self.renewal_offsets),
            "money": self.money(),
            "offered_before": self.offered_before,
        }
