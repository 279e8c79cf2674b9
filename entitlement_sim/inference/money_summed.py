"""What support costs over replications, of sums without rows: minutes and cases at their prices."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ..engine.sums import WORKED_BY_ORIGIN, Measure
from ..rules.amounts import hundredths

if TYPE_CHECKING:
    import pandas as pd

    from ..scenario.models import Money

#: Sums that follow from others by the money of an offering, in sixtieths of a hundredth, in which
#: the cost of a minute is whole.
PRICED: Final = ("cost_to_serve", "uncovered_revenue", "margin")

#: Sixtieths of a hundredth in one of the currency.
PARTS: Final = 6000


#: Sums that prices are put on.
_NEEDED: Final = (
    Measure.MINUTES, Measure.UNCOVERED, Measure.TURNED_AWAY, Measure.STRAIGHT_LINE,
    Measure.OVERAGE_VALUE, *WORKED_BY_ORIGIN.values(),
)  # fmt: skip


class Priced(NamedTuple):
    """What support comes to, in sixtieths of a hundredth: one amount, or an array of them.

    Attributes
    ----------
    cost : object
        To serve.
    billed : object
        For what no contract covered.
    margin : object
        What is earned and billed, less what it costs to serve and to turn away.
    """

    cost: Any
    billed: Any
    margin: Any


def priced(money: "Money", of: Callable[[Measure], Any], minutes_alone: Any) -> Priced:
    """Return what support comes to by sums.

    Parameters
    ----------
    money : Money
    of : callable
        Returns the sum of a measure, or an array of sums, in hundredths.
    minutes_alone : object
        Minutes that no template covered, alike.
    """
    cost = of(Measure.MINUTES) * hundredths(money.hour_costs)
    for origin, price in money.case_costs.items():
        cost = cost + of(WORKED_BY_ORIGIN[origin]) * (60 * hundredths(price))
    billed = of(Measure.UNCOVERED) * (60 * hundredths(money.uncovered.case))
    billed = billed + minutes_alone * hundredths(money.uncovered.hour)
    lost = of(Measure.TURNED_AWAY) * (60 * hundredths(money.turned_away_costs))
    earned = (of(Measure.STRAIGHT_LINE) + of(Measure.OVERAGE_VALUE)) * 60
    return Priced(cost, billed, earned + billed - cost - lost)


def add_priced(frame: "pd.DataFrame", moneys: "Mapping[str, Money | None]") -> None:
    """Add the columns :data:`PRICED` to a frame of sums in hundredths.

    Parameters
    ----------
    frame : DataFrame
        As :func:`~entitlement_sim.sums` returns it, with ``hundredths`` and by template.
    moneys : mapping of str to Money or None
        The money of each offering; where there is none, 0 stands in its rows.
    """
    whole = frame.astype(dict.fromkeys([measure.name.lower() for measure in _NEEDED], object))
    for name in PRICED:
        frame[name] = 0
    frame[[*PRICED]] = frame[[*PRICED]].astype(object)
    for offering, money in moneys.items():
        if money is None:
            continue
        rows = whole["offering"] == offering
        own = whole[rows]
        is_alone = own["template"].isna()  # what no template covers
        by_measure = {measure: own[measure.name.lower()] for measure in _NEEDED}
        comes_to = priced(money, by_measure.__getitem__, own["minutes"].where(is_alone, 0))
        for name, amount in zip(PRICED, comes_to, strict=True):
            frame.loc[rows, name] = amount


def says_straight_line(money: "Money | None") -> bool:
    """Whether recognised revenue, and with it the margin, is a sum over single contracts."""
    return money is not None and money.margin_method == "straight_line"
