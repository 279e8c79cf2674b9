"""Sweeps: what many offerings come to, for the same customers with the same cases."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ..engine.sums import Measure
from ..parameters import FUNCTION, NUMBER, PATH, TEXT, TEXTS, WHOLE, Kind, takes
from ..replications import frame_of_totals, totals_by_replication
from ..scenario.meant import SCENARIO, AnyScenario, scenario_meant
from ..scenario.scenario import Scenario
from ..scheduling import Workers, workers_if_any
from ..store.estimate import check_sums, estimate
from .answer import Sweep, metrics_asked
from .designs import Design, designs_of, id_of
from .file import read_sweep
from .parts import Folder, asked_now
from .trying import TOGETHER

if TYPE_CHECKING:
    import pandas as pd

#: What is added up, as columns of parts.
MEASURES: Final = tuple(measure.name.lower() for measure in Measure)

#: Columns of a part, with their types.
_COLUMNS: Final = {
    "id": "VARCHAR",
    "replication": "BIGINT",
    "template": "VARCHAR",
    "allocation": "VARCHAR",
    "reason": "VARCHAR",
} | dict.fromkeys(MEASURES, "BIGINT")

#: Called with how many simulations are done, and how many there are.
Progress = Callable[[int, int], None]

_DESIGNS: Final = Kind(
    "a file, or a list of mappings",
    lambda value: (
        PATH.fits(value)
        or (isinstance(value, Sequence) and all(isinstance(mapping, Mapping) for mapping in value))
    ),
)


@takes(
    base=SCENARIO,
    designs=_DESIGNS,
    replications=WHOLE,
    seed=WHOLE,
    metrics=TEXTS,
    confidence=NUMBER,
    out=PATH,
    threads=WHOLE,
    progress=FUNCTION,
    scheduler=TEXT,
)
def sweep(
    base: AnyScenario,
    designs: "str | os.PathLike[str] | Sequence[Mapping[str, Any]]",
    replications: int = 20,
    *,
    seed: int | None = None,
    metrics: Sequence[str] | None = None,
    confidence: float = 0.95,
    out: str | os.PathLike[str] | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
    allow_large: bool = False,
    scheduler: str | None = None,
) -> Sweep:
    """Say what many offerings come to, for the same customers with the same cases.

    Everything is drawn anew in each replication, and the same for all offerings, so that they
    differ by what is sold. Nothing is stored but sums.

    Parameters
    ----------
    base : Scenario, path or str
        What is sold today: a scenario, its file, or the name of a shipped one.
    designs : path, or list of mappings
        A sweep file, or the same as data: mappings from paths of the scenario, as
        :meth:`Scenario.with_` takes them, to lists of values. Each mapping is crossed in itself,
        and may have a ``name``.
    replications : int, default 20
        How many, from number 0 on.
    seed : int, optional
        By default the scenario's own.
    metrics : sequence of str, optional
        Keys of the metrics that are asked for, by default all that sums say.
    confidence : float, default 0.95
        Of all offerings together (Bonferroni), for each metric.
    out : path, optional
        Folder for finished parts, as Parquet files. What is finished there is not done again, so
        that an interrupted sweep goes on, and one with more offerings or replications adds them.
    threads : int, optional
        By default one for each processor.
    progress : callable, optional
        Called after each replication of some offerings with how many simulations are done, and
        how many there are.
    allow_large : bool, default False
        Whether a sweep is meant that takes more than an hour of processor time, by an estimate that
        is made first.
    scheduler : str, optional
        Who shares out the work among several processes or machines, as in :func:`sums`. The answer
        is the same.

    Returns
    -------
    Sweep
        It prints as a table. An offering that fails is kept with the reason.

    Raises
    ------
    DocumentError
        There is no such scenario or file, or something in it is wrong; the message names the line.
    ValueError
        `replications` or `threads` is below 1, `confidence` lies outside, or a metric is unknown.
    RunError
        That would take too long, or the folder has another sweep in it.
    SchedulerError
        There is no such scheduler, or it has no workers.

    Examples
    --------
    >>> from entitlement_sim import Scenario
    >>> base = Scenario.load("reference", ["segments.everyone.customers=20"])
    >>> answer = sweep(base, [{"templates.ten-cases.total_terms": [8, 12]}], 3)
    >>> frame = answer.frame()
    >>> shares = frame[frame.metric == "refused"].set_index("name")["mean"]
    >>> list(shares.index)
    ['base', 'total_terms=8', 'total_terms=12']
    >>> bool(shares["total_terms=12"] < shares["base"] < shares["total_terms=8"])
    True
    """
    if replications < 1 or (threads is not None and threads < 1):
        raise ValueError("replications and threads must be at least 1")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence}")
    base = scenario_meant(base)
    seed = base.model.seed if seed is None else seed
    tried = designs_of(base, read_sweep(designs))
    made = _Making(base, tried, seed, range(replications))
    asked = metrics_asked(tried, metrics)
    made.check(threads, allow_large=allow_large)
    folder = None if out is None else Folder(Path(out))
    if folder is not None:
        folder.begin(asked_now(seed, id_of(base)), [_written(design) for design in tried])
        made.take(folder.finished(_COLUMNS))
    with workers_if_any(scheduler) as workers:
        made.make(folder, threads, progress, workers)
    return Sweep(
        tried,
        made.rows(),
        seed=seed,
        replications=replications,
        metrics=asked,
        confidence=confidence,
    )


def _written(design: Design) -> dict[str, Any]:
    return {
        "id": design.id,
        "name": design.name,
        "crossing": design.crossing,
        "settings": {path: _plain(value) for path, value in design.settings.items()},
        "reason": design.reason,
    }


def _plain(value: Any) -> Any:
    """Return a value as JSON can hold it."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


class _Making:
    """What is done of a sweep, and what is missing."""

    def __init__(
        self, base: Scenario, tried: list[Design], seed: int, replications: Sequence[int]
    ) -> None:
        self._base, self._tried = base, tried
        self._seed, self._replications = seed, replications
        self._offerings = {
            design.id: design.scenario for design in tried if design.scenario is not None
        }
        self._parts: list[pd.DataFrame] = []
        self._done: set[tuple[str, int]] = set()

    def check(self, threads: int | None, *, allow_large: bool) -> None:
        """Refuse what takes too long, going by the base.

        Raises
        ------
        RunError
            As :func:`~entitlement_sim.sums`.
        """
        model = self._base.model
        check_sums(
            estimate(model, self._seed, base=self._base.base),
            model,
            replications=len(self._replications),
            offerings=len(self._offerings),
            by_customer=False,
            threads=threads or os.cpu_count() or 1,
            allow_large=allow_large,
        )

    def take(self, finished: "pd.DataFrame | None") -> None:
        """Take up parts that are finished, as far as they are asked for."""
        if finished is None:
            return
        asked = finished["id"].isin([*self._offerings])
        asked &= finished["replication"].isin([*self._replications])
        # Parts may overlap where a sweep was interrupted and asked otherwise.
        rows = finished[asked].drop_duplicates(["id", "replication", "template", "allocation"])
        self._parts.append(rows)
        pairs = rows[["id", "replication"]].drop_duplicates()
        self._done |= {*zip(pairs["id"], pairs["replication"].tolist(), strict=True)}

    def make(
        self,
        folder: Folder | None,
        threads: int | None,
        progress: Progress | None,
        workers: Workers | None,
    ) -> None:
        """Add up what is missing, and publish it part by part."""
        total = len(self._offerings) * len(self._replications)
        if progress is not None:
            progress(len(self._done), total)
        for names, replications in self._missing().items():
            for first in range(0, len(names), TOGETHER):
                chunk = names[first : first + TOGETHER]
                offerings = {name: self._offerings[name] for name in chunk}
                for found in totals_by_replication(
                    offerings, replications, self._seed, threads, workers
                ):
                    rows = frame_of_totals(found.totals, offerings)
                    rows = rows.rename(columns={"offering": "id"})
                    rows = _with_failed(rows, found.failed)
                    rows.insert(1, "replication", found.replication)
                    rows = rows[[*_COLUMNS]]
                    if folder is not None:
                        folder.publish(found.replication, chunk, rows)
                    self._parts.append(rows)
                    self._done |= {(name, found.replication) for name in chunk}
                    if progress is not None:
                        progress(len(self._done), total)

    def _missing(self) -> dict[tuple[str, ...], list[int]]:
        """Return the ids that are missing, with the replications of which the same ones are."""
        missing: dict[tuple[str, ...], list[int]] = {}
        for replication in self._replications:
            names = tuple(name for name in self._offerings if (name, replication) not in self._done)
            if names:
                missing.setdefault(names, []).append(replication)
        return missing

    def rows(self) -> "pd.DataFrame":
        """Return all sums by id, replication, template and allocation."""
        import pandas as pd

        return pd.concat(self._parts, ignore_index=True)


def _with_failed(rows: "pd.DataFrame", failed: Mapping[str, str]) -> "pd.DataFrame":
    """Add a row for each offering that failed, with the reason, and zeros."""
    import pandas as pd

    rows["reason"] = np.full(len(rows), None, object)
    if not failed:
        return rows
    empty = pd.DataFrame(0, index=range(len(failed)), columns=[*MEASURES], dtype=np.int64)
    empty["id"], empty["reason"] = [*failed], [*failed.values()]
    for column in ("template", "allocation"):
        empty[column] = np.full(len(empty), None, object)
    return pd.concat([rows, empty], ignore_index=True)
