"""One part of a run that is simulated in several, each on its own."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

from ..telling import number

#: More parts than any scheduler is asked for.
MOST_SHARDS: Final = 1_000_000

_WRITTEN: Final = re.compile(r"(\d{1,7})/(\d{1,7})", re.ASCII)


@dataclass(frozen=True, order=True)
class Shard:
    """One of the parts of a run.

    Attributes
    ----------
    number, of : int
        Which part, from 1 on, and how many there are.
    first, stop : int
        Its first customer and the one behind its last. Customers of the scenario are counted from
        0 on in the order of their rows, whether or not they leave any.
    customers : int
        All that there are.
    """

    number: int
    of: int
    first: int
    stop: int
    customers: int

    def __str__(self) -> str:
        return f"part {self.number} of {self.of}"

    @property
    def suffix(self) -> str:
        """End of the names of folders in which such parts are stored."""
        return f"-part-{self.number}-of-{self.of}"

    def to_json(self) -> dict[str, int]:
        """Return it as a manifest has it."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, int]) -> Self:
        """Return what a manifest has, which :func:`is_shard` has found to be one."""
        return cls(**values)


def is_shard(value: Any) -> bool:
    """Whether a value of a manifest is a shard as it is written."""
    match value:
        case {
            "number": which,
            "of": of,
            "first": first,
            "stop": stop,
            "customers": customers,
            **others,
        }:
            if others or any(type(each) is not int for each in value.values()):
                return False
            is_within = 0 <= first <= stop <= customers < 2**63
            return bool(is_within and 1 <= which <= of <= MOST_SHARDS)
    return False


def shard_meant(text: str) -> tuple[int, int]:
    """Return which part is meant by a text such as ``3/8``, and of how many.

    Raises
    ------
    ValueError
        It is no such text.

    Examples
    --------
    >>> shard_meant("3/8")
    (3, 8)
    """
    found = _WRITTEN.fullmatch(text.strip())
    if found is not None:
        which, of = map(int, found.groups())
        if 1 <= which <= of <= MOST_SHARDS:
            return which, of
    raise ValueError(
        f"{text!r} is no part of a run; write K/N, such as 3/8 for the third of eight parts "
        f"(N at most {number(MOST_SHARDS)})"
    )
