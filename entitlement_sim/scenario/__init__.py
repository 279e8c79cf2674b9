"""What a person writes: scenarios, read from YAML with every mistake named where it stands."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .models import ScenarioModel
    from .scenario import Scenario
    from .schema import schema_text
    from .shipped import shipped_scenarios

#: Where each name lives; loaded when first used, since to check models takes long to load, and a
#: single value needs none of them.
_HOMES = {
    "Scenario": "scenario",
    "ScenarioModel": "models",
    "schema_text": "schema",
    "shipped_scenarios": "shipped",
}

__all__ = ["Scenario", "ScenarioModel", "schema_text", "shipped_scenarios"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)
