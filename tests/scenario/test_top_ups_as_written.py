"""Top-ups, and what is bought when terms run out, as a person writes it: taken, or named."""

from typing import Any

import pytest

from entitlement_sim.documents import DocumentError
from entitlement_sim.scenario import Scenario
from entitlement_sim.scenario.models import BuysMore

#: The top-up is written from line 8 on, what is bought in line 14.
WRITTEN = """\
scenario: trial
calendar: { start: 2026-01-01, days: 90 }
templates:
  Pack: { total_terms: 5, restrict: true }
  Endless: { total_terms: unlimited }
  Hours: { allocation: hours, total_terms: 9 }
  More:
    TOP_UP
segments:
  all:
    customers: 10
    cases: { per_year: 8 }
    holds: [{ template: Pack }]
    BUYS
"""
TOP_UP = "total_terms: 3; adds_to: [Pack]"
BUYS = "buys_more: { when: empty, share: 1, template: More }"


def parsed(top_up: str = TOP_UP, buys: str = BUYS, *overrides: str) -> Scenario:
    text = WRITTEN.replace("TOP_UP", top_up.replace("; ", "\n    ")).replace("BUYS", buys)
    return Scenario.parse(text, "trial.yaml", overrides)


def mistake(top_up: str = TOP_UP, buys: str = BUYS, *overrides: str) -> str:
    with pytest.raises(DocumentError) as error:
        parsed(top_up, buys, *overrides)
    return str(error.value)


def bought(when: Any, **others: Any) -> BuysMore:
    return BuysMore(**{"when": when, "share": 1.0, "template": "More"} | others)


# ------------------------------------------------------------------------------- what is taken


def test_what_is_bought_once_nothing_is_left_is_bought_at_once() -> None:
    assert parsed().model.segments["all"].buys_more == bought("empty", within_days=0)


def test_a_top_up_may_add_to_what_packs_are_renewed_into() -> None:
    into = "templates.Pack.renews={ itself: true, into: Larger }"
    larger = "templates.Larger={ total_terms: 20, restrict: true }"
    model = parsed("total_terms: 3; adds_to: [Larger]", BUYS, larger, into).model
    assert model.templates["More"].adds_to == ["Larger"]


def test_more_may_be_bought_while_some_terms_are_left() -> None:
    buys = "buys_more: { when: { left: 2 }, share: 0.5, template: More, within_days: 7 }"
    expected = bought({"left": 2}, share=0.5, within_days=7)
    assert parsed(TOP_UP, buys).model.segments["all"].buys_more == expected


@pytest.mark.parametrize(
    "picks", ["soonest_ending", "[priority, soonest_ending, oldest]", "[free_first, narrowest]"]
)
def test_an_order_of_picks_comes_back_from_its_model(picks: str) -> None:
    scenario = parsed(TOP_UP, f"picks: {picks}")
    again = Scenario.from_dict(scenario.model.model_dump(exclude_none=True))
    assert again.model == scenario.model
    assert again.hash == scenario.hash


def test_a_top_up_comes_back_from_its_model() -> None:
    top_up = f"{TOP_UP}; ends: own; term: 30 days; priority: 1; price: 350"
    buys = "buys_more: { when: { left: 1 }, share: 1, template: More }"
    scenario = parsed(top_up, buys)
    again = Scenario.from_dict(scenario.model.model_dump(exclude_none=True))
    assert again.model == scenario.model
    assert again.hash == scenario.hash


# ------------------------------------------------------------------------------- what is named


@pytest.mark.parametrize(
    ("top_up", "place", "said"),
    [
        ("total_terms: 3; adds_to: [Pakc]", 9, "unknown template 'Pakc'; did you mean 'Pack'?"),
        ("total_terms: 3; adds_to: Pack", 9, "must be a list"),
        ("total_terms: 3; adds_to: []", 9, "must have at least 1 entry, not 0"),
        ("total_terms: 3; adds_to: [Pack, Pack]", 9, "'Pack' stands twice"),
        ("total_terms: 3; adds_to: [Pack, More]", 9, "is a top-up itself"),
        ("total_terms: 3; adds_to: [Pack, Endless]", 9, "has no end of terms"),
        ("total_terms: 3; adds_to: [Pack, Hours]", 9, "counts hours, and this template counts"),
        ("adds_to: [Pack]", 8, "'total_terms' is missing: the terms that a top-up adds"),
        ("adds_to: [Pack]; total_terms: unlimited", 9, "write a number"),
        ("adds_to: [Pack]; total_terms: 0", 9, "is 0, but a top-up adds terms"),
        ("total_terms: 2.5; adds_to: [Pack]", 8, "Write a whole number"),
        (f"{TOP_UP}; restrict: true", 10, "has no place in a top-up"),
        (f"{TOP_UP}; channels: {{ phone: 1 }}", 10, "has no place in a top-up"),
        (f"{TOP_UP}; overage: {{ price: 4 }}", 10, "has no place in a top-up"),
        (f"{TOP_UP}; term: 30 days", 10, "write ends: own, too"),
        (f"{TOP_UP}; ends: never", 10, "unknown word 'never'"),
        (f"{TOP_UP}; priority: high", 10, "must be a whole number"),
    ],
)
def test_what_no_top_up_can_be_is_named_at_its_line(top_up: str, place: int, said: str) -> None:
    message = mistake(top_up)
    assert f"trial.yaml:{place}:" in message
    assert said in message


def test_an_end_of_its_own_needs_something_that_it_is_added_to() -> None:
    message = mistake("total_terms: 3; ends: own")
    assert "trial.yaml:9:" in message
    assert "has no place without 'adds_to'" in message


@pytest.mark.parametrize(
    ("buys", "said"),
    [
        ("buys_more: More", "write { when: empty, share: 1, template: More }"),
        ("buys_more: { when: exhausted, share: 1, template: More }", "write empty"),
        ("buys_more: { when: 2, share: 1, template: More }", "write { left: 2 }"),
        ("buys_more: { when: { left: 0 }, share: 1, template: More }", "must be at least 0.01"),
        ("buys_more: { when: { left: 1.5 }, share: 1, template: More }", "must be a whole number"),
        ("buys_more: { when: empty, share: 1, template: Most }", "unknown template 'Most'"),
        ("buys_more: { when: empty, template: More }", "'share' is missing"),
        ("buys_more: { when: empty, share: 50%, template: More }", "50 % is 0.5"),
        ("topup: { when: empty, share: 1, template: More }", "did you mean 'buys_more'?"),
        ("picks: [priority, cheapest]", "did you mean 'free_first'?"),
        ("picks: priority", "write [priority]"),
        ("picks: [oldest, priority]", "'priority' stands behind oldest"),
        ("picks: [priority, priority]", "'priority' stands twice"),
        ("picks: []", "must have at least 1 entry"),
    ],
)
def test_what_nobody_can_buy_or_pick_is_named_at_its_line(buys: str, said: str) -> None:
    message = mistake(TOP_UP, buys)
    assert "trial.yaml:15:" in message
    assert said in message


def test_a_top_up_is_not_held_by_itself() -> None:
    message = mistake(TOP_UP, BUYS, "segments.all.holds[0].template=More")
    assert "is a top-up, which is bought when an entitlement runs out" in message


def test_a_top_up_of_what_a_segment_does_not_hold_is_named() -> None:
    message = mistake("total_terms: 3; adds_to: [Hours]; allocation: hours")
    assert "adds to 'Hours', but the segment holds none of that" in message


def test_a_top_up_of_what_a_holding_may_be_renewed_into_is_taken() -> None:
    top_up = "total_terms: 3; adds_to: [Hours]; allocation: hours"
    assert parsed(top_up, BUYS, "templates.Pack.moves_up_to=Hours")


def test_nothing_is_renewed_into_a_top_up() -> None:
    message = mistake(TOP_UP, BUYS, "templates.Pack.moves_up_to=More")
    assert "is a top-up, into which nothing is renewed" in message


def test_nobody_waits_for_a_refusal_where_nothing_refuses() -> None:
    buys = "buys_more: { when: refused, share: 1, template: More }"
    message = mistake(TOP_UP, buys, "templates.Pack.restrict=false")
    assert "is refused, but nothing that the segment holds refuses cases" in message


def test_nothing_runs_out_where_nothing_is_held() -> None:
    message = mistake(TOP_UP, BUYS, "segments.all.holds=[]")
    assert "has no place where nothing is held that could run out" in message
