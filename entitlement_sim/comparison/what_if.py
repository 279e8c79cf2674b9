"""Ask what other offerings would come to: alternatives by name, held against one scenario."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from ..parameters import CHANGES, DAY, FUNCTION, NUMBER, TEXT, TEXTS, WHOLE, takes
from ..store.errors import RunError
from ..store.run import Run, open_run
from ..telling import printable
from .alternatives import alternatives_to, revisions_of, standing
from .compare import RUN_OR_SCENARIO, answered, check_asked
from .measures import metrics_named
from .sides import scenario_named
from .until import AT_MOST, check_refinable

if TYPE_CHECKING:
    import datetime as dt

    from ..scenario.meant import AnyScenario
    from ..scenario.scenario import Overrides, Scenario
    from .answer import Comparison, Group

#: How a change meets contracts that are open on its day.
AppliesTo = Literal["new", "at_renewal", "all"]

#: Processor time that replications after the first may take together, by the estimate that is made
#: before. The first one is made of the whole runs.
_SECONDS: Final = 3.0
#: Replications at the least and at the most where none are asked for.
_FEWEST, _MOST = 5, 40


@takes(
    base=RUN_OR_SCENARIO,
    alternatives=CHANGES,
    by=TEXT,
    confidence=NUMBER,
    replications=WHOLE,
    until=CHANGES,
    at_most=WHOLE,
    metrics=TEXTS,
    applies=TEXT,
    from_=DAY,
    simulate=FUNCTION,
)
def what_if(
    base: "Run | Scenario | str | os.PathLike[str]",
    alternatives: "Mapping[str, AnyScenario | Overrides]",
    *,
    by: "Group | None" = None,
    confidence: float = 0.95,
    replications: int | None = None,
    until: Mapping[str, float] | None = None,
    at_most: int = AT_MOST,
    metrics: Sequence[str] | None = None,
    applies: "AppliesTo | None" = None,
    from_: "dt.date | None" = None,
    sealed: bool = False,
    simulate: "Callable[..., Run] | None" = None,
) -> "Comparison":
    """Say what other offerings would come to, for the same customers with the same cases.

    What is a sum (cases, bookings, renewals and the like) is a mean over replications, in which
    everything is drawn anew, with limits over them. What needs rows (recognised revenue, service
    levels and the like) is of the first replication, with limits over its customers.

    Parameters
    ----------
    base : Run, Scenario, str or path
        What is sold today: a scenario (or the name or file of one), or a simulated run.
    alternatives : mapping
        By name what is changed in it, as :meth:`Scenario.with_` takes it; or another scenario, the
        file or name of one, or a file of changes (YAML: a path and its value in each line).
    by : {"segment", "template"}, optional
        What the answer is told apart by where it is printed.
    confidence : float, default 0.95
        Of all alternatives together (Bonferroni).
    replications : int, optional
        By default as many as take about three seconds of processor time beyond the first, which
        are the runs themselves: between 5 and 40.
    until : mapping of str to float, optional
        In place of `replications`: by the key of a metric, half of the width that the limits of
        its difference may have (of shares in fractions of 1). There are 20, 40, 80 replications and
        so on, until limits of all alternatives are as close twice in a row.
    at_most : int, default 200
        Replications at which that ends in any case.
    metrics : sequence of str, optional
        Keys of the metrics that are asked for, by default all.
    applies : {"new", "at_renewal", "all"}, optional
        How the change meets contracts that are open on its day: they keep their offering, also
        when they are renewed (`new`); they take the changed one at their renewal (`at_renewal`);
        they are edited on the day, too, as far as the rules allow (`all`). By default each
        offering is sold from the beginning, so that there are no such contracts.
    from_ : date, optional
        The day of the change, by default the first one. Needs `applies`.
    sealed : bool, default False
        Whether a stored run is opened sealed, see :func:`open_run`.
    simulate : callable, optional
        What makes a run of a scenario, by default :func:`entitlement_sim.simulate`.

    Returns
    -------
    Comparison
        It prints as the answer: five sentences (what it earns, whom it refuses, who loses, how
        sure, what would have to be true for it to be wrong), then the rest, with the money of each
        alternative and who wins and who loses.

    Raises
    ------
    DocumentError
        There is no such scenario, or a change is wrong.
    RunError
        There is no such run, or no scenario of it; an alternative is the same as the base or as
        another one; a setting of one is so already; or a metric of `until` is not added up over
        replications.
    ValueError
        A parameter lies outside, there is no such metric, or no alternative; or `from_` stands
        without `applies`.

    Examples
    --------
    >>> from entitlement_sim import Scenario, what_if
    >>> base = Scenario.load("reference", overrides=["segments.everyone.customers=20"])
    >>> answer = what_if(base, {"twelve": {"templates.ten-cases.total_terms": 12}})
    >>> answer.metrics().set_index("metric").loc["turned_away", "moved"].item()
    False
    >>> answer.outcomes()[["customers", "covered_more", "covered_fewer"]].values.tolist()
    [[20, 19, 0]]
    """
    asked_until = check_asked(by, confidence, replications, until, at_most)
    if not alternatives:
        raise ValueError("there is no alternative: name one and what it changes")
    wanted = metrics_named(metrics)
    from .replicated import that_are_sums  # which loads compiled code

    if from_ is not None and applies is None:
        raise ValueError("from_ is the day of a change that 'applies' to contracts: say to which")
    offering = offering_of(base, sealed=sealed)
    if applies is not None and (stands := standing(offering)) is not offering:
        base = offering = stands  # so that both sides come from the same base
    others = alternatives_to(offering, alternatives)
    if applies is not None:
        others = revisions_of(offering, others, applies, from_)
    moneys = [each.model.money for each in (offering, *others.values())]
    sums = that_are_sums(wanted, moneys)
    if asked_until is not None:
        check_refinable(asked_until, sums)
    elif sums and replications is None:
        replications = replications_that_fit([offering, *others.values()])
    asked: dict[str, Any] = {"replications": None, "metrics": wanted}
    if sums:
        asked = {
            "replications": replications,
            "until": asked_until,
            "metrics": sums,
            "of_first_pair": [metric for metric in wanted if metric not in sums],
        }
    return answered(
        [base, *others.values()],
        [offering.model.scenario, *others],
        by=by,
        confidence=confidence,
        asks_what_if=True,
        sealed=sealed,
        simulate=simulate,
        **asked,
    )


def offering_of(base: Any, *, sealed: bool) -> "Scenario":
    """Return the scenario that alternatives change.

    Parameters
    ----------
    base : Run, Scenario, str or path
    sealed : bool

    Raises
    ------
    DocumentError
        Something in the scenario is wrong.
    RunError
        There is no such run, it was imported, or its scenario cannot be read.
    """
    if isinstance(base, str | os.PathLike):
        scenario = scenario_named(Path(base))
        if scenario is not None:
            return scenario
        with open_run(Path(base), sealed=sealed) as run:
            return offering_of(run, sealed=sealed)
    if not isinstance(base, Run):
        offering: Scenario = base
        return offering
    if base.manifest.source != "simulated":
        raise RunError(
            f"the run {printable(base.name)} was imported: nothing of it is drawn, so that no "
            "other offering can be tried on it"
        )
    return base.scenario


def replications_that_fit(offerings: "Sequence[Scenario]") -> int:
    """Return how many replications take a few seconds, by an estimate: the same on any machine."""
    from ..store.estimate import estimate

    once = sum(estimate(offering.model, base=offering.base).summed(1) for offering in offerings)
    return int(min(max(1 + _SECONDS / once, _FEWEST), _MOST)) if once else _MOST
