"""What is assumed of how customers answer a price, and how many of them could leave over it."""

import math
from typing import TYPE_CHECKING, Any, Final

from ..telling import listed, percent, short_money
from ..telling.tables import records

if TYPE_CHECKING:
    import pandas as pd

#: Metrics of which a customer brings a part, the most telling first, where no margin is known.
_BROUGHT: Final = ("revenue", "bookings")

#: Segments that a sentence names.
_MOST: Final = 3


def reaction_in_words(silent: list[str], rows: "pd.DataFrame", currency: str | None) -> list[str]:
    """Say that customers are assumed not to react to price, and the break-even on leaving.

    Parameters
    ----------
    silent : list of str
        As :func:`~entitlement_sim.scenario.pricing.unanswered_prices` returns them.
    rows : DataFrame
        As :meth:`Comparison.metrics` returns them, of one other run.
    currency : str or None

    Returns
    -------
    list of str
        Nothing where no price differs or everybody answers it. Where the margin is known, its own
        break-even stands beside it, so that there is none here.
    """
    if not silent:
        return []
    who = f" ({listed(silent, most=_MOST)})" if len(silent) <= _MOST else ""
    by_metric = {row.metric: row for row in records(rows)}
    known = () if "margin" in by_metric else _BROUGHT
    brought = [by_metric[metric] for metric in known if metric in by_metric]
    assumed = f"Customers{who} are assumed not to react to price."
    return [assumed, *(text for row in brought[:1] if (text := break_even_in_words(row, currency)))]


def break_even_in_words(row: Any, currency: str | None) -> str:
    """Say how many customers could leave before nothing is left of a gain.

    The break-even on leaving is the difference over what a customer who stays brings.

    Parameters
    ----------
    row
        Of recognised revenue or bookings, as the rows of a comparison have them.
    currency : str or None
    """
    if not row.second > 0 or row.difference == 0:
        return ""
    share = row.difference / row.second
    size = short_money(abs(row.difference), currency)
    if share > 0:
        return (
            f"Break-even on leaving: what {row.name} gains ({size}) is gone once "
            f"{percent(min(share, 1.0))} of the customers leave{_limits_of(row)}, each with as "
            "much as the average one brings."
        )
    return (
        f"Break-even: what {row.name} loses ({size}) is made good by {percent(-share)} more "
        f"customers{_limits_of(row)}, each with as much as the average one brings."
    )


def _limits_of(row: Any) -> str:
    if math.isnan(row.low):
        return ""
    if row.low * row.high <= 0:
        return " (which cannot be told from none)"
    low, high = sorted(abs(limit / row.second) for limit in (row.low, row.high))
    return f" ({percent(low)} to {percent(high)})"
