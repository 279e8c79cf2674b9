"""What it costs that customers leave, against the closed form of Fader and Hardie."""

import numpy as np
import pandas as pd
import pytest
from hand_made import HandMade
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


# ------------------------------------------------------------------------------ few losses


def costs_of(small: tuple[int, int], others: tuple[int, int] = (0, 0)) -> pd.DataFrame:
    """Churn costs where of two segments so many contracts were lost of so many that fell due.

    Each ran 100 days for 100, what renews it runs beyond the run, and support costs nothing.
    """
    hand = HandMade(days=300)
    customer = 0
    for segment, (lost, due) in (("small", small), ("customer's own", others)):
        for place in range(due):
            customer += 1
            hand.customers[customer] = {"customer_id": customer, "segment": segment}
            first = hand.holds(0, 99, customer=customer)
            if place >= lost:
                hand.holds(100, 600, customer=customer, renews=first)
    with hand.run(money={"hour_costs": 0, "discount_rate": 0.1}) as run:
        return churn_cost(run).set_index("segment")


def test_where_nothing_was_lost_nothing_costs() -> None:
    costs = costs_of((0, 40))
    assert costs.empty
    assert "residual_margin" in costs


@pytest.mark.parametrize("lost", [1, 2, 9])
def test_too_few_losses_say_no_curve_and_no_margin(lost: int) -> None:
    row = costs_of((lost, 40)).loc["small"]
    assert (row["lost"], row["due"], row["curve"]) == (lost, 40, "too few")
    assert row["annual_value"] == 365 * lost
    assert np.isnan([row["first_renewal"], row["residual_margin"]]).all()


@pytest.mark.parametrize("lost", [1, 2])
def test_few_losses_take_the_renewals_of_all_segments(lost: int) -> None:
    costs = costs_of((lost, 40), (30, 60))
    row = costs.loc["small"]
    rate = 1 - (lost + 30) / 100
    later = 1 / (1 - rate / 1.1 ** (100 / 365))
    assert (row["lost"], row["due"], row["curve"]) == (lost, 40, "all segments, constant")
    assert row["first_renewal"] == pytest.approx(rate)
    assert row["residual_margin"] == pytest.approx(100 * lost * rate * later)
    assert costs.loc["customer's own", "curve"] == "segment, constant"


def test_where_all_are_lost_no_chance_is_read_from_that() -> None:
    row = costs_of((40, 40)).loc["small"]
    assert (row["lost"], row["curve"]) == (40, "too few")
    assert np.isnan([row["first_renewal"], row["residual_margin"]]).all()
    pooled = costs_of((40, 40), (20, 40)).loc["small"]
    assert (pooled["curve"], pooled["first_renewal"]) == ("all segments, constant", 0.25)


def test_ten_of_either_are_enough_for_a_curve_of_its_own() -> None:
    assert costs_of((10, 40)).loc["small", "curve"] == "segment, constant"
    assert costs_of((30, 40)).loc["small", "curve"] == "segment, constant"
    assert costs_of((31, 40)).loc["small", "curve"] == "too few"
