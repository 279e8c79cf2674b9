"""What an estimate says of itself, and what customers share."""

import math
from dataclasses import replace

import pandas as pd
import pytest

from entitlement_sim import Scenario, simulate
from entitlement_sim.inference import Estimate, Portfolio, portfolio_of, ratio, shared_shocks

ESTIMATE = Estimate(0.642, 0.609, 0.669, 0.015, 3412, 3, 0.95, "linearised", 176_632.0, "share")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "64.2% (60.9% to 66.9%; 3,412 customers drawn anew within their segments)"),
        (
            {"strata": 1, "shocks": ("day effects", "incidents")},
            "64.2% (60.9% to 66.9%; 3,412 customers drawn anew, given these days and "
            "these incidents)",
        ),
        (
            {"kind": "difference of shares", "strata": 1, "value": -0.01, "low": -0.03, "high": 0},
            "-1.0 points (-3.0 points to 0.0 points; 3,412 customers drawn anew)",
        ),
        (
            {"kind": "amount", "method": "replications", "customers": 20, "low": math.nan,
             "high": math.nan, "value": 1234.5},
            "1,235 (\N{EN DASH}; 20 replications)",
        ),
        ({"kind": "amount", "customers": 1, "strata": 1},
         "0.642 (0.609 to 0.669; 1 customer drawn anew)"),
    ],
)  # fmt: skip
def test_an_estimate_prints_its_limits_and_its_unit(changes: dict[str, object], words: str) -> None:
    assert repr(replace(ESTIMATE, **changes)) == words


def test_an_estimate_shows_as_a_table() -> None:
    page = ESTIMATE._repr_html_()
    for words in ("64.2%", "95.0% limits", "60.9% to 66.9%", "1.5%", "drawn anew", "linearised"):
        assert words in page


@pytest.mark.parametrize(
    ("value", "excluded"), [(0, True), (0.609, False), (0.65, False), (0.669, False), (1, True)]
)
def test_a_value_is_excluded_outside_of_the_limits(value: float, excluded: bool) -> None:
    assert ESTIMATE.excludes(value) == excluded
    assert not replace(ESTIMATE, low=math.nan, high=math.nan).excludes(value)


@pytest.mark.parametrize(
    ("changes", "shocks"),
    [
        ([], ["day effects", "incidents", "a wandering level"]),
        (["calendar.day_spread=0"], ["incidents", "a wandering level"]),
        (["bursts[0].per_year=0", "bursts[1].per_year=0"], ["day effects", "a wandering level"]),
        (["bursts=[]", "calendar.day_spread=0", "calendar.level.sd=0"], []),
    ],
)
def test_customers_share_what_the_scenario_switches_on(
    changes: list[str], shocks: list[str]
) -> None:
    assert shared_shocks(Scenario.load("demo", changes)) == shocks


REFERENCE = Scenario.load(
    "reference", ["segments.everyone.customers=12", "calendar.days=60", "calendar.day_spread=0.1"]
)


def test_the_customers_of_a_run_are_as_many_as_the_scenario_says() -> None:
    with simulate(REFERENCE, seed=7) as run:
        portfolio = portfolio_of(run)
        rows = run.sql("SELECT customer_id, outcome = 'covered' AS covered, 1 AS n FROM cases")
    assert (len(portfolio), portfolio.is_fixed) == (12, True)
    estimate = ratio(rows, "covered", "n", portfolio=portfolio)
    assert estimate.unit.endswith("drawn anew, given these days")


def test_with_a_past_their_number_is_left_to_chance() -> None:
    scenario = REFERENCE.with_({"history": {"years": 1}, "segments.everyone.joins": {}})
    with simulate(scenario, seed=7) as run:
        assert not portfolio_of(run).is_fixed


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        ({"customer_id": [1, 1], "segment": ["a", "b"]}, "customer 1 is in more than one segment"),
        ({"customer_id": [1, None], "segment": ["a", "b"]}, "rows without a customer_id"),
        ({"customer_id": [1]}, "no column 'segment'"),
    ],
)
def test_customers_of_a_frame_are_checked(frame: dict[str, list[object]], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Portfolio.of(pd.DataFrame(frame))
