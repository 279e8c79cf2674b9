"""Balances of entitlements: every movement goes through here and leaves a row in the ledger.

`e` is an entitlement's place in the block and `b` a balance's. The balances of an entitlement form
a chain: its base balance, those of its channels, and where it has blocks, what is granted, carried
over or topped up later.
"""

from ..compiling import int64, part, rare_part
from ..rules.balances import PLAIN_PRIORITY, is_channel_of
from ..rules.words import BalanceKind
from .tables import NO_AMOUNT, NONE
from .world import Buffer, World


@part
def channel_of(world: World, e: int, origin: int) -> int:
    """Balance of the channel that an origin picks, or -1 (rules C1, C2)."""
    entitlement = world.entitlements[e]
    first = entitlement.first_balance
    for b in range(first + 1, first + 1 + entitlement.channels):
        if is_channel_of(world.balances[b].kind, world.balances[b].origin, origin):
            return int64(b)
    return int64(-1)


@part
def post(
    world: World,
    b: int,
    channel: int,
    minute: int,
    amount: int,
    reason: int,
    rule: int,
    case_id: int,
) -> None:
    """Move a balance of all cases, and a channel's (-1: none) with it; write that down."""
    e = int64(world.balances[b].entitlement_id)
    row = _new_entry(world, e, b, minute, reason, rule, case_id)
    if row < 0:
        return
    entry = world.ledger[row]
    remaining = int64(world.entitlements[e].remaining_terms) + amount
    world.entitlements[e].remaining_terms = remaining
    world.balances[b].remaining_terms += amount
    entry.amount = amount
    entry.balance = remaining
    if channel >= 0:
        world.balances[channel].remaining_terms += amount
        entry.origin = world.balances[channel].origin
        entry.origin_amount = amount
        entry.origin_balance = world.balances[channel].remaining_terms


@rare_part
def post_channel(
    world: World, channel: int, minute: int, amount: int, reason: int, rule: int
) -> None:
    """Move the balance of a channel alone, and write that down (rules T8, B1)."""
    balance = world.balances[channel]
    e = int64(balance.entitlement_id)
    row = _new_entry(world, e, channel, minute, reason, rule, -1)
    if row < 0:
        return
    entry = world.ledger[row]
    balance.remaining_terms += amount
    entry.amount = 0
    entry.balance = world.entitlements[e].remaining_terms
    entry.origin = balance.origin
    entry.origin_amount = amount
    entry.origin_balance = balance.remaining_terms


@part
def _new_entry(
    world: World, e: int, b: int, minute: int, reason: int, rule: int, case_id: int
) -> int:
    """Begin a row of the ledger about a balance of an entitlement; return its place, or -1."""
    n = world.n
    row = n.entries
    if row == world.ledger.shape[0]:
        n.full = Buffer.LEDGER.value
        return int64(-1)
    n.entries = row + 1
    number = int64(world.entitlements[e].entries) + 1
    world.entitlements[e].entries = number
    entry = world.ledger[row]
    entry.entitlement_id = e
    entry.entry = number
    entry.happened_at = minute
    entry.origin = -1
    entry.origin_amount = 0
    entry.origin_balance = 0
    entry.reason = reason
    entry.rule = rule
    entry.case_id = case_id
    entry.balance_id = b
    entry.weight = NONE
    return int64(row)


@part
def new_balance(world: World, e: int, kind: int, origin: int, total: int, allotted: int) -> int:
    """Give an entitlement another balance, still empty; return its place, or -1.

    `allotted` is what its first movement will put into it.
    """
    n = world.n
    b = n.balances
    if b == world.balances.shape[0]:
        n.full = Buffer.BALANCES.value
        return int64(-1)
    n.balances = b + 1
    entitlement = world.entitlements[e]
    if entitlement.balances > 0:
        world.balances[entitlement.last_balance].following = b
    entitlement.last_balance = b
    entitlement.balances += 1
    balance = world.balances[b]
    balance.balance_id = b
    balance.entitlement_id = e
    balance.kind = kind
    balance.origin = origin
    balance.starts = entitlement.start_date
    balance.ends = entitlement.end_date
    if kind == BalanceKind.CHANNEL:
        balance.priority = PLAIN_PRIORITY
    else:
        balance.priority = world.templates[entitlement.template_id].priority
    balance.total_terms = total
    balance.remaining_terms = 0
    balance.allotted = allotted
    balance.price = NO_AMOUNT if kind == BalanceKind.CHANNEL else entitlement.price
    balance.first_entry = entitlement.entries + 1
    balance.following = -1
    balance.is_over = 0
    balance.settled = 0
    balance.lapsed = 0
    balance.put_in = 0
    balance.used = 0
    return int64(b)


@part
def is_open_block(world: World, b: int) -> bool:
    """Whether a balance is one that all cases draw on, and has not lapsed."""
    return world.balances[b].kind != BalanceKind.CHANNEL and world.balances[b].is_over == 0
