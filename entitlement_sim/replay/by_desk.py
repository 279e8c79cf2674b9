"""Histories played at the desk, one record at a time, in the order of the day.

What comes out are the same rows as from the engine. The desk knows the rules; what stands here is
only who does what when:

* the bookings of a day are done when the states of that day come into force, in their order; those
  of a minute then, before what happens to cases;
* the cases of the day move in time order; of one minute, what gives terms back goes first, then by
  case;
* a case takes the entitlement asked for, the customer's default, or the first active one in the
  segment's order that has terms; without one it is worked apart, or turned away.
"""

import contextlib
import dataclasses
import datetime as dt
import heapq
from collections.abc import Sequence
from typing import Any, Final, cast

from ..desk.books import begin_of
from ..desk.cases import CaseChanges
from ..desk.desk import Desk
from ..desk.picking import in_order
from ..desk.records import Balance, Case, Entitlement, Offering
from ..desk.refused import Refused
from ..population.days import days_of, is_open
from ..population.plan import pick_keys, plan
from ..rules.allotment import NO_ACCOUNT, is_turned_away_by_default
from ..rules.amounts import terms
from ..rules.cases import may_take, refuse_resolve
from ..rules.days import day_number, day_of
from ..rules.settings import Settings
from ..rules.words import (
    NOTHING,
    ORIGINS,
    UNWRITTEN,
    Action,
    BalanceKind,
    CaseMove,
    CaseState,
    Origin,
    Outcome,
    Pick,
    PickKey,
    Reason,
    Refusal,
    State,
)
from ..scenario.models import ScenarioModel
from .checks import check_tables
from .converting import tables_of, terms_of_template
from .desk_rows import billed_minutes, rows_at_desk
from .history import Booking, CaseEvent, HappenedCase, HappenedCustomer
from .offered import offering_of
from .rows import Row, Rows, minute_of
from .switched import settings_of, switched
from .units import units_of

_DAY: Final = 1440
_EPOCH: Final = dt.datetime(1970, 1, 1)
#: Before the first day, so that what begins then is seen to begin.
_DAYS_BEFORE: Final = 3

#: What comes first of one minute.
_OF_DAY: Final = 0
_DEFAULTS: Final = 1
_TIMED: Final = 2
_CASES: Final = 3

_MAKING: Final = (Action.CREATE, Action.RENEW)
_WRITTEN: Final = {
    Action.CORRECT: Reason.CORRECT,
    Action.BRING_FORWARD: Reason.BROUGHT_FORWARD,
}


def play_at_desk(
    model: ScenarioModel, customers: Sequence[HappenedCustomer], settings: Settings | None = None
) -> Rows:
    """Play a history at a desk.

    Parameters
    ----------
    model : ScenarioModel
    customers : sequence of HappenedCustomer
    settings : Settings, optional
        As for :func:`~entitlement_sim.replay.by_engine.replay`.

    Returns
    -------
    dict of list
        Rows by table, equal to ``rows_of`` what the engine makes of the history.

    Raises
    ------
    ValueError
        The history cannot have happened (see :func:`~entitlement_sim.replay.history.check`).
    """
    tables = tables_of(model, customers)
    check_tables(model, tables)
    units = units_of(tables).tolist()
    settings = settings or settings_of(model)
    play = Play(switched(model, settings), settings, customers)
    play.run()
    return rows_at_desk(play, units)


@dataclasses.dataclass
class Script:
    """A case on its way: its id, its first customer, and which of its events comes next."""

    id: str
    customer: int
    case: HappenedCase
    next: int = 0


@dataclasses.dataclass
class Fate:
    """What a run says of a case beyond what the desk remembers."""

    outcome: Outcome
    refusal: Refusal
    reopened: int = 0
    resolved_at: int | None = None
    cancelled_at: int | None = None


class Play:
    """A desk, and whoever does at it what a history says."""

    def __init__(
        self, model: ScenarioModel, settings: Settings, customers: Sequence[HappenedCustomer]
    ) -> None:
        self.model = model
        self.settings = settings
        self.customers = customers
        self.templates = [
            terms_of_template(model, template) for template in model.templates.values()
        ]
        self.offerings = [
            offering_of(template, granted.price)
            for template, granted in zip(model.templates.values(), self.templates, strict=True)
        ]
        self.days = days_of(model.calendar, model.rules)
        self.run_record = plan(model, 0).run[0]
        self.segments = list(model.segments.values())
        start = day_number(model.calendar.start)
        self.stop = start + model.calendar.days
        self.desk = Desk(day_of(start - _DAYS_BEFORE), settings)
        #: Ids of each customer's entitlements, by their numbers, and of all, as they came to be.
        self.entitlement_ids: list[list[str]] = []
        self.made: list[str] = []
        self.deleted_entitlements: dict[str, Entitlement] = {}
        self.deleted_cases: dict[str, Case] = {}
        self.scripts: dict[str, Script] = {}
        self.fates: dict[str, Fate] = {}
        self.reactivations: list[tuple[str, Row]] = []

    # ------------------------------------------------------------- order of the day

    def run(self) -> None:
        """Do everything in its order, and let the last day come."""
        agenda = self._agenda()
        heapq.heapify(agenda)
        while agenda:
            at, kind, _, order, item = heapq.heappop(agenda)
            self.desk.advance_to(_moment_of(at))
            if kind == _DEFAULTS:
                self._keep_defaults()
            elif kind != _CASES:
                self._book(*item)
                if kind == _TIMED:
                    self._keep_defaults()
            else:
                goes_on = self._open(item) if item.next == 0 else self._move(item)
                item.next += 1
                if goes_on and item.next <= len(item.case.events):
                    event = item.case.events[item.next - 1]
                    if event.at < self.stop * _DAY:
                        takes = int(self._may_take(item, event))
                        heapq.heappush(agenda, (event.at, _CASES, takes, order, item))
        last = _moment_of(self._begin(self.stop - 1))
        if last > self.desk.clock:
            self.desk.advance_to(last)
            self._keep_defaults()

    def _agenda(self) -> list[tuple[int, int, int, int, Any]]:
        """Return what is booked, when defaults may end, and the creations of cases."""
        agenda: list[tuple[int, int, int, int, Any]] = []
        days: set[int] = set()
        cases: list[tuple[int, HappenedCase]] = []
        for customer, happened in enumerate(self.customers):
            ids: list[str] = []
            for booking in happened.bookings:
                if booking.action in _MAKING:
                    ids.append(f"{customer}-{len(ids)}")
                id = ids[-1] if booking.action in _MAKING else f"{customer}-{booking.entitlement}"
                item = (customer, booking, id)
                if booking.minute < 0:
                    days.add(booking.day)
                    at = self._begin(booking.day)
                    agenda.append((at, _OF_DAY, 0, len(agenda), item))
                else:
                    at = booking.day * _DAY + booking.minute
                    agenda.append((at, _TIMED, 0, len(agenda), item))
            self.entitlement_ids.append(ids)
            cases += [(customer, case) for case in happened.cases]
        if any(customer.keeps_default for customer in self.customers):
            days |= set(range(day_number(self.model.calendar.start), self.stop))
        agenda += [(self._begin(day), _DEFAULTS, 0, day, None) for day in days]
        for row, (customer, case) in enumerate(cases):
            self.scripts[f"C{row}"] = Script(f"C{row}", customer, case)
        by_creation = sorted(self.scripts.values(), key=lambda script: script.case.created)
        agenda += [
            (script.case.created, _CASES, 1, order, script)
            for order, script in enumerate(by_creation)
        ]
        return agenda

    def _begin(self, day: int) -> int:
        rules = self.model.rules
        hours, minutes = rules.job_time.split(":")
        job = int(hours) * 60 + int(minutes)
        return begin_of(day, self.model.calendar.zone, job, rules.utc_midnight_mode)

    def _may_take(self, script: Script, event: CaseEvent) -> bool:
        attaches = event.entitlement >= 0 or any(
            field != UNWRITTEN for field in (event.customer, event.contact, event.product)
        )
        case = self.desk.cases.get(script.id)
        state = CaseState.ACTIVE if case is None else case.state
        return may_take(event.move, state, attaches)

    # ----------------------------------------------------------------- entitlements

    def _book(self, customer: int, booking: Booking, id: str) -> None:
        if booking.action == Action.CREATE:
            self._create(customer, id, booking)
        elif booking.action == Action.RENEW:
            old = f"{customer}-{booking.entitlement}"
            if old in self.desk.entitlements:
                with contextlib.suppress(Refused):
                    self.desk.renew(old, id)
                    self.made.append(id)
        elif id in self.desk.entitlements:
            with contextlib.suppress(Refused):
                self._change(id, booking)

    def _create(self, customer: int, id: str, booking: Booking) -> None:
        granted = booking.terms or self.templates[booking.template]
        start, end = day_of(booking.start), day_of(booking.end)
        own = Offering(price=granted.price)
        offering = self.offerings[booking.template] if booking.terms is None else own
        total = granted.total
        entitlement = Entitlement(
            id=id,
            customer=str(customer),
            start=start,
            end=end,
            allocation=granted.allocation,
            decrease_on=granted.decrease_on,
            restrict=granted.restrict,
            blocks=[Balance(BalanceKind.WHOLE, None, start, end, total, total, offering.priority)],
            channels={
                origin: Balance(BalanceKind.CHANNEL, origin, start, end, total, total)
                for origin, total in (
                    (_origin_of(code), granted.channels[code]) for code in sorted(granted.channels)
                )
            },
            offering=offering,
            products=[self.model.products[product] for product in granted.products],
            contacts=[f"{customer}/{contact}" for contact in granted.contacts],
            template=str(booking.template),
            predecessor=None if booking.renews < 0 else f"{customer}-{booking.renews}",
            account=_account(booking.account),
        )
        if entitlement.predecessor not in self.desk.entitlements:
            entitlement.predecessor = None
        self.desk.enter_entitlement(entitlement)
        self.made.append(id)

    def _change(self, id: str, booking: Booking) -> None:
        if booking.action == Action.ACTIVATE:
            self.desk.activate(id)
        elif booking.action == Action.DEACTIVATE:
            self.desk.deactivate(id)
        elif booking.action == Action.CANCEL:
            self.desk.cancel(id)
        elif booking.action == Action.SET_DEFAULT:
            self.desk.set_default(id)
        elif booking.action == Action.EDIT:
            self.desk.edit_entitlement(id, total_terms=terms(booking.total))
        elif booking.action == Action.TOP_UP:
            self._top_up(id, booking)
        elif booking.action == Action.DELETE:
            self._delete(id)
        else:
            self._write_balance(id, booking)

    def _top_up(self, id: str, booking: Booking) -> None:
        entitlement = self.desk.entitlement(id)
        block = Balance(
            BalanceKind.TOPUP,
            None,
            max(self.desk.today, entitlement.start),
            min(day_of(booking.ends), entitlement.end),
            booking.amount,
            0,
            booking.priority,
            booking.price,
        )
        self.desk.enter_top_up(id, block)

    def _delete(self, id: str) -> None:
        entitlement = self.desk.entitlement(id)
        users = [case for case in self._all_cases() if case.entitlement == id]
        self.desk.delete(id)
        self.deleted_entitlements[id] = entitlement
        for case in users:
            case.entitlement = None
            self.fates[case.id].outcome = Outcome.UNCOVERED

    def _all_cases(self) -> list[Case]:
        return [*self.desk.cases.values(), *self.deleted_cases.values()]

    def _write_balance(self, id: str, booking: Booking) -> None:
        entitlement = self.desk.entitlement(id)
        channel = None if booking.origin < 0 else _origin_of(booking.origin)
        balance = entitlement.base if channel is None else entitlement.channels.get(channel)
        is_same = balance is not None and balance.remaining == booking.amount
        if booking.action != Action.CORRECT or not is_same:
            self.desk.write_balance(id, booking.amount, _WRITTEN[booking.action], channel)

    def _keep_defaults(self) -> None:
        """Let customers whose default is not active have another one, where that is their habit.

        Each account has one of what it holds itself. An entitlement for all products and contacts
        is preferred, and of several the oldest.
        """
        for number, customer in enumerate(self.customers):
            owned_now = self._owned_by(number) if customer.keeps_default else []
            for holder in {owned.account for owned in owned_now}:
                active = [
                    owned
                    for owned in owned_now
                    if owned.state == State.ACTIVE and owned.account == holder
                ]
                if any(owned.is_default for owned in active):
                    continue
                for_all = [owned for owned in active if not owned.products and not owned.contacts]
                for entitlement in (for_all or active)[:1]:
                    self.desk.set_default(entitlement.id)

    # ------------------------------------------------------------------------ cases

    def _open(self, script: Script) -> bool:
        """Create a case; say whether it is worked on."""
        refusal, is_blocked = self._assign(script)
        is_covered = script.id in self.desk.cases
        if not is_covered and not is_blocked and not script.case.leaves:
            self._create_case(script, None)
        is_worked = script.id in self.desk.cases
        outcome = Outcome.UNCOVERED if is_worked else Outcome.TURNED_AWAY
        self.fates[script.id] = Fate(Outcome.COVERED if is_covered else outcome, refusal)
        return is_worked

    def _assign(self, script: Script) -> tuple[Refusal, bool]:
        """Create a case with the entitlement that it gets, if any.

        Returns the first refusal met, and whether the case may not even go on without one.
        """
        picks = self.segments[self.customers[script.customer].segment].picks
        if script.case.wants == NOTHING:
            return Refusal.NONE, False
        if script.case.wants >= 0:
            return self._try_wanted(script), False
        if picks == Pick.DEFAULT.label:
            return self._try_default(script)
        return self._try_in_order(script, pick_keys(picks)), False

    def _create_case(
        self, script: Script, entitlement: str | None, *, auto_apply: bool = False
    ) -> None:
        """Create a case with an entitlement, with none, or with the default."""
        case, customer = script.case, str(script.customer)
        self.desk.settings = dataclasses.replace(self.settings, auto_apply_on_create=auto_apply)
        self.desk.create_case(
            script.id,
            customer=customer,
            contact=None if case.contact < 0 else f"{customer}/{case.contact}",
            product=self._product(case.product),
            origin=None if case.origin < 0 else _origin_of(case.origin),
            entitlement=entitlement,
            decrement=case.decrement,
            severity=case.severity or None,
            outside_hours=not is_open(self.run_record, self.days, case.created),
            on_holiday=bool(self.days[case.created // _DAY - self.run_record.start].holiday),
            account=_account(case.account),
        )

    def _try(self, script: Script, entitlement: str) -> Refusal:
        try:
            self._create_case(script, entitlement)
        except Refused as refused:
            return refused.refusal
        return Refusal.NONE

    def _try_wanted(self, script: Script) -> Refusal:
        asked = f"{script.customer}-{script.case.wants}"
        if asked not in self.desk.entitlements:
            return Refusal.EntitlementNotActiveInAssociationToCase
        return self._try(script, asked)

    def _try_default(self, script: Script) -> tuple[Refusal, bool]:
        """Let the desk apply the default by itself; find out what it skipped it for."""
        entitlements = self._serving(script)
        default = self.desk.default_of(str(script.customer), _account(script.case.account))
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
        if default:
            return self._try(script, default[0].id), False
        return _without_active(entitlements), False

    def _try_in_order(self, script: Script, keys: Sequence[PickKey]) -> Refusal:
        entitlements = self._serving(script)
        active = in_order((owned for owned in entitlements if owned.state == State.ACTIVE), keys)
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

    def _owned_by(self, customer: int) -> list[Entitlement]:
        """Return the entitlements that a customer has, in the order in which they came to be."""
        owner = str(customer)
        return [owned for owned in self.desk.entitlements.values() if owned.customer == owner]

    def _serving(self, script: Script) -> list[Entitlement]:
        """Return those of a case's customer that serve its account."""
        holders = (None, _account(script.case.account))
        return [owned for owned in self._owned_by(script.customer) if owned.account in holders]

    def _product(self, number: int) -> str | None:
        return None if number < 0 else self.model.products[number]

    def _move(self, script: Script) -> bool:
        """Do the next event of a case; say whether its story goes on."""
        event = script.case.events[script.next - 1]
        with contextlib.suppress(Refused):
            self._do_with_case(script, event)
        return script.id in self.desk.cases

    def _do_with_case(self, script: Script, event: CaseEvent) -> None:
        case = self.desk.case(script.id)
        fate = self.fates[script.id]
        now = minute_of(self.desk.clock)
        if event.move == CaseMove.RESOLVE:
            locked = self.settings.resolved_cases_locked
            if refuse_resolve(case.state, 0, False, locked) == Refusal.NONE:
                self.desk.add_activity(script.id, event.minutes)
                billed = None if event.billed < 0 else event.billed
                self.desk.resolve_case(script.id, billable_minutes=billed)
                fate.resolved_at = now
        elif event.move == CaseMove.CANCEL:
            self.desk.cancel_case(script.id)
            fate.cancelled_at = now
        elif event.move == CaseMove.REACTIVATE:
            self._reactivate(script, fate, now)
        elif event.move == CaseMove.WORK:
            self.desk.add_activity(script.id, event.minutes)
        elif event.move == CaseMove.SAVE:
            self._save(script, event)
        elif event.move == CaseMove.MERGE:
            if f"C{event.into}" in self.desk.cases:
                self.desk.merge_cases(f"C{event.into}", [script.id])
                fate.cancelled_at = now
        elif event.move == CaseMove.DELETE:
            self.desk.delete_case(script.id)
            self.deleted_cases[script.id] = case
            if case.state == CaseState.ACTIVE:
                case.state = CaseState.CANCELLED
                fate.cancelled_at = now
        else:
            self.desk.update_case(script.id, decrement=event.move == CaseMove.OPT_IN)

    def _save(self, script: Script, event: CaseEvent) -> None:
        case = self.desk.case(script.id)
        before = case.entitlement
        changes: CaseChanges = {}
        if event.entitlement == NOTHING:
            changes["entitlement"] = None
        elif event.entitlement >= 0:
            ids = [id for of_customer in self.entitlement_ids for id in of_customer]
            if ids[event.entitlement] not in self.desk.entitlements:
                return
            changes["entitlement"] = ids[event.entitlement]
        if event.customer != UNWRITTEN:
            changes["customer"] = str(event.customer)
        if event.contact != UNWRITTEN:
            customer = changes.get("customer", case.customer)
            changes["contact"] = None if event.contact < 0 else f"{customer}/{event.contact}"
        if event.product != UNWRITTEN:
            changes["product"] = self._product(event.product)
        if event.origin != UNWRITTEN:
            changes["origin"] = None if event.origin < 0 else _origin_of(event.origin)
        if event.decrement != UNWRITTEN:
            changes["decrement"] = event.decrement != 0
        self.desk.update_case(script.id, **changes)
        if case.entitlement != before:
            is_covered = case.entitlement is not None
            self.fates[script.id].outcome = Outcome.COVERED if is_covered else Outcome.UNCOVERED

    def _reactivate(self, script: Script, fate: Fate, now: int) -> None:
        case = self.desk.case(script.id)
        before, billed = case.state, billed_minutes(case)
        self.desk.reactivate_case(script.id)
        ended_at = fate.cancelled_at if fate.resolved_at is None else fate.resolved_at
        self.reactivations.append((script.id, (now, before.label, ended_at, billed)))
        fate.resolved_at = fate.cancelled_at = None
        fate.reopened += 1


def _account(number: int) -> int | None:
    return None if number == NO_ACCOUNT else number


def _without_active(entitlements: list[Entitlement]) -> Refusal:
    """Return the refusal of a case whose customer has entitlements, but none that is active."""
    if entitlements and all(owned.state != State.ACTIVE for owned in entitlements):
        return Refusal.EntitlementNotActiveInAssociationToCase
    return Refusal.NONE


def _origin_of(code: int) -> Origin:
    """Return the origin of a code; one of the book's own is known by the code itself."""
    return Origin(code) if code < ORIGINS else cast("Origin", code)


def _moment_of(minute: int) -> dt.datetime:
    return _EPOCH + dt.timedelta(minutes=minute)
