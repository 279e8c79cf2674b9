"""Columns of the tables of a history, which the replay plays and an imported run keeps."""

from typing import Final

from ..rules.balances import PLAIN_PRIORITY
from ..rules.periods import OPEN_END
from ..rules.words import NOTHING, UNWRITTEN
from .tables import NO_TIME

#: Anchor of an entitlement of which it is known that it counts no months: it ends with another one.
NO_MONTHS: Final = NO_TIME + 1

#: Defaults of the columns that have any, by table, in the order of the columns; None: it has none.
COLUMNS: Final[dict[str, dict[str, int | float | None]]] = {
    "customers": {"joined": None, "segment": 0, "cases_per_year": 0.0, "keeps_default": 0},
    "terms": {
        "allocation": None, "decrease_on": None, "restrict": None, "total": None, "price": 0,
        "template": 0, "as_sold": 0,
    },
    "channels": {"terms": None, "origin": None, "total": None},
    "listed_products": {"terms": None, "product": None},
    "listed_contacts": {"terms": None, "contact": None},
    "entitlements": {
        "customer": None, "terms": None, "start": None, "end": None, "predecessor": -1,
        "anchor": NO_TIME, "account": -1,
    },
    "bookings": {
        "day": None, "minute": -1, "action": None, "entitlement": None, "origin": -1, "amount": 0,
        "ends": OPEN_END, "priority": PLAIN_PRIORITY, "price": 0,
    },
    "cases": {
        "customer": None, "created": None, "wants": NOTHING, "origin": -1, "product": -1,
        "contact": -1, "decrement": 1, "leaves": 0, "responded_after": -1, "severity": 0,
        "account": -1,
    },
    "events": {
        "case": None, "at": None, "move": None, "minutes": 0, "billed": -1,
        "customer": UNWRITTEN, "entitlement": UNWRITTEN, "contact": UNWRITTEN,
        "product": UNWRITTEN, "origin": UNWRITTEN, "decrement": UNWRITTEN, "into": -1,
    },
}  # fmt: skip
