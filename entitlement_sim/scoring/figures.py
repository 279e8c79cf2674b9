"""A run as it is measured: its days, its scenario, and counts of its rows by segment."""

import datetime as dt
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np
import pandas as pd

from .. import __version__
from ..documents import DocumentError
from ..population.days import weekday_of
from ..population.distributions import Collector
from ..population.incidents import incidents_of
from ..population.streams import stream
from ..rules.days import day_number
from ..scenario.models import ScenarioModel
from ..scenario.scenario import Scenario
from ..store.run import Run
from ..targets import WINDOW_DAYS

_DAY: Final = 1440
#: Mean delays of a burst's cases after which hardly one in a hundred is still to come.
_DELAYS_OF_A_BURST: Final = 5


Reckoned = TypeVar("Reckoned")


class Measured(NamedTuple):
    """What a number of the scorecard comes to.

    Attributes
    ----------
    value : float
        NaN where it cannot be measured.
    n : int
        How many cases, customers or days it rests on.
    why : str
        Why it cannot be measured, or what the value leaves out of account.
    target : float
        What the scenario itself says that it should be; NaN where it says nothing of it.
    """

    value: float
    n: int
    why: str = ""
    target: float = np.nan


def unmeasured(why: str, n: int = 0) -> Measured:
    """Return what stands for a number that cannot be measured."""
    return Measured(np.nan, n, why)


class Figures:
    """Counts of a run within its days, each asked of the run once.

    What came before the first day of a run is no part of them.

    Parameters
    ----------
    run : Run
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.first: dt.date = run.manifest.start_date
        self.last: dt.date = run.manifest.last_day
        self._asked: dict[str, pd.DataFrame] = {}
        self._reckoned: dict[Callable[[Figures], Any], Any] = {}

    @property
    def begins(self) -> int:
        """First minute of the run, since 1970."""
        return day_number(self.first) * _DAY

    @property
    def windows(self) -> int:
        """Whole windows of 91 days, counted back from the last day."""
        return self.run.manifest.days // WINDOW_DAYS

    @cached_property
    def model(self) -> ScenarioModel | None:
        """The scenario of the run; None where what it carries is none."""
        try:
            return Scenario.parse(self.run.manifest.scenario_yaml).model
        except DocumentError:
            return None

    @cached_property
    def mortal(self) -> set[str]:
        """Segments in which who has no cover any more may have ceased to write."""
        if self.model is None:
            return set()
        return {name for name, segment in self.model.segments.items() if segment.life.needs_cover}

    @cached_property
    def days(self) -> pd.DataFrame:
        """Every day of the run: `day`, `weekday` (0 is Monday), `is_holiday`, `is_burst`."""
        days = pd.DataFrame({"day": pd.date_range(self.first, self.last, unit="us")})
        days["weekday"] = weekday_of(np.arange(len(days)) + day_number(self.first))
        days["quarter"] = days["day"].dt.year * 4 + days["day"].dt.quarter
        holidays = [] if self.model is None else self.model.calendar.holidays
        dates = pd.to_datetime([holiday.date for holiday in holidays])
        days["is_holiday"] = days["day"].isin(dates)
        days["is_burst"] = self._hit_by_bursts(len(days))
        return days

    @cached_property
    def bursts_unknown(self) -> str:
        """Why days of bursts cannot be left out; empty where they can."""
        if self.model is None or self.run.manifest.source != "simulated":
            return "days of bursts are not known, and stay in"
        if self.model.bursts and self.run.manifest.package_version != __version__:
            return "another version drew the bursts: their days are not known, and stay in"
        return ""

    def _hit_by_bursts(self, count: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Whether cases of a burst may come on each of the days."""
        hit = np.zeros(count, np.bool_)
        if self.model is None or not self.model.bursts or self.bursts_unknown:
            return hit
        manifest = self.run.manifest
        chance = stream(manifest.seed, manifest.replication)
        start = day_number(self.first)
        for incident in incidents_of(self.model, chance, Collector()):
            begins = int(incident["minute"]) // _DAY - start
            lasts = _DELAYS_OF_A_BURST * float(incident["hours"]) * 60
            ends = int(incident["minute"] + lasts) // _DAY - start
            hit[max(begins, 0) : max(ends + 1, 0)] = True
        return hit

    def reckoned(self, reckon: "Callable[[Figures], Reckoned]") -> "Reckoned":
        """Return what a function makes of the figures, made once."""
        if reckon not in self._reckoned:
            self._reckoned[reckon] = reckon(self)
        result: Reckoned = self._reckoned[reckon]
        return result

    def rows(
        self, query: str, segment: str | None, params: Mapping[str, Any] | None = None
    ) -> pd.DataFrame:
        """Ask a query with a column `segment`, once, and return the rows of a segment or of all.

        The query may use ``$first``, ``$last`` (days of the run), and `params`.
        """
        if query not in self._asked:
            known = {"first": self.first, "last": self.last, **(params or {})}
            used = {name: value for name, value in known.items() if f"${name}" in query}
            self._asked[query] = self.run.sql(query, used)
        frame = self._asked[query]
        return frame if segment is None else frame[frame["segment"] == segment]
