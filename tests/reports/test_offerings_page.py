"""The page of the library: each offering with its burn-down, and what it comes to."""

import math

import pytest
from bs4 import BeautifulSoup

from entitlement_sim import simulate
from entitlement_sim.reports.offerings import comes_to, table_of_offerings, write_offerings_page
from entitlement_sim.scenario.library import offering

FEW = {"segments.customers.customers": 40}


@pytest.fixture(scope="module")
def runs():
    """Two offerings, sold to a few: one with periods and overage, one without a number of terms."""
    known = [offering("monthly-retainer"), offering("unlimited-email")]
    few = [one._replace(scenario=one.scenario.with_(FEW)) for one in known]
    made = [(one, simulate(one.scenario)) for one in few]
    yield made
    for _, run in made:
        run.close()


@pytest.fixture(scope="module")
def page(runs, tmp_path_factory):
    place = tmp_path_factory.mktemp("library") / "offerings.html"
    write_offerings_page(runs, place)
    return BeautifulSoup(place.read_text(encoding="utf-8"), "html.parser")


def test_what_an_offering_comes_to_is_what_its_run_says(runs):
    _, run = runs[0]
    come = comes_to(run)
    [moved] = run.sql(
        "SELECT -sum(amount) FILTER (reason IN ('consume', 'restore'))::DOUBLE AS used, "
        "sum(amount) FILTER (reason = 'overage')::DOUBLE AS over FROM ledger"
    ).itertuples()
    assert 0 < come.used <= moved.used
    assert come.overage == pytest.approx(250 * moved.over)
    assert come.margin < come.recognised + come.overage
    assert come.cases == len(run.table("cases"))


def test_without_a_number_of_terms_nothing_is_used_or_lapses(runs):
    _, run = runs[1]
    come = comes_to(run)
    assert math.isnan(come.used)
    [line] = table_of_offerings([("mail", come)], "EUR").rows
    assert line[1:3] == ["–", "–"]
    assert come.refused > 0


def test_each_offering_has_a_chapter_with_its_sources_and_what_it_leaves_out(page):
    text = " ".join(page.get_text(" ").split())
    assert [heading.get_text() for heading in page("h2")][1:4] == [
        "What they come to", "monthly-retainer", "unlimited-email",
    ]  # fmt: skip
    assert "BS LLC's retainer (knowledge.bsllc.biz)" in text
    assert "Left out: Hours that are borrowed" in text
    assert "Left out: Nothing" in text


def test_every_picture_has_an_alternative_text_and_every_table_a_caption(page):
    pictures = [image.get("alt", "") for image in page("img")]
    assert len(pictures) >= 2
    assert all(len(text) > 40 for text in pictures)
    assert all(table.find("caption") for table in page("table") if table.find("thead"))
