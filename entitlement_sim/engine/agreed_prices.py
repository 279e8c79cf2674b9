"""What entitlements cost: by the template, the term, the customer, and the renewals before."""

from typing import Any

import numpy as np

from ..compiling import int64, part, rare_part
from ..population.customers import Customer, gets_discount, price_answer
from ..population.days import YEAR
from ..rules.amounts import prorated
from ..rules.burning import WHOLE_SHARE
from ..rules.days import months_later
from ..rules.prices import discounted, price_of_periods, price_of_spend, risen
from .world import World

#: Days of a month on the average.
_MONTH = YEAR / 12.0


@part
def listed_price(world: World, template: Any, start: int, last: int, whole: int) -> int:
    """Price of a term by its template, of which a whole one has so many days.

    Whole months are the template's, however many days the product has made of them (rule L9).
    """
    days = last - start + 1
    if template.price_months > 0:
        if template.term_months > 0 and days == whole:
            last = months_later(int64(start), int64(template.term_months)) - 1
        return price_of_periods(
            int64(template.price), int64(template.price_months), int64(start), int64(last)
        )
    price = _price_of_term(world, template)
    if template.prorates_price:
        return prorated(price, int64(days), int64(whole), int64(1))
    return price


@part
def _price_of_term(world: World, template: Any) -> int:
    """Price of a term that is not reckoned by its periods."""
    if not template.of_spend:
        return int64(template.price)
    bands: Any = world.lists
    return price_of_spend(
        int64(world.n.spend),
        bands,
        int64(template.first_band),
        int64(template.bands),
        int64(template.price_above),
        int64(template.price_at_least),
    )


@rare_part
def agree_price(world: World, customer: Customer, e: int) -> None:
    """Let a new entitlement cost what the renewals before and a discount make of its list price."""
    entitlement = world.entitlements[e]
    template_id = entitlement.template_id
    template = world.templates[template_id]
    old = entitlement.predecessor_id
    if old >= 0 and is_escalated(world, old, template_id):
        entitlement.rises = world.entitlements[old].rises + 1
        listed = int64(entitlement.list_price)
        entitlement.list_price = risen(listed, int64(template.rise), int64(entitlement.rises))
    entitlement.price = entitlement.list_price
    hold = world.holds[entitlement.line]
    if gets_discount(world.run, hold, customer):
        entitlement.price = discounted(int64(entitlement.list_price), int64(hold.discount))


@part
def is_escalated(world: World, old: int, template_id: int) -> bool:
    """Whether a renewal costs more because it is one: what it renews was sold under the same name.

    What a template renews into has that one's price.
    """
    before = world.entitlements[old].template_id
    is_named_alike = before == template_id or world.templates[before].today == template_id
    return is_named_alike and world.templates[template_id].rise > 0


# --------------------------------------------------------------- what customers make of prices


@part
def usual_price(world: World, template: Any) -> float:
    """Price of a term as long as the template's, in hundredths."""
    if template.price_months > 0:
        return template.price * (usual_days(template) / (template.price_months * _MONTH))
    return np.float64(_price_of_term(world, template))


@part
def usual_days(template: Any) -> float:
    """Days of a template's term on the average; of one without an end, those of a year."""
    if template.term_months > 0:
        return template.term_months * _MONTH
    if template.term_days > 0:
        return np.float64(template.term_days)
    return YEAR


@part
def _with_rises(price: float, rise: int, times: int) -> float:
    for _ in range(times):
        price *= 1.0 + rise / WHOLE_SHARE
    return price


@rare_part
def rise_of_year(world: World, e: int, offered: int) -> float:
    """By how much a year of what an entitlement is to renew into is dearer, as a share."""
    entitlement = world.entitlements[e]
    template = world.templates[entitlement.template_id]
    following = world.templates[offered]
    times = int64(entitlement.rises)
    now = _with_rises(usual_price(world, template), template.rise, times)
    now = now / usual_days(template)
    if now <= 0.0:
        return 0.0
    rises = times + 1 if is_escalated(world, e, offered) else int64(0)
    then = _with_rises(usual_price(world, following), following.rise, rises)
    return then / usual_days(following) / now - 1.0


@rare_part
def answer_to_sale(world: World, segment: Any, customer: Customer, line: int) -> float:
    """Factor of the share that buys a holding, at the price that a customer is asked for it."""
    if not segment.answers_price:
        return 1.0
    return _answer(world, segment, customer, line, world.holds[line].template, 0, segment.buying)


@rare_part
def answer_to_renewal(
    world: World, segment: Any, customer: Customer, e: int, offered: int
) -> float:
    """Factor of the chance to renew, at the price that a customer is asked for the next term."""
    if not segment.answers_price:
        return 1.0
    entitlement = world.entitlements[e]
    rises = int64(entitlement.rises) + 1 if is_escalated(world, e, offered) else int64(0)
    return _answer(world, segment, customer, entitlement.line, offered, rises, segment.renewing)


@part
def _answer(
    world: World,
    segment: Any,
    customer: Customer,
    line: int,
    template_id: int,
    rises: int,
    elasticity: float,
) -> float:
    reference = world.shares[segment.first_reference + template_id]
    if reference <= 0.0:
        return 1.0
    template = world.templates[template_id]
    price = _with_rises(usual_price(world, template), template.rise, rises)
    hold = world.holds[line]
    if gets_discount(world.run, hold, customer):
        price *= 1.0 - hold.discount / WHOLE_SHARE
    return price_answer(elasticity, price, reference)
