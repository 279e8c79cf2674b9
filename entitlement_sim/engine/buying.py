"""What customers buy more of when their terms run out, by habit: a top-up, or a pack again.

The draws behind it are made in ``population/customers.py``; `e` is an entitlement's place in the
block.
"""

from typing import Any

from ..compiling import int64, part, rare_part
from ..population.calendar_days import DAY
from ..population.customers import NEVER, Customer, draw_buying, met_as
from ..rules.lifecycle import refuse_top_up
from ..rules.words import Action, Rank, Refusal, State
from .agenda import book
from .agreed_prices import agree_price
from .contracts import create, give_to_account, own_default, own_term, set_default
from .custom import lineage_term, put_to_work, rank_sale
from .topups import TopUp, top_up
from .world import World


@part
def has_run_out(segment: Any, remaining: int) -> bool:
    """Whether so little is left that whoever buys more then does."""
    return remaining <= segment.buys_left


@rare_part
def buy_after_charge(world: World, segment: Any, customer: Customer, minute: int) -> None:
    """Let a customer buy more, or order it, where the charge just made has left too little."""
    n = world.n
    e = int64(n.charged)
    n.charged = -1
    entitlement = world.entitlements[e]
    if not has_run_out(segment, entitlement.remaining_terms):
        return
    if not has_run_out(segment, n.before_charge):
        entitlement.exhaustions += 1
    if not segment.buys_refused:
        _buy_or_order(world, segment, customer, e, minute)


@rare_part
def buy_before_refusal(
    world: World, segment: Any, customer: Customer, e: int, channel_is_empty: bool, minute: int
) -> int:
    """Let a customer buy more, or order it, before a case is refused for want of terms.

    Returns the entitlement that has more now, or -1. A top-up does not help where the case's
    channel has nothing left.
    """
    if channel_is_empty and world.templates[segment.buys_template].tops_up:
        return int64(-1)
    if not has_run_out(segment, world.entitlements[e].remaining_terms):
        return int64(-1)
    return _buy_or_order(world, segment, customer, e, minute)


@rare_part
def _buy_or_order(world: World, segment: Any, customer: Customer, e: int, minute: int) -> int:
    """Let a customer buy more, or order it; return the entitlement that has more now, or -1."""
    after = int64(NEVER)
    if _may_buy(world, segment, e):
        hold = world.holds[world.entitlements[e].line]
        exhaustion = int64(world.entitlements[e].exhaustions)
        term = lineage_term(world, e)
        holder = met_as(customer, int64(world.entitlements[e].account))
        after = draw_buying(world.run, segment, hold, holder, term, exhaustion)
    if after == 0:
        return _buy(world, segment, customer, e, minute)
    if after != NEVER:
        world.entitlements[e].orders += 1
        world.n.bought = 1
        book(world, day_at(world, minute) + after, Rank.SALES, Action.BUY_MORE, e)
    return int64(-1)


@rare_part
def deliver(world: World, segment: Any, customer: Customer, e: int, minute: int) -> None:
    """Let a customer have what it ordered when the terms of an entitlement had run out.

    Where that has ended since, the order is void.
    """
    world.entitlements[e].orders -= 1
    if segment.buys and refuse_top_up(world.entitlements[e].state) == Refusal.NONE:
        _buy(world, segment, customer, e, minute)


@rare_part
def _buy(world: World, segment: Any, customer: Customer, e: int, minute: int) -> int:
    """Sell what a segment buys where an entitlement has run out; return what has more terms now.

    A new entitlement is activated at once, belongs to the account of the one that ran out, and is
    the default where that was.
    """
    world.n.bought = 1
    template_id = int64(segment.buys_template)
    template = world.templates[template_id]
    day = day_at(world, minute)
    if template.tops_up:
        last = int64(world.entitlements[e].end_date)
        if template.own_end:
            start = max(day, int64(world.entitlements[e].start_date))
            last = int64(own_term(template, start).last)
        added = TopUp(int64(template.total), last, int64(template.priority), int64(template.price))
        top_up(world, e, day, minute, added)
        return int64(e)
    line = int64(segment.buys_line)
    bought = create(world, template_id, line, day, minute, own_term(template, day))
    if bought < 0:
        return bought
    account = int64(world.entitlements[e].account)
    rank_sale(world, segment, bought, day)
    give_to_account(world, bought, account)
    world.n.purchases += 1
    world.entitlements[bought].purchase = world.n.purchases
    agree_price(world, customer, bought)
    put_to_work(world, segment, customer, bought, day, True)
    is_default = own_default(world, account) == e
    if is_default and world.entitlements[bought].state == State.ACTIVE:
        set_default(world, bought)
    return bought


@part
def _may_buy(world: World, segment: Any, e: int) -> bool:
    """Whether running out of an entitlement's terms lets its customer buy what its segment does.

    Nothing is bought once it has ended, or while an order is on its way; a whole entitlement
    neither while another one of its template has terms.
    """
    entitlement = world.entitlements[e]
    if entitlement.unlimited != 0 or entitlement.orders > 0:
        return False
    if refuse_top_up(entitlement.state) != Refusal.NONE:
        return False
    template = world.templates[segment.buys_template]
    if template.tops_up:
        return _adds_to(world, template, e)
    for other in range(world.n.first_open, world.n.entitlements):
        at_hand = world.entitlements[other]
        if at_hand.account != entitlement.account:
            continue
        is_one = world.templates[at_hand.template_id].number == template.number
        is_open = at_hand.state == State.ACTIVE or at_hand.state == State.WAITING
        is_enough = at_hand.orders > 0 or not has_run_out(segment, at_hand.remaining_terms)
        if is_one and is_open and is_enough:
            return False
    return True


@part
def _adds_to(world: World, template: Any, e: int) -> bool:
    """Whether a top-up can be added to an entitlement (rule B6)."""
    number = world.templates[world.entitlements[e].template_id].number
    adds = False
    for place in range(template.first_added, template.first_added + template.added):
        adds = adds or world.lists[place] == number
    return adds


@part
def day_at(world: World, minute: int) -> int:
    """Calendar day by which entitlements are sold at a minute: where the job runs at midnight."""
    run = world.run
    day = int64(minute // DAY)
    first, last = int64(run.start), int64(run.stop - 1)
    while day > first and minute < world.days[day - run.start].flips - run.job_minute:
        day -= 1
    while day < last and minute >= world.days[day + 1 - run.start].flips - run.job_minute:
        day += 1
    return max(first, min(day, last))
