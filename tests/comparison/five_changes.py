"""Five changes of an offering, and how far differences vary from one replication to the next.

Run as a module it prints the table of ``docs/measured-comparison.md``:
``python tests/comparison/five_changes.py 200``.
"""

import sys
from collections.abc import Iterator
from typing import Any

import pandas as pd
from earned_and_worked import hours_and_revenue

from entitlement_sim import Run, Scenario, replicate, simulate
from entitlement_sim.comparison.by_customer import sums_by_customer
from entitlement_sim.comparison.measures import METRICS
from entitlement_sim.inference import Portfolio, difference, portfolio_of

BASE = """
scenario: five-changes
seed: 20240101
calendar: { start: 2024-01-01, days: 1095 }
slas:
  standard: { first_response_hours: 8, resolve_hours: 80 }
templates:
  Pack:
    allocation: cases
    total_terms: 10
    decrease_on: creation
    restrict: true
    term: { days: 365 }
    price: 1500
    sla: standard
segments:
  everyone:
    customers: 3000
    joins: { at_start: 0.6 }
    holds:
      - template: Pack
    cases: { per_year: 8, shape: 0.6 }
    origins: { phone: 40, email: 35, web: 25 }
    billable_minutes: { lognormal: { median: 30, sigma: 1.0 } }
    resolve_hours: { exponential: 48 }
    turned_away: 0.4
    renewal:
      inclination: { beta_geometric: { alpha: 0.7041, beta: 1.1820 } }
      moved_by: { utilisation: 0.5, around: 0.5, refusals: -0.03 }
"""

#: What differs from the base.
CHANGES: dict[str, dict[str, Any]] = {
    "smaller pack": {"templates.Pack.total_terms": 8, "templates.Pack.price": 1260},
    "hours for cases": {
        "templates.Pack.allocation": "hours",
        "templates.Pack.total_terms": 5,
        "templates.Pack.decrease_on": "resolution",
    },
    "restrict off": {"templates.Pack.restrict": False},
    "phone cap": {"templates.Pack.channels": {"phone": 4}},
    "24 months": {
        "templates.Pack.term.days": 730,
        "templates.Pack.total_terms": 20,
        "templates.Pack.price": 2900,
    },
}

MEASURED = ("bookings", "revenue", "covered", "turned_away", "hours_worked", "renewed")
#: Those that are read from the engine's arrays: revenue here is by use, which sums do not say.
FROM_ARRAYS = ("hours_worked", "revenue")
CHOSEN = [metric for metric in METRICS if metric.key in MEASURED]

#: Where the standard error of one pair is to lie, in times the spread over replications.
LEAST, MOST = 0.7, 1.45


def offerings() -> dict[str, Scenario]:
    """The base and what it is changed to."""
    base = Scenario.parse(BASE)
    return {"base": base, **{name: base.with_(changes) for name, changes in CHANGES.items()}}


def lived(replication: int) -> Iterator[tuple[str, pd.DataFrame, Portfolio]]:
    """Sums by customer of each offering in one replication."""
    for name, scenario in offerings().items():
        run: Run
        with simulate(scenario, replication=replication, threads=1) as run:
            run.connection.execute("SET threads = 1")
            yield name, sums_by_customer(run), portfolio_of(run)


def values(replications: int) -> pd.DataFrame:
    """Each measured value by replication, with a column for each offering and metric."""
    scenarios = offerings()
    base = scenarios.pop("base")
    by_sums = [key for key in MEASURED if key not in FROM_ARRAYS]
    frame = replicate(base, replications, alternatives=scenarios, metrics=by_sums)
    columns = {
        (name, key): part.set_index("replication")[key]
        for name, part in frame.groupby("offering")
        for key in by_sums
    }
    for name, scenario in offerings().items():
        both = [hours_and_revenue(scenario, replication) for replication in range(replications)]
        for key, numbers in zip(FROM_ARRAYS, zip(*both, strict=True), strict=True):
            columns[name, key] = pd.Series(numbers)
    return pd.DataFrame(columns)


def standard_errors(replication: int) -> dict[tuple[str, str], float]:
    """Standard error of each difference from the base, as one pair of runs gives it."""
    sums = {name: (frame, portfolio) for name, frame, portfolio in lived(replication)}
    base, portfolio = sums["base"]
    errors = {}
    for name in CHANGES:
        for metric in CHOSEN:
            estimate = difference(
                base,
                sums[name][0],
                metric.numerator,
                metric.denominator,
                portfolio=portfolio,
                paired=True,
            )
            parts = 1 if metric.kind == "share" else metric.parts
            errors[name, metric.key] = estimate.standard_error / parts
    return errors


def measured(replications: int) -> pd.DataFrame:
    """The standard error of one pair beside the spread over replications, by change and metric.

    Parameters
    ----------
    replications : int

    Returns
    -------
    DataFrame
        Columns `change`, `metric`, `spread`, `standard_error`, `ratio` and `gain`.
    """
    drawn = values(replications)
    errors = standard_errors(0)
    rows = []
    for change in CHANGES:
        for metric in CHOSEN:
            base, other = drawn["base", metric.key], drawn[change, metric.key]
            spread = float((other - base).std(ddof=1))
            error = errors[change, metric.key]
            gain = float((base.var(ddof=1) + other.var(ddof=1)) / spread**2)
            rows.append((change, metric.name, spread, error, error / spread, gain))
    names = ["change", "metric", "spread", "standard_error", "ratio", "gain"]
    return pd.DataFrame(rows, columns=names)


if __name__ == "__main__":
    table = measured(int(sys.argv[1]))
    print(table.to_string(index=False))
