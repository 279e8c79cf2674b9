"""The rulebook as the engine calls it: its functions compiled, its words as codes."""

from typing import Final

from ..population.compiling import compile_rules
from ..rules import allotment, lifecycle, renewal
from .tables import ENUMS

compile_rules(allotment, lifecycle, renewal)


def _code(enumeration: str, word: str) -> int:
    return ENUMS[enumeration].index(word)


# Codes of the words that the engine writes.
CREATED: Final = _code("trigger", "created")
ACTIVATED: Final = _code("trigger", "activated")
STARTED: Final = _code("trigger", "started")
EXPIRED: Final = _code("trigger", "expired")
DEACTIVATED: Final = _code("trigger", "deactivated")
CANCELLED: Final = _code("trigger", "cancelled")
RENEWED: Final = _code("trigger", "renewed")

ALLOT: Final = _code("reason", "allot")
CONSUME: Final = _code("reason", "consume")
RESTORE: Final = _code("reason", "restore")
ADJUST: Final = _code("reason", "adjust")
REFUSED: Final = _code("reason", "refused")

T1: Final = _code("rule", "T1")
T2: Final = _code("rule", "T2")
T3: Final = _code("rule", "T3")
T4: Final = _code("rule", "T4")
T8: Final = _code("rule", "T8")
G1: Final = _code("rule", "G1")

BY_EXPIRY: Final = _code("ended_by", "expiry")
BY_CANCELLATION: Final = _code("ended_by", "cancellation")

COVERED: Final = _code("outcome", "covered")
UNCOVERED: Final = _code("outcome", "uncovered")
TURNED_AWAY: Final = _code("outcome", "turned_away")
