"""What the chart of misses says, whole, with values on every edge."""

import pandas as pd
import pytest
from chart_texts import Texts, texts
from matplotlib.figure import Figure

from entitlement_sim import Scenario, charts, scorecard, simulate

COLUMNS = [
    "row", "part", "segment", "value", "target", "low", "high", "verdict", "declared", "unit", "n",
]  # fmt: skip
NAN = float("nan")


def card(*rows):
    """A scorecard of such numbers."""
    return pd.DataFrame(rows, columns=COLUMNS).astype({"declared": bool})


HIT = ("shape", "", None, 0.3, 0.32, 0.224, 0.416, "hit", False, "number", 9)
OFF = ("weekday_index", "mon", None, 1.5, 1.18, 1.08, 1.28, "miss", False, "number", 9)
FURTHER = ("same_day", "", "small", 0.1, 0.328, 0.25, 0.4, "miss", True, "share", 9)
NEVER = ("integrity", "use without case", None, 2.0, 0.0, NAN, 0.0, "miss", False, "number", 9)
OPEN = ("lag_1", "", None, -0.5, 0.4, 0.2, NAN, "miss", False, "number", 9)
UNKNOWN = ("gini", "", None, NAN, 0.51, 0.46, 0.56, "not measurable", True, "number", 0)


def test_the_number_furthest_off_makes_the_title():
    assert texts(charts.scorecard(card(HIT, OFF, OPEN))) == Texts(
        "lag_1 is furthest off: -0.5 for 0.4",
        "1 of 3 numbers hits and 2 miss (weekday_index mon and lag_1). The scenario declares none "
        "(key scorecard), so none counts as a miss for --strict",
        "weekday_index mon: 1.5 for 1.18, 1.08 to 1.28 would hit. lag_1: -0.5 for 0.4, 0.2 and "
        "more would hit.",
    )


def test_what_is_declared_stands_first_and_names_its_segment():
    assert texts(charts.scorecard(card(OFF, FURTHER, UNKNOWN, HIT))) == Texts(
        "weekday_index mon is furthest off: 1.5 for 1.18",
        "0 of 2 declared numbers hit, 1 misses (same_day of small) and 1 is not measurable. 1 of 2 "
        "others hits and 1 misses (weekday_index mon)",
        "weekday_index mon: 1.5 for 1.18, 1.08 to 1.28 would hit. same_day of small: 10.0% for "
        "32.8%, 25.0% to 40.0% would hit.",
    )


def test_what_may_never_be_is_furthest_of_all():
    ax = charts.scorecard(card(OFF, NEVER))
    assert texts(ax).title == "integrity use without case is furthest off: 2 for 0"
    assert "0 would hit" in texts(ax).more
    assert any("beyond the edge" in text.get_text() for text in ax.texts)


def test_misses_stand_in_the_order_of_the_card():
    ax = charts.scorecard(card(OFF, HIT, FURTHER, NEVER))
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names[::-1] == [
        "weekday_index mon", "same_day of small", "integrity use without case"
    ]  # fmt: skip


def test_declared_misses_are_drawn_apart():
    ax = charts.scorecard(card(OFF, FURTHER))
    assert {text.get_text() for text in ax.get_legend().get_texts()} == {
        "declared", "not declared"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([HIT], "every number that could be measured hits."),
        ([UNKNOWN], "no number could be measured and held against a target."),
        ([], "no number could be measured and held against a target."),
    ],
    ids=["all hit", "nothing measured", "nothing"],
)
def test_without_a_miss_it_says_so(rows, why):
    alt = charts.alt_text(charts.scorecard(card(*rows)))
    assert alt == f"Scorecard. Nothing to show: {why}"


def test_a_run_is_held_against_the_targets():
    scenario = Scenario.load("reference", ["segments.everyone.customers=5", "calendar.days=40"])
    with simulate(scenario, seed=1) as run:
        of_run, of_card = (
            charts.alt_text(charts.scorecard(each)) for each in (run, scorecard(run))
        )
    assert of_run == of_card


def test_given_axes_are_used():
    given = Figure(figsize=(5, 4), layout="constrained").add_subplot()
    assert charts.scorecard(card(OFF), ax=given) is given
    given.figure.canvas.draw()


def test_other_frames_and_other_things_are_refused():
    with pytest.raises(ValueError, match=r"lacks row, part, .*: it must be a scorecard"):
        charts.scorecard(pd.DataFrame({"value": [1]}))
    with pytest.raises(TypeError, match="from a run or a DataFrame, not list"):
        charts.scorecard([])
