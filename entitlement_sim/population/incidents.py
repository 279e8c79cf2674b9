"""Incidents: when something happens to a product that makes many customers write at once."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..compiling import int64, kernel, record_type
from ..rules.days import day_number
from ..scenario.models import Calendar, ScenarioModel
from ..scenario.paths import NamePath, burst_paths
from .calendar_days import DAY
from .days import YEAR
from .distributions import Collector, poisson, quantile
from .streams import INCIDENT, INCIDENTS, Stream, draw, unit

#: Incidents of a burst in a month that can be told apart.
_MOST_OF_A_MONTH: Final = 1024

#: Incidents of a burst that are drawn sooner than a compiled function is loaded.
_FEW: Final = 1000

#: One incident. `identity` stays the same however long the run is, and wherever its burst stands.
INCIDENT_RECORD: Final = record_type(
    [
        ("identity", "i8"),
        ("burst", "i8"),
        ("minute", "i8"),
        ("product", "i8"),
        ("hits", "f8"),
        ("scaled", "?"),  # by a customer's own cases of the product
        ("cases", "f8"),
        ("hours", "f8"),
    ]
)


def incidents_of(
    model: ScenarioModel,
    chance: Stream,
    distributions: Collector,
    past: ScenarioModel | None = None,
) -> NDArray[np.void]:
    """Return the incidents of a run, burst by burst; those of its past come first."""
    rows = _rows_of(model, chance, distributions, model.products, 0)
    if past is not None:
        first = 0 if past.bursts == model.bursts else len(model.bursts)
        rows = _rows_of(past, chance, distributions, model.products, first) + rows
    return np.array(rows, INCIDENT_RECORD)


def _rows_of(
    model: ScenarioModel,
    chance: Stream,
    distributions: Collector,
    products: list[str],
    first_burst: int,
) -> list[tuple[object, ...]]:
    """Return the incidents of a model's days; its bursts are numbered from `first_burst` on."""
    sizes = [distributions.add(burst.size) for burst in model.bursts]
    rows_of_sizes = distributions.rows()
    return [
        (
            identity,
            first_burst + number,
            minute,
            products.index(burst.product) if burst.product in products else -1,
            burst.hits,
            burst.scaled_by == "rate",
            burst.cases * quantile(rows_of_sizes, sizes[number], share),
            burst.over_hours,
        )
        for number, (burst, path) in enumerate(zip(model.bursts, burst_paths(model), strict=True))
        for identity, minute, share in _moments(model.calendar, path, burst.per_year, chance)
    ]


def _moments(
    calendar: Calendar, path: NamePath, per_year: float, chance: Stream
) -> list[tuple[int, int, float]]:
    """Draw a burst's incidents in the order of time: identity, minute, which share are smaller."""
    start = day_number(calendar.start)
    stop = start + calendar.days
    first = int(np.datetime64(start, "D").astype("datetime64[M]").astype(int))
    last = int(np.datetime64(stop - 1, "D").astype("datetime64[M]").astype(int))
    months = np.arange(first, last + 2)
    begins = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    room = min(int(per_year / 12 + 12 * (per_year / 12) ** 0.5) + 32, _MOST_OF_A_MONTH)
    minutes = np.full((len(months) - 1, room), -1, np.int64)
    shares = np.zeros(minutes.shape)
    is_many = per_year / 12 * len(months) > _FEW
    draw_all = _draw_months_compiled if is_many else _draw_months
    draw_all(chance, chance.key(path), first, begins, per_year / YEAR, minutes, shares)
    moments = [
        (
            int(first + month) * _MOST_OF_A_MONTH + int(incident),
            int(minutes[month, incident]),
            float(shares[month, incident]),
        )
        for month, incident in zip(*np.nonzero(minutes >= 0), strict=True)
    ]
    within = (moment for moment in moments if start * DAY <= moment[1] < stop * DAY)
    return sorted(within, key=lambda moment: moment[1])


def _draw_months(
    stream: Stream,
    key: np.uint64,
    first: int,
    begins: NDArray[np.int64],
    per_day: float,
    minutes: NDArray[np.int64],
    shares: NDArray[np.float64],
) -> None:
    """Draw a Poisson process by whole calendar months: how many a month has, then when each comes.

    `minutes` and `shares` have a row for each month.
    """
    for month in range(minutes.shape[0]):
        days = begins[month + 1] - begins[month]
        words = draw(stream, key, first + month, INCIDENTS, 0)
        count = min(poisson(per_day * days, unit(words[0])), minutes.shape[1])
        for incident in range(count):
            words = draw(stream, key, first + month, INCIDENT, incident)
            minutes[month, incident] = begins[month] * DAY + int64(unit(words[0]) * days * DAY)
            shares[month, incident] = unit(words[1])


_draw_months_compiled = kernel(_draw_months)
