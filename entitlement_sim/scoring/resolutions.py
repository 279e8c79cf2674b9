"""What becomes of cases: how long they take, when they are resolved, what is billed."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..metrics.survival import SurvivalCurve, kaplan_meier
from ..population.days import working_minutes
from ..scenario.models import Calendar
from ..targets import TARGETS
from .figures import Figures, Measured, unmeasured

_NOT_SO_FAR = "so many are open at the end that it is not known"
_NONE_RESOLVED = "no case was resolved"

#: Minutes from opening to resolution, or to the end of the run. A case reopened counts up to its
#: last resolution.
_DURATIONS = """
SELECT segment,
       ((epoch_us(coalesce(resolved_at, $last::DATE + 1)) - epoch_us(created_at)) // 60000000)
           ::INTEGER AS minutes,
       resolved_at IS NOT NULL AS is_resolved, count(*) AS cases
FROM cases JOIN customers USING (customer_id)
WHERE created_at >= $first::DATE AND created_at < $last::DATE + 1 AND outcome <> 'turned_away'
    AND cancelled_at IS NULL
GROUP BY ALL
"""

#: Resolutions by day, those that were undone later too.
_RESOLUTIONS = """
WITH days AS (
    SELECT segment, resolved_at::DATE AS day, count(*) AS resolutions
    FROM cases JOIN customers USING (customer_id)
    WHERE resolved_at >= $first::DATE AND resolved_at < $last::DATE + 1
    GROUP BY ALL
    UNION ALL
    SELECT segment, ended_at::DATE, count(*)
    FROM reactivations JOIN cases USING (case_id) JOIN customers USING (customer_id)
    WHERE from_state = 'resolved' AND ended_at >= $first::DATE AND ended_at < $last::DATE + 1
    GROUP BY ALL
)
SELECT segment, sum(resolutions)::BIGINT AS resolutions,
       coalesce(sum(resolutions) FILTER (isodow(day) >= 6), 0)::BIGINT AS at_weekend
FROM days
GROUP BY ALL
"""

_REOPENED = """
WITH returns AS (
    SELECT DISTINCT case_id, customer_id, resolved_at IS NOT NULL AS is_resolved
    FROM reactivations JOIN cases USING (case_id)
    WHERE from_state = 'resolved' AND reopened > 0
        AND created_at >= $first::DATE AND created_at < $last::DATE + 1
),
counts AS (
    SELECT customer_id, 1 AS resolved, 0 AS reopened FROM cases
    WHERE resolved_at IS NOT NULL
        AND created_at >= $first::DATE AND created_at < $last::DATE + 1
    UNION ALL
    SELECT customer_id, (NOT is_resolved)::INTEGER, 1 FROM returns
)
SELECT segment, sum(resolved)::BIGINT AS resolved,
       sum(reopened)::BIGINT AS reopened
FROM counts JOIN customers USING (customer_id)
GROUP BY ALL
"""

#: Cases that were billed, with the minutes (since 1970) of their opening and resolution.
_BILLED = """
SELECT enum_code(segment) AS segment, billable_minutes::INTEGER AS billed,
       (epoch_us(created_at) // 60000000)::INTEGER AS opened,
       (epoch_us(resolved_at) // 60000000)::INTEGER AS ended
FROM cases JOIN customers USING (customer_id)
WHERE created_at >= $first::DATE AND resolved_at < $last::DATE + 1
    AND billable_minutes IS NOT NULL
"""

_SEGMENTS = """
SELECT DISTINCT segment::VARCHAR AS segment, enum_code(segment)::INTEGER AS number FROM customers
"""


def _curve(figures: Figures, segment: str | None) -> SurvivalCurve | None:
    """Share of the cases that are still open so many minutes after their opening."""
    rows = figures.rows(_DURATIONS, segment)
    counts = rows.groupby(["minutes", "is_resolved"], as_index=False)["cases"].sum()
    if not counts["is_resolved"].any():
        return None
    return kaplan_meier(counts["minutes"], counts["is_resolved"], counts["cases"])


def resolution_hours(figures: Figures, segment: str | None) -> list[Measured]:
    """Quantiles of the hours to resolution; cases that are open at the end are censored."""
    goals = TARGETS["resolution_hours"].goals
    curve = _curve(figures, segment)
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
    curve = _curve(figures, segment)
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
    rows = figures.rows(_RESOLUTIONS, segment)
    n = int(rows["resolutions"].sum())
    return [Measured(int(rows["at_weekend"].sum()) / n, n) if n else unmeasured(_NONE_RESOLVED)]


def reopened(figures: Figures, segment: str | None) -> list[Measured]:
    """Cases that came back after a resolution among those that had one."""
    rows = figures.rows(_REOPENED, segment)
    n = int(rows["resolved"].sum())
    return [Measured(int(rows["reopened"].sum()) / n, n) if n else unmeasured(_NONE_RESOLVED)]


def excess_minutes(figures: Figures, segment: str | None) -> list[Measured]:
    """Cases billed for more minutes than business hours had between opening and resolution."""
    if figures.model is None:
        return [unmeasured("the run says no business hours")]
    rows = figures.reckoned(_billed)
    if segment is not None:
        rows = rows[rows["segment"] == segment]
    n = int(rows["cases"].sum())
    return [Measured(int(rows["excess"].sum()) / n, n) if n else unmeasured(_NONE_RESOLVED)]


def _billed(figures: Figures) -> pd.DataFrame:
    """Count billed cases by segment, and those billed in excess of the minutes worked."""
    bounds = {"first": figures.first, "last": figures.last}
    cases: dict[str, Any] = figures.run.connection.execute(_BILLED, bounds).fetchnumpy()
    segments = figures.run.sql(_SEGMENTS)
    is_excess = np.zeros(len(cases["billed"]), np.bool_)
    if figures.model is not None and len(is_excess):
        between = _worked_between(figures.model.calendar, cases["opened"], cases["ended"])
        is_excess = cases["billed"] > between
    count = int(segments["number"].max()) + 1 if len(segments) else 0
    of_all, of_excess = (
        np.bincount(chosen, minlength=count)[segments["number"]]
        for chosen in (cases["segment"], cases["segment"][is_excess])
    )
    return segments.assign(cases=of_all, excess=of_excess)


def _worked_between(
    calendar: Calendar, opened: NDArray[np.int64], ended: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Business minutes between two minutes (since 1970) of each case."""
    first, last = int(opened.min()), int(ended.max())
    if len(opened) + len(ended) <= last - first:
        return working_minutes(calendar, opened, ended)
    # Cases share their minutes: those worked are reckoned once for each minute of the run.
    minutes = np.arange(first, last + 1)
    worked = working_minutes(calendar, np.full_like(minutes, first), minutes)
    between: NDArray[np.int64] = worked[ended - first] - worked[opened - first]
    return between
