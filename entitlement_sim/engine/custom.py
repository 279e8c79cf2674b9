"""What customers and sellers do by habit: buying, putting to work, amending, deciding.

Nothing here is a rule of the product: it says who asks the product for what, and when. The draws
behind it are made in ``population/customers.py``.
"""

from typing import Any

import numpy as np

from ..compiling import int64, part, rare_part
from ..population.customers import (
    NEVER,
    Customer,
    chance_to_renew,
    draw_leaning,
    draw_sale,
    draw_term,
)
from ..rules.lifecycle import refuse_deactivate
from ..rules.words import Action, Rank, Refusal, State
from .agenda import book
from .contracts import activate, deactivate, edit_total, set_default
from .world import World


@part
def book_sales(world: World, segment: Any, customer: Customer, first: int, stop: int) -> None:
    """Book what a customer buys of its segment's holdings, from day `first` until before `stop`."""
    for line in range(segment.first_hold, segment.first_hold + segment.holds):
        hold = world.holds[line]
        sale = draw_sale(world.run, hold, customer)
        if first <= sale.sold < stop:
            booking = world.agenda[book(world, sale.sold, Rank.SALES, Action.SELL, -1)]
            booking.template = hold.template
            booking.line = line
            booking.start = sale.start


@rare_part
def put_to_work(world: World, segment: Any, customer: Customer, e: int, day: int) -> None:
    """Activate a new entitlement, unless somebody forgets to, and book what its term holds."""
    entitlement = world.entitlements[e]
    run = world.run
    hold = world.holds[entitlement.line]
    fate = draw_term(run, segment, hold, world.shares, customer, entitlement.renewal_number)
    if fate.draft < 0:
        activate(world, e, day)
    elif fate.draft > 0:
        book(world, day + fate.draft, Rank.ACTIVATIONS, Action.ACTIVATE, e)
    start = max(entitlement.start_date, day)
    last = entitlement.end_date
    if fate.cancelled_after <= last - start:
        cancelled_on = max(start + fate.cancelled_after, day + 1)
        book(world, cancelled_on, Rank.CANCELLATIONS, Action.CANCEL, e)
    if fate.amended_after <= last - start:
        amended_on = max(start + fate.amended_after, day + 1)
        booking = world.agenda[book(world, amended_on, Rank.AMENDMENTS, Action.AMEND, e)]
        terms = entitlement.total_terms * (1.0 + fate.change) / 100.0
        booking.total = int64(np.floor(terms + 0.5)) * 100  # amended to whole terms
        booking.days_in_draft = fate.amendment_days


@part
def amend(world: World, e: int, day: int, minute: int, total: int, days_in_draft: int) -> None:
    """Deactivate an entitlement, change its total and activate it (rules L4, L8, L2)."""
    if refuse_deactivate(world.entitlements[e].state) != Refusal.NONE:
        return
    deactivate(world, e, day)
    edit_total(world, e, minute, total)
    if days_in_draft == 0:
        activate(world, e, day)
    else:
        book(world, day + days_in_draft, Rank.ACTIVATIONS, Action.ACTIVATE, e)


@rare_part
def decide(world: World, segment: Any, customer: Customer, e: int, day: int) -> None:
    """Let the customer of an entitlement that has ended decide about renewing it from `day` on."""
    entitlement = world.entitlements[e]
    leaning = draw_leaning(
        world.run,
        segment,
        world.holds[entitlement.line],
        world.distributions,
        customer,
        entitlement.renewal_number,
    )
    chance = chance_to_renew(
        segment,
        customer,
        entitlement.state == State.CANCELLED,
        utilisation(world, e),
        entitlement.refused,
        entitlement.missed,
    )
    if leaning.renews_below < chance:
        slot = book(world, day + leaning.late, Rank.SALES, Action.RENEW_AND_SELL, e)
        world.agenda[slot].returns = 0
    elif leaning.returns != NEVER:
        slot = book(world, day + leaning.returns, Rank.SALES, Action.RENEW_AND_SELL, e)
        world.agenda[slot].returns = 1


@part
def utilisation(world: World, e: int) -> float:
    """Share of an entitlement's total that is used; 0 where the total is."""
    entitlement = world.entitlements[e]
    total = entitlement.total_terms
    if total <= 0:
        return 0.0
    return (total - entitlement.remaining_terms) / np.float64(total)


@part
def next_template(world: World, segment: Any, e: int, day: int) -> int:
    """Template into which a customer renews: the same, or up or down by how much it used.

    From the first day of the run on it is as that is offered then.
    """
    template_id = world.entitlements[e].template_id
    if day >= world.run.window:
        template_id = world.templates[template_id].today
    template = world.templates[template_id]
    used = utilisation(world, e)
    if used >= segment.up_above and template.up >= 0:
        return template.up
    if used < segment.down_below and template.down >= 0:
        return template.down
    return template_id


@part
def keep_default(world: World) -> None:
    """Where the default is not active, let another active entitlement be it.

    An entitlement for all products and contacts is preferred, and of several the oldest.
    """
    n = world.n
    present = n.default_entitlement
    if present >= 0 and world.entitlements[present].state == State.ACTIVE:
        return
    best = int64(-1)
    for e in range(n.first_open, n.entitlements):
        if world.entitlements[e].state != State.ACTIVE:
            continue
        template = world.templates[world.entitlements[e].template_id]
        if template.products == 0 and template.contacts == 0:
            best = int64(e)
            break
        if best < 0:
            best = int64(e)
    if best >= 0:
        set_default(world, best)
