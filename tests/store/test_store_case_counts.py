"""What cases are counted by: the working time up to each minute of a run."""

import numpy as np
import pytest

from entitlement_sim import Scenario
from entitlement_sim.population.calendar_days import DAY, working_minutes
from entitlement_sim.rules.days import day_number
from entitlement_sim.store.case_counts import _worked_so_far


@pytest.mark.parametrize("days", [["mon", "tue", "wed", "thu", "fri"], ["sun"]])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "Australia/Lord_Howe"])
def test_between_any_two_minutes_as_much_is_worked_as_the_calendar_says(
    zone: str, days: list[str]
) -> None:
    changes = {
        "calendar.days": 320,
        "calendar.zone": zone,
        "calendar.business_hours": {"days": days, "opens": "00:30", "closes": "07:00"},
    }
    calendar = Scenario.load("demo", changes).model.calendar
    begins = day_number(calendar.start) * DAY
    minutes = np.sort(np.random.default_rng(7).integers(0, 320 * DAY, (2, 5_000)), axis=0)
    worked = _worked_so_far(calendar, 320)
    assert (
        worked[minutes[1]] - worked[minutes[0]]
        == working_minutes(calendar, minutes[0] + begins, minutes[1] + begins)
    ).all()
