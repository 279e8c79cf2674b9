"""Whether forecasts come true, as it was measured on runs that went on."""

from importlib import resources
from typing import Any, NamedTuple

import pandas as pd

from ..metrics.intervals import mean_interval


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
    bands : DataFrame
        How often bands of one month, three months ahead, held what came, each run counting once:
        `quantity`, `worlds`, `came` (mean), the shares `within_50`, `within_80` and `within_95`
        that came within so many per cent of the replications, and `held_80` by the limits as shown,
        which of small counts hold more.
    """

    by_bin: pd.DataFrame
    by_cut: pd.DataFrame
    bands: pd.DataFrame

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


def forecasts_measured() -> ForecastsMeasured:
    """Return the tables that came with the package.

    Chances and bands are those of :func:`~entitlement_sim.forecast`, by the scenario that made the
    worlds: at one cut of many runs of a tenth of the demo.

    Examples
    --------
    >>> bins = forecasts_measured().by("from_chance")
    >>> bins["from_chance"].tolist()
    [0.0, 0.1, 0.3, 0.6, 0.9]
    >>> forecasts_measured().bands["quantity"].tolist()
    ['covered', 'hours', 'expiries', 'renewals', 'cases', 'ran_dry']
    """
    by_bin, by_cut = (
        _read(name, parse_dates=["as_of"]) for name in ("simulated_dry", "simulated_dry_totals")
    )
    return ForecastsMeasured(by_bin, by_cut, _read("bands"))


def _read(name: str, **how: Any) -> pd.DataFrame:
    with resources.files(__package__ or "").joinpath(f"{name}.csv").open("rb") as file:
        frame: pd.DataFrame = pd.read_csv(file, **how)
        return frame
