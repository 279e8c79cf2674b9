"""How many cases customers have: rates that differ between customers, and cases that bring others.

The likelihood is that of a self-exciting Poisson process, in the time that the calendar's busyness
measures, whose base rate each customer has its own of, from a gamma distribution: given the rate r,
cases come at ``r + mean * sum of g(time since each case before)``. Without follow-ups it is the
negative binomial with exposure. The integral over r is closed where no case has another before it
within reach, and by Gauss and Hermite around its mode otherwise.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ..telling import tenths
from .bunching import weekly_dispersion
from .day_totals import DayTotals, on_covered_days
from .learned import Learned, plain, positive, share, significant, unknown
from .seasons import YEAR
from .seen import Floats, Ints, Seen

#: Nodes of the integral over a customer's own rate.
_NODES: Final = 13
_NEWTON: Final = 8
#: Hours over which follow-ups may be spread; the likelihood chooses.
_REACHES: Final = (24.0, 48.0, 72.0, 96.0)
#: Logarithms of the shape between which it is searched, and beyond which customers are alike.
_SHAPES: Final = (math.log(1e-3), math.log(1e3))
_ALIKE: Final = math.log(300.0)
#: Log-odds of the share of key accounts, and logarithms of their factor, that are searched.
_KEY_SHARES: Final = (-8.0, -1.0)
_KEY_FACTORS: Final = (math.log(2.0), math.log(1e3))
#: Fewest customers, and cases of them, from which a spread is told.
LEAST_CUSTOMERS: Final = 20
LEAST_CASES: Final = 30
#: Chance of a book in which everybody has a case, below which others are taken to be unseen.
_BY_CHANCE: Final = 1e-3
#: Follow-ups are told where they are worth so much likelihood for each parameter and log(n).
_STEP: Final = 1e-4


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Cases with others of their customer before them, within reach.

    Attributes
    ----------
    case : ndarray of int
        Which case comes later, by its place.
    apart : ndarray of float
        Days of busyness between the two.
    left : ndarray of float, by case
        Busyness from each case to the end of its customer's cover.
    """

    case: Ints
    apart: Floats
    left: Floats


@dataclass(frozen=True, eq=False)
class _Demand:
    """Cases and exposure of the customers of a segment.

    Attributes
    ----------
    ids, exposure : ndarray, by customer
        Their numbers, and days of busyness under cover.
    customer : ndarray, by case
    pairs : _Pairs
    truncated : bool
        Whether customers without a case were never seen.
    """

    ids: Ints
    exposure: Floats
    customer: Ints
    pairs: _Pairs
    truncated: bool


@dataclass(frozen=True)
class Arrivals:
    """What is learned of the arrivals of a segment.

    Attributes
    ----------
    learned : list of Learned
    reach : float
        Days of busyness within which a case may be a follow-up; 0 where there are none.
    unseen : tuple of float, optional
        Where customers who never wrote are unseen: how many there are by the fit, and the standard
        error of that.
    """

    learned: list[Learned]
    reach: float
    unseen: tuple[float, float] | None = None


def fit_arrivals(
    seen: Seen, segment: str, calendar: DayTotals, reach: float | None = None
) -> Arrivals:
    """Fit rate, spread between customers and follow-ups of a segment, jointly.

    `reach` is how far follow-ups were found to go before; None where that is looked for.
    """
    path = ("segments", segment, "cases")
    demand = _demand_of(seen, segment, calendar)
    n, cases = len(demand.exposure), len(demand.customer)
    if n == 0 or demand.exposure.sum() <= 0:
        why = "no customer was covered on any day"
        return Arrivals([unknown((*path, name), why) for name in ("per_year", "shape")], 0.0)
    if cases == 0:
        none = Learned(
            (*path, "per_year"),
            0,
            "estimated",
            (plain(0.0, math.nan),),
            n,
            "customers",
            "no case came in",
        )
        return Arrivals([none, unknown((*path, "shape"), "no case came in")], 0.0)
    rate = cases / demand.exposure.sum()
    if n < LEAST_CUSTOMERS or cases < LEAST_CASES or (cases == n and demand.truncated):
        counts = np.bincount(demand.customer, minlength=n)
        squares = float(((counts - rate * demand.exposure) ** 2).sum())
        error = math.sqrt(max(squares, float(cases)))
        number = positive(YEAR * rate, YEAR * error / demand.exposure.sum())
        found = Learned(
            (*path, "per_year"),
            significant(YEAR * rate),
            "estimated",
            (number,),
            n,
            "customers",
            "cases over busy days under cover",
        )
        why = f"{n} customers with {cases} cases are too few to tell how customers differ"
        return Arrivals([found, unknown((*path, "shape"), why, n=n, unit="customers")], 0.0)
    plain_fit = _maximise(demand, np.array([math.log(rate), 0.0]), 0.0)
    if not demand.truncated and seen.source == "imported" and _lacks_silent(demand, plain_fit):
        demand = replace(demand, truncated=True)
        plain_fit = _maximise(demand, plain_fit.parameters, 0.0)
    fit, found_reach = plain_fit, 0.0
    why = "the times of the day are not known, so that cases that bring others are not told"
    if seen.has("cases.time"):
        reaches = _REACHES if reach is None else (24 * reach,)
        fit, found_reach = _with_follow_ups(demand, plain_fit, reaches)
        why = "cases come no closer together than by chance"
    reach = found_reach
    if not demand.truncated and _tail(demand, fit, reach):
        fit = _with_key_accounts(demand, fit, reach)
    learned = _in_words(path, demand, fit, reach, calendar.error)
    if not reach:
        learned.append(unknown((*path, "follow_ups"), why, n=cases, unit="cases"))
    dispersion = weekly_dispersion(seen, demand.ids, calendar)
    if dispersion is not None:
        learned[-1] = replace(learned[-1], beside=(dispersion,))
    return Arrivals(learned, reach, _unseen(demand, fit) if demand.truncated else None)


def _demand_of(seen: Seen, segment: str, calendar: DayTotals) -> _Demand:
    customers = seen.customers[seen.customers["segment"] == segment]
    covered = seen.covered[seen.covered["customer_id"].isin(customers["customer_id"])]
    ids = np.unique(covered["customer_id"].to_numpy(np.int64))
    first = calendar.busy[covered["first_day"].to_numpy(np.int64) - seen.begins]
    last = calendar.busy[covered["last_day"].to_numpy(np.int64) - seen.begins + 1]
    who = np.searchsorted(ids, covered["customer_id"].to_numpy(np.int64))
    exposure = np.bincount(who, last - first, len(ids)).astype(np.float64)
    rows = on_covered_days(seen)
    rows = rows[rows["customer_id"].isin(ids)]
    customer = np.searchsorted(ids, rows["customer_id"].to_numpy(np.int64))
    stretch = rows["stretch"].to_numpy(np.int64)
    busy = calendar.at(rows["created"].to_numpy(np.int64), seen.begins)
    ends = calendar.busy[seen.covered["last_day"].to_numpy(np.int64) - seen.begins + 1][stretch]
    seen_cases = np.bincount(customer, minlength=len(ids))
    silent_unseen = segment in seen.cases_alone or not seen.has("customers.silent")
    truncated = bool(len(ids) and seen_cases.min() > 0 and silent_unseen)
    keep = exposure > 0
    if not keep.all():
        place = np.cumsum(keep) - 1
        inside = keep[customer]
        customer, busy, ends, stretch = (
            place[customer[inside]],
            busy[inside],
            ends[inside],
            stretch[inside],
        )
        ids, exposure = ids[keep], exposure[keep]
    pairs = _pairs(stretch, busy, ends, max(_REACHES) / 24)
    return _Demand(ids, exposure, customer.astype(np.int64), pairs, truncated)


def _pairs(stretch: Ints, busy: Floats, ends: Floats, reach: float) -> _Pairs:
    """Return the pairs of cases of a stretch of cover that are within reach of each other."""
    later, apart = [], []
    for lag in range(1, len(busy)):
        between = busy[lag:] - busy[:-lag]
        close = np.flatnonzero((stretch[lag:] == stretch[:-lag]) & (between < reach))
        if not len(close):
            break
        later.append(close + lag)
        apart.append(between[close])
    if not later:
        return _Pairs(np.zeros(0, np.int64), np.zeros(0), ends - busy)
    return _Pairs(np.concatenate(later), np.concatenate(apart), ends - busy)


class _Likelihood:
    """Log-likelihood and scores by customer, of a fixed reach of follow-ups.

    Parameters are the logarithms of the base rate and of the shape and, with follow-ups, the
    log-odds of their mean, those of the share of early ones, and the logarithm of these ones' mean
    delay in days.
    """

    def __init__(self, demand: _Demand, reach: float) -> None:
        self._demand = demand
        self._reach = reach
        customers, cases = len(demand.exposure), len(demand.customer)
        self._customers = customers
        self.number = 5 if reach else 2
        close = demand.pairs.apart < reach
        self._apart = demand.pairs.apart[close]
        followed, self._follower = np.unique(demand.pairs.case[close], return_inverse=True)
        self._owner = demand.customer[followed]
        self._alone = np.bincount(demand.customer, minlength=customers).astype(np.float64)
        self._alone -= np.bincount(self._owner, minlength=customers)
        self._some = np.unique(self._owner)
        self._local = np.searchsorted(self._some, self._owner)
        self._left = demand.pairs.left
        self._cases = cases
        self._mode: Floats | None = None
        nodes, weights = np.polynomial.hermite.hermgauss(_NODES)
        self._nodes, self._weights = nodes * math.sqrt(2), np.log(weights) + nodes**2

    def by_customer(self, parameters: Floats) -> tuple[Floats, Floats]:
        """Return the log-likelihood of each customer, and its derivatives by the parameters."""
        from scipy.special import digamma, gammaln

        demand = self._demand
        rate, shape = math.exp(parameters[0]), math.exp(parameters[1])
        own_shape, own_rate = shape + self._alone, shape / rate + demand.exposure
        value = (
            shape * math.log(shape / rate)
            - gammaln(shape)
            + gammaln(own_shape)
            - own_shape * np.log(own_rate)
        )
        mean, mean_log = own_shape / own_rate, digamma(own_shape) - np.log(own_rate)
        scores = np.zeros((self._customers, self.number))
        if self.number == 5:
            value, mean, mean_log = self._follow(
                parameters, own_shape, own_rate, value, mean, mean_log, scores
            )
        scores[:, 0] = shape * (mean / rate - 1)
        scores[:, 1] = shape * (
            math.log(shape / rate) + 1 - digamma(shape) + mean_log - mean / rate
        )
        if demand.truncated:
            reached = rate * demand.exposure / shape
            none = np.exp(-shape * np.log1p(reached))
            value -= np.log1p(-none)
            odds = none / (1 - none)
            scores[:, 0] -= odds * shape * reached / (1 + reached)
            scores[:, 1] -= odds * shape * (np.log1p(reached) - reached / (1 + reached))
        return value, scores

    def _follow(
        self,
        parameters: Floats,
        own_shape: Floats,
        own_rate: Floats,
        value: Floats,
        mean: Floats,
        mean_log: Floats,
        scores: Floats,
    ) -> tuple[Floats, Floats, Floats]:
        """Put the follow-ups into value, means and scores."""
        from scipy.special import expit

        branching, early = float(expit(parameters[2])), float(expit(parameters[3]))
        delay = math.exp(parameters[4])
        soon = np.exp(-self._apart / delay) / delay
        count = len(self._owner)
        soon_of = np.bincount(self._follower, soon, count).astype(np.float64)
        evenly = np.bincount(self._follower, minlength=count) / self._reach
        late = soon * (self._apart / delay - 1)
        by_delay = np.bincount(self._follower, late, count).astype(np.float64)
        excited = early * soon_of + (1 - early) * evenly
        # How much of each case's follow-ups falls under its customer's cover.
        passed = np.exp(-self._left / delay)
        within = 1 - passed
        even_within = np.minimum(self._left / self._reach, 1.0)
        owner = self._demand.customer

        def summed(of_case: Floats) -> Floats:
            return np.asarray(np.bincount(owner, of_case, self._customers), np.float64)

        reached = summed(early * within + (1 - early) * even_within)
        value = value - branching * reached
        scores[:, 2] -= reached
        scores[:, 3] -= branching * summed(within - even_within)
        scores[:, 4] += branching * early * summed(passed * self._left / delay)
        if len(self._some):
            value, mean, mean_log = value.copy(), mean.copy(), mean_log.copy()
            self._integrate(
                branching * excited,
                (own_shape[self._some], own_rate[self._some]),
                (excited, branching * (soon_of - evenly), branching * early * by_delay),
                (value, mean, mean_log),
                scores,
            )
        scores[:, 2] *= branching * (1 - branching)
        scores[:, 3] *= early * (1 - early)
        return value, mean, mean_log

    def _integrate(
        self,
        excited: Floats,
        prior: tuple[Floats, Floats],
        slopes: tuple[Floats, Floats, Floats],
        totals: tuple[Floats, Floats, Floats],
        scores: Floats,
    ) -> None:
        """Integrate over the rates of the customers with cases that may follow others."""
        from scipy.special import gammaln

        shape, rate = prior
        local, count = self._local, len(self._some)

        def summed(of_case: Floats) -> Floats:
            return np.asarray(np.bincount(local, of_case, count), np.float64)

        followers = summed(np.ones(len(local)))
        at = np.log((shape + followers / 2) / rate) if self._mode is None else self._mode
        for _ in range(_NEWTON):
            own = np.exp(at)
            part = own[local] / (own[local] + excited)
            slope = shape - rate * own + summed(part)
            curve = np.minimum(-rate * own + summed(part * (1 - part)), -0.3 * shape)
            step = np.clip(slope / -curve, -1.5, 1.5)
            at = at + step
            if np.abs(step).max() < 1e-8:
                break
        self._mode = at
        own = np.exp(at)
        part = own[local] / (own[local] + excited)
        width = 1 / np.sqrt(np.maximum(rate * own - summed(part * (1 - part)), 0.3 * shape))
        heights, rates = [], []
        for node in self._nodes:
            x = at + width * node
            theta = np.exp(x)
            heights.append(shape * x - rate * theta + summed(np.log(theta[local] + excited)))
            rates.append(theta)
        height = np.array(heights) + self._weights[:, None]
        top = height.max(0)
        weight = np.exp(height - top)
        total = weight.sum(0)
        weight /= total
        theta = np.array(rates)
        value, mean, mean_log = totals
        # What stood there was the integral without the followers.
        value[self._some] += (
            top + np.log(total * width * math.sqrt(2)) + shape * np.log(rate) - gammaln(shape)
        )
        mean[self._some] = (weight * theta).sum(0)
        mean_log[self._some] = (weight * np.log(theta)).sum(0)
        inverse = sum(
            weight[node][local] / (theta[node][local] + excited) for node in range(_NODES)
        )
        for column, slope in zip((2, 3, 4), slopes, strict=True):
            scores[self._some, column] += summed(slope * inverse)


class _WithKeyAccounts:
    """The same where a share of the customers has many times the rate of the others.

    Two more parameters follow those of :class:`_Likelihood`: the log-odds of the share, and the
    logarithm of the factor.
    """

    def __init__(self, demand: _Demand, reach: float) -> None:
        self._ordinary = _Likelihood(demand, reach)
        self._key = _Likelihood(demand, reach)
        self.number = self._ordinary.number + 2

    def by_customer(self, parameters: Floats) -> tuple[Floats, Floats]:
        """Return the log-likelihood of each customer, and its derivatives by the parameters."""
        from scipy.special import expit

        part, own = float(expit(parameters[-2])), parameters[:-2]
        raised = own.copy()
        raised[0] += parameters[-1]
        of_ordinary, scores = self._ordinary.by_customer(own)
        of_key, scores_of_key = self._key.by_customer(raised)
        of_ordinary = of_ordinary + math.log1p(-part)
        of_key = of_key + math.log(part)
        value = np.logaddexp(of_ordinary, of_key)
        is_key = np.exp(of_key - value)[:, None]
        both = np.empty((len(value), self.number))
        both[:, :-2] = (1 - is_key) * scores + is_key * scores_of_key
        both[:, -2] = is_key[:, 0] - part
        both[:, -1] = is_key[:, 0] * scores_of_key[:, 0]
        return np.asarray(value), both


@dataclass(frozen=True, eq=False)
class _Fit:
    """The likeliest parameters, their covariance by customer, and the log-likelihood.

    With key accounts the last two parameters are those of :class:`_WithKeyAccounts`.
    """

    parameters: Floats
    covariance: Floats
    value: float
    has_key: bool = False


def _maximise(
    demand: _Demand, start: Floats, reach: float, *, errors: bool = True, has_key: bool = False
) -> _Fit:
    from scipy.optimize import minimize

    likelihood: _Likelihood | _WithKeyAccounts = _Likelihood(demand, reach)
    bounds: list[tuple[float | None, float | None]]
    bounds = [(None, None), _SHAPES, (-9, 4), (-9, 9), (-9, 1)][: likelihood.number]
    if has_key:
        likelihood = _WithKeyAccounts(demand, reach)
        bounds += [_KEY_SHARES, _KEY_FACTORS]
    size = max(len(demand.customer), 1)

    def negative(parameters: Floats) -> tuple[float, Floats]:
        value, scores = likelihood.by_customer(parameters)
        return -float(value.sum()) / size, -scores.sum(0) / size

    found = minimize(
        negative,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"ftol": 1e-12, "gtol": 1e-7, "maxiter": 200},
    )
    best = np.asarray(found.x)
    value, scores = likelihood.by_customer(best)
    covariance = np.full((len(best), len(best)), math.nan)
    if errors:
        bread = np.empty_like(covariance)
        for place in range(len(best)):
            step = np.zeros(len(best))
            step[place] = _STEP
            up, down = (likelihood.by_customer(best + sign * step)[1].sum(0) for sign in (1, -1))
            bread[place] = -(up - down) / (2 * _STEP)
        inverse = np.linalg.pinv((bread + bread.T) / 2)
        covariance = inverse @ (scores.T @ scores) @ inverse
        covariance *= len(scores) / max(len(scores) - len(best), 1)
    return _Fit(best, covariance, float(value.sum()), has_key)


def _with_key_accounts(demand: _Demand, fit: _Fit, reach: float) -> _Fit:
    """Return the fit with key accounts where they are worth their two numbers (Schwarz 1978)."""
    start = np.r_[fit.parameters[0] - 0.1, fit.parameters[1] + 0.3, fit.parameters[2:], -4.0, 2.0]
    found = _maximise(demand, start, reach, has_key=True)
    worth = 2 * (found.value - fit.value) > 2 * math.log(len(demand.exposure))
    return found if worth and np.isfinite(np.diag(found.covariance)).all() else fit


def _with_follow_ups(
    demand: _Demand, plain_fit: _Fit, reaches: Sequence[float] = _REACHES
) -> tuple[_Fit, float]:
    """Return the fit with follow-ups where the data are worth it, and how far they reach in days.

    They are worth it where the likelihood gains more than the four further numbers cost by the
    Bayesian criterion of Schwarz (1978).
    """
    if len(demand.pairs.case) < LEAST_CASES or not all(reaches):
        return plain_fit, 0.0
    start = np.array(
        [
            plain_fit.parameters[0] - 0.2,
            plain_fit.parameters[1] + 0.2,
            -1.3,
            0.0,
            math.log(0.5 / 24),
        ]
    )
    best: tuple[float, Floats, float] | None = None
    for reach in reaches:
        fit = _maximise(demand, start, reach / 24, errors=False)
        if best is None or fit.value > best[0]:
            best = (fit.value, fit.parameters, reach / 24)
            start = fit.parameters
        else:
            break
    assert best is not None
    if 2 * (best[0] - plain_fit.value) <= 4 * math.log(len(demand.customer)):
        return plain_fit, 0.0
    return _maximise(demand, best[1], best[2]), best[2]


def _silent(demand: _Demand, parameters: Floats) -> Floats:
    """Return the chance of each customer's exposure to bring no case."""
    rate, shape = math.exp(parameters[0]), math.exp(parameters[1])
    return np.asarray(np.exp(-shape * np.log1p(rate * demand.exposure / shape)), np.float64)


def _lacks_silent(demand: _Demand, fit: _Fit) -> bool:
    """Whether all customers have cases, though by the fit they all would once in a thousand books.

    Then those without one are not on record: a log of cases names whoever has some.
    """
    counts = np.bincount(demand.customer, minlength=len(demand.exposure))
    log_chance = float(np.log1p(-np.minimum(_silent(demand, fit.parameters), 1 - 1e-12)).sum())
    return bool(counts.min() > 0 and log_chance < math.log(_BY_CHANCE))


def _unseen(demand: _Demand, fit: _Fit) -> tuple[float, float]:
    """Return how many customers never wrote, and the standard error of their number.

    Each customer that is seen stands for 1 / (1 - p) of its exposure, p being the chance of no case
    (Horvitz and Thompson 1952); the error has theirs and that of rate and shape.
    """

    def odds(parameters: Floats) -> Floats:
        none = np.minimum(_silent(demand, parameters), 1 - 1e-9)
        return np.asarray(none / (1 - none), np.float64)

    own = odds(fit.parameters)
    slope = np.zeros(len(fit.parameters))
    for place in range(2):
        step = np.zeros(len(fit.parameters))
        step[place] = _STEP
        up, down = (odds(fit.parameters + sign * step).sum() for sign in (1, -1))
        slope[place] = (up - down) / (2 * _STEP)
    variance = float((own * (1 + own)).sum()) + float(slope @ fit.covariance @ slope)
    return float(own.sum()), math.sqrt(max(variance, 0.0))


def _in_words(
    path: tuple[str, ...], demand: _Demand, fit: _Fit, reach: float, of_level: float = 0.0
) -> list[Learned]:
    """Say what was found; `of_level` is the error of a mean rate by a level that wanders."""
    n, cases = len(demand.exposure), len(demand.customer)
    errors = np.sqrt(np.diag(fit.covariance))
    rate, shape = math.exp(fit.parameters[0]), math.exp(fit.parameters[1])
    how = "negative binomial with exposure, errors by customer"
    if reach:
        how = "self-exciting process with gamma rates, errors by customer"
    if demand.truncated:
        how += ", zero-truncated"
    slope = np.zeros(len(fit.parameters))
    slope[0] = 1.0
    branching = 0.0
    if reach:
        branching = 1 / (1 + math.exp(-fit.parameters[2]))
        slope[2] = branching
    ordinary = rate / (1 - branching)
    if fit.has_key:
        key_share, factor = _key_accounts(fit)
        mean = 1 + key_share * (factor - 1)
        slope[-2] = key_share * (1 - key_share) * (factor - 1) / mean
        slope[-1] = key_share * factor / mean
        ordinary *= mean
    per_year = YEAR * ordinary
    error = per_year * math.sqrt(float(slope @ fit.covariance @ slope) + of_level**2)
    of_rate = f"{how}, and what the level did in this book" if of_level else how
    note = "" if fit.has_key else _tail(demand, fit, reach)
    learned = [
        Learned(
            (*path, "per_year"),
            significant(per_year),
            "estimated",
            (positive(per_year, error),),
            n,
            "customers",
            of_rate,
            of_level=of_level,
        )
    ]
    if fit.parameters[1] >= _ALIKE:
        learned.append(
            unknown(
                (*path, "shape"),
                "customers differ no more than chance has it",
                n=n,
                unit="customers",
            )
        )
    else:
        learned.append(
            Learned(
                (*path, "shape"),
                significant(shape),
                "estimated",
                (positive(shape, shape * float(errors[1])),),
                n,
                "customers",
                how,
                note,
            )
        )
    if fit.has_key:
        learned.append(_of_key_accounts(path, fit, n))
    elif not note:
        why = "no more customers have very many cases than a gamma spread has"
        learned.append(unknown((*path, "key_accounts"), why, n=n, unit="customers"))
    if not reach:
        return learned
    early = 1 / (1 + math.exp(-fit.parameters[3]))
    delay = 24 * math.exp(fit.parameters[4])
    first = significant(min(max(early, 0.001), 0.999), 3)
    value = {
        "mean": significant(min(branching, 0.9)),
        "hours": {
            "mixture": [
                {"share": first, "exponential": significant(delay)},
                {"share": round(1 - first, 6), "uniform": 24 * reach},
            ]
        },
    }
    numbers = (
        share(branching, branching * (1 - branching) * float(errors[2]), "mean"),
        share(early, early * (1 - early) * float(errors[3]), "share of early ones"),
        positive(delay, delay * float(errors[4]), "mean hours of early ones"),
    )
    note = "incidents that hit many customers are not told from follow-ups"
    learned.append(
        Learned((*path, "follow_ups"), value, "estimated", numbers, cases, "cases", how, note)
    )
    return learned


def _key_accounts(fit: _Fit) -> tuple[float, float]:
    """Return the share of key accounts, and their factor."""
    return 1 / (1 + math.exp(-fit.parameters[-2])), math.exp(fit.parameters[-1])


def _of_key_accounts(path: tuple[str, ...], fit: _Fit, n: int) -> Learned:
    part, factor = _key_accounts(fit)
    errors = np.sqrt(np.diag(fit.covariance))[-2:]
    return Learned(
        (*path, "key_accounts"),
        {"share": significant(part), "factor": significant(min(factor, 1000.0))},
        "estimated",
        (
            share(part, part * (1 - part) * float(errors[0]), "share"),
            positive(factor, factor * float(errors[1]), "factor"),
        ),
        n,
        "customers",
        "mixture of two gamma spreads, by the criterion of Schwarz, errors by customer",
    )


def _tail(demand: _Demand, fit: _Fit, reach: float) -> str:
    """Say whether more customers have very many cases than the gamma spread has."""
    from scipy.stats import binom, nbinom

    rate, shape = math.exp(fit.parameters[0]), math.exp(fit.parameters[1])
    branching = 1 / (1 + math.exp(-fit.parameters[2])) if reach else 0.0
    families = np.bincount(demand.customer, minlength=len(demand.exposure)) * (1 - branching)
    mean = rate * demand.exposure
    beyond = nbinom.sf(np.floor(families) - 1, shape, shape / (shape + mean)) < 0.001
    seen, n = int(beyond.sum()), len(beyond)
    if binom.sf(seen - 1, n, 0.001) >= 0.001:
        return ""
    return (
        f"the tail is heavier than a gamma's: {seen} customers have as many cases as "
        f"{tenths(0.001 * n)} would; see key_accounts"
    )
