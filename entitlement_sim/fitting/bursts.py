"""Incidents of products: days on which far more customers write about one than on others."""

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from .day_totals import DayTotals, on_covered_days
from .learned import Learned, Number, positive, share, significant, unknown
from .seasons import YEAR
from .seen import DAY, Flags, Floats, Ints, Seen

PATH: Final = ("bursts",)
#: Fewest incidents of a product from which they are told.
_LEAST: Final = 3
#: A day of an incident lies so many usual deviations above others, and so far that even of a book
#: that is so much busier on that day hardly one day in so many would.
_FAR: Final = 4.0
_BUSIER: Final = 1.5
_RARE: Final = 1e-5
#: How far those who felt incidents must be on the way from mean rates to rates by size.
_BY_RATE: Final = 0.45
#: Days over which the cases of an incident are looked at.
_DAYS: Final = 3
#: Mean hours between an incident and a case that are tried.
_HOURS: Final = np.geomspace(0.5, 72, 90)
#: Moments at which an incident may have begun that are tried, at least.
_STARTS: Final = 100
#: Half of what chi-square with one degree of freedom exceeds once in twenty times.
_HALF_CHI_SQUARE: Final = 1.92


@dataclass(frozen=True, eq=False)
class _Product:
    """Cases about a product, day by day.

    Attributes
    ----------
    customers, cases : ndarray, by day
        Different customers who wrote, and their cases.
    expected_customers, expected_cases : ndarray, by day
        What an ordinary day of such busyness has.
    held : ndarray, by day
        Customers under cover who may write about it.
    """

    customers: Floats
    cases: Floats
    expected_customers: Floats
    expected_cases: Floats
    held: Floats


def fit_bursts(seen: Seen, calendar: DayTotals) -> list[Learned]:
    """Learn how often incidents happen to a product, whom they hit, and with how many cases.

    An incident is a run of days on which far more customers than usual write about a product.
    Small ones are not told from chance, so that there may be more. What lies above an ordinary day
    are the customers that felt it and their cases.

    Returns
    -------
    list of Learned
        One for all products; each burst of the scenario has its numbers by the product's name.
    """
    if not seen.has("cases.product_id"):
        return [unknown(PATH, "what cases are about is not known")]
    rows = on_covered_days(seen)
    rows = rows[rows["product"].notna()]
    value: list[dict[str, Any]] = []
    numbers: list[Number] = []
    count = 0
    years = seen.days / YEAR
    for product in [name for name in seen.model.products if name in set(rows["product"])]:
        own = rows[rows["product"] == product]
        table = _by_day(seen, calendar, own)
        incidents = _incidents(table)
        if len(incidents) < _LEAST:
            continue
        count += len(incidents)
        said, found = _burst(seen, product, own, table, incidents, years)
        value.append(said)
        numbers.extend(found)
    if not value:
        return [unknown(PATH, "no product has three days or more with far more customers")]
    how = "days above what is usual, errors by incident"
    note = "smaller incidents are not told from chance; their cases are part of the rates"
    return [
        Learned(PATH, value, "estimated", tuple(numbers), count, "incidents", how, note),
    ]


def _by_day(seen: Seen, calendar: DayTotals, own: pd.DataFrame) -> _Product:
    """Count customers and cases of a product by day, against busyness and who is covered."""
    day = own["created"].to_numpy(np.int64) // DAY - seen.begins
    cases = np.bincount(day, minlength=seen.days).astype(np.float64)
    first = ~pd.DataFrame({"day": day, "who": own["customer_id"].to_numpy()}).duplicated()
    customers = np.bincount(day[first], minlength=seen.days).astype(np.float64)
    steps = np.zeros(seen.days + 1)
    np.add.at(steps, seen.covered["first_day"].to_numpy(np.int64) - seen.begins, 1.0)
    np.add.at(steps, seen.covered["last_day"].to_numpy(np.int64) - seen.begins + 1, -1.0)
    held = np.cumsum(steps)[:-1]
    busy = np.diff(calendar.busy) * held
    return _Product(customers, cases, _usual(customers, busy), _usual(cases, busy), held)


def _usual(counts: Floats, busy: Floats) -> Floats:
    """Return what each day would have by its busyness, but for a few that have far more."""
    ordinary = busy > 0
    for _ in range(5):
        expected = busy * (counts[ordinary].sum() / max(busy[ordinary].sum(), 1e-12))
        apart = (counts - expected) / np.sqrt(np.maximum(expected, 1e-9))
        limit = 3 * max(float(np.std(apart[ordinary])), 1.0)
        ordinary = (busy > 0) & (apart < limit)
    return np.asarray(expected)


def _incidents(table: _Product) -> list[tuple[int, int]]:
    """Return first and last day of each incident."""
    from scipy.stats import poisson

    expected = table.expected_customers
    usable: Flags = expected > 0
    if not usable.any():
        return []
    apart = (table.customers - expected)[usable] / np.sqrt(expected[usable])
    middle = float(np.median(apart))
    usual = max(1.4826 * float(np.median(np.abs(apart - middle))), 1.0)
    # So far above the others as hardly a book has a day by chance, small or large.
    rare = poisson.sf(table.customers - 1, _BUSIER * np.maximum(expected, 1e-12)) < _RARE
    is_far = usable & rare
    is_far[usable] &= apart > middle + _FAR * usual
    far = np.flatnonzero(is_far)
    if not len(far):
        return []
    parts = np.split(far, np.flatnonzero(np.diff(far) > 1) + 1)
    return [(int(part[0]), int(part[-1])) for part in parts]


def _burst(
    seen: Seen,
    product: str,
    own: pd.DataFrame,
    table: _Product,
    incidents: list[tuple[int, int]],
    years: float,
) -> tuple[dict[str, Any], list[Number]]:
    """Return what a scenario says of a product's incidents, and its numbers."""
    n = len(incidents)
    felt = np.array([_felt(own, seen.begins, table, each) for each in incidents])
    cases = np.array([_above(table.cases, table.expected_cases, each) for each in incidents])
    held = np.array([table.held[first] for first, _last in incidents])
    each = _cases_of_hit(float(cases.sum() / felt.sum()))
    of_each = _error_of_ratio(cases, felt) * _slope_of_hit(each)
    some = -math.expm1(-each)
    hits = felt / held / some
    part = float(min(hits.mean(), 1.0))
    relative = _relative_rates(seen, own, table, incidents)
    if relative is not None:
        part, by_rate = _of_rates(
            relative, float((felt / held).mean()), float((cases / held).mean())
        )
        of_each *= by_rate / each
        hits, each = hits * part / float(hits.mean()), by_rate
    hours, low, high = _hours(seen, own, table, incidents)
    per_year = n / years
    value: dict[str, Any] = {
        "product": product,
        "per_year": significant(per_year),
        "hits": significant(part),
        "cases": significant(min(each, 100.0)),
        "over_hours": significant(hours, 3),
    }
    if relative is not None:
        value["scaled_by"] = "rate"
    numbers = [
        positive(per_year, math.sqrt(n) / years, f"{product} per year"),
        share(part, float(hits.std(ddof=1)) / math.sqrt(n), f"{product} hits")
        if part < 1
        else Number(f"{product} hits", part),
        positive(each, of_each, f"{product} cases"),
        Number(f"{product} over hours", hours, (high - low) / 3.92, low, high, "log"),
    ]
    return value, numbers


def _felt(own: pd.DataFrame, begins: int, table: _Product, incident: tuple[int, int]) -> float:
    """Return how many customers felt an incident, of whom some would have written anyway."""
    first = incident[0]
    stop = min(max(incident[1] + 1, first + _DAYS - 1), len(table.cases))
    day = own["created"].to_numpy(np.int64) // DAY - begins
    writers = own["customer_id"][(day >= first) & (day < stop)].nunique()
    usual = float(table.expected_customers[first:stop].sum())
    anyway = min(usual / max(float(table.held[first]), 1.0), 0.9)
    return max((writers - usual) / (1 - anyway), 1.0)


def _above(counts: Floats, expected: Floats, incident: tuple[int, int]) -> float:
    """Return what lies above ordinary days from an incident on."""
    first = incident[0]
    stop = min(max(incident[1] + 1, first + _DAYS - 1), len(counts))
    return float(max((counts[first:stop] - expected[first:stop]).sum(), 1.0))


def _cases_of_hit(seen_of_some: float) -> float:
    """Return the Poisson mean of which those above 0 have so many on the average."""
    from scipy.optimize import brentq

    if seen_of_some <= 1.001:
        return 0.002
    return float(brentq(lambda mean: mean / -math.expm1(-mean) - seen_of_some, 1e-9, 1e3))


def _slope_of_hit(mean: float) -> float:
    """Return how much the Poisson mean moves with that of those above 0."""
    step = 1e-4 * mean

    def of_some(at: float) -> float:
        return at / -math.expm1(-at)

    return 2 * step / (of_some(mean + step) - of_some(mean - step))


def _error_of_ratio(top: Floats, below: Floats) -> float:
    """Return the standard error of a ratio of sums over independent incidents."""
    ratio = top.sum() / below.sum()
    n = len(top)
    return math.sqrt(float(((top - ratio * below) ** 2).sum()) * n / (n - 1)) / float(below.sum())


def _hours(
    seen: Seen, own: pd.DataFrame, table: _Product, incidents: list[tuple[int, int]]
) -> tuple[float, float, float]:
    """Return mean hours between an incident and its cases, with limits of 95 %.

    By the likelihood of the minutes: an even stream of ordinary cases, and from an unknown moment
    on those of the incident, ever fewer.
    """
    minutes = np.sort(own["created"].to_numpy(np.int64)) - seen.begins * DAY
    values = np.zeros(len(_HOURS))
    for first, last in incidents:
        begin, end = first * DAY, (max(last + 1, first + _DAYS - 1)) * DAY
        times = minutes[(minutes >= begin) & (minutes < end)] / 60.0
        size = _above(table.cases, table.expected_cases, (first, last))
        background = max(len(times) - size, 1.0) / ((end - begin) / 60.0)
        values += _likelihoods(times, size, background, end / 60.0)
    best = int(values.argmax())
    within = np.flatnonzero(values >= values[best] - _HALF_CHI_SQUARE)
    # No closer than to the next that were tried.
    low, high = max(within[0] - 1, 0), min(within[-1] + 1, len(_HOURS) - 1)
    return float(_HOURS[best]), float(_HOURS[low]), float(_HOURS[high])


def _likelihoods(times: Floats, size: float, background: float, end: float) -> Floats:
    """Return the likelihood of cases by mean hours, at the best moment of the incident."""
    starts = times[:: max(len(times) // _STARTS, 1)]
    best = np.full(len(_HOURS), -np.inf)
    for start in starts:
        since = times[times >= start, None] - start
        after = np.exp(-since / _HOURS) / _HOURS
        rates = np.log1p(size / background * after).sum(0)
        best = np.maximum(best, rates + size * np.expm1(-(end - start) / _HOURS))
    return best


def _relative_rates(
    seen: Seen, own: pd.DataFrame, table: _Product, incidents: list[tuple[int, int]]
) -> Floats | None:
    """Return each customer's rate against its segment's, if incidents reach customers by it.

    Cases of other days stand for the rate. Whoever feels an incident whatever its rate has the mean
    rate of its segment; who feels it by its rate, the mean of rates that are weighed by themselves.
    Ordinary writers of these days are of the second kind anyway: what is looked at are the others.
    """
    day = own["created"].to_numpy(np.int64) // DAY - seen.begins
    writer = own["customer_id"].to_numpy(np.int64)
    windows = [(first, max(last + 1, first + _DAYS - 1)) for first, last in incidents]
    during: Flags = np.zeros(len(own), np.bool_)
    for first, stop in windows:
        during |= (day >= first) & (day < stop)
    ids: Ints = np.unique(seen.covered["customer_id"].to_numpy(np.int64))
    places = seen.place_of.reindex(ids).to_numpy(np.int64)
    segment = seen.customers["segment"].to_numpy()[places]
    asked = np.bincount(np.searchsorted(ids, writer[~during]), minlength=len(ids))
    rates = asked.astype(np.float64)
    felt = [np.unique(writer[(day >= first) & (day < stop)]) for first, stop in windows]
    at = np.searchsorted(ids, np.concatenate(felt))
    usual = sum(float(table.expected_customers[first:stop].sum()) for first, stop in windows)
    usual = min(usual, len(at) - 1.0)
    relative, votes, weight = np.ones(len(ids)), 0.0, 0.0
    for name in np.unique(segment):
        mine = segment == name
        total, mean = float(rates[mine].sum()), float(rates[mine].mean())
        if total <= 0:
            continue
        relative[mine] = rates[mine] / mean
        by_size = float((rates[mine] ** 2).sum() / total) - 1
        others = usual * total / float(rates.sum())
        above = float(mine[at].sum()) - others
        if above < 1 or by_size <= mean:
            continue
        felt_by = (float(rates[at][mine[at]].sum()) - others * by_size) / above
        votes += above * (felt_by - mean) / (by_size - mean)
        weight += above
    return relative if weight and votes / weight > _BY_RATE else None


def _of_rates(relative: Floats, felt: float, cases: float) -> tuple[float, float]:
    """Return share hit and cases of each, where customers feel an incident by their rates.

    A chance beyond certainty is more cases instead. `felt` and `cases` are those of a customer.
    """
    from scipy.optimize import brentq

    def hit(each: float) -> float:
        reach = cases / each * relative
        some = -np.expm1(-each * np.maximum(reach, 1.0))
        return float((np.minimum(reach, 1.0) * some).mean())

    low, high = max(cases, 1e-3), 50.0
    if hit(low) <= felt:
        return cases / low, low
    if hit(high) >= felt:
        return cases / high, high
    each = float(brentq(lambda each: hit(each) - felt, low, high))
    return cases / each, each
