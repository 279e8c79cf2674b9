"""Option labels and option numbers, as words of a book."""

from typing import Final

from ...rules.words import ActivityStatus, Allocation, CaseState, DecreaseOn, Origin, State, Word
from .columns import ACTIVITY_STATES, CASE_STATES, ENTITLEMENT_STATES


def _numbered(words: type[Word], labels: tuple[str, ...]) -> dict[str, str]:
    return {str(w.dataverse): label for w, label in zip(words, labels, strict=False)}


#: Labels of origins as a book has them, by their numbers in Dataverse.
ORIGIN_LABELS: Final = ("Phone", "Email", "Web", "Facebook", "Twitter", "IoT")
_ORIGINS: Final = _numbered(Origin, ORIGIN_LABELS) | {
    "telefon": "Phone",
    "telephone": "Phone",
    "phone call": "Phone",
    "e-mail": "Email",
    "mail": "Email",
    "web portal": "Web",
    "x": "Twitter",
    "iot alert": "IoT",
    "internet der dinge": "IoT",
}

_ALLOCATIONS: Final = _numbered(Allocation, ("cases", "hours")) | {
    "number of cases": "cases",
    "number of hours": "hours",
    "anzahl der anfragen": "cases",
    "anzahl an anfragen": "cases",
    "anzahl anfragen": "cases",
    "anzahl der fälle": "cases",
    "anzahl fälle": "cases",
    "anzahl der stunden": "hours",
    "anzahl an stunden": "hours",
    "anzahl stunden": "hours",
    "stundenanzahl": "hours",
}
_DECREASES: Final = _numbered(DecreaseOn, ("resolution", "creation")) | {
    "case resolution": "resolution",
    "case creation": "creation",
    "anfragelösung": "resolution",
    "anfrageauflösung": "resolution",
    "lösung der anfrage": "resolution",
    "falllösung": "resolution",
    "anfrageerstellung": "creation",
    "erstellung der anfrage": "creation",
    "fallerstellung": "creation",
}
_CANCELLED: Final = {
    "canceled": "Cancelled",
    "abgebrochen": "Cancelled",
    "storniert": "Cancelled",
}
_ENTITLEMENT_STATES: Final = (
    _numbered(State, ENTITLEMENT_STATES)
    | _CANCELLED
    | {
        "entwurf": "Draft",
        "aktiv": "Active",
        "abgelaufen": "Expired",
        "wartend": "Waiting",
        "warten": "Waiting",
        "wartet": "Waiting",
    }
)
_CASE_STATES: Final = (
    _numbered(CaseState, CASE_STATES)
    | _CANCELLED
    | {
        "aktiv": "Active",
        "gelöst": "Resolved",
        "aufgelöst": "Resolved",
        "open": "Active",
        "new": "Active",
        "in progress": "Active",
        "on hold": "Active",
        "pending": "Active",
        "hold": "Active",
        "offen": "Active",
        "solved": "Resolved",
        "closed": "Resolved",
        "geschlossen": "Resolved",
    }
)
_ACTIVITY_STATES: Final = (
    _numbered(ActivityStatus, ACTIVITY_STATES)
    | _CANCELLED
    | {
        "3": "Scheduled",
        "offen": "Open",
        "abgeschlossen": "Completed",
        "geplant": "Scheduled",
        "closed": "Completed",
    }
)
_CUSTOMER_TYPES: Final = {
    "1": "account",
    "2": "contact",
    "accounts": "account",
    "contacts": "contact",
    "firma": "account",
    "kontakt": "contact",
}
_OPERATIONS: Final = {
    "1": "create",
    "2": "update",
    "3": "delete",
    "erstellen": "create",
    "aktualisieren": "update",
    "löschen": "delete",
}

_WORDS: Final = {
    ("entitlement", "allocation"): _ALLOCATIONS,
    ("entitlement", "decrease_on"): _DECREASES,
    ("entitlement", "state"): _ENTITLEMENT_STATES,
    ("entitlement", "customertype"): _CUSTOMER_TYPES,
    ("entitlementtemplate", "allocation"): _ALLOCATIONS,
    ("entitlementtemplate", "decrease_on"): _DECREASES,
    ("incident", "customertype"): _CUSTOMER_TYPES,
    ("incident", "state"): _CASE_STATES,
    ("activitypointer", "state"): _ACTIVITY_STATES,
    ("audit", "operation"): _OPERATIONS,
}

#: Flags, in lower case.
FLAGS: Final = {
    **dict.fromkeys(("1", "true", "yes", "y", "ja", "wahr", "t", "oui", "sí", "si", "sim"), True),
    **dict.fromkeys(("0", "false", "no", "n", "nein", "falsch", "f", "non", "não"), False),
}

#: What stands where nothing is known, in lower case.
MISSING: Final = frozenset(
    ("", "?", "-", "\u2013", "null", "(null)", "n/a", "#n/a", "nan", "none", "nil", "nat", "<na>")
)


def words_of(table: str, column: str, words: tuple[str, ...]) -> dict[str, str]:
    """Return the word of each label and number that is known for a column, in lower case."""
    return _WORDS.get((table, column), {}) | {word.casefold(): word for word in words}


def origin_label(text: str) -> str:
    """Return an origin as a book has it: the platform's own by their labels, others as text."""
    text = text.strip()
    folded = text.casefold()
    known = _ORIGINS.get(folded)
    if known is not None:
        return known
    return _OWN_LABELS.get(folded, text)


_OWN_LABELS: Final = {label.casefold(): label for label in ORIGIN_LABELS}

#: Types of entity and allocations of Field Service, whose rows are about work orders.
WORK_ORDER: Final = frozenset(("192350000", "work order", "arbeitsauftrag"))
WORK_ORDER_ALLOCATIONS: Final = frozenset(
    ("192350000", "192350001", "discount %", "rabatt %", "price list", "preisliste")
)
