"""Switches of the rulebook for a history: those of a scenario, or others."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..engine.given import SWITCHES
from ..rules.settings import Settings
from ..scenario.models import RuleSwitches, ScenarioModel


def settings_of(model: ScenarioModel) -> Settings:
    """Return the switches of a scenario, and its zone."""
    return Settings(tz=model.calendar.zone, **model.rules.model_dump())


def switched(model: ScenarioModel, settings: Settings) -> ScenarioModel:
    """Return a scenario with other switches, and without a past."""
    rules = RuleSwitches(**{name: getattr(settings, name) for name in RuleSwitches.model_fields})
    calendar = model.calendar.model_copy(update={"zone": settings.tz})
    return model.model_copy(update={"rules": rules, "calendar": calendar, "history": None})


def desk_switches(settings: Settings) -> NDArray[Any]:
    """Return the switches that no scenario has, as kernels take them."""
    switches = np.zeros(1, SWITCHES)
    for name in SWITCHES.names or ():
        switches[name] = getattr(settings, name)
    return switches
