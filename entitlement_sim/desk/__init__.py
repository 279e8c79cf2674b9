"""The rulebook one record at a time: the desk, its records, and the player of stories."""

from .desk import Desk
from .records import Case, Entitlement, LedgerEntry, Template, Transition
from .refused import Refused, UnknownRecord

__all__ = [
    "Case",
    "Desk",
    "Entitlement",
    "LedgerEntry",
    "Refused",
    "Template",
    "Transition",
    "UnknownRecord",
]
