"""What of top-ups, and of what customers buy when terms run out, does not go together."""

from collections.abc import Iterator, Mapping
from typing import Final

from .models import Left, Pricing, Segment, Template
from .offerings import holdable
from .values import UNLIMITED
from .wording import Finding

#: What a top-up has of its entitlement, and not of its own.
_OF_ENTITLEMENT: Final = (
    "allowance",
    "overage",
    "minutes",
    "weighs",
    "decrease_on",
    "restrict",
    "channels",
    "products",
    "contacts",
    "prorate",
    "refund",
    "renews",
    "sla",
    "moves_up_to",
    "moves_down_to",
)


def ill_topped_up(
    name: str, template: Template, templates: Mapping[str, Template]
) -> Iterator[Finding]:
    """Say what does not go together in a template that tops others up, or is moved into one.

    Paths begin within it; `templates` has those that are right by themselves.
    """
    for way in ("moves_up_to", "moves_down_to"):
        into = templates.get(getattr(template, way) or "")
        if into is not None and into.adds_to is not None:
            message = "is a top-up, into which nothing is renewed; name another template"
            yield Finding((way,), message)
    if template.adds_to is None:
        if template.ends is not None:
            message = "has no place without 'adds_to': what is no top-up ends by its 'term'"
            yield Finding(("ends",), message, True)
        return
    if template.total_terms is None and template.allowance is None:
        message = "'total_terms' is missing: the terms that a top-up adds"
        yield Finding(("adds_to",), message, True)
    if template.total_terms == UNLIMITED:
        message = f"is {UNLIMITED}, but a top-up adds so many terms; write a number"
        yield Finding(("total_terms",), message)
    if isinstance(template.price, Pricing):
        message = "is reckoned by periods or by spend, but a top-up has one price; write an amount"
        yield Finding(("price",), message)
    if template.total_terms == 0:
        yield Finding(("total_terms",), "is 0, but a top-up adds terms; write how many")
    for key in _OF_ENTITLEMENT:
        if getattr(template, key) != Template.model_fields[key].default:
            message = "has no place in a top-up, where that of the entitlement counts; leave it out"
            yield Finding((key,), message, True)
    if template.ends != "own" and template.term != Template.model_fields["term"].default:
        message = "has no place in a top-up that ends with its contract; write ends: own, too"
        yield Finding(("term",), message, True)
    yield from _added_to(name, template, templates)


def _added_to(
    name: str, template: Template, templates: Mapping[str, Template]
) -> Iterator[Finding]:
    for index, to in enumerate(template.adds_to or ()):
        other = templates.get(to)
        if to == name or (other is not None and other.adds_to is not None):
            message = "is a top-up itself; name the templates of entitlements"
        elif other is None:
            continue
        elif other.total_terms == UNLIMITED:
            message = "has no end of terms, to which nothing can be added; leave it out"
        elif other.allocation != template.allocation:
            message = (
                f"counts {other.allocation}, and this template counts {template.allocation}; "
                "both must count the same"
            )
        else:
            continue
        yield Finding(("adds_to", index), message)


def ill_bought(segment: Segment, templates: Mapping[str, Template]) -> Iterator[Finding]:
    """Say what does not go together in what a segment holds and buys; paths begin within it."""
    for index, holding in enumerate(segment.holds):
        sold = templates.get(holding.template)
        if sold is not None and sold.adds_to is not None:
            message = (
                "is a top-up, which is bought when an entitlement runs out; write it under "
                "'buys_more'"
            )
            yield Finding(("holds", index, "template"), message)
    buys = segment.buys_more
    template = None if buys is None else templates.get(buys.template)
    if buys is None or template is None:
        return
    held = set(holdable(segment, templates))
    if not segment.holds:
        message = "has no place where nothing is held that could run out; write 'holds'"
        yield Finding(("buys_more",), message, True)
    elif template.adds_to is not None and not held.intersection(template.adds_to):
        names = " or ".join(f"'{name}'" for name in template.adds_to)
        message = f"adds to {names}, but the segment holds none of that"
        yield Finding(("buys_more", "template"), message)
    if buys.when == "refused" and not any(
        _refuses(template, segment) for name, template in templates.items() if name in held
    ):
        message = (
            "is refused, but nothing that the segment holds refuses cases; write restrict: true "
            "in its template, or empty here"
        )
        yield Finding(("buys_more", "when"), message)
    left = buys.when.left if isinstance(buys.when, Left) else 0
    if template.allocation == "cases" and left != int(left):
        message = f"must be a whole number where terms are cases, not {left}"
        yield Finding(("buys_more", "when", "left"), message)


def _refuses(template: Template, segment: Segment) -> bool:
    goes_over = template.overage is not None and segment.accepts_overage < 1
    return template.restrict or goes_over
