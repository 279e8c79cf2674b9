"""Scenarios in which hardly anything happens, or everything happens in the same way.

Each is a difference against one small portfolio: an offering in cases that restricts and has
channels, one in hours, one without a number of terms; products, service levels, renewals.
"""

from collections.abc import Mapping
from typing import Any

import yaml

from entitlement_sim import Scenario

#: Names that are in nobody's way.
PLAIN = {
    "pack": "Pack 3",
    "hours": "Hours 5",
    "cover": "Cover",
    "segment": "small",
    "product": "Mail",
    "sla": "standard",
}

#: Names of other scripts and directions, and letters that are markup to somebody.
FOREIGN = {
    "pack": "Пакет 3 – €5",
    "hours": "שעות 5 ساعة",
    "cover": "🛟 Rundum ß",
    "segment": "Ελληνική αγορά",
    "product": "電子メール 📧",
    "sla": "ночью 🌙",
}
MARKUP = {
    "pack": r"""_Pack $5 to "$10" \frac{1}{""",
    "hours": "Hours ($40_^ {x})$ *a* |b|",
    "cover": "<b>Cover</b> & `code` [x](http://y)",
    "segment": "$\\alpha$_<script>alert(1)</script>",
    "product": "_$x^{2}$ | Mail*",
    "sla": "_gold_ ~~$1~~ {0} %s",
}

_LAST_DAY = 90


def _base(names: Mapping[str, str]) -> dict[str, Any]:
    """The portfolio that the others differ from: six customers over ninety days."""
    term = {"days": 30}
    return {
        "scenario": "tiny",
        "seed": 5,
        "calendar": {"start": "2024-02-01", "days": _LAST_DAY},
        "products": [names["product"]],
        "slas": {names["sla"]: {"first_response_hours": 4, "resolve_hours": 16}},
        "templates": {
            names["pack"]: {
                "total_terms": 3, "decrease_on": "creation", "restrict": True, "term": term,
                "channels": {"phone": 2, "web": 3}, "price": 100, "sla": names["sla"],
            },
            names["hours"]: {
                "allocation": "hours", "total_terms": 5, "term": term, "price": 300,
                "sla": names["sla"],
            },
            names["cover"]: {"term": term, "products": [names["product"]], "price": 0},
        },
        "segments": {
            names["segment"]: {
                "customers": 6,
                "holds": [
                    {"template": names["pack"]},
                    {"template": names["hours"], "share": 0.5},
                    {"template": names["cover"], "share": 0.5},
                ],
                "cases": {"per_year": 60},
                "origins": {"phone": 3, "web": 1},
                "products": {names["product"]: 1},
                "turned_away": 0.5,
                "renewal": {"inclination": {"constant": 0.6}, "late": {"share": 0.5}},
            }
        },
    }  # fmt: skip


def _nobody(said: dict[str, Any], segment: dict[str, Any]) -> None:
    segment["customers"] = 0


def _one_customer(said: dict[str, Any], segment: dict[str, Any]) -> None:
    segment["customers"] = 1
    segment["holds"] = segment["holds"][:1]


def _no_contract(said: dict[str, Any], segment: dict[str, Any]) -> None:
    segment["holds"] = []


def _no_case(said: dict[str, Any], segment: dict[str, Any]) -> None:
    segment["cases"] = {"per_year": 0}


def _one_case(said: dict[str, Any], segment: dict[str, Any]) -> None:
    segment |= {"customers": 1, "cases": {"per_year": 4}}


def _all_refused(said: dict[str, Any], segment: dict[str, Any]) -> None:
    """The only channel by which cases come is closed, and nobody works on what is refused."""
    pack = next(iter(said["templates"].values()))
    pack["channels"] = {"phone": 0}
    segment |= {"holds": segment["holds"][:1], "origins": {"phone": 1}, "turned_away": 1.0}


def _nobody_renews(said: dict[str, Any], segment: dict[str, Any]) -> None:
    segment["renewal"] = {"inclination": {"constant": 0.0}}
    said["calendar"]["days"] = 200


def _everybody_renews(said: dict[str, Any], segment: dict[str, Any]) -> None:
    segment["renewal"] = {"inclination": {"constant": 1.0}}
    said["calendar"]["days"] = 200


def _one_day(said: dict[str, Any], segment: dict[str, Any]) -> None:
    said["calendar"]["days"] = 1


def _ends_on_last_day(said: dict[str, Any], segment: dict[str, Any]) -> None:
    """Every term begins on the first day of the run and ends on its last."""
    for template in said["templates"].values():
        template["term"] = {"days": _LAST_DAY}


def _ends_on_first_day(said: dict[str, Any], segment: dict[str, Any]) -> None:
    """Every term is the first day of the run alone, and nobody renews."""
    for template in said["templates"].values():
        template["term"] = {"days": 1}
    segment["renewal"] = {"inclination": {"constant": 0.0}}


def _begins_on_last_day(said: dict[str, Any], segment: dict[str, Any]) -> None:
    """All that is sold waits for the last day of the run."""
    for holding in segment["holds"]:
        holding["lead_days"] = {"least": _LAST_DAY - 1, "most": _LAST_DAY - 1}


def _begins_after_the_run(said: dict[str, Any], segment: dict[str, Any]) -> None:
    for holding in segment["holds"]:
        holding["lead_days"] = {"least": _LAST_DAY, "most": _LAST_DAY}


def _all_in_draft(said: dict[str, Any], segment: dict[str, Any]) -> None:
    segment["left_in_draft"] = {"share": 1.0}


def _dry_at_once(said: dict[str, Any], segment: dict[str, Any]) -> None:
    """Every pack is used up within a day or two of its start."""
    pack = next(iter(said["templates"].values()))
    pack |= {"total_terms": 1, "channels": {}}
    segment |= {"holds": segment["holds"][:1], "cases": {"per_year": 3000}, "customers": 2}


def _nothing_costs(said: dict[str, Any], segment: dict[str, Any]) -> None:
    for template in said["templates"].values():
        template["price"] = 0


_DIFFERENCES = {
    "nobody": _nobody,
    "one customer": _one_customer,
    "no contract": _no_contract,
    "no case": _no_case,
    "one case": _one_case,
    "all refused": _all_refused,
    "nobody renews": _nobody_renews,
    "everybody renews": _everybody_renews,
    "one day": _one_day,
    "ends on the last day": _ends_on_last_day,
    "ends on the first day": _ends_on_first_day,
    "begins on the last day": _begins_on_last_day,
    "begins after the run": _begins_after_the_run,
    "all left in draft": _all_in_draft,
    "dry at once": _dry_at_once,
    "nothing costs": _nothing_costs,
}
TINY = tuple(_DIFFERENCES)
#: The book of one of them, entered.
IMPORTED = "imported"


def tiny_scenario(name: str, names: Mapping[str, str] = PLAIN) -> Scenario:
    """One of the scenarios, with names of offerings, customers, products and levels."""
    said = _base(names)
    [segment] = said["segments"].values()
    _DIFFERENCES[name](said, segment)
    return Scenario.parse(yaml.safe_dump(said, allow_unicode=True, sort_keys=False))
