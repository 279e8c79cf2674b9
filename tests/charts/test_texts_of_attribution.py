"""What the charts of days without terms, and of other readings, say: whole texts."""

from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from chart_texts import Texts, texts

from entitlement_sim import charts

NAN, NEVER = float("nan"), pd.NaT
GROUPS = ["value", "cases", "taken", "share", "days", "without", "fewer", "saved"]


def groups(*rows: tuple[Any, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=GROUPS)


DOCK = ("Dock", 40, 33.0, 0.6, 120.25, NEVER, 60, 2)
CLIENT = ("Client", 1, 1.0, 0.45, 90.25, NEVER, 1, 1)
OTHERS = ("all others", 3, 2.5, -0.05, -9.5, NEVER, -4, 0)


def test_shares_of_several_contracts_say_what_would_be_saved() -> None:
    ax = charts.ceiling(groups(DOCK, CLIENT, OTHERS), "product", contracts=9)
    assert texts(ax) == Texts(
        "60.0% of the days without terms are those of product Dock",
        "Shapley shares of 201 days without terms of 9 contracts; they add to 100%; diamond: share "
        "of the terms taken until then",
        "Dock: 60.0%, 120.3 days, by 40 cases and 33 terms; without it 60 days fewer, and 2 "
        "contracts would not have run dry. Client: 45.0%, 90.3 days, by 1 case and 1 term; without "
        "it 1 day fewer, and 1 contract would not have run dry. all others: -5.0%, -9.5 days, by "
        "3 cases and 2.5 terms; without it -4 days fewer, and 0 contracts would not have run dry.",
    )


def test_shares_of_one_contract_say_when_it_would_have_run_dry() -> None:
    first = ("contact 2", 4, NAN, 0.75, 30.0, pd.Timestamp("2024-03-09"), 12, 0)
    second = ("no contact", 1, NAN, 0.25, 10.0, NEVER, 40, 1)
    assert texts(charts.ceiling(groups(first, second), "contact", contracts=1)) == Texts(
        "75.0% of the days without terms are those of contact 2",
        "Shapley shares of 40 days without terms of 1 contract; they add to 100%",
        "contact 2: 75.0%, 30.0 days, by 4 cases; without it dry on 9 Mar 2024. no contact: 25.0%, "
        "10.0 days, by 1 case; without it the contract would not have run dry.",
    )


def test_a_single_group_has_all_of_it() -> None:
    ax = charts.ceiling(groups(("base", 2, 2.0, 1.0, 8.0, NEVER, 8, 1)), "cause")
    assert texts(ax).title == "All of the days without terms are those of cause base"
    assert texts(ax).line.startswith("Shapley shares of 8 days without terms; they add to 100%")


def test_a_share_below_none_has_its_number_at_its_own_side() -> None:
    ax = charts.ceiling(groups(DOCK, OTHERS), "product")
    ends = {text.get_text(): text.get_horizontalalignment() for text in ax.texts}
    assert (ends["60.0%"], ends["-5.0%"]) == ("left", "right")
    assert min(ax.get_xlim()) < -0.05


SWITCHES = [
    "question", "switch", "moved", "contracts", "more_cases", "less_cases", "more_hours",
    "less_hours", "worth_more", "worth_less",
]  # fmt: skip


def switches(*rows: tuple[Any, ...]) -> pd.DataFrame:
    decimals = [(*row[:4], *(Decimal(value) for value in row[4:])) for row in rows]
    return pd.DataFrame(decimals, columns=SWITCHES)


GATE = ("Q1", "gate_literal_below_zero", 34, 30, "0", "31", "0", "12.5", "0", "5230.50")
BILLED = ("Q12", "exclude_billed_minutes", 12, 11, "14", "3", "3.25", "0", "12520", "920")
CHANNELS = ("Q11", "gate_on_reactivate", 1, 1, "0", "0", "0", "0", "0", "0")
STILL = ("Q15", "utc_midnight_mode", 0, 0, "0", "0", "0", "0", "0", "0")


def test_the_switch_that_moves_most_money_stands_on_top() -> None:
    ax = charts.rule_impact(switches(GATE, CHANNELS, BILLED, STILL), currency="EUR")
    assert texts(ax) == Texts(
        "exclude_billed_minutes moves most: EUR 13,440 on 12 balances",
        "3 of 4 switches move a balance, each turned alone; right: more would be left, left: less",
        "exclude_billed_minutes: 12 balances of 11 contracts; 14 cases and 3.25 hours more, worth "
        "EUR 12,520; 3 cases less, worth EUR 920. gate_literal_below_zero: 34 balances of 30 "
        "contracts; 31 cases and 12.5 hours less, worth EUR 5,231. gate_on_reactivate: 1 balance "
        "of 1 contract; of channels alone.",
    )
    assert [panel.get_xlabel() for panel in ax.child_axes] == ["case terms", "hours", "worth, EUR"]


def test_what_costs_nothing_is_told_by_balances() -> None:
    free = ("Q1", "gate_literal_below_zero", 2, 2, "0", "3", "0", "0", "0", "0")
    ax = charts.rule_impact(switches(free))
    assert texts(ax) == Texts(
        "gate_literal_below_zero alone moves anything: 2 balances",
        "1 of 1 switch moves a balance, each turned alone; right: more would be left, left: less",
        "gate_literal_below_zero: 2 balances of 2 contracts; 3 cases less, worth 0.",
    )
    assert ax.get_xlabel() == "case terms"


def test_channels_alone_are_drawn_as_well() -> None:
    ax = charts.rule_impact(switches(CHANNELS))
    assert texts(ax).title == "gate_on_reactivate alone moves anything: 1 balance"


def test_names_of_switches_break_at_their_underscores_on_a_narrow_screen() -> None:
    with charts.style(narrow=True):
        ax = charts.rule_impact(switches(GATE))
    labels = [label.get_text() for label in ax.child_axes[0].get_yticklabels()]
    assert labels == ["Q1 gate_literal_\nbelow_zero\n34 balances"]
    assert all(panel.yaxis.get_tick_params()["labelleft"] for panel in ax.child_axes)


@pytest.mark.parametrize("narrow", [False, True])
def test_long_numbers_stay_inside_their_panels(narrow: bool) -> None:
    large = ("12345", "98765.5", "1234.25", "987.75", "1234567", "2345678")
    with charts.style(narrow=narrow):
        ax = charts.rule_impact(switches(GATE, ("Q9", "allow_blank_total", 9, 9, *large)))
        ax.figure.draw_without_rendering()
        for panel in ax.child_axes:
            least, most = panel.get_window_extent().intervalx
            spans = [text.get_window_extent().intervalx for text in panel.texts]
            assert len(spans) > 2
            assert all(least < begin < end < most for begin, end in spans)


def test_nothing_to_share_out_and_nothing_to_move_is_said() -> None:
    assert charts.alt_text(charts.ceiling(groups(), "origin")) == (
        "Days without terms by origin. Nothing to show: no contract ran dry."
    )
    assert charts.alt_text(charts.rule_impact(switches(STILL))) == (
        "What other readings of the rules move. Nothing to show: no balance rests on a switch."
    )


@pytest.mark.parametrize(
    ("draw", "says"),
    [
        (lambda frame: charts.ceiling(frame, "product"), "must be of a ceiling"),
        (charts.rule_impact, "must be of a rule impact"),
    ],
)
def test_a_frame_of_something_else_is_refused(draw: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        draw(pd.DataFrame({"a": [1]}))
