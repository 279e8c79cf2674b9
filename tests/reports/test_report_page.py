"""The page of a report: whole in itself, the same every time, and readable by anybody."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import nbformat
import pytest
from bs4 import BeautifulSoup

from entitlement_sim import Run
from entitlement_sim.reports.chapters import Chapter, chapter
from entitlement_sim.reports.page import page as page_of
from entitlement_sim.reports.report import report_html, write_report
from entitlement_sim.store.manifest import Manifest


@pytest.fixture(scope="module", params=["summary", "comparison"])
def html(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(request.param))


@pytest.fixture(scope="module")
def page(html: str) -> BeautifulSoup:
    return BeautifulSoup(html, "html.parser")


def test_it_is_a_page_in_english_with_a_title_and_one_main_heading(page: BeautifulSoup) -> None:
    assert page.html is not None
    assert page.html["lang"] == "en"
    assert page.title is not None
    assert "run small" in page.title.get_text()
    assert len(page.find_all("h1")) == 1


def test_it_holds_no_script_and_refers_to_nothing_outside(page: BeautifulSoup, html: str) -> None:
    assert not page.find_all(["script", "link", "iframe", "object", "embed", "base"])
    for element in page.find_all(True):
        for name, value in element.attrs.items():
            assert not name.startswith("on")
            if name in ("src", "srcset", "poster", "data", "action"):
                assert str(value).startswith("data:")
            if name == "href":
                assert str(value).startswith("#")
    style = page.find("style")
    assert style is not None
    assert "url(" not in style.get_text()
    assert "@import" not in style.get_text()


def test_a_browser_is_told_to_fetch_and_run_nothing(page: BeautifulSoup) -> None:
    policy = page.find("meta", attrs={"http-equiv": "Content-Security-Policy"})
    assert policy is not None
    assert "default-src 'none'" in str(policy["content"])
    assert "script" not in str(policy["content"])


def test_every_figure_has_words_with_numbers(page: BeautifulSoup) -> None:
    images = page.find_all("img")
    assert len(images) >= 4
    assert all(re.search(r"\d", str(image["alt"])) for image in images)


def test_the_list_of_contents_leads_to_every_section(page: BeautifulSoup) -> None:
    assert page.nav is not None
    links = {str(link["href"])[1:]: link.get_text() for link in page.nav.find_all("a")}
    sections = {heading["id"]: heading.get_text() for heading in page.find_all("h2")}
    del sections["contents"]
    assert links == sections
    assert len(links) > 5


def test_no_two_places_have_the_same_anchor(page: BeautifulSoup) -> None:
    anchors = [element["id"] for element in page.find_all(id=True)]
    assert len(set(anchors)) == len(anchors)


def test_the_code_of_a_notebook_is_there(summary: str) -> None:
    folded = BeautifulSoup(summary, "html.parser").select("details.code .highlight")
    assert any("find_run" in code.get_text() for code in folded)


def test_code_is_folded_away(page: BeautifulSoup) -> None:
    assert not page.select("details[open]")
    assert not [code for code in page.select(".highlight") if code.find_parent("details") is None]


def test_tables_have_captions_and_headings(page: BeautifulSoup) -> None:
    assert page.main is not None
    tables = page.main.find_all("table")
    assert tables
    for table in tables:
        assert table.find("caption") is not None
        assert all(heading.get("scope") for heading in table.find_all("th"))


def test_the_foot_tells_what_the_run_is(page: BeautifulSoup, small: Run) -> None:
    assert page.footer is not None
    foot = page.footer.get_text(" ")
    for fact in ("run_id", "seed", "content_hash", "scenario_hash", "rulebook_version"):
        assert str(getattr(small.manifest, fact)) in foot
    assert "gate_on_reactivate = False" in foot
    assert "segments:" in foot


def test_the_foot_of_a_comparison_tells_what_both_runs_are(
    comparison: str, small: Run, dearer: Run
) -> None:
    foot = comparison.partition("<footer>")[2]
    assert small.manifest.content_hash in foot
    assert dearer.manifest.content_hash in foot


def test_nothing_tells_when_or_where_it_was_made(html: str, small: Run) -> None:
    assert small.path is not None
    assert str(small.path.parent) not in html
    assert small.path.parent.name not in html
    assert str(Path.home()) + "/" not in html
    assert small.manifest.created_at not in html
    assert 'run_path</span> <span class="o">=</span> <span class="s2">&quot;' not in html


def test_executing_twice_gives_the_same_bytes(summary: str, small: Run) -> None:
    assert report_html(small) == summary


def test_figures_come_before_tables_and_definitions_last(summary: str) -> None:
    assert summary.index("<img") < summary.index("<table")
    titles = re.findall(r"<h2[^>]*>([^<]*)</h2>", summary)
    assert titles[1:3] == ["What stands out, and what to do", "In short"]
    assert titles[-2:] == ["Definitions", "About the run"]


def test_several_notebooks_become_chapters_of_one_page(small: Run) -> None:
    page = BeautifulSoup(
        report_html(small, ["lifecycle", "07_explain_a_balance"], {"entitlement_id": "3"}),
        "html.parser",
    )
    chapters = [section.h2.get_text() for section in page.find_all("section") if section.h2]
    assert chapters == ["The life of an entitlement", "Why is this balance what it is?"]
    assert page.h1 is not None
    assert page.h1.get_text() == "Support entitlements: small"
    assert "Entitlement 3 is a" in page.get_text()
    anchors = [element["id"] for element in page.find_all(id=True)]
    assert len(set(anchors)) == len(anchors)


def test_writing_replaces_a_page_and_leaves_nothing_else(tmp_path: Path) -> None:
    place = tmp_path / "new" / "page.html"
    write_report("first", place)
    write_report("second é", place)
    assert place.read_bytes() == "second é".encode()
    assert list(place.parent.iterdir()) == [place]


def test_a_page_that_cannot_be_written_whole_leaves_nothing_behind(tmp_path: Path) -> None:
    place = tmp_path / "page.html"
    with pytest.raises(UnicodeEncodeError):
        write_report("half \ud800", place)
    assert list(tmp_path.iterdir()) == []


def test_a_page_that_cannot_be_written_whole_leaves_the_one_before(tmp_path: Path) -> None:
    place = tmp_path / "page.html"
    write_report("whole", place)
    with pytest.raises(UnicodeEncodeError):
        write_report("half \ud800", place)
    assert place.read_text(encoding="utf-8") == "whole"
    assert list(tmp_path.iterdir()) == [place]


def chapter_of(html: str) -> BeautifulSoup:
    """A chapter of a notebook that showed some HTML, as a page has it."""
    output = nbformat.v4.new_output("display_data", data={"text/html": html})
    cell = nbformat.v4.new_code_cell("show()", id="a", outputs=[output])
    notebook = nbformat.v4.new_notebook(cells=[cell])
    return BeautifulSoup(chapter(notebook, "own", prefix="part-1", shift=0).html, "html.parser")


@pytest.mark.parametrize(
    "target",
    [
        "javascript:steal()",
        "  JavaScript:steal()",
        "java\tscript:steal()",
        "java&#10;script:steal()",
        "&#1;javascript:steal()",
        "vbscript:steal()",
        "data:text/html,<script>steal()</script>",
    ],
)
def test_a_link_that_runs_something_leads_nowhere(target: str) -> None:
    shown = chapter_of(f"<p>before <a href='{target}'>there</a></p>")
    assert shown.a is not None
    assert shown.a.get_text() == "there"
    assert shown.a.attrs == {}


@pytest.mark.parametrize("target", ["#part-2", "https://example.org/javascript:", "mailto:a@b.c"])
def test_a_link_that_leads_somewhere_stays(target: str) -> None:
    shown = chapter_of(f'<a href="{target}">there</a>')
    assert shown.a is not None
    assert shown.a["href"] == target


MANIFEST = Manifest(
    format_version=4,
    run_id="tiny-7-0-abc",
    scenario="tiny",
    seed=7,
    replication=0,
    start_date=date(2024, 1, 1),
    days=10,
    source="simulated",
    rulebook_version="2026.1",
    package_version="0.1.0",
    rule_switches={"gate_on_reactivate": False},
    libraries={"numpy": "2.2"},
    renewal_offsets={"small": 0.482062, "large": -0.1},
    rows={"customers": 1, "cases": 1204, "case_events": 2},
    table_hashes={},
    created_at="2026-01-01T00:00:00+00:00",
    elapsed_seconds=1.5,
    content_hash="abc",
    scenario_hash="def",
    scenario_yaml="scenario: tiny\n",
)


def bound(*names: str, **changes: Any) -> BeautifulSoup:
    """A page about one run or several of these names."""
    manifests = [(name, replace(MANIFEST, **changes)) for name in names]
    html = page_of([Chapter("One", "<p>text</p>", ())], ["own"], manifests)
    return BeautifulSoup(html, "html.parser")


def about(page: BeautifulSoup) -> str:
    line = page.find("p", class_="about")
    assert line is not None
    return line.get_text()


def test_a_page_says_in_a_line_what_it_rests_on() -> None:
    assert about(bound("tiny")) == (
        "Run tiny: simulated, 1 Jan 2024 to 10 Jan 2024, 1 customer, 1,204 cases"
    )


def test_a_page_about_two_runs_says_so_of_both() -> None:
    assert about(bound("a", "b")) == (
        "Run a: simulated, 1 Jan 2024 to 10 Jan 2024, 1 customer, 1,204 cases; "
        "Run b: simulated, 1 Jan 2024 to 10 Jan 2024, 1 customer, 1,204 cases"
    )


def test_a_run_of_one_day_begins_and_ends_on_it() -> None:
    assert "simulated, 1 Jan 2024 to 1 Jan 2024, " in about(bound("tiny", days=1))


def test_the_foot_says_all_that_the_manifest_does() -> None:
    page = bound("tiny")
    assert page.footer is not None
    facts = {
        row.th.get_text(): row.td.get_text()
        for row in page.footer.find_all("tr")
        if row.th is not None and row.td is not None
    }
    assert facts == {
        "run": "tiny-7-0-abc",
        "scenario": "tiny",
        "seed": "7",
        "replication": "0",
        "period": "1 Jan 2024 to 10 Jan 2024 (10 days)",
        "source": "simulated",
        "rulebook": "2026.1",
        "rule switches": "gate_on_reactivate = False",
        "rows": "1 customers, 1,204 cases, 2 case events",
        "renewals recentred by": "+0.48 (small) and -0.10 (large) in log-odds",
        "made with": "entitlement-sim 0.1.0, numpy 2.2",
        "content hash": "abc",
        "scenario hash": "def",
    }
