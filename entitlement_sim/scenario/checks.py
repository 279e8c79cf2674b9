"""What can only be judged by looking at several parts of a scenario: names and the rulebook.

The checks look at the data as written, part by part, so that they also speak when something else
in the scenario is wrong: all that is wrong is said at once.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from ..documents import DataPath
from ..rules import allotment
from ..rules.amounts import hundredths
from ..rules.refusals import CATALOGUE
from ..rules.words import Allocation, DecreaseOn, Refusal
from ..telling import unknown
from .models import Joining, ScenarioModel, Segment, Template
from .paths import segment_path, shared_draws
from .wording import Finding, findings


def check_scenario(data: Any) -> tuple[ScenarioModel | None, list[Finding]]:
    """Judge the plain data of a scenario.

    Returns
    -------
    model : ScenarioModel or None
        The scenario; None where something is wrong.
    problems : list of Finding
        Everything that is wrong, empty where nothing is.
    """
    model: ScenarioModel | None = None
    problems: list[Finding] = []
    try:
        model = ScenarioModel.model_validate(data)
    except ValidationError as error:
        problems.extend(findings(error))
    problems.extend(_unknown_names(data))
    problems.extend(_against_rules(data))
    problems.extend(_too_many_customers(data))
    problems.extend(_beside_history(data))
    if model is not None:
        problems.extend(shared_draws(model))
        problems.extend(_without_past(model))
    return (None if problems else model), problems


#: Customers of all segments at the most: a run numbers them with 31 bits.
MOST_CUSTOMERS = 2_000_000_000


def _too_many_customers(data: Any) -> Iterator[Finding]:
    counts = [
        segment.get("customers")
        for segment in _mapping(data, "segments").values()
        if isinstance(segment, dict)
    ]
    total = sum(count for count in counts if type(count) is int)
    if total > MOST_CUSTOMERS:
        message = f"have {total} customers together, and {MOST_CUSTOMERS} are the most"
        yield Finding(("segments",), message)


def _mapping(data: Any, *keys: str) -> dict[Any, Any]:
    """Return the mapping under `keys`, empty where there is none."""
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}


def _list(data: Any, key: str) -> list[Any]:
    value = data.get(key) if isinstance(data, dict) else None
    return value if isinstance(value, list) else []


# -------------------------------------------------------------------------------- history


def _beside_history(data: Any) -> Iterator[Finding]:
    """Say what has no meaning where customers join as a steady stream."""
    if not _mapping(data, "history"):
        return
    for name, segment in _mapping(data, "segments").items():
        for key in _mapping(segment, "joins"):
            if key in Joining.model_fields:
                message = (
                    "has no place beside 'history', with which customers join at a steady rate; "
                    "leave it out"
                )
                yield Finding(("segments", name, "joins", key), message, True)


#: Day before which no past begins.
_EARLIEST = dt.date(1970, 1, 1)


def _without_past(model: ScenarioModel) -> Iterator[Finding]:
    """Say which past cannot be: too early, or with nobody in it who can hold a contract."""
    if model.history is None:
        return
    begins = model.history_start
    if begins is None or begins < _EARLIEST:
        message = f"reaches back before {_EARLIEST}; write fewer years, or a later calendar.start"
        yield Finding(("history", "years"), message)
        return
    days = (model.calendar.start - begins).days
    drawn: dict[tuple[str, ...], str] = {}
    for name, segment in model.segments.items():
        other = drawn.setdefault(segment_path(name, segment), name)
        if other != name:
            message = (
                f"is drawn like '{other}', too: beside 'history' customers join as a stream, which "
                "two segments cannot share out"
            )
            yield Finding(("segments", name), message, True)
        if segment.customers > 0 and not _can_hold(segment, days):
            message = (
                "counts those who hold a contract on the first day, but nobody can: "
                "'holds' sells nothing by then; write a holding, or 0 customers"
            )
            yield Finding(("segments", name, "customers"), message)


def against_base(model: ScenarioModel, base: ScenarioModel) -> Iterator[Finding]:
    """Say what an offering lacks that its past needs, which is that of the base scenario."""
    if model.history is None or base.history is None:
        return
    for name in base.templates:
        if name not in model.templates:
            message = (
                f"lack '{name}', of which contracts were sold before the first day; "
                "leave it there, and let nobody hold it"
            )
            yield Finding(("templates",), message, True)


def _can_hold(segment: Segment, days: int) -> bool:
    """Whether a customer who joins within so many days before the first one can hold a contract."""
    return any(
        holding.share > 0 and holding.sold_after_days.least + holding.lead_days.least <= days
        for holding in segment.holds
    )


# ---------------------------------------------------------------------------------- names


def _unknown_names(data: Any) -> Iterator[Finding]:
    known = {
        "template": [name for name in _mapping(data, "templates") if isinstance(name, str)],
        "product": [name for name in _list(data, "products") if isinstance(name, str)],
        "segment": [name for name in _mapping(data, "segments") if isinstance(name, str)],
        "SLA": [name for name in _mapping(data, "slas") if isinstance(name, str)],
    }
    for path, noun, name, at_key in _used_names(data):
        if isinstance(name, str) and name not in known[noun]:
            yield Finding(path, _unknown(noun, name, known[noun]), at_key)


def _unknown(noun: str, name: str, known: list[str]) -> str:
    if known:
        return unknown(noun, name, known)
    return f"unknown {noun} '{name}'; the scenario has none under '{noun.lower()}s'"


def _used_names(data: Any) -> Iterator[tuple[DataPath, str, Any, bool]]:
    """Yield where, what kind, the name, and whether it stands as a key."""
    for name, template in _mapping(data, "templates").items():
        here: DataPath = ("templates", name)
        if isinstance(template, dict):
            yield (*here, "sla"), "SLA", template.get("sla"), False
            yield (*here, "moves_up_to"), "template", template.get("moves_up_to"), False
            yield (*here, "moves_down_to"), "template", template.get("moves_down_to"), False
        for index, product in enumerate(_list(template, "products")):
            yield (*here, "products", index), "product", product, False
    for name, segment in _mapping(data, "segments").items():
        here = ("segments", name)
        for index, holding in enumerate(_list(segment, "holds")):
            if isinstance(holding, dict):
                yield (
                    (*here, "holds", index, "template"),
                    "template",
                    holding.get("template"),
                    False,
                )
        for product in _mapping(segment, "products"):
            yield (*here, "products", product), "product", product, True
    for index, step in enumerate(_list(_mapping(data, "calendar", "level"), "steps")):
        if isinstance(step, dict):
            yield (
                ("calendar", "level", "steps", index, "segment"),
                "segment",
                step.get("segment"),
                False,
            )
    for index, burst in enumerate(_list(data, "bursts")):
        if isinstance(burst, dict):
            yield ("bursts", index, "product"), "product", burst.get("product"), False


# ------------------------------------------------------------------------------- the rules


def _against_rules(data: Any) -> Iterator[Finding]:
    allow_blank_total = _mapping(data, "rules").get("allow_blank_total") is True
    for name, written in _mapping(data, "templates").items():
        try:
            template = Template.model_validate(written)
        except ValidationError:
            continue
        for way, refusal, instead in _refused(template, allow_blank_total):
            yield Finding(("templates", name, *way), _said(refusal, instead))
        for way in (("moves_up_to",), ("moves_down_to",)):
            if getattr(template, way[0]) == name:
                yield Finding(("templates", name, *way), "names the template itself; leave it out")


def _refused(
    template: Template, allow_blank_total: bool
) -> Iterator[tuple[DataPath, Refusal, str]]:
    """Yield where the rulebook refuses a template, its refusal, and what would be right."""
    allocation = Allocation[template.allocation.upper()]
    decrease_on = DecreaseOn[template.decrease_on.upper()]
    whole = "Write a whole number, or 'allocation: hours'."
    refusal = allotment.refuse_decrease_on(allocation, decrease_on)
    if refusal:
        yield ("decrease_on",), refusal, "Write 'decrease_on: resolution'."
    if template.total_terms is None:
        total = 0
        refusal = allotment.refuse_blank_total(template.restrict, allow_blank_total)
        if refusal:
            yield ("total_terms",), refusal, "Where every case is to be refused, write 0."
            return
    else:
        total = hundredths(template.total_terms)
        refusal = allotment.refuse_template_total(total, allocation)
        if refusal:
            yield ("total_terms",), refusal, whole
    for origin, amount in template.channels.items():
        way = ("channels", origin)
        refusal = allotment.refuse_template_total(hundredths(amount), allocation)
        if refusal:
            yield way, refusal, whole
        refusal = allotment.refuse_channel_total(hundredths(amount), total)
        if refusal:
            yield way, refusal, f"Write at most {amount_text(total)}, the template's total."


def _said(refusal: Refusal, instead: str) -> str:
    name, _, sentence = CATALOGUE[refusal]
    return f"{name}: {sentence} {instead}" if name else f"{sentence} {instead}"


def amount_text(amount: int) -> str:
    """Write hundredths of a term as a person would: ``8`` or ``2.50``."""
    return str(amount // 100) if amount % 100 == 0 else f"{amount / 100:.2f}"
