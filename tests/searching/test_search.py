"""Searches: against the newsvendor where it is exact, against enumeration, and what they refuse."""

from typing import Any

import pytest
from matplotlib import pyplot

from entitlement_sim import RunError, Scenario, search, sums, sweep
from entitlement_sim.charts import alt_text
from entitlement_sim.metrics.sizing import best_allotment

TERMS = "templates.ten-cases.total_terms"

#: One pack each, sold on the first day, that ends within the run; nobody renews.
ONE_PERIOD = [
    "segments.everyone.customers=60",
    "segments.everyone.joins={at_start: 1}",
    "segments.everyone.renewal.inclination={constant: 0}",
    "segments.everyone.cases.shape=0.8",
    "calendar.days=380",
]


@pytest.fixture(scope="module")
def one_period() -> Scenario:
    return Scenario.load("reference", ONE_PERIOD)


@pytest.mark.parametrize(("unused", "missing"), [(30, 90), (60, 20), (1, 9)])
def test_the_best_pack_is_the_newsvendors(one_period: Scenario, unused: int, missing: int) -> None:
    endless = sums(one_period.with_({TERMS: 10_000}), replications=5, by=["customer"])
    demand = endless[endless["allocation"] == "cases"]["used"]
    assert len(demand) == 5 * 60
    best = best_allotment(demand, overage_cost=missing, unused_cost=unused)
    found = search(
        one_period,
        {TERMS: (1, 40)},
        "-sizing_regret",
        costs={"unused": unused, "missing": missing},
        replications=5,
    )
    regret = found.points().set_index(TERMS)["sizing_regret"]
    assert found.winner is not None
    assert regret[found.winner[TERMS]] == regret[int(best)] == regret.min()


@pytest.fixture(scope="module")
def small() -> Scenario:
    return Scenario.load("reference", ["segments.everyone.customers=15", "calendar.days=500"])


COSTS = {"unused": 30, "missing": 90}


def test_selection_finds_what_full_enumeration_does(small: Scenario) -> None:
    free = {TERMS: (6, 20)}
    every = search(small, free, "-sizing_regret", costs=COSTS, replications=40)
    early = search(small, free, "-sizing_regret", costs=COSTS, worth=60.0)
    regret = every.points().set_index(TERMS)["sizing_regret"].astype(float)
    assert early.winner is not None
    assert regret[early.winner[TERMS]] <= regret.min() + 60.0
    assert early.is_sure
    assert early.simulations < every.simulations


def test_the_winner_is_judged_on_replications_that_the_choice_has_not_seen(small: Scenario) -> None:
    found = search(small, {TERMS: [8, 12]}, "-refused", replications=5)
    own = found.judged().set_index(["name", "metric"])["mean"]
    fresh = sweep(small, [{TERMS: [8, 12]}], 10, metrics=["refused"]).by_replication()
    unseen = fresh[fresh["replication"] >= 5].groupby("name")["refused"].mean()
    assert own["total_terms=12", "refused"] == pytest.approx(unseen["total_terms=12"])
    assert own["base", "refused"] == pytest.approx(unseen["base"])


def test_a_condition_holds_where_its_limit_does(small: Scenario) -> None:
    bound = 0.2
    found = search(
        small, {TERMS: (6, 16)}, "-used_cases", {"refused": ("<=", bound)}, replications=8
    )
    points = found.points()
    assert (points[points["holds"]]["refused"] < bound).all()
    sure = points[points["holds"]][TERMS].min()
    assert found.winner == {TERMS: sure}
    assert sure >= points[points["refused"] < bound][TERMS].min()


def test_no_offering_may_keep_a_condition(small: Scenario) -> None:
    found = search(small, {TERMS: (6, 8)}, "sold", {"refused": ("<=", 0)}, replications=5)
    assert found.winner is None
    assert found.scenario is None
    assert str(found).startswith(
        "No offering can be said to keep refused for want of terms at most"
    )


def test_an_optimum_at_a_bound_is_called_one(small: Scenario) -> None:
    found = search(small, {TERMS: (8, 11)}, "-refused", replications=5)
    assert found.at_bounds == [f"{TERMS} is the highest that was allowed, 11"]
    assert "An optimum at a bound" in str(found)


def test_a_budget_ends_the_choice_and_says_so(small: Scenario) -> None:
    found = search(small, {TERMS: (12, 15)}, "-sizing_regret", costs=COSTS, worth=0.01, budget=55)
    assert not found.is_sure
    assert "cannot be told from the best one" in str(found)


def test_the_frontier_shows_the_condition_too(small: Scenario) -> None:
    found = search(small, {TERMS: (8, 11)}, "-used_cases", {"refused": ("<=", 0.9)}, replications=5)
    found.frontier()
    assert alt_text(pyplot.gcf()).startswith("4 of 4 offerings are beaten by no other in both.")
    pyplot.close("all")


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("templates.ten-cases.price", [100, 200]),
        ("templates.ten-cases.term", [{"days": 200}, {"days": 365}]),
        (
            "templates.ten-cases.overage",
            [{"price": 100, "at_most": 3}, {"price": 200, "at_most": 3}],
        ),
    ],
)
def test_what_customers_do_not_answer_to_is_refused(
    small: Scenario, path: str, values: list[Any]
) -> None:
    with pytest.raises(RunError, match=r"everyone do not answer .*Write answers_price") as error:
        search(small, {path: values}, "bookings", replications=5)
    if path.endswith("price"):
        assert "Break-even: with templates.ten-cases.price at 200, there is " in str(error.value)


def test_a_price_that_customers_answer_to_is_searched(small: Scenario) -> None:
    answers = {
        "segments.everyone.answers_price": {"reference": 100, "buying": -1.2, "renewing": -0.5}
    }
    paid = small.with_({"templates.ten-cases.price": 100} | answers)
    found = search(paid, {"templates.ten-cases.price": [80, 100, 120]}, "bookings", replications=5)
    assert found.winner is not None


@pytest.mark.parametrize(
    ("metric", "says"),
    [
        (
            "refused",
            "Refused for want of terms (refused): of cases that asked a restricting contract for "
            "what it sells.",
        ),
        (
            "blocked",
            "Asked in vain (blocked): of cases that asked a contract, restricting or not, for what "
            "it sells or not.",
        ),
    ],
)
def test_what_is_refused_says_of_what_it_is(small: Scenario, metric: str, says: str) -> None:
    found = search(small, {TERMS: [8, 12]}, f"-{metric}", {metric: ("<=", 0.9)}, replications=5)
    assert says in str(found).splitlines()


@pytest.mark.parametrize(
    ("free", "how", "says"),
    [
        ({}, {}, "nothing is free"),
        ({TERMS: 6}, {}, "takes a pair of whole numbers"),
        ({TERMS: (9, 6)}, {}, "is above the highest"),
        ({TERMS: (6, 9)}, {"most": "margin"}, "unknown metric 'margin'"),
        ({TERMS: (6, 9)}, {"where": {"refused": 3}}, "refused takes"),
        ({TERMS: (6, 9)}, {"costs": {"unused": 1}}, "costs has 'unused' and 'missing'"),
        ({TERMS: (6, 9)}, {"worth": 0.0}, "worth must be above 0"),
        ({TERMS: (6, 9)}, {"replications": 4}, "must be at least 5"),
    ],
)
def test_what_cannot_be_searched_is_said(
    small: Scenario, free: dict[str, Any], how: dict[str, Any], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        search(small, free, **({"most": "sold"} | how))


def test_too_many_points_ask_which_difference_matters(small: Scenario) -> None:
    with pytest.raises(RunError, match="say which difference matters"):
        search(small, {TERMS: (1, 5_000)}, "sold")
