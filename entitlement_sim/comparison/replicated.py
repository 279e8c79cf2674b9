"""What moved between scenarios, over replications in which everything is drawn anew."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from ..inference.money_summed import add_priced, says_straight_line
from ..inference.replicating import METRICS as SUM_METRICS
from ..inference.replicating import STRAIGHT_LINE, counts_in, is_paid, paired_difference
from ..replications import BASE
from ..replications import sums_of as summed_without_rows
from ..store.run import Run
from .by_customer import sums_by_customer
from .differences import COLUMNS, metrics_of, row_of, totals_of, value_of
from .measures import METRICS, Metric, columns_of
from .until import Look, Until, looked

if TYPE_CHECKING:
    import pandas as pd

    from ..scenario.models import Money
    from ..scenario.scenario import Scenario

#: What a replication is kept by: nothing else tells rows of a comparison apart.
_CELLS: Final = ["segment", "template"]

#: Simulates a scenario, given a seed and a replication.
Simulate = Callable[..., Run]

#: Sums by segment and template of one run, by replication.
Replications = dict[int, "pd.DataFrame"]


def that_are_sums(
    metrics: Sequence[Metric], moneys: "Sequence[Money | None]" = (None,)
) -> list[Metric]:
    """Return those of the metrics that need no rows of runs.

    Parameters
    ----------
    metrics : sequence of Metric
    moneys : sequence of Money or None
        What support costs in each of the scenarios. Revenue on a straight line, and with it the
        margin, is a sum over contracts; by use it is not.
    """
    unsaid = set() if all(map(says_straight_line, moneys)) else STRAIGHT_LINE
    return [metric for metric in metrics if metric.key in SUM_METRICS.keys() - unsaid]


def replications_of(
    runs: Sequence[Run],
    sums: "Sequence[pd.DataFrame]",
    numbers: Sequence[int],
    simulate: Simulate,
    metrics: Sequence[Metric] = METRICS,
) -> "list[pd.DataFrame]":
    """Play the scenarios of runs again and again, and return what they come to.

    Where all metrics are sums that need no rows, none are made; else each replication is a run in
    memory.

    Parameters
    ----------
    runs : sequence of Run
    sums : sequence of DataFrame
        Their own sums by customer, which are taken for the replication that they are.
    numbers : sequence of int
        Which replications; a simulation makes number 0, if nothing else is said.
    simulate : callable
        As :func:`entitlement_sim.simulate`.
    metrics : sequence of Metric, default all

    Returns
    -------
    list of DataFrame
        For each run the sums by `replication`, `segment` and `template` that the metrics are made
        of.

    Raises
    ------
    RunError
        A run's scenario cannot be read, or would be too large.
    """
    import pandas as pd

    columns = columns_of(metrics)
    known = [_known(run, own, columns) for run, own in zip(runs, sums, strict=True)]
    if len(that_are_sums(metrics, [run.money for run in runs])) == len(metrics):
        drawn = _added_up(runs, known, numbers, metrics)
    else:
        drawn = [
            _simulated(run, sorted({*numbers} - own.keys()), simulate, columns)
            for run, own in zip(runs, known, strict=True)
        ]
    return [
        pd.concat(
            [(own | others)[number].assign(replication=number) for number in numbers],
            ignore_index=True,
        ).astype({key: added[key].dtype for key in _CELLS})  # in the scenario's order
        for own, others, added in zip(known, drawn, sums, strict=True)
    ]


def _known(run: Run, sums: "pd.DataFrame", columns: Sequence[str]) -> Replications:
    facts = run.manifest
    return {facts.replication: _cells(sums, columns)} if facts.source == "simulated" else {}


def _simulated(
    run: Run, replications: Sequence[int], simulate: Simulate, columns: Sequence[str]
) -> Replications:
    played = {}
    for replication in replications:
        with simulate(run.scenario, seed=run.manifest.seed, replication=replication) as drawn:
            played[replication] = _cells(sums_by_customer(drawn), columns)
    return played


def _added_up(
    runs: Sequence[Run],
    known: Sequence[Replications],
    numbers: Sequence[int],
    metrics: Sequence[Metric],
) -> list[Replications]:
    """Return the same without rows; runs of one seed meet the same customers, drawn once.

    What was simulated just now is known; a stored run may be of another version of the package.
    """
    by_seed: dict[int, list[int]] = {}
    for place, run in enumerate(runs):
        by_seed.setdefault(run.manifest.seed, []).append(place)
    drawn: list[Replications] = [{} for _ in runs]
    for seed, (first, *others) in by_seed.items():
        places = [first, *others]
        there = set[int]()
        if all(runs[place].path is None for place in places):
            there = set.intersection(*({*known[place]} for place in places))
        missing = [number for number in numbers if number not in there]
        offerings = {BASE: runs[first].scenario}
        offerings |= {f"run {place}": runs[place].scenario for place in others}
        moneys = [runs[place].money for place in places]
        cells = cells_of(offerings, moneys, missing, seed, metrics)
        for place, name in zip(places, offerings, strict=True):
            own = cells[name]
            drawn[place] = {number: own[own["replication"] == number] for number in missing}
    return drawn


def cells_of(
    offerings: "Mapping[str, Scenario]",
    moneys: "Sequence[Money | None]",
    numbers: Sequence[int],
    seed: int,
    metrics: Sequence[Metric],
    one_of: int = 1,
) -> "dict[str, pd.DataFrame]":
    """Return what offerings to the same customers come to, without rows.

    Parameters
    ----------
    offerings : mapping of str to Scenario
        By name, the base first, which is called :data:`BASE`.
    moneys : sequence of Money or None
        What support costs in each of them.
    numbers : sequence of int
        Which replications.
    seed : int
    metrics : sequence of Metric
        Of :func:`that_are_sums`.
    one_of : int, default 1
        Only one customer of so many.

    Returns
    -------
    dict of str to DataFrame
        For each offering the sums by `replication`, `segment` and `template` that the metrics are
        made of.
    """
    alternatives = {name: offering for name, offering in offerings.items() if name != BASE}
    frame = summed_without_rows(
        offerings[BASE],
        alternatives,
        numbers,
        seed=seed,
        by=("segment", "template"),
        hundredths=True,
        allow_large=True,
        one_of=one_of,
    )
    frame["is_paid"] = is_paid(frame, offerings)
    add_priced(frame, dict(zip(offerings, moneys, strict=True)))
    cells = frame[["offering", "replication", *_CELLS]].astype(dict.fromkeys(_CELLS, object))
    for metric in metrics:
        for column, measures in _measures_of(metric).items():
            counts = counts_in(frame, SUM_METRICS[metric.key])
            cells[column] = frame[list(measures)].sum(axis=1).where(counts, 0)
    return {name: cells[cells["offering"] == name].drop(columns="offering") for name in offerings}


def _measures_of(metric: Metric) -> dict[str, tuple[str, ...]]:
    """Return the measures that each column of a metric is the sum of."""
    of_sums = SUM_METRICS[metric.key]
    measures = {metric.numerator: of_sums.numerator}
    return (
        measures
        if metric.denominator is None
        else measures | {metric.denominator: of_sums.denominator}
    )


def _cells(sums: "pd.DataFrame", columns: Sequence[str]) -> "pd.DataFrame":
    named = sums.astype(dict.fromkeys(_CELLS, object))
    return named.groupby(_CELLS, dropna=False)[list(columns)].sum().reset_index()


def replicated_until(
    runs: Sequence[Run],
    sums: "Sequence[pd.DataFrame]",
    until: Until,
    simulate: Simulate,
    metrics: Sequence[Metric],
    *,
    confidence: float,
) -> "tuple[list[pd.DataFrame], list[Look]]":
    """Return what scenarios come to in as many replications as it takes, and what was looked at.

    Those that were played for one look are not played again for the next.

    Parameters
    ----------
    runs, sums, simulate, metrics
        As :func:`replications_of` takes them.
    until : Until
        Its metrics are among `metrics`.
    confidence : float
        Of the limits of each alternative.
    """
    import pandas as pd

    of_until = [metric for metric in metrics if metric.key in until.half_widths]
    cells: list[pd.DataFrame] = []
    played = 0

    def half_widths_at(pairs: int) -> dict[str, float]:
        nonlocal cells, played
        more = replications_of(runs, sums, range(played, pairs), simulate, metrics)
        both = zip(cells, more, strict=True)
        cells = [pd.concat(parts, ignore_index=True) for parts in both] if cells else more
        played = pairs
        first, *others = cells
        rows = pd.concat(
            measured_by_replication(first, other, confidence=confidence, metrics=of_until)
            for other in others
        )
        half = (rows["high"] - rows["low"]) / 2
        # Of what there is nothing of in any of them, the difference is 0 for sure.
        widest = half.groupby(rows["metric"]).agg(lambda widths: widths.max(skipna=False))
        return {key: float(widest.get(key, 0.0)) for key in until.half_widths}

    looks = looked(until, half_widths_at)
    return cells, looks


def measured_by_replication(
    first: "pd.DataFrame",
    second: "pd.DataFrame",
    *,
    confidence: float,
    by: str | None = None,
    metrics: Sequence[Metric] = METRICS,
) -> "pd.DataFrame":
    """Return what moved on the average, metric by metric, paired by replication.

    Parameters
    ----------
    first, second : DataFrame
        As :func:`replications_of` returns them.
    confidence : float
    by : {"segment", "template"}, optional
    metrics : sequence of Metric, default all

    Returns
    -------
    DataFrame
        As :func:`~.differences.measured` does; values are means over the replications.
    """
    import pandas as pd

    names: list[str | None] = [None]
    if by is not None:
        present = {*first[by].dropna(), *second[by].dropna()}
        order = dict.fromkeys([*first[by].cat.categories, *second[by].cat.categories])
        names = [name for name in order if name in present]
    rows = []
    for name in names:
        parts = [cells if name is None else cells[cells[by] == name] for cells in (first, second)]
        group = {} if by is None else {by: name}
        there = metrics_of(parts, by, metrics)
        totals = [
            {
                number: totals_of(cells, columns_of(there))
                for number, cells in part.groupby("replication")
            }
            for part in parts
        ]
        rows += [group | _row(metric, totals, confidence) for metric in there]
    return pd.DataFrame(rows, columns=[*([by] if by else []), *COLUMNS])


def _row(
    metric: Metric, totals: Sequence[Mapping[Any, Mapping[str, int]]], confidence: float
) -> dict[str, Any]:
    import pandas as pd

    series = [
        pd.Series({number: value_of(metric, added) for number, added in of_run.items()})
        for of_run in totals
    ]
    estimate = paired_difference(series[0], series[1], metric.name, confidence=confidence)
    known = series[0].notna() & series[1].notna()
    values = [float(values[known].mean()) for values in series]
    return row_of(metric, values, estimate, [float(known.sum())] * 2, parts=1)
