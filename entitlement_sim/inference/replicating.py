"""Metrics by replication: with all that chance does, what customers share included."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd

from ..metrics.intervals import mean_interval
from ..parameters import CHANGES, TEXT, TEXTS, WHOLE, takes
from ..replications import AMOUNTS, BASE, Grouping, sums
from ..scenario.meant import SCENARIO, AnyScenario, alternative_to, scenario_meant
from ..scenario.scenario import Overrides, Scenario
from .estimates import Estimate, Kind
from .money_summed import PARTS, PRICED, add_priced, says_straight_line

if TYPE_CHECKING:
    from ..scenario.models import Money

_CASES: Final = ("covered", "uncovered", "turned_away")


class SumMetric(NamedTuple):
    """A metric that sums over replications say.

    Attributes
    ----------
    numerator : tuple of str
        Measures that are added up (see :class:`~..engine.sums.Measure`).
    denominator : tuple of str
        Those that it is a share of; none of a total.
    allocation : str or None
        The unit of its terms.
    is_paid : bool
        Whether only templates that cost something count, unless none does.
    """

    numerator: tuple[str, ...]
    denominator: tuple[str, ...] = ()
    allocation: str | None = None
    is_paid: bool = False


#: Metrics by their keys, which are those of a comparison where they are the same.
METRICS: Final[Mapping[str, SumMetric]] = {
    "cases": SumMetric(_CASES),
    "covered": SumMetric(("covered",), _CASES),
    "turned_away": SumMetric(("turned_away",), _CASES),
    "refused": SumMetric(("used_up",), ("asked_what_is_sold",)),
    "blocked": SumMetric(("blocked",), ("arrivals",)),
    "renewed": SumMetric(("renewed",), ("due_mature",), is_paid=True),
    "on_time": SumMetric(("on_time",), ("due_mature",), is_paid=True),
    "dry_days": SumMetric(("dry_days",), ("covered_days",)),
    "unused_cases": SumMetric(("breakage",), ("ended_allotment",), "cases"),
    "unused_hours": SumMetric(("breakage",), ("ended_allotment",), "hours"),
    "lapsed_value": SumMetric(("breakage_value",)),
    "sold": SumMetric(("sold",)),
    "bookings": SumMetric(("bookings",)),
    "hours_worked": SumMetric(("minutes",)),
    "used_cases": SumMetric(("used",), allocation="cases"),
    "used_hours": SumMetric(("used",), allocation="hours"),
    "over_value": SumMetric(("over_value",)),
    "revenue": SumMetric(("straight_line",)),
    "overage": SumMetric(("overage_value",)),
    "uncovered_revenue": SumMetric(("uncovered_revenue",)),
    "cost_to_serve": SumMetric(("cost_to_serve",)),
    "margin": SumMetric(("margin",)),
}

#: Of these, those that are sums where prices become revenue on a straight line alone.
STRAIGHT_LINE: Final = frozenset({"revenue", "margin"})


@takes(
    scenario=SCENARIO,
    n=WHOLE,
    alternatives=CHANGES,
    metrics=TEXTS,
    seed=WHOLE,
    by=TEXTS,
    threads=WHOLE,
    scheduler=TEXT,
)
def replicate(
    scenario: AnyScenario,
    n: int,
    *,
    alternatives: Mapping[str, AnyScenario | Overrides] | None = None,
    metrics: Sequence[str] | None = None,
    seed: int | None = None,
    by: Sequence[Grouping] = (),
    threads: int | None = None,
    allow_large: bool = False,
    scheduler: str | None = None,
) -> pd.DataFrame:
    """Return metrics of a scenario by replication, and of other offerings to the same customers.

    Each replication draws everything anew: customers, their cases, and what all of them share.
    Nothing is stored: see :func:`sums`.

    Parameters
    ----------
    scenario : Scenario, path or str
        A scenario, its file, or the name of a shipped one.
    n : int
        How many replications, from number 0 on, which is what :func:`simulate` makes.
    alternatives : mapping, optional
        Other offerings by name, as :func:`sums` takes them.
    metrics : sequence of str, optional
        Keys of :data:`METRICS`, by default all that sums say: costs where each offering has money,
        revenue and margins where theirs is on a straight line. Other revenue, retention and service
        levels need rows: compare scenarios with replications for them.
    seed : int, optional
        By default the scenario's own.
    by : sequence of {"segment", "template", "month"}
        What rows are told apart by, too. Cases without cover belong to no template.
    threads, allow_large, scheduler
        As in :func:`sums`.

    Returns
    -------
    DataFrame
        A row for each offering ("base" and the alternatives), replication and group, with a column
        for each metric; NaN where its denominator is 0.

    Raises
    ------
    DocumentError
        There is no such scenario, or something in it or in an alternative is wrong.
    ValueError
        A metric is unknown, or as in :func:`sums`.
    RunError, SchedulerError
        As in :func:`sums`.

    Examples
    --------
    >>> from entitlement_sim import Scenario
    >>> base = Scenario.load("reference", ["segments.everyone.customers=20"])
    >>> frame = replicate(base, 3, metrics=["cases", "covered"], seed=7)
    >>> frame[["offering", "replication", "cases"]].values.tolist()
    [['base', 0, 711.0], ['base', 1, 700.0], ['base', 2, 721.0]]
    """
    scenario = scenario_meant(scenario)
    others = {name: alternative_to(scenario, other) for name, other in (alternatives or {}).items()}
    said = said_by_sums([each.model.money for each in (scenario, *others.values())])
    wanted = said if metrics is None else list(metrics)
    for metric in wanted:
        if metric not in said:
            raise ValueError(f"sums say no metric {metric!r}; there are {', '.join(said)}")
    if "customer" in by:
        raise ValueError("of single customers there are sums, but no metrics: see sums")
    parts: list[Grouping] = [*by]
    if "template" not in parts:
        parts.append("template")
    frame = sums(
        scenario,
        others,
        n,
        seed=seed,
        by=parts,
        hundredths=True,
        threads=threads,
        allow_large=allow_large,
        scheduler=scheduler,
    )
    offerings = {BASE: scenario} | others
    return metrics_of_sums(frame, offerings, wanted, by=by, replications=range(n))


def metrics_of_sums(
    frame: pd.DataFrame,
    offerings: Mapping[str, Scenario],
    metrics: Sequence[str],
    *,
    replications: Sequence[int],
    by: Sequence[Grouping] = (),
) -> pd.DataFrame:
    """Return metrics by offering and replication of sums without rows.

    Parameters
    ----------
    frame : DataFrame
        As :func:`sums` returns it by template, in hundredths; its columns are changed.
    offerings : mapping of str to Scenario
    metrics : sequence of str
        Keys of :data:`METRICS`.
    replications : sequence of int
        Those that there are.
    by : sequence of {"segment", "template", "month"}
        What rows are told apart by, too.

    Returns
    -------
    DataFrame
        As :func:`replicate`.
    """
    give_in_units(frame, offerings)
    frame["is_paid"] = is_paid(frame, offerings)
    frame["offering"] = pd.Categorical(frame["offering"], [*offerings])
    keys = ["offering", "replication", *by]
    if by:
        groups = pd.MultiIndex.from_frame(frame[keys].drop_duplicates().sort_values(keys))
    else:
        groups = pd.MultiIndex.from_product([[*offerings], replications], names=keys)
    columns = {metric: _metric(METRICS[metric], frame, keys, groups) for metric in metrics}
    return pd.DataFrame(columns, index=groups).reset_index().astype({"offering": object})


def give_in_units(frame: pd.DataFrame, offerings: Mapping[str, Scenario]) -> None:
    """Give sums in hundredths and minutes as terms, money and hours, and what support costs too.

    Parameters
    ----------
    frame : DataFrame
        As :func:`sums` returns it, in hundredths; its columns are changed. Where `template` is
        missing, no contract covers the work.
    offerings : mapping of str to Scenario
    """
    add_priced(frame, {name: offering.model.money for name, offering in offerings.items()})
    amounts = [measure.name.lower() for measure in AMOUNTS]
    frame[amounts] = frame[amounts] / 100
    frame[[*PRICED]] = frame[[*PRICED]].astype(np.float64) / PARTS
    frame["minutes"] = frame["minutes"] / 60


def said_by_sums(moneys: "list[Money | None]") -> list[str]:
    """Return the metrics that sums say of offerings with some money."""
    unsaid = set() if all(map(says_straight_line, moneys)) else set(STRAIGHT_LINE)
    if None in moneys:
        unsaid |= {*PRICED}
    return [metric for metric in METRICS if metric not in unsaid]


def is_paid(frame: pd.DataFrame, offerings: Mapping[str, Scenario]) -> list[bool]:
    """Return whether each row's template costs something where any template does."""
    are_paid = {
        (name, template): definition.is_paid
        for name, offering in offerings.items()
        for template, definition in offering.model.templates.items()
    }
    has_price = {name: any(paid for (of, _), paid in are_paid.items() if of == name)
                 for name in offerings}  # fmt: skip
    return [
        not has_price[name] or bool(are_paid.get((name, template)))
        for name, template in zip(frame["offering"], frame["template"], strict=True)
    ]


def counts_in(frame: pd.DataFrame, metric: SumMetric) -> "pd.Series[bool]":
    """Return which rows of sums count in a metric: by unit, and by whether templates are paid."""
    counts = pd.Series(True, frame.index)
    if metric.allocation is not None:
        counts &= frame["allocation"] == metric.allocation
    return counts & frame["is_paid"] if metric.is_paid else counts


def _metric(
    metric: SumMetric, frame: pd.DataFrame, keys: list[str], groups: pd.MultiIndex
) -> "pd.Series[float]":
    by_group = frame[counts_in(frame, metric)].groupby(keys, observed=True, dropna=False)

    def added(measures: tuple[str, ...]) -> "pd.Series[float]":
        total = by_group[list(measures)].sum().sum(axis=1)
        return total.reindex(groups, fill_value=0).astype(np.float64)

    above = added(metric.numerator)
    if not metric.denominator:
        return above
    below = added(metric.denominator)
    return above / below.where(below != 0)


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
    is_share = metric in METRICS and METRICS[metric].denominator
    kind: Kind = "difference of shares" if is_share else "amount"
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
