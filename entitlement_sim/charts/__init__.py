"""Charts of a run, one function each.

Every chart takes a run, or a frame with the columns of the view that it names, and optional axes;
it returns the axes, titled with the point that the data make. ``alt_text`` tells the same in
words, and ``show`` puts the picture into a notebook together with them. ``gallery`` lists them all.
Most charts can be limited to a ``template``, a ``segment`` and the days ``since`` and ``until``.
"""

from .attributing import ceiling, rule_impact
from .breakage import breakage_waterfall
from .canvas import alt_text
from .comparing import (
    comparison_forest,
    comparison_groups,
    overlaid_active,
    overlaid_refusals,
    overlaid_renewals,
)
from .consumption import burn_down, pacing, utilisation_at_expiry
from .daily import daily_consumption
from .demand import blocked_demand, channel_balances, origin_mix
from .exhaustion import exhaustion_curve
from .expiry import expiry_calendar, expiry_wall
from .forecasting import forecast_by_month, forecast_running_dry
from .gallery import Gallery, gallery
from .in_force import in_force_by_month
from .life import entitlement_life
from .lifecycle import lifecycle_flow
from .margin import margin_by_month
from .renewals import renewal_cohorts, renewal_lag, renewal_rate_by_month
from .retention import retention_bridge, retention_over_time
from .revenue import contract_liability, remaining_obligation, revenue_by_month
from .scoring import scorecard
from .service import sla_compliance
from .showing import image, show
from .style import STYLE, style
from .sweeping import sweep_frontier, sweep_tornado

__all__ = [
    "STYLE",
    "Gallery",
    "alt_text",
    "blocked_demand",
    "breakage_waterfall",
    "burn_down",
    "ceiling",
    "channel_balances",
    "comparison_forest",
    "comparison_groups",
    "contract_liability",
    "daily_consumption",
    "entitlement_life",
    "exhaustion_curve",
    "expiry_calendar",
    "expiry_wall",
    "forecast_by_month",
    "forecast_running_dry",
    "gallery",
    "image",
    "in_force_by_month",
    "lifecycle_flow",
    "margin_by_month",
    "origin_mix",
    "overlaid_active",
    "overlaid_refusals",
    "overlaid_renewals",
    "pacing",
    "remaining_obligation",
    "renewal_cohorts",
    "renewal_lag",
    "renewal_rate_by_month",
    "retention_bridge",
    "retention_over_time",
    "revenue_by_month",
    "rule_impact",
    "scorecard",
    "show",
    "sla_compliance",
    "style",
    "sweep_frontier",
    "sweep_tornado",
    "utilisation_at_expiry",
]
