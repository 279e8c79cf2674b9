"""At which level cases come on the last day of a book, and how it may wander from there.

The level is a log-normal factor that all customers share, week by week: a first-order
autoregression. Where it stands is filtered out of the weekly totals (Kalman, "A new approach to
linear filtering and prediction problems", 1960), against what the customers' own rates make expect.
Where the scenario declares no such level, the totals may: what blocks of four weeks vary by beyond
their noise is taken for a level that wanders, and so are breaks of the level that a book has seen,
since what has broken once may break again.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..population.days import YEAR
from ..rules.days import day_number
from ..scenario.models import Calendar

Floats = NDArray[np.float64]

_WEEK: Final = 7
_BLOCK: Final = 28
#: Fewest blocks that say whether a level wanders, and fewest cases of one.
_LEAST_BLOCKS: Final = 6
_LEAST_CASES: Final = 20.0
#: Half-life of a deviation where only its size is known.
_HALF_LIFE: Final = 180.0
#: Standard errors that a variance is above none before it is believed.
_CLEAR: Final = 2.0


@dataclass(frozen=True)
class LevelNow:
    """The logarithm of the level at the close of the last day, and how it goes on.

    Attributes
    ----------
    sd : float
        Standard deviation of the logarithm, in the long run.
    half_life_days : float
    mean, variance : float
        Of where it stands.
    source : str
        Where `sd` comes from: ``declared``, ``breaks``, ``totals`` or ``none``.
    """

    sd: float
    half_life_days: float
    mean: float
    variance: float
    source: str

    def factors(self, days: int, rng: np.random.Generator) -> Floats:
        """Draw the factors of so many days from the next one on."""
        if self.sd <= 0.0:
            return np.ones(days)
        weeks = -(-days // _WEEK)
        stays = _stays(self.half_life_days)
        noise = rng.standard_normal(weeks + 1)
        at = self.mean + math.sqrt(self.variance) * noise[0]
        spread = self.sd * math.sqrt(1.0 - stays * stays)
        levels = np.empty(weeks)
        for week in range(weeks):
            at = stays * at + spread * noise[week + 1]
            levels[week] = at
        drawn: Floats = np.repeat(np.exp(levels - self.sd**2 / 2.0), _WEEK)[:days]
        return drawn


def _stays(half_life_days: float) -> float:
    return math.exp(-math.log(2.0) * _WEEK / half_life_days)


def level_now(
    calendar: Calendar, observed: Floats, expected: Floats, scatter: float, begins: int
) -> LevelNow:
    """Return where the level stands on the last of some days.

    Parameters
    ----------
    calendar : Calendar
        With what is declared of the level.
    observed, expected : ndarray of float
        Cases of each day, and how many were to be expected.
    scatter : float
        Variance of counts over their mean.
    begins : int
        Day number of the first of the days.
    """
    sd, half_life, source = _size(calendar, observed, expected, scatter, begins)
    if sd <= 0.0:
        return LevelNow(0.0, half_life, 0.0, 0.0, source)
    stays = _stays(half_life)
    mean, variance = 0.0, sd * sd
    of_day = calendar.day_spread**2
    weeks = len(observed) // _WEEK
    first = len(observed) - weeks * _WEEK
    seen = observed[first:].reshape(weeks, _WEEK).sum(1)
    hoped = expected[first:].reshape(weeks, _WEEK).sum(1)
    for count, usual in zip(seen.tolist(), hoped.tolist(), strict=True):
        mean *= stays
        variance = stays * stays * variance + (1.0 - stays * stays) * sd * sd
        if usual <= 0.0:
            continue
        noise = scatter / usual + of_day / 5.0
        said = math.log((count + 0.5) / (usual + 0.5)) + sd * sd / 2.0
        gain = variance / (variance + noise)
        mean += gain * (said - mean)
        variance *= 1.0 - gain
    return LevelNow(sd, half_life, mean, variance, source)


def _size(
    calendar: Calendar, observed: Floats, expected: Floats, scatter: float, begins: int
) -> tuple[float, float, str]:
    """Return how far the level wanders, how slowly, and how that is known."""
    own = calendar.level
    breaks = _of_breaks(calendar, begins, len(observed))
    if own.sd > 0.0 or breaks > 0.0:
        sd = math.sqrt(own.sd**2 + breaks)
        slow = max(own.half_life_days, _HALF_LIFE) if breaks > own.sd**2 else own.half_life_days
        return sd, slow, "breaks" if breaks > 0.0 else "declared"
    blocks = len(observed) // _BLOCK
    first = len(observed) - blocks * _BLOCK
    seen = observed[first:].reshape(blocks, _BLOCK).sum(1)
    usual = expected[first:].reshape(blocks, _BLOCK).sum(1)
    enough = usual >= _LEAST_CASES
    if int(enough.sum()) < _LEAST_BLOCKS:
        return 0.0, _HALF_LIFE, "none"
    apart = np.log((seen[enough] + 0.5) / (usual[enough] + 0.5))
    noise = scatter / usual[enough] + calendar.day_spread**2 / 20.0
    excess = float((apart**2 - noise).mean())
    error = float(noise.mean()) * math.sqrt(2.0 / int(enough.sum()))
    if excess <= _CLEAR * error:
        return 0.0, _HALF_LIFE, "none"
    return math.sqrt(excess), _HALF_LIFE, "totals"


def _of_breaks(calendar: Calendar, begins: int, days: int) -> float:
    """Return the variance of the logarithm of the level over the days, by its breaks."""
    level = np.zeros(days)
    for step in calendar.level.steps:
        if step.segment is None and step.factor > 0:
            level[max(day_number(step.date) - begins, 0) :] += math.log(step.factor)
    return float(level.var()) if days else 0.0


def grown_by(calendar: Calendar, begins: int, first: int) -> float:
    """Return the factor of the declared growth from the first day of a record to another day."""
    return float((1.0 + calendar.growth) ** ((first - begins) / YEAR))
