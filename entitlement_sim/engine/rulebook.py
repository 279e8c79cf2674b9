"""The rulebook as the engine calls it: the functions of ``rules``, compiled."""

from ..population.compiling import compile_rules
from ..rules import allotment, lifecycle, renewal

compile_rules(allotment, lifecycle, renewal)

# Codes of words that the engine writes (their places in ``tables.ENUMS``).
CREATED = 0
ACTIVATED = 1
STARTED = 2
EXPIRED = 3
DEACTIVATED = 4
CANCELLED = 5
RENEWED = 6

ALLOT = 0
CONSUME = 1
RESTORE = 2
ADJUST = 3
REFUSED = 9

T1 = 0
T2 = 1
T3 = 2
T4 = 3
T8 = 4
G1 = 5

BY_EXPIRY = 0
BY_CANCELLATION = 1

COVERED = 0
UNCOVERED = 1
TURNED_AWAY = 2
