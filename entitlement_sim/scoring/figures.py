"""A run as it is measured: its days, its scenario, and counts of its rows by segment."""

import datetime as dt
from collections.abc import Callable
from functools import cached_property
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np
import pandas as pd

from .. import __version__
from ..documents import DocumentError
from ..population.calendar_days import weekday_of
from ..population.distributions import Collector
from ..population.incidents import incidents_of
from ..population.streams import stream
from ..rules.days import day_number
from ..scenario.models import ScenarioModel
from ..scenario.scenario import Scenario
from ..store.counted import Figure
from ..store.damage import reading
from ..store.kept import COUNTS, keeps_counts
from ..store.kept import SCHEMA as KEPT_SCHEMA
from ..store.opened_views import RUN as RUN_CATALOGUE
from ..store.opened_views import VIEWS_SCHEMA
from ..store.run import Run
from ..targets import WINDOW_DAYS

_DAY: Final = 1440
#: Mean delays of a burst's cases after which hardly one in a hundred is still to come.
_DELAYS_OF_A_BURST: Final = 5


Made = TypeVar("Made")


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
        self._counts: dict[Figure, pd.DataFrame] = {}
        self._made: dict[tuple[Callable[..., Any], str | None], Any] = {}

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

    @cached_property
    def origins(self) -> list[str]:
        """Names of the channels, in the order of their codes."""
        [(names,)] = self.run.connection.execute("SELECT enum_range(NULL::origin)").fetchall()
        return list(names)

    def counts(self, figure: Figure, segment: str | None) -> pd.DataFrame:
        """Return the counts of a figure by `segment`, of one or of all.

        Columns `first_key`, `second_key` and `n` are what :class:`~.counted.Figure` says.
        """
        if figure not in self._counts:
            self._counts[figure] = self._kept(figure) if self._keeps else self._reckoned[figure]
        frame = self._counts[figure]
        return frame if segment is None else frame[frame["segment"] == segment]

    def count(self, figure: Figure, segment: str | None) -> int:
        """Return the number of a figure without keys, of a segment or of all."""
        return int(self.counts(figure, segment)["n"].sum())

    @cached_property
    def _keeps(self) -> bool:
        """Whether the file of the run keeps its counts, and they are by a scenario that we know."""
        run = self.run
        return (
            self.model is not None
            and run.path is not None
            and keeps_counts(run.connection, RUN_CATALOGUE)
        )

    def _kept(self, figure: Figure) -> pd.DataFrame:
        return self.run.sql(
            "SELECT TRY_CAST(segment AS segment) AS segment, first_key, second_key, n "
            f"FROM {RUN_CATALOGUE}.{KEPT_SCHEMA}.{COUNTS} WHERE figure = ?",
            [figure.value],
        )

    @cached_property
    def _reckoned(self) -> dict[Figure, pd.DataFrame]:
        """All counts, from the rows of the run."""
        from ..store.scorecard_counts import frames, period_of, reckon_counts

        run = self.run
        with reading(run.file):
            period = period_of(run.connection, VIEWS_SCHEMA, run.manifest)
            return frames(reckon_counts(run.connection, VIEWS_SCHEMA, period), period)

    def made(self, make: "Callable[[Figures, str | None], Made]", segment: str | None) -> "Made":
        """Return what a function makes of the figures of a segment, made once."""
        key = make, segment
        if key not in self._made:
            self._made[key] = make(self, segment)
        result: Made = self._made[key]
        return result
