"""Simulate and analyse support entitlements by the rules of Dynamics 365 Customer Service."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.2.0"

#: Where each public name lives; loaded when first used, so that the command line starts quickly.
_HOMES = {
    "DocumentError": "documents",
    "Run": "store.run",
    "RunError": "store.errors",
    "Scenario": "scenario.scenario",
    "open_run": "store.run",
    "play": "desk.stories",
    "replicate": "inference.replicating",
    "scorecard": "scoring.card",
    "simulate": "simulation",
    "sums": "replications",
}

__all__ = [
    "DocumentError",
    "Run",
    "RunError",
    "Scenario",
    "open_run",
    "play",
    "replicate",
    "scorecard",
    "simulate",
    "sums",
]

if TYPE_CHECKING:
    from .desk.stories import play
    from .documents import DocumentError
    from .inference.replicating import replicate
    from .replications import sums
    from .scenario.scenario import Scenario
    from .scoring.card import scorecard
    from .simulation import simulate
    from .store.errors import RunError
    from .store.run import Run, open_run


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
