"""What it costs that customers leave, against the closed form of Fader and Hardie."""

import numpy as np
import pytest
from scipy.special import hyp2f1

from entitlement_sim import Scenario, simulate
from entitlement_sim.inference import churn_cost
from entitlement_sim.metrics.shifted_beta_geometric import fit_renewals

TEXT = """
scenario: leaving
calendar: { start: 2025-01-01, days: 730 }
templates:
  Pack: { total_terms: 5, price: 500, term: { days: 73 } }
segments:
  all:
    customers: 120
    cases: { per_year: 2 }
    holds: [{ template: Pack }]
    renewal: { inclination: { beta_geometric: { alpha: 0.8, beta: 2 } }, dates: contiguous }
money: { hour_costs: 60, discount_rate: 0.2 }
"""


def residual_lifetime(alpha: float, beta: float, renewal: int, discount: float) -> float:
    """Discounted expected residual lifetime just before a renewal (Fader and Hardie, 2010)."""
    chance = (beta + renewal - 1) / (alpha + beta + renewal - 1)
    later = hyp2f1(1, beta + renewal, alpha + beta + renewal, 1 / (1 + discount))
    return float(chance * later)


def test_a_residual_margin_is_the_discounted_lifetime_at_the_margin_of_a_term() -> None:
    with simulate(Scenario.parse(TEXT, "leaving.yaml")) as run:
        [row] = churn_cost(run).itertuples()
        renewals = run.sql(
            "SELECT renewal_number AS k, class::VARCHAR AS class, is_renewed, "
            "annual_value::DOUBLE AS value FROM renewals WHERE is_mature"
        )
        [(margin, recognised)] = run.connection.sql(
            "SELECT sum(margin)::DOUBLE, sum(recognised)::DOUBLE FROM margin_by_customer"
        ).fetchall()
    numbers = renewals.groupby("k")["is_renewed"].agg(["size", "sum"])
    fit = fit_renewals(numbers["size"], numbers["sum"], numbers.index).model
    lost = renewals[renewals["class"] == "lost"]
    a_term = 1.2 ** (73 / 365) - 1
    terms = [residual_lifetime(fit.alpha, fit.beta, int(k), a_term) for k in lost["k"]]
    expected = float(np.sum(lost["value"] * 73 / 365 * terms)) * margin / recognised
    assert (row.lost, row.annual_value) == (len(lost), lost["value"].sum())
    assert row.residual_margin == pytest.approx(expected, rel=1e-9)


def test_without_money_a_residual_margin_is_not_known() -> None:
    scenario = Scenario.parse(TEXT.split("money:")[0], "leaving.yaml")
    with simulate(scenario) as run:
        [row] = churn_cost(run).itertuples()
    assert row.lost > 0
    assert np.isnan(row.residual_margin)
