"""A history played at the desk, one record at a time, in the order of the day.

What comes out are rows as the engine's tables have them, so that both can be compared. The desk
knows the rules; what stands here is only who does what when:

* the bookings of a day are done when the states of that day come into force, in their order;
* then the cases of the day move in time order; of one minute, what gives terms back goes first,
  then by case;
* a case takes the entitlement asked for, the customer's default, or the first active one in the
  segment's order that has terms; without one it is worked apart, or turned away.
"""

import dataclasses
import datetime as dt
import heapq
from collections.abc import Sequence
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from entitlement_sim.desk.amounts import terms
from entitlement_sim.desk.desk import Desk
from entitlement_sim.desk.records import LedgerEntry, Transition, day_number, day_of
from entitlement_sim.desk.refused import Refused
from entitlement_sim.engine.history import (
    NOTHING,
    Action,
    Booking,
    HappenedCase,
    HappenedCustomer,
    Kind,
)
from entitlement_sim.rules.codes import Allocation, CaseState, DecreaseOn, Origin, Refusal, State
from entitlement_sim.rules.lifecycle import state_day
from entitlement_sim.rules.settings import Settings
from entitlement_sim.scenario.models import ScenarioModel, Template

ORIGINS = tuple(Origin)  # in the order of the engine's codes
DAY = 1440
_EPOCH = dt.datetime(1970, 1, 1)
_TRIGGERS = {"renewed_old_cancelled": "renewed"}
Row = tuple[Any, ...]


def moment_of(minute: int) -> dt.datetime:
    return _EPOCH + dt.timedelta(minutes=minute)


def minute_of(moment: dt.datetime) -> int:
    return int((moment - _EPOCH).total_seconds()) // 60


@cache
def begin_of(day: int, zone: str, job_minute: int, utc: bool) -> int:
    """First local minute at which the state job goes by `day`, found by asking every minute."""
    if not utc:
        return day * DAY + job_minute
    minute = (day - 1) * DAY + job_minute
    where = ZoneInfo(zone)
    while True:
        offset = moment_of(minute).replace(tzinfo=where).utcoffset()
        assert offset is not None
        if state_day(minute, int(offset.total_seconds()) // 60, utc, job_minute) >= day:
            return minute
        minute += 1


@dataclasses.dataclass
class Script:
    """A case on its way: its number, and which of its events comes next."""

    id: str
    customer: int
    case: HappenedCase
    next: int = 0


@dataclasses.dataclass
class Outcome:
    """What the run says of a case beyond what the desk keeps."""

    outcome: str
    refusal: Refusal
    reopened: int = 0


class PlayedAtDesk:
    """A history at the desk; the constructor plays it."""

    def __init__(self, model: ScenarioModel, customers: Sequence[HappenedCustomer]) -> None:
        self.model = model
        self.customers = customers
        self.templates = list(model.templates.values())
        self.segments = list(model.segments.values())
        rules = model.rules
        self.settings = Settings(tz=model.calendar.zone, **rules.model_dump())
        hours, minutes = rules.job_time.split(":")
        self._job = int(hours) * 60 + int(minutes)
        self.start = day_number(model.calendar.start)
        self.stop = self.start + model.calendar.days
        self.desk = Desk(day_of(self.start - 3), self.settings)
        self.made: list[list[str]] = [[] for _ in customers]
        self.outcomes: dict[str, Outcome] = {}
        self.ledger: list[Row] = []
        self.reactivations: list[Row] = []
        self.ended: dict[str, tuple[int | None, int | None]] = {}
        self._read = 0
        self._numbers: dict[str, int] = {}
        self._play()

    # ------------------------------------------------------------- order of the day

    def _begin(self, day: int) -> int:
        return begin_of(
            day, self.model.calendar.zone, self._job, self.model.rules.utc_midnight_mode
        )

    def _play(self) -> None:
        agenda: list[tuple[int, int, int, int, Any]] = []
        number = 0
        for customer, one in enumerate(self.customers):
            for order, booking in enumerate(one.bookings):
                done = (self._begin(booking.day), 0, 0, customer * 1000 + order)
                heapq.heappush(agenda, (*done, (customer, booking)))
            for case in one.cases:
                number += 1
                script = Script(f"C{number}", customer, case)
                self._numbers[script.id] = number
                heapq.heappush(agenda, (case.created, 1, 1, number, script))
        while agenda:
            at, phase, _, order, what = heapq.heappop(agenda)
            self.desk.advance_to(moment_of(at))
            if phase == 0:
                self._book(*what)
            else:
                goes_on = self._open(what) if what.next == 0 else self._move(what)
                what.next += 1
                if goes_on and what.next <= len(what.case.events):
                    event = what.case.events[what.next - 1]
                    if event.at < self.stop * DAY:
                        gives_back = event.kind == Kind.CANCEL or (
                            event.kind == Kind.REACTIVATE
                            and self.desk.case(what.id).state == CaseState.RESOLVED
                        )
                        heapq.heappush(agenda, (event.at, 1, int(not gives_back), order, what))
            self._read_ledger()
        last = moment_of(self._begin(self.stop - 1))
        if last > self.desk.clock:
            self.desk.advance_to(last)

    def _read_ledger(self) -> None:
        self.ledger += [self._entry(one) for one in self.desk.ledger[self._read :]]
        self._read = len(self.desk.ledger)

    # ----------------------------------------------------------------- entitlements

    def _book(self, customer: int, booking: Booking) -> None:
        made = self.made[customer]
        new = f"{customer}-{len(made)}"
        try:
            if booking.action == Action.CREATE:
                self._create(customer, new, booking)
                made.append(new)
            elif booking.entitlement >= len(made):
                return
            elif booking.action == Action.RENEW:
                self.desk.renew(made[booking.entitlement], new)
                made.append(new)
            else:
                self._change(made[booking.entitlement], booking)
        except Refused:
            pass

    def _create(self, customer: int, new: str, booking: Booking) -> None:
        template: Template = self.templates[booking.template]
        who = str(customer)
        self.desk.create_entitlement(
            new,
            customer=who,
            start=day_of(booking.start),
            end=day_of(booking.end),
            allocation=Allocation[template.allocation.upper()],
            total_terms=template.total_terms or 0,
            decrease_on=DecreaseOn[template.decrease_on.upper()],
            restrict=template.restrict,
            channels={Origin[name.upper()]: total for name, total in template.channels.items()},
            products=template.products,
            contacts=[f"{who}/{number}" for number in range(template.contacts or 0)],
        )
        self.desk.entitlement(new).template = str(booking.template)

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
            assert booking.action == Action.EDIT
            self.desk.edit_entitlement(id, total_terms=terms(booking.total))

    # ------------------------------------------------------------------------ cases

    def _open(self, script: Script) -> bool:
        """Create a case; say whether it is worked on."""
        case = script.case
        picks = self.segments[self.customers[script.customer].segment].picks
        if case.wants == NOTHING:
            refusal = Refusal.NONE
        elif case.wants >= 0:
            refusal = self._try_wanted(script)
        elif picks == "default":
            refusal = self._try_default(script)
        else:
            refusal = self._try_in_order(script, picks)
        covered = script.id in self.desk.cases
        blocked = self._blocked
        self._blocked = False
        if not covered and not blocked and not case.leaves:
            self._create_case(script, None)
        worked = script.id in self.desk.cases
        outcome = "covered" if covered else "uncovered" if worked else "turned_away"
        self.outcomes[script.id] = Outcome(outcome, refusal)
        self.ended[script.id] = (None, None)
        return worked

    _blocked = False

    def _create_case(self, script: Script, entitlement: str | None, *, auto: bool = False) -> None:
        """Create a case with an entitlement, with none, or (`auto`) with the default."""
        case, who = script.case, str(script.customer)
        self.desk.settings = dataclasses.replace(self.settings, auto_apply_on_create=auto)
        products = self.model.products
        self.desk.create_case(
            script.id,
            customer=who,
            contact=None if case.contact < 0 else f"{who}/{case.contact}",
            product=None if case.product < 0 else products[case.product],
            origin=None if case.origin < 0 else ORIGINS[case.origin],
            entitlement=entitlement,
            decrement=case.decrement,
        )

    def _try(self, script: Script, entitlement: str) -> Refusal:
        try:
            self._create_case(script, entitlement)
        except Refused as refused:
            return refused.refusal
        return Refusal.NONE

    def _try_wanted(self, script: Script) -> Refusal:
        made = self.made[script.customer]
        if script.case.wants >= len(made):
            return Refusal.EntitlementNotActiveInAssociationToCase
        return self._try(script, made[script.case.wants])

    def _try_default(self, script: Script) -> Refusal:
        """Let the desk apply the default by itself; find out what it skipped it for."""
        held = [self.desk.entitlement(id) for id in self.made[script.customer]]
        default = next((one for one in held if one.is_default), None)
        try:
            self._create_case(script, None, auto=True)
        except Refused as refused:
            self._blocked = True
            return refused.refusal
        if self.desk.case(script.id).entitlement is not None:
            return Refusal.NONE
        self.desk.delete_case(script.id)
        noted = self.desk.ledger[-1:]
        if noted and noted[0].case == script.id:
            return Refusal.InvalidEntitlementAssociationToCase
        if default is not None:
            refusal = self._try(script, default.id)
            assert refusal != Refusal.NONE, "the desk skipped a default that fits"
            return refusal
        return self._without_active(held)

    def _without_active(self, held: list[Any]) -> Refusal:
        if held and all(one.state != State.ACTIVE for one in held):
            return Refusal.EntitlementNotActiveInAssociationToCase
        return Refusal.NONE

    def _try_in_order(self, script: Script, picks: str) -> Refusal:
        held = [self.desk.entitlement(id) for id in self.made[script.customer]]
        active = [one for one in held if one.state == State.ACTIVE]
        if picks == "soonest_ending":
            active.sort(key=lambda one: one.end)
        elif picks == "most_remaining":
            active.sort(key=lambda one: -one.remaining)
        first = self._without_active(held)
        unfit = Refusal.InvalidEntitlementForSelectedCustomerOrProduct
        refusals = []
        for one in active:
            refusal = self._try(script, one.id)
            if refusal == Refusal.NONE:
                break
            refusals.append(refusal)
        for_terms = [refusal for refusal in refusals if refusal != unfit]
        if for_terms:
            return for_terms[0]
        return unfit if refusals and len(refusals) == len(active) else first

    def _move(self, script: Script) -> bool:
        """Do the next event of a case; say whether its story goes on."""
        event = script.case.events[script.next - 1]
        now = minute_of(self.desk.clock)
        case = self.desk.case(script.id)
        if event.kind == Kind.RESOLVE:
            self.desk.add_activity(script.id, event.minutes)
            self.desk.resolve_case(script.id)
            self.ended[script.id] = (now, None)
        elif event.kind == Kind.CANCEL:
            self.desk.cancel_case(script.id)
            self.ended[script.id] = (None, now)
        else:
            before = case.state
            billed = self._billed(case)
            try:
                self.desk.reactivate_case(script.id)
            except Refused:
                return False
            resolved, cancelled = self.ended[script.id]
            ended = resolved if resolved is not None else cancelled
            number = self._numbers[script.id]
            self.reactivations.append((number, now, before.name.lower(), ended, billed))
            self.ended[script.id] = (None, None)
            self.outcomes[script.id].reopened += 1
        return True

    def _billed(self, case: Any) -> int | None:
        return case.resolutions[-1] if case.state == CaseState.RESOLVED else None

    # ------------------------------------------------------------------------- rows

    def _entry(self, entry: LedgerEntry) -> Row:
        return (
            entry.entitlement,
            minute_of(entry.happened_at),
            entry.amount,
            entry.balance,
            None if entry.origin is None else entry.origin.name.lower(),
            entry.origin_amount,
            entry.origin_balance or 0,
            str(entry.reason),
            entry.rule,
            None if entry.case is None else self._numbers[entry.case],
        )

    def _transition(self, one: Transition) -> Row:
        return (
            one.entitlement,
            day_number(one.on_date),
            None if one.from_state is None else one.from_state.name.lower(),
            one.to_state.name.lower(),
            _TRIGGERS.get(str(one.trigger), str(one.trigger)),
        )

    def rows(self) -> dict[str, list[Row]]:
        """Return everything in the order of the engine's rows, entitlements by number from 1."""
        ids = [id for made in self.made for id in made]
        numbers = {id: number for number, id in enumerate(ids, start=1)}

        def of_customers(rows: list[Row]) -> list[Row]:
            """Put the rows of one customer after those of the other, and number them."""
            ordered = sorted(rows, key=lambda row: int(row[0].split("-")[0]))
            return [(numbers[row[0]], *row[1:]) for row in ordered]

        transitions = [self._transition(one) for one in self.desk.transitions]
        reactivations = sorted(self.reactivations, key=lambda row: self._customer_of(f"C{row[0]}"))
        return {
            "entitlements": [self._entitlement(id, numbers, transitions) for id in ids],
            "entitlement_channels": [
                (numbers[id], row.origin.name.lower(), row.total, row.remaining)
                for id in ids
                for row in self.desk.entitlement(id).channels.values()
            ],
            "transitions": of_customers(transitions),
            "cases": [self._case(id, numbers) for id in self._numbers],
            "reactivations": reactivations,
            "ledger": of_customers(self.ledger),
        }

    def _customer_of(self, case: str) -> int:
        counted = 0
        for customer, one in enumerate(self.customers):
            counted += len(one.cases)
            if self._numbers[case] <= counted:
                return customer
        raise LookupError(case)

    def _entitlement(self, id: str, numbers: dict[str, int], transitions: list[Row]) -> Row:
        one = self.desk.entitlement(id)
        own = [row for row in transitions if row[0] == id]
        activated = [row[1] for row in own if row[4] == "activated"]
        ended = [row for row in own if row[3] in ("expired", "cancelled")]
        return (
            numbers[id],
            int(one.customer) + 1,
            int(one.template or 0) + 1,
            None if one.predecessor is None else numbers[one.predecessor],
            one.state.name.lower(),
            one.is_default,
            own[0][1],
            activated[0] if activated else None,
            day_number(one.start),
            day_number(one.end),
            ended[0][1] if ended else None,
            {"expired": "expiry", "cancelled": "cancellation"}[ended[0][3]] if ended else None,
            one.allocation.name.lower(),
            one.decrease_on.name.lower(),
            one.restrict,
            one.total,
            one.remaining,
        )

    def _case(self, id: str, numbers: dict[str, int]) -> Row:
        outcome = self.outcomes[id]
        case = self.desk.cases.get(id)
        resolved, cancelled = self.ended[id]
        return (
            self._numbers[id],
            None if case is None or case.entitlement is None else numbers[case.entitlement],
            resolved,
            cancelled,
            None if case is None else case.state.name.lower(),
            outcome.outcome,
            None if outcome.refusal == Refusal.NONE else outcome.refusal.name,
            None if case is None else self._billed(case),
            outcome.reopened,
        )
