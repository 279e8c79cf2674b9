"""What moved between two runs: each metric, its difference, and how sure that is."""

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from ..inference import Estimate, difference
from .measures import METRICS, Metric
from .pairing import Pairing

if TYPE_CHECKING:
    import pandas as pd

#: Columns of what :func:`measured` returns, after those that name the row.
COLUMNS: Final = (
    "metric", "name", "kind", "of", "first", "second", "difference", "change", "low", "high",
    "standard_error", "moved", "gain", "n_first", "n_second", "customers", "method", "unit",
)  # fmt: skip


def measured(
    first: "pd.DataFrame",
    second: "pd.DataFrame",
    pairing: Pairing,
    *,
    confidence: float,
    by: str | None = None,
) -> "pd.DataFrame":
    """Return what moved from one run to another, metric by metric.

    Parameters
    ----------
    first, second : DataFrame
        As :func:`~.measures.sums_by_customer` returns them, customers numbered alike.
    pairing : Pairing
    confidence : float
    by : {"segment", "template"}, optional
        What rows are told apart by; of templates only metrics that have one.

    Returns
    -------
    DataFrame
        A row for each group and metric of which there is anything in one of the runs, with `by` and
        :data:`COLUMNS`. Shares are fractions of 1, and so are their differences; limits are NaN
        where there are none.
    """
    import pandas as pd

    if by != "template":
        first, second = _of_all_templates(first), _of_all_templates(second)
    rows = [
        {**group, **_row(metric, *parts, pairing, confidence)}
        for group, parts in _groups(first, second, by)
        for metric in metrics_of(parts, by)
    ]
    return pd.DataFrame(rows, columns=[*([by] if by else []), *COLUMNS])


def _of_all_templates(sums: "pd.DataFrame") -> "pd.DataFrame":
    """Add up what each customer has under several templates."""
    keys = ["customer_id", "segment"]
    columns = sums.columns.drop([*keys, "template"])
    return sums.groupby(keys, observed=True, sort=False)[list(columns)].sum().reset_index()


def _groups(
    first: "pd.DataFrame", second: "pd.DataFrame", by: str | None
) -> Iterator[tuple[dict[str, str], tuple["pd.DataFrame", "pd.DataFrame"]]]:
    if by is None:
        yield {}, (first, second)
        return
    parts = [dict(iter(sums.groupby(by, observed=True))) for sums in (first, second)]
    for name in dict.fromkeys([*parts[0], *parts[1]]):
        yield (
            {by: str(name)},
            (parts[0].get(name, first.iloc[:0]), parts[1].get(name, second.iloc[:0])),
        )


def metrics_of(parts: "Sequence[pd.DataFrame]", by: str | None) -> list[Metric]:
    """Return the metrics of which there is anything in one of the frames of sums."""
    return [
        metric
        for metric in METRICS
        if (by != "template" or metric.has_template)
        and any(part[metric.denominator or metric.numerator].any() for part in parts)
    ]


def _row(
    metric: Metric,
    first: "pd.DataFrame",
    second: "pd.DataFrame",
    pairing: Pairing,
    confidence: float,
) -> dict[str, Any]:
    columns = [metric.numerator, *([metric.denominator] if metric.denominator else [])]
    estimate = difference(
        first[["customer_id", *columns]],
        second[["customer_id", *columns]],
        metric.numerator,
        metric.denominator,
        portfolio=pairing.portfolios[0] if pairing.is_paired else pairing.portfolios,
        paired=pairing.is_paired,
        confidence=confidence,
    )
    values = [value_of(metric, sums) for sums in (first, second)]
    numbers = [_number(metric, sums) for sums in (first, second)]
    is_share = metric.denominator is not None
    return row_of(metric, values, estimate, numbers, 1 if is_share else metric.parts)


def _number(metric: Metric, sums: "pd.DataFrame") -> float:
    """Return what a share is of, or how many customers add to a sum."""
    if metric.denominator is None:
        return float((sums[metric.numerator] != 0).sum())
    return float(sum(sums[metric.denominator].tolist()) / metric.parts)


def row_of(
    metric: Metric,
    values: Sequence[float],
    estimate: Estimate,
    numbers: Sequence[float],
    parts: int,
) -> dict[str, Any]:
    """Return a row of :data:`COLUMNS`; the estimate is in so many parts of the values' unit."""
    before, after = values
    moved = after - before
    low, high, error = (
        limit / parts for limit in (estimate.low, estimate.high, estimate.standard_error)
    )
    has_change = metric.kind != "share" and before > 0
    return {
        "metric": metric.key,
        "name": metric.name,
        "kind": metric.kind,
        "of": metric.base,
        "first": before,
        "second": after,
        "difference": moved,
        "change": moved / before if has_change else math.nan,
        "low": low,
        "high": high,
        "standard_error": error,
        "moved": estimate.excludes(0),
        "gain": estimate.gain,
        "n_first": numbers[0],
        "n_second": numbers[1],
        "customers": estimate.customers,
        "method": estimate.method,
        "unit": estimate.unit,
    }


def value_of(metric: Metric, sums: "pd.DataFrame") -> float:
    """Return a metric of all rows; NaN for a share of nothing."""
    numerator = sum(sums[metric.numerator].tolist())
    if metric.denominator is None:
        return float(numerator / metric.parts)
    denominator = sum(sums[metric.denominator].tolist())
    return numerator / denominator if denominator else math.nan
