"""What replications of a scenario come to, under one offering or several, without storing rows."""

import os
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from .compiling import quiet_compilation
from .engine.blocks import Piece, pieces
from .engine.buffers import TooManyCasesError
from .engine.pricing import TOO_LARGE
from .engine.sums import Measure, Offerings, Sums, add_up, meet_the_same, stack, stacked
from .parameters import CHANGES, TEXT, TEXTS, WHOLE, takes
from .population.plan import Plan, plan
from .recentring import renewal_offsets
from .rules.words import Allocation, labels
from .scenario.meant import SCENARIO, AnyScenario, alternative_to, scenario_meant
from .scenario.scenario import Overrides, Scenario
from .scheduling import Workers, chunks, workers_if_any
from .store.errors import RunError
from .store.estimate import check_sums, estimate

if TYPE_CHECKING:
    import pandas as pd

#: What rows of sums can be told apart by.
Grouping = Literal["segment", "template", "month", "customer"]

#: Name of the scenario itself among the offerings.
BASE: Final = "base"

#: Unit of the terms of each allocation's code, and that of no template.
_ALLOCATIONS: Final = np.array([*labels(Allocation), None], object)

#: Customers that are added up by one thread at a time.
_PIECE: Final = 512

#: The same where only a part of all is added up, which is spread over when they join.
_STRIPE: Final = 32

#: Measures in hundredths of a term or of money.
AMOUNTS: Final = frozenset(
    {
        Measure.BOOKINGS,
        Measure.ALLOTTED,
        Measure.USED,
        Measure.ENDED_ALLOTMENT,
        Measure.BREAKAGE,
        Measure.BREAKAGE_VALUE,
        Measure.CANCELLED_ALLOTMENT,
        Measure.CANCELLED_BREAKAGE,
        Measure.CANCELLED_BREAKAGE_VALUE,
        Measure.ENDS_VALUE,
        Measure.CLOSING_USED,
        Measure.CLOSING_ALLOTMENT,
        Measure.OVER_UNITS,
        Measure.OVER_VALUE,
        Measure.OVERAGE_VALUE,
        Measure.STRAIGHT_LINE,
    }
)


@takes(
    scenario=SCENARIO,
    alternatives=CHANGES,
    replications=WHOLE,
    seed=WHOLE,
    by=TEXTS,
    threads=WHOLE,
    scheduler=TEXT,
)
def sums(
    scenario: AnyScenario,
    alternatives: Mapping[str, AnyScenario | Overrides] | None = None,
    replications: int = 1,
    *,
    seed: int | None = None,
    by: Sequence[Grouping] = ("segment", "template", "month"),
    hundredths: bool = False,
    threads: int | None = None,
    allow_large: bool = False,
    scheduler: str | None = None,
) -> "pd.DataFrame":
    """Add up what replications of a scenario come to, without storing a row.

    The sums equal those of the views over a run of the same seed and replication. An alternative
    that changes templates or rule switches alone meets the very same customers with the same cases,
    so that differences can be taken customer by customer.

    Parameters
    ----------
    scenario : Scenario, path or str
        A scenario, its file, or the name of a shipped one.
    alternatives : mapping, optional
        Other offerings by name: each a scenario, its file or name, or what differs from `scenario`,
        as :meth:`Scenario.with_` takes it.
    replications : int, default 1
        How many; they are numbered from 0, which is what :func:`simulate` makes.
    seed : int, optional
        By default the scenario's own.
    by : sequence of {"segment", "template", "month", "customer"}
        What rows are told apart by. Of customers there is no month and no template.
    hundredths : bool, default False
        Give terms and money as whole hundredths, which add up exactly, instead of as decimals.
    threads : int, optional
        By default one for each processor.
    allow_large : bool, default False
        Whether sums are meant that take more than an hour of processor time, by an estimate that is
        made first.
    scheduler : str, optional
        Who shares out replications among several processes or machines: ``local``, or the address
        of a scheduler of Dask, such as ``tcp://10.0.0.4:8786``. The rows are the same.

    Returns
    -------
    DataFrame
        A row for each offering ("base" and the alternatives), replication and group in which
        anything happened, with one column a measure (see :class:`~.engine.sums.Measure`, which also
        says in which month each counts). Terms are in the unit of the column ``allocation``, so
        rows of different allocations are never added; cases that asked no template have none.
        ``month`` is NaT for what lies after the run.

    Raises
    ------
    DocumentError
        There is no such scenario, or something in it or in an alternative is wrong.
    ValueError
        `replications` or `threads` is below 1, `by` names something else, or an alternative is
        called "base".
    RunError
        That would take too long or too much memory, or a sum does not fit 64 bits.
    SchedulerError
        There is no such scheduler, or it has no workers.

    Examples
    --------
    >>> from entitlement_sim import Scenario
    >>> base = Scenario.load("reference", overrides=["segments.everyone.customers=20"])
    >>> frame = sums(base, {"twelve": {"templates.ten-cases.total_terms": 12}}, seed=7, by=[])
    >>> frame[frame.allocation == "cases"][["offering", "arrivals", "blocked"]].values.tolist()
    [['base', 625, 139], ['twelve', 625, 73]]
    """
    _check(alternatives, replications, by, threads)
    return sums_of(
        scenario,
        alternatives,
        range(replications),
        seed=seed,
        by=by,
        hundredths=hundredths,
        threads=threads,
        allow_large=allow_large,
        scheduler=scheduler,
    )


def sums_of(
    scenario: AnyScenario,
    alternatives: Mapping[str, AnyScenario | Overrides] | None,
    replications: Sequence[int],
    *,
    seed: int | None = None,
    by: Sequence[Grouping] = (),
    hundredths: bool = False,
    threads: int | None = None,
    allow_large: bool = False,
    scheduler: str | None = None,
    one_of: int = 1,
) -> "pd.DataFrame":
    """Return :func:`sums` of replications by their numbers, of which some may be known already.

    With `one_of` above 1 it is of one customer of so many, spread evenly over when they join.

    Raises
    ------
    DocumentError, RunError, SchedulerError
        As :func:`sums`.
    """
    scenario = scenario_meant(scenario)
    offerings = {BASE: scenario} | {
        name: alternative_to(scenario, other) for name, other in (alternatives or {}).items()
    }
    seed = scenario.model.seed if seed is None else seed
    by_customer = "customer" in by
    for offering in offerings.values():
        check_sums(
            estimate(offering.model, seed, base=offering.base),
            offering.model,
            replications=len(replications),
            offerings=len(offerings),
            by_customer=by_customer,
            threads=threads or os.cpu_count() or 1,
            allow_large=allow_large,
        )
    with workers_if_any(scheduler) as workers:
        if workers is not None and one_of == 1:
            return _sums_by_workers(
                workers, offerings, replications, seed=seed, by=by, hundredths=hundredths
            )
    # Without months it is quicker, but the sum of all days overflows before those of months do.
    for months in (True,) if "month" in by else (False, True):
        try:
            return _sums(
                offerings, replications, seed, by,
                months=months, hundredths=hundredths, threads=threads, one_of=one_of,
            )  # fmt: skip
        except OverflowError:
            continue
        except TooManyCasesError as error:
            raise RunError(str(error)) from None
    raise RunError(
        "a sum does not fit 64 bits: simulate, and ask the views for totals; or write prices in "
        "thousands"
    )


def _sums_by_workers(
    workers: Workers,
    offerings: Mapping[str, Scenario],
    replications: Sequence[int],
    *,
    seed: int,
    by: Sequence[Grouping],
    hundredths: bool,
) -> "pd.DataFrame":
    import pandas as pd

    Plans(offerings, seed)  # compiles once, and not in each process of this machine
    tasks = [
        (offerings, chunk, seed, by, hundredths)
        for chunk in chunks(replications, seconds_of(offerings, seed), workers.count)
    ]
    found = list(workers.map(_sums_task, tasks))
    parts = [part[part["offering"] == name] for name in offerings for part in found]
    return pd.concat(parts, ignore_index=True)


def _sums_task(
    offerings: Mapping[str, Scenario],
    replications: Sequence[int],
    seed: int,
    by: Sequence[Grouping],
    hundredths: bool,
) -> "pd.DataFrame":
    """Add up some replications, on a worker."""
    base, *others = offerings
    return sums_of(
        offerings[base],
        {name: offerings[name] for name in others},
        replications,
        seed=seed,
        by=by,
        hundredths=hundredths,
        threads=1,
        allow_large=True,
    )


def seconds_of(offerings: Mapping[str, Scenario], seed: int) -> float:
    """Return the seconds of processor time of one replication of some offerings, about."""
    first = next(iter(offerings.values()))
    return estimate(first.model, seed, base=first.base).summed(len(offerings))


def _sums(
    offerings: Mapping[str, Scenario],
    replications: Sequence[int],
    seed: int,
    by: Sequence[str],
    *,
    months: bool,
    hundredths: bool,
    threads: int | None,
    one_of: int,
) -> "pd.DataFrame":
    import pandas as pd

    by_customer = "customer" in by
    tables = {
        name: _Table(offering, len(replications), by_month=months)
        for name, offering in offerings.items()
    }
    plans = Plans(offerings, seed)
    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        running = deque(
            (
                names,
                place,
                piece,
                pool.submit(add_up, drawn, met, piece, customers=by_customer, months=months),
            )
            for place, replication in enumerate(replications)
            for names, drawn, met in plans.of(replication)
            for piece in pieces(drawn, _PIECE if one_of == 1 else _STRIPE)[::one_of]
        )
        while running:
            names, place, piece, future = running.popleft()
            for offering, name in enumerate(names):
                tables[name].add(place, piece, future.result(), offering)
    frames = [
        table.by_customer(name) if by_customer else table.by_group(name, by)
        for name, table in tables.items()
    ]
    frame = pd.concat(frames, ignore_index=True)
    frame["replication"] = np.asarray(replications, np.int64)[frame["replication"].to_numpy()]
    if not hundredths:
        amounts = [measure.name.lower() for measure in sorted(AMOUNTS)]
        frame[amounts] = frame[amounts] / 100
    return frame


def _check(
    alternatives: Mapping[str, object] | None,
    replications: int,
    by: Sequence[str],
    threads: int | None,
) -> None:
    if replications < 1 or (threads is not None and threads < 1):
        raise ValueError("replications and threads must be at least 1")
    unknown = [name for name in by if name not in get_args(Grouping)]
    if unknown:
        known = ", ".join(get_args(Grouping))
        raise ValueError(f"rows cannot be told apart by {unknown[0]!r}; there are {known}")
    if "customer" in by and ("template" in by or "month" in by):
        raise ValueError("of single customers there is neither a month nor a template")
    if BASE in (alternatives or {}):
        raise ValueError(f"{BASE!r} is the scenario itself; give the alternative another name")


class Plans:
    """Plans of offerings, replication by replication.

    What is sold is no matter of chance: of offerings that differ in it alone, it is planned once.

    Parameters
    ----------
    offerings : mapping of str to Scenario
        Of these, the first one is planned for every replication.
    seed : int
    """

    def __init__(self, offerings: Mapping[str, Scenario], seed: int) -> None:
        self._offerings = offerings = _revised_alike(offerings)
        self._seed = seed
        self._first, *others = offerings
        # Of no customers at all: compiles, or loads what was compiled, once and not in each thread.
        with quiet_compilation():
            scenario = offerings[self._first]
            drawn = plan(scenario.model, seed, base=scenario.base)
            add_up(drawn, stack([drawn]), Piece(0, 0, 0))
        self._offsets = {name: renewal_offsets(offering) for name, offering in offerings.items()}
        self._sold: dict[str, tuple[Any, Any]] = {}
        first = self._plan(self._first, 0)
        for name in others:
            if is_sold_otherwise(scenario, offerings[name]):
                other = self._plan(name, 0)
                if meet_the_same(first, other):
                    self._sold[name] = (other.templates, other.lists)

    def of(self, replication: int) -> Iterator[tuple[list[str], Plan, Offerings]]:
        """Yield the offerings of a replication, together where they meet the same customers."""
        first = self._plan(self._first, replication)
        together = [self._first, *self._sold]
        parts = [(first.run, first.templates, first.lists)]
        parts += [(first.run, *sold) for sold in self._sold.values()]
        plans = {
            name: self._plan(name, replication)
            for name in self._offerings
            if name not in self._sold and name != self._first
        }
        same = [name for name, other in plans.items() if meet_the_same(first, other)]
        parts += [(plans[name].run, plans[name].templates, plans[name].lists) for name in same]
        yield together + same, first, stacked(parts)
        waiting = [name for name in plans if name not in same]
        while waiting:
            drawn = plans[waiting[0]]
            names = [name for name in waiting if meet_the_same(drawn, plans[name])]
            waiting = [name for name in waiting if name not in names]
            yield names, drawn, stack([plans[name] for name in names])

    def _plan(self, name: str, replication: int) -> Plan:
        offering = self._offerings[name]
        return plan(offering.model, self._seed, replication, offering.base, self._offsets[name])


class ReplicationTotals(NamedTuple):
    """What one replication of several offerings comes to.

    Attributes
    ----------
    replication : int
    totals : dict of str to ndarray of int64, shape (templates + 1, measures)
        By offering, in hundredths of a term or of money, days, cases and entitlements (see
        :class:`~.engine.sums.Measure`); the last row is of no template.
    failed : dict of str to str
        Why an offering comes to nothing that could be said.
    """

    replication: int
    totals: dict[str, NDArray[np.int64]]
    failed: dict[str, str]


def totals_by_replication(
    offerings: Mapping[str, Scenario],
    replications: Sequence[int],
    seed: int,
    threads: int | None = None,
    workers: Workers | None = None,
) -> Iterator[ReplicationTotals]:
    """Yield what offerings come to, replication by replication, without rows and without months.

    While the caller deals with one replication, the next one is being added up. Offerings that
    differ in what is sold alone are drawn once, and live through their common past once.

    Parameters
    ----------
    offerings : mapping of str to Scenario
    replications : sequence of int
        Their numbers.
    seed : int
    threads : int, optional
        By default one for each processor.
    workers : Workers, optional
        Who adds up, if not this process.
    """
    if workers is not None:
        tasks = [
            (offerings, chunk, seed)
            for chunk in chunks(replications, seconds_of(offerings, seed), workers.count)
        ]
        for found in workers.map(_totals_task, tasks):
            yield from found
        return
    plans = Plans(offerings, seed)
    pool = ThreadPoolExecutor(threads or os.cpu_count() or 1)
    running: deque[tuple[int, list[_Group]]] = deque()
    try:
        for replication in replications:
            groups = [
                _Group(names, drawn, met, pool) for names, drawn, met in plans.of(replication)
            ]
            running.append((replication, groups))
            if len(running) > 1:
                yield _collected(*running.popleft())
        while running:
            yield _collected(*running.popleft())
    finally:
        pool.shutdown(cancel_futures=True)


def _totals_task(
    offerings: Mapping[str, Scenario], replications: Sequence[int], seed: int
) -> list[ReplicationTotals]:
    """Add up some replications, on a worker."""
    return list(totals_by_replication(offerings, replications, seed, 1))


def _collected(replication: int, groups: "list[_Group]") -> ReplicationTotals:
    totals: dict[str, NDArray[np.int64]] = {}
    failed: dict[str, str] = {}
    for group in groups:
        group.collect(totals, failed)
    return ReplicationTotals(replication, totals, failed)


class _Group:
    """Offerings of one replication that meet the same customers, being added up."""

    def __init__(
        self, names: list[str], drawn: Plan, met: Offerings, pool: ThreadPoolExecutor
    ) -> None:
        self._names, self._drawn, self._met, self._pool = names, drawn, met, pool
        self._running = [
            pool.submit(add_up, drawn, met, piece, months=False) for piece in pieces(drawn, _PIECE)
        ]

    def collect(self, totals: dict[str, NDArray[np.int64]], failed: dict[str, str]) -> None:
        """Add what each offering comes to, or why it does not; one that fails harms no other."""
        templates = int(self._met.templates["number"].max()) + 1
        added = np.zeros((len(self._names), templates + 1, len(Measure)), np.int64)
        try:
            for future in self._running:
                added += future.result().by_month.sum(axis=2)
                if added.max(initial=0) >= TOO_LARGE or added.min(initial=0) <= -TOO_LARGE:
                    raise OverflowError
        except (OverflowError, TooManyCasesError) as error:
            if len(self._names) > 1:
                for place, name in enumerate(self._names):
                    own = Offerings(*(part[place : place + 1] for part in self._met))
                    _Group([name], self._drawn, own, self._pool).collect(totals, failed)
            else:
                failed[self._names[0]] = str(error) or "a sum does not fit 64 bits"
            return
        totals.update(zip(self._names, added, strict=True))


def _revised_alike(offerings: Mapping[str, Scenario]) -> Mapping[str, Scenario]:
    """Return offerings of which the first is a revision of nothing, where all others are revisions.

    Its rows are the same, and it shares what it lives through with theirs.
    """
    first, *others = offerings
    scenario = offerings[first]
    revision = offerings[others[0]].model.revision if others else None
    is_of_all = all(offerings[name].model.revision == revision for name in others)
    if revision is None or not is_of_all or scenario.base != scenario.model:
        return offerings
    model = scenario.model.model_copy(update={"revision": revision})
    return {**offerings, first: replace(scenario, model=model)}


def is_sold_otherwise(scenario: Scenario, other: Scenario) -> bool:
    """Return whether all that two scenarios may differ in is what is sold, promised and paid."""
    model = scenario.model
    parts = ("scenario", "description", "templates", "slas", "money")
    own = {part: getattr(model, part) for part in parts}
    return other.model.model_copy(update=own) == model and other.base == scenario.base


class _Table:
    """Sums of one offering over its replications, and the frame that they make."""

    def __init__(self, scenario: Scenario, replications: int, *, by_month: bool) -> None:
        model = scenario.model
        self.segments = list(model.segments)
        self.templates: list[str | None] = [*model.templates, None]
        codes = labels(Allocation)
        self.allocations = np.array(
            [
                *(codes.index(template.allocation) for template in model.templates.values()),
                len(codes),
            ]
        )
        first = np.datetime64(model.calendar.start, "M")
        last = np.datetime64(model.calendar.start, "D") + model.calendar.days - 1
        months = np.arange(first, (last.astype("datetime64[M]") if by_month else first) + 1)
        self.months = np.append(months.astype("datetime64[us]"), np.datetime64("NaT", "us"))
        shape = (replications, len(self.segments), len(self.templates), len(self.months))
        self._by_month = np.zeros((*shape, len(Measure)), np.int64)
        nobody = np.zeros((0, len(_ALLOCATIONS), len(Measure)), np.int64)
        self._by_customer = {
            (replication, segment): [nobody]
            for replication in range(replications)
            for segment in range(len(self.segments))
        }

    def add(self, replication: int, piece: Piece, sums: Sums, place: int) -> None:
        """Add what a piece of one replication comes to."""
        total = self._by_month[replication, piece.segment]
        total += sums.by_month[place]
        if total.max(initial=0) >= TOO_LARGE or total.min(initial=0) <= -TOO_LARGE:
            raise OverflowError
        of_customers = sums.by_customer[place][sums.joined[place]]
        self._by_customer[replication, piece.segment].append(of_customers)

    def by_group(self, offering: str, by: Sequence[str]) -> "pd.DataFrame":
        """Return a row for each group in which anything happened."""
        import pandas as pd

        values = self._by_month
        if "month" not in by:
            values = _added(values, 3)
        if "segment" not in by:
            values = _added(values, 1)
        allocations = self.allocations
        if "template" not in by:
            allocations = np.arange(len(_ALLOCATIONS))
            values = np.stack(
                [
                    _added(values[:, :, self.allocations == code], 2)[:, :, 0]
                    for code in allocations
                ],
                axis=2,
            )
        replications, segments, templates, months = np.nonzero(values.any(axis=4))
        columns: dict[str, Any] = {"offering": offering, "replication": replications}
        if "segment" in by:
            columns["segment"] = self._segment_names(segments)
        if "template" in by:
            columns["template"] = np.array(self.templates, object)[templates]
        columns["allocation"] = _ALLOCATIONS[allocations[templates]]
        if "month" in by:
            columns["month"] = self.months[months]
        return pd.DataFrame(columns | _measures(values[replications, segments, templates, months]))

    def by_customer(self, offering: str) -> "pd.DataFrame":
        """Return a row for each customer and allocation in which anything happened."""
        import pandas as pd

        customers: Counter[int] = Counter()  # so far, by replication
        frames = []
        for (replication, segment), parts in self._by_customer.items():
            values = np.concatenate(parts)
            places, allocations = np.nonzero(values.any(axis=2))
            columns: dict[str, Any] = {
                "offering": offering,
                "replication": replication,
                "segment": self._segment_names(np.full(len(places), segment)),
                "customer_id": customers[replication] + 1 + places,
                "allocation": _ALLOCATIONS[allocations],
            }
            customers[replication] += len(values)
            frames.append(pd.DataFrame(columns | _measures(values[places, allocations])))
        return pd.concat(frames, ignore_index=True)

    def _segment_names(self, places: NDArray[np.int64]) -> "pd.Categorical":
        import pandas as pd

        names = np.array(self.segments, object)[places]
        return pd.Categorical(names, categories=self.segments)


def frame_of_totals(
    totals: Mapping[str, NDArray[np.int64]], offerings: Mapping[str, Scenario]
) -> "pd.DataFrame":
    """Return totals as a frame of :func:`sums` by template has them, in whole hundredths.

    Parameters
    ----------
    totals : mapping of str to ndarray
        Of some offerings, as :class:`ReplicationTotals` has them.
    offerings : mapping of str to Scenario

    Returns
    -------
    DataFrame
        A row for each offering and template in which anything happened, and one for no template of
        each: with the columns `offering`, `template`, `allocation` and one a measure.
    """
    import pandas as pd

    codes = labels(Allocation)
    names, templates, allocations, values = [], [], [], []
    for name, own in totals.items():
        sold = offerings[name].model.templates
        for template, row in zip([*sold, None], own, strict=True):
            if template is None or row.any():
                names.append(name)
                templates.append(template)
                allocation = None if template is None else sold[template].allocation
                allocations.append(allocation if allocation in codes else None)
                values.append(row)
    table = np.array(values, np.int64).reshape(len(values), len(Measure))
    columns: dict[str, Any] = {
        "offering": np.array(names, object),
        "template": np.array(templates, object),
        "allocation": np.array(allocations, object),
    }
    return pd.DataFrame(columns | _measures(table))


def _added(values: NDArray[np.int64], axis: int) -> NDArray[np.int64]:
    """Add values up along an axis, which stays.

    Raises
    ------
    OverflowError
        A sum does not fit.
    """
    if values.size and np.abs(values.sum(axis=axis, dtype=np.float64)).max() >= 2.0**62:
        raise OverflowError
    added: NDArray[np.int64] = values.sum(axis=axis, keepdims=True)
    return added


def _measures(values: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
    return {measure.name.lower(): values[:, measure] for measure in Measure}
