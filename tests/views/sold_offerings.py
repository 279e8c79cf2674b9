"""A scenario of offerings as they are sold: allowances, overage, weights, no total and no end."""

from collections.abc import Mapping
from typing import Any

from entitlement_sim import Scenario

_HABITS: dict[str, Any] = {
    "origins": {"phone": 1, "email": 2},
    "severities": {1: 1, 2: 3},
    "billable_minutes": {"lognormal": {"median": 40, "sigma": 0.8}},
    "reopened": 0.2,
    "cancelled": 0.1,
    "cancelled_reactivated": 0.5,
    "cancellation": {"per_year": 0.6},
    "amendments": {"per_year": 1, "change": [0.5, -0.5], "days_in_draft": {"least": 0, "most": 40}},
    "turned_away": 0.5,
    "left_in_draft": {"share": 0.2, "days": 40},
    "renewal": {
        "inclination": {"constant": 0.8},
    },
}


def sold(changes: Mapping[str, Any] | None = None) -> Scenario:
    """The scenario with some values changed, by their paths."""
    return Scenario.from_dict(
        {
            "scenario": "sold",
            "calendar": {
                "start": "2025-01-15",
                "days": 500,
                "zone": "Europe/Berlin",
                "holidays": [{"date": "2025-05-01"}],
            },
            "templates": {
                "Retainer": {
                    "allowance": {
                        "terms": 4,
                        "every": "month",
                        "anchor": "calendar",
                        "first": "prorated",
                        "last": "prorated",
                        "carry": {"share": 0.5, "at_most": 3, "for": 2},
                    },
                    "overage": {"price": "12.50", "at_most": 2, "free": 1},
                    "decrease_on": "creation",
                    "restrict": True,
                    "channels": {"phone": 3},
                    "price": 1000,
                    "refund": "unused",
                    "term": "6 months",
                },
                "Hours": {
                    "allocation": "hours",
                    "allowance": {"terms": 3, "every": {"days": 20}, "carry": {"at_most": 2}},
                    "overage": {"price": 90, "debt": "carried"},
                    "minutes": {"at_least": 15, "step": 15},
                    "weighs": {"outside_hours": 1.5, "weekend": 2, "severity": {1: 3}},
                    "price": 777,
                    "term": "4 months",
                },
                "Pack": {
                    "total_terms": 6,
                    "overage": {"price": 20},
                    "weighs": {"weekend": 2, "holiday": 0},
                    "price": 500,
                    "term": "6 months",
                },
                "Mail": {"total_terms": "unlimited", "price": 300, "term": "6 months"},
                "Incidents": {
                    "total_terms": 5,
                    "restrict": True,
                    "decrease_on": "creation",
                    "price": 400,
                    "term": "open",
                },
            },
            "segments": {
                name: {
                    "customers": 12,
                    "cases": {"per_year": rate},
                    "holds": [{"template": template} for template in held],
                    "picks": "soonest_ending",
                    "accepts_overage": 0.6,
                    **_HABITS,
                }
                for name, rate, held in (
                    ("cases", 60, ("Retainer", "Incidents")),
                    ("hours", 40, ("Hours", "Mail")),
                    ("packs", 30, ("Pack",)),
                )
            },
        }
    ).with_(changes or {})
