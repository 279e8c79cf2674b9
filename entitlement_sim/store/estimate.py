"""What a run will come to, before it is made: rows, processor time, memory and disk.

A scenario may multiply limits that are reasonable one by one: a hundred million customers with a
hundred thousand cases a year each. Nobody shall learn after days that a disk is full, so a run is
estimated first. The estimate is rough, within a factor of two or so for portfolios like the shipped
ones, and reckons with the means of what is drawn.
"""

import math
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from ..engine.buffers import MOST_CASES
from ..engine.sums import Measure
from ..population.busyness import busyness_of
from ..population.days import YEAR
from ..population.distributions import rough_mean
from ..population.inflow import joins_per_year
from ..population.past import past_of
from ..population.plan import JOINS_OVER
from ..population.streams import stream
from ..scenario.checks import MOST_CUSTOMERS
from ..telling import number, short
from .errors import RunError

if TYPE_CHECKING:
    from ..scenario.models import History, Holding, Joining, Renewal, ScenarioModel, Segment

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

    def summed(self, times: int) -> float:
        """Seconds of processor time of adding up so many replications and offerings."""
        return times * (self.all_rows * _SECONDS_A_ROW_SUMMED + self.work)


def estimate(model: "ScenarioModel", seed: int = 1, replication: int = 0) -> Estimate:
    """Estimate what a scenario comes to.

    Examples
    --------
    >>> from entitlement_sim import Scenario
    >>> round(estimate(Scenario.load("reference").model).rows["cases"])
    3597536
    """
    rows = dict.fromkeys(_BYTES, 0.0)
    work = cases_of_one = memory_of_one = 0.0
    days = model.calendar.days
    busyness = busyness_of(model, stream(seed, replication), past_of(model, model))
    joins = joins_per_year(model, model)
    for (name, segment), kind in zip(model.segments.items(), busyness.kinds, strict=True):
        busy = busyness.busy["busy"][kind]
        present, part = _present(segment.joins, days)
        present *= segment.customers
        earlier = 0.0
        if model.history is not None:
            later = joins[name] * days / YEAR
            earlier = joins[name] * _years(model.history)
            present = earlier + later
            part = (earlier + later / 2.0) / present if present else 0.0
        arrivals = segment.cases.per_year / YEAR * float(busy[-1])
        incidents, extra = _bursts(model, segment)
        cases = (arrivals + extra) * part
        entitlements = balances = 0.0
        for holding in segment.holds:
            made = holding.share * _terms(model, segment, holding)
            entitlements += made
            balances += made * (1 + len(model.templates[holding.template].channels))
        reopened = cases * segment.reopened * _reopenings(segment.reopened)
        charged = (cases + 2 * reopened) if segment.holds else 0.0
        buyers = present - earlier + segment.customers if earlier else present
        rows["customers"] += present
        rows["entitlements"] += buyers * entitlements
        rows["balances"] += buyers * balances
        rows["transitions"] += buyers * 3 * entitlements
        rows["cases"] += present * cases
        rows["reactivations"] += present * reopened
        rows["ledger"] += buyers * balances + present * charged
        # Cases of the past are lived, and hardly any of them leaves a row.
        lived = segment.cases.per_year / YEAR * -float(busy[0])
        work += earlier * lived / 2.0 * _SECONDS_A_ROW_SUMMED
        work += present * (
            incidents * _SECONDS_A_FEELING + extra * (arrivals + extra / 2) * _SECONDS_A_MOVE
        )
        if present:
            of_one = lived + arrivals + extra
            cases_of_one = max(cases_of_one, of_one)
            memory = (of_one) * _BYTES_A_CASE_AT_WORK + entitlements * _BYTES_AN_ENTITLEMENT_AT_WORK
            memory_of_one = max(memory_of_one, memory)
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


def _present(joins: "Joining", days: int) -> tuple[float, float]:
    """Share of the customers that join within a run, and the part of it in which they are there."""
    over = joins.over_days or JOINS_OVER
    later = (1.0 - joins.at_start) * min(1.0, days / over)
    share = joins.at_start + later
    there = joins.at_start + later * (1.0 - min(over, days) / (2.0 * days))
    return share, there / share if share > 0.0 else 0.0


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


def _reopenings(share: float) -> float:
    """Mean reopenings of a case that is reopened once, up to seven."""
    return sum(share**place for place in range(7))


def _terms(model: "ScenarioModel", segment: "Segment", holding: "Holding") -> float:
    """Mean terms of a customer that buys one kind of entitlement on the first day."""
    term = model.templates[holding.template].term
    length = term.days or (term.months or 12) * YEAR / 12
    most = math.ceil(model.calendar.days / length)
    stays = _stays(segment.renewal, most)
    return float(np.cumprod(np.concatenate([[1.0], stays])).sum())


def _stays(renewal: "Renewal", most: int) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """Chances that a customer goes on after each of its terms but the last."""
    place = np.arange(most - 1, dtype=np.float64)
    if renewal.moved_by.moves:
        stays = np.ones(most - 1)  # nobody knows beforehand what moves them
    elif renewal.inclination.beta_geometric is not None:
        alpha, beta = (
            renewal.inclination.beta_geometric.alpha,
            renewal.inclination.beta_geometric.beta,
        )
        stays = (beta + place) / (alpha + beta + place)
    else:
        stays = np.full(most - 1, renewal.inclination.constant or 0.0)
    return stays + (1.0 - stays) * renewal.returns.share


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
