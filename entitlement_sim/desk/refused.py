"""The exception that a refused action raises."""

from ..rules.refusals import CATALOGUE
from ..rules.words import Refusal


class Refused(Exception):
    """An action that the rulebook does not allow; it has changed no record.

    Attributes
    ----------
    refusal : Refusal
    name : str
        The catalogue's name, its code where it has no name, empty where it has neither.
    code : int
        Dataverse's error code, 0 where none is published.
    sentence : str
        What happened and what would help.
    record : str
        Id of the record on which the action was tried.

    Examples
    --------
    >>> print(Refused(Refusal.EntitlementAlreadyInDraftState, "E1"))
    E1: The entitlement is a draft already. (EntitlementAlreadyInDraftState, 0x80060614)
    """

    def __init__(self, refusal: Refusal, record: str) -> None:
        entry = CATALOGUE[refusal]
        self.refusal = refusal
        self.name = entry.name
        self.code = entry.code
        self.sentence = entry.sentence
        self.record = record
        super().__init__(refusal, record)

    def __str__(self) -> str:
        code = f"0x{self.code:08X}" if self.code else ""
        name = "" if self.name.startswith("0x") else self.name
        source = ", ".join(part for part in (name, code) if part)
        return f"{self.record}: {self.sentence}" + (f" ({source})" if source else "")


class UnknownRecord(LookupError):
    """An id that stands for no record on the desk."""


def require(refusal: Refusal, record: str) -> None:
    """Raise `Refused` unless `refusal` is `NONE`."""
    if refusal != Refusal.NONE:
        raise Refused(refusal, record)
