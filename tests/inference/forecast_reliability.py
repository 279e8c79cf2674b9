"""Whether chances to run dry come true, measured by the simulator itself.

The demo is run for two years more, the forecast made at two cuts from what was known then,
and held against what happened. The forecast was chosen on seeds 1 to 60, 101 to 104 and 201 to 212;
those that are measured had no part in it. What is kept for the notebook and the documentation::

    python tests/inference/forecast_reliability.py
"""

import datetime as dt
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from entitlement_sim import Scenario, simulate
from entitlement_sim.inference import BINS, forecast_running_dry, outcomes_of

KEPT = Path(__file__).parents[2] / "entitlement_sim" / "inference"
SEEDS = range(213, 225)
CUTS = (dt.date(2024, 6, 30), dt.date(2025, 12, 31))
#: The longest contract that is open at the later cut ends within it.
DAYS = 1827


def measured(seeds: Iterable[int]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return counts by seed, template, segment and bin, and the totals of each cut."""
    counts, totals = [], []
    for seed in seeds:
        with simulate(
            Scenario.load("demo").with_({"calendar.days": DAYS}), seed=seed, allow_large=True
        ) as run:
            for cut in CUTS:
                forecast = forecast_running_dry(run, cut)
                rows = outcomes_of(run, forecast)
                place = pd.cut(rows["chance"], [*BINS[:-1], 1.01], right=False, labels=BINS[:-1])
                rows = rows.assign(seed=seed, as_of=cut, from_chance=place.astype(float))
                counts.append(_counts(rows))
                totals.append(
                    {
                        "seed": seed,
                        "as_of": cut,
                        "n": len(rows),
                        "said": round(rows["chance"].sum(), 1),
                        "deviation": round(
                            float(forecast.numbers(rows["entitlement_id"]).std()), 1
                        ),
                        "happened": int(rows["ran_dry"].sum()),
                    }
                )
    return pd.concat(counts, ignore_index=True), pd.DataFrame(totals)


def _counts(rows: pd.DataFrame) -> pd.DataFrame:
    by = ["seed", "as_of", "template", "segment", "from_chance"]
    table = rows.groupby(by).agg(
        n=("chance", "size"), said=("chance", "sum"), happened=("ran_dry", "sum")
    )
    return table.round({"said": 2}).astype({"happened": int}).reset_index()


if __name__ == "__main__":
    by_bin, by_cut = measured(SEEDS)
    by_bin.to_csv(KEPT / "running_dry.csv", index=False, lineterminator="\n")
    by_cut.to_csv(KEPT / "running_dry_totals.csv", index=False, lineterminator="\n")
