"""The answer key of a book with faults: which there are, where, and what they come to."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ..publishing.placing import new_file
from ..rules.amounts import hundredths, terms
from .kinds import Kind
from .planting import Fault

_FORMAT: Final = 1


class KeyFileError(Exception):
    """A file is no answer key; the message says why and what to do."""


@dataclass(frozen=True)
class AnswerKey:
    """Which faults were planted into a book.

    Attributes
    ----------
    book : str
        Its name.
    seed : int
    faults : tuple of Fault
        Sorted; a fault that moves several balances of an entitlement has one entry for each.
    """

    book: str
    seed: int
    faults: tuple[Fault, ...]

    def text(self) -> str:
        """Return the key as a text of JSON: the same for the same faults."""
        document = {
            "format": _FORMAT,
            "book": self.book,
            "seed": self.seed,
            "faults": [
                fault._asdict() | {"kind": str(fault.kind), "amount": str(terms(fault.amount))}
                for fault in self.faults
            ],
        }
        return json.dumps(document, ensure_ascii=False, indent=1) + "\n"

    def digest(self) -> str:
        """Return the SHA-256 of the text, which seals it."""
        return hashlib.sha256(self.text().encode()).hexdigest()

    def write(self, place: Path) -> None:
        """Write the key into a file, whole or not at all.

        Raises
        ------
        PlacingError
            The file cannot be written.
        """
        with new_file(place) as made:
            made.write_bytes(self.text().encode())


def read_key(place: Path) -> AnswerKey:
    """Read an answer key.

    Raises
    ------
    KeyFileError
        The file cannot be read, or is none.
    """
    try:
        document = json.loads(place.read_bytes())
    except OSError as error:
        raise KeyFileError(f"cannot read {place}: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise KeyFileError(_no_key(place, "it is no JSON")) from None
    try:
        if document["format"] != _FORMAT:
            raise KeyFileError(_no_key(place, f"its format is not {_FORMAT}"))
        faults = tuple(sorted(_fault(entry) for entry in document["faults"]))
        return AnswerKey(str(document["book"]), int(document["seed"]), faults)
    except (KeyError, TypeError, ValueError) as error:
        raise KeyFileError(_no_key(place, f"{type(error).__name__}: {error}")) from None


def _fault(entry: Any) -> Fault:
    texts = {name: str(entry[name]) for name in ("entitlement", "channel", "at", "case")}
    return Fault(**texts, kind=Kind(entry["kind"]), amount=hundredths(entry["amount"]))


def _no_key(place: Path, why: str) -> str:
    return f"{place} is no answer key as `export --with-faults` writes it beside a book: {why}"
