"""What replications of a scenario come to, under one offering or several, without storing rows."""

import os
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from .compiling import quiet_compilation
from .engine.blocks import Piece, pieces
from .engine.buffers import TooManyCasesError
from .engine.pricing import TOO_LARGE
from .engine.sums import Measure, Offerings, Sums, add_up, meet_the_same, stack
from .parameters import CHANGES, TEXTS, WHOLE, takes
from .population.plan import Plan, plan
from .recentring import renewal_offsets
from .rules.words import Allocation, labels
from .scenario.meant import SCENARIO, AnyScenario, alternative_to, scenario_meant
from .scenario.scenario import Overrides, Scenario
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
) -> "pd.DataFrame":
    """Return :func:`sums` of replications by their numbers, of which some may be known already.

    Raises
    ------
    DocumentError, RunError
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
    try:
        return _sums(offerings, replications, seed, by, hundredths=hundredths, threads=threads)
    except OverflowError:
        raise RunError(
            "a sum does not fit 64 bits: simulate, and ask the views for totals; or write prices "
            "in thousands"
        ) from None
    except TooManyCasesError as error:
        raise RunError(str(error)) from None


def _sums(
    offerings: Mapping[str, Scenario],
    replications: Sequence[int],
    seed: int,
    by: Sequence[str],
    *,
    hundredths: bool,
    threads: int | None,
) -> "pd.DataFrame":
    import pandas as pd

    scenario = offerings[BASE]
    by_customer = "customer" in by
    tables = {name: _Table(offering, len(replications)) for name, offering in offerings.items()}
    # Of no customers at all: compiles, or loads what was compiled, once and not in each thread.
    with quiet_compilation():
        first = plan(scenario.model, seed, base=scenario.base)
        add_up(first, stack([first]), Piece(0, 0, 0))
    offsets = {name: renewal_offsets(offering) for name, offering in offerings.items()}
    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        running = deque(
            (
                names,
                place,
                piece,
                pool.submit(add_up, drawn, met, piece, customers=by_customer),
            )
            for place, replication in enumerate(replications)
            for names, drawn, met in _groups(offerings, offsets, seed, replication)
            for piece in pieces(drawn, _PIECE)
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


def _groups(
    offerings: Mapping[str, Scenario],
    offsets: Mapping[str, Mapping[str, float]],
    seed: int,
    replication: int,
) -> Iterator[tuple[list[str], Plan, Offerings]]:
    """Offerings of one replication, together where they meet the same customers."""
    plans = {
        name: plan(other.model, seed, replication, other.base, offsets[name])
        for name, other in offerings.items()
    }
    waiting = list(plans)
    while waiting:
        drawn = plans[waiting[0]]
        names = [name for name in waiting if meet_the_same(drawn, plans[name])]
        waiting = [name for name in waiting if name not in names]
        yield names, drawn, stack([plans[name] for name in names])


class _Table:
    """Sums of one offering over its replications, and the frame that they make."""

    def __init__(self, scenario: Scenario, replications: int) -> None:
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
        months = np.arange(first, last.astype("datetime64[M]") + 1)
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
