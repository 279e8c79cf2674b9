"""Billable minutes against the working time that they fit into."""

from typing import TYPE_CHECKING

from .run import Run

if TYPE_CHECKING:
    from ..scenario.models import ScenarioModel


def minutes_that_fill_the_working_time(run: Run) -> tuple[int, int] | None:
    """Count the cases whose minutes are the whole working time from opening to resolution.

    Where a scenario puts billable minutes on the clock `working`, these are the cases whose minutes
    were cut, and the few that came to just as many.

    Returns
    -------
    filled, resolved : int
        Such cases, of those that were opened within the run and resolved once, with working time
        between, in segments whose minutes are cut. None where the scenario cuts no minutes.
    """
    if run.manifest.source != "simulated" or "working" not in run.manifest.scenario_yaml:
        return None
    from ..scenario.scenario import Scenario

    model = Scenario.parse(run.manifest.scenario_yaml).model
    segments = [
        name
        for name, segment in model.segments.items()
        if segment.billable_minutes.clock == "working"
    ]
    if not segments:
        return None
    return _count(run, model, segments)


def _count(run: Run, model: "ScenarioModel", segments: list[str]) -> tuple[int, int]:
    import numpy as np

    from ..population.calendar_days import working_minutes

    rows = run.connection.execute(
        """
        SELECT epoch(created_at)::BIGINT // 60 AS opened, epoch(resolved_at)::BIGINT // 60 AS ended,
               billable_minutes AS minutes
        FROM cases JOIN customers USING (customer_id)
        WHERE state = 'resolved' AND reopened = 0 AND created_at >= ?
          AND list_contains(?, segment::VARCHAR)
        """,
        [run.manifest.start_date, segments],
    ).fetchnumpy()
    opened, ended, minutes = (np.asarray(rows[name]) for name in ("opened", "ended", "minutes"))
    open_then = working_minutes(model.calendar, opened, ended)
    worked = open_then > 0
    return int((worked & (minutes == open_then)).sum()), int(worked.sum())
