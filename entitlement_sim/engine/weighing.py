"""What cases weigh: by when they were created, and how severe they are."""

from typing import Any

from ..compiling import int64, part, rare_part
from ..population.calendar_days import DAY
from ..population.days import is_open
from ..rules.weights import PLAIN_WEIGHT, SEVERITIES, UNWEIGHED, weighed, weight_of
from .world import World


@part
def weight_for(world: World, template: Any, created: int, severity: int) -> int:
    """Weight of a case by a template, in hundredths (rule B4)."""
    if not template.weighs:
        return int64(PLAIN_WEIGHT)
    return _weight(world, template, created, severity)


@part
def weighed_by(amount: int, weight: int) -> int:
    """Terms that a case takes by its weight (rule B4)."""
    if weight == PLAIN_WEIGHT:
        return int64(amount)
    return int64(weighed(int64(amount), int64(weight)))


@rare_part
def _weight(world: World, template: Any, created: int, severity: int) -> int:
    unweighed = int64(UNWEIGHED)
    day = world.days[min(created // DAY - world.run.start, world.days.shape[0] - 1)]
    outside, weekend, holiday, by_severity = unweighed, unweighed, unweighed, unweighed
    if not is_open(world.run, world.days, created):
        outside = int64(template.weight_outside)
    if day.weekend:
        weekend = int64(template.weight_weekend)
    if day.holiday:
        holiday = int64(template.weight_holiday)
    if 1 <= severity <= SEVERITIES:
        by_severity = int64(template.weight_severity[severity - 1])
    return int64(weight_of(outside, weekend, holiday, by_severity))
