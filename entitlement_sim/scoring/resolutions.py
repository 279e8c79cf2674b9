"""What becomes of cases: how long they take, when they are resolved, what is billed."""

import numpy as np

from ..metrics.survival import SurvivalCurve, kaplan_meier
from ..store.counted import Figure
from ..targets import TARGETS
from .figures import Figures, Measured, unmeasured

_NOT_SO_FAR = "so many are open at the end that it is not known"
_NONE_RESOLVED = "no case was resolved"


def _curve(figures: Figures, segment: str | None) -> SurvivalCurve | None:
    """Share of the cases that are still open so many minutes after their opening."""
    rows = figures.counts(Figure.DURATIONS, segment)
    minutes, is_resolved = rows["first_key"].to_numpy(), rows["second_key"].to_numpy() == 1
    if not is_resolved.any():
        return None
    return kaplan_meier(minutes, is_resolved, rows["n"].to_numpy())


def resolution_hours(figures: Figures, segment: str | None) -> list[Measured]:
    """Quantiles of the hours to resolution; cases that are open at the end are censored."""
    goals = TARGETS["resolution_hours"].goals
    curve = figures.made(_curve, segment)
    if curve is None:
        return [unmeasured(_NONE_RESOLVED)] * len(goals)
    n = int(curve.numbers_at_risk[0])
    hours = [curve.quantile(int(goal.part[1:]) / 100).value / 60 for goal in goals]
    return [
        Measured(float(value), n) if np.isfinite(value) else unmeasured(_NOT_SO_FAR, n)
        for value in hours
    ]


def resolved_within(figures: Figures, segment: str | None) -> list[Measured]:
    """Shares resolved within an hour and a day, and open after thirty days."""
    curve = figures.made(_curve, segment)
    if curve is None:
        return [unmeasured(_NONE_RESOLVED)] * 3
    n = int(curve.numbers_at_risk[0])
    hour, day, month = (float(share) for share in curve.at([60, 1440, 43_200]))
    return [
        unmeasured(_NOT_SO_FAR, n) if np.isnan(share) else Measured(share, n)
        for share in (1 - hour, 1 - day, month)
    ]


def weekend_resolutions(figures: Figures, segment: str | None) -> list[Measured]:
    """Resolutions of Saturdays and Sundays among all."""
    n = figures.count(Figure.RESOLUTIONS, segment)
    at_weekend = figures.count(Figure.RESOLUTIONS_AT_WEEKEND, segment)
    return [Measured(at_weekend / n, n) if n else unmeasured(_NONE_RESOLVED)]


def reopened(figures: Figures, segment: str | None) -> list[Measured]:
    """Cases that came back after a resolution among those that had one."""
    n = figures.count(Figure.RESOLVED, segment)
    came_back = figures.count(Figure.REOPENED, segment)
    return [Measured(came_back / n, n) if n else unmeasured(_NONE_RESOLVED)]


def excess_minutes(figures: Figures, segment: str | None) -> list[Measured]:
    """Cases billed for more minutes than business hours had between opening and resolution."""
    if figures.model is None:
        return [unmeasured("the run says no business hours")]
    n = figures.count(Figure.BILLED, segment)
    excess = figures.count(Figure.BILLED_IN_EXCESS, segment)
    return [Measured(excess / n, n) if n else unmeasured(_NONE_RESOLVED)]
