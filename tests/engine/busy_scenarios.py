"""Scenarios in which everything happens: the demo, small, with more of what is rare."""

from entitlement_sim import Scenario

#: Customers of each segment, and what makes rare things usual.
BUSY = (
    "segments.small.customers=140",
    "segments.midsize.customers=70",
    "segments.enterprise.customers=10",
    "segments.small.cancellation.per_year=0.2",
    "segments.small.cancelled=0.15",
    "segments.small.cancelled_reactivated=0.4",
    "segments.small.reopened=0.15",
    "segments.small.renewal.after_cancellation=0.6",
    "segments.midsize.amendments.per_year=0.8",
    "segments.midsize.renewal.late.share=0.5",
    "segments.midsize.renewal.returns.share=0.6",
    "segments.enterprise.cancellation.per_year=0.2",
    "segments.enterprise.renewal.after_cancellation=0.5",
    "segments.enterprise.cases.per_year=60",
    "segments.small.life={ends: {exponential: 40}, never_covered: 0.1, ramp_up_days: 20}",
    "segments.midsize.cases.follow_ups.mean=0.3",
    "segments.midsize.resolve_hours.clock=working",
    "segments.midsize.billable_minutes={exponential: 60, clock: working, by_origin: {web: 2}}",
)


def busy(*more: str) -> Scenario:
    """The busy scenario with more overrides."""
    return Scenario.load("demo", [*BUSY, *more])
