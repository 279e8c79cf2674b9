"""Whether bands and chances of forecasts hold, over many worlds like the demo. ::

    python -m tests.forecasting.calibration FOLDER --worlds 200

simulates so many small portfolios of the demo, with its past, channels and bursts, forecasts the
third year at the end of the second by what is known then, and holds that against what came. Each
world gives one month and one total, so that worlds are the units: months of one world share its
level and its incidents. What is found goes into FOLDER, world by world, and what it comes to is
said; worlds that are there already are not made again. ``--keep`` renews what the package has of it
for notebooks. ``--fitted`` forecasts by a scenario that is fitted to what was known at the end of
the second year, as of a book of which nobody knows what made it; such worlds need a folder of their
own.
"""

import argparse
import datetime as dt
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd

from entitlement_sim import Forecast, Run, Scenario, simulate
from entitlement_sim.forecasting.backtest import chances_and_outcomes, months_scored, total_of
from entitlement_sim.forecasting.forecast import Generator, forecast_by, learned_by
from entitlement_sim.metrics.intervals import mean_interval

KEPT: Final = Path(__file__).parents[2] / "entitlement_sim" / "inference"
#: Worlds whose chances are kept for notebooks.
KEPT_WORLDS: Final = 40
#: A tenth of the demo's customers.
CUSTOMERS: Final = {"small": 200, "midsize": 85, "enterprise": 15}
CUT: Final = dt.date(2024, 12, 31)
DAYS: Final = 1096
#: The month after the cut whose bands are counted.
AHEAD: Final = 3
REPLICATIONS: Final = 40
#: Quantities whose bands are counted.
COUNTED: Final = ("covered", "hours", "expiries", "renewals", "cases", "ran_dry")
#: Edges of the bins of chances.
EDGES: Final = (0.0, 0.1, 0.3, 0.6, 0.9, 1.0)


def scenario() -> Scenario:
    """The demo with a tenth of its customers."""
    fewer = {f"segments.{name}.customers": n for name, n in CUSTOMERS.items()}
    return Scenario.load("demo").with_({**fewer, "calendar.days": DAYS})


class World(NamedTuple):
    """What was said of a world, and what came.

    Attributes
    ----------
    months : DataFrame
        A row for each quantity and whole month after the cut (see ``Backtest.months``).
    bins : DataFrame
        By template, segment and bin of chances (`from_chance`): `n` contracts, the sum of the
        chances `said`, and how many ran dry (`happened`).
    total : dict
        Of the same contracts (see ``Backtest.totals``).
    """

    months: pd.DataFrame
    bins: pd.DataFrame
    total: dict[str, Any]


def measured(seed: int, replications: int = REPLICATIONS, *, fitted: bool = False) -> World:
    """Return what is said of a world by the scenario that made it, or by a fit, and what came."""
    with simulate(scenario(), seed=seed) as run:
        by = learned_by(run, CUT) if fitted else Generator(run.scenario)
        ahead = forecast_by(
            by, run, run.manifest.last_day, as_of=CUT, replications=replications, seed=seed
        )
        return held_against(run, ahead, seed)


def held_against(run: Run, ahead: Forecast, seed: int) -> World:
    """Return what a forecast says, and what came in a run that goes on."""
    months = pd.DataFrame(months_scored(run, ahead, np.random.default_rng(seed)))
    chances = chances_and_outcomes(run, ahead)
    own = ahead.contracts[["entitlement_id", "template", "segment"]]
    chances = chances.merge(own, on="entitlement_id")
    place = np.clip(np.searchsorted(EDGES, chances["chance"], side="right") - 1, 0, len(EDGES) - 2)
    chances["from_chance"] = np.asarray(EDGES)[place]
    bins = chances.groupby(["template", "segment", "from_chance"], as_index=False).agg(
        n=("chance", "size"), said=("chance", "sum"), happened=("ran_dry", "sum")
    )
    bins["squares"] = (
        ((chances["chance"] - chances["ran_dry"]) ** 2)
        .groupby([chances[name] for name in ("template", "segment", "from_chance")])
        .sum()
        .to_numpy()
    )
    total = {"seed": seed} | total_of(ahead, chances)
    return World(months.assign(seed=seed), bins.assign(seed=seed), total)


def squares(totals: pd.DataFrame, replications: int = REPLICATIONS) -> float:
    """Return the sum over worlds of the squared deviation of what ran dry, in deviations of it.

    The mean of the replications has an error of its own, which adds to that of what comes.
    """
    z = (totals["happened"] - totals["said"]) / totals["deviation"]
    return float((z**2).sum() / (1.0 + 1.0 / replications))


def reliability(bins: pd.DataFrame, confidence: float = 0.99) -> pd.DataFrame:
    """Return by bin what was said and what happened, with limits of the mean over worlds.

    Returns
    -------
    DataFrame
        `from_chance`, `worlds`, `n`, the shares `said` and `happened`, and limits of the mean over
        worlds of the difference between both (`low`, `high`).
    """
    counts = bins.groupby(["from_chance", "seed"])[["n", "said", "happened"]].sum()
    off = (counts["happened"] - counts["said"]) / counts["n"]
    rows = []
    for edge, own in counts.groupby(level=0):
        n, said, happened = own.sum()
        limits = mean_interval(off.loc[[edge]].to_numpy(), confidence=confidence)
        rows.append((edge, len(own), int(n), said / n, happened / n, limits.low, limits.high))
    columns = ["from_chance", "worlds", "n", "said", "happened", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def coverage(months: pd.DataFrame, ahead: int = AHEAD) -> pd.DataFrame:
    """Return how often bands of one month ahead held what came, each world counting once.

    Returns
    -------
    DataFrame
        `quantity`, `worlds`, `came` (mean), `within_50`, `within_80`, `within_95` (by the place of
        what came among the replications, ties broken by chance) and `held_80` (by the limits as
        they are shown, which of small counts hold some more).
    """
    rows = []
    for quantity in COUNTED:
        own = months[(months["quantity"] == quantity) & (months["ahead"] == ahead)]
        within = [(abs(own["pit"] - 0.5) <= band / 200).mean() for band in (50, 80, 95)]
        rows.append((quantity, len(own), own["came"].mean(), *within, own["held_80"].mean()))
    columns = ["quantity", "worlds", "came", "within_50", "within_80", "within_95", "held_80"]
    return pd.DataFrame(rows, columns=columns)


def over_year(months: pd.DataFrame) -> pd.DataFrame:
    """Return how often bands of any month held what came, and how much more came than was said.

    Months of a world share what is wrong with its fit: limits of a mean are those over worlds.

    Returns
    -------
    DataFrame
        `quantity`, `worlds`, `within_80` (of all months) with its limits of 95 % (`low_80`,
        `high_80`), and what came in all over what the medians of the months add up to (`more`),
        with the same limits (`low_more`, `high_more`).
    """
    rows = []
    for quantity in COUNTED:
        own = months[months["quantity"] == quantity]
        by_world = own.assign(within=abs(own["pit"] - 0.5) <= 0.4).groupby("seed")
        within = mean_interval(by_world["within"].mean().to_numpy(), confidence=0.95)
        sums = by_world[["came", "median"]].sum()
        more = mean_interval((sums["came"] / sums["median"]).to_numpy(), confidence=0.95)
        told = (within.value, within.low, within.high, more.value, more.low, more.high)
        rows.append((quantity, len(sums), *told))
    columns = ["quantity", "worlds", "within_80", "low_80", "high_80", "more"]
    return pd.DataFrame(rows, columns=[*columns, "low_more", "high_more"])


def main(arguments: Iterable[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--worlds", type=int, default=200)
    parser.add_argument("--first", type=int, default=1001)
    parser.add_argument("--keep", action="store_true", help="write it into the package, too")
    parser.add_argument("--fitted", action="store_true", help="forecast by a scenario fitted to it")
    asked = parser.parse_args(None if arguments is None else list(arguments))
    if asked.keep and asked.fitted:
        parser.error("what is kept for notebooks is of the scenario that made the worlds")
    asked.folder.mkdir(parents=True, exist_ok=True)
    for seed in range(asked.first, asked.first + asked.worlds):
        if (asked.folder / f"total-{seed}.csv").exists():
            continue
        before = os.times()
        world = measured(seed, fitted=asked.fitted)
        world.months.to_csv(asked.folder / f"months-{seed}.csv", index=False)
        world.bins.to_csv(asked.folder / f"bins-{seed}.csv", index=False)
        pd.DataFrame([world.total]).to_csv(asked.folder / f"total-{seed}.csv", index=False)
        took = os.times().user + os.times().system - before.user - before.system
        print(f"world {seed}: {took:.1f} s of processor time", flush=True)
    say(asked.folder)
    if asked.keep:
        keep(asked.folder)


def kept(folder: Path, name: str) -> pd.DataFrame:
    """Return what a folder has of all worlds."""
    files = sorted(folder.glob(f"{name}-*.csv"))
    return pd.concat([pd.read_csv(file) for file in files], ignore_index=True)


def say(folder: Path) -> None:
    """Say what the worlds of a folder come to."""
    months, bins, totals = (kept(folder, name) for name in ("months", "bins", "total"))
    print(coverage(months).round(3).to_string(index=False))
    print(over_year(months).round(3).to_string(index=False))
    print(reliability(bins).round(4).to_string(index=False))
    brier = bins["squares"].sum() / bins["n"].sum()
    print(f"Brier {brier:.4f}, {bins['n'].sum()} contracts")
    for worlds in sorted({min(40, len(totals)), len(totals)}):
        own = totals[:worlds]
        print(
            f"{worlds} worlds: squares {squares(own):.1f}, .999 point "
            f"{chi_square_point(worlds):.1f}; said {own['said'].sum():.0f}, "
            f"happened {own['happened'].sum()}"
        )


def keep(folder: Path) -> None:
    """Write what the worlds of a folder come to into the package, for notebooks."""
    months, bins, totals = (kept(folder, name) for name in ("months", "bins", "total"))
    seeds = sorted(totals["seed"])[:KEPT_WORLDS]
    columns = ["seed", "as_of", "template", "segment", "from_chance", "n", "said", "happened"]
    bins = bins[bins["seed"].isin(seeds)].assign(as_of=CUT).round({"said": 2})
    totals = totals[totals["seed"].isin(seeds)].rename(columns={"cut": "as_of"})
    totals = totals[["seed", "as_of", "n", "said", "deviation", "happened"]]
    for frame, name in (
        (bins[columns], "simulated_dry"),
        (totals.round({"said": 1, "deviation": 1}), "simulated_dry_totals"),
        (coverage(months).round(3), "bands"),
    ):
        frame.to_csv(KEPT / f"{name}.csv", index=False, lineterminator="\n")


def chi_square_point(n: int) -> float:
    """Return the .999 point of chi-square with so many degrees of freedom.

    By Wilson and Hilferty, "The distribution of chi-square", PNAS 17, 1931; right to .05 from ten
    degrees on.
    """
    part = 2.0 / (9.0 * n)
    return float(n * (1.0 - part + 3.0902 * part**0.5) ** 3)


if __name__ == "__main__":
    main()
