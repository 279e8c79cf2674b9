"""Random offerings with everything that can be sold, as plain scenarios, and the rows they make.

Entitlements are small and short and cases many, so that terms run out, periods close and contracts
end and are renewed many times within a run.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from entitlement_sim import Scenario
from entitlement_sim.engine.blocks import simulate_blocks
from entitlement_sim.population.plan import plan

#: Around the ends of months of different lengths, and of a year.
STARTS = [dt.date(2026, 1, 1), dt.date(2024, 1, 31), dt.date(2025, 12, 15), dt.date(2026, 2, 28)]
#: Mondays among them, and one that falls on a weekend.
HOLIDAYS = [dt.date(2024, 4, 1), dt.date(2026, 1, 1), dt.date(2026, 4, 4)]

#: A service level that is kept and missed.
PROMISE = {"first_response_hours": 4, "resolve_hours": 16}

_carries = st.none() | st.fixed_dictionaries(
    {"for": st.integers(1, 3), "burns": st.sampled_from(["first", "last"])},
    optional={"at_most": st.integers(0, 4), "share": st.sampled_from([0, 0.3, 0.5, 1])},
)
_terms_of = st.sampled_from(
    [{"days": 5}, {"days": 30}, {"days": 45}, {"months": 3}, {"until": "03-31"}, "open"]
)
_severities = st.dictionaries(st.integers(1, 3), st.sampled_from([0, 0.5, 1, 2]), min_size=1)
_weights = st.none() | st.fixed_dictionaries(
    {"weekend": st.sampled_from([0, 0.5, 2])},
    optional={
        "outside_hours": st.sampled_from([0, 1.5]),
        "holiday": st.sampled_from([0, 3]),
        "severity": _severities,
    },
)
_prices: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        0,
        100,
        "99.99",
        {"amount": 10, "every": "month"},
        {"of_spend": {"up_to": {100: 0.1}, "above": 0.03, "at_least": 1}},
    ]
)


def at_random(examples: int) -> Callable[[Any], Any]:
    """Try a law on random offerings, the same ones everywhere."""
    return settings(
        max_examples=examples, deadline=None, derandomize=True, database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )  # fmt: skip


#: How customers call and renew, whatever they hold.
HABITS: dict[str, Any] = {
    "origins": {"phone": 1, "email": 1},
    "billable_minutes": {"exponential": 40},
    "resolve_hours": {"exponential": 60},
    "reopened": 0.3,
    "cancelled": 0.15,
    "cancelled_reactivated": 0.5,
    "do_not_decrement": 0.1,
    "renewal": {
        "inclination": {"constant": 0.8},
        "after_cancellation": 0.5,
        "late": {"share": 0.3},
    },
}


@st.composite
def _allowances(draw: st.DrawFn) -> dict[str, Any]:
    every = draw(st.sampled_from([{"days": 7}, {"days": 20}, {"days": 90}, "month", "quarter"]))
    on_calendar = isinstance(every, str) and draw(st.booleans())
    parts = ["whole", "prorated"]
    return {
        "terms": draw(st.integers(0, 5)),
        "every": every,
        "anchor": "calendar" if on_calendar else "start",
        "first": draw(st.sampled_from(parts if on_calendar else ["whole"])),
        "last": draw(st.sampled_from(parts)),
        "carry": draw(_carries),
    }


@st.composite
def _overages(draw: st.DrawFn, *, has_periods: bool, restricts: bool) -> dict[str, Any] | None:
    if draw(st.integers(0, 2)) == 0:
        return None
    debts = ["billed", "forgiven", *(["carried"] if has_periods else [])]
    overage: dict[str, Any] = {
        "debt": draw(st.sampled_from(debts)),
        "free": draw(st.integers(0, 3)),
    }
    if overage["debt"] != "forgiven":
        overage["price"] = draw(st.sampled_from([0, 40, "12.50"]))
    if restricts or draw(st.booleans()):
        overage["at_most"] = draw(st.integers(0, 3))
    return overage


@st.composite
def templates(draw: st.DrawFn) -> dict[str, Any]:
    """What is sold: one offering with any options that go together."""
    in_hours = draw(st.booleans())
    restricts = draw(st.booleans())
    kind = draw(st.sampled_from(["total", "allowance", "allowance", "unlimited"]))
    term = draw(_terms_of)
    sold: dict[str, Any] = {
        "allocation": "hours" if in_hours else "cases",
        "decrease_on": draw(
            st.sampled_from(["resolution"] if in_hours else ["creation", "resolution"])
        ),
        "restrict": restricts,
        "term": term,
        "price": draw(_prices.filter(lambda price: term != "open" or "every" not in str(price))),
        "priority": draw(st.integers(1, 3)),
        "channels": draw(st.sampled_from([{}, {}, {"phone": 1}])),
        "weighs": draw(_weights),
        "minutes": {"at_least": 15, "step": 15} if in_hours and draw(st.booleans()) else None,
        "refund": "none" if term == "open" else draw(st.sampled_from(["none", "unused"])),
        "sla": draw(st.sampled_from([None, "Promise"])),
    }
    if kind == "allowance":
        sold["allowance"] = draw(_allowances())
    else:
        sold["total_terms"] = "unlimited" if kind == "unlimited" else draw(st.integers(0, 6))
    if kind != "unlimited":
        sold["overage"] = draw(_overages(has_periods=kind == "allowance", restricts=restricts))
    if kind == "total" or (kind == "allowance" and sold["channels"]):
        sold["channels"] = dict.fromkeys(sold["channels"], 0)
    if term != "open" and draw(st.booleans()):
        notice = {"days": draw(st.sampled_from([1, 4]))}
        sold["renews"] = {
            "itself": True,
            "notice": notice,
            "rise": draw(st.sampled_from([0, 0.05])),
        }
    return {key: value for key, value in sold.items() if value is not None}


@st.composite
def _buying(draw: st.DrawFn, sold: dict[str, Any]) -> dict[str, Any] | None:
    if draw(st.booleans()):
        return None
    whens: list[Any] = ["empty", {"left": 1}, *(["refused"] if sold["restrict"] else [])]
    return {
        "when": draw(st.sampled_from(whens)),
        "share": draw(st.sampled_from([0.5, 1])),
        "template": draw(st.sampled_from(["More", "Sold"])),
        "within_days": draw(st.sampled_from([0, 0, 9])),
    }


@st.composite
def offerings(draw: st.DrawFn) -> dict[str, Any]:
    """A scenario of one offering with any options, beside a plain pack, and what tops it up."""
    sold = draw(templates())
    data: dict[str, Any] = {"Sold": sold, "Plain": {"total_terms": 2, "term": {"days": 60}}}
    buys = None
    if sold.get("total_terms") != "unlimited":
        more: dict[str, Any] = {
            "allocation": sold["allocation"],
            "total_terms": draw(st.integers(1, 3)),
            "price": 35,
            "priority": draw(st.integers(1, 3)),
            "adds_to": ["Sold"],
        }
        if draw(st.booleans()):
            more |= {"ends": "own", "term": {"days": draw(st.sampled_from([1, 40]))}}
        data["More"] = more
        buys = draw(_buying(sold))
    accounts = draw(
        st.none()
        | st.fixed_dictionaries(
            {"each": st.integers(1, 3), "hold": st.sampled_from(["one", "own"])}
        )
    )
    discount = draw(st.sampled_from([None, {"share": 0.5, "off": 0.1}]))
    start = draw(st.sampled_from(STARTS))
    held = [{"template": "Sold", **({"discount": discount} if discount else {})}]
    segment: dict[str, Any] = {
        "customers": 3,
        "cases": {"per_year": draw(st.sampled_from([20, 60]))},
        "holds": [*held, *([{"template": "Plain"}] if draw(st.booleans()) else [])],
        "spend": {"exponential": 300},
        "severities": {1: 1, 2: 2, 3: 2},
        **HABITS,
        "turned_away": draw(st.sampled_from([0, 0.5])),
        "cancellation": {"per_year": draw(st.sampled_from([0, 1]))},
        "amendments": {
            "per_year": draw(st.sampled_from([0, 3])),
            "days_in_draft": {"least": 0, "most": 25},
        },
        "left_in_draft": {"share": draw(st.sampled_from([0, 0.4])), "days": 25},
        "accepts_overage": draw(st.sampled_from([0, 0.5, 1])),
        "picks": draw(
            st.sampled_from(
                [
                    "default",
                    "soonest_ending",
                    ["priority", "soonest_ending", "oldest"],
                    ["free_first"],
                ]
            )
        ),
    }
    segment |= {"accounts": accounts} if accounts else {}
    segment |= {"buys_more": buys} if buys else {}
    return {
        "scenario": "offerings-at-random",
        "calendar": {
            "start": start,
            "days": draw(st.integers(60, 260)),
            "holidays": [{"date": day} for day in HOLIDAYS],
        },
        "slas": {"Promise": PROMISE},
        "templates": data,
        "segments": {"all": segment},
    }


@st.composite
def plain_scenarios(draw: st.DrawFn) -> dict[str, Any]:
    """A scenario of a pack without options, beside what could top it up and nobody buys."""
    in_hours = draw(st.booleans())
    allocation = "hours" if in_hours else "cases"
    pack = {
        "allocation": allocation,
        "decrease_on": "resolution"
        if in_hours
        else draw(st.sampled_from(["creation", "resolution"])),
        "restrict": draw(st.booleans()),
        "total_terms": draw(st.integers(1, 6)),
        "term": draw(_terms_of.filter(lambda term: term != "open")),
        "price": 100,
        "channels": draw(st.sampled_from([{}, {"phone": 1}])),
        "sla": "Promise",
    }
    segment = {
        "customers": 3,
        "cases": {"per_year": draw(st.sampled_from([20, 60]))},
        "holds": [{"template": "Pack"}],
        "contacts": 2,
        **HABITS,
        "turned_away": draw(st.sampled_from([0, 0.5])),
        "cancellation": {"per_year": draw(st.sampled_from([0, 1]))},
        "amendments": {"per_year": draw(st.sampled_from([0, 3]))},
        "left_in_draft": {"share": draw(st.sampled_from([0, 0.4])), "days": 25},
    }
    return {
        "scenario": "plain-at-random",
        "calendar": {"start": draw(st.sampled_from(STARTS)), "days": draw(st.integers(60, 260))},
        "slas": {"Promise": PROMISE},
        "templates": {
            "Pack": pack,
            "More": {"allocation": allocation, "total_terms": 2, "adds_to": ["Pack"]},
        },
        "segments": {"all": segment},
    }


def lived(scenario: Scenario, seed: int) -> dict[str, pd.DataFrame]:
    """The tables of a run, in whole numbers: hundredths, days and minutes since 1970."""
    blocks = list(simulate_blocks(plan(scenario.model, seed), threads=1))
    return {
        table: pd.DataFrame(
            {
                name: np.concatenate([block[table][name] for block in blocks])
                for name in blocks[0][table]
            }
        )
        for table in blocks[0]
    }
