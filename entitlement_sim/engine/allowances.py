"""Allowances: periods that close and open, what is carried over or lapses, debts that are settled.

`e` is an entitlement's place in the block, `day` a day number and `minute` the time at which that
day's states come into force.
"""

from typing import Any

from ..compiling import int64, part, rare_part
from ..rules.burning import (
    carried_over,
    is_billed,
    overage_added,
    room_for_carrying,
)
from ..rules.periods import granted, period_at, period_begins
from ..rules.words import Action, BalanceKind, Debt, Rank, Reason, RuleId, State
from .agenda import book
from .balances import is_open_block, new_balance, post, post_channel
from .world import World


@part
def _begins(template: Any, start: int, number: int) -> int:
    """First day of a period of an allowance, as if the first were a whole one (rule B1)."""
    return int64(
        period_begins(
            int64(start),
            int64(template.every_months),
            int64(template.every_days),
            template.on_calendar,
            int64(number),
        )
    )


@part
def running_period(world: World, e: int, day: int) -> int:
    """Number of the period of an allowance that runs on a day; before the start, the first one."""
    entitlement = world.entitlements[e]
    template = world.templates[entitlement.template_id]
    return int64(
        period_at(
            int64(entitlement.start_date),
            int64(template.every_months),
            int64(template.every_days),
            template.on_calendar,
            int64(day),
        )
    )


@rare_part
def book_close(world: World, e: int) -> None:
    """Book the close of the running period, unless the term ends with it (rule B1)."""
    entitlement = world.entitlements[e]
    template = world.templates[entitlement.template_id]
    following = _begins(template, entitlement.start_date, entitlement.period + 1)
    if following <= entitlement.end_date:
        book(world, following, Rank.PERIODS, Action.CLOSE_PERIOD, e)


@rare_part
def granted_in(world: World, e: int, number: int) -> int:
    """Terms that a period of an allowance grants, by what it grants now (rule B1)."""
    entitlement = world.entitlements[e]
    template = world.templates[entitlement.template_id]
    first = _begins(template, entitlement.start_date, number)
    following = _begins(template, entitlement.start_date, number + 1)
    starts = max(first, int64(entitlement.start_date))
    ends = min(following - 1, int64(entitlement.end_date))
    return int64(
        granted(
            int64(entitlement.grant),
            first,
            following,
            starts if template.first_prorated else first,
            ends if template.last_prorated else following - 1,
            entitlement.allocation,
        )
    )


@rare_part
def grant(world: World, e: int, minute: int) -> int:
    """Grant what the running period of an allowance holds (rule B1); return its balance, or -1."""
    entitlement = world.entitlements[e]
    template = world.templates[entitlement.template_id]
    first = _begins(template, entitlement.start_date, entitlement.period)
    following = _begins(template, entitlement.start_date, entitlement.period + 1)
    amount = granted_in(world, e, int64(entitlement.period))
    b = new_balance(world, e, BalanceKind.ALLOWANCE, -1, amount, amount)
    if b < 0:
        return b
    world.balances[b].starts = max(first, int64(entitlement.start_date))
    world.balances[b].ends = min(following - 1, int64(entitlement.end_date))
    entitlement.base_balance = b
    entitlement.total_terms += amount
    post(world, b, int64(-1), minute, amount, Reason.ALLOT, RuleId.B1, int64(-1))
    return b


@rare_part
def close_period(world: World, e: int, minute: int) -> None:
    """Close a period of an allowance that another one follows, and open that (rule B1).

    A draft is granted nothing.
    """
    entitlement = world.entitlements[e]
    if entitlement.has_closed != 0:
        return
    is_draft = entitlement.state == State.DRAFT
    carried, owed = _close(world, e, minute, is_draft, False)
    entitlement.period += 1
    if not is_draft:
        open_period(world, e, minute, owed)
    if carried > 0:
        _carry_in(world, e, minute, carried)
    book_close(world, e)


@rare_part
def open_period(world: World, e: int, minute: int, owed: int) -> None:
    """Open the running period of an allowance: its grant, and its channels' (rules B1, B3)."""
    b = grant(world, e, minute)
    if b < 0:
        return
    if owed > 0:
        post(world, b, int64(-1), minute, -owed, Reason.ROLLOVER_IN, RuleId.B3, int64(-1))
    entitlement = world.entitlements[e]
    first = entitlement.first_balance
    for channel in range(first + 1, first + 1 + entitlement.channels):
        amount = int64(world.balances[channel].total_terms)
        post_channel(world, int64(channel), minute, amount, Reason.ALLOT, RuleId.B1)


@rare_part
def resume_period(world: World, e: int, day: int, minute: int) -> None:
    """Grant what the running period holds to what was a draft when it opened (rule B1)."""
    if world.n.full != 0:
        return
    entitlement = world.entitlements[e]
    if world.balances[entitlement.base_balance].is_over == 0 or day > entitlement.end_date:
        return
    open_period(world, e, minute, int64(0))


@rare_part
def close_for_good(world: World, e: int, minute: int) -> None:
    """Close what has ended: debts are settled, and all lapses but a plain balance (B1, B3)."""
    entitlement = world.entitlements[e]
    if entitlement.has_closed == 0:
        _close(world, e, minute, True, True)
        entitlement.has_closed = 1


@rare_part
def settle(world: World, e: int, minute: int, is_last: bool) -> int:
    """Settle what was used beyond all blocks of a period (rule B3).

    Returns what the next period begins with, in place of a bill; without a next one (`is_last`)
    that is billed.
    """
    entitlement = world.entitlements[e]
    template = world.templates[entitlement.template_id]
    base = int64(entitlement.base_balance)
    balance = world.balances[base]
    short = -int64(balance.remaining_terms)
    if short <= 0:
        return int64(0)
    none = int64(-1)
    counted = int64(0)
    if template.goes_over:
        counted = int64(
            overage_added(
                int64(balance.settled),
                short,
                int64(template.overage_free),
                int64(template.overage_at_most),
            )
        )
    if not is_billed(template.debt):
        counted = int64(0)
    balance.settled += short
    owed = int64(0)
    if counted > 0 and template.debt == Debt.CARRIED and not is_last:
        owed = counted
        post(world, base, none, minute, owed, Reason.ROLLOVER_OUT, RuleId.B3, none)
    elif counted > 0:
        post(world, base, none, minute, counted, Reason.OVERAGE, RuleId.B3, none)
        entitlement.gone -= counted
        entitlement.billed += counted
    if short > counted:
        post(world, base, none, minute, short - counted, Reason.FORGIVEN, RuleId.B3, none)
        entitlement.gone -= short - counted
    return owed


@rare_part
def settle_late(world: World, e: int, minute: int) -> None:
    """Settle at once what is used of an entitlement after its last close (rules B3, M3).

    A plain total without overage stays below zero.
    """
    template = world.templates[world.entitlements[e].template_id]
    if template.has_allowance or template.goes_over:
        settle(world, e, minute, True)


@rare_part
def _close(world: World, e: int, minute: int, owes_nothing: bool, is_last: bool) -> tuple[int, int]:
    """Close the running period; return what is carried, and owed, into the next one.

    Where nothing can be owed (`owes_nothing`), debts are billed.
    """
    entitlement = world.entitlements[e]
    template = world.templates[entitlement.template_id]
    base = int64(entitlement.base_balance)
    owed = int64(0)
    if world.balances[base].is_over == 0:
        _pay_from_others(world, e, minute)
        if template.has_allowance or template.goes_over:
            owed = settle(world, e, minute, owes_nothing)
    following = _begins(template, entitlement.start_date, entitlement.period + 1)
    still_carried = int64(0)
    b = int64(entitlement.first_balance)
    while b >= 0:
        balance = world.balances[b]
        if b != base and is_open_block(world, b):
            if is_last or balance.ends < following:
                _lapse(world, b, minute)
            elif balance.kind == BalanceKind.CARRIED:
                still_carried += balance.remaining_terms
        b = int64(balance.following)
    carried = int64(0)
    if template.has_allowance and world.balances[base].is_over == 0:
        if template.carries and not is_last:
            room = room_for_carrying(
                int64(world.balances[base].total_terms),
                int64(template.carry_share),
                int64(template.carry_at_most),
                still_carried,
                entitlement.allocation,
            )
            left = int64(world.balances[base].remaining_terms)
            carried = int64(carried_over(left, int64(room), entitlement.allocation))
        if carried > 0:
            none = int64(-1)
            post(world, base, none, minute, -carried, Reason.ROLLOVER_OUT, RuleId.B1, none)
        _lapse(world, base, minute)
        _close_channels(world, e, minute)
    return carried, owed


@part
def _pay_from_others(world: World, e: int, minute: int) -> None:
    """Let what has come back to other blocks pay what the base owes (rule B3)."""
    entitlement = world.entitlements[e]
    base = int64(entitlement.base_balance)
    none = int64(-1)
    b = int64(entitlement.first_balance)
    while b >= 0:
        short = -int64(world.balances[base].remaining_terms)
        if short > 0 and b != base and is_open_block(world, b):
            moved = min(short, int64(world.balances[b].remaining_terms))
            if moved > 0:
                post(world, b, none, minute, -moved, Reason.ROLLOVER_OUT, RuleId.B3, none)
                post(world, base, none, minute, moved, Reason.ROLLOVER_IN, RuleId.B3, none)
        b = int64(world.balances[b].following)


@part
def _lapse(world: World, b: int, minute: int) -> None:
    """Let a block end: what it has left lapses (rule B1)."""
    balance = world.balances[b]
    balance.is_over = 1
    left = int64(balance.remaining_terms)
    if left != 0:
        none = int64(-1)
        post(world, b, none, minute, -left, Reason.EXPIRE, RuleId.B1, none)
        balance.lapsed += left
        world.entitlements[balance.entitlement_id].gone += left


@part
def _close_channels(world: World, e: int, minute: int) -> None:
    """Let the channels of a period end: what they have left lapses, what they lack is forgiven."""
    entitlement = world.entitlements[e]
    first = entitlement.first_balance
    for channel in range(first + 1, first + 1 + entitlement.channels):
        left = int64(world.balances[channel].remaining_terms)
        reason = int64(Reason.EXPIRE.value if left > 0 else Reason.FORGIVEN.value)
        if left != 0:
            post_channel(world, int64(channel), minute, -left, reason, RuleId.B1)


@rare_part
def _carry_in(world: World, e: int, minute: int, carried: int) -> None:
    """Give the running period what was carried into it, for so many periods (rule B1)."""
    entitlement = world.entitlements[e]
    template = world.templates[entitlement.template_id]
    start = int64(entitlement.start_date)
    ends = _begins(template, start, entitlement.period + template.carry_for) - 1
    b = new_balance(world, e, BalanceKind.CARRIED, -1, carried, carried)
    if b < 0:
        return
    world.balances[b].starts = max(start, _begins(template, start, entitlement.period))
    world.balances[b].ends = min(ends, int64(entitlement.end_date))
    post(world, b, int64(-1), minute, carried, Reason.ROLLOVER_IN, RuleId.B1, int64(-1))
