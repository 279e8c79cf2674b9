"""A fitted scenario as YAML, in which a comment says of each key what it rests on."""

import math
import re
import textwrap
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

import yaml

from ..scenario.models import Part, ScenarioModel
from ..telling import number as count
from .learned import Learned, Number, Path

_WIDTH: Final = 98
#: Numbers of a key that are said one by one.
_MOST_NUMBERS: Final = 12
_SCHEMA: Final = "# yaml-language-server: $schema=./scenario.schema.json"

#: What of a segment the rows are not asked for, and why.
NOT_ASKED: Final = {
    "buys_more": "what is bought when terms run out is not fitted",
    "accounts": "accounts are fitted as parts of their customer",
    "accepts_overage": "who goes on beyond its terms is not fitted",
    "answers_price": "answers to prices are not fitted: prices that all have alike tell none",
}


def scenario_text(
    model: ScenarioModel,
    learned: list[Learned],
    name: str,
    about: str,
    prices: Mapping[str, float],
) -> str:
    """Return the scenario that was learned, as commented YAML.

    Parameters
    ----------
    model : ScenarioModel
        Of the run: its offerings, products, opening hours and prices are taken over.
    learned : list of Learned
    name : str
        Of the run.
    about : str
        A sentence on what it was fitted to.
    prices : Mapping of str to float
        What contracts of a template usually cost, for those that are priced by what their
        customer spends, which no record tells.
    """
    data: dict[str, Any] = {
        "scenario": _scenario_name(name),
        "description": f"Fitted to {name}.",
    }
    if model.currency_of_all is not None:
        data["currency"] = model.currency_of_all
    known = {each.path: each for each in learned if each.value is not None}
    if ("history",) in known:
        data["history"] = known[("history",)].value
    calendar: dict[str, Any] = {
        "start": model.calendar.start,
        "days": model.calendar.days,
        "zone": model.calendar.zone,
    }
    data["calendar"] = calendar
    for path, each in known.items():
        if path[0] == "calendar":
            _put(calendar, path[1:], each.value)
    hours = _given(model.calendar.business_hours)
    if hours:
        calendar["business_hours"] = hours
    for key in ("products", "slas", "templates"):
        value = _given(getattr(model, key))
        if key == "templates":
            for template, said in value.items():
                if isinstance(said.get("price"), dict) and "of_spend" in said["price"]:
                    said["price"] = round(prices.get(template, 0.0), 2)
        if value:
            data[key] = value
    segments: dict[str, Any] = {}
    for path, each in known.items():
        if path[0] != "segments":
            continue
        _put(segments.setdefault(path[1], {}), path[2:], each.value)
    data["segments"] = segments
    if ("bursts",) in known:
        data["bursts"] = known[("bursts",)].value
    rules = _given(model.rules)
    if rules:
        data["rules"] = rules
    if model.money is not None:
        data["money"] = _given(model.money)
    head = [
        *_comment(
            f"{about} Above each key stands what it rests on: its estimate with the "
            "standard error in brackets, and how it was found.",
            "",
        )
    ]
    return "\n".join([*head, *_block(data, (), "", _comments(learned))]) + "\n"


def _put(data: dict[str, Any], path: Path, value: Any) -> None:
    """Put a value at a path, beside what stands there already."""
    for key in path[:-1]:
        data = data.setdefault(key, {})
    there = data.get(path[-1])
    if isinstance(there, dict) and isinstance(value, dict):
        there.update(value)
    else:
        data[path[-1]] = value


def _scenario_name(name: str) -> str:
    text = re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-._")[:57]
    return f"{text or 'run'}-fitted"


def _given(value: Any) -> Any:
    """Return a part of a scenario as it was written."""
    if isinstance(value, Part):
        return _given(value.model_dump(exclude_unset=True, exclude_none=True))
    if isinstance(value, Mapping):
        return {key: _given(item) for key, item in value.items() if item not in ({}, [])}
    if isinstance(value, list | tuple):
        return [_given(item) for item in value]
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    return value


def _comments(learned: list[Learned]) -> dict[Path, list[str]]:
    """Return comments by the path above which they stand; of defaults, by that of their part."""
    comments: dict[Path, list[str]] = {}
    for each in learned:
        if each.value is None:
            key = ".".join(each.path[-max(len(each.path) - 2, 1) :])
            text = f"{key}: not identifiable from this book: default kept ({each.note})"
            part = (*each.path[:1], *each.path[1:2][: len(each.path) - 2])
            comments.setdefault((*(part if len(each.path) > 1 else ()), "…"), []).append(text)
            continue
        comments[each.path] = [sentence(each)]
    return comments


def sentence(each: Learned) -> str:
    """Say in a line what a key rests on."""
    numbers = [_in_words(number) for number in each.numbers]
    if len(numbers) > _MOST_NUMBERS:
        errors = [own.standard_error for own in each.numbers if math.isfinite(own.standard_error)]
        largest = f", standard errors up to {max(errors):.2g}" if errors else ""
        numbers = [f"{count(len(each.numbers))} numbers{largest}"]
    parts = [", ".join(numbers), f"n = {count(each.n)} {each.unit}" if each.n else "", each.how]
    text = "; ".join(part for part in parts if part)
    return f"{text}. {each.note[0].upper()}{each.note[1:]}." if each.note else f"{text}."


def _in_words(number: Number) -> str:
    text = f"{number.value:.4g}"
    if math.isfinite(number.standard_error):
        text += f" ({number.standard_error:.2g})"
    elif math.isfinite(number.low):
        text += f" ({number.low:.2g} to {number.high:.2g})"
    return f"{number.name} {text}" if number.name else text


def _comment(text: str, indent: str) -> list[str]:
    wrapped = textwrap.wrap(" ".join(text.split()), _WIDTH - len(indent) - 2)
    return [f"{indent}# {line}" for line in wrapped]


def _block(
    data: Mapping[Any, Any], path: Path, indent: str, comments: Mapping[Path, list[str]]
) -> Iterator[str]:
    for key, value in data.items():
        own = (*path, str(key))
        if not path and key in ("calendar", "segments", "templates"):
            yield ""
        for text in comments.get(own, []):
            yield from _comment(text, indent)
        name = _flow(key)
        if isinstance(value, dict) and value and _is_large(value, own):
            yield f"{indent}{name}:"
            yield from _block(value, own, f"{indent}  ", comments)
        elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
            yield f"{indent}{name}:"
            for item in value:
                yield f"{indent}  - {_flow(item)}"
        else:
            yield f"{indent}{name}: {_flow(value)}"
    for text in comments.get((*path, "…"), []):
        yield from _comment(text, indent)


def _is_large(value: Mapping[Any, Any], path: Path) -> bool:
    """Whether a mapping has lines of its own for its keys."""
    return (
        len(path) <= 2
        or path[2:] in {("cases",), ("life",), ("renewal",)}
        or "steps" in value
        or len(_flow(value)) > 80
    )


def _flow(value: Any) -> str:
    text = yaml.safe_dump(
        value, default_flow_style=True, width=math.inf, allow_unicode=True, sort_keys=False
    )
    return text.removesuffix("\n").removesuffix("\n...").strip()
