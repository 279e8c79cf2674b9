"""Portfolios that are simulated many times over: the demo, small and whole, and its shocks."""

from typing import Any, Final

from entitlement_sim import Scenario

#: What makes the demo small; its past is short, so that a run takes half a second.
_SMALL: Final = {
    "segments.small.customers": 150,
    "segments.midsize.customers": 70,
    "segments.enterprise.customers": 20,
    "calendar.days": 731,
    "history.years": 3,
}
_NO_INCIDENTS: Final[dict[str, Any]] = {"bursts": []}
_NO_DAY_EFFECTS: Final = {"calendar.day_spread": 0.0}
_NO_LEVEL: Final = {"calendar.level.sd": 0.0}

NOTHING: Final = "nothing"

#: What customers share in each setting, and what is switched off for it.
SETTINGS: Final[dict[str, dict[str, Any]]] = {
    NOTHING: _NO_INCIDENTS | _NO_DAY_EFFECTS | _NO_LEVEL,
    "day effects and incidents": _NO_LEVEL,
    "a wandering level": _NO_INCIDENTS | _NO_DAY_EFFECTS,
    "all three": {},
}

#: Setting without a past, in which the scenario fixes how many customers a segment has.
FIXED: Final = "nothing, without a past"

#: The demo as large as it is, without its level, and with one that wanders further.
LARGE: Final[dict[str, dict[str, Any]]] = {
    "full size, no level": _NO_LEVEL,
    "full size, level of sd .15": {"calendar.level.sd": 0.15},
}

#: Changes of offerings, by what they are called.
CHANGES: Final[dict[str, dict[str, Any]]] = {
    "Pack 10 with 8 cases": {
        "templates.Pack 10.total_terms": 8,
        "templates.Pack 10.channels.email": 8,
        "templates.Pack 10.channels.web": 8,
    },
    "Pack 10 with 4 hours": {
        "templates.Pack 10.allocation": "hours",
        "templates.Pack 10.total_terms": 4,
        "templates.Pack 10.decrease_on": "resolution",
        "templates.Pack 10.channels": {},
    },
    "Pack 10 that does not restrict": {"templates.Pack 10.restrict": False},
    "Pack 10 with 2 by phone": {"templates.Pack 10.channels.phone": 2},
    "Pack 10 for 24 months": {"templates.Pack 10.term": {"months": 24}},
}

#: What is billed beyond the terms of an offering, which the demo has not: money is measured with
#: it. Channels have no overage, so those that are as wide as the pack lose their caps.
_OVERAGE: Final[dict[str, Any]] = {
    "templates.Pack 10.channels": {"phone": 4, "facebook": 0, "twitter": 0},
    "templates.Pack 10.overage": {"price": 170, "at_most": 20},
    "templates.Hours 40.overage": {"price": 160, "at_most": 20},
}

#: Changes of an offering with overage.
CHANGES_WITH_OVERAGE: Final = CHANGES | {
    "Pack 10 with 8 cases": {"templates.Pack 10.total_terms": 8},
}


def scenario_of(setting: str, *, has_overage: bool = False) -> Scenario:
    """Return the demo, small unless the setting is large, with what customers share in it."""
    if has_overage:
        return scenario_of(setting).with_(_OVERAGE)
    if setting in LARGE:
        return Scenario.load("demo").with_(LARGE[setting])
    if setting == FIXED:
        changes = _SMALL | SETTINGS[NOTHING] | {"history": None}
        del changes["history.years"]
    else:
        changes = _SMALL | SETTINGS[setting]
    # Read anew, it is its own base: its past is as long as it says.
    return Scenario.parse(Scenario.load("demo").with_(changes).text, "the small demo")
