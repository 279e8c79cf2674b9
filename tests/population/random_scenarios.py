"""Small scenarios at random, in which everything that a scenario can say happens now and then."""

import datetime as dt
from typing import Any

import numpy as np

_PRODUCTS = ["Gateway", "Mail", "Büro"]
_ORIGINS = ["phone", "email", "web"]


def random_scenario(chance: np.random.Generator, *, own_mixes: bool = False) -> dict[str, Any]:
    """Return the plain data of a scenario; customers may have product mixes of their own."""
    start = dt.date(2023, 1, 1) + dt.timedelta(days=int(chance.integers(0, 800)))
    templates = {name: _template(chance, name) for name in ("Pack", "Hours", "Extra")}
    return {
        "scenario": "at-random",
        "calendar": {
            "start": start,
            "days": int(chance.integers(60, 700)),
            "zone": str(chance.choice(["UTC", "Europe/Berlin", "America/New_York"])),
            "weekdays": [1, 1, 1, 1, 0.9, _some(chance, 0.2), 0.1],
            "season": {"amplitude": _some(chance, 0.3)},
            "growth": _some(chance, 0.2),
            "day_spread": _some(chance, 0.3),
            "holidays": [{"date": start + dt.timedelta(days=30)}],
            "level": {
                "sd": _some(chance, 0.4),
                "steps": [
                    {"date": start + dt.timedelta(days=50), "factor": 1.5, "segment": "second"}
                ],
            },
        },
        "products": _PRODUCTS,
        "slas": {"gold": {"resolve_hours": 4, "first_response_hours": 1}},
        "templates": templates,
        "segments": {
            name: _segment(chance) | ({"products_spread": 2.0} if own_mixes else {})
            for name in ("first", "second")
        },
        "bursts": [
            {"product": "Gateway", "per_year": 6, "hits": 0.5, "cases": 2, "over_hours": 30},
            {"name": "outage", "product": "Gateway", "per_year": 3, "hits": 0.9},
            {
                "product": "Mail",
                "per_year": _some(chance, 10),
                "hits": 0.4,
                "scaled_by": "rate",
                "size": {"exponential": 2.0},
            },
        ],
        "rules": {
            name: bool(chance.random() < 0.3)
            for name in (
                "gate_literal_below_zero",
                "renew_copies_remaining",
                "gate_on_reactivate",
                "exclude_billed_minutes",
                "default_failure_blocks",
            )
        },
    }


def _some(chance: np.random.Generator, most: float) -> float:
    """Nothing, as often as something up to `most`."""
    return float(chance.random() * most) if chance.random() < 0.5 else 0.0


def _template(chance: np.random.Generator, name: str) -> dict[str, Any]:
    in_hours = name == "Hours"
    total = int(chance.integers(1, 12))
    return {
        "allocation": "hours" if in_hours else "cases",
        "total_terms": total,
        "decrease_on": "creation" if not in_hours and chance.random() < 0.5 else "resolution",
        "restrict": bool(chance.random() < 0.6),
        "term": {"days": int(chance.integers(20, 200))} if chance.random() < 0.5 else {"months": 3},
        "channels": {"email": total // 2} if chance.random() < 0.5 else {},
        "products": ["Mail"] if name == "Extra" else [],
        "price": int(chance.integers(0, 500)),
        **({"sla": "gold"} if chance.random() < 0.6 else {}),
        **({"moves_up_to": "Hours"} if name == "Pack" else {}),
        **({"renews": _RENEWS} if in_hours else {}),
    }


_RENEWS = {"itself": True, "notice": {"days": 15}, "rise": 0.05}


def _life(chance: np.random.Generator) -> dict[str, Any]:
    if chance.random() < 0.4:
        return {}
    return {
        "ends": {"exponential": 30},
        "never_covered": _some(chance, 0.5),
        "ramp_up_days": int(chance.integers(0, 60)),
    }


def _clock(chance: np.random.Generator) -> str:
    return str(chance.choice(["elapsed", "working"]))


def _segment(chance: np.random.Generator) -> dict[str, Any]:
    some_days = {"least": 0, "most": int(chance.integers(0, 40))}
    inclination: dict[str, Any] = {"constant": float(chance.random())}
    if chance.random() < 0.5:
        inclination = {"beta_geometric": {"alpha": 0.8, "beta": 2.0}}
    return {
        "customers": 25,
        "joins": {"at_start": float(chance.random()), "over_days": int(chance.integers(1, 900))},
        "holds": [
            {"template": "Pack", "sold_after_days": some_days, "lead_days": some_days},
            {
                "template": "Pack",
                "share": 0.3,
                "sold_after_days": some_days,
                "discount": {"share": 0.5, "off": 0.1},
            },
            {"template": str(chance.choice(["Hours", "Extra"])), "share": 0.6},
        ],
        "left_in_draft": {"share": _some(chance, 0.3), "days": int(chance.integers(1, 20))},
        "contacts": int(chance.integers(1, 4)),
        "cases": {
            "per_year": float(chance.integers(2, 60)),
            "shape": 0.7,
            "key_accounts": {"share": _some(chance, 0.2), "factor": 3},
            "follow_ups": {"mean": _some(chance, 0.6)},
        },
        "life": _life(chance),
        "resolve_hours": {
            "lognormal": {"median": 10, "sigma": 2},
            "clock": _clock(chance),
            "by_product": {"Mail": 3},
        },
        "billable_minutes": {"exponential": 60, "clock": _clock(chance), "by_origin": {"web": 2}},
        "origins": {origin: float(chance.random()) + 0.01 for origin in _ORIGINS},
        "products": {product: float(chance.random()) + 0.01 for product in _PRODUCTS},
        "cancelled": _some(chance, 0.3),
        "cancelled_reactivated": _some(chance, 0.5),
        "reopened": _some(chance, 0.4),
        "do_not_decrement": _some(chance, 0.2),
        "picks": str(chance.choice(["default", "soonest_ending", "first_fitting"])),
        "severities": {1: 1, 3: 4},
        "accepts_overage": 0.5,
        "spend": {"exponential": 100},
        "turned_away": _some(chance, 1.0),
        "cancellation": {"per_year": _some(chance, 1.0)},
        "amendments": {"per_year": _some(chance, 2.0), "days_in_draft": some_days},
        "renewal": {
            "inclination": inclination,
            "after_cancellation": _some(chance, 1.0),
            "moved_by": {"utilisation": 1.0, "refusals": -0.5, "missed_slas": -0.2},
            "late": {"share": _some(chance, 0.6)},
            "returns": {"share": _some(chance, 0.6), "days": {"exponential": 30}},
            "dates": str(chance.choice(["product", "contiguous"])),
        },
    }
