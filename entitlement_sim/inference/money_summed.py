"""What support costs over replications, of sums without rows: minutes and cases at their prices."""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from ..engine.sums import WORKED_BY_ORIGIN

if TYPE_CHECKING:
    import pandas as pd

    from ..scenario.models import Money

#: Sums that follow from others by the money of an offering, in sixtieths of a hundredth, in which
#: the cost of a minute is whole.
PRICED: Final = ("cost_to_serve", "uncovered_revenue", "margin")

#: Sixtieths of a hundredth in one of the currency.
PARTS: Final = 6000


def add_priced(frame: "pd.DataFrame", moneys: "Mapping[str, Money | None]") -> None:
    """Add the columns :data:`PRICED` to a frame of sums in hundredths.

    Parameters
    ----------
    frame : DataFrame
        As :func:`~entitlement_sim.sums` returns it, with ``hundredths`` and by template.
    moneys : mapping of str to Money or None
        The money of each offering; where there is none, 0 stands in its rows.
    """
    whole = frame.astype(dict.fromkeys(_needed(), object))
    for name in PRICED:
        frame[name] = 0
    frame[[*PRICED]] = frame[[*PRICED]].astype(object)
    for offering, money in moneys.items():
        if money is None:
            continue
        rows = whole["offering"] == offering
        own = whole[rows]
        cost = own["minutes"] * _hundredths(money.hour_costs)
        for origin, price in money.case_costs.items():
            cost = cost + own[WORKED_BY_ORIGIN[origin].name.lower()] * (60 * _hundredths(price))
        is_alone = own["template"].isna()  # what no template covers
        billed = own["uncovered"] * (60 * _hundredths(money.uncovered.case))
        billed = billed + own["minutes"].where(is_alone, 0) * _hundredths(money.uncovered.hour)
        lost = own["turned_away"] * (60 * _hundredths(money.turned_away_costs))
        earned = (own["straight_line"] + own["overage_value"]) * 60
        frame.loc[rows, "cost_to_serve"] = cost
        frame.loc[rows, "uncovered_revenue"] = billed
        frame.loc[rows, "margin"] = earned + billed - cost - lost


def says_straight_line(money: "Money | None") -> bool:
    """Whether recognised revenue, and with it the margin, is a sum over single contracts."""
    return money is not None and money.margin_method == "straight_line"


def _hundredths(amount: Decimal) -> int:
    return int(amount * 100)


def _needed() -> list[str]:
    return [
        "minutes", "uncovered", "turned_away", "straight_line", "overage_value",
        *(measure.name.lower() for measure in WORKED_BY_ORIGIN.values()),
    ]  # fmt: skip
