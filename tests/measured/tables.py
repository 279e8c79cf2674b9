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
from entitlement_sim.metrics.intervals import mean_interval

from .running import Drawn

#: Runs of which both treatments of the number of customers are tried.
_TREATED: Final = 100

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


def difference_of(metric: Metric, first: Drawn, second: Drawn, *, paired: bool) -> Estimate:
    """Return what moved between two runs."""
    return difference(
        first[0],
        second[0],
        metric.numerator,
        metric.denominator,
        portfolio=(first[1], second[1]),
        paired=paired,
    )


def spread(runs: Sequence[Drawn], metrics: Sequence[Metric]) -> pd.DataFrame:
    """Standard error over the standard deviation between runs, and how often limits hold.

    The standard error is the root of its mean square. `fixed` is the ratio if the number of
    customers of each segment were taken as given, `left` if it were left to chance; `ratio` and
    `holds` (the mean of all runs) are of what the portfolio says.
    """
    rows: list[dict[str, Any]] = []
    for metric in metrics:
        own = [estimate_of(metric, run) for run in runs]
        mean = np.mean([estimate.value for estimate in own])
        deviation = np.std([estimate.value for estimate in own], ddof=1)
        treatments = {
            name: [estimate_of(metric, run, is_fixed=is_fixed) for run in runs[:_TREATED]]
            for name, is_fixed in (("fixed", True), ("left", False))
        }
        ratios = {
            name: math.sqrt(np.mean([estimate.standard_error**2 for estimate in estimates]))
            / deviation
            for name, estimates in ({"ratio": own} | treatments).items()
        }
        holds = np.mean([not estimate.excludes(mean) for estimate in own])
        rows.append({"metric": metric.key, "runs": len(runs), "holds": holds} | ratios)
    return pd.DataFrame(rows)


def false_alarms(runs: Sequence[Drawn], metrics: Sequence[Metric]) -> pd.DataFrame:
    """How many of the intervals between disjoint pairs of runs exclude 0.

    One pair each, and the mean of :data:`REPLICATIONS` pairs each.
    """
    pairs = list(zip(runs[::2], runs[1::2], strict=False))
    pairs = pairs[: len(pairs) // REPLICATIONS * REPLICATIONS]
    rows = []
    for metric in metrics:
        moved = [difference_of(metric, *pair, paired=False) for pair in pairs]
        groups = np.array([estimate.value for estimate in moved]).reshape(-1, REPLICATIONS)
        means = [mean_interval(group) for group in groups]
        rows.append(
            {
                "metric": metric.key,
                "pairs": len(pairs),
                "alarms": sum(estimate.excludes(0) for estimate in moved),
                "replicated": len(means),
                "replicated_alarms": sum(mean.low > 0 or mean.high < 0 for mean in means),
            }
        )
    return pd.DataFrame(rows)


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
            paired = _differences(metric, drawn["base"], others, paired=True)
            values = np.array([estimate.value for estimate in paired])
            if not values.std() > 0:
                continue
            apart = _differences(metric, drawn["base"], [*others[1:], others[0]], paired=False)
            errors = np.array([estimate.standard_error for estimate in paired])
            effect = float(values.mean())
            rows.append(
                {
                    "change": change,
                    "metric": metric.key,
                    "pairs": len(paired),
                    "effect": effect,
                    "ratio": math.sqrt(np.nanmean(errors**2)) / values.std(ddof=1),
                    "gain": float(np.nanmedian([estimate.gain for estimate in paired])),
                    "found": np.mean([estimate.excludes(0) for estimate in paired]),
                    "expected": _power(effect, paired),
                    "unpaired_found": np.mean([estimate.excludes(0) for estimate in apart]),
                    "unpaired_expected": _power(effect, apart),
                }
            )
    return pd.DataFrame(rows)


def _differences(
    metric: Metric, first: Sequence[Drawn], second: Sequence[Drawn], *, paired: bool
) -> list[Estimate]:
    return [
        difference_of(metric, before, after, paired=paired)
        for before, after in zip(first, second, strict=True)
    ]


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
