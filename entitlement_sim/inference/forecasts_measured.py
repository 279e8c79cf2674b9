"""Whether chances to run dry come true, as it was measured on runs that went on."""

from importlib import resources
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..metrics.intervals import mean_interval, t_quantile, upper_tail_from
from ..metrics.special_functions import FloatArray
from ..parameters import TEXT, takes
from ..telling import unknown

#: Files with what was measured, by how it was forecast.
_FILES: Final = {
    "closed form": ("running_dry", "running_dry_totals"),
    "simulation": ("simulated_dry", "simulated_dry_totals"),
}


class ForecastsMeasured(NamedTuple):
    """What was said at cuts of many runs of the demo, and what happened.

    Attributes
    ----------
    by_bin : DataFrame
        By `seed`, `as_of`, `template`, `segment` and bin (`from_chance`): `n` entitlements, the sum
        of the chances `said`, and how many ran dry (`happened`).
    by_cut : DataFrame
        By `seed` and `as_of`: the same in all, with the standard deviation of the number over the
        futures that were played (`deviation`).
    bands : DataFrame or None
        How often bands of one month, three months ahead, held what came, each run counting once:
        `quantity`, `worlds`, `came` (mean), the shares `within_50`, `within_80` and `within_95`
        that came within so many per cent of the replications, and `held_80` by the limits as shown,
        which of small counts hold more. None of chances by the closed form.
    """

    by_bin: pd.DataFrame
    by_cut: pd.DataFrame
    bands: pd.DataFrame | None = None

    def by(self, column: str) -> pd.DataFrame:
        """Return said and happened by a column of `by_bin`, with limits from run to run.

        Returns
        -------
        DataFrame
            The column, `n`, the shares `said` and `happened`, and limits of 95 % of the mean
            difference happened - said, with the runs as units (`low`, `high`).
        """
        counts = ["n", "said", "happened"]
        whole = self.by_bin.groupby(column, sort=True)[counts].sum()
        by_run = self.by_bin.groupby([column, "seed"], sort=True)[counts].sum()
        off = (by_run["happened"] - by_run["said"]) / by_run["n"]
        limits = [mean_interval(group.to_numpy()) for _, group in off.groupby(level=0)]
        shares = whole[["said", "happened"]].div(whole["n"], axis=0)
        table = pd.concat([whole[["n"]], shares], axis=1).reset_index()
        return table.assign(
            low=[float(interval.low) for interval in limits],
            high=[float(interval.high) for interval in limits],
        )

    def ran_dry(self, chance: npt.ArrayLike) -> FloatArray:
        """Return the share that ran dry where such chances were said.

        Parameters
        ----------
        chance : array_like
            From 0 to 1.

        Returns
        -------
        ndarray of float
            Of the bin of each chance; NaN where a chance is.

        Examples
        --------
        >>> low, high = forecasts_measured().ran_dry([0.01, 0.99])
        >>> bool(0 < low < 0.1 and 0.9 < high < 1)
        True
        """
        said = np.asarray(chance, np.float64)
        table = self.by("from_chance")
        place = np.searchsorted(table["from_chance"], said, side="right") - 1
        shares: FloatArray = table["happened"].to_numpy()[place]
        return np.where(np.isnan(said), np.nan, shares)

    def in_all(
        self, chance: npt.ArrayLike, deviation: float, confidence: float = 0.95
    ) -> tuple[float, float, float]:
        """Return how many run dry of entitlements with such chances, and limits of it.

        As many as ran dry of such chances, and as far from it as the measured cuts were.

        Parameters
        ----------
        chance : array_like
            Of each entitlement, from 0 to 1.
        deviation : float
            Standard deviation of their number over the futures that were played.
        confidence : float, default 0.95

        Returns
        -------
        tuple of float
            The number, its lower and its upper limit.

        Examples
        --------
        >>> number, low, high = forecasts_measured().in_all([0.6] * 100, 10.0)
        >>> 0 < low < number < high < 100
        True
        """
        shares = self.ran_dry(chance)
        expected = float(shares.sum())
        cuts = self.by_cut
        said = cuts["said"] * cuts["happened"].sum() / cuts["said"].sum()
        off = (cuts["happened"] - said) / cuts["deviation"]
        beyond = t_quantile(upper_tail_from(confidence), len(cuts) - 1)
        half = beyond * float(np.sqrt((off**2).mean())) * deviation
        return expected, max(expected - half, 0.0), min(expected + half, float(len(shares)))


@takes(by=TEXT)
def forecasts_measured(by: str = "closed form") -> ForecastsMeasured:
    """Return the tables that came with the package.

    Parameters
    ----------
    by : {"closed form", "simulation"}
        Whose chances: those of :func:`~entitlement_sim.inference.chance_to_run_dry`, at two cuts of
        runs of the demo, or those of :func:`~entitlement_sim.forecast`, at one cut of many runs of
        a tenth of it.

    Raises
    ------
    ValueError
        There is no such way.

    Examples
    --------
    >>> bins = forecasts_measured().by("from_chance")
    >>> bins["from_chance"].tolist()
    [0.0, 0.1, 0.25, 0.5, 0.75, 0.9]
    >>> forecasts_measured("simulation").bands["quantity"].tolist()
    ['covered', 'hours', 'expiries', 'renewals', 'cases', 'ran_dry']
    """
    if by not in _FILES:
        raise ValueError(unknown("way", by, _FILES))
    by_bin, by_cut = (_read(name, parse_dates=["as_of"]) for name in _FILES[by])
    return ForecastsMeasured(by_bin, by_cut, _read("bands") if by == "simulation" else None)


def _read(name: str, **how: Any) -> pd.DataFrame:
    with resources.files(__package__ or "").joinpath(f"{name}.csv").open("rb") as file:
        frame: pd.DataFrame = pd.read_csv(file, **how)
        return frame
