"""What a fault is, and how faults are drawn."""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path


@dataclass(frozen=True, order=True)
class Fault:
    """Another text in place of one part of a file.

    Attributes
    ----------
    path : str
        The file, from the root of the tree, with ``/``.
    start, end : int
        Where the part begins and ends, in bytes of the file.
    new : str
        What stands there instead.
    line : int
        The line in which it begins, from 1.
    line_text : str
        That line without its margins.
    change : str
        What changes, in a few words.
    """

    path: str
    start: int
    end: int
    new: str
    line: int
    line_text: str
    change: str

    @classmethod
    def at(cls, path: str, source: bytes, start: int, end: int, new: str) -> "Fault":
        """Return the fault that puts `new` in place of ``source[start:end]``."""
        line_start = source.rfind(b"\n", 0, start) + 1
        line_end = source.find(b"\n", start)
        line = source[line_start : line_end if line_end >= 0 else len(source)]
        old = source[start:end].decode()
        return cls(
            path=path,
            start=start,
            end=end,
            new=new,
            line=source.count(b"\n", 0, start) + 1,
            line_text=line.decode().strip(),
            change=f"{_short(old)} -> {_short(new)}",
        )

    def applied_to(self, source: bytes) -> bytes:
        """Return a file's bytes with the fault in them."""
        return source[: self.start] + self.new.encode() + source[self.end :]

    def __str__(self) -> str:
        return f"{self.path}:{self.line}  {self.change}"


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= 60 else f"{words[:57]}..."


def faults_of(tree: Path, files: Iterable[str]) -> list[Fault]:
    """Return all faults that files of a tree can have, in the order of their places."""
    from .python_faults import python_faults
    from .sql_faults import sql_faults

    faults: list[Fault] = []
    for path in sorted(files):
        source = (tree / path).read_bytes()
        faults += python_faults(path, source) if path.endswith(".py") else sql_faults(path, source)
    return sorted(set(faults))


def draw(faults: list[Fault], count: int, seed: int) -> list[Fault]:
    """Draw faults by seed: places first, each as likely as the others, then one fault of each."""
    places = [list(same) for _, same in groupby(faults, lambda each: (each.path, each.start))]
    chance = random.Random(seed)
    drawn = chance.sample(places, min(count, len(places)))
    return sorted(chance.choice(place) for place in drawn)
