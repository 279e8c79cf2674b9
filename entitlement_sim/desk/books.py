"""What a desk keeps: its clock, its records, the ledger of balances and the log of states."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..rules.days import day_number, day_of
from ..rules.lifecycle import first_minute, state_by_date, state_day
from ..rules.settings import Settings
from ..rules.words import Reason, RuleId, State, Trigger
from .records import (
    Balance,
    Case,
    Entitlement,
    EntitlementTemplate,
    LedgerEntry,
    Transition,
)
from .refused import UnknownRecord

_MINUTE = 60

Record = TypeVar("Record")


def zone_of(settings: Settings) -> ZoneInfo:
    """Return the business time zone.

    Raises
    ------
    ValueError
        There is no zone of that name.
    """
    try:
        return ZoneInfo(settings.tz)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"there is no time zone '{settings.tz}'; say Europe/Berlin") from None


def job_minute_of(settings: Settings) -> int:
    """Return the minute of the day at which the state job runs.

    Raises
    ------
    ValueError
        The setting is no time ``HH:MM``.
    """
    try:
        moment = datetime.strptime(settings.job_time, "%H:%M")
    except ValueError:
        raise ValueError(f"'{settings.job_time}' is no time of day; say 06:30") from None
    return moment.hour * 60 + moment.minute


@cache
def begin_of(day: int, zone: str, job_minute: int, utc_midnight_mode: bool) -> int:
    """Return the first local minute at which states go by a day (question Q15).

    Local times are all that is known: where clocks change, some are skipped, and an hour that comes
    twice is taken for its first coming.

    Parameters
    ----------
    day : int
    zone : str
    job_minute : int
        Minute of the day at which the state job runs.
    utc_midnight_mode : bool
        Days begin at midnight in UTC, not in the business zone.
    """
    if not utc_midnight_mode:
        return first_minute(day, 0, utc_midnight_mode, job_minute)
    place = ZoneInfo(zone)
    minute = (day - 1) * 1440 + job_minute
    while True:
        moment = datetime(1970, 1, 1) + timedelta(minutes=minute)
        offset = moment.replace(tzinfo=place).utcoffset() or timedelta()
        ahead = int(offset.total_seconds()) // _MINUTE
        if state_day(minute, ahead, utc_midnight_mode, job_minute) >= day:
            return minute
        minute += 1


class Books:
    """Records, clock, ledger and transitions; :class:`Desk` adds the actions.

    Attributes
    ----------
    settings : Settings
    clock : datetime
        Local time in the business zone.
    templates, entitlements, cases : dict
        Records by id, in the order in which they were made.
    ledger : list of LedgerEntry
    transitions : list of Transition
    """

    def __init__(self, today: date | datetime, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.clock = _moment(today)
        self.templates: dict[str, EntitlementTemplate] = {}
        self.entitlements: dict[str, Entitlement] = {}
        self.cases: dict[str, Case] = {}
        self.ledger: list[LedgerEntry] = []
        self.transitions: list[Transition] = []
        self._opened = 0
        self._zone = zone_of(self.settings)
        self._job_minute = job_minute_of(self.settings)

    # ------------------------------------------------------------------ records

    def template(self, id: str) -> EntitlementTemplate:
        """Return a template; `UnknownRecord` if there is none of that id."""
        return _record(self.templates, "template", id)

    def entitlement(self, id: str) -> Entitlement:
        """Return an entitlement; `UnknownRecord` if there is none of that id."""
        return _record(self.entitlements, "entitlement", id)

    def case(self, id: str) -> Case:
        """Return a case; `UnknownRecord` if there is none of that id."""
        return _record(self.cases, "case", id)

    def _require_new(self, id: str, records: Iterable[str]) -> None:
        if id in records:
            raise ValueError(f"the id '{id}' is in use already")

    # -------------------------------------------------------------------- clock

    def advance_to(self, moment: date | datetime) -> None:
        """Move the clock on; entitlements start and expire on their days.

        Parameters
        ----------
        moment : date or datetime
            Local time in the business zone; a date means its first minute.

        Raises
        ------
        ValueError
            The moment lies before the clock.
        """
        to = _moment(moment)
        if to < self.clock:
            raise ValueError(f"the clock cannot go back from {self.clock} to {to}")
        before = self._state_day(self._job_minute)
        self.clock = to
        after = self._state_day(self._job_minute)
        for day in self._days_of_change(before, after):
            self._change_states(day)

    @property
    def today(self) -> date:
        """The calendar day by which entitlements are activated and renewed."""
        return day_of(self._state_day(0))

    def _state_day(self, job_minute: int) -> int:
        offset = self.clock.replace(tzinfo=self._zone).utcoffset()
        ahead = int(offset.total_seconds()) // _MINUTE if offset is not None else 0
        minute = day_number(self.clock.date()) * 1440 + self.clock.hour * 60 + self.clock.minute
        return state_day(minute, ahead, self.settings.utc_midnight_mode, job_minute)

    def _days_of_change(self, before: int, after: int) -> list[int]:
        """Days after `before` and up to `after` on which the calendar may change a state."""
        days: set[int] = set()
        for entitlement in self.entitlements.values():
            if entitlement.state in (State.ACTIVE, State.WAITING):
                days |= {day_number(entitlement.start), day_number(entitlement.end) + 1}
        return sorted(day for day in days if before < day <= after)

    def _change_states(self, day: int) -> None:
        """One run of the state job: what ended expires before what begins starts (L3, L6)."""
        for landing, trigger in ((State.EXPIRED, Trigger.EXPIRED), (State.ACTIVE, Trigger.STARTED)):
            for entitlement in self.entitlements.values():
                start, end = day_number(entitlement.start), day_number(entitlement.end)
                state = state_by_date(entitlement.state, day, start, end)
                if state == landing and state != entitlement.state:
                    self._move_state(entitlement, landing, trigger, day_of(day))

    def _move_state(
        self, entitlement: Entitlement, to: State, trigger: Trigger, on_date: date | None = None
    ) -> None:
        before = None if trigger == Trigger.CREATED else entitlement.state
        entitlement.state = to
        when = on_date or self.today
        self.transitions.append(Transition(entitlement.id, when, before, to, trigger))

    # ------------------------------------------------------------------- ledger

    def _post(
        self,
        entitlement: Entitlement,
        amount: int,
        reason: Reason,
        rule: RuleId,
        *,
        block: Balance | None = None,
        channel: Balance | None = None,
        channel_amount: int = 0,
        case: str | None = None,
    ) -> None:
        """Move a block, by default the base, and a channel's balance with it; write that down."""
        block = entitlement.base if block is None else block
        self._write(entitlement, block, amount, reason, rule, channel, channel_amount, case)

    def _post_channel(
        self,
        entitlement: Entitlement,
        channel: Balance,
        amount: int,
        reason: Reason,
        rule: RuleId = RuleId.T8,
    ) -> None:
        """Move the balance of a channel alone (rules T8, B1)."""
        self._write(entitlement, channel, 0, reason, rule, channel, amount, None)

    def _write(
        self,
        entitlement: Entitlement,
        balance: Balance,
        amount: int,
        reason: Reason,
        rule: RuleId,
        channel: Balance | None,
        channel_amount: int,
        case: str | None,
    ) -> None:
        if balance.opened < 0:
            balance.opened = self._opened
            self._opened += 1
        if balance is not channel:
            balance.remaining += amount
            entitlement.moved[reason] = entitlement.moved.get(reason, 0) + amount
        if channel is not None:
            channel.remaining += channel_amount
        self.ledger.append(
            LedgerEntry(
                entitlement=entitlement.id,
                happened_at=self.clock,
                amount=amount,
                balance=entitlement.remaining,
                origin=None if channel is None else channel.origin,
                origin_amount=channel_amount,
                origin_balance=None if channel is None else channel.remaining,
                reason=reason,
                rule=rule,
                kind=balance.kind,
                opened=balance.opened,
                case=case,
            )
        )


def _moment(day: date | datetime) -> datetime:
    if isinstance(day, datetime):
        if day.tzinfo is not None:
            raise ValueError("the clock shows local time; give it without a time zone")
        return day.replace(second=0, microsecond=0)
    return datetime.combine(day, time())


def _record(records: dict[str, Record], kind: str, id: str) -> Record:
    try:
        return records[id]
    except KeyError:
        raise UnknownRecord(f"there is no {kind} '{id}'") from None
