"""Whatever does not happen in a run, its scorecard says so in words."""

import pytest
from parts import those_of
from tiny_runs import FOREIGN, IMPORTED, MARKUP, TINY

from entitlement_sim import charts, open_run, scorecard
from entitlement_sim.scoring.saying import card_table, verdict

#: Those of the ordinary suite: the least, and each end of what can happen.
FEW = ("one case", "all refused", "everybody renews", "nobody renews", "one day")


@pytest.mark.parametrize("name", those_of(FEW, TINY))
def test_a_number_is_measured_or_says_why_not(tiny, name):
    with open_run(tiny(name), sealed=True) as run:
        card = scorecard(run)
        against_itself = scorecard(run, run)
    missing = card["value"].isna()
    assert (card["why"] != "")[missing].all()
    misses = against_itself["row"][against_itself["verdict"] == "miss"]
    assert set(misses) <= {"excess_minutes"}  # a rule, whatever another run comes to
    assert verdict(card).endswith(".")
    assert "nan" not in card_table(card).text().lower()
    assert charts.alt_text(charts.scorecard(card)).endswith(".")


def test_an_empty_run_has_no_number(tiny):
    with open_run(tiny("nobody"), sealed=True) as run:
        card = scorecard(run)
    assert set(card["verdict"]) == {"not measurable"}


def test_the_renewals_of_an_imported_run_are_not_measurable(tiny):
    with open_run(tiny(IMPORTED), sealed=True) as run:
        card = scorecard(run)
    curve = card[card["row"] == "renewal_curve"]
    assert len(curve)
    assert set(curve["verdict"]) == {"not measurable"}


@pytest.mark.parametrize("names", [FOREIGN, MARKUP], ids=["foreign", "markup"])
def test_names_of_segments_are_letters(tiny, names):
    with open_run(tiny("nobody renews", names), sealed=True) as run:
        scenario = run.manifest.scenario_yaml
        card = scorecard(run)
    segment = names["segment"]
    assert segment in scenario or "$" in segment
    card.loc[card["row"] == "same_day", "segment"] = segment
    card.loc[card["row"] == "same_day", "verdict"] = "miss"
    ax = charts.scorecard(card)
    ax.figure.canvas.draw()
    assert any(segment in label.get_text() for label in ax.get_yticklabels())
