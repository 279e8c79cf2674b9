"""Scenarios in which everything happens: the demo, small, with more of what is rare."""

from typing import Any

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


def topped_up(*overrides: str) -> Scenario:
    """Packs that are topped up when they are empty, and bought again when a case is refused."""
    pack = {"total_terms": 5, "price": 500, "restrict": True, "decrease_on": "creation"}
    top_up = {"total_terms": 3, "price": 350, "adds_to": ["Pack"], "ends": "own", "term": "60 days"}
    segment: dict[str, Any] = {
        "customers": 25,
        "cases": {"per_year": 9},
        "holds": [{"template": "Pack"}],
        "cancelled": 0.1,
        "cancellation": {"per_year": 0.3},
        "amendments": {"per_year": 0.4, "days_in_draft": {"least": 1, "most": 4}},
        "renewal": {"inclination": {"constant": 0.6}},
    }
    segments = {
        "small": {"buys_more": {"when": "empty", "share": 0.8, "template": "More"}},
        "large": {"buys_more": {"when": "refused", "share": 0.5, "template": "Pack"}},
    }
    data = {
        "scenario": "topped-up",
        "calendar": {"start": "2026-01-01", "days": 500},
        "templates": {"Pack": pack, "More": top_up},
        "segments": {name: segment | own for name, own in segments.items()},
    }
    return Scenario.from_dict(data, overrides)
