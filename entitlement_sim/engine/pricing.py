"""What blocks are worth: the price of a term, shared out among what its periods grant.

The price to date is rounded to the hundredth, halves up, and a block has what it adds: so the
blocks of a term add up to its price exactly, whatever they grant. What is carried into a later
period keeps its part of the price of the block that it comes from; it adds nothing. A top-up has
the price for which it was sold.
"""

from typing import Final

from ..compiling import int64, part, rare_part
from ..rules.words import BalanceKind
from .allowances import granted_in, running_period
from .tables import NO_AMOUNT
from .world import World

#: From here on a number is too large: so far below the end of 64 bits that two such still fit.
TOO_LARGE: Final = 2**60


@part
def price_blocks(world: World, first: int) -> None:
    """Give the blocks of allowances of the customer at hand their prices, and what they promise.

    `first` is the place of the first entitlement that is looked at.
    """
    if world.n.has_options != 0:
        _price_blocks(world, first)


@rare_part
def _price_blocks(world: World, first: int) -> None:
    for e in range(first, world.n.entitlements):
        entitlement = world.entitlements[e]
        if entitlement.has_blocks != 0:
            template = world.templates[entitlement.template_id]
            if template.has_allowance:
                entitlement.promised_terms = _promised(world, e)
                if entitlement.price != NO_AMOUNT:
                    _share_out(world, e)


@rare_part
def _promised(world: World, e: int) -> int:
    """Terms that a term grants by its end: what it has granted so far, and what is to come."""
    entitlement = world.entitlements[e]
    last = running_period(world, e, int64(entitlement.end_date))
    to_come = last - int64(entitlement.period)
    so_far = int64(entitlement.total_terms) - int64(entitlement.topped_up)
    if to_come <= 0:
        return so_far
    whole = so_far + (to_come - 1) * int64(entitlement.grant)
    return whole + granted_in(world, e, last)


@rare_part
def _share_out(world: World, e: int) -> None:
    """Share the price of a term out among its blocks."""
    entitlement = world.entitlements[e]
    promised = int64(entitlement.promised_terms)
    price = int64(entitlement.price)
    granted = int64(0)
    before = int64(0)
    source = int64(-1)  # what was granted last, and before that
    earlier = int64(-1)
    b = int64(entitlement.first_balance)
    while b >= 0:
        balance = world.balances[b]
        if balance.kind == BalanceKind.ALLOWANCE:
            granted += balance.total_terms
            to_date = half_up(granted, price, promised)
            balance.price = to_date - before
            before = to_date
            earlier = source
            source = b
        elif balance.kind == BalanceKind.CARRIED:
            # Of a draft, no period has opened since.
            came_from = source if world.balances[source].starts < balance.starts else earlier
            origin = world.balances[came_from]
            carried = int64(balance.total_terms)
            # What was brought forward into a block that grants nothing is carried for nothing.
            balance.price = half_up(carried, int64(origin.price), int64(origin.total_terms))
        b = int64(balance.following)


@rare_part
def half_up(amount: int, price: int, of: int) -> int:
    """``amount * price / of`` to the nearest whole number, halves up; all of them at least 0.

    Bit by bit, so that no product of two amounts is ever made: it would not fit 64 bits. An answer
    that is too large is :data:`TOO_LARGE`; of nothing it is 0.
    """
    if of == 0:
        return int64(0)
    whole = price // of
    rest = price - whole * of
    quotient = int64(0)
    remainder = int64(0)
    for bit in range(46, -1, -1):
        if quotient >= TOO_LARGE:
            return int64(TOO_LARGE)
        quotient = 2 * quotient
        remainder = 2 * remainder
        if (amount >> bit) & 1 == 1:
            quotient += whole
            remainder += rest
        while remainder >= of:
            remainder -= of
            quotient += 1
    if 2 * remainder >= of:
        quotient += 1
    return quotient
