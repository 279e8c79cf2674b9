"""The engine on the same workload; the one place here that knows how it is called."""

from collections.abc import Iterator

import numpy as np

from entitlement_sim.engine.blocks import simulate_blocks
from entitlement_sim.engine.tables import ENUMS, NO_TIME, Block
from entitlement_sim.population.plan import plan
from entitlement_sim.scenario.scenario import Scenario

from .workload import Totals

_COVERED = ENUMS["outcome"].index("covered")
_NO_TERMS = [
    ENUMS["refusal"].index(name)
    for name in ("InvalidEntitlementAssociationToCase", "CannotCreateCase")
]


def blocks_of(scenario: Scenario, seed: int, threads: int | None = None) -> Iterator[Block]:
    """Simulate a scenario without storing anything."""
    return simulate_blocks(plan(scenario.model, seed), threads=threads)


def simulate_in_engine(scenario: Scenario, seed: int, threads: int | None = None) -> int:
    """Simulate a scenario, all rows of all tables, and return the number of cases."""
    return sum(len(block["cases"]["case_id"]) for block in blocks_of(scenario, seed, threads))


def totals_of_customers(scenario: Scenario, seed: int) -> np.ndarray:
    """Simulate a scenario and count by customer: one row each, columns as in :class:`Totals`."""
    customers = sum(segment.customers for segment in scenario.model.segments.values())
    counts = np.zeros((customers, len(Totals._fields)), np.int64)
    for block in blocks_of(scenario, seed):
        cases, entitlements = block["cases"], block["entitlements"]
        covered = cases["outcome"] == _COVERED
        refused = np.isin(cases["refusal"], _NO_TERMS)
        of_cases = cases["customer_id"] - 1
        of_entitlements = entitlements["customer_id"] - 1
        found = {
            "cases": of_cases,
            "covered": of_cases[covered],
            "refused": of_cases[refused],
            "lapsed": of_cases[~covered & ~refused],
            "resolved": of_cases[cases["resolved_at"] != NO_TIME],
            "entitlements": of_entitlements,
            "renewals": of_entitlements[entitlements["renewal_number"] > 0],
        }
        for column, name in enumerate(Totals._fields):
            counts[:, column] += np.bincount(found[name], minlength=customers)
    return counts
