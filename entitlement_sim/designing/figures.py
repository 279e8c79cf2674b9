"""The figures of an answer: each metric today and as designed, and the difference with limits."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from ..engine.sums import Measure
from ..inference.clustered import ROUNDING, Sums
from ..inference.differences import difference_of
from ..inference.portfolio import Portfolio
from ..inference.replicating import METRICS as SUMMED
from ..inference.replicating import SumMetric, counts_in, give_in_units, is_paid
from ..replications import BASE, frame_of_totals
from ..rules.words import Allocation, labels
from ..scenario.scenario import Scenario
from ..sweeping.measuring import compared
from ..sweeping.metrics import METRICS
from ..telling import (
    UNKNOWN,
    Right,
    Table,
    counted,
    limits_of_kind,
    move_of_kind,
    percent,
    printable,
    short_of_kind,
)

if TYPE_CHECKING:
    import pandas as pd

#: What was drawn anew for limits: customers of the first pair, or whole replications.
Drawn = Literal["customers", "replications"]

#: Name of the other offering beside the base.
DESIGNED: Final = "designed"

_COLUMNS: Final = [
    "metric",
    "name",
    "kind",
    "today",
    "designed",
    "difference",
    "low",
    "high",
    "moved",
]


@dataclass(frozen=True)
class Figure:
    """One metric of an answer.

    Attributes
    ----------
    metric, name : str
        Its key, and what it is called.
    kind : {"share", "count", "terms", "hours", "money"}
    today, designed : float
        Of the base and of the other offering; NaN for a share of nothing.
    difference : float
        The other one less the base.
    low, high : float
        Its limits; NaN where there are none.
    moved : bool
        Whether they exclude 0.
    """

    metric: str
    name: str
    kind: str
    today: float
    designed: float
    difference: float
    low: float
    high: float
    moved: bool

    def written(self, currency: str | None) -> list[str]:
        """Write it for people: name, today, designed, difference (starred if it moved), limits."""
        today, designed = (
            UNKNOWN if math.isnan(value) else short_of_kind(self.kind, value, currency)
            for value in (self.today, self.designed)
        )
        move = between = UNKNOWN
        if self.difference == 0:
            move, between = "0", ""
        elif not math.isnan(self.difference):
            star = "*" if self.moved else " "
            move = f"{move_of_kind(self.kind, self.difference, currency)}{star}"
            if not math.isnan(self.low):
                between = limits_of_kind(self.kind, self.low, self.high, currency)
        return [printable(self.name), today, designed, move, between]


@dataclass(frozen=True)
class Answer:
    """What a setting of the controls comes to.

    It prints as a table and shows itself in a notebook.

    Attributes
    ----------
    settings : dict
        What differs from the base, by path.
    figures : tuple of Figure
    replications : int
        How many it rests on.
    drawn : {"customers", "replications"}
        What was drawn anew for its limits.
    confidence : float
        Of each interval by itself.
    currency : str or None
    notes : tuple of str
        What is assumed, and what followed from a setting.
    """

    settings: dict[str, Any]
    figures: tuple[Figure, ...]
    replications: int
    drawn: Drawn
    confidence: float
    currency: str | None
    notes: tuple[str, ...] = ()

    def frame(self) -> "pd.DataFrame":
        """Return the figures as a frame: a row a metric, with the attributes of :class:`Figure`."""
        import pandas as pd

        rows = [[getattr(figure, column) for column in _COLUMNS] for figure in self.figures]
        return pd.DataFrame(rows, columns=_COLUMNS)

    @property
    def shown(self) -> list[Figure]:
        """The figures of which there is anything, today or as designed."""
        return [
            figure
            for figure in self.figures
            if any(value and not math.isnan(value) for value in (figure.today, figure.designed))
        ]

    def table(self) -> Table:
        """Return what is shown as a table; a star stands where limits exclude 0."""
        headings = ["", Right("today"), Right("designed"), Right("difference"), Right("between")]
        rows = [figure.written(self.currency) for figure in self.shown]
        return Table(headings, rows, "Today and as designed")

    def said(self) -> list[str]:
        """Say what the limits are of, and what is assumed."""
        certain = percent(self.confidence)
        if not self.settings:
            rests = f"At rest: nothing is changed. Of {counted(self.replications, 'replication')}."
        elif self.drawn == "customers":
            rests = (
                f"Of one replication; {certain} limits as if its customers were drawn anew. A star "
                "marks what moved."
            )
        else:
            rests = (
                f"Means over {counted(self.replications, 'replication')}, {certain} limits each by "
                "itself. A star marks what moved."
            )
        return [rests, *self.notes]

    def __repr__(self) -> str:
        changed = counted(len(self.settings), "setting")
        return f"<Answer: {changed}, {counted(self.replications, 'replication')}>"

    def __str__(self) -> str:
        return "\n".join([self.table().text(), "", *self.said()])

    def _repr_html_(self) -> str:
        import html

        return self.table().html() + "".join(f"<p>{html.escape(one)}</p>" for one in self.said())


# --------------------------------------------------------------------------- over replications


def measured(
    totals: Mapping[int, NDArray[np.int64]], offering: Scenario, metrics: Sequence[str]
) -> "pd.DataFrame":
    """Return metrics by replication of the totals of one offering.

    Parameters
    ----------
    totals : mapping of int to ndarray
        By replication, as :meth:`~.totals.KeptTotals.of` returns them.
    offering : Scenario
    metrics : sequence of str
    """
    import pandas as pd

    by_number = {str(replication): own for replication, own in totals.items()}
    frame = frame_of_totals(by_number, dict.fromkeys(by_number, offering))
    numbers = np.array([*map(int, frame["offering"])])
    frame["offering"] = BASE
    give_in_units(frame, {BASE: offering})
    frame["is_paid"] = is_paid(frame, {BASE: offering})
    places = np.searchsorted(sorted(totals), numbers)
    columns = {metric: _by_place(SUMMED[metric], frame, places, len(totals)) for metric in metrics}
    return pd.DataFrame(columns, index=pd.Index(sorted(totals), name="replication"))


def _by_place(
    metric: SumMetric, frame: "pd.DataFrame", places: NDArray[np.int64], count: int
) -> NDArray[np.float64]:
    """Return a metric of each place that rows have, as :func:`~entitlement_sim.replicate` does."""
    counts = counts_in(frame, metric).to_numpy()

    def added(measures: tuple[str, ...]) -> NDArray[np.float64]:
        values = np.zeros(len(frame))
        for measure in measures:
            values += frame[measure].to_numpy(np.float64)
        return np.bincount(places, np.where(counts, values, 0.0), count).astype(np.float64)

    above = added(metric.numerator)
    if not metric.denominator:
        return above
    below = added(metric.denominator)
    quotient = np.full(count, np.nan)
    np.divide(above, below, out=quotient, where=below != 0)
    return quotient


def figures_of(
    today: "pd.DataFrame",
    designed: "pd.DataFrame",
    metrics: Sequence[str],
    confidence: float,
) -> list[Figure]:
    """Return what moved on the average, paired by replication.

    Parameters
    ----------
    today, designed : DataFrame
        As :func:`measured` returns them, of the same replications.
    metrics : sequence of str
    confidence : float
    """
    figures = []
    before = today[list(metrics)].mean()
    for row in compared(today, designed, metrics, confidence, 1):
        metric = METRICS[row["metric"]]
        size = max(abs(before[metric.key]), abs(row["mean"]))
        if abs(row["difference"]) <= ROUNDING * size:  # the same, added up in another order
            row |= dict.fromkeys(("difference", "difference_low", "difference_high"), 0.0)
            row["moved"] = False
        figures.append(
            Figure(
                metric.key, metric.name, metric.kind, float(before[metric.key]), row["mean"],
                row["difference"], row["difference_low"], row["difference_high"], row["moved"],
            )
        )  # fmt: skip
    return figures


# ------------------------------------------------------------------------------ over customers


def sums_of_customers(
    values: Sequence[NDArray[np.int64]], offering: Scenario, metrics: Sequence[str]
) -> dict[str, Sums]:
    """Return what metrics are made of, customer by customer.

    Metrics of paid contracts alone cannot be told where others are sold beside them: they are left
    out, as customers are not told apart by what they hold.

    Parameters
    ----------
    values : sequence of ndarray
        By segment, as :meth:`~.totals.KeptTotals.by_customer` returns them.
    offering : Scenario
    metrics : sequence of str
    """
    import pandas as pd

    sizes = [len(own) for own in values]
    table = np.concatenate(values)
    customers, allocations = np.nonzero(table.any(axis=2))
    measures = table[customers, allocations]
    columns: dict[str, Any] = {
        measure.name.lower(): measures[:, measure].copy() for measure in Measure
    }
    units = np.array([*labels(Allocation), None], object)[allocations]
    frame = pd.DataFrame({"offering": BASE, "template": units, "allocation": units} | columns)
    give_in_units(frame, {BASE: offering})
    segments = np.repeat(np.arange(len(sizes)), sizes)
    portfolio = Portfolio(
        pd.RangeIndex(len(table)),
        segments,
        tuple(offering.model.segments),
        np.array(sizes, np.int64),
        offering.model.history is None,
    )
    paid = {template.is_paid for template in offering.model.templates.values()}
    found = {}
    for key in metrics:
        metric = SUMMED[key]
        if metric.is_paid and len(paid) > 1:
            continue
        parts = [metric._replace(denominator=(), is_paid=False)]
        if metric.denominator:
            parts.append(parts[0]._replace(numerator=metric.denominator))
        own = [_by_place(part, frame, customers, len(table)) for part in parts]
        found[key] = _sums(portfolio, np.array(own))
    return found


def _sums(portfolio: Portfolio, columns: NDArray[np.float64]) -> Sums:
    place = np.flatnonzero((columns != 0).any(axis=0))
    nowhere = np.zeros(len(place), np.int64)
    return Sums(portfolio, 1, nowhere, place, columns[:, place], np.ones(len(place), np.int64))


def limits_by_customers(
    figures: Sequence[Figure],
    today: Mapping[str, Sums],
    designed: Mapping[str, Sums],
    confidence: float,
) -> list[Figure]:
    """Return figures of one replication with limits as if its customers were drawn anew.

    Parameters
    ----------
    figures : sequence of Figure
    today, designed : mapping of str to Sums
        As :func:`sums_of_customers` returns them.
    confidence : float
    """
    found = []
    for figure in figures:
        low = high = math.nan
        moved = False
        if figure.difference == 0:
            low = high = 0.0
        elif figure.metric in today and figure.metric in designed:
            estimate = difference_of(
                today[figure.metric], designed[figure.metric], paired=True, confidence=confidence
            )
            low, high, moved = estimate.low, estimate.high, estimate.excludes(0)
        values = {**vars(figure), "low": low, "high": high, "moved": moved}
        found.append(Figure(**values))
    return found
