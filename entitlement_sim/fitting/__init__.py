"""From a book to a scenario: estimates of demand, durations and renewals, and how sure they are."""

from .fitted import Fitted, fit
from .seen import COLUMNS

__all__ = ["COLUMNS", "Fitted", "fit"]
