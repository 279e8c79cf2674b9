"""What a run will come to, before it is made: rows, processor time, memory and disk.

A scenario may multiply limits that are reasonable one by one: a hundred million customers with a
hundred thousand cases a year each. Nobody shall learn after days that a disk is full, so a run is
estimated first. The estimate is rough, within a factor of two or so for portfolios like the shipped
ones, and reckons with the means of what is drawn.
"""

import math
import os
import shutil
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from ..engine.buffers import MOST_CASES
from ..engine.sums import Measure
from ..population.busyness import busyness_of
from ..population.days import YEAR
from ..population.distributions import rough_mean
from ..population.inflow import held_per_join, joins_per_year
from ..population.past import past_of
from ..population.plan import JOINS_OVER, total_of
from ..population.streams import stream
from ..rules.allotment import ONE_CASE
from ..scenario.checks import MOST_CUSTOMERS
from ..telling import number, short
from .errors import RunError

if TYPE_CHECKING:
    from ..scenario.models import History, Holding, Renewal, ScenarioModel, Segment, Template

#: Processor time of a row of any table, simulated and stored: 860 ns (demo, 21,000 customers) to
#: 900 ns (reference, 30,000 customers), by ``process_time`` on the README's machine.
_SECONDS_A_ROW: Final = 900e-9
#: Of a row that is only added up: 150 ns (reference) to 250 ns (demo), likewise.
_SECONDS_A_ROW_SUMMED: Final = 250e-9
#: Of an incident: 40 µs to draw it, and 50 ns for each customer that may feel it.
_SECONDS_AN_INCIDENT: Final = 40e-6
_SECONDS_A_FEELING: Final = 50e-9
#: Of moving one case behind one that comes out of order.
_SECONDS_A_MOVE: Final = 5e-9

#: Bytes of a row in a run file: the larger of those of reference and demo, rounded up.
_BYTES: Final = {
    "customers": 13,
    "entitlements": 20,
    "balances": 11,
    "transitions": 5,
    "cases": 34,
    "reactivations": 21,
    "ledger": 19,
}
#: A run in memory is not compressed: so many times as much.
_IN_MEMORY: Final = 5
#: Bytes that a customer takes for each of its cases while it is simulated: 370 were measured for
#: one customer with a million cases, half of which were covered.
_BYTES_A_CASE_AT_WORK: Final = 500
_BYTES_AN_ENTITLEMENT_AT_WORK: Final = 400

#: What needs more processor time than this, or more than this part of the free disk, is asked for.
REASONABLE_SECONDS: Final = 3600.0
_REASONABLE_PART: Final = 0.5
#: From here on numbers are not written out.
_MOST_SHOWN: Final = 1e15


class Estimate(NamedTuple):
    """What a run will come to, about.

    Attributes
    ----------
    rows : dict of float
        By table.
    work : float
        Seconds of processor time that rows do not account for.
    cases_of_one : float
        Mean cases of a customer of the busiest segment.
    memory_of_one : float
        Bytes that such a customer takes while it is simulated.
    """

    rows: dict[str, float]
    work: float
    cases_of_one: float
    memory_of_one: float

    @property
    def all_rows(self) -> float:
        """Rows of all tables."""
        return sum(self.rows.values())

    @property
    def seconds(self) -> float:
        """Processor time of simulating and storing."""
        return self.all_rows * _SECONDS_A_ROW + self.work

    @property
    def disk(self) -> float:
        """Bytes of the run file."""
        return sum(count * _BYTES[table] for table, count in self.rows.items())

    def part(self, of: int) -> "Estimate":
        """Return what one of so many parts comes to."""
        rows = {table: count / of for table, count in self.rows.items()}
        return self._replace(rows=rows, work=self.work / of)

    def summed(self, times: int) -> float:
        """Seconds of processor time of adding up so many replications and offerings."""
        return times * (self.all_rows * _SECONDS_A_ROW_SUMMED + self.work)


def estimate(
    model: "ScenarioModel",
    seed: int = 1,
    replication: int = 0,
    base: "ScenarioModel | None" = None,
) -> Estimate:
    """Estimate what a scenario comes to.

    Parameters
    ----------
    model : ScenarioModel
    seed, replication : int
    base : ScenarioModel, optional
        The same before its overrides, whose past it has; by default itself.

    Examples
    --------
    >>> from entitlement_sim import Scenario
    >>> round(estimate(Scenario.load("reference").model).rows["cases"])
    3597536
    """
    base = base or model
    rows = dict.fromkeys(_BYTES, 0.0)
    work = cases_of_one = memory_of_one = 0.0
    days = model.calendar.days
    busyness = busyness_of(model, stream(seed, replication), past_of(model, base))
    joins = joins_per_year(model, base)
    for (name, segment), kind in zip(model.segments.items(), busyness.kinds, strict=True):
        busy = busyness.busy["busy"][kind]
        arrivals = segment.cases.per_year / YEAR * float(busy[-1])
        lived = segment.cases.per_year / YEAR * -float(busy[0])
        incidents, extra = _bursts(model, segment)
        people = (
            _joining(segment, days)
            if model.history is None
            else _of_a_business(model, base, model.history, name, joins[name])
        )
        terms = [_terms(model, segment, holding, people) for holding in segment.holds]
        channels = [len(model.templates[holding.template].channels) for holding in segment.holds]
        accounts, holders = segment.account_count, segment.holder_count
        entitlements = holders * sum(each.whole + each.brought_forward for each in terms)
        cases = people.writing * (arrivals + extra)
        cases += people.covered * _elapsed(terms) * segment.cases.per_year
        cases *= accounts
        reopened = cases * segment.reopened * _reopenings(segment.reopened)
        rows["customers"] += people.all
        rows["entitlements"] += entitlements
        rows["transitions"] += 3 * entitlements
        rows["cases"] += cases
        rows["reactivations"] += reopened
        if segment.holds:
            rows["ledger"] += cases + 2 * reopened
        for each, number_of_channels in zip(terms, channels, strict=True):
            balances = holders * (1 + number_of_channels)
            rows["balances"] += balances * (each.whole + each.brought_forward)
            rows["ledger"] += balances * (each.whole + 2 * each.brought_forward)
        if segment.buys_more is not None:
            _add_purchases(rows, model.templates[segment.buys_more.template], cases, segment)
        # Cases of the past are lived, and hardly any of them leaves a row.
        work += people.before * accounts * lived / 2.0 * _SECONDS_A_ROW_SUMMED
        drawn = people.before + people.later
        work += (
            drawn
            * accounts
            * (incidents * _SECONDS_A_FEELING + extra * (arrivals + extra / 2) * _SECONDS_A_MOVE)
        )
        if drawn:
            of_one = accounts * (lived + arrivals + extra)
            cases_of_one = max(cases_of_one, of_one)
            memory_of_one = max(
                memory_of_one,
                of_one * _BYTES_A_CASE_AT_WORK
                + entitlements / drawn * _BYTES_AN_ENTITLEMENT_AT_WORK,
            )
    work += sum(burst.per_year for burst in model.bursts) * days / YEAR * _SECONDS_AN_INCIDENT
    return Estimate(rows, work, cases_of_one, memory_of_one)


def check_run(
    estimated: Estimate, out: str | os.PathLike[str] | None, *, threads: int, allow_large: bool
) -> None:
    """Refuse a run that cannot be made, or that nobody would make by intent.

    Parameters
    ----------
    estimated : Estimate
    out : path or None
        Folder for runs; None keeps the run in memory.
    threads : int
        Customers that are simulated at a time.
    allow_large : bool
        Whether a run that takes long or fills much of the disk is meant.

    Raises
    ------
    RunError
        The run does not fit the disk or the memory; or it takes more than an hour of processor
        time or half of the free disk, and `allow_large` does not say that this is meant.
    """
    _check_customer(estimated, threads)
    if estimated.rows["customers"] > MOST_CUSTOMERS:
        raise RunError(
            f"{_about(estimated.rows['customers'])} customers join, and {number(MOST_CUSTOMERS)} "
            f"are the most for a run; {_SMALLER}"
        )
    needed = estimated.disk
    if out is None:
        needed *= _IN_MEMORY
        room, where = _memory(), "of memory"
    else:
        room, where = _free(Path(out)), "free on the disk"
    comes_to = (
        f"this comes to {_about(estimated.rows['cases'])} cases and "
        f"{_about(estimated.all_rows)} rows: {_long(estimated.seconds)} and {_large(needed)}"
    )
    has = f"{_large(room)} {where}"
    if needed > room:
        raise RunError(f"{comes_to}, but there are {has}; {_SMALLER}")
    is_large = estimated.seconds > REASONABLE_SECONDS or needed > room * _REASONABLE_PART
    if is_large and not allow_large:
        raise RunError(f"{comes_to}, where there are {has}; {_SMALLER}, or {_MEANT}")


def check_sums(
    estimated: Estimate,
    model: "ScenarioModel",
    *,
    replications: int,
    offerings: int,
    by_customer: bool,
    threads: int,
    allow_large: bool,
) -> None:
    """Refuse sums that take more memory than there is, or longer than anybody would mean.

    Raises
    ------
    RunError
        As for :func:`check_run`.
    """
    _check_customer(estimated, threads)
    months = model.calendar.days / 28 + 3
    tables = len(model.segments) * (len(model.templates) + 1) * months
    if by_customer:
        tables += 4 * estimated.rows["customers"]
    needed = 8.0 * len(Measure) * tables * replications * offerings
    duration = estimated.summed(replications * offerings)
    comes_to = (
        f"these sums come to {_about(estimated.rows['cases'] * replications * offerings)} "
        f"cases: {_long(duration)} and {_large(needed)} of memory"
    )
    if needed > _memory():
        raise RunError(f"{comes_to}, but there are {_large(_memory())}; {_SMALLER}")
    if duration > REASONABLE_SECONDS and not allow_large:
        raise RunError(f"{comes_to}; {_SMALLER}, or {_MEANT}")


_SMALLER: Final = "ask for fewer customers, cases or days"
_MEANT: Final = "say that it is meant: --allow-large, in Python allow_large=True"


def _check_customer(estimated: Estimate, threads: int) -> None:
    """Refuse customers with more cases than one may have, or than fit the memory."""
    if estimated.cases_of_one > MOST_CASES:
        raise RunError(
            f"one customer comes to {_about(estimated.cases_of_one)} cases, and "
            f"{number(MOST_CASES)} are the most for one; {_SMALLER}"
        )
    needed = estimated.memory_of_one * threads
    if needed > _memory():
        raise RunError(
            f"{number(threads)} customers at a time, of {_about(estimated.cases_of_one)} "
            f"cases each, take {_large(needed)} of memory, but there are {_large(_memory())}; "
            f"{_SMALLER}, or for --threads 1"
        )


class _People(NamedTuple):
    """Customers of a segment, in expectation.

    Attributes
    ----------
    before, later : float
        Those who join before the first day, and from it on.
    buyers : float
        Those who join a year before the first day and buy; 0 where there is no past.
    all : float
        Those with a row.
    covered : float
        Those with a contract from before the first day.
    writing : float
        Those who write, each for the part of the run in which they do.
    """

    before: float
    later: float
    buyers: float
    all: float
    covered: float
    writing: float


def _joining(segment: "Segment", days: int) -> _People:
    """Return the customers of a segment without a past."""
    over = segment.joins.over_days or JOINS_OVER
    at_start = segment.joins.at_start * segment.customers
    later = (segment.customers - at_start) * min(1.0, days / over)
    writing = at_start + later * (1.0 - min(over, days) / (2.0 * days))
    return _People(0.0, at_start + later, 0.0, at_start + later, 0.0, writing)


def _of_a_business(
    model: "ScenarioModel", base: "ScenarioModel", history: "History", name: str, joins: float
) -> _People:
    """Return the customers of a segment with a past, of whom so many join a year.

    Where demand ends, as many leave as buy, and those are covered who are so in the middle of the
    run. Who never buys writes on.
    """
    segment = model.segments[name]
    years = model.calendar.days / YEAR
    before, later = joins * _years(history), joins * years
    never = segment.life.never_covered or 0.0
    buyers = joins * (1.0 - never)
    source = base if base.history is not None and name in base.segments else model
    covered = float(segment.customers)
    if source.history != history:
        covered = joins * _held_per_join(source, history, name, 0)
    if segment.life.ends is None:
        return _People(before, later, buyers, before + later, covered, before + later / 2.0)
    leaving = buyers * min(rough_mean(segment.life.ends) / YEAR, float(history.years))
    all_of_them = covered + leaving + never * before + later
    later_covered = joins * _held_per_join(source, history, name, round(years / 2.0))
    writing = later_covered + leaving + never * (before + later / 2.0)
    return _People(before, later, buyers, all_of_them, covered, writing)


def _held_per_join(
    source: "ScenarioModel", history: "History", name: str, years_later: int
) -> float:
    """Return the customers who hold something some years after the first day, for each join."""
    start = source.calendar.start + timedelta(days=round(years_later * YEAR))
    aged = history.model_copy(update={"years": history.years + years_later})
    calendar = source.calendar.model_copy(update={"start": start})
    older = source.model_copy(update={"history": aged, "calendar": calendar})
    return held_per_join(older, older.segments[name])


def _years(history: "History") -> float:
    """Return the years of a past, each weighted by how many joined in it against later ones."""
    rate = math.log1p(history.growth)
    return -math.expm1(-rate * history.years) / rate if rate else float(history.years)


def _bursts(model: "ScenarioModel", segment: "Segment") -> tuple[float, float]:
    """Incidents that may concern a customer of a segment, and the cases that it has of them."""
    own = [burst for burst in model.bursts if burst.product in segment.products]
    years = model.calendar.days / YEAR
    return (
        years * sum(burst.per_year for burst in own),
        years
        * sum(burst.per_year * burst.hits * burst.cases * rough_mean(burst.size) for burst in own),
    )


def _add_purchases(
    rows: dict[str, float], template: "Template", cases: float, segment: "Segment"
) -> None:
    """Add the rows of what a segment's customers buy when terms run out, at one term a case."""
    share = 0.0 if segment.buys_more is None else segment.buys_more.share
    bought = cases * share / max(1.0, total_of(template) / ONE_CASE)
    balances = 1
    if template.adds_to is None:
        rows["entitlements"] += bought
        rows["transitions"] += 3 * bought
        balances += len(template.channels)
    rows["balances"] += bought * balances
    rows["ledger"] += bought * balances


def _reopenings(share: float) -> float:
    """Mean reopenings of a case that is reopened once, up to seven."""
    return sum(share**place for place in range(7))


class _Terms(NamedTuple):
    """Entitlements of one kind that customers of a segment leave, in expectation.

    Attributes
    ----------
    whole : float
        Those that are active on the first day or later.
    brought_forward : float
        What those renew that are active on the first day.
    on_first_day : float
        Those that are active on it, with a past.
    length : float
        Years of one.
    """

    whole: float
    brought_forward: float
    on_first_day: float
    length: float


def _terms(
    model: "ScenarioModel", segment: "Segment", holding: "Holding", people: _People
) -> _Terms:
    term = model.templates[holding.template].term
    days = term.days or term.period_days or (term.months or 12) * YEAR / 12
    length = days / YEAR
    years = model.calendar.days / YEAR
    if model.history is None:
        most = math.ceil(years / length)
        made = float(_survival(segment.renewal, most).sum())
        return _Terms(people.later * holding.share * made, 0.0, 0.0, length)
    age = float(model.history.years)
    most = math.floor((age + years / 2.0) / length) + 1
    reached = _survival(segment.renewal, most)
    reached *= (1.0 + model.history.growth) ** (-np.arange(most) * length)
    number = np.arange(min(math.ceil(age / length), most))
    began = np.minimum(length, age - number * length)  # years in which such terms began
    active = people.buyers * holding.share * began * reached[: len(number)]
    begin = people.buyers * holding.share * years * float(reached.sum())
    on_first_day = float(active.sum())
    return _Terms(on_first_day + begin, float((number * active).sum()), on_first_day, length)


def _elapsed(terms: list[_Terms]) -> float:
    """Return the mean years that terms which are active on the first day have behind them."""
    active = sum(each.on_first_day for each in terms)
    elapsed = sum(each.on_first_day * each.length / 2.0 for each in terms)
    return elapsed / active if active else 0.0


def _survival(renewal: "Renewal", most: int) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """Chances that a customer has so many terms and another: moved renewals keep to the curve."""
    place = np.arange(most - 1, dtype=np.float64)
    if renewal.inclination.beta_geometric is not None:
        alpha, beta = (
            renewal.inclination.beta_geometric.alpha,
            renewal.inclination.beta_geometric.beta,
        )
        stays = (beta + place) / (alpha + beta + place)
    else:
        stays = np.full(most - 1, renewal.inclination.constant or 0.0)
    stays += (1.0 - stays) * renewal.returns.share
    return np.cumprod(np.concatenate([[1.0], stays]))


def _free(folder: Path) -> float:
    """Bytes that are free where a folder is or will be made."""
    for place in (folder.absolute(), *folder.absolute().parents):
        if place.is_dir():
            return float(shutil.disk_usage(place).free)
    return math.inf


def _memory() -> float:
    """Bytes of the machine's memory, where it says so."""
    try:
        return float(os.sysconf("SC_PHYS_PAGES")) * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return math.inf


# ---------------------------------------------------------------------------------- words


def _about(count: float) -> str:
    return f"more than {short(_MOST_SHOWN)}" if count > _MOST_SHOWN else f"about {short(count)}"


_UNITS: Final = ((1e15, "PB"), (1e12, "TB"), (1e9, "GB"), (1e6, "MB"))
_TIMES: Final = ((365 * 86_400, "years"), (86_400, "days"), (3_600, "hours"), (60, "minutes"))


def _large(size: float) -> str:
    """Write a number of bytes."""
    return _in_units(size, _UNITS, "MB", 1e6)


def _long(duration: float) -> str:
    """Write a duration in seconds as processor time."""
    return f"{_in_units(duration, _TIMES, 'minutes', 60)} of processor time"


def _in_units(value: float, units: tuple[tuple[float, str], ...], last: str, least: float) -> str:
    size, unit = next(((size, unit) for size, unit in units if value >= size), (least, last))
    return f"{_about(value / size)} {unit}"
