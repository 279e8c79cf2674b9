"""Hold runs against each other: the public way in."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from ..parameters import CHANGES, FUNCTION, NUMBER, PATH, TEXT, TEXTS, WHOLE, Kind, takes
from ..store.run import RUN, Run
from .measures import metrics_named
from .sides import Sides
from .until import AT_MOST, Until

if TYPE_CHECKING:
    import pandas as pd

    from ..scenario.scenario import Scenario
    from .answer import Comparison, Group


def _is_scenario(value: Any) -> bool:
    # Where scenarios were never loaded, which takes its time, nothing is one.
    module = sys.modules.get("entitlement_sim.scenario.scenario")
    return module is not None and isinstance(value, module.Scenario)


#: What is compared, but for changes of the first.
RUN_OR_SCENARIO: Final = Kind(
    "a run, a scenario, or the path or name of one", (RUN | PATH | Kind("", _is_scenario)).fits
)


@takes(
    a=RUN_OR_SCENARIO,
    b=RUN_OR_SCENARIO | CHANGES,
    others=RUN_OR_SCENARIO | CHANGES,
    by=TEXT,
    confidence=NUMBER,
    replications=WHOLE,
    until=CHANGES,
    at_most=WHOLE,
    metrics=TEXTS,
    money=CHANGES | TEXTS,
    names=TEXTS,
    simulate=FUNCTION,
)
def compare(
    a: "Run | Scenario | str | os.PathLike[str]",
    b: "Run | Scenario | Mapping[str, Any] | str | os.PathLike[str]",
    *others: "Run | Scenario | Mapping[str, Any] | str | os.PathLike[str]",
    by: "Group | None" = None,
    confidence: float = 0.95,
    replications: int | None = None,
    until: Mapping[str, float] | None = None,
    at_most: int = AT_MOST,
    metrics: Sequence[str] | None = None,
    money: Mapping[str, Any] | Sequence[str] | None = None,
    names: Sequence[str] | None = None,
    sealed: bool = False,
    simulate: "Callable[..., Run] | None" = None,
) -> "Comparison":
    """Say what moved between runs, by how much, and what cannot be told.

    Parameters
    ----------
    a : Run, Scenario, str or path
        What the others are held against: an opened run, a stored one by its name or folder, or a
        scenario (or the name or file of one), which is simulated in memory.
    b, *others
        The same; or what is changed in the first one's scenario, as :meth:`Scenario.with_` takes
        it. What is simulated has the seed of the first, so that it meets the same customers.
    by : {"segment", "template"}, optional
        What the answer is told apart by where it is printed.
    confidence : float, default 0.95
        Of several alternatives together (Bonferroni).
    replications : int, optional
        Take limits from so many replications, in which everything is drawn anew, also what all
        customers share. Metrics that are sums need no rows for that; with one that is none each
        side is simulated so many times, a run in memory each, which takes longer.
    until : mapping of str to float, optional
        As many replications as it takes until limits are so close, as :func:`what_if` takes it.
    at_most : int, default 200
        Replications at which that ends in any case.
    metrics : sequence of str, optional
        Keys of the metrics that are asked for (column `metric` of the answer), by default all; of
        replications all that are sums, and the answer says which are left out. Revenue and margin
        are sums where all scenarios have money with the `margin_method` ``straight_line``.
    money : mapping or sequence of str, optional
        What support costs, in place of what the scenarios say, for all runs alike, as
        :meth:`Run.reprice` takes it: nothing that is stored is simulated anew for that.
    names : sequence of str, optional
        What to call the runs.
    sealed : bool, default False
        Whether stored runs are opened sealed, see :func:`open_run`.
    simulate : callable, optional
        What makes a run of a scenario, by default :func:`entitlement_sim.simulate`.

    Returns
    -------
    Comparison
        Where seed and customers are the same, differences are taken customer by customer, and it
        says so.

    Raises
    ------
    RunError
        There is no such run, or one is named twice; or a metric of `until` is not added up over
        replications.
    DamagedRun
        A part of a run's file is not as it was written.
    DocumentError
        A scenario or a change is wrong.
    ValueError
        A parameter lies outside, or there is no such metric.

    Examples
    --------
    >>> from entitlement_sim import Scenario, compare
    >>> base = Scenario.load("reference", overrides=["segments.everyone.customers=20"])
    >>> answer = compare(base, {"templates.ten-cases.total_terms": 12})
    >>> answer.metrics().set_index("metric").loc["used_cases", ["first", "second"]].tolist()
    [468.0, 529.0]
    """
    asked_until = check_asked(by, confidence, replications, until, at_most)
    is_replicated = replications is not None or until is not None
    wanted = metrics_named(metrics)
    return answered(
        [a, b, *others],
        names,
        by=by,
        confidence=confidence,
        replications=replications,
        until=asked_until,
        metrics=wanted,
        is_of_sums_alone=is_replicated and metrics is None,
        money=money,
        sealed=sealed,
        simulate=simulate,
    )


def check_asked(
    by: "Group | None",
    confidence: float,
    replications: int | None,
    until: Mapping[str, float] | None = None,
    at_most: int = AT_MOST,
) -> Until | None:
    """Refuse what cannot be asked, and return how closely differences are to be known.

    Raises
    ------
    ValueError
        A parameter lies outside.
    """
    if by not in (None, "segment", "template"):
        raise ValueError(f"by is segment or template, not {by!r}")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence lies between 0 and 1, not at {confidence}")
    if replications is not None and replications < 2:
        raise ValueError("replications are two or more: one says nothing about another")
    if until is None:
        return None
    if replications is not None:
        raise ValueError("until finds out how many replications it takes: leave replications out")
    metrics_named(list(until))
    return Until(until, at_most)


def answered(
    named: Sequence[Any],
    names: Sequence[str] | None,
    *,
    money: Mapping[str, Any] | Sequence[str] | None = None,
    sealed: bool = False,
    simulate: "Callable[..., Run] | None" = None,
    **asked: Any,
) -> "Comparison":
    """Open or simulate what is compared, and add it up while the rest is loaded.

    Parameters
    ----------
    named, names, sealed, simulate
        As :class:`~.sides.Sides` takes them.
    money : mapping or sequence of str, optional
        What support costs, for all of them.
    **asked
        What :class:`~.answer.Comparison` takes beside runs and their sums.
    """
    simulate = simulate or _simulate
    with ThreadPoolExecutor() as pool:
        # Pandas takes as long to load as two runs of the demo to be opened and read.
        loading = pool.submit(import_module, ".answer", __package__)
        sides = Sides(named, names, sealed=sealed, simulate=simulate)
        try:
            if money is not None:
                sides.reprice(money)
            reading = [pool.submit(_read, run) for run in sides.runs]
            answer: Comparison = loading.result().Comparison(sides, reading, simulate, **asked)
        except BaseException:
            sides.close()
            raise
    return answer


def _read(run: Run) -> "pd.DataFrame":
    from .by_customer import sums_by_customer

    return sums_by_customer(run)


def _simulate(scenario: "Scenario", **how: Any) -> Run:
    # Loaded where something is simulated: it takes longer than to compare two runs.
    from ..simulation import simulate

    return simulate(scenario, **how)
