"""How a recorded balance can part from the rules: each kind with its rule and its sentence."""

from enum import StrEnum
from typing import Final, NamedTuple


class Kind(StrEnum):
    """What went otherwise than the rules say, at the event after which a balance parts."""

    MISSED_DECREMENT = "missed decrement"
    CHARGED_TWICE = "charged twice"
    REOPENED_NOT_GIVEN_BACK = "reopened and not given back"
    CANCELLED_NOT_GIVEN_BACK = "cancelled and not given back"
    GIVEN_BACK_TWICE = "given back twice"
    REACTIVATED_NOT_CHARGED = "reactivated and not charged"
    PAST_EXPIRY_NOT_CHARGED = "resolved past expiry and not charged"
    WRONG_CHANNEL = "wrong channel"
    CHANNEL_NOT_MOVED = "channel not moved"
    DO_NOT_DECREMENT_CHARGED = "do-not-decrement charged"
    MARKED_NOT_GIVEN_BACK = "marked do-not-decrement and not given back"
    HAND_EDITED = "hand-edited"
    COPIED_BALANCE = "renewed with copied balance"
    ATTACHED_NOT_ACTIVE = "attached while not active"
    REFUSAL_IGNORED = "refusal ignored"
    DEFAULT_SKIPPED = "default skipped"
    ROUNDING = "rounding"
    WRONG_AMOUNT = "wrong amount"
    CHANNEL_ABOVE_TOTAL = "channel above its total"
    REMAINING_ABOVE_TOTAL = "remaining above total"


class Meaning(NamedTuple):
    """What a kind says of an event, and whence.

    Attributes
    ----------
    rule : str
        Id of the rule that says otherwise.
    sentence : str
        What happened, to stand behind the event's name.
    decided_by : str
        The column of an export that shows it.
    """

    rule: str
    sentence: str
    decided_by: str


_REST: Final = "audit rows of remainingterms"
_MARK: Final = "audit rows of isdecrementing"
_EDIT: Final = "audit rows of remainingterms with who changed them"

#: What each kind means.
MEANINGS: Final[dict[Kind, Meaning]] = {
    Kind.MISSED_DECREMENT: Meaning("T1", "the case took nothing", _MARK),
    Kind.CHARGED_TWICE: Meaning("T1", "one event took terms twice", _REST),
    Kind.REOPENED_NOT_GIVEN_BACK: Meaning(
        "T3", "the resolved case was reopened and gave nothing back", _MARK
    ),
    Kind.CANCELLED_NOT_GIVEN_BACK: Meaning(
        "T2", "the case was cancelled and gave nothing back", _MARK
    ),
    Kind.GIVEN_BACK_TWICE: Meaning("T2", "one event gave terms back twice", _REST),
    Kind.REACTIVATED_NOT_CHARGED: Meaning(
        "T2", "the cancelled case was reactivated and took nothing", _MARK
    ),
    Kind.PAST_EXPIRY_NOT_CHARGED: Meaning(
        "M3", "the case was resolved after the last day and took nothing", _MARK
    ),
    Kind.WRONG_CHANNEL: Meaning("C1", "another channel paid than that of the case", _REST),
    Kind.CHANNEL_NOT_MOVED: Meaning("C1", "the whole paid, and its channel did not", _REST),
    Kind.DO_NOT_DECREMENT_CHARGED: Meaning(
        "D1", "the case is marked do-not-decrement and took terms", _MARK
    ),
    Kind.MARKED_NOT_GIVEN_BACK: Meaning(
        "D1", "the active case was marked do-not-decrement and gave nothing back", _MARK
    ),
    Kind.HAND_EDITED: Meaning("T8", "the balance was changed, and by no case", _EDIT),
    Kind.COPIED_BALANCE: Meaning(
        "L10", "the renewed entitlement began with what the old one had left", _REST
    ),
    Kind.ATTACHED_NOT_ACTIVE: Meaning(
        "A1", "the entitlement was not active and served the case", _REST
    ),
    Kind.REFUSAL_IGNORED: Meaning("G1", "no terms were left, and the case was served", _REST),
    Kind.DEFAULT_SKIPPED: Meaning(
        "A4", "the default was active and fitted, and the case goes without", _REST
    ),
    Kind.ROUNDING: Meaning("T6", "the amount was not rounded to the nearest hundredth", _REST),
    Kind.WRONG_AMOUNT: Meaning("T4", "another amount moved than the rules give", _REST),
    Kind.CHANNEL_ABOVE_TOTAL: Meaning("T8", "the channel was set above its total", _EDIT),
    Kind.REMAINING_ABOVE_TOTAL: Meaning("T8", "the balance was set above its total", _EDIT),
}
