"""An estimate with its limits, and the words that say what was drawn anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from ..telling import Table, counted, limits, listed, percent, points, significant

#: How limits come about.
Method = Literal["linearised", "bootstrap", "replications"]

#: What a value is: a share of a whole, a difference of shares, or any other amount.
Kind = Literal["share", "difference of shares", "amount"]

#: What customers may share.
DAY_EFFECTS: Final = "day effects"
INCIDENTS: Final = "incidents"
LEVEL: Final = "a wandering level"

#: What is given, where an interval of customers stands beside such a shock.
_GIVEN: Final = {DAY_EFFECTS: "these days", INCIDENTS: "these incidents", LEVEL: "this level"}


@dataclass(frozen=True)
class Estimate:
    """A value between its limits.

    Attributes
    ----------
    value, low, high : float
        Limits are NaN where they cannot be known.
    standard_error : float
    customers : int
        Customers that the value is made of: those with a row that counts. Of replications, their
        number.
    strata : int
        Segments within which customers are drawn anew.
    confidence : float
    method : {"linearised", "bootstrap", "replications"}
    n : float
        Sum of the denominators, or of the column: cases, contracts, amounts.
    kind : {"share", "difference of shares", "amount"}
    shocks : tuple of str
        What customers share, and limits over customers leave out.
    gain : float
        Of a paired difference: the variance that an unpaired one would have, over this one's.
    """

    value: float
    low: float
    high: float
    standard_error: float
    customers: int
    strata: int
    confidence: float
    method: Method
    n: float = float("nan")
    kind: Kind = "amount"
    shocks: tuple[str, ...] = ()
    gain: float = float("nan")

    def excludes(self, value: float = 0.0) -> bool:
        """Whether a value lies outside of the limits; never, where these are not known."""
        return self.low > value or self.high < value

    @property
    def unit(self) -> str:
        """What was drawn anew for the limits, in words."""
        if self.method == "replications":
            return counted(self.customers, "replication")
        within = " within their segments" if self.strata > 1 else ""
        drawn = f"{counted(self.customers, 'customer')} drawn anew{within}"
        return f"{drawn}, {given(self.shocks)}" if self.shocks else drawn

    def __repr__(self) -> str:
        between = limits(self.low, self.high, self._write)
        return f"{self._write(self.value)} ({between}; {self.unit})"

    def _repr_html_(self) -> str:
        rows = [
            ("value", self._write(self.value)),
            (f"{percent(self.confidence)} limits", limits(self.low, self.high, self._write)),
            ("standard error", self._write(self.standard_error).removeprefix("+")),
            ("drawn anew", self.unit),
            ("method", self.method),
        ]
        return Table([], rows).html()

    def _write(self, value: Any) -> str:
        if self.kind == "share":
            return percent(value)
        if self.kind == "difference of shares":
            return f"{points(100 * value)} points"
        return significant(value)


def given(shocks: Sequence[str]) -> str:
    """Say what is given beside customers who are drawn anew.

    Examples
    --------
    >>> given(["day effects", "incidents"]), given([])
    ('given these days and these incidents', '')
    """
    return f"given {listed([_GIVEN[shock] for shock in shocks])}" if shocks else ""
