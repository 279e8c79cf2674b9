"""How sure a number of a run is: one way to an interval.

The unit is the customer, drawn anew within its segment: cases, contracts and hours of one customer
are not independent. What all customers share is in no difference between them: see
:func:`shared_shocks`, and :func:`replicate` for what it does.
"""

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
from .forecasts_measured import ForecastsMeasured, forecasts_measured
from .measured import Measured, measured
from .portfolio import Portfolio, portfolio_of
from .ratios import LEAST_UNITS, ratio, ratios, total, totals
from .replicating import replicate, replicated
from .shocks import shared_shocks
from .standardised import Change, change_at_fixed_mix

__all__ = [
    "BINS",
    "LEAST_UNITS",
    "Change",
    "Estimate",
    "Forecast",
    "ForecastsMeasured",
    "Measured",
    "Portfolio",
    "chance_to_run_dry",
    "change_at_fixed_mix",
    "difference",
    "forecast_running_dry",
    "forecasts_measured",
    "measured",
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
