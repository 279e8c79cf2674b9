"""The scorecard: verdicts, declarations, and what a run is held against."""

import numpy as np
import pandas as pd
import pytest
from hand_made import HandMade

from entitlement_sim import Scenario, scorecard, simulate
from entitlement_sim.scenario.fields import names_at
from entitlement_sim.scoring.card import COLUMNS, MEASURES
from entitlement_sim.scoring.saying import card_table, verdict
from entitlement_sim.targets import TARGETS


def weekly(weekend: int, working: int = 8) -> HandMade:
    """A week with so many cases at the weekend and on working days."""
    made = HandMade(days=7)
    for number in range(weekend + working):
        made.case(6 if number < weekend else number % 5)
    return made


def the_row(card: pd.DataFrame, row: str = "weekend_share") -> pd.Series:
    [place] = np.flatnonzero(card["row"] == row)
    return card.iloc[place]


def card_of(made: HandMade, against="targets", **changes) -> pd.DataFrame:
    with made.run(**changes) as run:
        return scorecard(run, against)


def test_every_target_is_measured_and_every_measure_has_a_target():
    assert list(MEASURES) == list(TARGETS)


@pytest.mark.parametrize("name", TARGETS)
def test_limits_lie_around_their_target(name):
    for goal in TARGETS[name].goals:
        target = 0.0 if goal.target is None else goal.target
        assert goal.low is None or goal.low <= target
        assert goal.high is None or goal.high >= target
        assert goal.low is not None or goal.high is not None


def test_a_card_has_the_columns_that_are_promised_and_a_row_for_each_number():
    card = card_of(weekly(0))
    assert list(card.columns) == list(COLUMNS)
    numbers = [(name, goal.part) for name, target in TARGETS.items() for goal in target.goals]
    assert list(zip(card["row"], card["part"], strict=True)) == numbers
    for column in ("value", "target", "low", "high"):
        assert card[column].dtype == "float64"


@pytest.mark.parametrize(
    ("weekend", "working", "expected"),
    [(2, 98, "hit"), (8, 92, "hit"), (19, 981, "miss"), (81, 919, "miss")],
)
def test_a_limit_belongs_to_what_hits(weekend, working, expected):
    assert the_row(card_of(weekly(weekend, working)))["verdict"] == expected


def test_what_cannot_be_measured_says_why_and_nothing_else_does():
    card = card_of(weekly(1))
    missing = card["value"].isna()
    assert (missing == (card["verdict"] == "not measurable")).all()
    assert (card["why"] != "")[missing].all()


def test_without_a_declaration_every_row_is_of_all_and_none_is_declared():
    card = card_of(weekly(1))
    assert card["segment"].isna().all()
    assert not card["declared"].any()


def test_a_declared_row_is_of_its_segment_and_the_others_of_all():
    card = card_of(weekly(1), scorecard=[{"row": "weekend_share", "segment": "customer's own"}])
    declared = card[card["declared"]]
    assert declared[["row", "segment", "n"]].values.tolist() == [
        ["weekend_share", "customer's own", 0]
    ]
    assert (card["row"] == "weekend_share").sum() == 1


def test_a_row_may_be_declared_of_all_and_of_a_segment():
    rows = [{"row": "weekend_share"}, {"row": "weekend_share", "segment": "small"}]
    card = card_of(weekly(1), scorecard=rows)
    declared = card[card["declared"]]
    assert declared["segment"].isna().tolist() == [True, False]
    assert declared["value"].nunique() == 1


def test_another_target_moves_the_limits_of_the_row():
    card = card_of(weekly(1), scorecard=[{"row": "weekend_share", "target": 0.3, "source": "ours"}])
    row = the_row(card)
    assert row[["target", "low", "high"]].tolist() == pytest.approx([0.3, 0.27, 0.33])
    assert row["source"] == "ours"


def test_relative_limits_scale_with_the_target():
    row = the_row(card_of(weekly(1), scorecard=[{"row": "shape", "target": 2}]), "shape")
    assert row[["low", "high"]].tolist() == pytest.approx([1.4, 2.6])


def test_a_side_that_is_open_stays_open():
    row = the_row(card_of(weekly(1), scorecard=[{"row": "lag_1", "target": 0.1}]), "lag_1")
    assert row["low"] == pytest.approx(-0.1)
    assert np.isnan(row["high"])


def test_a_declared_tolerance_is_on_either_side():
    row = the_row(card_of(weekly(1), scorecard=[{"row": "lag_1", "tolerance": 0.05}]), "lag_1")
    assert row[["low", "high"]].tolist() == pytest.approx([0.35, 0.45])


def test_targets_of_several_parts_go_by_their_order():
    targets = [1.1, 1, 1, 1, 0.9, 0, 0]
    card = card_of(weekly(1), scorecard=[{"row": "weekday_index", "target": targets}])
    assert card["target"][card["row"] == "weekday_index"].tolist() == targets


def test_a_run_is_held_against_another_one():
    with weekly(2).run() as other:
        card = card_of(weekly(0), other)
    row = the_row(card)
    assert row[["value", "target", "low", "high"]].tolist() == pytest.approx([0, 0.2, 0.17, 0.23])
    assert row["verdict"] == "miss"
    assert row["source"].startswith("run tiny")


def test_what_the_other_run_does_not_know_is_no_target():
    other, own = HandMade(days=7), weekly(1)
    with other.run() as empty:
        assert the_row(card_of(own, empty))["verdict"] == "no target"


def test_a_run_is_not_excused_by_the_faults_of_another():
    made = weekly(0)
    made.moves(made.holds(0, 6), 3, -1)
    with made.run() as faulty:
        card = card_of(made, faulty)
    row = card[card["part"] == "use without case"].iloc[0]
    assert (row["value"], row["target"], row["verdict"]) == (1, 0, "miss")


def test_a_run_hits_itself():
    with weekly(2).run() as run:
        card = scorecard(run, run)
    assert set(card["verdict"]) <= {"hit", "not measurable"}


def test_a_card_is_a_frame_of_targets():
    card = card_of(weekly(2))
    again = card_of(weekly(2), card)
    for column in ("value", "target", "low", "high", "verdict"):
        pd.testing.assert_series_equal(again[column], card[column])


def test_a_frame_says_what_a_row_should_be_and_how_far_off():
    frame = pd.DataFrame({"row": ["weekend_share"], "target": [0.5], "tolerance": [0.25]})
    card = card_of(weekly(2), frame)
    row = the_row(card)
    assert row[["target", "low", "high", "verdict"]].tolist() == [0.5, 0.25, 0.75, "miss"]
    assert set(card["verdict"][card["row"] != "weekend_share"]) == {"no target", "not measurable"}


def test_a_frame_without_a_tolerance_has_that_of_the_row():
    frame = pd.DataFrame({"row": ["weekend_share"], "target": [0.5]})
    assert the_row(card_of(weekly(2), frame))[["low", "high"]].tolist() == [0.47, 0.53]


def test_the_part_and_the_segment_of_a_frame_pick_the_number():
    frame = pd.DataFrame(
        {
            "row": ["weekday_index", "weekday_index", "weekend_share", "weekend_share"],
            "part": ["mon", None, None, None],
            "segment": [None, None, "small", None],
            "target": [9, 8, 7, 6],
        }
    )
    card = card_of(weekly(2), frame, scorecard=[{"row": "weekend_share", "segment": "small"}])
    assert card["target"][card["row"] == "weekday_index"].tolist() == [9] + [8] * 6
    assert the_row(card)["target"] == 7


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"row": ["shape"]}, "no target"),
        ({"target": [1]}, "no row"),
        ({"row": ["shap"], "target": [1]}, "unknown row 'shap'; did you mean 'shape'"),
        ({"row": ["weekday_index"], "part": ["tues"], "target": [1]}, "'tues'; did you mean 'tue'"),
        ({"row": ["shape"] * 2, "target": [1, 2]}, "says twice what shape should be"),
        ({"row": ["shape"], "target": ["much"]}, "target of shape must be a number, not 'much'"),
    ],
)
def test_a_frame_that_makes_no_sense_is_refused(said, message):
    with weekly(1).run() as run, pytest.raises(ValueError, match=message):
        scorecard(run, pd.DataFrame(said))


def test_another_word_is_refused():
    with weekly(1).run() as run, pytest.raises(ValueError, match='against "targets", a run or'):
        scorecard(run, "target")


SMALL = ["segments.everyone.customers=20", "calendar.days=120"]


def test_declaring_changes_no_row_of_a_run():
    plain = Scenario.load("reference", SMALL)
    declaring = plain.with_({"scorecard": [{"row": "shape"}]})
    with simulate(plain) as one, simulate(declaring) as other:
        assert one.manifest.content_hash == other.manifest.content_hash
        assert one.manifest.scenario_hash != other.manifest.scenario_hash


def test_keys_that_move_a_number_are_keys_of_a_scenario():
    unknown = set()
    for target in TARGETS.values():
        for path in target.moved_by.split(", "):
            names = path.replace("segments.", "segments.x.").replace("holidays.", "holidays.0.")
            *parents, last = [int(name) if name.isdigit() else name for name in names.split(".")]
            if last not in names_at(tuple(parents)):
                unknown.add(path)
    assert unknown == {TARGETS["integrity"].moved_by}


def test_words_say_what_hits_and_what_is_declared():
    card = card_of(
        weekly(2),
        scorecard=[
            {"row": "weekend_share"},
            {"row": "same_day", "segment": "small", "target": 0.8},
            {"row": "shape"},
        ],
    )
    text, others = verdict(card).split(". ")
    assert text == (
        "1 of 3 declared numbers hits, 1 misses (weekend_share) and 1 is not measurable"
    )
    assert others.startswith("4 of 49 others hit, 12 miss (weekday_index mon, ")
    rows = {(row[0], row[1]): row for row in card_table(card).rows}
    assert rows["weekend_share", ""][3:8] == ["20.0%", "5.0%", "2.0% to 8.0%", "miss *", "10"]
    assert rows["same_day", ""][2] == "small"


def test_words_say_that_nothing_is_declared():
    text = verdict(card_of(weekly(2)))
    assert text.endswith(
        " The scenario declares none (key scorecard), so none counts as a miss for --strict."
    )


def test_what_may_not_be_at_all_is_told_as_nothing():
    rows = {(row[0], row[1]): row for row in card_table(card_of(weekly(2))).rows}
    assert rows["integrity", "case before joining"][2:5] == ["0", "0", "0"]
