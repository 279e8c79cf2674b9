"""Holds what is published against whole lives, which only the uncompiled engine can tell.

Run as a script, with ``NUMBA_DISABLE_JIT=1`` and the seeds of random scenarios.
"""

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "custom"))

from cut_short import TABLES, rows_of
from lived import lived
from published import published
from test_lived_past import at_random

from entitlement_sim.engine import blocks
from entitlement_sim.engine.world import Mark, World


def _all_of_it(world: World, mark: Mark) -> bool:
    for e in range(mark.entitlements, world.n.entitlements):
        entitlement: Any = world.entitlements[e]
        entitlement.template_id = world.templates[entitlement.template_id].number
    return True


def differing(seed: int) -> list[str]:
    """Tables in which a run is not what is to be published of whole lives."""
    scenario = at_random(seed, reopened=0.3, cancelled=0.1, cancelled_reactivated=0.5)
    scenario = scenario.with_({f"segments.{name}.customers": 6 for name in ("first", "second")})
    scenario = scenario.with_({"calendar.days": 90})
    run = rows_of(lived(scenario, seed))
    publish = blocks.publish
    blocks.publish = _all_of_it
    whole = lived(scenario, seed)
    blocks.publish = publish
    assert len(whole["cases"]) > len(run["cases"])
    expected = rows_of(published(whole, scenario.model.calendar.start))
    return [table for table in TABLES if expected[table] != run[table]]


if __name__ == "__main__":
    print([differing(int(seed)) for seed in sys.argv[1:]])
