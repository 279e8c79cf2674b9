"""What moved between two runs, and why."""

import pytest

from entitlement_sim import Run, Scenario, simulate
from entitlement_sim.reports.comparison import Comparison, _difference


@pytest.fixture(scope="module")
def both(small: Run, dearer: Run) -> Comparison:
    return Comparison(small, dearer)


def test_what_differs_in_the_scenario_and_the_switches_is_found(both: Comparison) -> None:
    causes = both.causes().values.tolist()
    assert causes == [
        ["rule switch", "gate_on_reactivate", "False", "True"],
        ["scenario", "templates.Pack 10.price", "1500.00", "1800.00"],
    ]


def test_the_verdict_names_causes_and_says_that_cases_are_the_same(both: Comparison) -> None:
    verdict = both.verdict()
    assert "1 place in the scenario (templates.Pack 10.price)" in verdict
    assert "the rule switches gate_on_reactivate" in verdict
    assert "Both were drawn with the same seed" in verdict


def test_amounts_stand_side_by_side_with_their_difference(
    both: Comparison, small: Run, dearer: Run
) -> None:
    amounts = both.amounts().set_index("number")
    query = "SELECT sum(price)::DOUBLE FROM entitlements WHERE activated_on IS NOT NULL"
    sold = [run.connection.sql(query).fetchall()[0][0] for run in (small, dearer)]
    row = amounts.loc["price of everything sold"]
    assert row[["small", "dearer"]].tolist() == sold
    assert row["difference"] == pytest.approx(sold[1] - sold[0])
    assert sold[1] > sold[0]


def test_shares_are_those_of_the_views(both: Comparison, small: Run) -> None:
    shares = both.shares().set_index("share")
    [(renewed, due)] = small.connection.sql(
        "SELECT sum(renewed), sum(n) FROM renewal_rates_by_month WHERE is_mature"
    ).fetchall()
    assert shares.loc["renewed", "small"] == pytest.approx(float(renewed / due))
    assert shares.loc["renewed", "interval"] != ""
    assert shares.loc["gross retention over a year", "interval"] == ""


def test_utilisation_is_compared_by_template(both: Comparison, small: Run) -> None:
    used = both.utilisation()
    assert used["template"].tolist() == [
        name
        for (name,) in small.connection.sql(
            "SELECT template FROM utilisation_by_template WHERE n > 0 ORDER BY template_id"
        ).fetchall()
    ]
    difference = 100 * (used["dearer"] - used["small"])
    assert used["difference"].tolist() == pytest.approx(difference.tolist())


def test_a_run_compared_with_itself_has_not_moved(small: Run) -> None:
    same = Comparison(small, small)
    assert same.causes().empty
    assert same.verdict() == "Both runs hold the same rows: **nothing moved**."
    assert same.first_name != same.second_name
    assert (same.shares()["difference"].dropna() == 0).all()


def test_another_seed_alone_is_called_noise() -> None:
    scenario = Scenario.load("warranty", {"calendar.days": 30, "segments.workshops.customers": 50})
    one, two = simulate(scenario, seed=1), simulate(scenario, seed=2)
    chance = Comparison(one, two)
    assert chance.causes()[["what", "where"]].values.tolist() == [["run", "seed"]]
    assert "every difference is noise" in chance.verdict()


def test_a_difference_of_shares_has_newcombes_interval() -> None:
    # Newcombe (1998), table II, method 10: 56/70 - 48/80 lies between 0.0524 and 0.3339.
    assert _difference((48, 80), (56, 70)) == "+5.2 to +33.4"
