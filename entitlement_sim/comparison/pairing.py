"""Whether two runs are about the same customers, and who is who."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ..inference import Portfolio, portfolio_of
from ..store.errors import RunError
from ..store.run import Run
from ..telling import counted, number

if TYPE_CHECKING:
    import pandas as pd

#: Share of the customers of the smaller run that must be known in the other one.
_LEAST_COMMON: Final = 0.5

#: By what a customer is known who has another number: nobody has the same rate by chance.
_LIKENESS: Final = ("segment", "joined_on", "cases_per_year")


#: What a segment says of its arrivals, apart from what is sold to it and from what it does then.
_DRAWN: Final = {
    "customers",
    "drawn_as",
    "joins",
    "cases",
    "origins",
    "products",
    "products_spread",
}


@dataclass(frozen=True)
class Pairing:
    """How the customers of a second run stand to those of a first.

    Attributes
    ----------
    is_paired : bool
    customers : int
        Customers of whom something is known, of both runs.
    common : int
        Customers that are in both; 0 where the runs are not paired.
    has_same_rates : bool
        Whether all of them have the same rate of cases in both.
    portfolios : tuple of Portfolio
        The customers of each; one and the same where the runs are paired.
    numbers : Series or None
        Numbers of the second run's customers as the first run has them, by their own.
    why : str
        Where they are not paired: why not, in words.
    has_same_arrivals : bool
        Whether the same cases are drawn for them, too.
    hangs_on_cover : bool
        Whether the demand of some ends with their last cover, so that what comes of what is drawn
        is an outcome.
    """

    is_paired: bool
    customers: int
    common: int
    has_same_rates: bool
    portfolios: tuple[Portfolio, Portfolio]
    numbers: "pd.Series[int] | None" = None
    why: str = ""
    has_same_arrivals: bool = False
    hangs_on_cover: bool = False

    def renumbered(self, sums: "pd.DataFrame") -> "pd.DataFrame":
        """Return rows of the second run with the numbers that customers have in the first."""
        if self.numbers is None:
            return sums
        return sums.assign(customer_id=sums["customer_id"].map(self.numbers))

    def number_in_second(self, customer_id: int) -> int:
        """Return the number that a customer of the first run has in the second; 0 for none."""
        if self.numbers is None:
            return customer_id
        same = self.numbers.index[self.numbers == customer_id]
        return int(same[0]) if len(same) else 0

    @property
    def shocks(self) -> list[str]:
        """What the customers share, which limits over customers leave out."""
        return list(dict.fromkeys(name for part in self.portfolios for name in part.shocks))

    @property
    def words(self) -> str:
        """Say who is compared."""
        if not self.is_paired:
            first, second = self.portfolios
            return (
                f"Compared as independent: {number(len(first.customers))} and "
                f"{counted(len(second.customers), 'customer')}, {self.why}."
            )
        alone = self.customers - self.common
        demand = "the same rates of cases" if self.has_same_rates else "other rates of cases"
        if self.has_same_arrivals:
            demand = "the same arrivals as drawn"
            if self.hangs_on_cover:
                demand += " (those without any cover left may stay away)"
        rest = f"; {number(alone)} in one alone count as nothing in the other" if alone else ""
        return (
            f"Paired by customer: the same {counted(self.common, 'customer')} in both, with "
            f"{demand}{rest}."
        )


def pair(first: Run, second: Run) -> Pairing:
    """Find out whether two runs are about the same customers.

    They are where seed and replication are the same and at least half of the customers are known
    in both: by their number where segments and days of joining agree from the first customer to the
    last, else by segment, day of joining and rate of cases together.

    Parameters
    ----------
    first, second : Run

    Returns
    -------
    Pairing
    """
    portfolios = portfolio_of(first), portfolio_of(second)
    facts = first.manifest, second.manifest
    for noun, values in (
        ("seeds", [fact.seed for fact in facts]),
        ("replications", [fact.replication for fact in facts]),
    ):
        if values[0] != values[1]:
            return _apart(portfolios, f"of {noun} {values[0]} and {values[1]}")
    tables = _customers(first), _customers(second)
    if not min(map(len, tables)):
        return _apart(portfolios, "one of the runs has none")
    if len(tables[0]) == len(tables[1]) and all(
        (tables[0][column].to_numpy() == tables[1][column].to_numpy()).all()
        for column in ("customer_id", "segment", "joined_on")
    ):
        rates = [table["cases_per_year"].to_numpy() for table in tables]
        both = portfolios[0].joined_with(portfolios[1])
        count = len(tables[0])
        pairing = Pairing(True, count, count, bool((rates[0] == rates[1]).all()), (both, both))
    else:
        pairing = _paired_by_likeness(tables, portfolios)
    if not pairing.has_same_rates:
        return pairing
    demands = _demand(first), _demand(second)
    return replace(
        pairing,
        has_same_arrivals=demands[0] is not None and demands[0] == demands[1],
        hangs_on_cover=_ends_with_cover(first) or _ends_with_cover(second),
    )


def _demand(run: Run) -> dict[str, Any] | None:
    """Return what a scenario says of which cases are drawn; None where it cannot be read."""
    try:
        model = run.scenario.model
    except RunError:
        return None
    segments = {
        name: segment.model_dump(include=_DRAWN) | {"accounts": segment.account_count}
        for name, segment in model.segments.items()
    }
    return model.model_dump(include={"calendar", "history", "products", "bursts"}) | segments


def _ends_with_cover(run: Run) -> bool:
    try:
        segments = run.scenario.model.segments.values()
    except RunError:
        return False
    return any(segment.life.ends is not None for segment in segments)


def _apart(portfolios: tuple[Portfolio, Portfolio], why: str) -> Pairing:
    count = sum(len(portfolio.customers) for portfolio in portfolios)
    return Pairing(False, count, 0, False, portfolios, why=why)


def _customers(run: Run) -> "pd.DataFrame":
    return run.sql(
        "SELECT customer_id, segment::VARCHAR AS segment, joined_on, cases_per_year "
        "FROM customers ORDER BY customer_id"
    )


def _paired_by_likeness(
    tables: "tuple[pd.DataFrame, pd.DataFrame]", portfolios: tuple[Portfolio, Portfolio]
) -> Pairing:
    import pandas as pd

    keys = list(_LIKENESS)
    # Of several who are alike, the first is the first again.
    first, second = (
        table.assign(place=table.groupby(keys, dropna=False).cumcount()) for table in tables
    )
    both = second.merge(first, on=[*keys, "place"], how="left", suffixes=("", "_before"))
    known = both["customer_id_before"].notna().to_numpy()
    common = int(known.sum())
    if common < _LEAST_COMMON * min(len(first), len(second)):
        return _apart(portfolios, "other ones though the seed is the same")
    numbers = both["customer_id_before"].to_numpy(dtype=np.float64, na_value=0).astype(np.int64)
    strangers = int(first["customer_id"].max()) + 1
    numbers[~known] = np.arange(strangers, strangers + int((~known).sum()))
    by_own = pd.Series(numbers, index=both["customer_id"].to_numpy())
    renumbered = replace(portfolios[1], customers=pd.Index(by_own[portfolios[1].customers]))
    everybody = portfolios[0].joined_with(renumbered)
    count = len(first) + len(second) - common
    return Pairing(True, count, common, True, (everybody, everybody), by_own)
