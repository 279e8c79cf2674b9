"""The scenario reference: every key of the JSON schema, with what shipped scenarios write there."""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import yaml

from entitlement_sim.scenario import schema_text, shipped_scenarios

from .markdown import contents, fenced, plain, shallow, table

Schema = dict[str, Any]

_TOP = "ScenarioModel"
_REFERENCE = "#/$defs/"

#: Units by what a key is called; the first that fits.
_UNITS = {
    r"(^|_)days$": "days",
    r"(^|_)hours$": "hours",
    r"minutes$": "minutes",
    r"^months$": "months",
    r"^years$": "years",
    r"^per_year$": "a year",
    r"^price$": "of the business's currency",
    r"^(share|cancelled|cancelled_reactivated|reopened|do_not_decrement|turned_away)$": "share, "
    "1 is all",
    r"^(customers|contacts)$": "a count",
    r"^(factor|by_product|by_origin)$": "factor, 1 changes nothing",
    r"^(fixed|exponential|uniform|median|quantiles)$": "that of the key under which it stands",
    r"^sigma$": "of the natural logarithm",
}

#: Units of keys whose names do not say them.
UNITS = {
    "Accounts.each": "a count",
    "Allowance.terms": "cases, or hours where `allocation` is `hours`",
    "Amendment.change": "share of the total",
    "AnswersPrice.buying": "elasticity, 0 changes nothing",
    "AnswersPrice.reference": "of the business's currency",
    "AnswersPrice.renewing": "elasticity, 0 changes nothing",
    "BetaGeometric.alpha": "weight",
    "BetaGeometric.beta": "weight",
    "Burst.cases": "cases",
    "Burst.hits": "share, 1 is all",
    "Calendar.day_spread": "share of the mean",
    "Calendar.growth": "share a year",
    "Calendar.hours": "weights of the 24 hours",
    "Calendar.weekdays": "weights of the seven weekdays",
    "Carry.at_most": "cases, or hours where `allocation` is `hours`",
    "Carry.for": "periods",
    "BuysMore.share": "share, 1 is all",
    "CaseRate.shape": "none: the smaller, the more unequal",
    "DayRange.least": "days",
    "DayRange.most": "days",
    "Declaration.target": "that of the row",
    "Declaration.tolerance": "that of the row",
    "Discount.off": "share of the list price",
    "Expectation.at_least": "share, 1 is all",
    "Expectation.at_most": "share, 1 is all",
    "Expectation.exhausted_before": "share of the term",
    "Expectation.refused_before": "share of the term",
    "Expectation.sure": "chance, 1 is certain",
    "Expectation.turned_away_before": "share of the term",
    "FollowUps.mean": "cases",
    "History.growth": "share a year",
    "Inclination.constant": "chance, 1 is certain",
    "Joining.at_start": "share, 1 is all",
    "Left.left": "cases, or hours where `allocation` is `hours`",
    "Level.sd": "of the natural logarithm",
    "Life.never_covered": "share, 1 is all",
    "Minutes.at_least": "minutes",
    "Minutes.step": "minutes",
    "Money.case_costs": "of the business's currency, for a case",
    "Money.discount_rate": "share a year",
    "Money.hour_costs": "of the business's currency, for an hour",
    "Money.turned_away_costs": "of the business's currency, for a case",
    "MovedBy.around": "share of the terms",
    "MovedBy.missed_notice": "log-odds",
    "MovedBy.missed_slas": "log-odds a case",
    "MovedBy.paid_per_use": "log-odds",
    "MovedBy.price_rise": "log-odds",
    "MovedBy.refusals": "log-odds a case",
    "MovedBy.utilisation": "log-odds",
    "OfSpend.above": "share of what is spent",
    "OfSpend.at_least": "of the business's currency",
    "OfSpend.up_to": "share of what is spent, by amounts of the business's currency",
    "Overage.at_most": "cases, or hours where `allocation` is `hours`",
    "Overage.free": "cases, or hours where `allocation` is `hours`",
    "Overage.price": "of the business's currency, for a case or an hour",
    "Pricing.amount": "of the business's currency",
    "Renewal.after_cancellation": "factor, 1 changes nothing",
    "Renewal.down_below": "share of the terms",
    "Renewal.up_above": "share of the terms",
    "Renews.rise": "share of the price",
    "ScenarioModel.seed": "none",
    "Season.amplitude": "share of the mean",
    "Segment.accepts_overage": "share, 1 is all",
    "Segment.origins": "weights",
    "Segment.products": "weights",
    "Segment.products_spread": "none: the smaller, the more unlike",
    "Segment.severities": "weights",
    "Segment.spend": "of the business's currency",
    "Template.channels": "cases, or hours where `allocation` is `hours`",
    "Template.priority": "none: the lowest first",
    "Template.total_terms": "cases, or hours where `allocation` is `hours`",
    "Weighing.holiday": "times the terms of a case",
    "Weighing.outside_hours": "times the terms of a case",
    "Weighing.severity": "times the terms of a case",
    "Weighing.weekend": "times the terms of a case",
    "Uncovered.case": "of the business's currency",
    "Uncovered.hour": "of the business's currency",
}


class Key(NamedTuple):
    """A key of a scenario.

    Attributes
    ----------
    part, name : str
        The part of the schema in which it stands, and its name there.
    schema : dict
        What the schema says of it.
    is_required : bool
    """

    part: str
    name: str
    schema: Schema
    is_required: bool


class Example(NamedTuple):
    """What a shipped scenario writes under a key, and where."""

    scenario: str
    path: str
    value: Any


@cache
def schema() -> Schema:
    """The schema of scenarios, the top among its parts."""
    whole: Schema = json.loads(schema_text())
    parts = whole.pop("$defs")
    return {_TOP: whole, **parts}


def keys() -> Iterator[Key]:
    """Every key of every part."""
    for part, described in schema().items():
        required = described.get("required", [])
        for name, of_key in described["properties"].items():
            yield Key(part, name, of_key, name in required)


def parts_within(of_key: Schema) -> list[str]:
    """Parts of the schema that stand under a key, itself, in a list or by name."""
    return list(dict.fromkeys(re.findall(r'"#/\$defs/(\w+)"', json.dumps(of_key))))


def pages_of_parts() -> dict[str, list[str]]:
    """The parts that each page describes: those of each top key that none before it has.

    What several top keys or parts use is described where it is first met.
    """
    described: set[str] = set()
    pages: dict[str, list[str]] = {}
    for name, of_key in schema()[_TOP]["properties"].items():
        pending, found = parts_within(of_key), []
        while pending:
            part = pending.pop(0)
            if part not in described:
                described.add(part)
                found.append(part)
                pending += [
                    within
                    for inner in schema()[part]["properties"].values()
                    for within in parts_within(inner)
                ]
        if found:
            pages[name] = found
    return pages


@cache
def examples() -> dict[tuple[str, str], list[Example]]:
    """What shipped scenarios write, by part and key."""
    found: dict[tuple[str, str], list[Example]] = {}

    def collect(scenario: str, part: str, written: Any, path: str) -> None:
        for name, value in written.items():
            of_key = schema()[part]["properties"].get(name)
            if of_key is None:
                continue
            place = f"{path}{name}"
            found.setdefault((part, name), []).append(Example(scenario, place, value))
            for inner, at in _inside(of_key, value, place):
                collect(scenario, inner[0], inner[1], f"{at}.")

    for scenario, file in shipped_scenarios().items():
        collect(scenario, _TOP, yaml.safe_load(file.read_text(encoding="utf-8")), "")
    return found


def _inside(of_key: Schema, value: Any, place: str) -> Iterator[tuple[tuple[str, Any], str]]:
    """The parts that a value is made of, each with what is written and where."""
    for choice in _choices(of_key):
        if "$ref" in choice and isinstance(value, dict):
            yield (choice["$ref"].removeprefix(_REFERENCE), value), place
        elif choice.get("type") == "array" and isinstance(value, list):
            for number, item in enumerate(value):
                yield from _inside(choice["items"], item, f"{place}[{number}]")
        elif isinstance(choice.get("additionalProperties"), dict) and isinstance(value, dict):
            for name, item in value.items():
                yield from _inside(choice["additionalProperties"], item, f"{place}.{name}")


def _choices(of_key: Schema) -> list[Schema]:
    return list(of_key.get("anyOf", [of_key]))


# ------------------------------------------------------------------------------- in words


def type_in_words(of_key: Schema) -> str:
    """What may stand under a key, with links to the parts that it is made of."""
    words = list(dict.fromkeys(_kind(choice) for choice in _choices(of_key)))
    blank = "blank" in words
    words = [word for word in words if word != "blank"]
    return " or ".join([*words, *(["blank"] if blank else [])])


def _kind(choice: Schema) -> str:
    if "$ref" in choice:
        part = choice["$ref"].removeprefix(_REFERENCE)
        return f"[{part}]({_page_of(part)}.md#{part.lower()})"
    if "enum" in choice:
        return "one of " + ", ".join(f"`{value}`" for value in choice["enum"])
    if "const" in choice:
        return f"`{_flow(choice['const'])}`"
    match choice.get("type"):
        case "array":
            return f"list of {type_in_words(choice['items'])}"
        case "object":
            return f"mapping of {_names(choice)} to {type_in_words(choice['additionalProperties'])}"
        case "string" if choice.get("format") == "date":
            return "date"
        case kind:
            kinds = {
                "integer": "whole number",
                "number": "number",
                "string": "text",
                "boolean": "`true` or `false`",
                "null": "blank",
            }
            return kinds[str(kind)]


def _names(choice: Schema) -> str:
    names = choice.get("propertyNames", {}).get("enum")
    return "names" if names is None else " or ".join(f"`{name}`" for name in names)


@cache
def _page_of(part: str) -> str:
    return next(page for page, parts in pages_of_parts().items() if part in parts)


def limits_in_words(of_key: Schema) -> str:
    """Limits of a value, of its items and of how many there are."""
    said = []
    for choice in _choices(of_key):
        said += _bounds(choice)
        for inner in ("items", "additionalProperties"):
            if isinstance(choice.get(inner), dict):
                said += [
                    f"each {words}" for one in _choices(choice[inner]) for words in _bounds(one)
                ]
    return "; ".join(dict.fromkeys(said))


def _bounds(choice: Schema) -> Iterator[str]:
    words = {
        "minimum": "at least {}",
        "exclusiveMinimum": "above {}",
        "maximum": "at most {}",
        "exclusiveMaximum": "below {}",
        "minItems": "at least {} of them",
        "maxItems": "at most {} of them",
        "minProperties": "at least {} names",
        "maxProperties": "at most {} names",
        "maxLength": "at most {} letters",
        "pattern": "written as `{}`",
    }
    for name, sentence in words.items():
        if name in choice:
            yield sentence.format(_number(choice[name]))


def _number(value: Any) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,.15g}" if isinstance(value, float) else f"{value:,}"


def unit_of(key: Key) -> str:
    """The unit of a key's numbers, empty where it has none."""
    named = UNITS.get(f"{key.part}.{key.name}")
    if named is not None:
        return named
    return next((unit for name, unit in _UNITS.items() if re.search(name, key.name)), "")


def default_in_words(key: Key) -> str:
    """The default of a key."""
    if key.is_required:
        return "none: it must be written"
    value = _without_blanks(key.schema.get("default"))
    return "blank" if value in (None, "", {}, []) else f"`{_flow(value)}`"


def _without_blanks(value: Any) -> Any:
    """A default without what is blank in it."""
    if isinstance(value, dict):
        return {name: _without_blanks(one) for name, one in value.items() if one not in (None, {})}
    if isinstance(value, list):
        return [_without_blanks(one) for one in value]
    return value


def _flow(value: Any) -> str:
    return (
        yaml.safe_dump(value, default_flow_style=True, width=10_000, sort_keys=False)
        .removesuffix("\n...\n")
        .strip()
    )


# ------------------------------------------------------------------------------- pages


def scenario_pages() -> dict[str, str]:
    """The text of every page of the reference, by its place."""
    top = {key.name: key for key in keys() if key.part == _TOP}
    pages = {
        f"scenario/{name}.md": "\n".join(
            [shallow(2), _key(top[name], level=1), *(_part(part) for part in parts)]
        )
        for name, parts in pages_of_parts().items()
    }
    return {"scenario/index.md": _index(), **pages}


def _index() -> str:
    parts = [
        "# Scenario reference\n",
        "A scenario is a YAML file. Every key that it may have stands here, with its type, default "
        "and limits, and with what a shipped scenario writes there. `entitlement-sim check FILE` "
        "says what is wrong with one, and `entitlement-sim scenarios` which ones are shipped.\n",
    ]
    rows = [
        [
            f"[`{key.name}`]({key.name}.md)" if key.name in pages_of_parts() else f"`{key.name}`",
            _described(key.schema),
        ]
        for key in keys()
        if key.part == _TOP
    ]
    parts.append(table(["key", "what it says"], rows))
    parts += [
        "## Keys without parts\n",
        *(
            _key(key, level=3)
            for key in keys()
            if key.part == _TOP and key.name not in pages_of_parts()
        ),
        contents(pages_of_parts()),
    ]
    return "\n".join(parts)


def _described(of_key: Schema) -> str:
    """The description of a key: what stands in backquotes is code there, too."""
    parts = re.split(r"(`[^`]+`)", " ".join(of_key.get("description", "").split()))
    return "".join(part if part.startswith("`") else plain(part) for part in parts)


def _part(part: str) -> str:
    described = schema()[part]
    used = [
        f"`{place}`"
        for place in dict.fromkeys(re.sub(r"\[\d+\]", "", example.path) for example in _where(part))
    ]
    lines = [f"## {part}\n", f"{_described(described)}\n"]
    if used:
        lines.append(f"Written, for example, under {', '.join(used[:3])}.\n")
    return "\n".join([*lines, *(_key(key, level=3) for key in keys() if key.part == part)])


def _where(part: str) -> list[Example]:
    return [
        example
        for key in keys()
        if part in parts_within(key.schema)
        for example in examples().get((key.part, key.name), [])
    ]


def _key(key: Key, level: int) -> str:
    facts = {
        "Type": type_in_words(key.schema),
        "Unit": unit_of(key),
        "Default": default_in_words(key),
        "Limits": limits_in_words(key.schema),
    }
    lines = [
        f"({anchor(key)})=",
        f"{'#' * level} `{key.name}`\n",
        f"{_described(key.schema)}\n",
        *(f"- {name}: {said}" for name, said in facts.items() if said),
        "",
    ]
    written = examples().get((key.part, key.name))
    if not written:
        lines.append("No shipped scenario writes it.\n")
    else:
        shortest = min(written, key=lambda example: (len(_flow(example.value)), example.path))
        lines.append(f"In `{shortest.scenario}`, at `{shortest.path}`:\n")
        lines.append(fenced(_block(key.name, shortest.value), "yaml"))
    return "\n".join(lines)


def anchor(key: Key) -> str:
    """The target by which a key is found: unlike its heading, it is there once."""
    return f"key-{key.part}-{key.name}".lower().replace("_", "-")


def _block(name: str, value: Any) -> str:
    if not isinstance(value, dict | list):
        return f"{name}: {_flow(value)}"
    return yaml.safe_dump({name: value}, default_flow_style=None, width=76, sort_keys=False)
