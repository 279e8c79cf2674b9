"""Blocks at a desk: periods that close and open, top-ups that lapse, debts that are settled."""

import dataclasses
from datetime import datetime, timedelta

from ..rules.burning import (
    burn_key,
    burn_rank,
    carried_over,
    is_billed,
    overage_added,
    room_for_carrying,
    rule_of_lapse,
)
from ..rules.days import day_number, day_of
from ..rules.lifecycle import state_by_date
from ..rules.periods import granted, period_at, period_begins
from ..rules.words import BalanceKind, Debt, Reason, RuleId, State
from .books import Books, begin_of
from .records import Allowance, Balance, Entitlement


class Allowances(Books):
    """What the calendar does with the blocks of entitlements (rules B1, B3, B6)."""

    # ------------------------------------------------------------------------- calendar

    def _days_of_change(self, before: int, after: int) -> list[int]:
        days = set(super()._days_of_change(before, after))
        for entitlement in self.entitlements.values():
            days |= {day_number(block.ends) + 1 for block in _ending_alone(entitlement)}
            allowance = entitlement.offering.allowance
            if allowance is None or entitlement.has_closed:
                continue
            period = entitlement.period + 1
            while (day := _begins(entitlement, allowance, period)) <= after:
                if day > day_number(entitlement.end):
                    break
                days.add(day)
                period += 1
        return sorted(day for day in days if before < day <= after)

    def _change_states(self, day: int) -> None:
        clock, self.clock = self.clock, self._first_moment(day)
        for entitlement in self.entitlements.values():
            start, end = day_number(entitlement.start), day_number(entitlement.end)
            after = state_by_date(entitlement.state, day, start, end)
            if after == State.EXPIRED and entitlement.state != State.EXPIRED:
                self._close_for_good(entitlement)
        super()._change_states(day)
        for entitlement in self.entitlements.values():
            allowance = entitlement.offering.allowance
            if allowance is None or entitlement.has_closed or day > day_number(entitlement.end):
                continue
            if _begins(entitlement, allowance, entitlement.period + 1) == day:
                self._close_period(entitlement, allowance)
        for entitlement in self.entitlements.values():
            for block in _ending_alone(entitlement):
                if day_number(block.ends) + 1 == day:
                    self._lapse(entitlement, block)
        self.clock = clock

    def _first_moment(self, day: int) -> datetime:
        """Local time from which the states of a day stand (question Q15)."""
        minute = begin_of(day, self.settings.tz, self._job_minute, self.settings.utc_midnight_mode)
        return datetime(1970, 1, 1) + timedelta(minutes=minute)

    # -------------------------------------------------------------------------- periods

    def _first_block(
        self, entitlement: Entitlement, allowance: Allowance, created: int
    ) -> Balance:  # fmt: skip
        """Return the block of the first period, still to be granted (rule B1)."""
        day = max(created, day_number(entitlement.start))
        entitlement.period = period_at(
            day_number(entitlement.start),
            allowance.months,
            allowance.days,
            allowance.on_calendar,
            day,
        )
        return _grant(entitlement, allowance)

    def _close_period(self, entitlement: Entitlement, allowance: Allowance) -> None:
        """Close a period that another one follows, and open that (rule B1)."""
        is_draft = entitlement.state == State.DRAFT
        carried, owed = self._close(entitlement, owes_nothing=is_draft, is_last=False)
        entitlement.period += 1
        if not is_draft:
            self._open_period(entitlement, allowance, owed)
        if carried:
            self._carry_in(entitlement, allowance, carried)

    def _open_period(self, entitlement: Entitlement, allowance: Allowance, owed: int) -> None:
        block = _grant(entitlement, allowance)
        entitlement.blocks.append(block)
        entitlement.base_number = len(entitlement.blocks) - 1
        self._post(entitlement, block.total, Reason.ALLOT, RuleId.B1)
        if owed:
            self._post(entitlement, -owed, Reason.ROLLOVER_IN, RuleId.B3)
        for row in entitlement.channels.values():
            self._post_channel(entitlement, row, row.total, Reason.ALLOT, RuleId.B1)

    def _resume_period(self, entitlement: Entitlement) -> None:
        """Grant the running period's terms to what was a draft when it opened (rule B1)."""
        allowance = entitlement.offering.allowance
        if allowance is not None and entitlement.base.is_over and self.today <= entitlement.end:
            self._open_period(entitlement, allowance, 0)

    def _carry_in(self, entitlement: Entitlement, allowance: Allowance, carried: int) -> None:
        starts = _begins(entitlement, allowance, entitlement.period)
        following = _begins(entitlement, allowance, entitlement.period + allowance.carry_for)
        block = Balance(
            BalanceKind.CARRIED,
            None,
            day_of(max(starts, day_number(entitlement.start))),
            day_of(min(following - 1, day_number(entitlement.end))),
            carried,
            0,
            entitlement.offering.priority,
        )
        entitlement.blocks.append(block)
        self._post(entitlement, carried, Reason.ROLLOVER_IN, RuleId.B1, block=block)

    # --------------------------------------------------------------------------- closes

    def _close_for_good(self, entitlement: Entitlement) -> None:
        """Close what has ended: debts are settled, and all lapses but a plain balance."""
        has_blocks = entitlement.offering.keeps_accounts or len(entitlement.blocks) > 1
        if has_blocks and not entitlement.has_closed:
            self._close(entitlement, owes_nothing=True, is_last=True)
            entitlement.has_closed = True

    def _close(
        self, entitlement: Entitlement, *, owes_nothing: bool, is_last: bool
    ) -> tuple[int, int]:
        """Close the running period; return what is carried, and owed, into the next one."""
        base = entitlement.base
        allowance = entitlement.offering.allowance
        owed = 0
        if not base.is_over:
            self._pay_from_others(entitlement)
            owed = self._settle(entitlement, owes_nothing)
        following = (
            0 if allowance is None else _begins(entitlement, allowance, entitlement.period + 1)
        )
        for block in entitlement.open_blocks:
            if block is not base and (is_last or day_number(block.ends) < following):
                self._lapse(entitlement, block)
        if allowance is None or base.is_over:
            return 0, owed
        carried = 0
        if allowance.carries and not is_last:
            room = room_for_carrying(
                base.total,
                allowance.carry_share,
                allowance.carry_at_most,
                sum(
                    block.remaining
                    for block in entitlement.open_blocks
                    if block.kind == BalanceKind.CARRIED
                ),
                entitlement.allocation,
            )
            carried = carried_over(base.remaining, room, entitlement.allocation)
        if carried:
            self._post(entitlement, -carried, Reason.ROLLOVER_OUT, RuleId.B1)
        self._lapse(entitlement, base)
        for row in entitlement.channels.values():
            if row.remaining:
                reason = Reason.EXPIRE if row.remaining > 0 else Reason.FORGIVEN
                self._post_channel(entitlement, row, -row.remaining, reason, RuleId.B1)
        return carried, owed

    def _pay_from_others(self, entitlement: Entitlement) -> None:
        """Let what has come back to other blocks pay what the base owes (rule B3)."""
        base = entitlement.base
        for block in entitlement.open_blocks:
            moved = min(-base.remaining, block.remaining)
            if block is not base and moved > 0:
                self._post(entitlement, -moved, Reason.ROLLOVER_OUT, RuleId.B3, block=block)
                self._post(entitlement, moved, Reason.ROLLOVER_IN, RuleId.B3)

    def _settle(self, entitlement: Entitlement, owes_nothing: bool) -> int:
        """Settle what was used beyond all blocks; return what the next period begins with (B3)."""
        base, overage = entitlement.base, entitlement.offering.overage
        short = -base.remaining
        if short <= 0 or not entitlement.offering.keeps_accounts:
            return 0
        counted = 0
        if overage is not None and is_billed(overage.debt):
            counted = overage_added(base.settled, short, overage.free, overage.at_most)
        base.settled += short
        owed = 0
        if counted and overage is not None and overage.debt == Debt.CARRIED and not owes_nothing:
            owed = counted
            self._post(entitlement, owed, Reason.ROLLOVER_OUT, RuleId.B3)
        elif counted:
            self._post(entitlement, counted, Reason.OVERAGE, RuleId.B3)
        if short > counted:
            self._post(entitlement, short - counted, Reason.FORGIVEN, RuleId.B3)
        return owed

    def _lapse(self, entitlement: Entitlement, block: Balance) -> None:
        """Let a block end: what it has left lapses (rules B1, B6)."""
        block.is_over = True
        if block.remaining:
            rule = rule_of_lapse(block.kind)
            self._post(entitlement, -block.remaining, Reason.EXPIRE, rule, block=block)

    def _change_allowance(self, entitlement: Entitlement, terms: int) -> None:
        """Change what an allowance grants: in the running period, and later on (rules L8, T8)."""
        allowance = entitlement.offering.allowance
        if allowance is None or terms == allowance.terms:
            return
        delta = terms - allowance.terms
        entitlement.offering = dataclasses.replace(
            entitlement.offering, allowance=dataclasses.replace(allowance, terms=terms)
        )
        if not entitlement.base.is_over:
            entitlement.base.total += delta
            self._post(entitlement, delta, Reason.ADJUST, RuleId.T8)


def _ending_alone(entitlement: Entitlement) -> list[Balance]:
    """Return the open top-ups that end before their entitlement does (rule B6)."""
    return [
        block
        for block in entitlement.open_blocks
        if block.kind == BalanceKind.TOPUP and block.ends < entitlement.end
    ]


def blocks_to_burn(entitlement: Entitlement, amount: int) -> list[tuple[Balance, int]]:
    """Return which blocks pay an amount, and how much each: what is beyond all, the base (B2)."""
    allowance = entitlement.offering.allowance
    burns_last = allowance is not None and allowance.carried_burns_last

    def key(number: int) -> tuple[int, int, int, int, int]:
        block = entitlement.blocks[number]
        rank = burn_rank(block.kind, burns_last)
        return burn_key(
            block.priority, rank, day_number(block.ends), day_number(block.starts), number
        )

    there = sum(max(0, block.remaining) for block in entitlement.open_blocks)
    beyond = max(0, amount - there)
    left = amount - beyond
    paid: list[tuple[Balance, int]] = []
    for number in sorted(range(len(entitlement.blocks)), key=key):
        block = entitlement.blocks[number]
        pays = 0 if block.is_over else min(left, max(0, block.remaining))
        left -= pays
        if number == entitlement.base_number:
            pays += beyond
        if pays:
            paid.append((block, pays))
    return paid


def _begins(entitlement: Entitlement, allowance: Allowance, number: int) -> int:
    """First day of a period, as if the first were a whole one."""
    return period_begins(
        day_number(entitlement.start),
        allowance.months,
        allowance.days,
        allowance.on_calendar,
        number,
    )


def _grant(entitlement: Entitlement, allowance: Allowance) -> Balance:
    """Return the block of the running period, still to be granted."""
    first = _begins(entitlement, allowance, entitlement.period)
    following = _begins(entitlement, allowance, entitlement.period + 1)
    starts = max(first, day_number(entitlement.start))
    ends = min(following - 1, day_number(entitlement.end))
    amount = granted(
        allowance.terms,
        first,
        following,
        starts if allowance.first_prorated else first,
        ends if allowance.last_prorated else following - 1,
        entitlement.allocation,
    )
    return Balance(
        BalanceKind.ALLOWANCE,
        None,
        day_of(starts),
        day_of(ends),
        amount,
        0,
        entitlement.offering.priority,
    )
