"""Who wins and who loses: customers who are better and worse off, counted by segment."""

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ..telling import Right, Table, number
from ..telling.tables import records
from .pairing import Pairing

if TYPE_CHECKING:
    import pandas as pd

#: Columns of what :func:`outcomes_of` returns.
COLUMNS: Final = (
    "segment", "customers", "covered_more", "covered_fewer", "pay_more", "pay_less",
)  # fmt: skip

#: Columns of sums that say together how a customer fares, by what counts of them.
_COUNTED: Final = {
    ("covered_more", "covered_fewer"): ("covered",),
    ("pay_more", "pay_less"): ("bookings", "overage"),
}

#: Stands for all segments together.
_ALL: Final = "all"


def outcomes_of(first: "pd.DataFrame", second: "pd.DataFrame", pairing: Pairing) -> "pd.DataFrame":
    """Return how many customers are better and worse off, by segment and in all.

    Parameters
    ----------
    first, second : DataFrame
        As :func:`~.by_customer.sums_by_customer` returns them, customers numbered alike.
    pairing : Pairing
        Of both, which are about the same customers.

    Returns
    -------
    DataFrame
        With :data:`COLUMNS`. Where there is one segment, all of them together have no row.
    """
    import pandas as pd

    columns = [column for columns in _COUNTED.values() for column in columns]
    before, after = (sums.groupby("customer_id")[columns].sum() for sums in (first, second))
    moved = after.sub(before, fill_value=0)
    portfolio = pairing.portfolios[0]
    segments = pd.Series(np.asarray(portfolio.names, object)[portfolio.segments])
    own = pd.DataFrame({"segment": segments.to_numpy()}, index=portfolio.customers)
    own["customers"] = 1
    for (more, fewer), together in _COUNTED.items():
        difference = moved[list(together)].sum(axis=1).reindex(own.index, fill_value=0)
        own[more], own[fewer] = (difference > 0).astype(int), (difference < 0).astype(int)
    counts = own.groupby("segment", sort=False).sum().reindex(list(portfolio.names), fill_value=0)
    if len(counts) > 1:
        counts.loc[_ALL] = counts.sum()
    return counts.rename_axis("segment").reset_index()[list(COLUMNS)]


def table_of_outcomes(outcomes: "pd.DataFrame") -> Table:
    """Lay out who wins and who loses, by alternative and segment."""
    headings = [
        "alternative", "segment", Right("customers"), Right("covered: more"), Right("fewer"),
        Right("pay: more"), Right("less"),
    ]  # fmt: skip
    lines: list[list[Any]] = [
        [row.run, row.segment, *(number(getattr(row, name)) for name in COLUMNS[1:])]
        for row in records(outcomes)
    ]
    caption = (
        "Who wins and who loses: customers with more and with fewer cases covered, and who pay "
        "more or less, overage included"
    )
    return Table(headings, lines, caption)
