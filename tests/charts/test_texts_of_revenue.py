"""What charts of revenue and of what is owed say, whole, with values on every edge."""

import pandas as pd
import pytest
from chart_texts import Texts, texts

from entitlement_sim import Run, Scenario, charts, simulate
from entitlement_sim.charts.revenue import METHODS


@pytest.fixture
def revenue():
    """A frame of the view contract_liability: by each method another part of 3k is revenue."""
    rows = [
        ("pack", "2024-01-01", 1000.0, 1200.0, 500.0, 750.0),
        ("pack", "2024-02-01", 1400.0, 1200.0, 1900.0, 1650.0),
        ("hours", "2024-02-01", 100.0, 300.0, 50.0, 0.0),
    ]
    frame = pd.DataFrame(rows, columns=["template", "month", *METHODS])
    frame = frame.melt(["template", "month"], var_name="method", value_name="revenue")
    frame["closing"] = 2000 - frame["revenue"]
    return frame.astype({"month": "datetime64[us]"}).assign(is_first_supported=False)


APART = "against by contract; over ended entitlements all come to the same"


def test_revenue_names_the_fastest_and_the_slowest_method(revenue):
    assert texts(charts.revenue_by_month(revenue)) == Texts(
        "By Feb 2024 proportional by portfolio has recognised 2.7k, stand-ready 2.4k",
        f"Jan 2024 to Feb 2024; by portfolio +200 {APART}",
        "To date proportional by contract 2.5k, proportional by portfolio 2.7k, remote 2.5k and "
        "stand-ready 2.4k. In the last month proportional by contract 1.5k, proportional by "
        "portfolio 1.5k, remote 2k and stand-ready 1.7k. Owed at its close proportional by "
        "contract 2.5k, proportional by portfolio 2.5k, remote 2.1k and stand-ready 2.4k.",
    )


def test_methods_that_have_recognised_the_same_are_not_ranked(revenue):
    assert texts(charts.revenue_by_month(revenue, template="pack")) == Texts(
        "pack: All methods come to 2.4k",
        f"Jan 2024 to Feb 2024; by portfolio 0 {APART}",
        "To date proportional by contract 2.4k, proportional by portfolio 2.4k, remote 2.4k and "
        "stand-ready 2.4k. In the last month proportional by contract 1.4k, proportional by "
        "portfolio 1.2k, remote 1.9k and stand-ready 1.7k. Owed at its close proportional by "
        "contract 600, proportional by portfolio 800, remote 100 and stand-ready 350.",
    )


def test_revenue_names_the_months_that_catch_up_with_a_first_estimate(revenue):
    late = (revenue["month"] == "2024-02-01") & (revenue["method"] == "proportional_by_contract")
    assert texts(charts.revenue_by_month(revenue.assign(is_first_supported=late))).line.endswith(
        "; both proportional methods catch up with a first estimate of breakage in Feb 2024"
    )


def test_revenue_adds_up_from_the_first_month_that_is_picked(revenue):
    assert texts(charts.revenue_by_month(revenue, since="2024-02")) == Texts(
        "By Feb 2024 remote has recognised 2k, proportional by contract 1.5k",
        f"Feb 2024; by portfolio 0 {APART}; only from 1 Feb 2024 on",
        "To date proportional by contract 1.5k, proportional by portfolio 1.5k, remote 2k and "
        "stand-ready 1.7k. In the last month proportional by contract 1.5k, proportional by "
        "portfolio 1.5k, remote 2k and stand-ready 1.7k. Owed at its close proportional by "
        "contract 2.5k, proportional by portfolio 2.5k, remote 2.1k and stand-ready 2.4k.",
    )


@pytest.fixture
def liability():
    """A frame of the view contract_liability."""
    columns = ["template", "month", "opening", "billed", "revenue", "refunded", "closing"]
    rows = [
        ("pack", "2024-01-01", 200.0, 1000.0, 100.0, 0.0, 1100.0),
        ("pack", "2024-02-01", 1100.0, 0.0, 300.0, 50.0, 750.0),
        ("hours", "2024-02-01", 0.0, 500.0, 20.0, 0.0, 480.0),
    ]
    frame = pd.DataFrame(rows, columns=columns).astype({"month": "datetime64[us]"})
    return frame.assign(remitted=0.0, method="proportional_by_contract")


def test_liability_tells_what_is_owed_and_what_moved_it(liability):
    assert texts(charts.contract_liability(liability)) == Texts(
        "At the end of Feb 2024 1.2k is paid for and still owed",
        "Jan 2024 to Feb 2024, proportional by contract: 200 at the beginning, 1.5k billed, 420 "
        "recognised, 50 refunded",
        "The most was owed at the end of Feb 2024: 1.2k.",
    )


def test_without_refunds_none_are_spoken_of(liability):
    assert texts(charts.contract_liability(liability, template="hours")) == Texts(
        "hours: At the end of Feb 2024 480 is paid for and still owed",
        "Feb 2024, proportional by contract: 0 at the beginning, 500 billed, 20 recognised",
        "The most was owed at the end of Feb 2024: 480.",
    )


def test_of_a_method_without_rows_nothing_is_shown(liability):
    alt = charts.alt_text(charts.contract_liability(liability, method="remote"))
    assert alt.endswith("Nothing to show: no entitlement has been billed.")


@pytest.mark.parametrize("price_of", ["nothing", "Pack", "More"])
@pytest.mark.parametrize("chart", [charts.revenue_by_month, charts.contract_liability])
def test_money_is_asked_for_only_where_anything_has_a_price(chart, price_of, monkeypatch):
    more = {"total_terms": 2, "adds_to": ["Pack"]}
    templates = {"Pack": {"total_terms": 3, "term": {"months": 6}}, "More": more}
    for name, template in templates.items():
        template["price"] = 50 if name == price_of else 0
    segment = {"customers": 9, "cases": {"per_year": 60}, "holds": [{"template": "Pack"}]}
    segment["buys_more"] = {"when": "empty", "share": 1, "template": "More"}
    calendar = {"start": "2026-01-01", "days": 90}
    data = {"scenario": "priced", "calendar": calendar, "templates": templates}
    with simulate(Scenario.from_dict(data | {"segments": {"all": segment}})) as run:
        asked, ask = [], Run.sql
        monkeypatch.setattr(
            Run, "sql", lambda run, query, *more: asked.append(query) or ask(run, query, *more)
        )
        alt = charts.alt_text(chart(run, template="Pack"))
    assert any("contract_liability" in query for query in asked) == (price_of != "nothing")
    assert ("Nothing to show" in alt) == (price_of == "nothing")


@pytest.fixture
def obligation():
    """A frame of the view remaining_obligation: half comes by March, a fifth after a year."""
    columns = ["template", "month", "is_within_a_year", "amount"]
    rows = [
        ("pack", "2024-02-01", True, 300.0),
        ("pack", "2024-03-01", True, 200.0),
        ("hours", "2024-04-01", True, 300.0),
        ("pack", "2025-01-01", True, 0.0),
        ("pack", "2025-01-01", False, 200.0),
        ("free", "2025-02-01", False, 0.0),
    ]
    frame = pd.DataFrame(rows, columns=columns).astype({"month": "datetime64[us]"})
    return frame.assign(method="stand_ready")


def test_what_remains_is_told_with_the_share_of_a_year(obligation):
    assert texts(charts.remaining_obligation(obligation, method="stand_ready")) == Texts(
        "Of 1k still to become revenue, 80.0% is expected within a year",
        "Feb 2024 to Jan 2025, stand-ready; what a contract has left is expected evenly over its "
        "days to come",
        "Half of it is expected by the end of Mar 2024.",
    )


def test_all_that_remains_may_come_within_a_year(obligation):
    ax = charts.remaining_obligation(obligation, method="stand_ready", template="hours")
    assert (
        texts(ax).title == "hours: Of 300 still to become revenue, 100% is expected within a year"
    )
    assert ax.get_legend() is None


def test_what_is_free_leaves_nothing_to_expect(obligation):
    ax = charts.remaining_obligation(obligation, method="stand_ready", template="free")
    assert charts.alt_text(ax).endswith("Nothing to show: nothing billed is still to be served.")
