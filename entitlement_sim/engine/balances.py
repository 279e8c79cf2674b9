"""Balances of entitlements: every movement goes through here and leaves a row in the ledger.

`e` is an entitlement's place in the block and `b` a balance's. An entitlement's first balance is
its whole; those of its channels follow.
"""

from ..compiling import int64, part, rare_part
from ..rules.allotment import rule_of_charge, rule_of_refund
from ..rules.balances import PLAIN_PRIORITY, is_channel_of
from ..rules.words import BalanceKind, Reason, RuleId
from .world import Buffer, World


@part
def channel_of(world: World, e: int, origin: int) -> int:
    """Balance of the channel that an origin picks, or -1 (rules C1, C2)."""
    entitlement = world.entitlements[e]
    whole = entitlement.first_balance
    for b in range(whole + 1, whole + entitlement.balances):
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
    """Move a whole balance, and a channel's (-1: none) with it; write that down."""
    row = _new_entry(world, b, minute, reason, rule, case_id)
    if row < 0:
        return
    balance = world.balances[b]
    entitlement = world.entitlements[balance.entitlement_id]
    entry = world.ledger[row]
    balance.remaining_terms += amount
    entitlement.remaining_terms += amount
    entry.amount = amount
    entry.balance = entitlement.remaining_terms
    if channel >= 0:
        world.balances[channel].remaining_terms += amount
        entry.origin = world.balances[channel].origin
        entry.origin_amount = amount
        entry.origin_balance = world.balances[channel].remaining_terms


@rare_part
def post_channel(world: World, channel: int, minute: int, amount: int, reason: int) -> None:
    """Allot or adjust the balance of a channel alone, and write that down (rule T8)."""
    row = _new_entry(world, channel, minute, reason, RuleId.T8, -1)
    if row < 0:
        return
    balance = world.balances[channel]
    entry = world.ledger[row]
    balance.remaining_terms += amount
    entry.amount = 0
    entry.balance = world.entitlements[balance.entitlement_id].remaining_terms
    entry.origin = balance.origin
    entry.origin_amount = amount
    entry.origin_balance = balance.remaining_terms


@part
def _new_entry(world: World, b: int, minute: int, reason: int, rule: int, case_id: int) -> int:
    """Begin a row of the ledger about a balance; return its place, or -1."""
    n = world.n
    row = n.entries
    if row == world.ledger.shape[0]:
        n.full = Buffer.LEDGER.value
        return int64(-1)
    n.entries = row + 1
    e = world.balances[b].entitlement_id
    world.entitlements[e].entries += 1
    entry = world.ledger[row]
    entry.entitlement_id = e
    entry.entry = world.entitlements[e].entries
    entry.happened_at = minute
    entry.origin = -1
    entry.origin_amount = 0
    entry.origin_balance = 0
    entry.reason = reason
    entry.rule = rule
    entry.case_id = case_id
    entry.balance_id = b
    return int64(row)


@part
def new_balance(world: World, e: int, kind: int, origin: int, total: int) -> int:
    """Give an entitlement another balance, still empty; return its place, or -1."""
    n = world.n
    b = n.balances
    if b == world.balances.shape[0]:
        n.full = Buffer.BALANCES.value
        return int64(-1)
    n.balances = b + 1
    entitlement = world.entitlements[e]
    entitlement.balances += 1
    balance = world.balances[b]
    balance.balance_id = b
    balance.entitlement_id = e
    balance.kind = kind
    balance.origin = origin
    balance.starts = entitlement.start_date
    balance.ends = entitlement.end_date
    balance.priority = PLAIN_PRIORITY
    balance.total_terms = total
    balance.remaining_terms = 0
    return int64(b)


@part
def charge(world: World, c: int, e: int, minute: int, amount: int, event: int) -> None:
    """Take terms for a case, from the channel of its origin too (rule C1); remember from where."""
    n = world.n
    taking = n.takings
    if taking + 2 > world.takings.shape[0]:
        n.full = Buffer.TAKINGS.value
        return
    case = world.cases[c]
    entitlement = world.entitlements[e]
    whole = entitlement.first_balance
    channel = channel_of(world, e, case.origin)
    rule = rule_of_charge(event, entitlement.allocation)
    post(world, whole, channel, minute, -amount, Reason.CONSUME, rule, case.case_id)
    case.first_taking = taking
    case.takings = 1
    n.takings = taking + 1
    world.takings[taking].balance = whole
    world.takings[taking].amount = amount
    if channel >= 0:
        case.takings = 2
        n.takings = taking + 2
        world.takings[taking + 1].balance = channel
        world.takings[taking + 1].amount = amount


@part
def payer(world: World, c: int) -> int:
    """Entitlement from which a case has taken what it has not given back, or -1."""
    case = world.cases[c]
    if case.takings == 0:
        return int64(-1)
    return int64(world.balances[world.takings[case.first_taking].balance].entitlement_id)


@part
def taken(world: World, c: int) -> int:
    """Terms that a case has taken from the whole of an entitlement and not given back."""
    case = world.cases[c]
    amount = int64(0)
    for place in range(case.first_taking, case.first_taking + case.takings):
        taking = world.takings[place]
        if world.balances[taking.balance].kind == BalanceKind.WHOLE:
            amount += taking.amount
    return amount


@rare_part
def refund(world: World, c: int, minute: int, amount: int, event: int) -> None:
    """Give terms back to the balances from which a case took them."""
    case = world.cases[c]
    whole = int64(-1)
    channel = int64(-1)
    for place in range(case.first_taking, case.first_taking + case.takings):
        b = world.takings[place].balance
        if world.balances[b].kind == BalanceKind.WHOLE:
            whole = b
        else:
            channel = b
    rule = rule_of_refund(event)
    post(world, whole, channel, minute, amount, Reason.RESTORE, rule, case.case_id)
    case.takings = 0
