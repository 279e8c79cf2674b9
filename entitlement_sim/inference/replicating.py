"""Metrics by replication: with all that chance does, what customers share included."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from ..metrics.intervals import mean_interval
from ..replications import BASE, Grouping, sums
from .estimates import Estimate, Kind

if TYPE_CHECKING:
    from ..scenario.scenario import Scenario

#: Totals by the names they have in a frame of replications: measures that are added up.
TOTALS: Final[Mapping[str, Sequence[str]]] = {
    "cases": ("covered", "uncovered", "turned_away"),
    "cases covered": ("covered",),
    "cases turned away": ("turned_away",),
    "refused for want of terms": ("blocked",),
    "sold": ("sold",),
    "bookings": ("bookings",),
    "due": ("due_mature",),
    "renewed": ("renewed",),
    "breakage value": ("breakage_value",),
    "over-use value": ("over_value",),
    "annual value ending": ("ends_value",),
}

#: Totals of one unit of terms: the allocation, and the measure.
UNIT_TOTALS: Final[Mapping[str, tuple[str, str]]] = {
    "hours used": ("hours", "used"),
    "case terms used": ("cases", "used"),
}

#: Ratios by name: what is added up above, and below.
RATIOS: Final[Mapping[str, tuple[Sequence[str], Sequence[str]]]] = {
    "covered share": (("covered",), ("covered", "uncovered", "turned_away")),
    "turned-away share": (("turned_away",), ("covered", "uncovered", "turned_away")),
    "refused share": (("blocked",), ("arrivals",)),
    "renewed share": (("renewed",), ("due_mature",)),
    "renewed on time share": (("on_time",), ("due_mature",)),
    "dry days share": (("dry_days",), ("covered_days",)),
}

#: Shares of terms, within one unit.
UNIT_RATIOS: Final[Mapping[str, tuple[str, str, str]]] = {
    "unused share of what ended, cases": ("cases", "breakage", "ended_allotment"),
    "unused share of what ended, hours": ("hours", "breakage", "ended_allotment"),
}

METRICS: Final = (*TOTALS, *UNIT_TOTALS, *RATIOS, *UNIT_RATIOS)


def replicate(
    scenario: "Scenario",
    n: int,
    *,
    alternatives: Mapping[str, "Scenario | Mapping[str, Any]"] | None = None,
    metrics: Sequence[str] | None = None,
    seed: int | None = None,
    by: Sequence[Grouping] = (),
    threads: int | None = None,
    allow_large: bool = False,
) -> pd.DataFrame:
    """Return metrics of a scenario by replication, and of other offerings to the same customers.

    Each replication draws everything anew: customers, their cases, and what all of them share.
    Nothing is stored: see :func:`sums`.

    Parameters
    ----------
    scenario : Scenario
    n : int
        How many replications, from number 0 on, which is what :func:`simulate` makes.
    alternatives : mapping, optional
        Other offerings by name, as :func:`sums` takes them.
    metrics : sequence of str, optional
        Names of metrics, by default all that can be told from sums (see `METRICS`).
    seed : int, optional
        By default the scenario's own.
    by : sequence of {"segment", "template", "month"}
        What rows are told apart by, too. Cases without cover belong to no template.
    threads, allow_large
        As in :func:`sums`.

    Returns
    -------
    DataFrame
        A row for each offering ("base" and the alternatives), replication and group, with a column
        for each metric; NaN where its denominator is 0.

    Raises
    ------
    ValueError
        A metric is unknown, or as in :func:`sums`.
    RunError
        As in :func:`sums`.

    Examples
    --------
    >>> from entitlement_sim import Scenario
    >>> base = Scenario.load("reference", ["segments.everyone.customers=20"])
    >>> frame = replicate(base, 3, metrics=["cases", "covered share"], seed=7)
    >>> frame[["offering", "replication", "cases"]].values.tolist()
    [['base', 0, 711.0], ['base', 1, 648.0], ['base', 2, 681.0]]
    """
    wanted = METRICS if metrics is None else metrics
    for metric in wanted:
        if metric not in METRICS:
            raise ValueError(
                f"there is no metric {metric!r} of sums; there are {', '.join(METRICS)}"
            )
    if "customer" in by:
        raise ValueError("of single customers there are sums, but no metrics: see sums")
    frame = sums(
        scenario,
        alternatives,
        n,
        seed=seed,
        by=list(by),
        threads=threads,
        allow_large=allow_large,
    )
    keys = ["offering", "replication", *by]
    offerings = [BASE, *(alternatives or {})]
    frame["offering"] = pd.Categorical(frame["offering"], offerings)
    measured = frame.columns.difference([*keys, "allocation"])
    grouped = frame.groupby(keys, observed=True, dropna=False, sort=True)
    everything = grouped[list(measured)].sum()
    if not by:
        every = pd.MultiIndex.from_product([pd.CategoricalIndex(offerings, offerings), range(n)])
        everything = everything.reindex(every.set_names(keys), fill_value=0)
    of_unit = {
        unit: frame[frame["allocation"] == unit]
        .groupby(keys, observed=True, dropna=False)[list(measured)]
        .sum()
        .reindex(everything.index, fill_value=0)
        for unit in ("cases", "hours")
    }
    columns = {metric: _metric(metric, everything, of_unit) for metric in wanted}
    table = pd.DataFrame(columns, index=everything.index).reset_index()
    return table.astype({"offering": object})


def replicated(
    frame: pd.DataFrame, *, against: str = BASE, confidence: float = 0.95
) -> pd.DataFrame:
    """Return means over replications, and what the alternatives move, between their limits.

    Differences are paired by replication: alternatives meet the same customers and days.

    Parameters
    ----------
    frame : DataFrame
        From :func:`replicate`, without further groups.
    against : str, default "base"
        The offering from which differences are taken.
    confidence : float, default 0.95

    Returns
    -------
    DataFrame
        A row for each metric and offering: `metric`, `offering`, `mean`, `low`, `high`, and of all
        but `against` the `difference` (an :class:`Estimate`), with its `difference_low`,
        `difference_high` and `gain`: the variance of an unpaired difference over that of the paired
        one. Limits are NaN with fewer than two replications.

    Raises
    ------
    ValueError
        There is no offering `against`.
    """
    offerings = list(dict.fromkeys(frame["offering"]))
    if against not in offerings:
        raise ValueError(f"there is no offering {against!r}; there are {', '.join(offerings)}")
    metrics = [name for name in frame.columns if name not in ("offering", "replication")]
    rows = []
    for metric in metrics:
        by_offering = frame.pivot(index="replication", columns="offering", values=metric)
        for offering in offerings:
            mean = mean_interval(by_offering[offering].dropna(), confidence=confidence)
            row = {"metric": metric, "offering": offering, **mean._asdict()}
            if offering != against:
                moved = paired_difference(
                    by_offering[against], by_offering[offering], metric, confidence=confidence
                )
                row |= {
                    "difference": moved.value,
                    "difference_low": moved.low,
                    "difference_high": moved.high,
                    "gain": moved.gain,
                }
            rows.append(row)
    return pd.DataFrame(rows).rename(columns={"value": "mean"})


def paired_difference(
    first: "pd.Series[float]",
    second: "pd.Series[float]",
    metric: str,
    *,
    confidence: float = 0.95,
) -> Estimate:
    """Return the mean of second less first over replications, with Student's limits."""
    moved = (second - first).dropna()
    interval = mean_interval(moved, confidence=confidence)
    count = len(moved)
    error = float(moved.std(ddof=1) / np.sqrt(count)) if count > 1 else float("nan")
    unpaired = (first.var(ddof=1) + second.var(ddof=1)) / count if count > 1 else float("nan")
    kind: Kind = "difference of shares" if metric in (*RATIOS, *UNIT_RATIOS) else "amount"
    return Estimate(
        interval.value,
        interval.low,
        interval.high,
        error,
        count,
        1,
        confidence,
        "replications",
        float(count),
        kind,
        gain=float(unpaired / error**2) if error > 0 else float("nan"),
    )


def _metric(
    metric: str, everything: pd.DataFrame, of_unit: Mapping[str, pd.DataFrame]
) -> "pd.Series[float]":
    if metric in TOTALS:
        return everything[list(TOTALS[metric])].sum(axis=1).astype(np.float64)
    if metric in UNIT_TOTALS:
        unit, measure = UNIT_TOTALS[metric]
        return of_unit[unit][measure].astype(np.float64)
    if metric in RATIOS:
        above, below = (everything[list(part)].sum(axis=1) for part in RATIOS[metric])
    else:
        unit, numerator, denominator = UNIT_RATIOS[metric]
        above, below = of_unit[unit][numerator], of_unit[unit][denominator]
    return (above / below.where(below != 0)).astype(np.float64)
