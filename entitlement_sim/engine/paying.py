"""What cases take from the balances of entitlements, and what they give back.

`c` is a case's place in the block, `e` an entitlement's and `b` a balance's.
"""

from ..compiling import int64, part, rare_part
from ..rules.allotment import rule_of_charge, rule_of_refund
from ..rules.burning import burn_key, burn_rank
from ..rules.words import BalanceKind, Reason, RuleId
from .allowances import settle_late
from .balances import channel_of, is_open_block, post
from .weighing import weight_for
from .world import Buffer, World


@part
def charge(
    world: World, c: int, e: int, minute: int, amount: int, event: int, weight: int
) -> None:  # fmt: skip
    """Take terms for a case, from the channel of its origin too (rule C1); remember from where.

    `weight` is the case's, which the amount contains already (rule B4).
    """
    n = world.n
    case = world.cases[c]
    entitlement = world.entitlements[e]
    channel = channel_of(world, e, case.origin)
    rule = rule_of_charge(event, entitlement.allocation)
    n.charged = e
    n.before_charge = entitlement.remaining_terms
    case.first_taking = n.takings
    case.takings = 0
    if entitlement.has_blocks != 0:
        _charge_blocks(world, c, e, channel, minute, amount, rule, weight)
        return
    _take(world, c, entitlement.base_balance, channel, minute, amount, rule, weight)
    if channel >= 0:
        _remember(world, c, channel, amount)


@part
def _take(
    world: World, c: int, b: int, channel: int, minute: int, amount: int, rule: int, weight: int
) -> None:
    """Take terms for a case from one balance, and from a channel's with it."""
    case_id = int64(world.cases[c].case_id)
    post(world, b, channel, minute, -amount, Reason.CONSUME, rule, case_id)
    _note_weight(world, weight)
    _remember(world, c, b, amount)


@part
def _note_weight(world: World, weight: int) -> None:
    """Write the weight of a case to the row that has just moved a balance for it (rule B4)."""
    if world.n.full == 0:
        world.ledger[world.n.entries - 1].weight = weight


@part
def _remember(world: World, c: int, b: int, amount: int) -> None:
    """Remember from which balance a case has taken how much."""
    n = world.n
    taking = n.takings
    if taking == world.takings.shape[0]:
        n.full = Buffer.TAKINGS.value
        return
    n.takings = taking + 1
    world.cases[c].takings += 1
    world.takings[taking].balance = b
    world.takings[taking].amount = amount


@rare_part
def _charge_blocks(
    world: World, c: int, e: int, channel: int, minute: int, amount: int, rule: int, weight: int
) -> None:
    """Take terms from one block after the other; what is beyond all of them from the base (B2).

    Each block that pays has a row of its own. What is taken after the last close is settled.
    """
    n = world.n
    entitlement = world.entitlements[e]
    base = int64(entitlement.base_balance)
    there = int64(0)
    b = int64(entitlement.first_balance)
    while b >= 0:
        if is_open_block(world, b):
            there += max(int64(0), world.balances[b].remaining_terms)
        b = int64(world.balances[b].following)
    beyond = max(int64(0), amount - there)
    left = amount - beyond
    while n.full == 0 and (left > 0 or beyond > 0):
        best = _next_to_burn(world, e, beyond > 0)
        part_of_amount = int64(0)
        if is_open_block(world, best):
            part_of_amount = min(left, max(int64(0), world.balances[best].remaining_terms))
        left -= part_of_amount
        if best == base:
            part_of_amount += beyond
            beyond = int64(0)
        _take(world, c, best, channel, minute, part_of_amount, rule, weight)
    if channel >= 0:
        _remember(world, c, channel, amount)
    is_over = world.balances[base].is_over != 0  # and no period runs
    if entitlement.has_closed != 0 or is_over:
        settle_late(world, e, minute)


@part
def _next_to_burn(world: World, e: int, goes_beyond: bool) -> int:
    """Block that pays next: the first with something left, or the base for what is beyond (B2)."""
    entitlement = world.entitlements[e]
    burns_last = world.templates[entitlement.template_id].carried_burns_last
    best = int64(-1)
    best_key = burn_key(int64(0), int64(0), int64(0), int64(0), int64(0))
    b = int64(entitlement.first_balance)
    while b >= 0:
        balance = world.balances[b]
        pays = is_open_block(world, b) and balance.remaining_terms > 0
        if pays or (goes_beyond and b == entitlement.base_balance):
            key = burn_key(
                int64(balance.priority),
                int64(burn_rank(balance.kind, burns_last)),
                int64(balance.ends),
                int64(balance.starts),
                b,
            )
            if best < 0 or key < best_key:
                best = b
                best_key = key
        b = int64(balance.following)
    return best


@part
def payer(world: World, c: int) -> int:
    """Entitlement from which a case has taken what it has not given back, or -1."""
    case = world.cases[c]
    if case.takings == 0:
        return int64(-1)
    return int64(world.balances[world.takings[case.first_taking].balance].entitlement_id)


@part
def taken(world: World, c: int) -> int:
    """Terms that a case has taken from all that pays for it and not given back."""
    case = world.cases[c]
    amount = int64(0)
    for place in range(case.first_taking, case.first_taking + case.takings):
        taking = world.takings[place]
        if world.balances[taking.balance].kind != BalanceKind.CHANNEL:
            amount += taking.amount
    return amount


@part
def coming_back(world: World, c: int) -> int:
    """Of what a case has taken, that which would be there again: what has not lapsed (B2)."""
    case = world.cases[c]
    amount = int64(0)
    for place in range(case.first_taking, case.first_taking + case.takings):
        taking = world.takings[place]
        if is_open_block(world, taking.balance):
            amount += taking.amount
    return amount


@rare_part
def refund(world: World, c: int, minute: int, amount: int, event: int) -> None:
    """Give terms back to the balances from which a case took them.

    Where a balance has lapsed, what comes back lapses in the same minute (rule B2).
    """
    case = world.cases[c]
    case_id = int64(case.case_id)
    channel = int64(-1)
    last = case.first_taking + case.takings
    if last > case.first_taking:
        b = world.takings[last - 1].balance
        if world.balances[b].kind == BalanceKind.CHANNEL:
            channel = int64(b)
    rule = rule_of_refund(event)
    template = world.templates[world.entitlements[payer(world, c)].template_id]
    weight = weight_for(world, template, case.created_at, case.severity)
    back = int64(amount)
    for place in range(case.first_taking, last):
        taking = world.takings[place]
        b = int64(taking.balance)
        if world.balances[b].kind == BalanceKind.CHANNEL:
            continue
        returned = min(back, int64(taking.amount))
        back -= returned
        e = int64(world.balances[b].entitlement_id)
        post(world, b, channel, minute, returned, Reason.RESTORE, rule, case_id)
        _note_weight(world, weight)
        if world.balances[b].is_over != 0:
            post(world, b, channel, minute, -returned, Reason.EXPIRE, RuleId.B2, case_id)
            world.balances[b].lapsed += returned
            world.entitlements[e].gone += returned
    case.takings = 0
