"""Every notebook on runs in which hardly anything happens, or everything in the same way.

Cells are executed within this process; a few notebooks go through the real kernel, into a page.
"""

import re
from functools import cache

import nbformat
import pytest
from bs4 import BeautifulSoup
from in_process import outputs_of
from tiny_runs import FOREIGN, IMPORTED, MARKUP, TINY
from words import check_words, words_of

from entitlement_sim import compare, open_run
from entitlement_sim.comparison import page as comparison_page
from entitlement_sim.reports.chapters import chapter
from entitlement_sim.reports.report import report_html
from entitlement_sim.reports.shipped import shipped_notebooks
from entitlement_sim.telling import verbatim

NOTEBOOKS = [file.stem for file in shipped_notebooks()]

#: In the ordinary suite: each notebook on the emptiest run and on one more.
#: Those that are about exports, and ask for an imported run.
OF_EXPORTS = ("11_your_own_book", "12_audit")

FEW = [(name, IMPORTED if name in OF_EXPORTS else "nobody") for name in NOTEBOOKS] + [
    ("00_start_here", "one customer"),
    ("02_consumption", "one day"),
    ("03_expiry", "begins after the run"),
    ("04_renewals", "everybody renews"),
    ("05_breakage_and_revenue", "nothing costs"),
    ("06_channels_and_products", "all refused"),
    ("07_explain_a_balance", "one case"),
    ("comparison", "no case"),
    ("summary", "no case"),
    ("summary", "dry at once"),
    ("02_consumption", IMPORTED),
]

#: Sentences that would say of an imported run what no export knows.
UNKNOWN_OF_EXPORTS = (
    "No case was refused",
    "Nobody was refused",
    "%) were turned away",
    "% are turned away",
    "It refused",
    "never sold</b>",
)


#: Those whose sentences name offerings or customers.
NAMING = ("00_start_here", "02_consumption", "05_breakage_and_revenue", "07_explain_a_balance")


#: What a notebook is told besides, so that it is done with sooner.
SOONER = {"02_consumption": {"futures": 8}, "09_how_far_to_trust": {"pairs": 3}}


def check_notebook(notebook, place, other=None) -> list[str]:
    """Execute a notebook and look at all that it shows, once for all tests that ask for it."""
    return _checked(notebook, place, other)


@cache
def _checked(notebook, place, other) -> list[str]:
    parameters = {"run_path": str(place)} | SOONER.get(notebook, {})
    if other is not None:
        parameters["other_path"] = str(other)
    shown = outputs_of(notebook, **parameters)
    for output in shown:
        check_words(words_of(output))
    return shown


@pytest.mark.parametrize(("notebook", "name"), FEW)
def test_a_notebook_says_what_there_is(notebook, name, tiny):
    other = tiny("dry at once") if notebook == "comparison" and name != "dry at once" else None
    assert check_notebook(notebook, tiny(name), other)


@pytest.mark.parametrize(
    "notebook", ["00_start_here", "06_channels_and_products", "07_explain_a_balance", "summary"]
)
def test_a_notebook_does_not_say_that_nobody_was_refused_where_no_export_knows(notebook, tiny):
    shown = "\n".join(check_notebook(notebook, tiny(IMPORTED)))
    assert "in no export" in shown or "No live system records" in shown
    assert not [words for words in UNKNOWN_OF_EXPORTS if words in shown]


@pytest.mark.soak
@pytest.mark.parametrize(
    ("notebook", "name"),
    [
        (notebook, name)
        for notebook in NOTEBOOKS
        for name in [*TINY, IMPORTED]
        if name == IMPORTED or notebook not in OF_EXPORTS
    ],
)
def test_a_notebook_says_what_there_is_in_any_run(notebook, name, tiny):
    other = tiny("dry at once") if notebook == "comparison" and name != "dry at once" else None
    assert check_notebook(notebook, tiny(name), other)


def test_the_summary_of_nobody_says_so_in_every_chapter(tiny):
    shown = check_notebook("summary", tiny("nobody"))
    sentences = [text for text in shown if not text.startswith("<")]
    assert sentences[:3] == [
        "Too little has happened in this run for anything to stand out.",
        "- Active on 30 Apr 2024: **0 entitlements** of **0 customers**.\n"
        "- There were no cases.\n"
        "- Nothing fell due so long ago that it can be told who renews.\n"
        "- Within 90 days, nothing ends that is not renewed yet.",
        "*Pooled* gives a large contract more weight, the *mean* counts each the same, *by value* "
        "weighs by\nprice.",
    ]
    assert sentences[3:-3] == [
        "No entitlement of this run holds a number of terms.",
        "No case was refused because terms were used up.",
        "Nothing that has a price lapsed unused.",
        "The scenario says no money, so that neither costs nor margins are known.",
        "There were no cases.",
    ]


def test_tables_of_nothing_say_none(tiny):
    tables = [text for text in check_notebook("summary", tiny("nobody")) if "<table" in text]
    assert len(tables) == 4
    for table in tables:
        rows = BeautifulSoup(table, "html.parser").find("tbody").find_all("tr")
        assert [row.get_text() for row in rows] == ["none"]


@pytest.mark.parametrize("notebook", NAMING)
def test_names_are_letters_on_a_page(notebook, tiny):
    check_names(notebook, MARKUP, tiny)


@pytest.mark.soak
@pytest.mark.parametrize("names", [FOREIGN, MARKUP], ids=["foreign", "markup"])
@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_names_are_letters_on_any_page(notebook, names, tiny):
    check_names(notebook, names, tiny)


def check_names(notebook, names, tiny) -> None:
    """Look at every name in a notebook's sentences, as they stand on a page."""
    shown = check_notebook(notebook, tiny("everybody renews", names))
    for sentence in (output for output in shown if not output.startswith("<")):
        page = page_of(sentence)
        assert not page.find_all(["script", "del", "a", "b"])
        assert all(code.get_text().startswith("entitlement-sim ") for code in page.find_all("code"))
        seen = " ".join(page.get_text().split())
        assert all(name in seen for name in names.values() if verbatim(name) in sentence)
        assert not any(name in sentence for name in MARKUP.values())


def page_of(sentence: str) -> BeautifulSoup:
    """A sentence in Markdown as it stands on a page."""
    cell = nbformat.v4.new_code_cell("1", id="c1")
    cell.outputs = [nbformat.v4.new_output("display_data", {"text/markdown": sentence})]
    made = chapter(nbformat.v4.new_notebook(cells=[cell]), "x", prefix="p", shift=0)
    page = BeautifulSoup(made.html, "html.parser")
    for source in page.find_all("details"):
        source.decompose()
    return page


def check_page(html: str) -> str:
    """Look at a page as a reader does; return its text."""
    page = BeautifulSoup(html, "html.parser")
    for folded in page.find_all(["details", "style"]):
        folded.decompose()
    text = page.find("main").get_text("\n")
    check_words("\n".join(line.strip() for line in text.splitlines()))
    assert not re.search(r"Error|Traceback|Warning", text)
    return text


def test_the_report_of_nobody_is_a_whole_page(tiny):
    with open_run(tiny("nobody")) as run:
        html = report_html(run)
    assert "There were no cases." in check_page(html)
    assert html.rstrip().endswith("</html>")
    assert html.count("<img") == 10


def test_two_runs_without_cases_are_compared(tiny):
    with compare(tiny("no case"), tiny("nobody")) as answer:
        text = check_page(comparison_page.page_of(answer))
    assert "Nothing can be said to have moved." in text
    assert "bookings (too few customers to say)" in text


@pytest.mark.soak
@pytest.mark.parametrize("name", TINY)
def test_the_report_of_any_run_is_a_whole_page(name, tiny):
    with open_run(tiny(name)) as run, open_run(tiny("one customer")) as other:
        check_page(report_html(run, [*NOTEBOOKS[:-2], "summary"]))
        if name != "one customer":
            check_page(comparison_page.page_of(compare(run, other)))
            check_page(comparison_page.page_of(compare(other, run)))
