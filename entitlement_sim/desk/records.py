"""The records that a desk keeps: templates, entitlements, cases, their ledger and transitions.

Amounts are whole hundredths of a term inside; the ``…_terms`` properties show them as `Decimal`
with two places. Records are changed by the actions of the desk only.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from ..rules.amounts import terms
from ..rules.balances import PLAIN_PRIORITY
from ..rules.words import (
    STATUS_OF_STATE,
    ActivityStatus,
    Allocation,
    BalanceKind,
    CaseState,
    CaseStatus,
    DecreaseOn,
    Origin,
    Reason,
    RuleId,
    State,
    Trigger,
)


@dataclass(slots=True)
class EntitlementTemplate:
    """An ``entitlementtemplate``; what is None is left to the entitlement made from it.

    Attributes
    ----------
    id : str
    start, end : date or None
    sla : str or None
    allocation : Allocation
    decrease_on : DecreaseOn or None
    total : int or None
        Hundredths of a term.
    restrict : bool
    channels : dict
        Origin to total, in hundredths of a term.
    products : list of str
    """

    id: str
    start: date | None = None
    end: date | None = None
    sla: str | None = None
    allocation: Allocation = Allocation.CASES
    decrease_on: DecreaseOn | None = None
    total: int | None = None
    restrict: bool = False
    channels: dict[Origin, int] = field(default_factory=dict)
    products: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Balance:
    """Terms of an entitlement: all of them, or those of one channel.

    Attributes
    ----------
    kind : BalanceKind
    origin : Origin or None
        The channel; None for the whole.
    starts, ends : date
        First and last day on which it can be used.
    total, remaining : int
        Hundredths of a term.
    priority : int
        Lower ones pay first.
    """

    kind: BalanceKind
    origin: Origin | None
    starts: date
    ends: date
    total: int
    remaining: int
    priority: int = PLAIN_PRIORITY

    @property
    def total_terms(self) -> Decimal:
        """Terms of the balance when it was new."""
        return terms(self.total)

    @property
    def remaining_terms(self) -> Decimal:
        """Terms that the balance has left; may be negative."""
        return terms(self.remaining)


@dataclass(slots=True)
class Entitlement:
    """An ``entitlement`` with its ``entitlementchannel`` rows.

    Attributes
    ----------
    id, customer : str
    start, end : date
        First and last covered day.
    allocation : Allocation
    decrease_on : DecreaseOn
    restrict : bool
    whole : Balance
        The terms of all channels together; a blank total counts as 0.
    total_is_blank : bool
    channels : dict
        Origin to the channel's own balance.
    products, contacts : list of str
        Empty means all.
    sla, template, predecessor : str or None
        `predecessor` is the record that this one renews.
    state : State
    is_default : bool
        The customer's default; without effect unless the record is active.
    """

    id: str
    customer: str
    start: date
    end: date
    allocation: Allocation
    decrease_on: DecreaseOn
    restrict: bool
    whole: Balance
    total_is_blank: bool = False
    channels: dict[Origin, Balance] = field(default_factory=dict)
    products: list[str] = field(default_factory=list)
    contacts: list[str] = field(default_factory=list)
    sla: str | None = None
    template: str | None = None
    predecessor: str | None = None
    state: State = State.DRAFT
    is_default: bool = False

    @property
    def status(self) -> int:
        """``statuscode`` that goes with the state."""
        return STATUS_OF_STATE[self.state]

    @property
    def balances(self) -> list[Balance]:
        """Every balance of the entitlement, the whole first."""
        return [self.whole, *self.channels.values()]

    @property
    def total(self) -> int:
        """Hundredths of a term on the whole when it was new."""
        return self.whole.total

    @property
    def remaining(self) -> int:
        """Hundredths of a term left on the whole; may be negative."""
        return self.whole.remaining

    @property
    def total_terms(self) -> Decimal:
        """Terms of the entitlement when it was new."""
        return self.whole.total_terms

    @property
    def remaining_terms(self) -> Decimal:
        """Terms that the entitlement has left; may be negative."""
        return self.whole.remaining_terms


@dataclass(slots=True)
class Activity:
    """Work that regards a case; `billed` once the case was resolved with it."""

    minutes: int
    status: ActivityStatus
    billed: bool = False


@dataclass(frozen=True, slots=True)
class Taking:
    """What a case has taken from one balance and not given back.

    Attributes
    ----------
    entitlement : str
    origin : Origin or None
        The channel whose balance it is; None for the whole.
    amount : int
        Hundredths of a term.
    """

    entitlement: str
    origin: Origin | None
    amount: int


@dataclass(slots=True)
class Case:
    """An ``incident``.

    Attributes
    ----------
    id, customer, title : str
    created_at : datetime
    contact, product, entitlement, sla, parent, master : str or None
        `master` is the case into which this one was merged.
    origin : Origin or None
    decrement : bool
        False is the product's *Do not decrement*.
    state : CaseState
    status : CaseStatus
    takings : list of Taking
        What it has taken and not given back, the whole balance first.
    activities : list of Activity
    resolutions : list of int
        Minutes billed by each resolution, in order.
    """

    id: str
    customer: str
    created_at: datetime
    contact: str | None = None
    product: str | None = None
    origin: Origin | None = None
    entitlement: str | None = None
    decrement: bool = True
    parent: str | None = None
    title: str = ""
    sla: str | None = None
    state: CaseState = CaseState.ACTIVE
    status: CaseStatus = CaseStatus.IN_PROGRESS
    master: str | None = None
    takings: list[Taking] = field(default_factory=list)
    activities: list[Activity] = field(default_factory=list)
    resolutions: list[int] = field(default_factory=list)

    @property
    def completed_minutes(self) -> int:
        """Minutes of the completed activities."""
        return sum(
            activity.minutes
            for activity in self.activities
            if activity.status == ActivityStatus.COMPLETED
        )

    @property
    def billed_minutes(self) -> int:
        """Minutes of completed activities that an earlier resolution has billed."""
        return sum(
            activity.minutes
            for activity in self.activities
            if activity.billed and activity.status == ActivityStatus.COMPLETED
        )

    def count(self, status: ActivityStatus) -> int:
        """How many of the activities are in a state."""
        return sum(activity.status == status for activity in self.activities)


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One change of a balance, or one refused case (amount 0).

    Attributes
    ----------
    entitlement : str
    happened_at : datetime
        Local time in the business zone.
    amount, balance : int
        Hundredths of a term: what was added to the overall balance, and what it is since.
    origin : Origin or None
        The channel row that moved too.
    origin_amount : int
        Hundredths of a term added to that row.
    origin_balance : int or None
        Hundredths of a term on that row since; None without a row.
    reason : Reason
    rule : RuleId
        The rule that moved the balance.
    kind : BalanceKind
        The balance that the entry is about: the whole, whatever channel moves with it; or a
        channel's own, where that alone is allotted or adjusted.
    case : str or None
    """

    entitlement: str
    happened_at: datetime
    amount: int
    balance: int
    origin: Origin | None
    origin_amount: int
    origin_balance: int | None
    reason: Reason
    rule: RuleId
    kind: BalanceKind
    case: str | None


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of an entitlement's state; `from_state` is None when the record is new."""

    entitlement: str
    on_date: date
    from_state: State | None
    to_state: State
    trigger: Trigger
