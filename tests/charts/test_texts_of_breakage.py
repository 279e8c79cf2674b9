"""What charts of breakage say, whole, with values on every edge."""

import pandas as pd
import pytest
from chart_texts import Texts, texts

from entitlement_sim import charts


@pytest.fixture
def ended():
    """A frame of the view breakage: some, all and none of the terms left, and a cancelled one."""
    columns = [
        "template", "ended_by", "n", "breakage", "allotment", "used", "rolled_out", "over_units",
        "price", "breakage_value", "unrefunded_value",
    ]  # fmt: skip
    rows = [
        ("pack", "expiry", 30, 5, 40, 35, 0, 0, 800.0, 100.0, 100.0),
        ("block", "expiry", 30, 10, 10, 0, 0, 0, 200.0, 200.0, 200.0),
        ("full", "expiry", 2, 0, 8, 9, 1, 2, 600.0, 0.0, 0.0),
        ("pack", "cancellation", 1, 3, 10, 7, 0, 0, 200.0, 60.0, 60.0),
    ]
    return pd.DataFrame(rows, columns=columns).assign(allocation="cases")


BEYOND = "; what others used beyond what they held is not set against it"
SHARES = "then what each template left unused, and its share of that template's price"


def test_breakage_names_the_template_that_left_most(ended):
    assert texts(charts.breakage_waterfall(ended)) == Texts(
        "18.8% of what was paid for was never used; block left most",
        f"62 expired entitlements; {SHARES}; 1 cancelled one left 60 more{BEYOND}",
        "Of 1.6k paid, 300 was never used. block: 200, 100% of its price. pack: 100, 12.5% of its "
        "price.",
    )


def test_what_was_refunded_of_what_cancelled_ones_left_is_told(ended):
    ended["unrefunded_value"] = [100.0, 200.0, 0.0, 25.0]
    assert texts(charts.breakage_waterfall(ended)).line == (
        f"62 expired entitlements; {SHARES}; 1 cancelled one left 60 more, of which 35 was refunded"
        f"{BEYOND}"
    )


def test_of_fewer_than_thirty_none_is_said_to_have_left_most(ended):
    ended["n"] = [30, 29, 2, 1]
    assert texts(charts.breakage_waterfall(ended)).title == (
        "18.8% of what was paid for was never used"
    )


def test_all_amounts_of_the_bars_have_one_decimal(ended):
    ended["price"] *= 1000
    ended["breakage_value"] *= 10_000
    ax = charts.breakage_waterfall(ended)
    told = [text.get_text().split("\n")[0] for text in ax.texts if text.get_in_layout()]
    assert told == ["1.6M", "+1.4M", "-2.0M", "-1.0M"]


def test_months_that_are_picked_are_told(ended):
    frame = ended.assign(month=pd.Timestamp("2024-03-01"))
    frame.loc[0, "month"] = pd.Timestamp("2024-02-01")
    assert texts(charts.breakage_waterfall(frame, since="2024-03")).line.endswith(
        f"{BEYOND}; only from 1 Mar 2024 on"
    )


def test_templates_that_left_the_same_are_both_named(ended):
    ended["breakage_value"] = [200.0, 200.0, 0.0, 60.0]
    assert texts(charts.breakage_waterfall(ended)).title == (
        "25.0% of what was paid for was never used; block and pack left most"
    )


def test_of_one_template_that_left_everything_no_other_is_spoken_of(ended):
    assert texts(charts.breakage_waterfall(ended[ended["template"] == "block"])) == Texts(
        "100% of what was paid for was never used",
        f"30 expired entitlements; {SHARES}",
        "Of 200 paid, 200 was never used. block: 200, 100% of its price.",
    )


def test_where_everything_was_used_no_template_is_listed(ended):
    assert texts(charts.breakage_waterfall(ended[ended["template"] == "full"])) == Texts(
        "0% of what was paid for was never used",
        f"2 expired entitlements; {SHARES}{BEYOND}",
        "Of 600 paid, 0 was never used.",
    )


def test_what_cost_nothing_left_no_value(ended):
    free = ended[ended["ended_by"] == "expiry"].assign(price=0.0, breakage_value=0.0)
    assert texts(charts.breakage_waterfall(free)) == Texts(
        "What expired cost nothing, so no value was left unused",
        f"62 expired entitlements; {SHARES}{BEYOND}",
        "Of 0 paid, 0 was never used.",
    )


def test_breakage_of_a_template_is_in_its_unit(ended):
    assert texts(charts.breakage_waterfall(ended, template="pack")) == Texts(
        "pack: 12.5% of the cases were never used",
        "30 expired entitlements; cancelled ones left 3 cases more",
        "Unused: 12.5% (5 of 40) cases; used -35.",
    )


def test_use_beyond_the_allotment_and_what_was_rolled_over_are_told(ended):
    assert texts(charts.breakage_waterfall(ended, template="full")) == Texts(
        "full: 0% of the cases were never used",
        "2 expired entitlements",
        "Unused: 0% (0 of 8) cases; used beyond 2, used -9, rolled over -1.",
    )
