"""What each customer is like, by what it has done so far: its rate of cases, its chance to leave.

Rates are gamma-distributed among the customers of a segment, and so many cases in so much time tell
of each one's own: gamma-Poisson, with uses that come in bunches counting for as many as tell as
much alone. Refused cases are demand, too. Time counts while a customer writes: under cover, while
it waits for a contract, and for as long as the scenario says that demand lasts after it.
"""

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..engine.going_on import PROSPECTS
from ..population.customers import NEVER
from ..population.days import YEAR
from ..population.distributions import rough_mean
from ..population.plan import Plan, plan
from ..replay.from_rows import DAYS
from ..rules.days import day_of
from ..scenario.models import Distribution, ScenarioModel, Segment

if TYPE_CHECKING:
    from ..store.run import Run

Floats = NDArray[np.float64]

#: Days after its end within which a contract that is awaited may still be renewed late.
_STILL_LATE: Final = 60
#: Days for which a first contract is waited for at most.
_LONGEST_WAIT: Final = 60
#: Mean lives of a demand after cover that are looked at.
_LIVES: Final = 8


class Rates(NamedTuple):
    """What customers are like, and what they have asked for.

    Attributes
    ----------
    prospects : ndarray of PROSPECTS
        In the order of the customers.
    expected : ndarray of float
        Cases that were to be expected of each day of the record, at their mean rates.
    scatter : float
        Variance of counts over their mean, for bunches.
    cases : ndarray of int64
        Of each customer.
    """

    prospects: NDArray[Any]
    expected: Floats
    scatter: float
    cases: NDArray[np.int64]


def plain_calendar(model: ScenarioModel) -> ScenarioModel:
    """Return a scenario whose days differ only by what is declared, and by nothing drawn."""
    level = model.calendar.level.model_copy(update={"sd": 0.0})
    calendar = model.calendar.model_copy(update={"level": level, "day_spread": 0.0})
    return model.model_copy(update={"calendar": calendar, "history": None, "revision": None})


def on_days(model: ScenarioModel, first: int, days: int) -> ScenarioModel:
    """Return a scenario on other days, without a past."""
    calendar = model.calendar.model_copy(update={"start": day_of(first), "days": days})
    return model.model_copy(update={"calendar": calendar, "history": None, "revision": None})


class Done(NamedTuple):
    """What customers have done up to the close of a day, as far as it says what they are like.

    Attributes
    ----------
    customers : DataFrame
        ``customer_id``, ``segment``, ``joined``.
    begins, last : int
        First and last day of the record.
    cases : ndarray of int64
        Of each customer.
    covered : DataFrame
        Stretches of cover, by customer and time: ``customer_id``, ``first_day``, ``last_day``.
    renewed : DataFrame
        Of the last contract of each chain: ``customer_id``, ``renewed`` (how often), ``since`` (for
        how many days it has expired; missing where it has not).
    resumed : DataFrame
        Of contracts that follow one that had expired more than a day before: ``customer_id``,
        ``after`` (by how many days they follow).
    """

    customers: pd.DataFrame
    begins: int
    last: int
    cases: NDArray[np.int64]
    covered: pd.DataFrame
    renewed: pd.DataFrame
    resumed: pd.DataFrame


def done_by(run: "Run", customers: pd.DataFrame, begins: int, last: int) -> Done:
    """Return what the customers of a run have done up to the close of a day.

    Parameters
    ----------
    run : Run
    customers : DataFrame
        ``customer_id``, ``segment``, ``joined``.
    begins, last : int
        First and last day of the record.
    """
    counted = run._execute(
        f"""SELECT customer_id, count(*) AS n FROM arrived_cases
        WHERE {DAYS.format("created_at::DATE")} BETWEEN {begins} AND {last}
        GROUP BY customer_id"""
    ).df()
    covered = run._execute(
        f"""SELECT customer_id, {DAYS.format("first_day")} AS first_day,
               {DAYS.format("last_day")} AS last_day
        FROM covered_customers ORDER BY customer_id, first_day"""
    ).df()
    known = f"WITH known AS (FROM entitlements WHERE {DAYS.format('created_on')} <= {last})"
    renewed = run._execute(
        f"""{known}
        SELECT customer_id, renewal_number::BIGINT AS renewed,
               CASE WHEN ended_by = 'expiry' THEN {last} - {DAYS.format("ended_on")} END AS since
        FROM known
        WHERE entitlement_id NOT IN (
            SELECT predecessor_id FROM known WHERE predecessor_id IS NOT NULL
        )"""
    ).df()
    resumed = run._execute(
        f"""{known}
        SELECT later.customer_id, later.created_on - ended.ended_on AS after
        FROM known AS later JOIN known AS ended ON ended.entitlement_id = later.predecessor_id
        WHERE ended.ended_by = 'expiry' AND later.created_on - ended.ended_on > 1
        ORDER BY later.entitlement_id"""
    ).df()
    covered = covered[covered["customer_id"].isin(customers["customer_id"])]
    covered = covered[covered["first_day"] <= last]
    return Done(customers, begins, last, _of(customers, counted, "n"), covered, renewed, resumed)


def rates_of(done: Done, model: ScenarioModel, level: float = 1.0) -> Rates:
    """Return what customers are like by all that they have done.

    Parameters
    ----------
    done : Done
    model : ScenarioModel
        Whose calendar begins with the run.
    level : float, default 1
        What the level that all share came to on the average: cases of a time in which it was
        higher tell of lower rates.
    """
    customers, begins, last, cases = done.customers, done.begins, done.last, done.cases
    days = last - begins + 1
    planned = plan(on_days(plain_calendar(model), begins, days), 0)
    writing = _Writing(done, model, planned)
    exposure = level * writing.exposure
    prospects = np.zeros(len(customers), PROSPECTS)
    prospects["segment"] = customers["segment"]
    prospects["ordinal"] = np.arange(len(customers))
    prospects["joined"] = customers["joined"]
    renewed, left = _renewals(done, model)
    scatters = np.ones(len(customers))
    for number, segment in enumerate(model.segments.values()):
        own = (customers["segment"] == number).to_numpy()
        scatter = 1.0 / max(1.0 - segment.cases.follow_ups.mean, 0.1) ** 2
        scatters[own] = scatter
        posterior = _posterior(segment, model, cases[own], exposure[own], scatter)
        for name, values in posterior.items():
            prospects[name][own] = values
        beta = segment.renewal.inclination.beta_geometric
        if beta is not None:
            prospects["leave_alpha"][own] = beta.alpha + left[own]
            prospects["leave_beta"][own] = beta.beta + renewed[own]
    prospects["writes"] = ~writing.holds & (cases > 0)
    later = (customers["joined"] > last).to_numpy()
    prospects["joined"][later] = NEVER
    prospects["per_day"][later] = prospects["key_per_day"][later] = 0.0
    means = mean_rates(prospects)
    weights = means * writing.exposure
    scatter = float(np.average(scatters, weights=weights)) if weights.sum() > 0 else 1.0
    return Rates(prospects, writing.expected(means), scatter, cases)


def mean_rates(prospects: NDArray[Any]) -> Floats:
    """Return the cases a day that are expected of customers, be they key accounts or not."""
    rates: Floats = (
        prospects["per_day"] * (1.0 - prospects["key_share"])
        + prospects["key_per_day"] * prospects["key_share"]
    )
    return rates


def new_prospects(model: ScenarioModel, segments: NDArray[np.int64]) -> NDArray[Any]:
    """Return customers of whom nothing is known but their segment, who have not joined yet."""
    prospects = np.zeros(len(segments), PROSPECTS)
    prospects["segment"] = segments
    for number, segment in enumerate(model.segments.values()):
        own = segments == number
        none = np.zeros(int(own.sum()))
        for name, values in _posterior(segment, model, none, none, 1.0).items():
            prospects[name][own] = values
        beta = segment.renewal.inclination.beta_geometric
        if beta is not None:
            prospects["leave_alpha"][own] = beta.alpha
            prospects["leave_beta"][own] = beta.beta
    return prospects


def _posterior(
    segment: Segment,
    model: ScenarioModel,
    cases: NDArray[Any],
    exposure: Floats,
    scatter: float,
) -> dict[str, Any]:
    """Return the fields of prospects that say what rates are drawn from."""
    mean = segment.cases.per_year / YEAR
    shape = segment.cases.shape or 0.0
    keys = segment.cases.key_accounts
    usual = mean / (1.0 + keys.share * (keys.factor - 1.0)) if keys.share > 0 else mean
    if mean <= 0.0:
        return {}
    bursts = _of_bursts(segment, model)
    # Cases of bursts come on top of the rate that a scenario has.
    n = cases / scatter / (1.0 + bursts)
    time = exposure / scatter
    if segment.account_count > 1:  # each account draws a rate of its own, as if new
        n, time = 0.0 * n, 0.0 * time
    fields: dict[str, Any] = {}
    if shape <= 0.0:
        fields |= {"rate_shape": 0.0, "per_day": usual, "key_per_day": usual * keys.factor}
        likely = [n * np.log(usual * f) - usual * f * time for f in (1.0, keys.factor)]
    else:
        fields["rate_shape"] = shape + n
        fields["per_day"] = (shape + n) / (shape / usual + time)
        fields["key_per_day"] = (shape + n) / (shape / (usual * keys.factor) + time)
        likely = [
            -shape * np.log1p(usual * f * time / shape)
            + n * (np.log(usual * f / shape) - np.log1p(usual * f * time / shape))
            for f in (1.0, keys.factor)
        ]
    if keys.share > 0.0:
        odds = keys.share / (1.0 - keys.share) * np.exp(np.clip(likely[1] - likely[0], -50, 50))
        fields["key_share"] = odds / (1.0 + odds)
    return fields


def _of_bursts(segment: Segment, model: ScenarioModel) -> float:
    """Return the cases of bursts of a segment, as a share of its others."""
    per_year = sum(
        burst.per_year * burst.hits * burst.cases * rough_mean(burst.size)
        for burst in model.bursts
        if segment.products.get(burst.product, 0.0) > 0
    )
    return per_year / segment.cases.per_year


def _of(customers: pd.DataFrame, rows: pd.DataFrame, name: str) -> NDArray[np.int64]:
    """Return a column of rows by customer in the order of the customers; 0 where there is none."""
    by_customer = rows.set_index("customer_id")[name]
    values: NDArray[np.int64] = (
        by_customer.reindex(customers["customer_id"]).fillna(0).to_numpy(np.int64)
    )
    return values


def _renewals(done: Done, model: ScenarioModel) -> tuple[Floats, Floats]:
    """Return how often each customer has renewed, and how often it has not.

    A contract that ended lately may still be renewed late: it counts as not renewed with the chance
    that it is so, given that nothing has come yet. One that follows days after another had ended
    was renewed late, or its customer had left and came back: it counts as either with the chance
    that it is so, given the days.
    """
    rows, customers = done.renewed.copy(), done.customers
    since = rows["since"].fillna(-1).to_numpy(np.float64)
    place = pd.Series(customers["segment"].to_numpy(), index=customers["customer_id"])
    segments = place.reindex(rows["customer_id"]).fillna(0).to_numpy(np.int64)
    resumed = done.resumed[["customer_id"]]
    after = done.resumed["after"].to_numpy(np.float64)
    of_resumed = place.reindex(resumed["customer_id"]).fillna(0).to_numpy(np.int64)
    awaited, back = np.zeros(len(rows)), np.zeros(len(resumed))
    for number, segment in enumerate(model.segments.values()):
        own = (segments == number) & (since >= 0) & (since <= _STILL_LATE)
        beta, late = segment.renewal.inclination.beta_geometric, segment.renewal.late
        if beta is not None and late.share > 0 and own.any():
            come = beta.beta / beta.alpha * late.share
            come *= np.exp(-since[own] / max(rough_mean(late.days), 1.0))
            awaited[own] = come / (1.0 + come)
        own = of_resumed == number
        if beta is not None and own.any():
            returns = segment.renewal.returns
            renewed_late = beta.beta * late.share * _on_day(after[own], late.days)
            came_back = beta.alpha * returns.share * _on_day(after[own], returns.days)
            either = renewed_late + came_back
            back[own] = np.divide(came_back, either, out=np.zeros(own.sum()), where=either > 0)
    rows["gone"] = np.where(since >= 0, 1.0 - awaited, 0.0)
    by_customer = rows.groupby("customer_id")[["renewed", "gone"]].sum()
    by_customer["back"] = resumed.assign(back=back).groupby("customer_id")["back"].sum()
    by_customer = by_customer.reindex(customers["customer_id"]).fillna(0.0)
    came = by_customer["back"].to_numpy(np.float64)
    renewed = by_customer["renewed"].to_numpy(np.float64) - came
    return np.maximum(renewed, 0.0), by_customer["gone"].to_numpy(np.float64) + came


def _on_day(days: Floats, distribution: Distribution) -> Floats:
    """Return about how likely something comes after so many days, as if exponential."""
    mean = max(rough_mean(distribution), 1.0)
    likely: Floats = np.exp(-days / mean) / mean
    return likely


def _reached_back(
    who: NDArray[np.int64], first: NDArray[Any], after: NDArray[Any], waits_from: NDArray[Any]
) -> NDArray[Any]:
    """Return from when on customers write who are covered from some days on.

    Who waits for a first contract, or for one that is renewed late, writes as under cover.
    Stretches of cover stand by customer and time; `waits_from` is the day by customer from which
    on a first contract may have been waited for.
    """
    follows = np.zeros(len(who), np.bool_)
    follows[1:] = who[1:] == who[:-1]
    before = np.zeros(len(who), np.int64)
    before[1:] = after[:-1]
    is_late = follows & (first - before <= _STILL_LATE)
    first_of_all = np.minimum(first, np.maximum(waits_from[who], 0))
    return np.where(follows, np.where(is_late, before, first), first_of_all)


class _Writing:
    """When customers write: under cover, while they wait for it, and for some time after it."""

    def __init__(self, done: Done, model: ScenarioModel, planned: Plan) -> None:
        customers, begins, last, covered = done.customers, done.begins, done.last, done.covered
        self._days = days = last - begins + 1
        self._segments = list(model.segments.values())
        self._segment = customers["segment"].to_numpy(np.int64)
        kinds = planned.segments["busyness"][self._segment]
        self._own = np.diff(planned.busy["busy"], axis=1)
        self._busy = planned.busy["busy"]
        self._kinds = kinds
        joined = np.clip(customers["joined"].to_numpy(np.int64) - begins, 0, days)
        place = pd.Series(np.arange(len(customers)), index=customers["customer_id"])
        who = place.reindex(covered["customer_id"]).to_numpy(np.int64)
        first = np.clip(covered["first_day"].to_numpy(np.int64) - begins, 0, days)
        after = np.clip(covered["last_day"].to_numpy(np.int64) + 1 - begins, 0, days)
        self.holds = np.zeros(len(customers), np.bool_)
        self.holds[who] = True
        endless = np.array([segment.life.ends is None for segment in self._segments])
        spans: list[tuple[Any, Any, Any, Any]] = []
        # Whoever writes without end does so from its joining on.
        always = np.flatnonzero(endless[self._segment] | ~self.holds)
        spans.append((always, joined[always], np.full(len(always), days), np.zeros(len(always))))
        under = ~endless[self._segment[who]]
        lives = np.array(
            [0.0 if s.life.ends is None else rough_mean(s.life.ends) for s in self._segments]
        )
        waits_from = self._waits_from(customers["joined"].to_numpy(np.int64) - begins, who, first)
        first = np.where(under, _reached_back(who, first, after, waits_from), first)
        spans.append((who[under], first[under], after[under], lives[self._segment[who[under]]]))
        self._who, self._first, self._after, self._lives = (
            np.concatenate(parts) for parts in zip(*spans, strict=True)
        )
        self._follows = np.full(len(self._who), days)
        same = self._who[1:] == self._who[:-1]
        self._follows[:-1][same] = self._first[1:][same]
        self.exposure = np.zeros(len(customers))
        busy = self._busy[kinds[self._who]]
        rows = np.arange(len(self._who))
        under_cover = busy[rows, self._after] - busy[rows, self._first] if len(rows) else 0.0
        np.add.at(self.exposure, self._who, under_cover)
        for row, until, weights in self._tails():
            own = self._own[kinds[self._who[row]], self._after[row] : until]
            self.exposure[self._who[row]] += float(own @ weights)
        ramps = np.array([segment.life.ramp_up_days for segment in self._segments])
        grows = customers["joined"].to_numpy(np.int64) >= begins
        self._joined = joined
        # While demand climbs, half of it comes.
        self._climbed = np.where(grows, np.minimum(joined + ramps[self._segment], days), joined)
        lost = 0.5 * (self._busy[kinds, self._climbed] - self._busy[kinds, joined])
        self.exposure -= np.minimum(lost, 0.5 * self.exposure)

    def _waits_from(
        self, joined: NDArray[np.int64], who: NDArray[np.int64], first: NDArray[Any]
    ) -> NDArray[Any]:
        """Return by customer from which day on it may have waited for its first contract.

        From its joining on, if it has bought within the time that its segment takes for that. Of
        who joined before the record it is not known whether it had another contract before, so
        that only a short wait counts.
        """
        longest = np.array(
            [
                max((h.sold_after_days.most + h.lead_days.most for h in s.holds), default=0)
                for s in self._segments
            ]
        )
        earliest = np.full(len(joined), self._days)
        np.minimum.at(earliest, who, first.astype(np.int64))
        longest = np.where(joined < 0, _LONGEST_WAIT, longest[self._segment])
        since = np.maximum(joined, 0)
        waits_from: NDArray[Any] = np.where(earliest - since <= longest, since, self._days)
        return waits_from

    def _tails(self) -> Any:
        """Go through what comes after cover: its row, where it ends, and how much is left of it."""
        for row in np.flatnonzero(self._lives > 0).tolist():
            begin, life = int(self._after[row]), self._lives[row]
            until = min(int(self._follows[row]), begin + int(_LIVES * life) + 1, self._days)
            if until > begin:
                yield row, until, np.exp(-(np.arange(until - begin) + 0.5) / life)

    def expected(self, rates: Floats) -> Floats:
        """Return the cases that were to be expected of each day, at some rates."""
        kinds = len(self._own)
        at_work = np.zeros((kinds, self._days + 1))
        of = self._kinds[self._who]
        np.add.at(at_work, (of, self._first), rates[self._who])
        np.add.at(at_work, (of, self._after), -rates[self._who])
        climbing = np.flatnonzero((self._climbed > self._joined) & (self.exposure > 0))
        np.add.at(at_work, (self._kinds[climbing], self._joined[climbing]), -rates[climbing] / 2)
        np.add.at(at_work, (self._kinds[climbing], self._climbed[climbing]), rates[climbing] / 2)
        at_work = np.cumsum(at_work, axis=1)[:, :-1]
        for row, until, weights in self._tails():
            place = slice(int(self._after[row]), until)
            at_work[of[row], place] += rates[self._who[row]] * weights
        expected: Floats = (at_work * self._own).sum(0)
        return expected
