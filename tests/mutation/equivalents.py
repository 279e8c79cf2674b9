"""Faults that behave as the original does, as people found out."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from .fault import Fault

#: Where they stand.
EQUIVALENTS = Path(__file__).with_name("equivalents.toml")


@dataclass(frozen=True)
class Equivalent:
    """A fault that changes nothing.

    Attributes
    ----------
    file : str
        From the root of the tree.
    line : str
        The line without its margins, as it stands there.
    change : str
        What changes, as the tool writes it.
    reason : str
        Why nothing else does.
    """

    file: str
    line: str
    change: str
    reason: str

    def is_of(self, fault: Fault) -> bool:
        """Whether a fault is this one."""
        return (self.file, self.line, self.change) == (fault.path, fault.line_text, fault.change)


def read_equivalents(place: Path = EQUIVALENTS) -> list[Equivalent]:
    """Read the list of equivalents."""
    document = tomllib.loads(place.read_text(encoding="utf-8"))
    return [Equivalent(**each) for each in document.get("equivalent", [])]
