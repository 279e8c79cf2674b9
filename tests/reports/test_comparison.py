"""What moved between two runs, and why."""

import pandas as pd
import pytest
from hand_made import HandMade

from entitlement_sim import Run, Scenario, simulate
from entitlement_sim.reports.comparison import Comparison, _difference, _moved_most, _why


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
    query = "SELECT sum(price)::DOUBLE FROM entitlements WHERE activated_on >= DATE '2023-01-01'"
    sold = [run.connection.sql(query).fetchall()[0][0] for run in (small, dearer)]
    row = amounts.loc["price of everything sold"]
    assert row[["small", "dearer"]].tolist() == sold
    assert row["difference"] == pytest.approx(sold[1] - sold[0])
    assert sold[1] > sold[0]


def test_shares_are_those_of_the_views(both: Comparison, small: Run) -> None:
    shares = both.shares().set_index("share")
    [(renewed, due)] = small.connection.sql(
        "SELECT count(*) FILTER (is_renewed), count(*) FROM renewals WHERE is_mature AND is_paying"
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


NOTHING_MOVED = "None of the headline shares moved by as much as 0.1 points."


def moves(*shares: tuple[str, float, float]) -> pd.DataFrame:
    """Shares of two runs, as a comparison has them."""
    rows = [(name, first, second, 100 * (second - first), "") for name, first, second in shares]
    return pd.DataFrame(rows, columns=["share", "base", "other", "difference", "interval"])


@pytest.mark.parametrize(
    ("first", "second", "change"),
    [(0.5, 0.5005, "50.0% to 50.1% (+0.1 points)"), (0.3005, 0.3, "30.1% to 30.0% (-0.1 points)")],
)
def test_a_move_that_shows_as_a_tenth_of_a_point_is_told(
    first: float, second: float, change: str
) -> None:
    assert _moved_most(moves(("renewed", first, second))) == (
        f"What moved most: *renewed* from {change}."
    )


@pytest.mark.parametrize(("first", "second"), [(0.5, 0.500499), (0.5, 0.5), (0.5, float("nan"))])
def test_a_smaller_move_is_none(first: float, second: float) -> None:
    assert _moved_most(moves(("renewed", first, second))) == NOTHING_MOVED


def test_the_three_largest_moves_are_told_falls_among_them_and_equal_ones_in_their_order() -> None:
    shares = moves(("a", 0.5, 0.51), ("b", 0.5, 0.4), ("c", 0.5, 0.52), ("d", 0.5, 0.52))
    assert _moved_most(shares) == (
        "What moved most: *b* from 50.0% to 40.0% (-10.0 points), *c* from 50.0% to 52.0% "
        "(+2.0 points) and *d* from 50.0% to 52.0% (+2.0 points)."
    )


SAME_SEED = (
    " Both were drawn with the same seed: customers and cases that the change does not touch are "
    "the same in both, so that small differences count, too."
)


@pytest.mark.parametrize(
    ("causes", "text"),
    [
        ([], "The runs were made with the same scenario, seed, rules and versions."),
        (
            [("run", "seed"), ("run", "replication")],
            "What differs: seed and replication. Nothing but chance is between them: every "
            "difference is noise.",
        ),
        (
            [("run", "seed"), ("scenario", "a.b")],
            "What differs: 1 place in the scenario (a.b); seed.",
        ),
        ([("run", "start_date")], f"What differs: start date.{SAME_SEED}"),
        (
            [("scenario", name) for name in "abcdef"] + [("library", "numpy")],
            "What differs: 6 places in the scenario (a, b, c, d, e and 1 more); versions of numpy."
            + SAME_SEED,
        ),
        (
            [("rule switch", "x"), ("rule switch", "y")],
            f"What differs: the rule switches x and y.{SAME_SEED}",
        ),
    ],
)
def test_the_verdict_says_what_differs_and_how_to_read_it(
    causes: list[tuple[str, str]], text: str
) -> None:
    assert _why(pd.DataFrame(causes, columns=["what", "where"])) == text


def test_the_verdict_on_two_runs_by_hand_is_this_text() -> None:
    base, other = HandMade(), HandMade()
    for made, turned_away in ((base, 1), (other, 2)):
        for place in range(8):
            outcome = "turned_away" if place < turned_away else "covered"
            made.case(place, outcome=outcome)
    with base.run() as first, other.run() as second:
        verdict = Comparison(first, second).verdict()
    assert verdict == (
        "The runs were made with the same scenario, seed, rules and versions.\n\n"
        "What moved most: *cases covered* from 87.5% to 75.0% (-12.5 points) and *cases turned "
        "away* from 12.5% to 25.0% (+12.5 points)."
    )


def test_amounts_of_two_runs_by_hand_have_their_difference_and_relative_change() -> None:
    base, other = HandMade(), HandMade()
    for made, price in ((base, 100), (other, 125)):
        made.holds(0, 99, price=price)
    with base.run() as first, other.run() as second:
        amounts = Comparison(first, second).amounts().set_index("number")
    sold = amounts.loc["price of everything sold"]
    assert sold.tolist() == [100, 125, 25, 0.25]
