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
from .pricing import half_up
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
        return _price_by_periods(template, start, last, days == whole)
    price = _price_of_term(world, template)
    if template.prorates_price:
        return prorated(price, int64(days), int64(whole), int64(1))
    return price


@rare_part
def _price_by_periods(template: Any, start: int, last: int, is_whole: bool) -> int:
    if template.term_months > 0 and is_whole:
        last = months_later(int64(start), int64(template.term_months)) - 1
    return price_of_periods(
        int64(template.price), int64(template.price_months), int64(start), int64(last)
    )


@part
def _price_of_term(world: World, template: Any) -> int:
    """Price of a term that is not reckoned by its periods."""
    return _price_by_spend(world, template) if template.of_spend else int64(template.price)


@rare_part
def _price_by_spend(world: World, template: Any) -> int:
    bands: Any = world.lists
    return price_of_spend(
        int64(world.n.spend),
        bands,
        int64(template.first_band),
        int64(template.bands),
        int64(template.price_above),
        int64(template.price_at_least),
    )


@part
def agree_price(world: World, customer: Customer, e: int) -> None:
    """Let a new entitlement cost what the renewals before and a discount make of its list price.

    What has risen so far stays risen, also where the price itself, or the term, is another one.
    """
    entitlement = world.entitlements[e]
    old = entitlement.predecessor_id
    rises = world.templates[entitlement.template_id].rise != 0
    if old >= 0:
        rises = rises or world.entitlements[old].list_price != world.entitlements[old].unrisen_price
    if rises or world.holds[entitlement.line].discount_share > 0.0:
        _agree_price(world, customer, e)


@rare_part
def _agree_price(world: World, customer: Customer, e: int) -> None:
    """Let it cost that where anything moves it."""
    entitlement = world.entitlements[e]
    template = world.templates[entitlement.template_id]
    old = entitlement.predecessor_id
    if old >= 0 and is_named_alike(world, old, entitlement.template_id):
        before = world.entitlements[old]
        listed = int64(entitlement.unrisen_price)
        if before.unrisen_price == listed:
            listed = int64(before.list_price)
        elif before.unrisen_price > 0:
            listed = half_up(listed, int64(before.list_price), int64(before.unrisen_price))
        entitlement.list_price = risen(listed, int64(template.rise))
    entitlement.price = entitlement.list_price
    hold = world.holds[entitlement.line]
    if gets_discount(world.run, hold, customer):
        entitlement.price = discounted(int64(entitlement.list_price), int64(hold.discount))


@part
def is_named_alike(world: World, old: int, template_id: int) -> bool:
    """Whether a template has the name under which an entitlement was sold.

    What is renewed into another one has that one's price, and no rise.
    """
    before = world.entitlements[old].template_id
    return before == template_id or world.templates[before].today == template_id


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
def _risen_so_far(entitlement: Any) -> float:
    """By what factor renewals have made an entitlement dearer."""
    if entitlement.unrisen_price <= 0:
        return 1.0
    return entitlement.list_price / np.float64(entitlement.unrisen_price)


@part
def _next_rise(world: World, e: int, offered: int) -> float:
    """Factor of the price of what an entitlement is to renew into."""
    if not is_named_alike(world, e, offered):
        return 1.0
    rise = world.templates[offered].rise / WHOLE_SHARE
    return _risen_so_far(world.entitlements[e]) * (1.0 + rise)


@rare_part
def rise_of_year(world: World, e: int, offered: int) -> float:
    """By how much a year of what an entitlement is to renew into is dearer, as a share."""
    entitlement = world.entitlements[e]
    template = world.templates[entitlement.template_id]
    following = world.templates[offered]
    now = usual_price(world, template) * _risen_so_far(entitlement) / usual_days(template)
    if now <= 0.0:
        return 0.0
    then = usual_price(world, following) * _next_rise(world, e, offered) / usual_days(following)
    return then / now - 1.0


@part
def answer_to_sale(world: World, segment: Any, customer: Customer, line: int) -> float:
    """Factor of the share that buys a holding, at the price that a customer is asked for it."""
    if not segment.answers_price:
        return 1.0
    template_id = int64(world.holds[line].template)
    return _answer(world, segment, customer, line, template_id, 1.0, segment.buying)


@part
def answer_to_renewal(
    world: World, segment: Any, customer: Customer, e: int, offered: int
) -> float:
    """Factor of the chance to renew, at the price that a customer is asked for the next term."""
    if not segment.answers_price:
        return 1.0
    line = int64(world.entitlements[e].line)
    rise = _next_rise(world, e, offered)
    return _answer(world, segment, customer, line, offered, rise, segment.renewing)


@rare_part
def _answer(
    world: World,
    segment: Any,
    customer: Customer,
    line: int,
    template_id: int,
    rise: float,
    elasticity: float,
) -> float:
    reference = world.shares[segment.first_reference + template_id]
    if reference <= 0.0:
        return 1.0
    price = usual_price(world, world.templates[template_id]) * rise
    hold = world.holds[line]
    if gets_discount(world.run, hold, customer):
        price *= 1.0 - hold.discount / WHOLE_SHARE
    return price_answer(elasticity, price, reference)
