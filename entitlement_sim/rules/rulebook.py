"""The ids of the rulebook: what a ledger row, a refusal or a story means by ``T1`` or ``Q8``.

The statements paraphrase the product's public documentation; where that can be read two ways, a
question (``Q…``) names the switch of :class:`~entitlement_sim.rules.settings.Settings` that
selects the other reading.
"""

from typing import Final

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
