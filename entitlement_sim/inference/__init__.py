"""How sure a number of a run is: one way to an interval.

The unit is the customer, drawn anew within its segment: cases, contracts and hours of one customer
are not independent. What all customers share is in no difference between them: see
:func:`shared_shocks`, and :func:`replicate` for what it does.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .alike import customers_alike, customers_alike_throughout
from .churning import churn_cost
from .differences import difference
from .estimates import Estimate
from .forecasts_measured import ForecastsMeasured, forecasts_measured
from .measured import Measured, measured
from .portfolio import Portfolio, portfolio_of
from .ratios import LEAST_UNITS, ratio, ratios, total, totals
from .renewing import ExpectedRenewals, expected_renewals
from .standardised import Change, change_at_fixed_mix

if TYPE_CHECKING:
    from .expectations import CheckedExpectations, check_expectations
    from .replicating import replicate, replicated
    from .shocks import shared_shocks

#: Where the names live that need compiled code or scenarios, which take longer to load than limits
#: take.
_LATER = {
    "CheckedExpectations": "expectations",
    "check_expectations": "expectations",
    "replicate": "replicating",
    "replicated": "replicating",
    "shared_shocks": "shocks",
}

__all__ = [
    "LEAST_UNITS",
    "Change",
    "CheckedExpectations",
    "Estimate",
    "ExpectedRenewals",
    "ForecastsMeasured",
    "Measured",
    "Portfolio",
    "change_at_fixed_mix",
    "check_expectations",
    "churn_cost",
    "customers_alike",
    "customers_alike_throughout",
    "difference",
    "expected_renewals",
    "forecasts_measured",
    "measured",
    "portfolio_of",
    "ratio",
    "ratios",
    "replicate",
    "replicated",
    "shared_shocks",
    "total",
    "totals",
]


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(import_module(f".{_LATER[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)
