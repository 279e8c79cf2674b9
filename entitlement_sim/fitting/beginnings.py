"""How the demand of customers who join begins, and who writes without ever buying."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from .arrivals import Arrivals
from .day_totals import DayTotals
from .learned import Learned, Number, Path, positive, share, significant, unknown
from .seasons import YEAR
from .seen import DAY, Floats, Ints, Seen

#: Days after joining within which demand may climb, and longest climb that is looked for.
_DAYS: Final = 270
_LONGEST: Final = 180
#: Fewest customers who joined, and cases of them, from which it is told.
_LEAST_CUSTOMERS: Final = 20
_LEAST_CASES: Final = 30
#: What chi-square with one degree of freedom exceeds once in twenty times.
_CHI_SQUARE: Final = 3.841


def fit_ramp_up(seen: Seen, segment: str, calendar: DayTotals, arrivals: Arrivals) -> Learned:
    """Learn over how many days the demand of a segment's customers climbs from joining on."""
    path = ("segments", segment, "life", "ramp_up_days")
    customers = seen.customers[seen.customers["segment"] == segment]
    return _ramp_up(path, seen, customers, calendar, _rates(arrivals))


def fit_never_covered(seen: Seen, segment: str, calendar: DayTotals, arrivals: Arrivals) -> Learned:
    """Learn which share of a segment's customers write although they never buy."""
    path = ("segments", segment, "life", "never_covered")
    customers = seen.customers[seen.customers["segment"] == segment]
    return _never_covered(path, seen, customers, calendar, _rates(arrivals))


def without_climbs(seen: Seen, days: Mapping[str, int]) -> Seen:
    """Return the rows without the cover of so many days from joining on, by segment."""
    who = seen.place_of.loc[seen.covered["customer_id"]].to_numpy()
    customers = seen.customers
    climbs = customers["segment"].map(days).fillna(0).to_numpy(np.int64)
    # Those who were there before the book began are taken to have climbed already.
    full = np.where(customers["joined"] >= seen.begins, customers["joined"] + climbs, 0)
    covered = seen.covered.assign(
        first_day=np.maximum(seen.covered["first_day"].to_numpy(np.int64), full[who])
    )
    kept = covered[covered["first_day"] <= covered["last_day"]].reset_index(drop=True)
    return replace(seen, covered=kept)


def _rates(arrivals: Arrivals) -> tuple[float, float]:
    """Return mean cases of a busy day of all, and the shape of the spread between them."""
    known = {each.path[-1]: each for each in arrivals.learned}
    per_day = known["per_year"].numbers[0].value / YEAR if known["per_year"].numbers else 0.0
    shape = known["shape"].numbers[0].value if known["shape"].numbers else 1e3
    return per_day, shape


def _ramp_up(
    path: Path,
    seen: Seen,
    customers: pd.DataFrame,
    calendar: DayTotals,
    rates: tuple[float, float],
) -> Learned:
    """Learn the days from joining in which the rate climbs evenly.

    The cases of each day since joining are held against what the same customers have later, by
    Poisson likelihood with a common factor; what it gains is divided by how much the totals of
    customers vary beyond chance.
    """
    new = customers[customers["joined"] >= seen.begins]
    last = seen.covered.groupby("customer_id")["last_day"].max()
    new = new[new["customer_id"].isin(last.index)]
    n = len(new)
    if n < _LEAST_CUSTOMERS or rates[0] <= 0:
        return unknown(path, f"{n} customers joined within the book", n=n, unit="customers")
    ids = new["customer_id"].to_numpy(np.int64)
    joined = new["joined"].to_numpy(np.int64) - seen.begins
    until = np.minimum(last.loc[ids].to_numpy(np.int64) - seen.begins + 1, seen.days)
    cases = seen.cases[seen.cases["customer_id"].isin(ids)]
    who = np.searchsorted(ids, cases["customer_id"].to_numpy(np.int64))
    age = cases["created"].to_numpy(np.int64) // DAY - seen.begins - joined[who]
    inside = (age >= 0) & (age + joined[who] < until[who])
    who, age = who[inside], age[inside]
    busy = calendar.busy
    later = np.minimum(joined + _LONGEST, until)
    exposure = np.maximum(busy[until] - busy[later], 0.0)
    asked = np.bincount(who[age >= _LONGEST], minlength=n)
    per_day, shape = rates
    own = (shape + asked) / (shape / per_day + exposure)
    expected = np.zeros((_DAYS,))
    of_customer = np.zeros(n)
    per = np.diff(busy)
    for day in range(_DAYS):
        there = joined + day < until
        mean = own[there] * per[joined[there] + day]
        expected[day] = mean.sum()
        of_customer[there] += mean
    observed = np.bincount(age[age < _DAYS], minlength=_DAYS).astype(np.float64)
    seen_cases = int(observed.sum())
    if seen_cases < _LEAST_CASES or not expected[:_LONGEST].all():
        why = f"{seen_cases} cases of customers who joined within the book are too few"
        return unknown(path, why, n=seen_cases, unit="cases")
    values = np.array([_climb(days, observed, expected) for days in range(_LONGEST + 1)])
    factor = seen_cases / of_customer.sum()
    counts = np.bincount(who[age < _DAYS], minlength=n)
    apart = (counts - factor * of_customer) ** 2
    scatter = max(float(apart.sum()) / seen_cases, 1.0)
    gains = 2 * (values - values.max()) / scatter
    best = int(values.argmax())
    within = np.flatnonzero(gains >= -_CHI_SQUARE)
    low, high = float(within.min()), float(within.max())
    how = "Poisson likelihood of the days since joining, against the same customers later"
    note = "cases of a customer go together; the likelihood allows for it"
    if low == 0 or best == _LONGEST:
        why = "demand of those who joined does not climb more than chance has it"
        number = Number("", float(best), math.nan, low, high)
        return Learned(path, None, "default", (number,), n, "customers", note=why)
    number = Number("", float(best), (high - low) / 3.92, low, high, "log")
    return Learned(path, best, "estimated", (number,), n, "customers", how, note)


def _climb(days: int, observed: Floats, expected: Floats) -> float:
    """Return the log-likelihood of a climb over so many days, at the best common factor."""
    part = np.minimum((np.arange(len(observed)) + 0.5) / days, 1.0) if days else 1.0
    mean = expected * part
    mean = np.maximum(mean * observed.sum() / mean.sum(), 1e-12)
    return float((observed * np.log(mean)).sum())


def _never_covered(
    path: Path,
    seen: Seen,
    customers: pd.DataFrame,
    calendar: DayTotals,
    rates: tuple[float, float],
) -> Learned:
    """Learn which share of the customers write although they never buy.

    Who writes nothing by chance, though it would, is made up for by the spread between customers.
    """
    if not seen.has("customers.silent"):
        return unknown(path, "customers who never wrote are not known")
    watched = customers[(customers["joined"] >= seen.begins)]
    watched = watched[watched["joined"] < seen.stop - math.ceil(YEAR)]
    n = len(watched)
    held = set(seen.contracts["customer_id"])
    if n < _LEAST_CUSTOMERS or not held:
        why = f"{n} customers joined a year before the end of the book"
        return unknown(path, why, n=n, unit="customers")
    others = watched[~watched["customer_id"].isin(held)]
    wrote = int(others["customer_id"].isin(set(seen.cases["customer_id"])).sum())
    joined: Ints = others["joined"].to_numpy(np.int64) - seen.begins
    per_day, shape = rates
    exposure = calendar.busy[-1] - calendar.busy[joined]
    writes = 1 - (1 + per_day * exposure / shape) ** -shape
    seen_of = float(writes.mean()) if len(others) else 1.0
    if seen_of <= 0:
        return unknown(path, "no case came in", n=n, unit="customers")
    value = min(wrote / seen_of / n, 1.0)
    if wrote == 0:
        number = Number("", 0.0, math.nan, 0.0, min(3.689 / seen_of / n, 1.0))
    else:
        error = math.sqrt(value * max(1 / seen_of - value, 0.0) / n)
        number = share(value, error) if value < 1 else positive(value, error)
    how = "customers who wrote and never held anything, with those who did not by chance"
    return Learned(path, significant(value), "estimated", (number,), n, "customers", how)
