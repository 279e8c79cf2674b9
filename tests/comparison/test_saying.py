"""What a comparison says, on rows made by hand with a value on every edge."""

import math
from typing import Any

import pandas as pd
import pytest

from entitlement_sim.charts import alt_text, comparison_forest
from entitlement_sim.comparison.differences import COLUMNS
from entitlement_sim.comparison.saying import (
    Finding,
    false_alarms_in_words,
    table_of,
    table_of_alternatives,
)
from entitlement_sim.telling import move_in_words, moved_in_words

SHARE = {
    "metric": "renewed", "name": "renewed", "kind": "share", "of": "contracts due",
    "first": 0.5, "second": 0.55, "difference": 0.05, "change": math.nan, "low": 0.02,
    "high": 0.08, "standard_error": 0.01, "moved": True, "gain": 4.0, "n_first": 100.0,
    "n_second": 120.0, "customers": 80, "method": "linearised", "unit": "80 customers drawn anew",
}  # fmt: skip

MONEY = SHARE | {
    "metric": "bookings", "name": "bookings", "kind": "money", "of": "", "first": 1_000_000.0,
    "second": 1_120_000.0, "difference": 120_000.0, "change": 0.12, "low": 90_000.0,
    "high": 150_000.0,
}  # fmt: skip

REVENUE = MONEY | {
    "metric": "revenue", "name": "recognised revenue", "second": 1_020_000.0,
    "difference": 20_000.0, "change": 0.02, "low": 10_000.0, "high": 30_000.0,
}  # fmt: skip

#: Of which 0 is between the limits.
OPEN = {"low": -0.01, "high": 0.08, "moved": False}
SAME = {"second": 0.5, "difference": 0.0, "low": -0.01, "high": 0.01, "moved": False}


def rows(*given: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame([{"run": "other", **row} for row in given], columns=["run", *COLUMNS])


def said(*given: dict[str, Any], currency: str | None = None, chance: bool = False) -> list[str]:
    return Finding(rows(*given), currency, 0.95).sentences(is_chance_alone=chance)


def test_nothing_at_all_is_told_as_nothing() -> None:
    assert said() == ["Nothing happened in either run: there is nothing to compare."]


def test_what_is_all_the_same_has_not_moved() -> None:
    assert said(SHARE | SAME) == ["Nothing moved: every metric is the same in both."]


def test_what_moved_is_told_from_what_to_what_with_its_limits() -> None:
    assert said(SHARE) == [
        "What moved: renewed rose by 5.0 points, from 50.0% to 55.0% of contracts due "
        "(+2.0 to +8.0)."
    ]


def test_what_includes_0_cannot_be_told() -> None:
    assert said(SHARE | OPEN) == [
        "Nothing can be said to have moved.",
        "What cannot be told from no change: renewed (-1.0 to +8.0).",
    ]


def test_of_replications_a_share_may_be_said_to_have_moved_however_few_they_are() -> None:
    row = SHARE | {"n_first": 5.0, "n_second": 5.0, "method": "replications"}
    assert said(row)[0].startswith("What moved: renewed")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (SHARE, "renewed rose by 5.0 points, from 50.0% to 55.0% of contracts due (+2.0 to +8.0)"),
        (
            SHARE | OPEN | {"second": 0.4996, "difference": -0.0004},
            "renewed cannot be told from no change: 50.0% and 50.0% (-1.0 to +8.0)",
        ),
        (SHARE | SAME, "renewed is the same: 50.0%"),
        (
            SHARE | OPEN | {"low": math.nan, "high": math.nan},
            "renewed: 50.0% and 55.0%, of too few to say",
        ),
        (
            MONEY | OPEN | {"low": -9_000.0, "high": 80.0},
            "bookings cannot be told from no change: 1,000,000 and 1,120,000 (-9k to +80)",
        ),
    ],
    ids=["moved", "open", "same", "few", "money"],
)
def test_the_words_beside_a_picture_claim_what_its_limits_do(
    row: dict[str, Any], words: str
) -> None:
    [of_frame] = rows(row).itertuples(index=False)
    assert move_in_words(of_frame) == words
    assert f"other: {words}" in alt_text(comparison_forest(rows(row)))


def test_a_share_of_fewer_than_30_is_never_said_to_have_moved() -> None:
    few = SHARE | {"n_first": 29.0}
    assert said(few)[0] == "Nothing can be said to have moved."
    assert said(SHARE | {"n_first": 30.0})[0].startswith("What moved: renewed")


def test_without_limits_there_are_too_few_customers() -> None:
    unknown = SHARE | {"low": math.nan, "high": math.nan, "moved": False}
    assert said(unknown)[1] == (
        "What cannot be told from no change: renewed (too few customers to say)."
    )


def test_bookings_stand_beside_what_was_recognised_in_their_currency() -> None:
    assert said(MONEY, REVENUE, currency="EUR") == [
        "Bookings rose by EUR 120k, +12.0% (+EUR 90k to +EUR 150k); recognised revenue rose by "
        "EUR 20k, +2.0% (+EUR 10k to +EUR 30k)."
    ]


def test_of_revenue_that_is_open_the_sentence_says_so() -> None:
    text = said(MONEY, REVENUE | {"low": -1_000.0, "moved": False})[0]
    assert text.endswith("; of recognised revenue it cannot be told (-1k to +30k).")


def test_chance_alone_is_never_an_effect() -> None:
    assert said(SHARE, MONEY, chance=True) == [
        "Nothing but chance is between the runs, so nothing that differs is an effect: 2 of 2 "
        "intervals exclude 0, and about 0 would by chance."
    ]


def test_what_stayed_the_same_is_named() -> None:
    assert said(MONEY, SHARE | SAME)[1] == "The same to the last hundredth: renewed."


def test_the_furthest_moves_are_told_first_and_the_rest_is_counted() -> None:
    moves = [
        SHARE | {"name": f"metric {points}", "metric": str(points), "difference": points / 100}
        for points in (1, 4, 2, 5, 3)
    ]
    [text] = said(*moves)
    assert [text.index(f"metric {points}") for points in (5, 4, 3)] == sorted(
        text.index(f"metric {points}") for points in (5, 4, 3)
    )
    assert "metric 2" not in text
    assert text.endswith("; and 2 more.")


@pytest.mark.parametrize(
    ("difference", "words"),
    [
        (0.0004, "renewed rose by less than 0.1 points"),
        (-0.0004, "renewed fell by less than 0.1 points"),
        (0.0006, "renewed rose by 0.1 points"),
    ],
)
def test_a_move_that_rounds_to_nothing_is_less_than_a_tenth(difference: float, words: str) -> None:
    [row] = rows(SHARE | {"difference": difference}).itertuples(index=False)
    assert moved_in_words(row).startswith(words)


def test_a_change_of_nothing_has_no_percentage() -> None:
    [row] = rows(MONEY | {"first": 0.0, "change": math.nan}).itertuples(index=False)
    assert moved_in_words(row) == "bookings rose by 120k (+90k to +150k)"


def test_a_star_stands_where_the_interval_excludes_0() -> None:
    table = table_of(rows(SHARE, SHARE | OPEN), ("base", "other"), 0.95, None)
    assert [row[3] for row in table.rows] == ["+5.0 *", "+5.0  "]


def test_what_is_the_same_for_each_customer_needs_no_interval() -> None:
    table = table_of(rows(SHARE, SHARE | SAME), ("base", "other"), 0.95, None)
    assert [row[4] for row in table.rows] == ["+2.0 to +8.0", "same in all"]


def test_independent_runs_have_no_gain() -> None:
    table = table_of(rows(SHARE | {"gain": 1.0}), ("base", "other"), 0.95, None)
    assert "gain" not in table.headings


def test_the_heading_names_the_confidence_of_each_interval() -> None:
    table = table_of(rows(SHARE), ("base", "other"), 0.975, None)
    assert "97.5% interval" in table.headings


def test_a_table_of_money_names_the_currency_once_and_fits_a_line() -> None:
    lapsed = MONEY | {"name": "worth of what lapsed unused", "difference": -126_927.0}
    table = table_of(rows(lapsed), ("demo", "bigger-pack"), 0.95, "EUR")
    assert table.headings[0] == "metric (money in EUR)"
    assert table.text().count("EUR") == 1
    assert table.width() <= 100


def test_several_alternatives_stand_side_by_side() -> None:
    table = table_of_alternatives([rows(SHARE), rows(SHARE | OPEN)], ["base", "one", "two"], None)
    assert table.headings == ["metric", "base", "one", "two"]
    assert table.rows == [["renewed", "50.0%", "+5.0 *", "+5.0  "]]


def test_a_long_name_is_cut_in_a_heading() -> None:
    table = table_of(rows(SHARE), ("a" * 30, "other"), 0.95, None)
    assert table.headings[1] == f"{'a' * 13}…"


def test_it_is_said_that_false_alarms_were_measured_for_all_metrics() -> None:
    rows = pd.DataFrame([SHARE, MONEY, REVENUE])
    assert false_alarms_in_words(rows, has_level=False) == (
        "How often such limits call chance an effect was measured for each of these metrics "
        "(notebook 09_how_far_to_trust)."
    )


def test_it_is_said_for_which_metrics_they_were_not_measured_under_a_level() -> None:
    other = SHARE | {"metric": "other", "name": "something else"}
    rows = pd.DataFrame([SHARE, other, MONEY])
    assert false_alarms_in_words(rows, has_level=True) == (
        "How often such limits call chance an effect was measured under a wandering level for 2 of "
        "these 3 metrics (notebook 09_how_far_to_trust); not for something else."
    )
