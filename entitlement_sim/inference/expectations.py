"""Whether what a scenario expects of its contracts holds, over replications."""

import html
import os
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..engine.blocks import simulate_blocks
from ..engine.tables import NO_AMOUNT, NO_TIME, Block
from ..metrics.exact_shares import OneSided, clopper_pearson_sides, share_over_groups
from ..parameters import FUNCTION, WHOLE, takes
from ..population.calendar_days import DAY
from ..population.plan import plan
from ..recentring import renewal_offsets
from ..rules.words import Outcome, Reason, RuleId
from ..scenario.meant import SCENARIO, AnyScenario, scenario_meant
from ..scenario.models import Expectation
from ..scenario.scenario import Scenario
from ..store.estimate import check_sums, estimate
from ..telling import Right, Table, counted, limits, number, percent, printable

if TYPE_CHECKING:
    import pandas as pd

#: What is said of an expectation.
Verdict = Literal["holds", "does not hold", "cannot tell yet"]

#: Replications that nobody will make, so that no number of them is named.
_TOO_MANY: Final = 100_000

#: With fewer replications answers are wrong more often than is asked for; see
#: ``docs/expectations.md``.
_ENOUGH: Final = 20

#: What happens, as a sentence says it of several.
_HAPPENS: Final = {
    "turned_away_before": "are turned away",
    "refused_before": "have a case refused",
    "exhausted_before": "have used all terms",
}


class Expected(NamedTuple):
    """What is expected, and of which template.

    Attributes
    ----------
    template : str or None
        None means all.
    expectation : Expectation
    """

    template: str | None
    expectation: Expectation

    def __str__(self) -> str:
        said = self.expectation
        side = "at least" if said.at_most is None else "at most"
        whose = f" of {printable(said.segment)}" if said.segment is not None else ""
        held = f" of {printable(self.template)}" if self.template is not None else ""
        if said.share_of == "customers" and self.template is not None:
            held = f" with {printable(self.template)}"
        when = "the term ends" if said.before == 1 else f"{percent(said.before)} of the term"
        return (
            f"{side} {percent(said.bound)} of {said.share_of}{held}{whose} "
            f"{_HAPPENS[said.happens]} before {when}"
        )


@dataclass(frozen=True)
class Answer:
    """What is said of an expectation.

    Attributes
    ----------
    expected : Expected
    happened, counted : int
        Of how many customers or contracts it happened, and how many were counted, in all
        replications.
    share, low, high : float
        The share, and its limits, each of which holds with the chance `sure`; NaN where none were
        counted.
    verdict : {"holds", "does not hold", "cannot tell yet"}
    needed : int or None
        Where it cannot be told: about how many replications would tell, going by the share that
        was found. None where it is told, or where no number of them is likely to.
    """

    expected: Expected
    happened: int
    counted: int
    share: float
    low: float
    high: float
    verdict: Verdict
    needed: int | None


class CheckedExpectations:
    """What is said of every expectation of a scenario; made by :func:`check_expectations`.

    It prints as the answer.

    Attributes
    ----------
    answers : list of Answer
        Of the scenario's own expectations, then of those of its templates.
    replications : int
    """

    def __init__(self, answers: list[Answer], replications: int) -> None:
        self.answers = answers
        self.replications = replications

    @property
    def broken(self) -> list[Answer]:
        """Those that do not hold."""
        return [answer for answer in self.answers if answer.verdict == "does not hold"]

    @property
    def untold(self) -> list[Answer]:
        """Those of which it cannot be told yet."""
        return [answer for answer in self.answers if answer.verdict == "cannot tell yet"]

    def frame(self) -> "pd.DataFrame":
        """Return a row for each expectation.

        Returns
        -------
        DataFrame
            `expectation` (as a sentence), `template`, `happened`, `counted`, `share`, `low`,
            `high`, `bound`, `sure`, `verdict` and `needed` (missing where no number is known).
        """
        import pandas as pd

        frame = pd.DataFrame(
            [
                (
                    str(answer.expected), answer.expected.template, answer.happened,
                    answer.counted, answer.share, answer.low, answer.high,
                    answer.expected.expectation.bound, answer.expected.expectation.sure,
                    answer.verdict, answer.needed,
                )
                for answer in self.answers
            ],
            columns=[
                "expectation", "template", "happened", "counted", "share", "low", "high", "bound",
                "sure", "verdict", "needed",
            ],
        )  # fmt: skip
        return frame.astype({"needed": "Int64"})

    def __repr__(self) -> str:
        return "\n".join([self._table().text(), "", *self._sentences()])

    def _repr_html_(self) -> str:
        notes = "".join(f"<p>{html.escape(text)}</p>" for text in self._sentences())
        return self._table().html() + notes

    def _table(self) -> Table:
        rows = [
            (
                str(answer.expected),
                f"{number(answer.happened)} of {number(answer.counted)}",
                percent(answer.share),
                limits(answer.low, answer.high, percent),
                answer.verdict,
            )
            for answer in self.answers
        ]
        headings = ["expected", Right("found"), Right("share"), Right("limits"), "answer"]
        return Table(headings, rows)

    def _sentences(self) -> list[str]:
        said = [
            f"Over {counted(self.replications, 'replication')}; counted is what began in the run "
            "and had come so far before its end. Each limit holds as surely as the expectation "
            "asks."
        ]
        if self.replications < _ENOUGH:
            said.append(
                f"Fewer than {_ENOUGH} replications seldom show what rare incidents do, so limits "
                "may be too narrow."
            )
        for answer in self.untold:
            if answer.counted == 0:
                said.append(f"Nothing to count: {answer.expected}.")
            elif answer.needed is not None:
                said.append(
                    f"About {number(answer.needed)} replications would tell whether "
                    f"{answer.expected}."
                )
            else:
                said.append(
                    f"{percent(answer.share)} is so near to the bound that no number of "
                    f"replications is likely to tell whether {answer.expected}."
                )
        return said


@takes(scenario=SCENARIO, replications=WHOLE, seed=WHOLE, threads=WHOLE, progress=FUNCTION)
def check_expectations(
    scenario: AnyScenario,
    replications: int = 20,
    *,
    seed: int | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    allow_large: bool = False,
) -> CheckedExpectations:
    """Hold what a scenario expects against replications, each with all drawn anew.

    An expectation holds where the limit of the share on the side of its bound keeps to it, and
    does not hold where the other limit breaks it; each limit is one-sided and holds with the
    chance that the expectation asks for (`sure`). Between them it cannot be told yet. Customers of
    one replication share its incidents and busy days, so limits go by how much replications
    differ: see :func:`~entitlement_sim.metrics.exact_shares.share_over_groups`. Whoever looks
    again and again with more replications until an answer comes is less sure than that.

    Counted are contracts that begin in the run, are activated, and whose share of the term has
    passed before its end; what is cancelled earlier stays in the count. A customer is counted with
    one such contract or more.

    Parameters
    ----------
    scenario : Scenario, path or str
        A scenario, its file, or the name of a shipped one.
    replications : int, default 20
        How many, at least 2; they are numbered from 0.
    seed : int, optional
        By default the scenario's own.
    threads : int, optional
        By default one for each processor.
    progress : callable, optional
        Called with how many replications are done, and how many there are.
    allow_large : bool, default False
        Whether replications are meant that take more than an hour of processor time.

    Returns
    -------
    CheckedExpectations
        It prints as the answer.

    Raises
    ------
    DocumentError
        There is no such scenario, or something in it is wrong.
    ValueError
        There are fewer than 2 replications, or the scenario expects nothing.
    RunError
        It would take too long.

    Examples
    --------
    >>> from entitlement_sim import Scenario
    >>> scenario = Scenario.load("reference", ["segments.everyone.customers=20",
    ...     "expect={exhausted_before: 0.5, at_most: 0.9}"])
    >>> checked = check_expectations(scenario, 5)
    >>> [(answer.happened, answer.counted, answer.verdict) for answer in checked.answers]
    [(23, 100, 'holds')]
    """
    scenario = scenario_meant(scenario)
    expected = expectations_of(scenario)
    if replications < 2 or (threads is not None and threads < 1):
        raise ValueError("replications must be at least 2, and threads at least 1")
    if not expected:
        raise ValueError(
            f"{scenario.name} expects nothing: write expect, such as "
            "expect: { turned_away_before: 0.8, share_of: customers, at_most: 0.05, sure: 0.95 }"
        )
    tallies = counts_by_replication(
        scenario, expected, range(replications), seed=seed, threads=threads, progress=progress,
        allow_large=allow_large,
    )  # fmt: skip
    answers = [
        answer_of(one, tallies[:, place, 0], tallies[:, place, 1])
        for place, one in enumerate(expected)
    ]
    return CheckedExpectations(answers, replications)


def expectations_of(scenario: Scenario) -> list[Expected]:
    """Return what a scenario expects: its own expectations, then those of its templates."""
    model = scenario.model
    own = [Expected(one.template, one) for one in model.expect]
    return own + [
        Expected(name, one) for name, template in model.templates.items() for one in template.expect
    ]


def counts_by_replication(
    scenario: Scenario,
    expected: list[Expected],
    replications: range,
    *,
    seed: int | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    allow_large: bool = False,
) -> NDArray[np.int64]:
    """Return of how many customers or contracts it happened, and how many count.

    Parameters
    ----------
    scenario, seed, threads, progress, allow_large
        As of :func:`check_expectations`.
    expected : list of Expected
    replications : range
        Their numbers.

    Returns
    -------
    ndarray of int64, shape (replications, expectations, 2)

    Raises
    ------
    RunError
        It would take too long.
    """
    model = scenario.model
    seed = model.seed if seed is None else seed
    check_sums(
        estimate(model, seed, base=scenario.base),
        model,
        replications=len(replications),
        offerings=1,
        by_customer=False,
        threads=threads or os.cpu_count() or 1,
        allow_large=allow_large,
    )
    offsets = renewal_offsets(scenario)
    places = _Places(list(model.templates), list(model.segments))
    tallies = np.zeros((len(replications), len(expected), 2), np.int64)
    for place, replication in enumerate(replications):
        drawn = plan(model, seed, replication, scenario.base, offsets)
        days = range(int(drawn.run[0]["window"]), int(drawn.run[0]["stop"]))
        for block in simulate_blocks(drawn, threads=threads):
            tallies[place] += [_tally(one, block, days, places) for one in expected]
        if progress is not None:
            progress(place + 1, len(replications))
    return tallies


def answer_of(expected: Expected, happened: NDArray[np.int64], counts: NDArray[np.int64]) -> Answer:
    """Say whether an expectation holds.

    Parameters
    ----------
    expected : Expected
    happened, counts : ndarray of int64
        By replication: of how many it happened, and how many count.
    """
    said = expected.expectation
    found = share_over_groups(happened, counts, confidence=said.sure)
    verdict = verdict_of(said, found.low, found.high)
    needed = None
    if verdict == "cannot tell yet" and found.effective > 0:
        needed = _needed(said, found, len(counts))
    return Answer(
        expected, int(happened.sum()), int(counts.sum()),
        found.value, found.low, found.high, verdict, needed,
    )  # fmt: skip


def verdict_of(said: Expectation, low: float, high: float) -> Verdict:
    """Say whether an expectation holds, by the one-sided limits of its share."""
    within, beyond = (high, low) if said.at_most is not None else (low, high)
    sign = 1 if said.at_most is not None else -1
    if sign * within <= sign * said.bound:
        return "holds"
    if sign * beyond > sign * said.bound:
        return "does not hold"
    return "cannot tell yet"


def _needed(said: Expectation, found: OneSided, replications: int) -> int | None:
    """Return how many replications would tell, if the share stayed what it is."""

    def tells(more: int) -> bool:
        trials = found.effective * more / replications
        sides = clopper_pearson_sides(found.value * trials, trials, confidence=said.sure)
        return verdict_of(said, *sides) != "cannot tell yet"

    most = replications
    while not tells(most):
        most *= 2
        if most > _TOO_MANY:
            return None
    least = max(most // 2, replications)
    while most - least > max(1, most // 50):
        middle = (least + most) // 2
        least, most = (least, middle) if tells(middle) else (middle, most)
    return most


# ------------------------------------------------------------------------------- the counts


class _Places(NamedTuple):
    """Names in the order of their numbers in a block."""

    templates: list[str]
    segments: list[str]


def _tally(
    expected: Expected, block: Block, days: range, places: _Places
) -> tuple[int, int]:  # fmt: skip
    """Return of how many of a block it happened, and how many count."""
    said = expected.expectation
    held = block["entitlements"]
    if not len(held["entitlement_id"]):
        return 0, 0
    share = Fraction(str(said.before))
    length = held["end_date"].astype(np.int64) - held["start_date"] + 1
    passed = held["start_date"] + -(-length * share.numerator // share.denominator)
    counts = (
        (held["activated_on"] != NO_TIME) & (held["start_date"] >= days.start)
        & (passed <= days.stop)
    )  # fmt: skip
    if expected.template is not None:
        counts &= held["template_id"] == 1 + places.templates.index(expected.template)
    if said.segment is not None:
        own = block["customers"]
        of = held["customer_id"] - own["customer_id"][0]
        counts &= own["segment"][of] == places.segments.index(said.segment)
    if said.happens == "exhausted_before":
        counts &= held["total_terms"] != NO_AMOUNT
    happened = np.zeros(len(counts), np.bool_)
    of, at = _events(said, block)
    happened[of[at < passed[of] * DAY]] = True
    happened &= counts
    if said.share_of == "contracts":
        return int(happened.sum()), int(counts.sum())
    customers = held["customer_id"]
    return len(np.unique(customers[happened])), len(np.unique(customers[counts]))


def _events(
    said: Expectation, block: Block
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:  # fmt: skip
    """Return the place of the contract of each event of a block, and its minute."""
    ledger = block["ledger"]
    if said.happens == "exhausted_before":
        chosen = (ledger["reason"] == Reason.CONSUME) & (ledger["balance"] <= 0)
    else:
        chosen = (ledger["reason"] == Reason.REFUSED) & (ledger["rule"] == RuleId.G1)
        cases = block["cases"]
        if len(cases["case_id"]):
            case = np.maximum(ledger["case_id"] - cases["case_id"][0], 0)
            chosen &= cases["created_at"][case] == ledger["happened_at"]
            if said.happens == "turned_away_before":
                chosen &= cases["outcome"][case] == Outcome.TURNED_AWAY
    first = block["entitlements"]["entitlement_id"][0]
    of = (ledger["entitlement_id"][chosen] - first).astype(np.int64)
    return of, ledger["happened_at"][chosen].astype(np.int64)
