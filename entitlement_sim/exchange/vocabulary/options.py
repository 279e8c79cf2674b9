"""Numbers and labels of choices in Dataverse: those of the words that a book has."""

from typing import Final

from ...rules.words import ActivityStatus, Allocation, CaseState, DecreaseOn, Origin, State, Word
from .columns import ACTIVITY_STATES, CASE_STATES, ENTITLEMENT_STATES
from .labels import ORIGIN_LABELS

#: Status reasons of a case, by their numbers.
STATUS_REASONS: Final = {
    1: "In Progress",
    2: "On Hold",
    3: "Waiting for Details",
    4: "Researching",
    5: "Problem Solved",
    1000: "Information Provided",
    6: "Canceled",
    2000: "Merged",
}

#: The first number that a maker's own choices get.
_FIRST_OWN: Final = 100_000_000


def _numbers(words: type[Word], labels: tuple[str, ...]) -> dict[str, int]:
    return {
        label: word.dataverse
        for word, label in zip(words, labels, strict=False)
        if word.dataverse is not None
    }


ORIGINS: Final = _numbers(Origin, ORIGIN_LABELS)
_ALLOCATIONS: Final = _numbers(Allocation, ("cases", "hours"))
_DECREASES: Final = _numbers(DecreaseOn, ("resolution", "creation"))

#: Numbers of the words of a book, by table and column.
NUMBERS: Final[dict[tuple[str, str], dict[str, int]]] = {
    ("entitlement", "allocation"): _ALLOCATIONS,
    ("entitlement", "decrease_on"): _DECREASES,
    ("entitlement", "state"): _numbers(State, ENTITLEMENT_STATES),
    ("entitlementchannel", "channel"): ORIGINS,
    ("entitlementtemplate", "allocation"): _ALLOCATIONS,
    ("entitlementtemplate", "decrease_on"): _DECREASES,
    ("entitlementtemplatechannel", "channel"): ORIGINS,
    ("incident", "origin"): ORIGINS,
    ("incident", "state"): _numbers(CaseState, CASE_STATES),
    ("incident", "statusreason"): {label: number for number, label in STATUS_REASONS.items()},
    ("activitypointer", "state"): {
        **_numbers(ActivityStatus, ACTIVITY_STATES),
        "Scheduled": 3,
    },
    ("audit", "operation"): {"create": 1, "update": 2, "delete": 3},
}

#: How a live system shows the words of a book that it calls otherwise.
LABELS: Final = {
    "cases": "Number of cases",
    "hours": "Number of hours",
    "resolution": "Case Resolution",
    "creation": "Case Creation",
    "Cancelled": "Canceled",
    "account": "Account",
    "contact": "Contact",
    "create": "Create",
    "update": "Update",
    "delete": "Delete",
}


def labelled(name: str, number: str | None, label: str | None) -> str | None:
    """Return what an origin or a status reason is: of the platform's own the word, else its label.

    Parameters
    ----------
    name : str
        Logical name of the column.
    number : str or None
    label : str or None
        As an export shows it to somebody, in whatever language.

    Examples
    --------
    >>> labelled("caseorigincode", "2", "E-Mail"), labelled("caseorigincode", "100000001", "Fax")
    ('Email', 'Fax')
    >>> labelled("statuscode", "5", None), labelled("channel", "100000001", None)
    ('Problem Solved', '100000001')
    """
    if number is None:
        return label
    if name == "statuscode":
        known = STATUS_REASONS.get(int(number)) if number.isascii() and number.isdigit() else None
    else:
        known = _ORIGIN_OF.get(number)
    return known or label or number


_ORIGIN_OF: Final = {str(number): label for label, number in ORIGINS.items()}


def own_numbers(labels: set[str], known: dict[str, int]) -> dict[str, int]:
    """Return the number of each label: those of the platform, and for others numbers of one's own.

    Examples
    --------
    >>> own_numbers({"Phone", "Fax", "Chat"}, {"Phone": 1, "Email": 2})
    {'Phone': 1, 'Email': 2, 'Chat': 100000000, 'Fax': 100000001}
    """
    others = sorted(labels - known.keys())
    return known | {label: _FIRST_OWN + place for place, label in enumerate(others)}
