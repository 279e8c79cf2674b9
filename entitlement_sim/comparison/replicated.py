"""What moved between scenarios, over replications in which everything is drawn anew."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from ..inference.replicating import paired_difference
from ..store.run import Run
from .by_customer import sums_by_customer
from .differences import COLUMNS, metrics_of, row_of, totals_of, value_of
from .measures import Metric

if TYPE_CHECKING:
    import pandas as pd

#: What a replication is kept by: nothing else tells rows of a comparison apart.
_CELLS: Final = ["segment", "template"]

#: Simulates a scenario, given a seed and a replication.
Simulate = Callable[..., Run]


def replications_of(
    runs: Sequence[Run], sums: "Sequence[pd.DataFrame]", count: int, simulate: Simulate
) -> "list[pd.DataFrame]":
    """Simulate the scenarios of runs again and again, and return what they come to.

    Parameters
    ----------
    runs : sequence of Run
    sums : sequence of DataFrame
        Their own sums by customer, which are taken for the replication that they are.
    count : int
        How many replications, from number 0 on.
    simulate : callable
        As :func:`entitlement_sim.simulate`.

    Returns
    -------
    list of DataFrame
        For each run the sums by `replication`, `segment` and `template`.

    Raises
    ------
    RunError
        A run's scenario cannot be read, or would be too large.
    """
    import pandas as pd

    cells: list[list[pd.DataFrame]] = [[] for _ in runs]
    for replication in range(count):
        for own, run, known in zip(cells, runs, sums, strict=True):
            facts = run.manifest
            if replication == facts.replication and facts.source == "simulated":
                added = _cells(known)
            else:
                with simulate(run.scenario, seed=facts.seed, replication=replication) as drawn:
                    added = _cells(sums_by_customer(drawn))
            own.append(added.assign(replication=replication))
    return [pd.concat(own, ignore_index=True) for own in cells]


def _cells(sums: "pd.DataFrame") -> "pd.DataFrame":
    columns = sums.columns.drop(["customer_id", *_CELLS])
    named = sums.astype(dict.fromkeys(_CELLS, object))
    return named.groupby(_CELLS, dropna=False)[list(columns)].sum().reset_index()


def measured_by_replication(
    first: "pd.DataFrame", second: "pd.DataFrame", *, confidence: float, by: str | None = None
) -> "pd.DataFrame":
    """Return what moved on the average, metric by metric, paired by replication.

    Parameters
    ----------
    first, second : DataFrame
        As :func:`replications_of` returns them.
    confidence : float
    by : {"segment", "template"}, optional

    Returns
    -------
    DataFrame
        As :func:`~.differences.measured` does; values are means over the replications.
    """
    import pandas as pd

    names = (
        [None] if by is None else list(dict.fromkeys([*first[by].dropna(), *second[by].dropna()]))
    )
    rows = []
    for name in names:
        parts = [cells if name is None else cells[cells[by] == name] for cells in (first, second)]
        group = {} if by is None else {by: name}
        rows += [group | _row(metric, parts, confidence) for metric in metrics_of(parts, by)]
    return pd.DataFrame(rows, columns=[*([by] if by else []), *COLUMNS])


def _row(metric: Metric, parts: "Sequence[pd.DataFrame]", confidence: float) -> dict[str, Any]:
    import pandas as pd

    series = [
        pd.Series(
            {
                number: value_of(metric, totals_of(cells))
                for number, cells in part.groupby("replication")
            }
        )
        for part in parts
    ]
    estimate = paired_difference(series[0], series[1], metric.name, confidence=confidence)
    known = series[0].notna() & series[1].notna()
    values = [float(values[known].mean()) for values in series]
    return row_of(metric, values, estimate, [float(known.sum())] * 2, parts=1)
