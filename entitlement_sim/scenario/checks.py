"""What can only be judged by looking at several parts of a scenario: names and the rulebook.

The checks look at the data as written, part by part, so that they also speak when something else
in the scenario is wrong: all that is wrong is said at once.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import ValidationError

from ..documents import DataPath
from ..rules import allotment
from ..rules.amounts import hundredths
from ..rules.refusals import CATALOGUE
from ..rules.words import Allocation, DecreaseOn, Refusal
from ..targets import TARGETS
from ..telling import unknown
from .models import Holding, Joining, Part, ScenarioModel, Segment, Sla, Template
from .offerings import ill_offered, ill_promised, world_of
from .paths import segment_path, shared_draws
from .pricing import ill_paid, ill_priced
from .topping_up import ill_bought, ill_topped_up
from .wording import Finding, findings


def check_scenario(
    data: Any, base: ScenarioModel | None = None
) -> tuple[ScenarioModel | None, list[Finding]]:
    """Judge the plain data of a scenario.

    Parameters
    ----------
    data : Any
        As written, with its overrides.
    base : ScenarioModel or None
        The same before its overrides, where it has some and was right: the past is that of it.

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
    problems.extend(_without_contract(data))
    problems.extend(_ill_declared(data))
    problems.extend(_two_currencies(data))
    problems.extend(_ill_expected(data))
    problems = [finding._replace(path=_as_written(data, finding.path)) for finding in problems]
    if model is not None:
        problems.extend(shared_draws(model))
        problems.extend(_without_past(model, base))
        problems.extend(_outside_run(model))
    return (None if problems else model), problems


Kind = TypeVar("Kind", bound=Part)

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


def _without_contract(data: Any) -> Iterator[Finding]:
    """Find holdings that are to go with a contract where the segment has no other."""
    for name, segment in _mapping(data, "segments").items():
        holds = [hold for hold in _list(segment, "holds") if isinstance(hold, dict)]
        if all(hold.get("starts") == "with_contract" for hold in holds):
            for index, _ in enumerate(holds):
                yield Finding(
                    ("segments", name, "holds", index, "starts"),
                    "is with_contract, but the segment holds no contract of its own that it could "
                    "go with; let another holding start after_lead",
                )


def _two_currencies(data: Any) -> Iterator[Finding]:
    """Find another currency for money than that of the prices."""
    prices = data.get("currency") if isinstance(data, dict) else None
    costs = _mapping(data, "money").get("currency")
    if prices is not None and costs is not None and prices != costs:
        message = (
            f"is {costs}, but 'currency' at the top is {prices}; a run has one currency: write it "
            "in one of the two places"
        )
        yield Finding(("money", "currency"), message)


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


def _without_past(model: ScenarioModel, base: ScenarioModel | None) -> Iterator[Finding]:
    """Say which past cannot be: too early, or with nobody in it who can hold a contract.

    Who holds one is asked of the base, where there is the segment; that has been judged by itself.
    """
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
        is_frozen = (
            base is not None
            and base.history is not None
            and name in base.segments
            and base.segments[name].customers > 0
        )
        if segment.customers > 0 and not is_frozen and not _can_hold(model, segment, days):
            message = (
                "counts those who hold a contract on the first day, but nobody can: "
                f"{_why_nobody_holds(model, segment)}, or 0 customers"
            )
            yield Finding(("segments", name, "customers"), message)


def against_base(model: ScenarioModel, base: ScenarioModel) -> Iterator[Finding]:
    """Say what an offering lacks that its past needs, which is that of the base scenario."""
    if model.revision is None and (model.history is None or base.history is None):
        return
    for name in base.templates:
        if name not in model.templates:
            when = "the first day" if model.revision is None else f"{model.revised_from}"
            message = (
                f"lack '{name}', of which contracts were sold before {when}; "
                "leave it there, and let nobody hold it"
            )
            yield Finding(("templates",), message, True)


def _outside_run(model: ScenarioModel) -> Iterator[Finding]:
    """Say that a revision begins on none of the days of the run."""
    if model.revision is None:
        return
    first = model.calendar.start
    last = first + dt.timedelta(days=model.calendar.days - 1)
    if not first <= model.revised_from <= last:
        message = (
            f"is {model.revised_from}, but the run goes from {first} to {last}; write a day of it"
        )
        yield Finding(("revision", "from"), message)


def _can_hold(model: ScenarioModel, segment: Segment, days: int) -> bool:
    """Whether a customer who joins within so many days before the first one can hold a contract."""
    return segment.life.never_covered != 1 and any(
        holding.share > 0
        and holding.starts == "after_lead"
        and holding.sold_after_days.least + holding.lead_days.least <= days
        and _begins_later(model, holding) is None
        for holding in segment.holds
    )


def _begins_later(model: ScenarioModel, holding: Holding) -> dt.date | None:
    """Return when the first of a holding's fixed periods begins, where that is after the start."""
    template = model.templates.get(holding.template)
    begins = None if template is None else template.term.from_
    return begins if begins is not None and begins > model.calendar.start else None


def _why_nobody_holds(model: ScenarioModel, segment: Segment) -> str:
    """Say why nobody can hold a contract on the first day, and what to write instead."""
    if segment.life.never_covered == 1:
        return "'life.never_covered' lets everybody buy nothing; write a smaller share"
    for holding in segment.holds:
        begins = _begins_later(model, holding)
        if holding.share > 0 and begins is not None:
            return (
                f"the first period of '{holding.template}' begins on {begins}; "
                "write an earlier one that it follows"
            )
    if any(holding.starts == "with_contract" for holding in segment.holds):
        return (
            "what 'holds' sells by then goes with another contract; write a holding that does not"
        )
    return "'holds' sells nothing by then; write a holding"


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
            into = _mapping(template, "renews").get("into")
            yield (*here, "renews", "into"), "template", into, False
        for index, product in enumerate(_list(template, "products")):
            yield (*here, "products", index), "product", product, False
        for index, other in enumerate(_list(template, "adds_to")):
            yield (*here, "adds_to", index), "template", other, False
    for place, written in _expectations(data):
        yield (*place, "template"), "template", written.get("template"), False
        yield (*place, "segment"), "segment", written.get("segment"), False
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
        bought = _mapping(segment, "buys_more").get("template")
        yield (*here, "buys_more", "template"), "template", bought, False
        for product in _mapping(segment, "products"):
            yield (*here, "products", product), "product", product, True
        for template in _mapping(segment, "answers_price", "reference"):
            way = (*here, "answers_price", "reference", template)
            yield way, "template", template, True
        for duration in ("resolve_hours", "respond_hours", "billable_minutes"):
            for product in _mapping(segment, duration, "by_product"):
                yield (*here, duration, "by_product", product), "product", product, True
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
    for index, declaration in enumerate(_list(data, "scorecard")):
        if isinstance(declaration, dict):
            yield ("scorecard", index, "segment"), "segment", declaration.get("segment"), False


# --------------------------------------------------------------------------- the scorecard


def _ill_declared(data: Any) -> Iterator[Finding]:
    """Say which declarations stand twice, or have another number of targets than parts."""
    declared: set[tuple[str, str | None]] = set()
    for index, declaration in enumerate(_list(data, "scorecard")):
        if not isinstance(declaration, dict) or declaration.get("row") not in TARGETS:
            continue
        row, segment = declaration["row"], declaration.get("segment")
        if segment is None or isinstance(segment, str):
            if (row, segment) in declared:
                whom = "all customers" if segment is None else f"segment '{segment}'"
                message = f"'{row}' of {whom} stands twice; write it once"
                yield Finding(("scorecard", index, "row"), message)
            declared.add((row, segment))
        targets = declaration.get("target")
        count = len(targets) if isinstance(targets, list) else 0 if targets is None else 1
        parts = [goal.part for goal in TARGETS[row].goals]
        if targets is not None and count != len(parts):
            wanted = (
                f"{len(parts)} numbers ({', '.join(parts)})" if len(parts) > 1 else "one number"
            )
            message = f"'{row}' takes {wanted}, not {count}"
            yield Finding(("scorecard", index, "target"), message)


# ------------------------------------------------------------------------------ expectations


def _expectations(data: Any) -> Iterator[tuple[DataPath, dict[Any, Any]]]:
    """Yield what is expected, each with its place: of the scenario, then of its templates."""
    here: DataPath = ("expect",)
    places = [(here, data)]
    places += [(("templates", name, "expect"), own)
               for name, own in _mapping(data, "templates").items()]  # fmt: skip
    for path, part in places:
        written = part.get("expect") if isinstance(part, dict) else None
        if isinstance(written, dict):
            yield path, written
        elif isinstance(written, list):
            yield from (
                ((*path, index), one) for index, one in enumerate(written) if isinstance(one, dict)
            )


def _ill_expected(data: Any) -> Iterator[Finding]:
    """Say which expectations are about a term that has no share, or of another template."""
    templates = dict(_right_parts(data, "templates", Template))
    for path, written in _expectations(data):
        own = path[1] if path[0] == "templates" else None
        if own is not None and written.get("template") is not None:
            message = "has no place under a template, of which the expectation is; leave it out"
            yield Finding((*path, "template"), message, True)
            continue
        name = written.get("template") if own is None else own
        template = templates.get(name) if isinstance(name, str) else None
        if template is not None and template.term.open:
            message = (
                f"is about a share of a term, but that of '{name}' is open; "
                "expect something of a template whose term ends"
            )
            yield Finding(path, message)


def _as_written(data: Any, path: DataPath) -> DataPath:
    """Return a path without the places in lists of which one part was written in place of."""
    here, written = data, []
    for step in path:
        if isinstance(step, int) and isinstance(here, dict) and step not in here:
            continue
        written.append(step)
        try:
            here = here[step]
        except (KeyError, IndexError, TypeError):
            here = None
    return tuple(written)


# ------------------------------------------------------------------------------- the rules


def _against_rules(data: Any) -> Iterator[Finding]:
    allow_blank_total = _mapping(data, "rules").get("allow_blank_total") is True
    whole = data if isinstance(data, dict) else {}
    world = world_of(whole.get("calendar"), whole.get("segments"))
    for name, sla in _right_parts(data, "slas", Sla):
        for finding in ill_promised(sla, world):
            yield finding._replace(path=("slas", name, *finding.path))
    templates = dict(_right_parts(data, "templates", Template))
    for name, segment in _right_parts(data, "segments", Segment):
        for finding in ill_bought(segment, templates):
            yield finding._replace(path=("segments", name, *finding.path))
        yield from ill_paid(name, segment, templates)
    for name, template in templates.items():
        for finding in ill_topped_up(name, template, templates):
            yield finding._replace(path=("templates", name, *finding.path))
        for way, refusal, instead in _refused(template, allow_blank_total):
            yield Finding(("templates", name, *way), _said(refusal, instead))
        for finding in (*ill_offered(template, world), *ill_priced(template)):
            yield finding._replace(path=("templates", name, *finding.path))
        named: dict[DataPath, str | None] = {
            ("moves_up_to",): template.moves_up_to,
            ("moves_down_to",): template.moves_down_to,
            ("renews", "into"): template.renews.into if template.renews else None,
        }
        for path, other in named.items():
            if other == name:
                yield Finding(("templates", name, *path), "names the template itself; leave it out")


def _right_parts(data: Any, key: str, kind: type[Kind]) -> Iterator[tuple[Any, Kind]]:
    """Yield what stands under a key by its name, where that is right by itself."""
    for name, written in _mapping(data, key).items():
        try:
            yield name, kind.model_validate(written)
        except ValidationError:
            continue


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
    total: int | None = 0
    if template.allowance is not None:
        total = hundredths(template.allowance.terms)
        if allotment.refuse_template_total(total, allocation):
            yield ("allowance", "terms"), Refusal.EntitlementTemplateTotalTerms, whole
    elif template.total_terms is None:
        refusal = allotment.refuse_blank_total(template.restrict, allow_blank_total)
        if refusal:
            yield ("total_terms",), refusal, "Where every case is to be refused, write 0."
            return
    elif isinstance(template.total_terms, str):
        total = None
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
        if total is None:
            continue
        refusal = allotment.refuse_channel_total(hundredths(amount), total)
        if refusal:
            of = "the allowance's terms" if template.allowance else "the template's total"
            yield way, refusal, f"Write at most {amount_text(total)}, {of}."


def _said(refusal: Refusal, instead: str) -> str:
    name, _, sentence = CATALOGUE[refusal]
    return f"{name}: {sentence} {instead}" if name else f"{sentence} {instead}"


def amount_text(amount: int) -> str:
    """Write hundredths of a term as a person would: ``8`` or ``2.50``."""
    return str(amount // 100) if amount % 100 == 0 else f"{amount / 100:.2f}"
