"""What becomes of cases: how long they take, when they are resolved, what is billed."""

import numpy as np

from ..metrics.survival import SurvivalCurve, kaplan_meier
from ..population.days import days_of, minute_of_day
from ..targets import TARGETS
from .figures import Figures, Measured, unmeasured

_NOT_SO_FAR = "so many are open at the end that it is not known"
_NONE_RESOLVED = "no case was resolved"

#: Minutes from opening to resolution, or to the end of the run. A case reopened counts up to its
#: last resolution.
_DURATIONS = """
SELECT segment::VARCHAR AS segment,
       date_diff('minute', created_at, coalesce(resolved_at, $last::DATE + INTERVAL 1 DAY))
           AS minutes,
       resolved_at IS NOT NULL AS is_resolved, count(*) AS cases
FROM cases JOIN customers USING (customer_id)
WHERE created_at::DATE BETWEEN $first AND $last AND outcome <> 'turned_away'
    AND cancelled_at IS NULL
GROUP BY ALL
"""

#: Resolutions of any day of the run, those that were undone later too.
_RESOLUTIONS = """
WITH resolutions AS (
    SELECT customer_id, resolved_at FROM cases WHERE resolved_at::DATE BETWEEN $first AND $last
    UNION ALL
    SELECT customer_id, ended_at FROM reactivations JOIN cases USING (case_id)
    WHERE from_state = 'resolved' AND ended_at::DATE BETWEEN $first AND $last
)
SELECT segment::VARCHAR AS segment, count(*) AS resolutions,
       count(*) FILTER (isodow(resolved_at) >= 6) AS at_weekend
FROM resolutions JOIN customers USING (customer_id)
GROUP BY ALL
"""

_REOPENED = """
WITH returns AS (SELECT DISTINCT case_id FROM reactivations WHERE from_state = 'resolved')
SELECT segment::VARCHAR AS segment,
       count(*) FILTER (resolved_at IS NOT NULL OR returns.case_id IS NOT NULL) AS resolved,
       count(returns.case_id) AS reopened
FROM cases LEFT JOIN returns USING (case_id) JOIN customers USING (customer_id)
WHERE created_at::DATE BETWEEN $first AND $last
GROUP BY ALL
"""

#: Business minutes before each day are in a list, that of the first day first.
_EXCESS = """
WITH moments AS (
    SELECT customer_id, billable_minutes,
           (created_at::DATE - $first::DATE + 1)::INTEGER AS opened,
           (resolved_at::DATE - $first::DATE + 1)::INTEGER AS ended,
           hour(created_at) * 60 + minute(created_at) - $opens AS opened_at,
           hour(resolved_at) * 60 + minute(resolved_at) - $opens AS ended_at
    FROM cases
    WHERE created_at::DATE BETWEEN $first AND $last AND resolved_at::DATE <= $last
        AND billable_minutes IS NOT NULL
),
passed AS (
    SELECT customer_id, billable_minutes,
           ($before[ended] + greatest(0, least(ended_at, $before[ended + 1] - $before[ended])))
           - ($before[opened]
              + greatest(0, least(opened_at, $before[opened + 1] - $before[opened]))) AS minutes
    FROM moments
)
SELECT segment::VARCHAR AS segment, count(*) AS cases,
       count(*) FILTER (billable_minutes > minutes) AS excess
FROM passed JOIN customers USING (customer_id)
GROUP BY ALL
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
    calendar = figures.model.calendar
    before = days_of(calendar, figures.model.rules)["open_before"]
    rows = figures.rows(
        _EXCESS,
        segment,
        {
            "before": before[: len(figures.days) + 1].tolist(),
            "opens": minute_of_day(calendar.business_hours.opens),
        },
    )
    n = int(rows["cases"].sum())
    return [Measured(int(rows["excess"].sum()) / n, n) if n else unmeasured(_NONE_RESOLVED)]
