"""What would have to be true for an answer to be wrong: its break-evens, also in words."""

import math
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..store.estimate import estimate
from ..telling import Right, Table, counted, exact, limits, percent_tick, price, rounded
from ..telling.tables import records
from .break_even import (
    LEAST_DEMAND,
    LOCATING,
    MOST_DEMAND,
    Zero,
    differences_of,
    most_demand,
    with_demand,
    zero_of_demand,
    zero_of_lines,
)
from .measures import METRICS, Metric
from .money import leaving
from .saying import status

if TYPE_CHECKING:
    import pandas as pd

    from .answer import Comparison

#: What an answer is about first: the nearest to what is earned of those that are compared.
_EARNED: Final = ("margin", "revenue", "bookings")

#: Processor time that break-evens on demand may take together, by the estimate that is made before.
_SECONDS: Final = 3.0
#: Where it lies is guessed by one customer of so many.
_ONE_OF: Final = 3
#: Replications of today's demand that take as long as that guess.
_LOCATED: Final = LOCATING * (LEAST_DEMAND + MOST_DEMAND) / _ONE_OF
#: Replications of the demand that is found, at the least and at the most.
_FEWEST, _MOST = 4, 20

_BY_KEY: Final = {metric.key: metric for metric in METRICS}


class BreakEven(NamedTuple):
    """What would have to be true for a difference to be none.

    Attributes
    ----------
    on : str
        "leaving" (customers who leave beyond those who do; negative: who stay), "demand" (times
        what it is) or "hour_costs".
    metric : str
        Whose difference.
    now, value, low, high : float
        What is so, and what would have to be, between limits; NaN where there is none.
    pairs : int
        Of replications that it rests on; 0 where it rests on customers.
    """

    on: str
    metric: str
    now: float
    value: float
    low: float
    high: float
    pairs: int


def earned(rows: "pd.DataFrame") -> Any:
    """Return the row of what is earned, of the rows of one other run; None where there is none."""
    by_metric = {row.metric: row for row in records(rows)}
    return next((by_metric[key] for key in _EARNED if key in by_metric), None)


def break_evens(answer: "Comparison", place: int) -> list[BreakEven]:
    """Return what would turn the answer about one other run, where it earns more or less for sure.

    Parameters
    ----------
    answer : Comparison
    place : int
        Of the other run.
    """
    row = earned(answer.rows_of(place))
    if row is None or status(row) != "moved":
        return []
    found = [_leaving(answer, place, row)]
    if row.method == "replications":
        found += [_demand(answer, place, row), _hour_costs(answer, place, row)]
    return [each for each in found if each is not None]


def _leaving(answer: "Comparison", place: int, row: Any) -> BreakEven | None:
    if row.metric == "margin":
        left = leaving(row, answer.sums_of(place))
        return None if left is None else BreakEven(
            "leaving", row.metric, 0.0, left.customers, left.low, left.high, 0
        )  # fmt: skip
    if not row.second > 0:
        return None
    customers = int(answer.pairings[place - 1].portfolios[1].sizes.sum())
    each = row.second / customers
    values = [value / each for value in (row.difference, row.low, row.high)]
    return BreakEven("leaving", row.metric, 0.0, values[0], values[1], values[2], 0)


def _demand(answer: "Comparison", place: int, row: Any) -> BreakEven:
    from ..replications import BASE
    from .replicated import cells_of  # which loads compiled code

    metric = _BY_KEY[row.metric]
    base, other = answer.runs[0], answer.runs[place]
    offerings = {BASE: base.scenario, "other": other.scenario}
    first, second = answer.cells_of(place)
    assert answer.replications is not None
    once = sum(estimate(each.model, base=each.base).summed(1) for each in offerings.values())
    fit = _SECONDS / (once * (len(answer.runs) - 1)) - _LOCATED if once else _MOST
    pairs = min(answer.replications, int(min(max(fit, _FEWEST), _MOST)))

    def difference_at(factor: float, pairs: int, one_of: int = 1) -> NDArray[np.float64]:
        if factor == 1:
            return differences_of(metric, first, second, pairs)
        tried = {name: with_demand(each, factor) for name, each in offerings.items()}
        moneys = [base.money, other.money]
        seed = base.manifest.seed
        cells = cells_of(tried, moneys, range(pairs), seed, [metric], one_of)
        return differences_of(metric, cells[BASE], cells["other"])

    def roughly_at(factor: float) -> float:
        of_some = difference_at(factor, LOCATING, _ONE_OF)
        return float(of_some.mean()) * _ONE_OF if len(of_some) else 0.0

    most = most_demand([base.scenario, other.scenario])
    zero = zero_of_demand(
        difference_at,
        most=most,
        pairs=pairs,
        confidence=answer.confidence_of_each,
        roughly_at=roughly_at,
    )
    return _break_even("demand", metric, 1.0, zero, pairs)


def _hour_costs(answer: "Comparison", place: int, row: Any) -> BreakEven | None:
    moneys = [run.money for run in (answer.runs[0], answer.runs[place])]
    costs = [money.hour_costs for money in moneys if money is not None]
    if row.metric != "margin" or len(costs) < 2 or costs[0] != costs[1]:
        return None  # what two different costs would have to be, nobody asks
    first, second = answer.cells_of(place)
    margins = differences_of(_BY_KEY["margin"], first, second)
    hours = differences_of(_BY_KEY["hours_worked"], first, second)
    zero = zero_of_lines(margins, hours, confidence=answer.confidence_of_each)
    now = float(costs[0])
    zero = None if zero is None else zero.moved_by(now)
    if zero is not None and zero.value < 0:
        zero = None
    return _break_even("hour_costs", _BY_KEY["margin"], now, zero, len(margins))


def _break_even(on: str, metric: Metric, now: float, zero: Zero | None, pairs: int) -> BreakEven:
    if zero is None:
        return BreakEven(on, metric.key, now, math.nan, math.nan, math.nan, pairs)
    return BreakEven(on, metric.key, now, zero.value, zero.low, zero.high, pairs)


# ------------------------------------------------------------------- in words


def in_short(found: list[BreakEven], currency: str | None) -> str:
    """Say what would have to be true, without limits: the rest of a sentence; empty if nothing."""
    return ", or ".join(_CONDITIONS[each.on](each, currency) for each in found
                        if not math.isnan(each.value))  # fmt: skip


def _leaves(each: BreakEven, currency: str | None) -> str:
    count = round(abs(each.value))
    many = f"{counted(count, 'more customer')}" if count else "not even one customer"
    return f"{many} {'left' if each.value > 0 else 'stayed'}"


def _demands(each: BreakEven, currency: str | None) -> str:
    return f"cases came {exact(each.value)} times as often"


def _costs(each: BreakEven, currency: str | None) -> str:
    return f"an hour of support cost {price(each.value, currency)}, not {price(each.now, currency)}"


_CONDITIONS: Final = {"leaving": _leaves, "demand": _demands, "hour_costs": _costs}


def in_full(found: list[BreakEven], row: Any, currency: str | None) -> list[str]:
    """Say it of demand and of an hour's cost, a sentence each with limits.

    Of customers who leave, :func:`~.money.break_even_leaving` says it.
    """
    if not found:
        return []
    what = f"the {'gain' if row.difference > 0 else 'loss'} in {row.name}"
    gone = f"{what} {'is gone' if row.difference > 0 else 'is made good'}"
    texts = []
    for each in found:
        if each.on == "demand":
            texts.append(_demand_in_full(each, gone, what))
        elif each.on == "hour_costs":
            texts.append(_costs_in_full(each, gone, what, currency))
    return texts


#: What a break-even hangs on, as a table says it, and how its values are written.
_WORDS: Final[dict[str, tuple[str, Callable[[float, str | None], str]]]] = {
    "leaving": ("customers who leave, beyond those who do", lambda value, _: rounded(value)),
    "demand": ("cases a year, times those of each segment", lambda value, _: exact(value)),
    "hour_costs": ("cost of an hour of support", price),
}


def table_of_break_evens(
    found: list[tuple[str, BreakEven]], confidence: float, currency: str | None
) -> Table:
    """Lay out the break-evens of alternatives by their names."""
    headings = [
        "alternative", "what it hangs on", "of", Right("today"), Right("break-even"),
        Right(f"{percent_tick(confidence)} interval"), Right("pairs"),
    ]  # fmt: skip
    lines = []
    for name, each in found:
        words, write = _WORDS[each.on]
        in_currency = partial(_written, write, currency)
        lines.append(
            [
                name,
                words,
                _BY_KEY[each.metric].name,
                in_currency(each.now),
                in_currency(each.value),
                limits(each.low, each.high, in_currency),
                rounded(each.pairs) if each.pairs else "",
            ]
        )
    return Table(headings, lines, "What would have to be so for the difference to be none")


def _written(write: Callable[[float, str | None], str], currency: str | None, value: float) -> str:
    return write(value, currency)


def _demand_in_full(each: BreakEven, gone: str, what: str) -> str:
    if math.isnan(each.value):
        return (
            f"Break-even demand: {what} keeps its sign with half and with twice the cases a year "
            f"in every segment, by {counted(min(each.pairs, LOCATING), 'replication')} of each, or "
            "a third of its customers where that leaves no doubt."
        )
    between = "" if math.isnan(each.low) else f" ({limits(each.low, each.high, exact)})"
    return (
        f"Break-even demand: {gone} where every segment has {exact(each.value)} times its cases a "
        f"year{between}, by {counted(each.pairs, 'replication')}."
    )


def _costs_in_full(each: BreakEven, gone: str, what: str, currency: str | None) -> str:
    if math.isnan(each.value):
        return f"Break-even cost of an hour: {what} keeps its sign whatever an hour costs."
    between = "" if math.isnan(each.low) else (
        f" ({limits(each.low, each.high, lambda cost: price(cost, currency))})"
    )  # fmt: skip
    return (
        f"Break-even cost of an hour: {gone} where an hour of support costs "
        f"{price(each.value, currency)}{between} in place of {price(each.now, currency)}."
    )
