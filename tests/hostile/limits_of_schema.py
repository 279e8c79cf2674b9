"""Every limit of the scenario schema, and scenarios that go to it while all else is small."""

import copy
import datetime as dt
import math
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from entitlement_sim.scenario.checks import check_scenario
from entitlement_sim.store.estimate import estimate

_FACTORS: dict[str, Any] = {"by_product": {"A": 1}, "by_origin": {"phone": 1}}

#: A small scenario in which every part stands.
BASE: dict[str, Any] = {
    "scenario": "small",
    "description": "",
    "seed": 1,
    "calendar": {
        "start": dt.date(2025, 1, 1),
        "days": 40,
        "weekdays": [1] * 7,
        "hours": [1] * 24,
        "holidays": [{"date": dt.date(2025, 1, 6)}],
        "level": {"steps": [{"date": dt.date(2025, 1, 20), "factor": 1}]},
    },
    "products": ["A", "B"],
    "slas": {
        "gold": {
            "first_response_hours": 1,
            "resolve_hours": 8,
            "severity": {2: {"first_response_hours": 1, "resolve_hours": 4}},
        }
    },
    "templates": {
        "Pack": {
            "total_terms": 5,
            "price": 9,
            "term": {"days": 20},
            "sla": "gold",
            "channels": {"phone": 1},
            "moves_up_to": "Hours",
            "refund": "unused",
            "expect": {"refused_before": 0.5, "at_most": 0.5},
        },
        "Hours": {"allocation": "hours", "total_terms": 2, "price": 9, "term": {"days": 15}},
        "Retainer": {
            "allowance": {
                "terms": 2,
                "every": {"days": 7},
                "last": "prorated",
                "carry": {"at_most": 1, "share": 0.5},
            },
            "overage": {"price": 9, "at_most": 1},
            "weighs": {"weekend": 2, "severity": {2: 2}},
            "term": {"days": 20},
        },
        "More": {"total_terms": 2, "price": 3, "adds_to": ["Retainer", "Pack"]},
    },
    "segments": {
        "all": {
            "customers": 4,
            "accounts": {"each": 2, "hold": "own"},
            "cases": {"per_year": 90, "follow_ups": {"mean": 0.2}},
            "life": {"ends": {"fixed": 30}, "ramp_up_days": 1},
            "holds": [{"template": "Pack"}, {"template": "Hours"}, {"template": "Retainer"}],
            "picks": "most_remaining",
            "origins": {"phone": 1, "web": 1},
            "products": {"A": 1, "B": 1},
            "resolve_hours": {"fixed": 5, **_FACTORS},
            "respond_hours": {"fixed": 1, **_FACTORS},
            "billable_minutes": {"lognormal": {"median": 30, "sigma": 1}, **_FACTORS},
            "reopened": 0.1,
            "severities": {1: 1, 2: 1},
            "accepts_overage": 0.5,
            "buys_more": {"when": {"left": 1}, "share": 0.5, "template": "More"},
            "spend": {"fixed": 100},
            "turned_away": 0.5,
            "amendments": {"per_year": 1, "change": [0.5]},
            "renewal": {"inclination": {"constant": 0.9}, "late": {"share": 0.2}},
        }
    },
    "bursts": [{"product": "A", "per_year": 20}],
    "scorecard": [{"row": "weekend_share", "target": [0.05]}],
    "expect": {"refused_before": 0.5, "at_most": 0.5},
    "money": {"hour_costs": 60, "case_costs": {"phone": 9}, "uncovered": {"case": 90}},
}

#: What stands beside a field of a part that has to be written first.
EXAMPLES: dict[str, Any] = {
    "lognormal": {"median": 1, "sigma": 0.5},
    "mixture": [{"share": 1, "median": 1, "sigma": 0.5}],
    "quantiles": {0.0: 0, 1.0: 1e6},
    "beta_geometric": {"alpha": 1, "beta": 1},
    "allowance": {"terms": 5, "every": {"days": 7}},
    "overage": {"price": 9},
    "price": {"amount": 9, "every": "month"},
    "of_spend": {"up_to": {1: 0.5}, "above": 0.1},
    "up_to": {1: 0.5},
    "renews": {"itself": True},
    "discount": {"off": 0.1},
    "answers_price": {"reference": {"Pack": 9, "Hours": 9}, "buying": -1, "renewing": -1},
    "severity": {2: 2},
}

#: A template of hours, to which nothing is added that counts cases.
IN_HOURS: dict[str, Any] = {"../allocation": "hours", "../../More.adds_to": ["Retainer"]}
#: A segment with one price, where nothing is bought that adds to others.
ONE_HELD: dict[str, Any] = {"../holds": [{"template": "Hours"}], "../buys_more": None}
#: Days about the first and the last day that a scenario can write.
FIRST_DAYS: dict[str, Any] = {"start": dt.date(1970, 1, 1), "days": 20}
LAST_DAYS: dict[str, Any] = {"start": dt.date(2199, 12, 12), "days": 40}
#: What a limit asks of other fields, by the end of its path; of a path only the last that fits.
COMPANIONS: dict[tuple[str, str], dict[str, Any]] = {
    (".least", "maximum"): {"most": 3650},
    ("mixture[].share", "above 0"): {"": [(5e-324, 1, 1), (1, 1, 1)]},
    ("up_above", "minimum"): {"down_below": 0},
    ("channels.*", "maximum"): {"../total_terms": 100_000_000_000},
    ("templates.*.total_terms", "minimum"): {"channels": {"phone": 0}},
    ("allowance.terms", "minimum"): {"../channels": {"phone": 0}},
    ("minutes.at_least", "minimum"): IN_HOURS,
    ("minutes.at_least", "maximum"): IN_HOURS,
    ("minutes.step", "minimum"): IN_HOURS,
    ("minutes.step", "maximum"): IN_HOURS,
    ("notice.days", "maximum"): {"../../term": {"days": 3660}},
    ("answers_price.reference", "minimum"): ONE_HELD,
    ("answers_price.reference", "maximum"): ONE_HELD,
    ("when.left", "minimum"): {"../template": "Hours"},
    ("opens", "maximum"): {"closes": "23:59"},
    ("closes", "minimum"): {"opens": "00:00"},
    ("term.from", "minimum"): {"until": dt.date(1970, 1, 31)},
    ("term.from", "maximum"): {"until": dt.date(2199, 12, 31)},
    ("key_accounts.factor", "minimum"): {"share": 0.5},
    ("key_accounts.factor", "maximum"): {"share": 0.5},
    ("level.half_life_days", "minimum"): {"sd": 0.5},
    ("level.half_life_days", "maximum"): {"sd": 0.5},
    ("history.growth", "minimum"): {"years": 2},
    ("history.growth", "maximum"): {"years": 2},
    ("revision.from", "minimum"): {"applies": "all", "../calendar": FIRST_DAYS},
    ("revision.from", "maximum"): {"applies": "all", "../calendar": LAST_DAYS},
}

#: Limits of text, by its format or the end of its path: they stand in no number of the schema.
TEXTS: dict[str, tuple[Any, ...]] = {
    "date": (dt.date(1970, 1, 1), dt.date(2199, 12, 31)),
    r"^\d\d-\d\d$": ("01-01", "12-31"),
    "from": (dt.date(1970, 1, 1), dt.date(2199, 12, 31)),
    "until": ("01-01", "12-31"),
    "currency": ("AAA", "ZZZ"),
    "opens": ("00:00", "23:58"),
    "closes": ("00:01", "24:00"),
    "job_time": ("00:00", "23:59"),
    "term": ("1 day", "100 years"),
    "scenario": ("a", "a" * 64),
}


class Limit(NamedTuple):
    """A limit of one field.

    Attributes
    ----------
    path : str
        With ``*`` for a name that the author makes up and ``[]`` for a place in a list.
    kind : str
        ``minimum``, ``maximum``, ``above …``, ``below …``; ``fewest`` and ``most`` of lists.
    value : object
        The value at the limit; of lists and mappings their length.
    """

    path: str
    kind: str
    value: Any

    def __str__(self) -> str:
        return f"{self.path} {self.kind}"


def limits_of(schema: dict[str, Any]) -> list[Limit]:
    """All limits that a JSON schema of scenarios states, each once."""
    return list(dict.fromkeys(_limits(schema, schema, "")))


def _limits(schema: dict[str, Any], here: dict[str, Any], path: str) -> Iterator[Limit]:
    if "$ref" in here:
        yield from _limits(schema, schema["$defs"][here["$ref"].rpartition("/")[2]], path)
        return
    for other in here.get("anyOf", ()):
        yield from _limits(schema, other, path)
    yield from _limits_of_number(here, path)
    for fewest, most in (("minItems", "maxItems"), ("minProperties", "maxProperties")):
        if here.get(most) != 1:  # of a part of which one field is given
            if fewest in here:
                yield Limit(path, "fewest", here[fewest])
            if most in here:
                yield Limit(path, "most", here[most])
    yield from _limits_of_text(here, path)
    for name, field in here.get("properties", {}).items():
        yield from _limits(schema, field, f"{path}.{name}".lstrip("."))
    if "items" in here:
        yield from _limits(schema, here["items"], f"{path}[]")
    if isinstance(here.get("additionalProperties"), dict):
        yield from _limits(schema, here["additionalProperties"], f"{path}.*")


def _limits_of_number(here: dict[str, Any], path: str) -> Iterator[Limit]:
    whole = here.get("type") == "integer"
    if "minimum" in here:
        yield Limit(path, "minimum", here["minimum"])
    if "maximum" in here:
        yield Limit(path, "maximum", here["maximum"])
    if "exclusiveMinimum" in here:
        edge = here["exclusiveMinimum"]
        value = edge + 1 if whole else math.nextafter(edge, math.inf)
        yield Limit(path, f"above {edge}", value)
    if "exclusiveMaximum" in here:
        edge = here["exclusiveMaximum"]
        value = edge - 1 if whole else math.nextafter(edge, -math.inf)
        yield Limit(path, f"below {edge}", value)


def _limits_of_text(here: dict[str, Any], path: str) -> Iterator[Limit]:
    if here.get("type") != "string" or here.get("pattern", "").startswith(r"^\d+("):
        return  # an amount may be written as text, too
    last = re.split(r"[.\]]", path)[-1]
    key = next(
        (key for key in (last, here.get("format"), here.get("pattern")) if key in TEXTS), None
    )
    if key is not None:
        yield Limit(path, "minimum", TEXTS[key][0])
        yield Limit(path, "maximum", TEXTS[key][1])
    elif "format" in here or "pattern" in here:
        raise ValueError(f"nobody says what the limits of {path} are")


# --------------------------------------------------------------------------- to the limit


def driven(data: dict[str, Any], limit: Limit) -> dict[str, Any]:
    """Return a copy of a scenario in which one field is at its limit."""
    data = copy.deepcopy(data)
    for ending, kind in COMPANIONS:
        if limit.path.endswith(ending) and limit.kind == kind:
            for beside, value in COMPANIONS[ending, kind].items():
                _put(data, _beside(limit.path, beside), _companion(value))
    if ("mixture[].share", limit.kind) not in COMPANIONS or "mixture[].share" not in limit.path:
        _put(data, limit.path, limit.value)
    return data


def _companion(value: Any) -> Any:
    if isinstance(value, list) and isinstance(value[0], tuple):
        return [
            {"share": share, "median": median, "sigma": sigma} for share, median, sigma in value
        ]
    return value


def _beside(path: str, name: str) -> str:
    parent = path.rpartition(".")[0]
    if name == "":
        return path.removesuffix("[].share")
    while name.startswith("../"):
        name, parent = name[3:], parent.rpartition(".")[0]
    return f"{parent}.{name}"


def _put(data: Any, path: str, value: Any) -> None:
    parts = [part for part in re.split(r"\.|(\[\])", path) if part]
    here = data
    for place, part in enumerate(parts[:-1]):
        if part == "[]":
            here = here[0]
        elif part == "*":
            here = here[next(iter(here))]
        else:
            if part in ALTERNATIVES:
                for other in ALTERNATIVES[part]:
                    here.pop(other, None)
            if not isinstance(here.get(part), dict | list):
                empty: Any = [] if parts[place + 1] == "[]" else {}
                here[part] = copy.deepcopy(EXAMPLES.get(part, empty))
            if part == "expect":  # one mapping, or a list of them
                here[part] = _one_or_list(here[part], is_list=parts[place + 1] == "[]")
            here = here[part]
    last = parts[-1]
    for other in ALTERNATIVES.get(last, ()):
        here.pop(other, None)
    here[0 if last == "[]" else next(iter(here)) if last == "*" else last] = value


def _one_or_list(written: Any, *, is_list: bool) -> Any:
    own = written[0] if isinstance(written, list) else written
    return [own] if is_list else own


_DISTRIBUTIONS = (
    "fixed", "exponential", "uniform", "lognormal", "mixture", "quantiles", "median", "sigma"
)  # fmt: skip
#: Fields of which one is given: to write it takes the others out.
ALTERNATIVES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(_DISTRIBUTIONS[:-2], _DISTRIBUTIONS),
    "constant": ("beta_geometric",),
    "beta_geometric": ("constant",),
    "months": ("days", "years", "until", "from"),
    "days": ("months", "years", "until", "from"),
    "years": ("days", "months", "until", "from"),
    "until": ("days", "months", "years", "from"),
    "allowance": ("total_terms",),
    "of_spend": ("amount", "every"),
    "turned_away_before": ("refused_before", "exhausted_before"),
    "refused_before": ("turned_away_before", "exhausted_before"),
    "exhausted_before": ("turned_away_before", "refused_before"),
    "at_most": ("at_least",),
    "at_least": ("at_most",),
    "total_terms": ("allowance",),
}


def value_at(data: Any, path: str) -> Any:
    """What stands at a path, None where nothing does."""
    here = data
    for part in (part for part in re.split(r"\.|(\[\])", path) if part):
        try:
            here = here[0 if part == "[]" else next(iter(here)) if part == "*" else part]
        except (KeyError, IndexError, TypeError, StopIteration):
            return None
    return here


# --------------------------------------------------------------- several in one scenario


class Packed(NamedTuple):
    """A scenario in which several fields are at their limits."""

    data: dict[str, Any]
    limits: list[Limit]


def packed(limits: list[Limit], *, fewest_rows: float, most_rows: float) -> list[Packed]:
    """Put limits together into few scenarios.

    Each comes to so many rows at the least and at the most; what a limit alone keeps from that
    stands with others of its kind.
    """
    scenarios: list[Packed] = []
    for limit in limits:
        least = fewest_rows if is_between(driven(BASE, limit), fewest_rows, math.inf) else 0.0
        for place, scenario in enumerate(scenarios):
            data = driven(scenario.data, limit)
            kept = all(value_at(data, other.path) == other.value for other in scenario.limits)
            is_emptied = least == 0.0 and is_between(scenario.data, fewest_rows, math.inf)
            if (
                kept
                and not is_emptied
                and value_at(data, limit.path) == limit.value
                and is_between(data, least, most_rows)
            ):
                scenarios[place] = Packed(data, [*scenario.limits, limit])
                break
        else:
            scenarios.append(Packed(driven(BASE, limit), [limit]))
    return scenarios


def is_between(data: dict[str, Any], fewest_rows: float, most_rows: float) -> bool:
    """Whether it is a scenario that comes to so many rows without much work."""
    model, _ = check_scenario(data)
    if model is None:
        return False
    comes_to = estimate(model)
    return fewest_rows <= comes_to.all_rows <= most_rows and comes_to.work < 1
