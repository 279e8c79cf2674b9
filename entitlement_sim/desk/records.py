"""The records that a desk keeps: templates, entitlements, cases, their ledger and transitions.

Amounts are whole hundredths of a term inside; the ``…_terms`` properties show them as `Decimal`
with two places. Records are changed by the actions of the desk only.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from ..rules.amounts import terms
from ..rules.balances import PLAIN_PRIORITY
from ..rules.burning import NO_LIMIT
from ..rules.weights import UNWEIGHED
from ..rules.words import (
    STATUS_OF_STATE,
    ActivityStatus,
    Allocation,
    BalanceKind,
    CaseState,
    CaseStatus,
    Debt,
    DecreaseOn,
    Origin,
    Reason,
    RuleId,
    State,
    Trigger,
)


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many terms every period, in place of a total (rule B1).

    Attributes
    ----------
    terms : int
        Hundredths of a term that a whole period grants.
    months, days : int
        Length of a period: months, or where these are 0, days.
    on_calendar : bool
        Whether periods begin with those of the calendar, not with the start.
    first_prorated, last_prorated : bool
        Whether a first or last period that is not whole grants a part.
    carries : bool
        Whether what is left is carried over.
    carry_at_most : int
        Hundredths that all carried blocks hold together at the most; or ``burning.NO_LIMIT``.
    carry_share : int
        Part of the grant that is carried at the most, of ``burning.WHOLE_SHARE``; or ``NO_LIMIT``.
    carry_for : int
        Periods for which it can be used.
    carried_burns_last : bool
    """

    terms: int
    months: int = 1
    days: int = 0
    on_calendar: bool = False
    first_prorated: bool = False
    last_prorated: bool = False
    carries: bool = False
    carry_at_most: int = NO_LIMIT
    carry_share: int = NO_LIMIT
    carry_for: int = 1
    carried_burns_last: bool = False


@dataclass(frozen=True, slots=True)
class Overage:
    """What is used beyond all blocks of a period (rule B3).

    Attributes
    ----------
    free, at_most : int
        Hundredths of a term; ``burning.NO_LIMIT`` for no limit.
    debt : Debt
    """

    free: int = 0
    at_most: int = NO_LIMIT
    debt: Debt = Debt.BILLED


@dataclass(frozen=True, slots=True)
class Weights:
    """What counts more than once, in hundredths; ``weights.UNWEIGHED`` where it does not (B4).

    Attributes
    ----------
    outside_hours, weekend, holiday : int
    severity : dict
        Severity to weight.
    """

    outside_hours: int = UNWEIGHED
    weekend: int = UNWEIGHED
    holiday: int = UNWEIGHED
    severity: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TopUp:
    """What is sold as a block in another entitlement (rule B6).

    Attributes
    ----------
    adds_to : tuple of str
        Templates of the entitlements that it can be added to.
    own_end : bool
        Whether it ends on its template's own last day; else it ends with the entitlement.
    """

    adds_to: tuple[str, ...]
    own_end: bool = False


@dataclass(frozen=True, slots=True)
class Offering:
    """What is sold beyond a plain total.

    Attributes
    ----------
    unlimited : bool
        Whether there is no total at all (rule B5).
    allowance : Allowance or None
    overage : Overage or None
    at_least, step : int
        Minutes that a resolution bills at least, and in which steps (rule B4); 0 and 1 for as many
        as there are.
    weights : Weights or None
    priority : int
        Its blocks burn before those of a higher one, where blocks or picks are compared.
    price : int
        Of the term, in hundredths of the currency.
    refunds_unused : bool
        Whether a cancellation gives back the price of the days that are left.
    top_up : TopUp or None
    """

    unlimited: bool = False
    allowance: Allowance | None = None
    overage: Overage | None = None
    at_least: int = 0
    step: int = 1
    weights: Weights | None = None
    priority: int = PLAIN_PRIORITY
    price: int = 0
    refunds_unused: bool = False
    top_up: TopUp | None = None

    @property
    def needs_total(self) -> bool:
        """Whether it holds nothing where no total is written."""
        return not self.unlimited and self.allowance is None

    @property
    def keeps_accounts(self) -> bool:
        """Whether periods close or debts are settled."""
        return self.allowance is not None or self.overage is not None


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
    offering : Offering
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
    offering: Offering = Offering()


@dataclass(slots=True)
class Balance:
    """Terms of an entitlement: a block that all cases draw on, or those of one channel.

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
    price : int
        Hundredths of the currency that a top-up has cost; 0 for all others.
    is_over : bool
        Whether it has lapsed: what comes back to it lapses, too.
    settled : int
        Hundredths that were used beyond it and settled.
    opened : int
        How many balances there were at the desk before it; -1 until its first movement.
    """

    kind: BalanceKind
    origin: Origin | None
    starts: date
    ends: date
    total: int
    remaining: int
    priority: int = PLAIN_PRIORITY
    price: int = 0
    is_over: bool = False
    settled: int = 0
    opened: int = -1

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
    blocks : list of Balance
        What all cases draw on, in the order in which it was opened; a blank total counts as 0.
    base_number : int
        Place among these of the one that may fall below zero.
    offering : Offering
    period : int
        Number of the running period of an allowance.
    has_closed : bool
        Whether the last of its periods has.
    accepts_overage : bool
        Whether its customer does; else the gate shuts where nothing is left.
    moved : dict
        Reason to what its movements came to on all blocks together.
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
    account : int or None
        Number of the customer's account that holds it; None where it serves all of them.
    refunded : int
        What its cancellation gave back of the price and those of top-ups, in hundredths of the
        currency.
    """

    id: str
    customer: str
    start: date
    end: date
    allocation: Allocation
    decrease_on: DecreaseOn
    restrict: bool
    blocks: list[Balance]
    base_number: int = 0
    offering: Offering = Offering()
    period: int = 0
    has_closed: bool = False
    accepts_overage: bool = True
    moved: dict[Reason, int] = field(default_factory=dict)
    total_is_blank: bool = False
    channels: dict[Origin, Balance] = field(default_factory=dict)
    products: list[str] = field(default_factory=list)
    contacts: list[str] = field(default_factory=list)
    sla: str | None = None
    template: str | None = None
    predecessor: str | None = None
    state: State = State.DRAFT
    is_default: bool = False
    account: int | None = None
    refunded: int = 0

    @property
    def status(self) -> int:
        """``statuscode`` that goes with the state."""
        return STATUS_OF_STATE[self.state]

    @property
    def balances(self) -> list[Balance]:
        """Every balance of the entitlement, its first block before all others."""
        return [self.blocks[0], *self.channels.values(), *self.blocks[1:]]

    @property
    def base(self) -> Balance:
        """The block that may fall below zero."""
        return self.blocks[self.base_number]

    @property
    def open_blocks(self) -> list[Balance]:
        """Blocks that have not lapsed."""
        return [block for block in self.blocks if not block.is_over]

    @property
    def total(self) -> int:
        """Hundredths of a term on the whole when it was new, granted and topped up so far."""
        granted = (BalanceKind.WHOLE, BalanceKind.ALLOWANCE, BalanceKind.TOPUP)
        return sum(block.total for block in self.blocks if block.kind in granted)

    @property
    def remaining(self) -> int:
        """Hundredths of a term left on the whole; may be negative."""
        return sum(block.remaining for block in self.blocks)

    @property
    def total_terms(self) -> Decimal | None:
        """Terms of the entitlement when it was new, with what came since; None if unlimited."""
        return None if self.offering.unlimited else terms(self.total)

    @property
    def remaining_terms(self) -> Decimal | None:
        """Terms that the entitlement has left; may be negative; None if it is unlimited."""
        return None if self.offering.unlimited else terms(self.remaining)


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
        The channel whose balance it is; None for a block.
    amount : int
        Hundredths of a term.
    block : int
        Place of the block.
    """

    entitlement: str
    origin: Origin | None
    amount: int
    block: int = 0


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
        What it has taken and not given back, blocks first.
    activities : list of Activity
    resolutions : list of int
        Minutes billed by each resolution, in order.
    severity : int or None
    outside_hours, on_holiday : bool
        Whether it was created outside business hours, or on a holiday.
    account : int or None
        Number of the customer's account that writes; None where it has none.
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
    severity: int | None = None
    outside_hours: bool = False
    on_holiday: bool = False
    account: int | None = None

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
        Of the balance that the entry is about: a block, whatever channel moves with it; or a
        channel's own, where that alone moves.
    opened : int
        Which balance of the desk that is.
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
    opened: int
    case: str | None


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of an entitlement's state; `from_state` is None when the record is new."""

    entitlement: str
    on_date: date
    from_state: State | None
    to_state: State
    trigger: Trigger
