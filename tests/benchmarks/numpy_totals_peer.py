"""The reference workload in NumPy without a loop over days: only totals, all terms at once.

It is what a user comes to who wants nothing but totals of this one workload: it uses that customers
are alike, that cases come at one rate, and that a pack knows no case but by its number. Another
rule, or one row of one case, needs another program.
"""

import numpy as np

from .workload import Totals, Workload


def simulate_in_numpy_totals(work: Workload, seed: int) -> Totals:
    """Simulate the workload by customer and term, and return what happened."""
    rng = np.random.default_rng(seed)
    first_days = np.arange(0, work.days, work.term_days)
    lengths = np.minimum(work.term_days, work.days - first_days)
    renews = rng.random((work.customers, len(first_days) - 1)) < work.renews
    first = np.ones((work.customers, 1), bool)
    active = np.logical_and.accumulate(np.hstack([first, renews]), axis=1)
    opened = rng.poisson(work.per_day * lengths, active.shape)
    of_active = opened * active
    cases = int(opened.sum())
    covered = int(np.minimum(of_active, work.terms).sum())
    refused = int(of_active.sum()) - covered
    resolved_at = rng.random(cases) * work.days
    resolved_at += rng.exponential(work.resolve_days, cases)
    entitlements = int(active.sum())
    return Totals(
        cases=cases,
        covered=covered,
        refused=refused,
        lapsed=cases - covered - refused,
        resolved=int(np.count_nonzero(resolved_at < work.days)),
        entitlements=entitlements,
        renewals=entitlements - work.customers,
    )
