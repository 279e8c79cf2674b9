"""Worlds whose forecast is held against what came, and how often bands held it. ::

    python -m tests.forecasting.worlds 12

simulates so many worlds for three years, forecasts the third at the end of the second by what is
known then, and counts how often the totals and the months of the third lie within the bands.
"""

import argparse
import datetime as dt

import numpy as np
import pandas as pd

from entitlement_sim import Forecast, Run, Scenario, forecast, simulate, sums
from entitlement_sim.forecasting.forecast import BANDS

#: Small, with everything that moves demand: spread rates, bunches, a level that wanders, incidents.
WORLD = """
scenario: world
calendar:
  start: 2023-01-01
  days: 1096
  weekdays: [1.2, 1, 1, 1, 0.8, 0.2, 0.1]
  season: { amplitude: 0.15, peak: 01-20 }
  growth: 0.05
  day_spread: 0.1
  level: { sd: 0.15, half_life_days: 90 }
products: [Mail, Storage]
templates:
  Pack: { total_terms: 10, restrict: true, decrease_on: creation, term: { months: 12 }, price: 900 }
  Hours: { allocation: hours, total_terms: 20, term: { months: 12 }, price: 3000 }
segments:
  small:
    customers: 90
    holds: [{ template: Pack, sold_after_days: { least: 0, most: 60 } }]
    cases: { per_year: 9, shape: 0.6, follow_ups: { mean: 0.2 } }
    products: { Mail: 70, Storage: 30 }
    resolve_hours: { lognormal: { median: 10, sigma: 1.2 } }
    turned_away: 0.5
    cancellation: { per_year: 0.05 }
    renewal:
      inclination: { beta_geometric: { alpha: 0.7, beta: 2.5 } }
      late: { share: 0.3, days: { exponential: 14 } }
      returns: { share: 0.2, days: { exponential: 90 } }
  large:
    customers: 30
    holds: [{ template: Hours }]
    cases: { per_year: 40, shape: 1.5, follow_ups: { mean: 0.2 } }
    products: { Mail: 50, Storage: 50 }
    billable_minutes: { lognormal: { median: 25, sigma: 0.8 } }
    resolve_hours: { lognormal: { median: 10, sigma: 1.2 } }
    renewal: { inclination: { constant: 0.85 } }
bursts:
  - { product: Mail, per_year: 3, hits: 0.2, cases: 1.0 }
money:
  hour_costs: 60
  case_costs: { phone: 5, email: 5, web: 5 }
  uncovered: { case: 10, hour: 20 }
  turned_away_costs: 10
  margin_method: straight_line
"""

CUT = dt.date(2024, 12, 31)

#: Sums of which the true continuation consists, by quantity.
ACTUAL = {
    "cases": ["covered", "uncovered", "turned_away"],
    "expiries": ["ends"],
    "breakage": ["breakage_value", "cancelled_breakage_value"],
    "revenue": ["straight_line", "overage_value"],
}


def came(scenario: Scenario, seed: int, after: dt.date) -> pd.DataFrame:
    """What came by month after a day, in the whole run: `month`, and a column for each quantity."""
    by_month = sums(scenario, seed=seed, by=["month"])
    by_month = by_month[pd.to_datetime(by_month["month"]) > pd.Timestamp(after)]
    told = by_month.groupby("month")[[name for names in ACTUAL.values() for name in names]].sum()
    frame = pd.DataFrame({name: told[names].sum(axis=1) for name, names in ACTUAL.items()})
    return frame.astype(float).reset_index()


def world(seed: int, *overrides: str) -> tuple[Run, Scenario]:
    """One world, simulated through."""
    scenario = Scenario.parse(WORLD, overrides=overrides)
    return simulate(scenario, seed=seed), scenario


def held(answer: Forecast, actual: pd.DataFrame) -> list[tuple[str, str, int, bool]]:
    """Whether each band held what came: quantity, of what (``month`` or ``total``), band."""
    found = []
    for quantity in ACTUAL:
        drawn = answer.draws[quantity].sum(1)
        truth = actual[quantity].to_numpy()[: drawn.shape[1]]
        for band in BANDS:
            shares = [0.5 - band / 200, 0.5 + band / 200]
            low, high = np.quantile(drawn, shares, axis=0, method="inverted_cdf")
            inside = (low <= truth) & (truth <= high)
            found += [(quantity, "month", band, bool(one)) for one in inside]
            low, high = np.quantile(drawn.sum(1), shares, method="inverted_cdf")
            found.append((quantity, "total", band, bool(low <= truth.sum() <= high)))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("worlds", type=int, nargs="?", default=12)
    parser.add_argument("--replications", type=int, default=100)
    asked = parser.parse_args()
    rows: list[tuple[str, str, int, bool]] = []
    dry: list[tuple[float, bool]] = []
    for seed in range(asked.worlds):
        run, scenario = world(seed)
        with run:
            answer = forecast(
                run, run.manifest.last_day, as_of=CUT, replications=asked.replications, seed=seed
            )
            rows += held(answer, came(scenario, seed, CUT))
            dry += ran_dry(run, answer)
        print(f"world {seed} of {asked.worlds}", flush=True)
    frame = pd.DataFrame(rows, columns=["quantity", "of", "band", "held"])
    print(frame.groupby(["quantity", "of", "band"])["held"].agg(["mean", "size"]).to_string())
    _say(pd.DataFrame(dry, columns=["chance", "happened"]))


def _say(said: pd.DataFrame) -> None:
    said["bin"] = pd.cut(said["chance"], [-0.01, 0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98, 1.0])
    print(said.groupby("bin", observed=True).agg(
        n=("chance", "size"), said=("chance", "mean"), happened=("happened", "mean")
    ).to_string())  # fmt: skip
    print(f"Brier {((said['chance'] - said['happened']) ** 2).mean():.4f}, of the mean chance "
          f"{((said['happened'].mean() - said['happened']) ** 2).mean():.4f}")  # fmt: skip


def ran_dry(run: Run, answer: Forecast) -> list[tuple[float, bool]]:
    """Chance to run dry, and whether that happened, of contracts with something left at the cut."""
    happened = run.sql(
        """SELECT DISTINCT entitlement_id FROM ledger JOIN entitlements USING (entitlement_id)
        WHERE reason = 'consume' AND balance <= 0 AND happened_at::DATE > $cut
          AND happened_at::DATE <= end_date""",
        {"cut": answer.as_of},
    )["entitlement_id"]
    rows = answer.contracts
    over = pd.to_datetime(rows["end_date"]) <= pd.Timestamp(answer.until)
    rows = rows[rows["chance_dry"].notna() & (rows["remaining"] > 0) & over]
    truth = rows["entitlement_id"].isin(happened)
    return list(zip(rows["chance_dry"].tolist(), truth.tolist(), strict=True))


if __name__ == "__main__":
    main()
