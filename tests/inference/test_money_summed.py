"""Money over replications is that of the views over a run of the same number."""

import pytest

from entitlement_sim import Scenario, compare, replicate, simulate

TEXT = """
scenario: shop
currency: EUR
calendar: { start: 2025-01-01, days: 200 }
templates:
  Retainer:
    { allowance: { terms: 1, every: month }, overage: { price: 60 }, price: 500,
      decrease_on: creation, refund: unused }
segments:
  all:
    customers: 15
    cases: { per_year: 14 }
    origins: { phone: 1, email: 2 }
    turned_away: 0.3
    holds: [{ template: Retainer, share: 0.8 }]
    cancellation: { per_year: 0.5 }
    renewal: { inclination: { constant: 0.8 } }
money: { hour_costs: 61.3, case_costs: { phone: 9, email: 4 }, uncovered: { case: 50, hour: 7 },
         turned_away_costs: 20, margin_method: straight_line }
"""
COLUMNS = ("margin", "cost_to_serve", "uncovered_revenue", "overage", "revenue")


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return Scenario.parse(TEXT, "shop.yaml")


def test_money_of_a_replication_is_that_of_its_views(scenario: Scenario) -> None:
    frame = replicate(scenario, 2, metrics=list(COLUMNS))
    with simulate(scenario, replication=1) as run:
        views = run.sql(
            "SELECT sum(margin)::DOUBLE AS margin, sum(cost_to_serve)::DOUBLE AS cost_to_serve, "
            "sum(uncovered_revenue)::DOUBLE AS uncovered_revenue, sum(overage)::DOUBLE AS overage, "
            "sum(recognised)::DOUBLE AS revenue FROM margin_by_month"
        )
    row = frame[frame["replication"] == 1].iloc[0]
    assert row["overage"] > 0
    # Views round the cost of minutes once in each row.
    assert [row[name] for name in COLUMNS] == pytest.approx(
        [views[name].item() for name in COLUMNS], abs=0.3
    )


def test_a_margin_by_use_is_no_sum(scenario: Scenario) -> None:
    by_use = scenario.with_({"money.margin_method": "proportional"})
    with pytest.raises(ValueError, match="sums say no metric 'margin'"):
        replicate(by_use, 2, metrics=["margin"])


def test_a_margin_is_compared_over_replications(scenario: Scenario) -> None:
    dearer = {"templates.Retainer.price": 600}
    with compare(scenario, dearer, metrics=["margin", "revenue"], replications=3) as answer:
        rows = answer.metrics().set_index("metric")
    assert rows.loc["margin", "difference"] == pytest.approx(rows.loc["revenue", "difference"])
    assert rows.loc["margin", "difference"] > 0
