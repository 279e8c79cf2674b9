"""Offerings as they are sold: allowances, overage, weights, no total, no end; and top-ups."""

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
