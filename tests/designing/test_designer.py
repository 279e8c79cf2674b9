"""The designer: at rest nothing differs, and a move is what simulating it would come to."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from entitlement_sim import DocumentError, OfferingDesigner, Scenario, replicate
from entitlement_sim.designing.figures import Answer
from entitlement_sim.designing.totals import KeptTotals
from entitlement_sim.engine.kept_lives import bit_of
from entitlement_sim.replications import totals_by_replication

FEW = 4


def test_at_rest_all_differences_are_zero(designer: OfferingDesigner) -> None:
    [answer] = designer.answers()
    assert answer.settings == {}
    for figure in answer.shown:
        assert (figure.difference, figure.low, figure.high, figure.moved) == (0, 0, 0, False)
        assert figure.today == figure.designed


MOVES: dict[str, dict[str, Any]] = {
    "fewer terms": {"total_terms": 6},
    "nothing refused": {"restrict": False},
    "a shorter term": {"term.days": 180},
    "on resolution": {"decrease_on": "resolution"},
    "fewer calls, given back": {"channels.phone": 1, "refund": "unused"},
    "costs": {"hour_costs": 50, "turned_away_costs": 40},
}


@pytest.mark.parametrize("name", MOVES)
def test_an_answer_is_what_simulating_both_comes_to(
    designer: OfferingDesigner, base: Scenario, name: str
) -> None:
    for label, value in MOVES[name].items():
        designer.move(label, value)
    answer = designer.answer()
    frame = replicate(base, FEW, alternatives={"designed": designer.scenario()})
    means = frame.groupby("offering")[[figure.metric for figure in answer.figures]].mean()
    for figure in answer.figures:
        expected = means.loc[["base", "designed"], figure.metric].tolist()
        assert [figure.today, figure.designed] == pytest.approx(expected, rel=1e-12, nan_ok=True)


def test_totals_on_kept_lives_are_those_of_simulating(base: Scenario) -> None:
    kept = KeptTotals(base, 9)
    other = base.with_({"templates.Pack.total_terms": 11, "templates.Hours.restrict": True})
    for found in totals_by_replication({"other": other}, range(3), 9):
        assert np.array_equal(kept.of(other, [found.replication])[found.replication],
                              found.totals["other"])  # fmt: skip


def test_what_has_no_room_in_memory_is_drawn_anew(base: Scenario) -> None:
    other = base.with_({"templates.Pack.total_terms": 11})
    whole = KeptTotals(base, 9)
    expected = whole.of(other, range(3))
    one = whole.nbytes // 3
    for memory in (0, one // 2, one * 2):
        scarce = KeptTotals(base, 9, memory=memory)
        found = scarce.of(other, range(3))
        assert all(np.array_equal(found[number], expected[number]) for number in range(3))
        assert scarce.nbytes <= memory
    assert KeptTotals(base, 9, memory=0).by_customer(other) is None


def test_an_offering_to_other_customers_is_drawn_by_itself(base: Scenario) -> None:
    busier = base.with_({"segments.small.cases.per_year": 20})
    [found] = totals_by_replication({"busier": busier}, range(1), base.model.seed)
    kept = KeptTotals(base, base.model.seed)
    assert kept.by_customer(busier) is None
    assert np.array_equal(kept.of(busier, [0])[0], found.totals["busier"])


@pytest.mark.parametrize("label", ["price", "hour_costs", "case_costs.phone"])
def test_prices_and_costs_are_reckoned_anew_without_simulating(
    designer: OfferingDesigner, label: str
) -> None:
    simulated = designer.simulated
    before = {figure.metric: figure for figure in designer.answer().figures}
    for more in (1, 2, 7):
        designer.move(label, designer.control(label).value + more)
        [answer] = designer.answers()
        margin = next(figure for figure in answer.figures if figure.metric == "margin")
        assert margin.today == before["margin"].today
        assert margin.difference != 0
    assert designer.simulated == simulated


@pytest.mark.parametrize("price", [0, 1, 999.99, 1733.33, 90_000])
def test_a_price_reckoned_anew_is_simulated_to_the_rounding(
    base: Scenario, designer: OfferingDesigner, price: float
) -> None:
    designer.move("price", price)
    answer = {figure.metric: figure.designed for figure in designer.answer().figures}
    metrics = ["bookings", "revenue", "margin", "lapsed_value"]
    frame = replicate(designer.scenario(), FEW, metrics=metrics)
    # Every price of a contract is rounded once or twice, by half a hundredth at the most.
    contracts = answer["sold"] + base.model.segments["small"].customers
    for metric in metrics:
        assert answer[metric] == pytest.approx(frame[metric].mean(), abs=0.02 * contracts)


def test_where_customers_answer_to_prices_they_are_simulated(base: Scenario) -> None:
    reference = {"Pack": 1500, "Hours": 540}
    answers = {"reference": reference, "buying": -1, "renewing": -1}
    answering = base.with_({"segments.small.answers_price": answers})
    designer = OfferingDesigner(answering, "Pack", replications=2)
    designer.keep()
    designer.move("price", 2000)
    answer = {figure.metric: figure for figure in designer.answer().figures}
    frame = replicate(designer.scenario(), 2, metrics=["sold", "bookings"])
    assert answer["sold"].designed == frame["sold"].mean()
    assert answer["bookings"].designed == pytest.approx(frame["bookings"].mean())
    assert not [note for note in designer.answer().notes if "react" in note]


def test_it_says_that_customers_are_assumed_not_to_react(designer: OfferingDesigner) -> None:
    designer.move("price", 1600)
    assert "Customers (small) are assumed not to react to price." in designer.answer().notes


def test_the_first_answer_is_of_customers_and_the_last_of_all_replications(
    designer: OfferingDesigner,
) -> None:
    designer.move("total_terms", 7)
    answers = [*designer.answers()]
    assert [(one.drawn, one.replications) for one in answers] == [
        ("customers", 1),
        ("replications", FEW),
    ]
    first = next(figure for figure in answers[0].figures if figure.metric == "refused")
    assert first.low < first.difference < first.high
    assert designer.answer() == answers[-1]


def test_a_move_ends_the_answers_to_the_one_before(designer: OfferingDesigner) -> None:
    designer.move("total_terms", 8)
    answers = designer.answers()
    first = next(answers)
    designer.move("total_terms", 9)
    assert isinstance(first, Answer)
    assert [*answers] == []


def test_generations_count_moves(designer: OfferingDesigner) -> None:
    counted = [designer.move("total_terms", terms) for terms in (8, 9, 8)] + [designer.reset()]
    assert all(later == earlier + 1 for earlier, later in pairwise(counted))


def test_what_is_moved_back_is_no_setting(designer: OfferingDesigner) -> None:
    designer.move("total_terms", 8)
    designer.move("price", 1600)
    designer.move("total_terms", 10)
    assert designer.settings == {'templates."Pack".price': 1600}


def test_a_channel_goes_down_with_the_whole(designer: OfferingDesigner) -> None:
    designer.move("total_terms", 6)
    assert designer.scenario().model.templates["Pack"].channels == {"phone": 4, "email": 6}
    assert designer.answer().notes[0] == (
        "No channel holds more than the whole: email went down with it."
    )


def test_a_setting_that_does_not_go_together_is_refused_in_words(
    designer: OfferingDesigner,
) -> None:
    designer.move("channels.phone", 2.5)
    with pytest.raises(DocumentError, match="must be a whole number when terms are cases"):
        designer.answer()


def test_the_offering_is_written_as_yaml_that_brings_it_back(
    designer: OfferingDesigner, tmp_path: Path
) -> None:
    designer.move("total_terms", 6)
    designer.move("restrict", False)
    text = designer.to_yaml(tmp_path / "offering.yaml")
    assert (tmp_path / "offering.yaml").read_text(encoding="utf-8") == text
    assert Scenario.load(tmp_path / "offering.yaml").model == designer.scenario().model


def test_other_settings_leave_the_controls_where_they_are(designer: OfferingDesigner) -> None:
    answer = designer.answer({"total_terms": 7})
    assert answer.settings == {'templates."Pack".total_terms': 7}
    assert designer.settings == {}


def test_it_shows_its_controls_in_a_notebook(designer: OfferingDesigner) -> None:
    designer.move("total_terms", 6)
    assert repr(designer) == "<OfferingDesigner Pack: 16 controls, 1 setting>"
    assert "total_terms" in designer._repr_html_()
    assert repr(designer.table()).splitlines()[2].split() == [
        "total_terms",
        "10",
        "6",
        "0",
        "to",
        "30",
    ]


def test_an_answer_prints_as_a_table(designer: OfferingDesigner) -> None:
    designer.move("total_terms", 6)
    text = str(designer.answer())
    assert "refused for want of terms" in text
    assert "Means over 4 replications, 95.0% limits each by itself." in text
    assert [*designer.answer().frame()["metric"]] == [
        one.metric for one in designer.answer().figures
    ]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"replications": 0}, "at least 1"),
        ({"confidence": 1.0}, "between 0 and 1"),
        ({"template": "Pak"}, "did you mean 'Pack'"),
        ({"metrics": ["margn"]}, "did you mean 'margin'"),
    ],
)
def test_what_is_asked_wrongly_is_answered_in_words(
    base: Scenario, wrong: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        OfferingDesigner(base, **wrong)


def test_only_those_live_anew_who_have_to_do_with_what_is_changed() -> None:
    demo = Scenario.load(
        "demo",
        ["segments.small.customers=60", "segments.midsize.customers=40",
         "segments.enterprise.customers=6", "history.years=3"],
    )  # fmt: skip
    demo = Scenario.parse(demo.text)  # what it is today is what it was
    changes: dict[str, dict[str, Any]] = {
        "Pack 10": {"total_terms": 12},
        "Pack 30": {"restrict": False},
        "Hours 40": {"term": {"days": 200}},
        "Analytics add-on": {"decrease_on": "creation"},
    }
    whole, scarce = KeptTotals(demo, 9), KeptTotals(demo, 9, memory=0)
    for template, change in changes.items():
        other = demo.with_({f'templates."{template}".{key}': to for key, to in change.items()})
        found, expected = whole.of(other, range(2)), scarce.of(other, range(2))
        assert all(np.array_equal(found[number], expected[number]) for number in range(2))
        bit = bit_of([*demo.model.templates].index(template))
        held = np.concatenate(whole._kept[0].held)
        assert 0 < np.count_nonzero(held & bit) < len(held)
