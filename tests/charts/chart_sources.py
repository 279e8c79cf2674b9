"""What each chart is drawn from."""

#: Every chart of a whole run, and the view or table that a frame must stand for.
CHARTS = {
    "blocked_demand": "blocked_demand_by_month",
    "breakage_waterfall": "breakage",
    "burn_down": "burn_down",
    "channel_balances": "utilisation_by_channel",
    "contract_liability": "contract_liability",
    "daily_consumption": "consumption_by_day",
    "exhaustion_curve": "first_exhaustion",
    "expiry_calendar": "entitlement_facts",
    "expiry_wall": "expiring",
    "in_force_by_month": "in_force_by_month",
    "lifecycle_flow": "transitions",
    "margin_by_month": "margin_by_template",
    "origin_mix": "origin_mix",
    "pacing": "pacing",
    "remaining_obligation": "remaining_obligation",
    "renewal_cohorts": "cohorts",
    "renewal_lag": "renewals",
    "renewal_rate_by_month": "renewals",
    "retention_bridge": "retention",
    "retention_over_time": "retention_by_customer",
    "revenue_by_month": "contract_liability",
    "sla_compliance": "sla_compliance_by_customer",
    "utilisation_at_expiry": "breakage_by_entitlement",
}

#: Charts that print 95% limits: a run draws customers anew within its segments, a frame does not.
WITH_LIMITS = {"renewal_rate_by_month", "retention_over_time", "sla_compliance"}
