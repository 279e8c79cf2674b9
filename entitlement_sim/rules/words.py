"""Every word of the product and of a run, once: its code, its label, its number in Dataverse.

A word is a member of an ``IntEnum``: the desk reads it as a name, the engine as a small code in a
column, DuckDB as a label of an ``ENUM``, and whoever talks to Dataverse as its number there. All
lists of words elsewhere are made from these; their order here is the order of their codes.
"""

from enum import IntEnum
from typing import Final, NamedTuple, Self


class Word(IntEnum):
    """A word whose value is its code.

    Attributes
    ----------
    label : str
        How people and DuckDB write it.
    dataverse : int or None
        Its number in Dataverse's option set; None where Dataverse has no such word.
    """

    dataverse: int | None

    def __new__(cls, code: int, dataverse: int | None = None) -> Self:
        """Make a member of a code and, where there is one, its number in Dataverse."""
        word = int.__new__(cls, code)
        word._value_ = code
        word.dataverse = dataverse
        return word

    @property
    def label(self) -> str:
        """How people and DuckDB write the word."""
        return self.name.lower()

    def __str__(self) -> str:
        return self.label

    def __format__(self, spec: str) -> str:
        return f"{self.label:{spec}}"


def labels(words: type[Word]) -> tuple[str, ...]:
    """Return the labels of an enumeration's words, in the order of their codes."""
    return tuple(word.label for word in words)


# --------------------------------------------------------------------------- entitlements


class State(Word):
    """``entitlement.statecode`` (rule L1)."""

    DRAFT = 0, 0
    ACTIVE = 1, 1
    CANCELLED = 2, 2
    EXPIRED = 3, 3
    WAITING = 4, 4


#: ``entitlement.statuscode`` of each state: the only status reason that the state has (rule L1).
STATUS_OF_STATE: Final = {
    State.DRAFT: 0,
    State.ACTIVE: 1,
    State.CANCELLED: 2,
    State.EXPIRED: 3,
    State.WAITING: 1200,
}


class Trigger(Word):
    """What moved an entitlement from one state to another."""

    CREATED = 0
    ACTIVATED = 1
    STARTED = 2
    EXPIRED = 3
    DEACTIVATED = 4
    CANCELLED = 5
    RENEWED_OLD_CANCELLED = 6


class EndedBy(Word):
    """What ended an entitlement."""

    EXPIRY = 0
    CANCELLATION = 1


class Allocation(Word):
    """``entitlement.allocationtypecode``: what one term is."""

    CASES = 0, 0
    HOURS = 1, 1


class DecreaseOn(Word):
    """``entitlement.decreaseremainingon``: the case event that takes terms."""

    RESOLUTION = 0, 0
    CREATION = 1, 1


class BalanceKind(Word):
    """What a balance of an entitlement is for: all its cases, or those of one channel.

    For all cases are the whole, or in its place what a period of an allowance grants; what was
    carried over from earlier periods; and what was topped up.
    """

    WHOLE = 0
    CHANNEL = 1
    ALLOWANCE = 2
    CARRIED = 3
    TOPUP = 4


class Debt(Word):
    """What becomes of what was used beyond all that a period had."""

    BILLED = 0
    FORGIVEN = 1
    CARRIED = 2  # the next period begins with it


class Reason(Word):
    """What kind of movement a row of the ledger is."""

    ALLOT = 0
    CONSUME = 1
    RESTORE = 2
    ADJUST = 3
    TOPUP = 4
    ROLLOVER_IN = 5
    ROLLOVER_OUT = 6
    EXPIRE = 7
    VOID = 8
    REFUSED = 9
    BROUGHT_FORWARD = 10  # what earlier movements, which are not told, came to
    CORRECT = 11  # what somebody wrote into a balance, past the product's checks
    OVERAGE = 12  # used beyond what there was, and settled by a bill
    FORGIVEN = 13  # used beyond what there was, and never paid


class RuleId(Word):
    """Ids of the rules that rows of the ledger bear; ``rulebook.RULES`` says what each states."""

    T1 = 0
    T2 = 1
    T3 = 2
    T4 = 3
    T8 = 4
    G1 = 5
    M1 = 6
    D1 = 7
    B1 = 8
    B2 = 9
    B3 = 10
    B6 = 11
    L8 = 12

    @property
    def label(self) -> str:
        """The id as the rulebook writes it."""
        return self.name


# ----------------------------------------------------------------------------------- cases


class Origin(Word):
    """``incident.caseorigincode`` and ``entitlementchannel.channel``: one shared option set."""

    PHONE = 0, 1
    EMAIL = 1, 2
    WEB = 2, 3
    FACEBOOK = 3, 2483
    TWITTER = 4, 3986
    IOT = 5, 700610000


#: How many origins there are: the length of a row with one number for each.
ORIGINS: Final = len(Origin)


class CaseState(Word):
    """``incident.statecode``."""

    ACTIVE = 0, 0
    RESOLVED = 1, 1
    CANCELLED = 2, 2


class CaseStatus(IntEnum):
    """``incident.statuscode`` of the status reasons that the rules set, by its numbers."""

    IN_PROGRESS = 1
    PROBLEM_SOLVED = 5
    CANCELED = 6
    MERGED = 2000


class ActivityStatus(Word):
    """``activitypointer.statecode`` of an activity that regards a case."""

    OPEN = 0, 0
    COMPLETED = 1, 1
    CANCELLED = 2, 2


class Outcome(Word):
    """What became of a case: covered by an entitlement, worked without one, or not worked."""

    COVERED = 0
    UNCOVERED = 1
    TURNED_AWAY = 2


class CaseEvent(Word):
    """What can be read of a case's life in the view ``case_events``."""

    CREATED = 0
    ATTACHED = 1
    REFUSED = 2
    RESOLVED = 3
    CANCELLED = 4
    REACTIVATED = 5


class CaseMove(Word):
    """What the people at a desk do with a case after its creation."""

    RESOLVE = 0
    CANCEL = 1
    REACTIVATE = 2
    OPT_OUT = 3  # mark it do-not-decrement
    OPT_IN = 4  # lift that mark
    SAVE = 5  # write some of its fields: entitlement, customer, contact, product, origin, mark
    MERGE = 6  # merge it into another one
    DELETE = 7
    WORK = 8  # complete an activity


class Charge(Word):
    """Events at which a case can take terms."""

    ON_ATTACH = 0
    ON_RESOLUTION = 1
    ON_REACTIVATION = 2


class Refund(Word):
    """Events at which a case can give terms back."""

    ON_CANCELLATION = 0
    ON_REACTIVATION = 1
    ON_MERGE = 2
    ON_DETACH = 3
    ON_OPT_OUT = 4


class Pick(Word):
    """Which entitlement a case takes: the customer's default, or the fitting ones in an order."""

    DEFAULT = 0
    SOONEST_ENDING = 1
    MOST_REMAINING = 2
    FIRST_FITTING = 3


class PickKey(Word):
    """What a list of picks compares; ``picking.pick_key`` says how."""

    PRIORITY = 0
    FREE_FIRST = 1
    NARROWEST = 2
    SOONEST_ENDING = 3
    MOST_REMAINING = 4
    OLDEST = 5


#: How many keys there are: the length of a row with one place for each.
PICK_KEYS: Final = len(PickKey)

#: What the orders that have a word of their own compare; what is made first comes first of equals.
KEYS_OF_PICK: Final = {
    Pick.DEFAULT: (),
    Pick.SOONEST_ENDING: (PickKey.SOONEST_ENDING,),
    Pick.MOST_REMAINING: (PickKey.MOST_REMAINING,),
    Pick.FIRST_FITTING: (),
}


class Applies(Word):
    """Whom a revised offering reaches from its day on."""

    NEW = 0  # what is sold from then on
    AT_RENEWAL = 1  # and what is renewed from then on
    ALL = 2  # and what is open on that day, by an edit


class RunsOut(Word):
    """When a customer has run out of terms, so that it may buy more."""

    EMPTY = 0  # a charge has left nothing
    REFUSED = 1  # a case is about to be refused for want of terms
    LEFT = 2  # a charge has left so much or less


#: In place of an entitlement asked for: the case takes what its segment usually picks.
BY_CUSTOM: Final = -2
#: In place of an entitlement asked for: the case is created without one.
NOTHING: Final = -1
#: In place of a field of a save: it is not written.
UNWRITTEN: Final = -3


# ----------------------------------------------------------------------------------- a day


class Action(Word):
    """What can be booked for a day."""

    DECIDE = 0  # how does the customer of this ended entitlement lean?
    SELL = 1  # make an entitlement of a holding and put it to work
    RENEW_AND_SELL = 2
    ACTIVATE = 3
    AMEND = 4  # deactivate, change the total, activate again
    CANCEL = 5
    CREATE = 6
    RENEW = 7
    DEACTIVATE = 8
    EDIT = 9
    SET_DEFAULT = 10
    DELETE = 11
    CORRECT = 12  # write a balance, past all checks
    BRING_FORWARD = 13  # say what a balance was, whatever moved it until then
    CLOSE_PERIOD = 14  # of an allowance, and open the next one
    GIVE_NOTICE = 15  # or let the time for it pass: what becomes of it after its end?
    LAPSE = 16  # of a top-up that ends before its entitlement
    TOP_UP = 17  # add a block to an entitlement
    BUY_MORE = 18  # what was ordered when terms had run out
    REVISE = 19  # deactivate, edit as its offering is revised, activate again


class Decision(Word):
    """What the customer of an entitlement has decided about the time after its end."""

    NONE = 0
    LEAVE = 1
    RENEW = 2


class Rank(Word):
    """The order of a day's bookings; of one rank, what was booked first is done first."""

    DECISIONS = 0
    PERIODS = 1  # close the old one, open the new one
    LAPSES = 2  # of top-ups
    SALES = 3  # renewals are sales, too, and so is what is bought because terms ran out
    ACTIVATIONS = 4  # of drafts that somebody forgot, or that an amendment left
    AMENDMENTS = 5  # and what is revised with its offering
    CANCELLATIONS = 6


# ------------------------------------------------------------------------------------ a run


class Source(Word):
    """Where the rows of a run come from."""

    SIMULATED = 0
    IMPORTED = 1


class Refusal(Word):
    """Why an action was refused; the members carry the catalogue's names, ``NONE`` is "go ahead".

    The codes are local, so that they fit a column; ``refusals.CATALOGUE`` has Dataverse's numbers.
    """

    NONE = 0
    EntitlementInvalidStartEndDate = 1
    EntitlementInvalidState = 2
    InvalidChannelOrigin = 3
    EntitlementChannelInvalidState = 4
    EntitlementInvalidTerms = 5
    InvalidEntitlementChannelTerms = 6
    InvalidEntitlementActivate = 7
    InvalidEntitlementCancel = 8
    InvalidEntitlementDeactivate = 9
    InvalidEntitlementAssociationToCase = 10
    InvalidEntitlementRenew = 11
    InvalidEntitlementStateAssociateToCase = 12
    EntitlementChannelWithoutEntitlementId = 13
    EntitlementEditDraft = 14
    EntitlementAlreadyInDraftState = 15
    EntitlementAlreadyInactiveState = 16
    EntitlementNotActiveInAssociationToCase = 17
    InvalidEntitlementExpire = 18
    EntitlementTotalTerms = 19
    EntitlementTemplateTotalTerms = 20
    EntitlementBlankTerms = 21
    EntitlementInvalidRemainingTerms = 22
    InvalidEntitlementTotalTerms = 23
    InvalidEntitlementContacts = 24
    EntitlementAlreadyInCanceledState = 25
    InvalidEntitlementForSelectedCustomerOrProduct = 26
    CannotSetEntitlementTermsDecrementBehavior = 27
    CannotUpdateEntitlement = 28
    CloseActiveChildCaseFirst = 29
    OpenActivities = 30
    HoursDecreaseOnResolution = 31
    CaseNotActive = 32
    CaseAlreadyActive = 33
    MultilevelParentChildRelationshipNotAllowed = 34
    ChannelMissing = 35
    NegativeTotalTerms = 36
    RequiredFieldMissing = 37
    CannotCreateCase = 38
    CancelActiveChildCaseFirst = 39
    NoIncidentMergeHavingSameParent = 40
    MaxChildCasesLimitExceeded = 41
    ParentCaseNotAllowedAsAChildCase = 42
    InvalidPrimaryContactBasedOnAccount = 43
    InvalidPrimaryContactBasedOnContact = 44
    CannotMergeCase = 45
    CaseAlreadyResolved = 46

    @property
    def label(self) -> str:
        """The catalogue's name."""
        return self.name


#: Types of DuckDB's enumerations, by name; that of ``refusal`` has no label for ``NONE``.
ENUMERATIONS: Final[dict[str, type[Word]]] = {
    "allocation": Allocation,
    "decrease_on": DecreaseOn,
    "origin": Origin,
    "entitlement_state": State,
    "ended_by": EndedBy,
    "balance_kind": BalanceKind,
    "trigger": Trigger,
    "case_state": CaseState,
    "outcome": Outcome,
    "refusal": Refusal,
    "reason": Reason,
    "rule": RuleId,
    "case_event": CaseEvent,
}


# --------------------------------------------------------------------------------- switches


class Switch(NamedTuple):
    """A switch of the rulebook.

    Attributes
    ----------
    question : str
        The question that it answers otherwise; empty for a setting of the product itself.
    in_scenario : bool
        Whether a scenario can set it: most questions about how records are edited by hand have no
        place in a simulation.
    in_engine : bool
        Whether the engine hands it to a rule at each case or renewal.
    """

    question: str
    in_scenario: bool = False
    in_engine: bool = False


#: Every switch by its name, in the order of the questions.
SWITCHES: Final[dict[str, Switch]] = {
    "auto_apply_on_create": Switch(""),
    "auto_apply_on_update": Switch(""),
    "close_children_with_parent": Switch(""),
    "children_block_parent": Switch(""),
    "gate_literal_below_zero": Switch("Q1", in_scenario=True, in_engine=True),
    "minimal_dialog_bills_zero": Switch("Q2", in_scenario=True, in_engine=True),
    "renew_marks_old_cancelled": Switch("Q3", in_scenario=True, in_engine=True),
    "renew_copies_remaining": Switch("Q4", in_scenario=True, in_engine=True),
    "allow_blank_total": Switch("Q6", in_scenario=True),
    "refund_on_detach": Switch("Q8"),
    "gate_on_reactivate": Switch("Q11", in_scenario=True, in_engine=True),
    "exclude_billed_minutes": Switch("Q12", in_scenario=True, in_engine=True),
    "default_failure_blocks": Switch("Q14", in_scenario=True, in_engine=True),
    "tz": Switch("Q15"),  # a scenario says it as its calendar's zone
    "job_time": Switch("Q15", in_scenario=True),
    "utc_midnight_mode": Switch("Q15", in_scenario=True),
    "contact_rolls_up_to_account": Switch("Q21"),
    "opt_out_keeps_charge": Switch("Q22", in_scenario=True, in_engine=True),
    "empty_default_is_skipped": Switch("Q23", in_scenario=True, in_engine=True),
    "resolved_cases_locked": Switch("Q24", in_scenario=True, in_engine=True),
}
