"""What of prices and their payers does not go together, and which customers react to no price."""

from collections.abc import Iterator, Mapping
from typing import Any

from .models import Pricing, ScenarioModel, Segment, Template
from .offerings import holdable
from .wording import Finding


def ill_priced(template: Template) -> Iterator[Finding]:
    """Say what of a template's price and renewals does not go together; paths begin within it."""
    price, renews = template.price, template.renews
    if isinstance(price, Pricing) and price.every is not None:
        if template.term.open:
            message = (
                "is for every period, but a term that is open has no number of them; write an "
                "amount for the whole"
            )
            yield Finding(("price",), message)
        if template.prorate == "price":
            message = (
                "is price, but a price for every period counts a part period by its days anyway; "
                "leave it out"
            )
            yield Finding(("prorate",), message)
    if renews is None:
        return
    if template.term.open:
        message = "has no place where the term is open, which is never renewed; leave it out"
        yield Finding(("renews",), message, True)
    if not renews.model_fields_set:
        message = "says nothing; write itself: true, rise or into"
        yield Finding(("renews",), message, True)
    if renews.notice is None:
        return
    if not renews.itself:
        message = "only goes with itself: true, since otherwise customers decide at the end"
        yield Finding(("renews", "notice"), message, True)
    longest = template.term.days or 31 * (template.term.months or 12)
    if template.term.from_ is None and renews.notice.days >= longest:
        message = (
            f"is {renews.notice.days}, but the term has {longest} days at the most; write fewer"
        )
        yield Finding(("renews", "notice", "days"), message)


def ill_paid(name: str, segment: Segment, templates: Mapping[str, Template]) -> Iterator[Finding]:
    """Say what customers of a segment lack to pay prices, and to answer to them.

    Paths begin with the scenario's; `templates` has those that are right by themselves.
    """
    held = {
        template: templates[template]
        for template in holdable(segment, templates)
        if template in templates
    }
    for template, offering in held.items():
        is_by_spend = isinstance(offering.price, Pricing) and offering.price.of_spend is not None
        if is_by_spend and segment.spend is None:
            message = (
                f"'spend' is missing: what its customers spend in a term, by which '{template}' "
                "has its price, such as { lognormal: { median: 20000, sigma: 1 } }"
            )
            yield Finding(("segments", name), message, True)
            break
    yield from _ill_answered(name, segment, held)


def _ill_answered(name: str, segment: Segment, held: Mapping[str, Template]) -> Iterator[Finding]:
    answers = segment.answers_price
    if answers is None:
        return
    here = ("segments", name, "answers_price")
    if segment.renewal.moved_by.price_rise:
        message = (
            "has no place beside renewal.moved_by.price_rise, since customers would answer to the "
            "same price twice; write one of them"
        )
        yield Finding(here, message, True)
    if isinstance(answers.reference, dict):
        missing = [
            template
            for template, offering in held.items()
            if offering.is_paid and template not in answers.reference
        ]
        for template in missing[:1]:
            message = f"lacks '{template}', which the segment can hold; write its price there, too"
            yield Finding((*here, "reference"), message, True)
    elif len(held) > 1:
        prices = ", ".join(f"{template}: {answers.reference}" for template in held)
        message = f"is one price, but the segment can hold several templates; write {{ {prices} }}"
        yield Finding((*here, "reference"), message)


def unanswered_prices(base: ScenarioModel, other: ScenarioModel) -> list[str]:
    """Return the segments that are asked for other prices in another scenario and do not react.

    A segment reacts that has `answers_price`, or renewals that are moved by `price_rise`; only
    those with customers count, and what they can hold and buy.

    Parameters
    ----------
    base, other : ScenarioModel

    Examples
    --------
    >>> from entitlement_sim import Scenario
    >>> base = Scenario.load("reference")
    >>> dearer = base.with_({"templates.ten-cases.price": 1500})
    >>> unanswered_prices(base.model, dearer.model)
    ['everyone']
    """
    return [
        name
        for name, segment in other.segments.items()
        if segment.customers > 0
        and not reacts(segment)
        and _prices(base, name) != _prices(other, name)
    ]


def unanswered_offers(base: ScenarioModel, other: ScenarioModel) -> list[str]:
    """Return the segments that are asked for other prices, terms or notice, and do not react.

    As :func:`unanswered_prices`, with the length of terms and how a renewal is prevented: whoever
    does not answer to them takes the longest one.

    Parameters
    ----------
    base, other : ScenarioModel

    Examples
    --------
    >>> from entitlement_sim import Scenario
    >>> base = Scenario.load("reference")
    >>> longer = base.with_({"templates.ten-cases.term": {"months": 24}})
    >>> unanswered_prices(base.model, longer.model), unanswered_offers(base.model, longer.model)
    ([], ['everyone'])
    """
    prices = unanswered_prices(base, other)
    return [
        name
        for name, segment in other.segments.items()
        if name in prices
        or (
            segment.customers > 0
            and not reacts(segment)
            and _terms(base, name) != _terms(other, name)
        )
    ]


def _terms(model: ScenarioModel, name: str) -> dict[str, Any]:
    """Return how long what a segment can hold binds it."""
    segment = model.segments.get(name)
    held = {} if segment is None else dict.fromkeys(holdable(segment, model.templates))
    return {
        template: (model.templates[template].term, model.templates[template].renews)
        for template in held
    }


def reacts(segment: Segment) -> bool:
    """Whether customers of a segment make anything of prices."""
    return segment.answers_price is not None or segment.renewal.moved_by.price_rise != 0


def _prices(model: ScenarioModel, name: str) -> dict[str, Any]:
    """Return what decides the prices of what a segment can hold, or buys when it runs out."""
    segment = model.segments.get(name)
    if segment is None:
        return {}
    bought = [segment.buys_more.template] if segment.buys_more else []
    prices: dict[str, Any] = {
        template: (
            offering.price,
            offering.prorate != "nothing",
            offering.renews.rise if offering.renews else 0,
            offering.overage.price if offering.overage else None,
        )
        for template in (*holdable(segment, model.templates), *bought)
        for offering in [model.templates[template]]
    }
    discounts = [(hold.template, hold.discount) for hold in segment.holds if hold.discount]
    return prices | {"": discounts}
