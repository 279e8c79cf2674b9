"""Simulate and analyse support entitlements by the rules of Dynamics 365 Customer Service."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.2.0"

#: Rooms that are attributes, loaded when first used.
_ROOMS = (
    "attribution",
    "audit",
    "charts",
    "fitting",
    "forecasting",
    "inference",
    "metrics",
    "replay",
    "reports",
    "scenario",
    "targets",
    "telling",
)

#: Where each public name lives; loaded when first used, so that the command line starts quickly.
_HOMES = {
    "Audit": "audit",
    "DocumentError": "documents",
    "ExportError": "exchange",
    "Fitted": "fitting.fitted",
    "Forecast": "forecasting.forecast",
    "Found": "searching.answer",
    "OfferingDesigner": "designing.designer",
    "Run": "store.run",
    "RunError": "store.errors",
    "Scenario": "scenario.scenario",
    "Sweep": "sweeping.answer",
    "ceiling": "attribution.ceiling",
    "compare": "comparison.compare",
    "explain": "store.explain",
    "fit": "fitting.fitted",
    "forecast": "forecasting.forecast",
    "list_runs": "store.catalogue",
    "merge": "store.merging",
    "open_run": "store.run",
    "play": "desk.stories",
    "read_exports": "exchange",
    "replicate": "inference.replicating",
    "rule_impact": "audit.impact",
    "scorecard": "scoring.card",
    "search": "searching.search",
    "simulate": "simulation",
    "simulate_shard": "simulation",
    "summarise": "store.summary",
    "sums": "replications",
    "sweep": "sweeping.sweep",
    "verify": "store.verify",
    "what_if": "comparison.what_if",
}

__all__ = [
    "Audit",
    "DocumentError",
    "ExportError",
    "Fitted",
    "Forecast",
    "Found",
    "OfferingDesigner",
    "Run",
    "RunError",
    "Scenario",
    "Sweep",
    "ceiling",
    "compare",
    "explain",
    "fit",
    "forecast",
    "list_runs",
    "merge",
    "open_run",
    "play",
    "read_exports",
    "replicate",
    "rule_impact",
    "scorecard",
    "search",
    "simulate",
    "simulate_shard",
    "summarise",
    "sums",
    "sweep",
    "verify",
    "what_if",
]

if TYPE_CHECKING:
    from . import attribution as attribution
    from . import audit as audit
    from . import charts as charts
    from . import fitting as fitting
    from . import forecasting as forecasting
    from . import inference as inference
    from . import metrics as metrics
    from . import replay as replay
    from . import reports as reports
    from . import scenario as scenario
    from . import targets as targets
    from . import telling as telling
    from .attribution.ceiling import ceiling
    from .audit import Audit
    from .audit.impact import rule_impact
    from .comparison.compare import compare
    from .comparison.what_if import what_if
    from .designing.designer import OfferingDesigner
    from .desk.stories import play
    from .documents import DocumentError
    from .exchange import ExportError, read_exports
    from .fitting.fitted import Fitted, fit
    from .forecasting.forecast import Forecast, forecast
    from .inference.replicating import replicate
    from .replications import sums
    from .scenario.scenario import Scenario
    from .scoring.card import scorecard
    from .searching.answer import Found
    from .searching.search import search
    from .simulation import simulate, simulate_shard
    from .store.catalogue import list_runs
    from .store.errors import RunError
    from .store.explain import explain
    from .store.merging import merge
    from .store.run import Run, open_run
    from .store.summary import summarise
    from .store.verify import verify
    from .sweeping.answer import Sweep
    from .sweeping.sweep import sweep


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f".{_HOMES[name]}", __name__), name)
    if name in _ROOMS:
        return import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, *_ROOMS, "__version__"]
