"""How far ahead a customer's cases are drawn: seldom too short, and often short of the run."""

import datetime as dt
from typing import Any

import numpy as np
import pytest

from entitlement_sim import Scenario, simulate
from entitlement_sim.engine.horizon import likely_horizon
from entitlement_sim.population.customers import draw_customer
from entitlement_sim.population.plan import Plan, plan
from entitlement_sim.replications import sums
from entitlement_sim.store.static import FIRST_ID

START = dt.date(2023, 1, 1)
SCENARIO: dict[str, Any] = {
    "scenario": "leaving",
    "description": "",
    "seed": 3,
    "calendar": {"start": START, "days": 1500},
    "templates": {
        "Pack": {"total_terms": 10, "term": {"days": 200}},
        "Year": {"total_terms": 40, "term": {"months": 12}, "moves_down_to": "Pack"},
    },
    "segments": {
        "all": {
            "customers": 300,
            "holds": [{"template": "Pack", "share": 0.9}, {"template": "Year", "share": 0.3}],
            "cases": {"per_year": 40},
            "renewal": {
                "inclination": {"beta_geometric": {"alpha": 0.7, "beta": 1.2}},
                "moved_by": {"utilisation": 0.5, "around": 0.5},
                "late": {"share": 0.2, "days": {"exponential": 20}},
                "returns": {"share": 0.1, "days": {"exponential": 100}},
            },
        }
    },
}
ENDS = [
    {"fixed": 40},
    {"exponential": 60},
    {"uniform": 90},
    {"lognormal": {"median": 30, "sigma": 1}},
    {"mixture": [{"share": 0.3, "exponential": 90}, {"share": 0.7, "fixed": 10}]},
    {"quantiles": {0: 0, 0.5: 20, 1: 120}},
]


def horizons(portfolio: Plan) -> list[int]:
    """Days from the start of the run up to which the cases of each customer are drawn."""
    run, segment = portfolio.run[0], portfolio.segments[0]
    return [
        int(likely_horizon(portfolio, segment, draw_customer(run, segment, place)) - run.start)
        for place in range(SCENARIO["segments"]["all"]["customers"])
    ]


@pytest.mark.parametrize("ends", ENDS, ids=lambda ends: next(iter(ends)))
def test_few_customers_write_after_what_is_drawn_of_them_at_first(ends: dict[str, Any]) -> None:
    scenario = Scenario.from_dict(SCENARIO, [f"segments.all.life.ends={ends}".replace("'", "")])
    drawn_to = np.array(horizons(plan(scenario.model, SCENARIO["seed"])))
    with simulate(scenario) as run:
        last = run.connection.execute(
            "SELECT customer_id, max(created_at::DATE - ?) AS day FROM cases GROUP BY ALL", [START]
        ).fetchnumpy()
    place = np.asarray(last["customer_id"]) - FIRST_ID  # all join at the start
    is_cut = drawn_to < SCENARIO["calendar"]["days"]
    assert is_cut.sum() > 100
    late = np.asarray(last["day"]) >= drawn_to[place]
    assert late.sum() < 0.05 * is_cut.sum()


def test_where_demand_never_ends_all_is_drawn() -> None:
    portfolio = plan(Scenario.from_dict(SCENARIO).model, SCENARIO["seed"])
    assert set(horizons(portfolio)) == {SCENARIO["calendar"]["days"]}


@pytest.mark.parametrize("ends", ENDS[:3], ids=lambda ends: next(iter(ends)))
def test_sums_hang_on_no_horizon(ends: dict[str, Any]) -> None:
    """Also of who writes beyond it under the second offering alone."""
    fewer = [f"segments.all.life.ends={ends}".replace("'", ""), "segments.all.customers=60"]
    longer = {"templates.Year.total_terms": 400, "templates.Pack.term.days": 500}
    scenario = Scenario.from_dict(SCENARIO, [*fewer, "history={years: 3}", "segments.all.joins={}"])
    offerings = {"base": scenario, "longer": scenario.with_(longer)}
    summed = sums(scenario, {"longer": longer}, by=["segment"])
    for name, offering in offerings.items():
        with simulate(offering) as run:
            [(cases,)] = run.connection.execute(
                "SELECT count(*) FROM cases WHERE created_at >= ?", [START]
            ).fetchall()
        of_it = summed[summed["offering"] == name]
        assert of_it[["covered", "uncovered", "turned_away"]].sum().sum() == cases
