"""What is assumed of how customers answer a price, and how many of them could leave over it."""

from typing import TYPE_CHECKING, Final

from ..telling import listed
from ..telling.tables import records
from .money import break_even_share

if TYPE_CHECKING:
    import pandas as pd

#: Metrics of which a customer brings a part, the most telling first, where no margin is known.
_BROUGHT: Final = ("revenue", "bookings")

#: Segments that a sentence names.
_MOST: Final = 3


def no_reaction(silent: list[str]) -> str:
    """Say of which segments it is assumed that they do not react to price."""
    who = f" ({listed(silent, most=_MOST)})" if len(silent) <= _MOST else ""
    return f"Customers{who} are assumed not to react to price."


def reaction_in_words(silent: list[str], rows: "pd.DataFrame", currency: str | None) -> list[str]:
    """Say that customers are assumed not to react to price, and the break-even share.

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
        Nothing where no price differs or everybody answers it. Where the margin is compared, the
        break-even leaving stands beside it, and there is no share.
    """
    if not silent:
        return []
    by_metric = {row.metric: row for row in records(rows)}
    known = () if "margin" in by_metric else _BROUGHT
    brought = [by_metric[metric] for metric in known if metric in by_metric]
    return [
        no_reaction(silent),
        *(text for row in brought[:1] if (text := break_even_share(row, currency))),
    ]
