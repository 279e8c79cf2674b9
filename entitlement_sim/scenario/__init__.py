"""What a person writes: scenarios, read from YAML with every mistake named where it stands."""

from .models import ScenarioModel
from .scenario import Scenario
from .schema import schema_text
from .shipped import shipped_scenarios

__all__ = ["Scenario", "ScenarioModel", "schema_text", "shipped_scenarios"]
