"""The reference workload in plain NumPy: one step a day, all customers at once.

Only totals are counted: no row is kept of a case, which is less work than the engine does.
"""

import numpy as np

from .workload import Totals, Workload


def simulate_in_numpy(work: Workload, seed: int) -> Totals:
    """Simulate the workload day by day and return what happened."""
    rng = np.random.default_rng(seed)
    active = np.ones(work.customers, bool)
    remaining = np.full(work.customers, work.terms, np.int64)
    last_day = np.full(work.customers, work.term_days - 1)
    entitlements = work.customers
    cases = covered = refused = resolved = 0
    for day in range(work.days):
        ended = np.flatnonzero(active & (last_day < day))
        if len(ended):
            renews = rng.random(len(ended)) < work.renews
            active[ended] = renews
            renewed = ended[renews]
            remaining[renewed] = work.terms
            last_day[renewed] = day + work.term_days - 1
            entitlements += len(renewed)
        opened = rng.poisson(work.per_day, work.customers)
        # Some customers open several cases on one day: the balance covers the first of them.
        taken = np.minimum(opened, remaining) * active
        remaining -= taken
        count = int(opened.sum())
        cases += count
        covered += int(taken.sum())
        refused += int(opened[active].sum()) - int(taken.sum())
        resolved_at = day + rng.random(count) + rng.exponential(work.resolve_days, count)
        resolved += int(np.count_nonzero(resolved_at < work.days))
    return Totals(
        cases=cases,
        covered=covered,
        refused=refused,
        lapsed=cases - covered - refused,
        resolved=resolved,
        entitlements=entitlements,
        renewals=entitlements - work.customers,
    )
