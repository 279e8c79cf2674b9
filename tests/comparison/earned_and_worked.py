"""Hours worked and revenue of a replication from the engine's arrays, without storing a row.

It holds for one template of terms without cancellations, roll-over and a past, where a close of the
last day is all that counts; runs say the same (see ``test_five_changes.py``).
"""

import numpy as np

from entitlement_sim import Scenario
from entitlement_sim.engine.blocks import simulate_blocks
from entitlement_sim.engine.tables import ENUMS, NO_TIME, Block
from entitlement_sim.population.plan import plan
from entitlement_sim.recentring import renewal_offsets

_REASONS = ENUMS["reason"]
_USE = [_REASONS.index(reason) for reason in ("consume", "restore")]
_ALLOT = _REASONS.index("allot")

#: Entitlements that must have expired before their breakage is an estimate.
_LEAST_ENDED = 30

_DAY = 24 * 60


def hours_and_revenue(scenario: Scenario, replication: int) -> tuple[float, float]:
    """Return hours worked and recognised revenue.

    Parameters
    ----------
    scenario : Scenario
    replication : int
    """
    model = scenario.model
    offsets = renewal_offsets(scenario)
    drawn = plan(model, model.seed, replication, scenario.base, offsets)
    blocks = list(simulate_blocks(drawn, threads=1))
    minutes = np.concatenate([block["cases"]["billable_minutes"] for block in blocks])
    last = int(np.datetime64(model.calendar.start, "D").astype(int)) + model.calendar.days - 1
    held, ledger = (_joined(blocks, table) for table in ("entitlements", "ledger"))
    earned = _earned(held, ledger, last)
    return float(minutes[minutes >= 0].sum()) / 60, earned / 100


def _joined(blocks: list[Block], table: str) -> dict[str, np.ndarray]:
    """Columns of a table over all blocks, whose rows are numbered through."""
    columns = blocks[0][table]
    return {name: np.concatenate([block[table][name] for block in blocks]) for name in columns}


def _earned(held: dict[str, np.ndarray], ledger: dict[str, np.ndarray], last: int) -> int:
    """Return hundredths of money earned by a day: by use, of the use that is expected."""
    numbers = held["entitlement_id"]
    place = ledger["entitlement_id"] - numbers[0]
    is_use = np.isin(ledger["reason"], _USE)

    def added(rows: np.ndarray) -> np.ndarray:
        return np.bincount(place[rows], ledger["amount"][rows], len(numbers)).astype(np.int64)

    allotted, used = added(ledger["reason"] == _ALLOT), -added(is_use)
    within = -added(is_use & (ledger["happened_at"] // _DAY <= held["end_date"][place]))
    activated, end, price = held["activated_on"], held["end_date"], held["price"]
    is_billed = activated != NO_TIME
    has_ended = is_billed & (end < last) & (allotted > 0)
    ended = int(allotted[has_ended].sum())
    unused = int(np.maximum(allotted - within, 0)[has_ended].sum())
    if has_ended.sum() < _LEAST_ENDED:
        ended, unused = 1, 0
    is_closed = is_billed & (np.maximum(activated, end) <= last)
    earned = int(price[is_closed].sum())
    for number in np.flatnonzero(is_billed & ~is_closed & (used > 0) & (allotted > 0)):
        part = int(used[number]) * ended
        whole = int(allotted[number]) * (ended - unused)
        amount = int(price[number])
        earned += amount if part >= whole else (2 * amount * part + whole) // (2 * whole)
    return earned
