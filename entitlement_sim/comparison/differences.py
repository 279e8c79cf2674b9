"""What moved between two runs: each metric, its difference, and how sure that is."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..inference import Estimate, Portfolio
from ..inference.clustered import Sums, sums_by_customer
from ..inference.differences import difference_of
from .measures import COLUMNS as SUMMED
from .measures import METRICS, Metric
from .pairing import Pairing

if TYPE_CHECKING:
    import pandas as pd

#: Columns of what :func:`measured` returns, after those that name the row.
COLUMNS: Final = (
    "metric", "name", "kind", "of", "horizon", "first", "second", "difference", "change", "low",
    "high", "standard_error", "moved", "gain", "n_first", "n_second", "customers", "method", "unit",
)  # fmt: skip


def measured(
    first: "pd.DataFrame",
    second: "pd.DataFrame",
    pairing: Pairing,
    *,
    confidence: float,
    by: str | None = None,
    metrics: Sequence[Metric] = METRICS,
) -> "pd.DataFrame":
    """Return what moved from one run to another, metric by metric.

    Parameters
    ----------
    first, second : DataFrame
        As :func:`~.by_customer.sums_by_customer` returns them, customers numbered alike.
    pairing : Pairing
    confidence : float
    by : {"segment", "template"}, optional
        What rows are told apart by; of templates only metrics that have one.
    metrics : sequence of Metric, default all

    Returns
    -------
    DataFrame
        A row for each group and metric of which there is anything in one of the runs, with `by` and
        :data:`COLUMNS`. Shares are fractions of 1, and so are their differences; limits are NaN
        where there are none.
    """
    import pandas as pd

    rows = []
    for group, parts in _groups(first, second, by):
        sides = [
            _side(part, portfolio)
            for part, portfolio in zip(parts, pairing.portfolios, strict=True)
        ]
        rows += [
            {**group, **_row(metric, sides, pairing.is_paired, confidence)}
            for metric in metrics
            if (by != "template" or metric.has_template) and _is_there(metric, sides)
        ]
    return pd.DataFrame(rows, columns=[*([by] if by else []), *COLUMNS])


def in_order(frames: "Sequence[pd.DataFrame]", by: str | None) -> "pd.DataFrame":
    """Return rows of several frames in the order of groups, then of metrics.

    Groups are in the order in which the frames have them.
    """
    import pandas as pd

    both = pd.concat(frames, ignore_index=True)
    places = {metric.key: place for place, metric in enumerate(METRICS)}
    keys = [both["metric"].map(places)]
    if by is not None:
        names = {name: place for place, name in enumerate(dict.fromkeys(both[by]))}
        keys.append(both[by].map(names))
    return both.iloc[np.lexsort(keys)].reset_index(drop=True)


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


def metrics_of(
    parts: "Sequence[pd.DataFrame]", by: str | None, metrics: Sequence[Metric]
) -> list[Metric]:
    """Return those of the metrics of which there is anything in one of the frames of sums."""
    return [
        metric
        for metric in metrics
        if (by != "template" or metric.has_template)
        and any(part[metric.denominator or metric.numerator].any() for part in parts)
    ]


class _Side(NamedTuple):
    """What one run adds up to, by customer and in all."""

    sums: Sums
    totals: dict[str, int]


def _side(part: "pd.DataFrame", portfolio: Portfolio) -> _Side:
    return _Side(sums_by_customer(part, SUMMED, portfolio, "customer_id"), totals_of(part))


def _is_there(metric: Metric, sides: Sequence[_Side]) -> bool:
    place = SUMMED.index(metric.denominator or metric.numerator)
    return any(bool(side.sums.columns[place].any()) for side in sides)


def _row(
    metric: Metric, sides: Sequence[_Side], is_paired: bool, confidence: float
) -> dict[str, Any]:
    columns = [metric.numerator, *([metric.denominator] if metric.denominator else [])]
    places = [SUMMED.index(column) for column in columns]
    before, after = (side.sums.of_columns(places) for side in sides)
    estimate = difference_of(before, after, paired=is_paired, confidence=confidence)
    values = [value_of(metric, side.totals) for side in sides]
    is_share = metric.denominator is not None
    numbers = [
        side.totals[metric.denominator] / metric.parts
        if metric.denominator
        else float(np.count_nonzero(sums.columns[0]))
        for side, sums in zip(sides, (before, after), strict=True)
    ]
    return row_of(metric, values, estimate, numbers, 1 if is_share else metric.parts)


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
        "horizon": metric.horizon or "",
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


def totals_of(sums: "pd.DataFrame", columns: Sequence[str] = SUMMED) -> dict[str, int]:
    """Return the sum of columns, by default all, which may be larger than 64 bits."""
    return {column: _total(sums[column].to_numpy()) for column in columns}


def _total(values: NDArray[Any]) -> int:
    if values.dtype == np.int64 and np.abs(values, dtype=np.float64).sum() < 2.0**62:
        return int(values.sum())
    return sum(values.tolist())


def value_of(metric: Metric, totals: Mapping[str, int]) -> float:
    """Return a metric of what its columns come to; NaN for a share of nothing."""
    numerator = totals[metric.numerator]
    if metric.denominator is None:
        return numerator / metric.parts
    denominator = totals[metric.denominator]
    return numerator / denominator if denominator else math.nan
