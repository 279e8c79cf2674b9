"""Histories played at the desk, one record at a time, in the order of the day.

What comes out are the same rows as from the engine. The desk knows the rules; what stands here is
only who does what when:

* the bookings of a day are done when the states of that day come into force, in their order;
* then the cases of the day move in time order; of one minute, what gives terms back goes first,
  then by case;
* a case takes the entitlement asked for, the customer's default, or the first active one in the
  segment's order that has terms; without one it is worked apart, or turned away.
"""

import contextlib
import dataclasses
import datetime as dt
import heapq
from collections.abc import Sequence
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from ..desk.desk import Desk
from ..desk.records import Case, Entitlement, LedgerEntry, Transition
from ..desk.refused import Refused
from ..rules.allotment import is_turned_away_by_default
from ..rules.amounts import terms
from ..rules.days import day_number, day_of
from ..rules.lifecycle import first_minute, state_day
from ..rules.settings import Settings
from ..rules.words import (
    NOTHING,
    Action,
    Allocation,
    BalanceKind,
    CaseMove,
    CaseState,
    DecreaseOn,
    EndedBy,
    Origin,
    Outcome,
    Pick,
    Refusal,
    State,
    Trigger,
)
from ..scenario.models import ScenarioModel
from .history import Booking, HappenedCase, HappenedCustomer, check
from .rows import Row, Rows

_DAY: Final = 1440
_EPOCH: Final = dt.datetime(1970, 1, 1)
#: Before the first day, so that what begins then is seen to begin.
_DAYS_BEFORE: Final = 3

_BOOKINGS: Final = 0
_CASES: Final = 1

_ENDED_BY: Final = {State.EXPIRED: EndedBy.EXPIRY, State.CANCELLED: EndedBy.CANCELLATION}


def play_at_desk(model: ScenarioModel, customers: Sequence[HappenedCustomer]) -> Rows:
    """Play a history at a desk.

    Parameters
    ----------
    model : ScenarioModel
        As for :func:`~entitlement_sim.replay.by_engine.replay`.
    customers : sequence of HappenedCustomer

    Returns
    -------
    dict of list
        Rows by table, equal to ``rows_of`` what the engine makes of the history.

    Raises
    ------
    ValueError
        The history cannot have happened (see :func:`~entitlement_sim.replay.history.check`).
    """
    check(model, customers)
    play = _Play(model, customers)
    play.run()
    return play.rows()


@dataclasses.dataclass
class _CaseScript:
    """A case on its way: its id, its customer, and which of its events comes next."""

    id: str
    customer: int
    case: HappenedCase
    next: int = 0


@dataclasses.dataclass
class _Fate:
    """What a run says of a case beyond what the desk remembers."""

    outcome: Outcome
    refusal: Refusal
    reopened: int = 0
    resolved_at: int | None = None
    cancelled_at: int | None = None


class _Play:
    def __init__(self, model: ScenarioModel, customers: Sequence[HappenedCustomer]) -> None:
        self.model = model
        self.customers = customers
        self.templates = list(model.templates.values())
        self.segments = list(model.segments.values())
        self.settings = Settings(tz=model.calendar.zone, **model.rules.model_dump())
        start = day_number(model.calendar.start)
        self.stop = start + model.calendar.days
        self.desk = Desk(day_of(start - _DAYS_BEFORE), self.settings)
        #: Ids of each customer's entitlements, in the order of their creation.
        self.entitlement_ids: list[list[str]] = [[] for _ in customers]
        self.scripts: dict[str, _CaseScript] = {}
        self.fates: dict[str, _Fate] = {}
        self.reactivations: list[tuple[int, Row]] = []

    # ------------------------------------------------------------- order of the day

    def run(self) -> None:
        """Do everything in its order, and let the last day come."""
        agenda: list[tuple[int, int, int, int, Any]] = []
        booked = 0
        for customer, happened in enumerate(self.customers):
            for booking in happened.bookings:
                at = self._begin(booking.day)
                heapq.heappush(agenda, (at, _BOOKINGS, 0, booked, (customer, booking)))
                booked += 1
            for case in happened.cases:
                number = len(self.scripts) + 1
                script = _CaseScript(f"C{number}", customer, case)
                self.scripts[script.id] = script
                heapq.heappush(agenda, (case.created, _CASES, 1, number, script))
        while agenda:
            at, kind, _, order, item = heapq.heappop(agenda)
            self.desk.advance_to(_moment_of(at))
            if kind == _BOOKINGS:
                self._book(*item)
                continue
            goes_on = self._open(item) if item.next == 0 else self._move(item)
            item.next += 1
            if goes_on and item.next <= len(item.case.events):
                event = item.case.events[item.next - 1]
                if event.at < self.stop * _DAY:
                    takes = int(not self._gives_back(item, event.move))
                    heapq.heappush(agenda, (event.at, _CASES, takes, order, item))
        last = _moment_of(self._begin(self.stop - 1))
        if last > self.desk.clock:
            self.desk.advance_to(last)

    def _begin(self, day: int) -> int:
        rules = self.model.rules
        hours, minutes = rules.job_time.split(":")
        job = int(hours) * 60 + int(minutes)
        return _begin_of(day, self.model.calendar.zone, job, rules.utc_midnight_mode)

    def _gives_back(self, script: _CaseScript, move: CaseMove) -> bool:
        if move == CaseMove.REACTIVATE:
            return self.desk.case(script.id).state == CaseState.RESOLVED
        return move in (CaseMove.CANCEL, CaseMove.OPT_OUT)

    # ----------------------------------------------------------------- entitlements

    def _book(self, customer: int, booking: Booking) -> None:
        own_ids = self.entitlement_ids[customer]
        id = f"{customer}-{len(own_ids)}"
        try:
            if booking.action == Action.CREATE:
                self._create(customer, id, booking)
                own_ids.append(id)
            elif booking.entitlement >= len(own_ids):
                return
            elif booking.action == Action.RENEW:
                self.desk.renew(own_ids[booking.entitlement], id)
                own_ids.append(id)
            else:
                self._change(own_ids[booking.entitlement], booking)
        except Refused:
            pass

    def _create(self, customer: int, id: str, booking: Booking) -> None:
        template = self.templates[booking.template]
        self.desk.create_entitlement(
            id,
            customer=str(customer),
            start=day_of(booking.start),
            end=day_of(booking.end),
            allocation=Allocation[template.allocation.upper()],
            total_terms=template.total_terms or 0,
            decrease_on=DecreaseOn[template.decrease_on.upper()],
            restrict=template.restrict,
            channels={Origin[name.upper()]: total for name, total in template.channels.items()},
            products=template.products,
            contacts=[f"{customer}/{number}" for number in range(template.contacts or 0)],
        )
        self.desk.entitlement(id).template = str(booking.template)

    def _change(self, id: str, booking: Booking) -> None:
        if booking.action == Action.ACTIVATE:
            self.desk.activate(id)
        elif booking.action == Action.DEACTIVATE:
            self.desk.deactivate(id)
        elif booking.action == Action.CANCEL:
            self.desk.cancel(id)
        elif booking.action == Action.SET_DEFAULT:
            self.desk.set_default(id)
        else:
            self.desk.edit_entitlement(id, total_terms=terms(booking.total))

    # ------------------------------------------------------------------------ cases

    def _open(self, script: _CaseScript) -> bool:
        """Create a case; say whether it is worked on."""
        refusal, is_blocked = self._assign(script)
        is_covered = script.id in self.desk.cases
        if not is_covered and not is_blocked and not script.case.leaves:
            self._create_case(script, None)
        is_worked = script.id in self.desk.cases
        outcome = Outcome.UNCOVERED if is_worked else Outcome.TURNED_AWAY
        self.fates[script.id] = _Fate(Outcome.COVERED if is_covered else outcome, refusal)
        return is_worked

    def _assign(self, script: _CaseScript) -> tuple[Refusal, bool]:
        """Create a case with the entitlement that it gets, if any.

        Returns the first refusal met, and whether the case may not even go on without one.
        """
        pick = Pick[self.segments[self.customers[script.customer].segment].picks.upper()]
        if script.case.wants == NOTHING:
            return Refusal.NONE, False
        if script.case.wants >= 0:
            return self._try_wanted(script), False
        if pick == Pick.DEFAULT:
            return self._try_default(script)
        return self._try_in_order(script, pick), False

    def _create_case(
        self, script: _CaseScript, entitlement: str | None, *, auto_apply: bool = False
    ) -> None:
        """Create a case with an entitlement, with none, or with the default."""
        case, customer = script.case, str(script.customer)
        self.desk.settings = dataclasses.replace(self.settings, auto_apply_on_create=auto_apply)
        self.desk.create_case(
            script.id,
            customer=customer,
            contact=None if case.contact < 0 else f"{customer}/{case.contact}",
            product=None if case.product < 0 else self.model.products[case.product],
            origin=None if case.origin < 0 else Origin(case.origin),
            entitlement=entitlement,
            decrement=case.decrement,
        )

    def _try(self, script: _CaseScript, entitlement: str) -> Refusal:
        try:
            self._create_case(script, entitlement)
        except Refused as refused:
            return refused.refusal
        return Refusal.NONE

    def _try_wanted(self, script: _CaseScript) -> Refusal:
        own_ids = self.entitlement_ids[script.customer]
        if script.case.wants >= len(own_ids):
            return Refusal.EntitlementNotActiveInAssociationToCase
        return self._try(script, own_ids[script.case.wants])

    def _try_default(self, script: _CaseScript) -> tuple[Refusal, bool]:
        """Let the desk apply the default by itself; find out what it skipped it for."""
        entitlements = self._entitlements_of(script.customer)
        default = next((owned for owned in entitlements if owned.is_default), None)
        try:
            self._create_case(script, None, auto_apply=True)
        except Refused as refused:
            return refused.refusal, is_turned_away_by_default(refused.refusal)
        if self.desk.case(script.id).entitlement is not None:
            return Refusal.NONE, False
        self.desk.delete_case(script.id)
        last_entry = self.desk.ledger[-1] if self.desk.ledger else None
        if last_entry is not None and last_entry.case == script.id:
            return Refusal.InvalidEntitlementAssociationToCase, False
        if default is not None:
            return self._try(script, default.id), False
        return _without_active(entitlements), False

    def _try_in_order(self, script: _CaseScript, pick: Pick) -> Refusal:
        entitlements = self._entitlements_of(script.customer)
        active = [owned for owned in entitlements if owned.state == State.ACTIVE]
        if pick == Pick.SOONEST_ENDING:
            active.sort(key=lambda entitlement: entitlement.end)
        elif pick == Pick.MOST_REMAINING:
            active.sort(key=lambda entitlement: -entitlement.remaining)
        unfit = Refusal.InvalidEntitlementForSelectedCustomerOrProduct
        refusals: list[Refusal] = []
        for entitlement in active:
            refusal = self._try(script, entitlement.id)
            if refusal == Refusal.NONE:
                break
            refusals.append(refusal)
        for_terms = [refusal for refusal in refusals if refusal != unfit]
        if for_terms:
            return for_terms[0]
        if refusals and len(refusals) == len(active):
            return unfit
        return _without_active(entitlements)

    def _entitlements_of(self, customer: int) -> list[Entitlement]:
        return [self.desk.entitlement(id) for id in self.entitlement_ids[customer]]

    def _move(self, script: _CaseScript) -> bool:
        """Do the next event of a case; say whether its story goes on."""
        event = script.case.events[script.next - 1]
        fate = self.fates[script.id]
        now = _minute_of(self.desk.clock)
        if event.move == CaseMove.RESOLVE:
            self.desk.add_activity(script.id, event.minutes)
            self.desk.resolve_case(script.id)
            fate.resolved_at = now
            return True
        if event.move == CaseMove.CANCEL:
            self.desk.cancel_case(script.id)
            fate.cancelled_at = now
            return True
        if event.move in (CaseMove.OPT_OUT, CaseMove.OPT_IN):
            with contextlib.suppress(Refused):
                self.desk.update_case(script.id, decrement=event.move == CaseMove.OPT_IN)
            return True
        return self._reactivate(script, fate, now)

    def _reactivate(self, script: _CaseScript, fate: _Fate, now: int) -> bool:
        case = self.desk.case(script.id)
        before, billed = case.state, _billed_minutes(case)
        try:
            self.desk.reactivate_case(script.id)
        except Refused:
            return False
        ended_at = fate.cancelled_at if fate.resolved_at is None else fate.resolved_at
        row = (_number_of(script.id), now, before.label, ended_at, billed)
        self.reactivations.append((script.customer, row))
        fate.resolved_at = fate.cancelled_at = None
        fate.reopened += 1
        return True

    # ------------------------------------------------------------------------- rows

    def rows(self) -> Rows:
        """Return everything in the order of the engine's rows, entitlements by number from 1."""
        ids = [id for own_ids in self.entitlement_ids for id in own_ids]
        numbers = {id: number for number, id in enumerate(ids, start=1)}
        balances = self._balances(ids, numbers)
        numbers_of_balances = {(row[1], row[3]): row[0] for row in balances}
        transitions = [(transition.entitlement, transition) for transition in self.desk.transitions]
        entries = [(entry.entitlement, entry) for entry in self.desk.ledger]
        return {
            "entitlements": [self._entitlement(id, numbers) for id in ids],
            "balances": balances,
            "transitions": [
                _transition_row(transition, numbers) for _, transition in _by_customer(transitions)
            ],
            "cases": [self._case(id, numbers) for id in self.scripts],
            "reactivations": [
                row for _, row in sorted(self.reactivations, key=lambda pair: pair[0])
            ],
            "ledger": [
                _ledger_row(entry, numbers, numbers_of_balances)
                for _, entry in _by_customer(entries)
            ],
        }

    def _balances(self, ids: list[str], numbers: dict[str, int]) -> list[Row]:
        balances = [(id, balance) for id in ids for balance in self.desk.entitlement(id).balances]
        return [
            (
                number,
                numbers[id],
                balance.kind.label,
                None if balance.origin is None else balance.origin.label,
                day_number(balance.starts),
                day_number(balance.ends),
                balance.priority,
                balance.total,
                balance.remaining,
            )
            for number, (id, balance) in enumerate(balances, start=1)
        ]

    def _entitlement(self, id: str, numbers: dict[str, int]) -> Row:
        entitlement = self.desk.entitlement(id)
        transitions = [change for change in self.desk.transitions if change.entitlement == id]
        activated = [
            change.on_date for change in transitions if change.trigger == Trigger.ACTIVATED
        ]
        endings = [change for change in transitions if change.to_state in _ENDED_BY]
        predecessor = entitlement.predecessor
        return (
            numbers[id],
            int(entitlement.customer) + 1,
            int(entitlement.template or 0) + 1,
            None if predecessor is None else numbers[predecessor],
            entitlement.state.label,
            entitlement.is_default,
            day_number(transitions[0].on_date),
            day_number(activated[0]) if activated else None,
            day_number(entitlement.start),
            day_number(entitlement.end),
            day_number(endings[0].on_date) if endings else None,
            _ENDED_BY[endings[0].to_state].label if endings else None,
            entitlement.allocation.label,
            entitlement.decrease_on.label,
            entitlement.restrict,
            entitlement.total,
            entitlement.remaining,
        )

    def _case(self, id: str, numbers: dict[str, int]) -> Row:
        fate = self.fates[id]
        case = self.desk.cases.get(id)
        return (
            _number_of(id),
            None if case is None or case.entitlement is None else numbers[case.entitlement],
            fate.resolved_at,
            fate.cancelled_at,
            None if case is None else case.state.label,
            fate.outcome.label,
            None if fate.refusal == Refusal.NONE else fate.refusal.label,
            None if case is None else _billed_minutes(case),
            fate.reopened,
            self.scripts[id].case.decrement if case is None else case.decrement,
        )


def _without_active(entitlements: list[Entitlement]) -> Refusal:
    """Return the refusal of a case whose customer has entitlements, but none that is active."""
    if entitlements and all(owned.state != State.ACTIVE for owned in entitlements):
        return Refusal.EntitlementNotActiveInAssociationToCase
    return Refusal.NONE


def _by_customer(records: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Put what is about the entitlements of one customer behind that of those before it."""
    return sorted(records, key=lambda record: int(record[0].split("-")[0]))


def _transition_row(transition: Transition, numbers: dict[str, int]) -> Row:
    before = transition.from_state
    return (
        numbers[transition.entitlement],
        day_number(transition.on_date),
        None if before is None else before.label,
        transition.to_state.label,
        transition.trigger.label,
    )


def _ledger_row(
    entry: LedgerEntry, numbers: dict[str, int], balances: dict[tuple[int, str | None], int]
) -> Row:
    entitlement = numbers[entry.entitlement]
    origin = None if entry.origin is None else entry.origin.label
    return (
        entitlement,
        _minute_of(entry.happened_at),
        entry.amount,
        entry.balance,
        origin,
        entry.origin_amount,
        entry.origin_balance or 0,
        entry.reason.label,
        entry.rule.label,
        None if entry.case is None else _number_of(entry.case),
        balances[entitlement, origin if entry.kind == BalanceKind.CHANNEL else None],
    )


def _number_of(case: str) -> int:
    return int(case.removeprefix("C"))


def _billed_minutes(case: Case) -> int | None:
    return case.resolutions[-1] if case.state == CaseState.RESOLVED else None


def _moment_of(minute: int) -> dt.datetime:
    return _EPOCH + dt.timedelta(minutes=minute)


def _minute_of(moment: dt.datetime) -> int:
    return int((moment - _EPOCH).total_seconds()) // 60


@cache
def _begin_of(day: int, zone: str, job_minute: int, utc: bool) -> int:
    """Return the first local minute at which the desk's state job goes by `day`.

    Where days change at midnight UTC, every minute is asked: the desk reads local times, of which
    a change to or from summer time skips or repeats some.
    """
    if not utc:
        return first_minute(day, 0, utc, job_minute)
    minute = (day - 1) * _DAY + job_minute
    place = ZoneInfo(zone)
    while True:
        offset = _moment_of(minute).replace(tzinfo=place).utcoffset() or dt.timedelta()
        if state_day(minute, int(offset.total_seconds()) // 60, utc, job_minute) >= day:
            return minute
        minute += 1
