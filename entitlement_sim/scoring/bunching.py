"""How customers' cases bunch: how many a window has of each, and how they lie in its weeks."""

from typing import Final, NamedTuple

import pandas as pd

from ..store.counted import Figure
from ..targets import LEAST_CASES, WINDOW_DAYS
from .figures import Figures

_WEEKS: Final = WINDOW_DAYS // 7


class Weeks(NamedTuple):
    """Of customers with ten cases or more in a window, there throughout, over all windows.

    Attributes
    ----------
    customers : int
    chi_square : float
        Pearson's X² of their weeks against those of all who were there throughout.
    freedom : float
        Its expectation where nothing bunches.
    """

    customers: int
    chi_square: float
    freedom: float


def windows(figures: Figures, segment: str | None) -> list[pd.DataFrame]:
    """For each window: numbers of `cases`, ascending, and how many `customers` have so many."""
    rows = figures.counts(Figure.CUSTOMERS, segment)
    counts = rows.groupby(["first_key", "second_key"])["n"].sum().reset_index()
    counts.columns = pd.Index(["place", "cases", "customers"])
    return [counts[counts["place"] == place] for place in range(figures.windows)]


def weeks(figures: Figures, segment: str | None) -> Weeks:
    """Customers' weeks against those of all who were there throughout, by segment and window."""
    of_all = figures.counts(Figure.WEEKS, segment)
    of_all = of_all.assign(place=of_all["first_key"] // _WEEKS).set_index(["segment", "first_key"])
    squares = figures.counts(Figure.SQUARES, segment)
    squares = squares.assign(square=squares["n"] / squares["second_key"])
    of_busy = squares.groupby(["segment", "first_key"], observed=True)["square"].sum()
    part = (of_busy / of_all["n"]).reindex(of_all.index).fillna(0.0)
    by_window = of_all.assign(part=part).groupby(["segment", "place"], observed=True)
    cells = by_window.agg(all=("n", "sum"), weeks=("n", "size"), part=("part", "sum"))
    rows = figures.counts(Figure.CUSTOMERS, segment)
    busy = rows[rows["second_key"] >= LEAST_CASES].rename(columns={"first_key": "place"})
    busy = busy.assign(own=busy["n"] * busy["second_key"])
    cells = cells.join(
        busy.groupby(["segment", "place"], observed=True)[["n", "own"]].sum(), how="inner"
    )
    chi_square = cells["all"] * cells["part"] - cells["own"]
    freedom = (
        (cells["weeks"] - 1)
        * (cells["n"] * cells["all"] - cells["own"])
        / (cells["all"] - 1).clip(lower=1)
    )
    return Weeks(int(cells["n"].sum()), float(chi_square.sum()), float(freedom.sum()))
