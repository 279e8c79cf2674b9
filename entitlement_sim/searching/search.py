"""A search over offerings: the best of many, with how sure that is."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..documents import DocumentError
from ..inference.replicating import said_by_sums
from ..parameters import CHANGES, FUNCTION, NUMBER, TEXT, WHOLE, takes
from ..replications import BASE
from ..scenario.meant import SCENARIO, AnyScenario, scenario_meant
from ..scenario.pricing import unanswered_offers
from ..scenario.scenario import Scenario
from ..store.errors import RunError
from ..store.estimate import check_sums, estimate
from ..sweeping.designs import Design, designs_of
from ..sweeping.file import read_sweep
from ..sweeping.measuring import mean_between, quantile
from ..sweeping.metrics import METRICS, Aim, aim_of, key_of
from ..sweeping.trying import REGRET, RegretCosts, tried
from ..telling import listed, number, percent, printable, short_of_kind
from .answer import Constraint, Found, Judged
from .freedom import Free, at_bounds, free_of
from .selecting import LEAST_FIRST, Selection

#: Points that are all tried as often, where it is not said which difference matters.
MOST_ENUMERATED: Final = 2_000

#: Replications of all points before any is left out, where it is said.
_FIRST: Final = 10
#: Replications after which those that are left are looked at, to keep both cores busy.
_AT_A_TIME: Final = 4
#: Replications by which a break-even is reckoned.
_BREAK_EVEN: Final = 5

#: Called with how many simulations are done, and how many there are as far as is known.
Progress = Callable[[int, int], None]


@takes(
    base=SCENARIO,
    free=CHANGES,
    most=TEXT,
    where=CHANGES,
    confidence=NUMBER,
    worth=NUMBER,
    replications=WHOLE,
    budget=WHOLE,
    seed=WHOLE,
    costs=CHANGES,
    threads=WHOLE,
    progress=FUNCTION,
)
def search(
    base: AnyScenario,
    free: Mapping[str, Any],
    most: str,
    where: Mapping[str, tuple[str, float]] | None = None,
    *,
    confidence: float = 0.95,
    worth: float | None = None,
    replications: int = 20,
    budget: int | None = None,
    seed: int | None = None,
    costs: Mapping[str, Any] | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
    allow_large: bool = False,
) -> Found:
    """Return the best offering among all that a few free settings come to.

    Totals are whole and gates are steps, so nothing is assumed of the surface: every point is
    tried. Without `worth` each is tried equally often, up to 2,000 points. With it, points are left
    out as soon as the differences say so, by the procedure of Kim and Nelson (see
    :class:`~.selecting.Selection`): the best one is found with the asked confidence where it is
    better than all others by `worth` or more. All points meet the same draws.

    The winner and the runner-up are then judged again on replications that the choice has not seen,
    and those figures alone are reported: the ones it was chosen by are flattered.

    Parameters
    ----------
    base : Scenario, path or str
        What is sold today: a scenario, its file, or the name of a shipped one.
    free : mapping
        By path of the scenario a pair of whole numbers, the lowest and the highest, or a list of
        values.
    most : str
        Key of the metric that is to be as high as can be, with a minus where it is to be as low:
        ``"margin"``, ``"-refused"``. ``"-sizing_regret"`` is what unused and missing terms of packs
        of cases cost, for which `costs` says how much of each.
    where : mapping, optional
        By key of a metric ``("<=", bound)`` or ``(">=", bound)``. It holds where the limit of its
        interval does, for all points and conditions together (Bonferroni).
    confidence : float, default 0.95
        Where there are conditions, half of the error goes to them and half to the choice.
    worth : float, optional
        The difference in `most` that matters.
    replications : int, default 20
        How often every point is tried without `worth`; and the winner and the runner-up afterwards.
    budget : int, optional
        Simulations (points times replications) at the most before the choice; the first ten
        replications with `worth` are made in any case.
    seed : int, optional
        By default the scenario's own.
    costs : mapping, optional
        ``{"unused": …, "missing": …}`` of one term, for the sizing regret.
    threads : int, optional
        By default one for each processor.
    progress : callable, optional
        Called with how many simulations are done, and how many there are as far as is known.
    allow_large : bool, default False
        Whether a search is meant that takes more than an hour of processor time.

    Returns
    -------
    Found
        It prints as the answer.

    Raises
    ------
    DocumentError
        There is no such scenario, or no point makes a right one.
    ValueError
        A parameter lies outside, or a metric is unknown.
    RunError
        There are too many points; it would take too long; or a price, an overage price, a notice or
        a term is free that customers do not answer to: the message has the break-even.

    Examples
    --------
    >>> from entitlement_sim import Scenario
    >>> base = Scenario.load("reference", ["segments.everyone.customers=20"])
    >>> found = search(base, {"templates.ten-cases.total_terms": (9, 11)}, "-refused",
    ...                replications=5)
    >>> found.winner, found.at_bounds
    ({'templates.ten-cases.total_terms': 11}, ['templates.ten-cases.total_terms is the highest \
that was allowed, 11'])
    """
    if replications < LEAST_FIRST or (threads is not None and threads < 1):
        raise ValueError(f"replications must be at least {LEAST_FIRST}, and threads at least 1")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence}")
    if worth is not None and not worth > 0:
        raise ValueError(f"worth must be above 0, not {worth}")
    base = scenario_meant(base)
    settings = free_of(free)
    points = _points(base, settings, enumerated=worth is None)
    regret = None if costs is None else _regret_costs(costs)
    known = _known(base, points, regret)
    aim = aim_of(most, known)
    constraints = _constraints(where or {}, known)
    seed = base.model.seed if seed is None else seed
    asked = _Asked(
        base, settings, points, aim, constraints, confidence, seed, regret, threads, progress
    )
    asked.check(replications if worth is None else _FIRST, allow_large=allow_large)
    asked.refuse_unanswered()
    screened = asked.screen(worth, replications, budget)
    return asked.judge(screened, replications)


def _points(base: Scenario, free: Sequence[Free], *, enumerated: bool) -> list[Design]:
    count = int(np.prod([len(one.values) for one in free], dtype=np.float64))
    if enumerated and count > MOST_ENUMERATED:
        raise RunError(
            f"these settings come to {number(count)} points, and {number(MOST_ENUMERATED)} are "
            "tried one and all: say which difference matters (worth), so that points are left out "
            "early, or give fewer values"
        )
    crossed = read_sweep([{one.path: [*one.values] for one in free}])
    tried_points = designs_of(base, crossed)[1:]
    return list({design.id: design for design in tried_points if design.scenario}.values())


def _regret_costs(costs: Mapping[str, Any]) -> RegretCosts:
    if {*costs} != {"unused", "missing"}:
        raise ValueError("costs has 'unused' and 'missing', what one term of each costs")
    values = [Decimal(str(costs[key])) for key in ("unused", "missing")]
    if min(values) < 0 or sum(values) == 0:
        raise ValueError("costs must not be negative, and one of them must be above 0")
    return RegretCosts(*values)


def _known(base: Scenario, points: Sequence[Design], costs: RegretCosts | None) -> list[str]:
    moneys = [base.model.money, *(each.scenario.model.money for each in points if each.scenario)]
    said = said_by_sums(moneys)
    return [key for key in METRICS if key in said] + ([] if costs is None else [REGRET])


def _constraints(where: Mapping[str, Any], known: list[str]) -> list[Constraint]:
    found: list[Constraint] = []
    for metric, condition in where.items():
        key = key_of(metric, known)
        is_pair = isinstance(condition, tuple | list) and len(condition) == 2
        if not is_pair or condition[0] not in ("<=", ">="):
            raise ValueError(f'{metric} takes ("<=", bound) or (">=", bound), not {condition!r}')
        found.append(Constraint(key, condition[0] == "<=", float(condition[1])))
    return found


class _Screened:
    """Which points were chosen, and what of the first replications is shown."""

    def __init__(
        self,
        values: dict[str, NDArray[np.float64]],
        order: list[int],
        left: int,
        holds: NDArray[np.bool_],
        used: int,
        simulations: int,
    ) -> None:
        self.values, self.order, self.left = values, order, left
        self.holds, self.used, self.simulations = holds, used, simulations


class _Asked:
    """What is asked, and how it is answered step by step."""

    def __init__(
        self,
        base: Scenario,
        free: list[Free],
        points: list[Design],
        aim: Aim,
        constraints: list[Constraint],
        confidence: float,
        seed: int,
        costs: RegretCosts | None,
        threads: int | None,
        progress: Progress | None,
    ) -> None:
        self.base, self.free, self.points = base, free, points
        self.aim, self.constraints = aim, constraints
        self.confidence, self.seed = confidence, seed
        self._costs, self._threads, self._progress = costs, threads, progress
        self._done = self._total = 0
        # Half of the error goes to the conditions, where there are any.
        self.error = (1 - confidence) / (2 if constraints else 1)
        own = [aim.metric, *(each.metric for each in constraints)]
        self.metrics = list(dict.fromkeys(own))

    def check(self, replications: int, *, allow_large: bool) -> None:
        """Refuse what takes too long, going by the base.

        Raises
        ------
        RunError
            As :func:`~entitlement_sim.sums`.
        """
        check_sums(
            estimate(self.base.model, self.seed, base=self.base.base),
            self.base.model,
            replications=replications,
            offerings=len(self.points),
            by_customer=False,
            threads=self._threads or 1,
            allow_large=allow_large,
        )

    def refuse_unanswered(self) -> None:
        """Refuse settings that customers do not answer to, and say where they break even.

        Raises
        ------
        RunError
            There are such settings.
        """
        segments = list(
            dict.fromkeys(
                name
                for point in self.points
                if point.scenario is not None
                for name in unanswered_offers(self.base.model, point.scenario.model)
            )
        )
        if not segments:
            return
        alone = [one for one in self.free if self._is_unanswered(one)] or self.free
        paths = listed([printable(one.path) for one in alone])
        raise RunError(
            f"{paths} cannot be searched: customers of {listed(segments, most=3)} do not answer to "
            "what it asks of them (no answers_price), so that the best would be the most that is "
            f"allowed. {self._break_even(alone[0])}Write answers_price in these segments, or leave "
            "it out"
        )

    def _is_unanswered(self, one: Free) -> bool:
        return any(
            bool(unanswered_offers(self.base.model, other.model)) for _, other in self._ends(one)
        )

    def _ends(self, one: Free) -> list[tuple[Any, Scenario]]:
        """Return the scenarios with the first and the last value, the others as in the base."""
        ends = []
        for value in {0: one.values[0], 1: one.values[-1]}.values():
            try:
                ends.append((value, self.base.with_({one.path: value})))
            except DocumentError:
                continue
        return ends

    def _break_even(self, one: Free) -> str:
        ends = self._ends(one)
        known = _known(self.base, self.points, None)
        metric = next(key for key in (self.aim.metric, "margin", "bookings") if
                      key in known and key in ("margin", "revenue", "bookings"))  # fmt: skip
        offerings = {BASE: self.base} | {str(value): other for value, other in ends}
        values = tried(offerings, range(_BREAK_EVEN), self.seed, [metric], threads=self._threads)[
            metric
        ].mean(axis=0)
        gains = values[1:] - values[0]
        if not len(gains) or not gains.max() > 0:
            return ""
        best = int(gains.argmax())
        share = min(float(gains[best] / values[1 + best]), 1.0) if values[1 + best] > 0 else 1.0
        told = METRICS[metric]
        gain = short_of_kind(told.kind, float(gains[best]), self.base.model.currency)
        return (
            f"Break-even: with {printable(one.path)} at {printable(str(ends[best][0]))}, "
            f"there is {gain} more of {told.name}, which is gone once {percent(share)} of the "
            "customers leave. "
        )

    # ------------------------------------------------------------------ screening

    def screen(self, worth: float | None, replications: int, budget: int | None) -> _Screened:
        """Try all points, and choose."""
        first = replications if worth is None else _FIRST
        values = self._try([*range(len(self.points))], range(first))
        holds = self._holding(values)
        chosen = np.flatnonzero(holds & ~np.isnan(values[self.aim.metric]).any(axis=0))
        aimed = values[self.aim.metric] * self.aim.sign
        if not len(chosen):
            return _Screened(values, [], 0, holds, first, self._done)
        if worth is None:
            order = chosen[np.argsort(-aimed[:, chosen].mean(axis=0), kind="stable")]
            tied = self._tied(aimed, order)
            return _Screened(values, order.tolist(), tied, holds, first, self._done)
        selection = Selection(
            aimed[:, chosen],
            worth=worth,
            confidence=1 - self.error,
            designs=len(self.points),
        )
        by_first = np.argsort(-aimed[:, chosen].mean(axis=0), kind="stable")
        before = by_first
        used = first
        while not selection.is_over:
            left = selection.order()
            if budget is not None and self._done + len(left) * _AT_A_TIME > budget:
                break
            places = sorted(selection.left.tolist())
            more = self._try([int(chosen[place]) for place in places],
                             range(used, used + _AT_A_TIME))  # fmt: skip
            used += _AT_A_TIME
            for row in more[self.aim.metric] * self.aim.sign:
                if selection.is_over:
                    break
                before = selection.order()
                selection.add(row[np.searchsorted(places, selection.left)])
        left = selection.order()
        others = [place for place in [*before, *by_first] if place not in left]
        order = chosen[list(dict.fromkeys([*left.tolist(), *map(int, others)]))]
        return _Screened(values, order.tolist(), len(left), holds, used, self._done)

    def _try(
        self, places: list[int], replications: Sequence[int]
    ) -> dict[str, NDArray[np.float64]]:
        offerings = {
            self.points[place].id: scenario
            for place in places
            if (scenario := self.points[place].scenario) is not None
        }
        return self._tried(offerings, replications)

    def _tried(
        self, offerings: Mapping[str, Scenario], replications: Sequence[int]
    ) -> dict[str, NDArray[np.float64]]:
        self._total = self._done + len(offerings) * len(replications)
        return tried(
            offerings,
            replications,
            self.seed,
            self.metrics,
            costs=self._costs,
            threads=self._threads,
            done=self._tell,
        )

    def _tell(self, more: int) -> None:
        self._done += more
        if self._progress is not None:
            self._progress(self._done, self._total)

    def _holding(self, values: Mapping[str, NDArray[np.float64]]) -> NDArray[np.bool_]:
        """Return of which points all conditions hold, for all of them together."""
        holds = np.ones(len(self.points), np.bool_)
        tests = len(self.points) * max(len(self.constraints), 1)
        for constraint in self.constraints:
            own = values[constraint.metric]
            # One-sided: the limit on the side of the bound alone.
            off = quantile(1 - 2 * min(self.error / tests, 0.25), len(own) - 1)
            error = own.std(axis=0, ddof=1) / np.sqrt(len(own))
            sign = 1 if constraint.is_at_most else -1
            limit = own.mean(axis=0) + sign * off * error
            holds &= sign * limit <= sign * constraint.bound  # what is not known does not hold
        return holds

    def _tied(self, aimed: NDArray[np.float64], order: NDArray[np.intp]) -> int:
        """Return how many points cannot be told from the best by its mean, it included."""
        pairs = max(len(order) - 1, 1)
        ahead = aimed[:, order[:1]] - aimed[:, order]
        off = quantile(1 - 2 * min(self.error / pairs, 0.25), len(aimed) - 1)
        error = ahead.std(axis=0, ddof=1) / np.sqrt(len(aimed))
        return int((ahead.mean(axis=0) - off * error <= 0).sum())

    # ------------------------------------------------------------------ judging

    def judge(self, screened: _Screened, replications: int) -> Found:
        """Judge the winner and the runner-up again, on replications that nobody has seen."""
        order = screened.order
        judged: list[Judged] = []
        if order:
            names = {BASE: self.base}
            for place in order[:2]:
                scenario = self.points[place].scenario
                assert scenario is not None
                names[self.points[place].name] = scenario
            fresh = range(screened.used, screened.used + replications)
            judged = self._judged(names, self._tried(names, fresh))
        winner = self.points[order[0]] if order else None
        return Found(
            base=self.base,
            points=self.points,
            aim=self.aim,
            constraints=self.constraints,
            confidence=self.confidence,
            order=order,
            left=screened.left,
            holds=screened.holds,
            values=screened.values,
            judged=judged,
            fresh=replications,
            simulations=self._done,
            at_bounds=[] if winner is None else at_bounds(self.free, winner.settings),
        )

    def _judged(
        self, names: Mapping[str, Scenario], values: Mapping[str, NDArray[np.float64]]
    ) -> list[Judged]:
        rows = []
        places = {name: place for place, name in enumerate(names)}
        winner = [*names][1]
        tests = max(len(names) - 1, 1)
        share = 1 - (1 - self.confidence) / tests
        for name, place in places.items():
            for metric in self.metrics:
                own = values[metric][:, place]
                mean, low, high, _ = mean_between(own, self.confidence)
                ahead = values[metric][:, places[winner]] - own
                difference, least, most, _ = mean_between(ahead, share)
                known = name != winner
                rows.append(
                    Judged(
                        name, metric, mean, low, high,
                        difference if known else np.nan,
                        least if known else np.nan,
                        most if known else np.nan,
                    )
                )  # fmt: skip
        return rows
