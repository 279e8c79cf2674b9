"""From a book to a scenario: estimates of demand, durations and renewals, and how sure they are."""

from .fitted import Fitted, fit
from .identifying import Identified, identify
from .seen import COLUMNS

__all__ = ["COLUMNS", "Fitted", "Identified", "fit", "identify"]
