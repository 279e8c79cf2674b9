"""How sure a number of a run is: one way to an interval.

The unit is the customer, drawn anew within its segment: cases, contracts and hours of one customer
are not independent. What all customers share is in no difference between them: see
:func:`shared_shocks`, and :func:`replicate` for what it does.
"""

from typing import TYPE_CHECKING, Any

from .differences import difference
from .estimates import Estimate
from .forecast import (
    BINS,
    Forecast,
    chance_to_run_dry,
    forecast_running_dry,
    outcomes_of,
    reliability,
    said_against_happened,
)
from .portfolio import Portfolio, portfolio_of
from .ratios import LEAST_UNITS, ratio, ratios, total, totals
from .renewing import ExpectedRenewals, expected_renewals
from .shocks import shared_shocks
from .standardised import Change, change_at_fixed_mix

if TYPE_CHECKING:
    from .replicating import replicate, replicated

__all__ = [
    "BINS",
    "LEAST_UNITS",
    "Change",
    "Estimate",
    "ExpectedRenewals",
    "Forecast",
    "Portfolio",
    "chance_to_run_dry",
    "change_at_fixed_mix",
    "difference",
    "expected_renewals",
    "forecast_running_dry",
    "outcomes_of",
    "portfolio_of",
    "ratio",
    "ratios",
    "reliability",
    "replicate",
    "replicated",
    "said_against_happened",
    "shared_shocks",
    "total",
    "totals",
]


def __getattr__(name: str) -> Any:
    # What replicates needs compiled code, which takes longer to load than limits take.
    if name in ("replicate", "replicated"):
        from . import replicating

        return getattr(replicating, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)
