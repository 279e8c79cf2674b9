"""The ids of the rulebook: what a ledger row, a refusal or a story means by ``T1`` or ``Q8``.

The statements paraphrase the product's public documentation; where that can be read two ways, a
question (``Q…``) names the switch of :class:`~entitlement_sim.rules.settings.Settings` that
selects the other reading, and what no source speaks of stands in :data:`SILENT`.
"""

from typing import Final, NamedTuple

from .words import SWITCHES

#: Every rule with its statement in one line.
RULES: Final[dict[str, str]] = {
    "L1": "a new entitlement is a draft; its states are draft, active, cancelled, expired, waiting",
    "L2": "only a draft can be activated; its dates decide where it lands",
    "L3": "start and end day are both covered; it expires on the day after its end",
    "L4": "deactivating an active or waiting entitlement makes it a draft again",
    "L5": "only an active or waiting entitlement can be cancelled",
    "L6": "only the system expires an entitlement",
    "L7": "an active or waiting entitlement cannot be deleted; others go with their channels",
    "L8": "fields, lists and channel rows are edited in draft only",
    "L9": "renewing an expired or cancelled entitlement makes a draft from today, as long in days",
    "L10": "renewing leaves the old record as it is and gives the new one all its terms",
    "T1": "a case takes one term: when it gets the entitlement, or when it is resolved",
    "T2": "on creation: a cancelled case gives its term back, reactivated it takes one again",
    "T3": "on resolution: a resolved case that is reactivated gives back what it took",
    "T4": "hours decrease on resolution; sixty minutes are one term",
    "T5": "hours are the billable time, by default the minutes of the completed activities",
    "T6": "amounts have two decimals, rounded to nearest",
    "T7": "totals in cases are whole; totals in hours may have a fraction",
    "T8": "what remains starts at the total, may fall below zero, never exceeds the total by hand",
    "G1": "a restricting entitlement without terms, overall or on the channel, takes no case",
    "G2": "terms are checked when a case attaches, never when it is resolved",
    "G3": "without restriction the balance may fall below zero",
    "C1": "the case's origin picks the channel row; overall and row move together",
    "C2": "a channel without a row passes and moves the overall balance only",
    "C3": "a channel holds at most the overall total; sums do not count; one row a channel",
    "C4": "a changed origin is not checked again",
    "A1": "only an active entitlement of the case's own customer serves it",
    "A2": "a list of contacts or products restricts, an empty one means all; a case's contact "
    "belongs to its customer",
    "A3": "a customer has one default entitlement, and it must be active to become that",
    "A4": "the default comes in on create; on update if customer, contact or product change; one "
    "that fits but is empty refuses the new case",
    "A5": "a changed customer clears the entitlement",
    "D1": "a case marked do-not-decrement takes nothing, and while active gives its creation term "
    "back; undoing it works on resolution only, until then",
    "D2": "marking a case do-not-decrement needs the privilege",
    "M1": "merging cancels the merged cases; their activities and children move to the one that "
    "stays; children of different parents are not merged",
    "M2": "parent and child cases pay for themselves and, unless a setting says otherwise, close "
    "separately; cases nest one level deep, at most a hundred children a parent",
    "M3": "what happens to a case later still moves an entitlement that has ended",
    "P1": "a template fills dates, SLA, allocation, total, restriction, channels and products",
    "S1": "the entitlement's SLA reaches the case; knowledge access moves no terms",
    "B1": "an allowance grants so many terms every period, counted from the start; what a period "
    "has left lapses at its close, or is carried over as far as that is allowed",
    "B2": "of several blocks the first by priority, then by end and start pays; what comes back "
    "goes where it was taken, and lapses where that is over",
    "B3": "with overage, what is used beyond all blocks is settled when the period closes: billed, "
    "forgiven or carried into the next one",
    "B4": "minutes are billed in steps; of the weights of a case the largest counts",
    "B5": "an unlimited entitlement has neither total nor rest; its channels still have theirs",
    "B6": "what an account of a customer holds serves its own cases only, and is refused to others "
    "as another customer's is; what no account holds serves all; each account has a default",
}

#: Questions that the sources leave open, the last of them.
_LAST_QUESTION: Final = 24

#: Every question with the names of its switches; of those without any, no other reading is known.
QUESTIONS: Final[dict[str, tuple[str, ...]]] = {
    f"Q{number}": tuple(
        name for name, switch in SWITCHES.items() if switch.question == f"Q{number}"
    )
    for number in range(1, _LAST_QUESTION + 1)
}


class Silence(NamedTuple):
    """What is done where no source says anything, and no switch says otherwise.

    Attributes
    ----------
    sentence : str
    shown_by : str
        The story that shows it, as ``file: name`` in ``tests/stories``.
    """

    sentence: str
    shown_by: str


#: What the rules do where their sources are silent.
SILENT: Final[tuple[Silence, ...]] = (
    Silence(
        "A total and a rest that are written in one edit both count as they are written; a total "
        "that is written alone moves the rest by as much.",
        "terms: a total and a rest that are written in one edit both count as they are written",
    ),
    Silence(
        "By hand the rest is never set below zero, although cases may bring it there.",
        "terms: by hand the rest lies between nothing and the total",
    ),
    Silence(
        "A template is refused what no entitlement made from it could hold: a start after its end, "
        "a total or channel out of bounds, a channel above the total or with a fraction of a case.",
        "templates: a template is refused what no entitlement could hold",
    ),
    Silence(
        "A draft with a blank total cannot come to restrict cases by an edit either.",
        "terms: a blank total counts as none where cases are not restricted, and is refused where "
        "they are",
    ),
    Silence(
        "A draft that gets another customer loses the default mark, and is refused while it lists "
        "contacts of the old one.",
        "lifecycle: a draft that gets another customer is no longer the default and lists none of "
        "the old contacts",
    ),
    Silence(
        "Listing a contact or product a second time changes nothing.",
        "lifecycle: a contact or product that is listed twice stands there once",
    ),
    Silence(
        "Writing the mark do-not-decrement as it stands already needs no privilege.",
        "case-operations: both directions of do-not-decrement need the privilege, other updates do "
        "not",
    ),
    Silence(
        "A case that is marked do-not-decrement and moved to another entitlement in one save gives "
        "its term back by leaving, so that it is the switch of leaving that can keep it.",
        "case-operations: a case that is marked and moved in one save leaves its term with the "
        "entitlement that it leaves",
    ),
    Silence(
        "Marking a closed case moves nothing, and neither does reopening it; a mark that is set "
        "anew after that gives back what the case then holds.",
        "case-operations: marking a closed case do-not-decrement moves nothing",
    ),
    Silence(
        "A resolved case, too, takes only a contact or product that its entitlement lists.",
        "applicability: a resolved case, too, takes only a contact whom its entitlement lists",
    ),
    Silence(
        "An entitlement that is taken away is no choice of another one: a save that does so and "
        "changes the contact, the product or the customer brings the default in, and charges it.",
        "applicability: emptying the entitlement and changing the contact in one save brings the "
        "default in again",
    ),
    Silence(
        "A changed customer does not take the contact away: a save that leaves a contact of the "
        "old customer there is refused.",
        "applicability: the contact of a case is one of its customer's",
    ),
    Silence(
        "An update that leaves the entitlement as it is moves no terms, even where the case holds "
        "some of another one that it left while it was closed; cancelling gives those back.",
        "case-operations: an update that leaves the entitlement alone moves nothing, even of a "
        "case that still holds a term of another one",
    ),
    Silence(
        "A case that is reopened after it was resolved, uses an entitlement that decreases on "
        "creation and holds no term of it, as it was moved or its mark was lifted meanwhile, takes "
        "none: reactivating a resolved case takes none on creation. The ledger says so by an entry "
        "of nothing.",
        "case-operations: a resolved case that was moved and reopened goes free, and says so in "
        "the ledger",
    ),
    Silence(
        "Where a reactivation passes the gate, only what the case gives back to the balances that "
        "it will use again opens it.",
        "switches: Q11 switched, terms that come back to another channel or entitlement open no "
        "gate",
    ),
    Silence(
        "Where resolved cases are not locked, they take updates and activities, but are neither "
        "merged nor resolved once more: they are not active.",
        "switches: Q24 as recommended, a resolved case can be updated and worked on, and no term "
        "moves",
    ),
    Silence(
        "Nobody but active cases merges: a closed case among those to be merged is refused because "
        "it cannot be cancelled; one that is to stay, without a name.",
        "case-operations: closed cases cannot be merged, because merging cancels",
    ),
    Silence(
        "A merge moves closed children, too; a child and a case without a parent can be merged, "
        "and a child into its own parent.",
        "case-operations: children of one parent can be merged, those of two cannot",
    ),
    Silence(
        "A child takes over no children by a merge, not even from its own parent.",
        "case-operations: a child takes over no children by a merge, not even its brothers and "
        "sisters",
    ),
    Silence(
        "Children that close with their parent are resolved by their own work, whatever minutes "
        "are entered for the parent; open work of one of them refuses it all.",
        "case-operations: children that close with their parent each pay their own hours, unless "
        "one has open work",
    ),
    Silence(
        "Of two refusals that are due at once, the first of these is given: the lock, the "
        "privilege, the parent, the contact; then of the entitlement its state, whether it fits, "
        "its terms.",
        "applicability: of two refusals that are due, that of the state comes first, then the "
        "match, then the terms",
    ),
)
