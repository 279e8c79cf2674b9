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
        ("pack", "expiry", 4, 5, 40, 35, 0, 0, 800.0, 100.0, 100.0),
        ("block", "expiry", 1, 10, 10, 0, 0, 0, 200.0, 200.0, 200.0),
        ("full", "expiry", 2, 0, 8, 9, 1, 2, 600.0, 0.0, 0.0),
        ("pack", "cancellation", 1, 3, 10, 7, 0, 0, 200.0, 60.0, 60.0),
    ]
    return pd.DataFrame(rows, columns=columns).assign(allocation="cases")


SHARES = "then what each template left unused, and its share of that template's price"


def test_breakage_names_the_template_that_left_most(ended):
    assert texts(charts.breakage_waterfall(ended)) == Texts(
        "18.8% of what was paid for was never used; block left most",
        f"7 expired entitlements; {SHARES}; 1 cancelled one left 60 more",
        "Of 1.6k paid, 300 was never used. block: 200, 100% of its price. pack: 100, 12.5% of its "
        "price.",
    )


def test_what_was_refunded_of_what_cancelled_ones_left_is_told(ended):
    ended["unrefunded_value"] = [100.0, 200.0, 0.0, 25.0]
    assert texts(charts.breakage_waterfall(ended)).line == (
        f"7 expired entitlements; {SHARES}; 1 cancelled one left 60 more, of which 35 was refunded"
    )


def test_templates_that_left_the_same_are_both_named(ended):
    ended["breakage_value"] = [200.0, 200.0, 0.0, 60.0]
    assert texts(charts.breakage_waterfall(ended)).title == (
        "25.0% of what was paid for was never used; block and pack left most"
    )


def test_of_one_template_that_left_everything_no_other_is_spoken_of(ended):
    assert texts(charts.breakage_waterfall(ended[ended["template"] == "block"])) == Texts(
        "100% of what was paid for was never used",
        f"1 expired entitlement; {SHARES}",
        "Of 200 paid, 200 was never used. block: 200, 100% of its price.",
    )


def test_where_everything_was_used_no_template_is_listed(ended):
    assert texts(charts.breakage_waterfall(ended[ended["template"] == "full"])) == Texts(
        "0% of what was paid for was never used",
        f"2 expired entitlements; {SHARES}",
        "Of 600 paid, 0 was never used.",
    )


def test_what_cost_nothing_left_no_value(ended):
    free = ended[ended["ended_by"] == "expiry"].assign(price=0.0, breakage_value=0.0)
    assert texts(charts.breakage_waterfall(free)) == Texts(
        "What expired cost nothing, so no value was left unused",
        f"7 expired entitlements; {SHARES}",
        "Of 0 paid, 0 was never used.",
    )


def test_breakage_of_a_template_is_in_its_unit(ended):
    assert texts(charts.breakage_waterfall(ended, template="pack")) == Texts(
        "pack: 12.5% of the cases were never used",
        "4 expired entitlements; cancelled ones left 3 cases more",
        "Unused: 12.5% (5 of 40) cases; used -35.",
    )


def test_use_beyond_the_allotment_and_what_was_rolled_over_are_told(ended):
    assert texts(charts.breakage_waterfall(ended, template="full")) == Texts(
        "full: 0% of the cases were never used",
        "2 expired entitlements",
        "Unused: 0% (0 of 8) cases; used beyond 2, used -9, rolled over -1.",
    )
