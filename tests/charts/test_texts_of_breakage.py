"""What charts of breakage and revenue say, whole, with values on every edge."""

import pandas as pd
import pytest
from chart_texts import Texts, texts

from entitlement_sim import charts


@pytest.fixture
def ended():
    """A frame of the view breakage: some, all and none of the terms left, and a cancelled one."""
    columns = [
        "template", "ended_by", "n", "breakage", "allotment", "used", "rolled_out", "over_units",
        "price", "breakage_value",
    ]  # fmt: skip
    rows = [
        ("pack", "expiry", 4, 5, 40, 35, 0, 0, 800.0, 100.0),
        ("block", "expiry", 1, 10, 10, 0, 0, 0, 200.0, 200.0),
        ("full", "expiry", 2, 0, 8, 9, 1, 2, 600.0, 0.0),
        ("pack", "cancellation", 1, 3, 10, 7, 0, 0, 200.0, 60.0),
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


@pytest.fixture
def revenue():
    """A frame of the view breakage_revenue."""
    columns = ["template", "month", "proportional", "remote", "stand_ready"]
    rows = [
        ("pack", "2024-01-01", 1000.0, 500.0, 750.0),
        ("pack", "2024-02-01", 1400.0, 1900.0, 1650.0),
        ("hours", "2024-02-01", 100.0, 50.0, 0.0),
    ]
    return pd.DataFrame(rows, columns=columns).astype({"month": "datetime64[us]"})


def test_revenue_names_the_fastest_and_the_slowest_method(revenue):
    assert texts(charts.revenue_by_month(revenue)) == Texts(
        "By Feb 2024 the proportional method has recognised 2.5k, the stand-ready one 2.4k",
        "Jan 2024 to Feb 2024; over ended entitlements all methods come to the same",
        "To date proportional 2.5k, remote 2.5k and stand-ready 2.4k. In the last month "
        "proportional 1.5k, remote 2k and stand-ready 1.7k.",
    )


def test_methods_that_have_recognised_the_same_are_not_ranked(revenue):
    assert texts(charts.revenue_by_month(revenue, template="pack")) == Texts(
        "pack: All three methods come to 2.4k",
        "Jan 2024 to Feb 2024; over ended entitlements all methods come to the same",
        "To date proportional 2.4k, remote 2.4k and stand-ready 2.4k. In the last month "
        "proportional 1.4k, remote 1.9k and stand-ready 1.7k.",
    )
