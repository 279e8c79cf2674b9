"""Version of the rulebook, kept in every run."""

from typing import Final

#: Raised when a rule gives another outcome than before for the same case.
RULEBOOK_VERSION: Final = "1.1"
