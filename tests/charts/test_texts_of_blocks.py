"""What a burn-down says of terms that come in several blocks, with values on every edge."""

import datetime as dt
from typing import Any

import numpy as np
import pytest
from chart_texts import Texts, texts
from happened import case, on, run_of
from matplotlib.figure import Figure

from entitlement_sim import charts
from entitlement_sim.rules.words import Action

HOURS: dict[str, Any] = {
    "allocation": "hours",
    "allowance": {"terms": 8, "every": "month"},
    "overage": {"price": 250},
    "price": 2400,
    "term": "3 months",
}
LINE = (
    "1 entitlement: median, the middle half (dark) and the middle eight tenths (light) of those "
    "covered then; beneath, what the mean entitlement had in each period (up) and what became of "
    "it (down)"
)


def carrying(**says: Any) -> dict[str, Any]:
    return HOURS | {"allowance": HOURS["allowance"] | {"carry": says}}


def used(*hours: float) -> list[Any]:
    return [
        case(f"{month:02}-10", round(60 * used))
        for month, used in enumerate(hours, start=1)
        if used
    ]


def periods_told(said: Texts) -> str:
    """The sentences about periods."""
    return said.more[said.more.index("Period") :]


def test_a_burn_down_of_an_allowance_tells_what_became_of_each_period():
    with run_of(carrying(at_most=4), used(2, 11, 9)) as run:
        assert texts(charts.burn_down(run)) == Texts(
            "Sold: of 24 hours given in 3 periods 91.7% were used and 8.3% lapsed",
            LINE,
            "The median share left is 75.0% after 25.0% of the term, 8.3% after 50.0% of the term, "
            "100% after 75.0% of the term, 0% after 100% of the term. After 100% of the term the "
            "fastest tenth has 0% or less left, the fastest quarter 0%, the slowest quarter 0% or "
            "more, the slowest tenth 0%. Period 1 (1 entitlement, hours each): 8 allowance; then 2 "
            "used, 4 carried over and 2 lapsed. Period 2 (1 entitlement, hours each): 4 carried "
            "over and 8 allowance; then 11 used and 1 carried over. Period 3 (1 entitlement, hours "
            "each): 1 carried over and 8 allowance; then 9 used.",
        )


def test_where_nothing_may_be_carried_nothing_is_said_of_it():
    with run_of(carrying(at_most=0), used(0, 3, 0)) as run:
        said = texts(charts.burn_down(run))
    assert said.title == "Sold: of 24 hours given in 3 periods 12.5% were used and 87.5% lapsed"
    assert periods_told(said) == (
        "Period 1 (1 entitlement, hours each): 8 allowance; then 8 lapsed. Period 2 (1 "
        "entitlement, hours each): 8 allowance; then 3 used and 5 lapsed. Period 3 (1 entitlement, "
        "hours each): 8 allowance; then 8 lapsed."
    )


def test_where_all_is_carried_it_lapses_at_the_last_close():
    with run_of(carrying(**{"share": 1.0, "at_most": 16, "for": 2}), used(2, 1, 9)) as run:
        said = texts(charts.burn_down(run))
    assert said.title == "Sold: of 24 hours given in 3 periods 50.0% were used and 50.0% lapsed"
    assert periods_told(said) == (
        "Period 1 (1 entitlement, hours each): 8 allowance; then 2 used and 6 carried over. Period "
        "2 (1 entitlement, hours each): 6 carried over and 8 allowance; then 1 used and 13 carried "
        "over. Period 3 (1 entitlement, hours each): 13 carried over and 8 allowance; then 9 used "
        "and 12 lapsed."
    )


def test_what_is_used_beyond_all_blocks_is_told_apart():
    with run_of(HOURS, used(2, 9, 12)) as run:
        said = texts(charts.burn_down(run))
    assert said.title == (
        "Sold: of 24 hours given in 3 periods 75.0% were used and 25.0% lapsed; 5 hours were used "
        "beyond them"
    )
    assert periods_told(said) == (
        "Period 1 (1 entitlement, hours each): 8 allowance; then 2 used and 6 lapsed. Period 2 (1 "
        "entitlement, hours each): 8 allowance and 1 beyond them; then 9 used. Period 3 (1 "
        "entitlement, hours each): 8 allowance and 4 beyond them; then 12 used."
    )


def test_a_debt_is_no_terms_that_the_next_period_has():
    template = HOURS | {"overage": {"price": 250, "debt": "carried"}}
    with run_of(template, used(12, 1, 4)) as run:
        said = texts(charts.burn_down(run))
    assert said.title == "Sold: of 24 hours given in 3 periods 70.8% were used and 29.2% lapsed"
    assert periods_told(said) == (
        "Period 1 (1 entitlement, hours each): 8 allowance and 4 beyond them; then 12 used. Period "
        "2 (1 entitlement, hours each): 8 allowance; then 1 used, 4 owed from before and 3 lapsed. "
        "Period 3 (1 entitlement, hours each): 8 allowance; then 4 used and 4 lapsed."
    )


@pytest.mark.parametrize(
    ("until", "title", "told"),
    [
        (  # the last day of the first period, which closes after it
            "2026-01-31",
            "Sold: of 8 hours given in 1 period 25.0% were used and 75.0% are still left",
            "Period 1 (1 entitlement, hours each): 8 allowance; then 2 used and 6 still left.",
        ),
        (
            "2026-02-01",
            "Sold: of 16 hours given in 2 periods 12.5% were used, 12.5% lapsed and 75.0% are "
            "still left",
            "Period 1 (1 entitlement, hours each): 8 allowance; then 2 used, 4 carried over and 2 "
            "lapsed. Period 2 (1 entitlement, hours each): 4 carried over and 8 allowance; then 12 "
            "still left.",
        ),
    ],
)
def test_a_period_is_closed_from_the_day_after_its_last(until, title, told):
    with run_of(carrying(at_most=4), used(2, 11, 9)) as run:
        said = texts(charts.burn_down(run, until=until))
    assert (said.title, periods_told(said)) == (title, told)


@pytest.mark.parametrize(
    ("since", "title", "first"),
    [
        ("2026-02-01", "Sold: of 20 hours given in 2 periods 100% were used", 2),
        ("2026-02-02", "Sold: of 9 hours given in 1 period 100% were used", 3),
    ],
)
def test_a_period_that_began_before_what_is_shown_is_left_out(since, title, first):
    with run_of(carrying(at_most=4), used(2, 11, 9)) as run:
        said = texts(charts.burn_down(run, since=since))
    assert said.title == title
    assert periods_told(said).startswith(f"Period {first} (1 entitlement, hours each): ")


def test_of_many_periods_those_between_the_first_and_the_last_are_told_as_one():
    template = HOURS | {"allowance": {"terms": 1, "every": {"days": 7}}}
    with run_of(template, used(2, 0, 1)) as run:
        told = periods_told(texts(charts.burn_down(run)))
        twelve = periods_told(texts(charts.burn_down(run, until="2026-03-25")))
    assert told == (
        "Period 1 (1 entitlement, hours each): 1 allowance; then 1 lapsed. Periods 2 to 12 (hours "
        "each): 1 allowance and 0.09 beyond them; then 0.27 used and 0.82 lapsed. Period 13 (1 "
        "entitlement, hours each): 1 allowance; then 1 lapsed."
    )
    assert twelve.count("Period") == 12


def test_one_block_for_the_whole_term_is_drawn_without_a_panel():
    template = HOURS | {"allowance": {"terms": 8, "every": "year"}, "term": "12 months"}
    with run_of(template, used(2), last=dt.date(2026, 12, 31)) as run:
        ax = charts.burn_down(run)
        said = texts(ax)
    assert len(ax.figure.axes) == 1
    assert said.title == (
        "Sold: the typical entitlement has 75.0% of its hours left half-way through the term"
    )
    assert "even use would leave the rest" in said.more


def test_terms_that_are_topped_up_are_one_period_of_two_blocks():
    template = {"total_terms": 3, "decrease_on": "creation", "price": 90, "term": "3 months"}
    block = on("02-15", Action.TOP_UP, amount=200, ends=10**6)
    with run_of(template, used(1, 1), later=[block]) as run:
        ax = charts.burn_down(run)
        said = texts(ax)
    assert len(ax.figure.axes) == 2
    assert said.title == (
        "Sold: the typical entitlement has 33.3% of its cases left half-way through the term, "
        "60.0% at its end"
    )
    assert said.line == LINE
    assert periods_told(said) == (
        "Period 1 (1 entitlement, cases each): 3 total and 2 top-up; then 2 used, 2 lapsed and 1 "
        "still left."
    )


def test_an_unlimited_total_has_nothing_to_burn_down():
    template = {"total_terms": "unlimited", "price": 90, "term": "3 months"}
    with run_of(template, used(1)) as run:
        assert charts.alt_text(charts.burn_down(run)) == (
            "Burn-down. Nothing to show: no entitlement with a number of terms covered any day."
        )


def test_what_a_period_had_stands_as_high_as_what_became_of_it_stands_low():
    with run_of(carrying(at_most=4), used(2, 11, 9)) as run:
        panel = charts.burn_down(run).figure.axes[1]
    heights = np.array([[bar.get_height() for bar in part] for part in panel.containers])
    assert np.allclose(heights.sum(axis=0), 0)
    assert np.allclose(heights.clip(min=0).sum(axis=0), [8, 12, 9])
    assert [part.get_label() for part in panel.containers] == [
        "carried over", "allowance", "used", "carried over", "lapsed",
    ]  # fmt: skip
    assert np.allclose([bar.get_x() for bar in panel.containers[0]], np.array([0, 31, 59]) / 90)


def test_an_allowance_has_no_line_of_even_use_over_its_term():
    with run_of(carrying(at_most=4), used(2, 11, 9)) as run:
        ax = charts.burn_down(run)
    assert "even use" not in [line.get_label() for line in ax.lines]


def test_the_panel_finds_room_on_axes_that_are_given():
    given = Figure(figsize=(5, 4), layout="constrained").add_subplot()
    with run_of(carrying(at_most=4), used(2, 11, 9)) as run:
        assert charts.burn_down(run, ax=given) is given
    given.figure.canvas.draw()
    assert len(given.figure.axes) == 2
