"""Tables of what many runs say about intervals: spread, false alarms, paired changes, power."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import NormalDist
from typing import Any, Final

import numpy as np
import pandas as pd

from entitlement_sim.comparison.measures import Metric
from entitlement_sim.inference import Estimate, difference, ratio, total
from entitlement_sim.inference.differences import independent_difference
from entitlement_sim.metrics.intervals import mean_interval

from .running import Drawn

#: Pairs of runs in one comparison of replications.
REPLICATIONS: Final = 5


def estimate_of(metric: Metric, drawn: Drawn, *, is_fixed: bool | None = None) -> Estimate:
    """Return a metric of one run between its limits."""
    sums, portfolio = drawn
    if is_fixed is not None:
        portfolio = replace(portfolio, is_fixed=is_fixed)
    if metric.denominator is None:
        return total(sums, metric.numerator, portfolio=portfolio)
    return ratio(sums, metric.numerator, metric.denominator, portfolio=portfolio)


def spread_and_alarms(
    runs: Sequence[Drawn], metrics: Sequence[Metric], treated: int = 60
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return how far standard errors are right, and how many intervals of no difference exclude 0.

    Of the spread: the standard error (root of its mean square) over the standard deviation between
    runs. `fixed` is this ratio if the number of customers of each segment were taken as given,
    `left` if it were left to chance, from as many runs as are `treated`; `ratio` and `holds` (the
    mean of all runs) are of what the portfolio says. False alarms are of disjoint pairs, and of the
    mean of :data:`REPLICATIONS` pairs each.
    """
    spreads: list[dict[str, Any]] = []
    alarms: list[dict[str, Any]] = []
    for metric in metrics:
        own = [estimate_of(metric, run) for run in runs]
        mean = np.mean([estimate.value for estimate in own])
        deviation = np.std([estimate.value for estimate in own], ddof=1)
        treatments = {
            name: [estimate_of(metric, run, is_fixed=is_fixed) for run in runs[:treated]]
            for name, is_fixed in (("fixed", True), ("left", False))
            if treated
        }
        ratios = {
            name: math.sqrt(np.mean([estimate.standard_error**2 for estimate in estimates]))
            / deviation
            for name, estimates in ({"ratio": own} | treatments).items()
        }
        holds = np.mean([not estimate.excludes(mean) for estimate in own])
        spreads.append({"metric": metric.key, "runs": len(runs), "holds": holds} | ratios)
        alarms.append({"metric": metric.key} | _false_alarms(own))
    return pd.DataFrame(spreads), pd.DataFrame(alarms)


def _false_alarms(estimates: Sequence[Estimate]) -> dict[str, int]:
    pairs = list(zip(estimates[::2], estimates[1::2], strict=False))
    pairs = pairs[: len(pairs) // REPLICATIONS * REPLICATIONS]
    moved = [independent_difference(*pair) for pair in pairs]
    groups = np.array([estimate.value for estimate in moved]).reshape(-1, REPLICATIONS)
    means = [mean_interval(group) for group in groups]
    return {
        "pairs": len(pairs),
        "alarms": sum(estimate.excludes(0) for estimate in moved),
        "replicated": len(means),
        "replicated_alarms": sum(bool(mean.low > 0 or mean.high < 0) for mean in means),
    }


def paired_changes(drawn: Mapping[str, Sequence[Drawn]], metrics: Sequence[Metric]) -> pd.DataFrame:
    """What one pair of runs of the same customers says of a change, against many pairs.

    `effect` is the mean difference over all pairs; `ratio` the root mean square of the standard
    errors over the standard deviation between pairs; `found` the share of the intervals that
    exclude 0, `expected` the share that would, if each were normal around the effect with its
    standard error. The same of runs of other customers: `unpaired_found`, `unpaired_expected`.
    """
    rows: list[dict[str, Any]] = []
    for change, others in drawn.items():
        if change == "base":
            continue
        for metric in metrics:
            paired = [
                difference(
                    before[0],
                    after[0],
                    metric.numerator,
                    metric.denominator,
                    portfolio=before[1],
                    paired=True,
                )
                for before, after in zip(drawn["base"], others, strict=True)
            ]
            values = np.array([estimate.value for estimate in paired])
            if not values.std() > 0:
                continue
            first = [estimate_of(metric, run) for run in drawn["base"]]
            second = [estimate_of(metric, run) for run in [*others[1:], others[0]]]
            apart = [independent_difference(*pair) for pair in zip(first, second, strict=True)]
            moved = [estimate for estimate in paired if estimate.standard_error > 0]
            if len(moved) < len(paired) / 2:
                continue
            errors = np.array([estimate.standard_error for estimate in moved])
            effect = float(values.mean())
            rows.append(
                {
                    "change": change,
                    "metric": metric.key,
                    "pairs": len(paired),
                    "effect": effect,
                    "ratio": math.sqrt(np.mean(errors**2)) / values.std(ddof=1),
                    "gain": float(np.median([estimate.gain for estimate in moved])),
                    "found": np.mean([estimate.excludes(0) for estimate in paired]),
                    "expected": _power(effect, paired),
                    "unpaired_found": np.mean([estimate.excludes(0) for estimate in apart]),
                    "unpaired_expected": _power(effect, apart),
                }
            )
    return pd.DataFrame(rows)


def _power(effect: float, estimates: list[Estimate]) -> float:
    """Share of normal intervals with these standard errors that would exclude 0."""
    normal = NormalDist()
    quantile = normal.inv_cdf(0.975)
    shifts = [
        abs(effect) / estimate.standard_error for estimate in estimates
        if estimate.standard_error > 0
    ]  # fmt: skip
    found = [normal.cdf(shift - quantile) + normal.cdf(-shift - quantile) for shift in shifts]
    return float(np.mean(found)) if found else math.nan
