"""A log as public ones are, fitted and simulated again, has what was seen of it."""

import pandas as pd
import pytest

from entitlement_sim import Scenario, fit, scorecard, simulate

#: Shares by weekday and hour, spread, follow-ups and times of UCI 498, on the working clock.
LOG = """
scenario: log
calendar:
  start: 2024-01-01
  days: 364
  weekdays: [1.18, 0.94, 0.99, 0.95, 0.94, 0.13, 0.12]
  hours:
    [0.975, 0.975, 0.975, 0.975, 0.975, 0.975, 0.975, 0.975, 10.95, 10.95, 10.95, 10.95,
     6.0, 6.0, 8.37, 8.37, 8.37, 2.47, 2.47, 2.47, 0.975, 0.975, 0.975, 0.975]
  day_spread: 0.08
  level: { sd: 0.10, half_life_days: 60 }
  business_hours: { opens: 08:00, closes: 18:00 }
templates:
  Pack: { total_terms: 1000, term: { years: 2 } }
segments:
  small:
    customers: 1500
    holds: [{ template: Pack }]
    cases:
      per_year: 9.3
      shape: 0.40
      follow_ups:
        mean: 0.32
        hours: { mixture: [{ share: 0.48, exponential: 0.5 }, { share: 0.52, uniform: 72 }] }
    billable_minutes: { lognormal: { median: 25, sigma: 0.9 }, clock: working }
    resolve_hours:
      clock: working
      mixture:
        - { share: 0.42, median: 0.32, sigma: 1.52 }
        - { share: 0.58, median: 31, sigma: 1.49 }
"""


@pytest.fixture(scope="module")
def cards() -> dict[str, pd.DataFrame]:
    """What the log and its twin come to."""
    with simulate(Scenario.parse(LOG), seed=498) as run:
        log, again = scorecard(run), fit(run).scenario
    with simulate(again, seed=1) as twin:
        return {"log": log.set_index("row"), "twin": scorecard(twin).set_index("row")}


@pytest.mark.parametrize(
    ("row", "low", "high"),
    [
        ("weekly_dispersion", 1.9, 2.6),
        ("short_gaps", 0.13, 0.21),
        ("weekend_resolutions", 0.0, 0.05),
    ],
)
def test_a_log_and_its_twin_bunch_and_rest_at_weekends_as_public_ones(
    cards: dict[str, pd.DataFrame], row: str, low: float, high: float
) -> None:
    for name, card in cards.items():
        assert low <= card.loc[row, "value"] <= high, name
