"""The answer to a question in five sentences, and the page that says it."""

import re
from collections.abc import Iterator

import pytest

from entitlement_sim import Scenario, compare, what_if
from entitlement_sim.comparison.answer import Comparison
from entitlement_sim.comparison.page import page_of

BASE = """
scenario: two-packs
seed: 3
currency: EUR
calendar: { start: 2024-01-01, days: 730 }
templates:
  Large:
    { allocation: cases, total_terms: 20, decrease_on: creation, restrict: true,
      term: { months: 12 }, price: 3000 }
  Small:
    { allocation: cases, total_terms: 6, decrease_on: creation, restrict: true,
      term: { months: 12 }, price: 900 }
segments:
  big:
    customers: 60
    holds: [{ template: Large }]
    cases: { per_year: 25, shape: 2 }
    turned_away: 0.5
    renewal: { inclination: { constant: 0.8 } }
  little:
    customers: 40
    holds: [{ template: Small }]
    cases: { per_year: 6, shape: 2 }
    turned_away: 0.5
    renewal: { inclination: { constant: 0.8 } }
money: { hour_costs: 30 }
"""

#: Much more for who is big, less for who is little, and dearer for both.
SHIFTED = {
    "templates.Large.total_terms": 30,
    "templates.Large.price": 3300,
    "templates.Small.total_terms": 4,
}


@pytest.fixture(scope="module")
def base() -> Scenario:
    return Scenario.parse(BASE)


@pytest.fixture(scope="module")
def answer(base: Scenario) -> Iterator[Comparison]:
    with what_if(base, {"shifted": SHIFTED}, replications=6) as asked:
        yield asked


def test_there_are_five_each_begun_with_its_question(answer: Comparison) -> None:
    assert [text.split(":")[0] for text in answer.in_short()] == [
        "What it earns",
        "Whom it refuses",
        "Who loses",
        "How sure",
        "What would have to be true for it to be wrong",
    ]
    assert all(text.endswith(".") for text in answer.in_short())


def test_money_is_said_by_when_it_counts(answer: Comparison) -> None:
    earns = answer.in_short()[0]
    assert "in the 730 days from 1 Jan 2024 margin (recognised) rose by EUR" in earns
    parts = [part.strip() for part in earns.split(";")]
    assert parts[1].startswith("booked: bookings +EUR ")
    assert parts[2].startswith("recognised: recognised revenue +EUR ")
    assert parts[3].startswith("spent: cost to serve ")


def test_a_total_does_not_hide_in_which_segment_it_is_worse(answer: Comparison) -> None:
    rows = answer.metrics().set_index("metric")
    assert rows.loc["covered", "difference"] > 0 > rows.loc["turned_away", "difference"]
    loses = answer.in_short()[2]
    assert re.search(
        r"the total hides that in little cases covered fall by \d+\.\d points \(", loses
    )
    assert re.search(r"the total hides that in little cases turned away rise by ", loses)
    assert "in big" not in loses


def test_limits_by_segment_hold_for_all_of_them_together(answer: Comparison) -> None:
    alone = answer.by("segment")
    alone = alone[alone["metric"] == "covered"].set_index("segment")
    together = answer.sure_by_segment(1)
    together = together[together["metric"] == "covered"].set_index("segment")
    assert together["difference"].equals(alone["difference"].loc[together.index])
    assert (together["low"] < alone["low"]).all()
    assert (together["high"] > alone["high"]).all()


def test_losers_are_counted_by_segment(answer: Comparison) -> None:
    outcomes = answer.outcomes().set_index("segment")
    worse, dearer = outcomes.loc["little", "covered_fewer"], outcomes.loc["all", "pay_more"]
    loses = answer.in_short()[2]
    assert f"Who loses: of 100 customers, {outcomes.loc['all', 'covered_fewer']} have" in loses
    assert f"little {worse} of 40" in loses
    assert f"{dearer} have more to pay (big {outcomes.loc['big', 'pay_more']} of 60" in loses


def test_how_sure_says_how_many_pairs_and_how_to_go_on(answer: Comparison) -> None:
    sure = answer.in_short()[3]
    assert sure.startswith("How sure: means over 6 pairs of replications, limits of 95%, those of ")
    assert sure.endswith("--until margin=N goes on until that is N or less.")


def test_the_five_sentences_are_the_head_of_what_is_printed(answer: Comparison) -> None:
    printed = repr(answer)
    assert printed.startswith("shifted against two-packs:\nWhat it earns: ")
    assert max(map(len, printed.splitlines())) <= 100
    assert answer._repr_html_().startswith("<p>What it earns: ")


def test_each_metric_of_money_has_its_horizon(answer: Comparison) -> None:
    rows = answer.metrics().set_index("metric")["horizon"]
    assert rows[["bookings", "revenue", "margin", "cost_to_serve"]].tolist() == [
        "booked",
        "recognised",
        "recognised",
        "spent",
    ]
    assert rows["covered"] == ""
    assert answer.horizons().startswith(
        "Money counts as far as it falls into the 730 days: bookings (booked, whole prices of what "
        "is sold); recognised revenue and margin (recognised); cost to serve (spent); "
    )


def test_where_no_money_is_asked_for_none_is_said(base: Scenario) -> None:
    with what_if(base, {"shifted": SHIFTED}, replications=2, metrics=["turned_away"]) as asked:
        earns, refuses, *_, wrong_if = asked.in_short()
        assert earns in repr(asked)
    assert earns == "What it earns: no money is compared."
    assert refuses.startswith("Whom it refuses: cases turned away ")
    assert wrong_if.endswith("nothing that moves money, as none moved.")


def test_where_costs_are_not_known_it_earns_revenue(base: Scenario) -> None:
    free = Scenario.parse(BASE.replace("money: { hour_costs: 30 }\n", ""))
    with what_if(free, {"shifted": SHIFTED}, replications=6) as asked:
        earns, *_, wrong_if = asked.in_short()
    assert "recognised revenue rose by EUR" in earns
    assert re.search(r"\d+ more customers left", wrong_if)


def test_runs_that_are_held_against_each_other_ask_no_question(base: Scenario) -> None:
    with (
        compare(base, SHIFTED, replications=2, metrics=["covered"]) as answer,
        pytest.raises(ValueError, match="see what_if"),
    ):
        answer.in_short()


def test_the_page_is_a_memo_from_the_question_to_what_it_rests_on(answer: Comparison) -> None:
    page = page_of(answer)
    headings = re.findall(r"<h[23][^>]*>(.*?)</h[23]>", page)
    wanted = [
        "The question",
        "The answer",
        "What moves",
        "Who loses",
        "What would have to be true for it to be wrong",
        "What it rests on",
        "Definitions",
    ]
    texts = [re.sub("<[^>]+>", "", heading).strip("¶ ") for heading in headings]
    assert [text for text in texts if text in wanted] == wanted
    assert "templates.Large.total_terms" in page
    assert "cost of an hour of support" in page
    assert answer.runs[1].manifest.scenario_hash in page
    assert page == page_of(answer)


def test_the_page_says_when_customers_come_to_hold_what_is_sold(answer: Comparison) -> None:
    assert (
        "What customers hold from 1 Jan 2024 on is what each of them sells, from the first day."
        in answer.assumptions()
    )
