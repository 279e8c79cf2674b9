"""How often customers have renewed and left so far, which their chance to leave next rests on."""

import numpy as np
import pandas as pd
import yaml
from numpy.typing import NDArray

from entitlement_sim import Run, Scenario, simulate
from entitlement_sim.forecasting.rates import done_by, rates_of
from entitlement_sim.rules.days import day_number

ALPHA, BETA = 2.0, 3.0
BOOK = """
scenario: book
calendar: { start: 2023-01-01, days: 600 }
products: [Mail]
templates:
  Pack: { total_terms: 5, term: { days: 90 }, price: 100 }
segments:
  all:
    customers: 60
    holds: [{ template: Pack }]
    cases: { per_year: 2 }
    renewal:
      inclination: { beta_geometric: { alpha: 2, beta: 3 } }
"""


def leaving(run: Run) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How often customers have left and renewed by the last day, as their chances have it."""
    customers = run.sql(
        "SELECT customer_id, 0 AS segment, 0 AS joined FROM customers ORDER BY customer_id"
    )
    first, last = (
        day_number(day) for day in (run.scenario.model.calendar.start, run.manifest.last_day)
    )
    rates = rates_of(done_by(run, customers, first, last), run.scenario.model)
    return rates.prospects["leave_alpha"] - ALPHA, rates.prospects["leave_beta"] - BETA


def links(run: Run) -> pd.DataFrame:
    """Contracts that follow others, and after how many days; those that nothing follows."""
    return run.sql(
        """SELECT ended.customer_id, later.created_on - ended.ended_on AS after
        FROM entitlements AS ended
        LEFT JOIN entitlements AS later ON later.predecessor_id = ended.entitlement_id
        WHERE ended.ended_by = 'expiry'"""
    )


def book(**renewal: object) -> Run:
    changed = {f"segments.all.renewal.{name}": value for name, value in renewal.items()}
    return simulate(Scenario.from_dict(yaml.safe_load(BOOK), changed), seed=3)


def test_who_came_back_had_left_where_nobody_renews_late() -> None:
    with book(returns={"share": 1, "days": {"exponential": 30}}) as run:
        left, renewed = leaving(run)
        linked = links(run)
    came_back = linked["after"] > 1
    assert came_back.sum() > 20
    assert left.sum() == came_back.sum() + linked["after"].isna().sum()
    assert renewed.sum() == (linked["after"] <= 1).sum()


def test_who_renewed_late_has_renewed_where_nobody_comes_back() -> None:
    with book(late={"share": 0.5, "days": {"exponential": 10}}) as run:
        _, renewed = leaving(run)
        linked = links(run)
    assert (linked["after"] > 1).sum() > 20
    assert renewed.sum() == linked["after"].notna().sum()


def test_the_days_tell_who_renewed_late_from_who_came_back() -> None:
    renewal = {
        "late": {"share": 0.5, "days": {"exponential": 4}},
        "returns": {"share": 1, "days": {"exponential": 60}},
    }
    with book(**renewal) as run:
        left, renewed = leaving(run)
        linked = links(run)
    follows = linked["after"].notna()
    long_after = (linked["after"] > 40).sum()
    assert long_after > 20
    assert renewed.sum() < follows.sum() - long_after + 0.01 * long_after
    # What was followed counts once, as renewed or as left; what was not, at most once.
    counted = left.sum() + renewed.sum()
    assert follows.sum() <= counted <= len(linked)
