"""Which customers there are: what an interval draws anew."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..parameters import takes
from ..store.errors import RunError
from ..store.run import RUN
from ..telling import listed

if TYPE_CHECKING:
    from ..store.run import Run

#: Unknown customers that an error names.
_SHOWN = 5


@dataclass(frozen=True)
class Portfolio:
    """The customers of a run or a frame, by segment.

    Attributes
    ----------
    customers : Index
        Each customer once.
    segments : ndarray of int
        The segment of each, as its place in `names`.
    names : tuple of str
        The segments.
    sizes : ndarray of int
        How many customers each segment has; those without any row count, too.
    is_fixed : bool
        Whether these numbers are fixed, as by a scenario without a past. Otherwise they are left to
        chance: customers come as a Poisson process, and another portfolio has more or fewer.
    shocks : tuple of str
        What its customers share, see :func:`shared_shocks`.
    """

    customers: "pd.Index[int]"
    segments: NDArray[np.int64]
    names: tuple[str, ...]
    sizes: NDArray[np.int64]
    is_fixed: bool
    shocks: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        frame: pd.DataFrame,
        customer: str = "customer_id",
        segment: str | None = "segment",
        *,
        is_fixed: bool = True,
        shocks: Sequence[str] = (),
    ) -> "Portfolio":
        """Return the customers of a frame.

        Parameters
        ----------
        frame : DataFrame
            A row for each customer at least; all customers, not only those to whom something
            happened.
        customer : str, default "customer_id"
            Column that names the customer.
        segment : str or None, default "segment"
            Column with its segment; None for customers of one kind.
        is_fixed : bool, default True
            Whether the number of customers in each segment is fixed, not left to chance.
        shocks : sequence of str
            What they share, see :func:`shared_shocks`.

        Raises
        ------
        ValueError
            A column is not there, a customer or a segment is missing, or a customer is in two
            segments.
        """
        columns = [customer] if segment is None else [customer, segment]
        for column in columns:
            if column not in frame:
                raise ValueError(f"the frame of customers has no column {column!r}")
            if frame[column].isna().any():
                raise ValueError(f"the frame of customers has rows without a {column}")
        known = frame[columns].drop_duplicates()
        twice = known[customer][known[customer].duplicated()]
        if len(twice):
            raise ValueError(f"customer {twice.iloc[0]} is in more than one segment")
        names: tuple[str, ...] = ("all",)
        places = np.zeros(len(known), np.int64)
        if segment is not None:
            places, found = pd.factorize(known[segment].astype(object), sort=False)
            names = tuple(str(name) for name in found)
        return cls(
            pd.Index(known[customer]),
            places.astype(np.int64),
            names,
            np.bincount(places, minlength=len(names)).astype(np.int64),
            is_fixed,
            tuple(shocks),
        )

    def __len__(self) -> int:
        return int(self.sizes.sum())

    def joined_with(self, other: "Portfolio") -> "Portfolio":
        """Return the customers of both, where those of the same name are the same.

        Raises
        ------
        ValueError
            A customer is in another segment of the other portfolio.
        """
        frames = [
            pd.DataFrame(
                {
                    "customer": portfolio.customers,
                    "segment": np.array(portfolio.names, object)[portfolio.segments],
                }
            )
            for portfolio in (self, other)
        ]
        both = Portfolio.of(
            pd.concat(frames, ignore_index=True),
            "customer",
            is_fixed=self.is_fixed and other.is_fixed,
            shocks=list(dict.fromkeys([*self.shocks, *other.shocks])),
        )
        written = [dict(zip(part.names, part.sizes, strict=True)) for part in (self, other)]
        sizes = [max(part.get(name, 0) for part in written) for name in both.names]
        return replace(both, sizes=np.maximum(both.sizes, np.array(sizes, np.int64)))

    def places_of(self, customers: "pd.Series[int]") -> NDArray[np.int64]:
        """Return the place of each customer in the portfolio.

        Raises
        ------
        ValueError
            There are customers that it does not know; the message names them.
        """
        if customers.isna().any():
            raise ValueError(f"there are rows without a {customers.name}")
        places = self.customers.get_indexer(pd.Index(customers)).astype(np.int64)
        strangers = list(dict.fromkeys(customers[places < 0]))
        if strangers:
            named = listed([str(stranger) for stranger in strangers], most=_SHOWN)
            raise ValueError(
                f"the portfolio has no customer {named}; make it of all customers, for instance "
                "with portfolio_of(run)"
            )
        return places


@takes(run=RUN)
def portfolio_of(run: "Run") -> Portfolio:
    """Return the customers of a run.

    How many a segment has is fixed by a scenario without a past, also where they join late. With a
    past it is left to chance, as it is in what was imported.

    Parameters
    ----------
    run : Run

    Returns
    -------
    Portfolio

    Examples
    --------
    >>> from entitlement_sim import Scenario, simulate
    >>> run = simulate(Scenario.load("reference", ["segments.everyone.customers=20"]))
    >>> portfolio = portfolio_of(run)
    >>> len(portfolio), portfolio.names, portfolio.is_fixed
    (20, ('everyone',), True)
    """
    from .shocks import shared_shocks

    try:
        shocks = shared_shocks(run.scenario)
    except RunError:  # of another version
        shocks = []
    return replace(customers_of_run(run), shocks=tuple(shocks))


def customers_of_run(run: "Run") -> Portfolio:
    """Return the customers of a run, without what they share: to know it, its scenario is read."""
    facts = run.manifest
    is_fixed = facts.source == "simulated" and facts.history_start is None
    customers = run.sql("SELECT customer_id, segment::VARCHAR AS segment FROM customers")
    portfolio = Portfolio.of(customers, is_fixed=is_fixed)
    if is_fixed:
        written = run.sql("SELECT segment::VARCHAR AS segment, customers FROM segments")
        by_name = dict(zip(written["segment"], written["customers"], strict=True))
        sizes = np.array([by_name[name] for name in portfolio.names], np.int64)
        return replace(portfolio, sizes=np.maximum(sizes, portfolio.sizes))
    return portfolio
