"""The rulebook one record at a time: the desk, its records, and the player of stories."""

from .desk import Desk
from .records import Case, Entitlement, EntitlementTemplate, LedgerEntry, Transition
from .refused import Refused, UnknownRecord
from .stories import StoryResult, play, play_stories

__all__ = [
    "Case",
    "Desk",
    "Entitlement",
    "EntitlementTemplate",
    "LedgerEntry",
    "Refused",
    "StoryResult",
    "Transition",
    "UnknownRecord",
    "play",
    "play_stories",
]
