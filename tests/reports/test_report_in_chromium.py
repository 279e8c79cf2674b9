"""The page in a browser: it shows everything, asks nobody, fits a phone and prints whole."""

import html
import json
import re
from pathlib import Path
from typing import Any

import pytest

from entitlement_sim.reports.pdf import browse, find_chromium, print_to_pdf

pytestmark = pytest.mark.skipif(
    find_chromium() is None,
    reason="no Chromium: install it (apt-get install chromium) or name it in CHROMIUM",
)

#: Width of an A4 page within its margins, in pixels of 1/96 inch.
A4 = round((210 - 2 * 16) / 25.4 * 96)

#: Loads a page in a frame and writes down what it finds there.
HARNESS = """<!DOCTYPE html><body><pre id="found">not measured</pre>
<iframe id="page" style="width:{width}px;height:900px;border:0" srcdoc="{page}"></iframe>
<script>
const frame = document.getElementById("page");
frame.onload = () => {{
  const inside = frame.contentDocument, root = inside.documentElement;
  const wide = [...inside.querySelectorAll(".table")].filter(e => e.scrollWidth > e.clientWidth);
  const fetched = frame.contentWindow.performance.getEntriesByType("resource");
  document.getElementById("found").textContent = JSON.stringify({{
    width: root.scrollWidth,
    images: [...inside.images].map(
      image => [image.complete, image.naturalWidth, image.getBoundingClientRect().right]),
    titled: [...inside.querySelectorAll("ol > li:has(> strong:first-child)")].map(
      item => item.getBoundingClientRect().bottom),
    wide: wide.map(e => e.getAttribute("aria-label")),
    fetched: fetched.map(e => e.name).filter(name => !name.startsWith("data:")),
  }});
}};
</script>"""


def measured(page: str, width: int, folder: Path) -> Any:
    """What a browser finds in a page of a given width."""
    program = find_chromium()
    assert program is not None
    file = folder / "harness.html"
    file.write_text(HARNESS.format(width=width, page=html.escape(page)), encoding="utf-8")
    done = browse(program, "--virtual-time-budget=20000", "--dump-dom", file.as_uri())
    found = re.search(r'<pre id="found">(.*?)</pre>', done.stdout.decode(), re.DOTALL)
    assert found is not None, done.stderr.decode()
    return json.loads(html.unescape(found[1]))


@pytest.fixture(params=["summary", "comparison"])
def page(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(request.param))


def test_it_shows_every_figure_and_asks_nobody(page: str, tmp_path: Path) -> None:
    found = measured(page, 1000, tmp_path)
    assert len(found["images"]) == page.count("<img") >= 4
    assert all(complete and width > 0 for complete, width, _ in found["images"])
    assert found["fetched"] == []


def test_it_fits_the_width_of_a_phone(page: str, tmp_path: Path) -> None:
    found = measured(page, 390, tmp_path)
    assert found["width"] <= 390
    assert all(right <= 390 for _, _, right in found["images"])


def test_four_findings_stand_in_the_first_screen(summary: str, tmp_path: Path) -> None:
    found = measured(summary, 1280, tmp_path)
    assert len(found["titled"]) >= 4
    assert max(found["titled"][:4]) <= 800


def test_no_table_is_wider_than_a_printed_page(page: str, tmp_path: Path) -> None:
    as_printed = page.replace("@media print", "@media all")
    assert as_printed != page
    found = measured(as_printed, A4, tmp_path)
    assert found["wide"] == []
    assert found["width"] <= A4


def test_no_row_of_a_table_is_cut_by_the_end_of_a_page(page: str) -> None:
    printed = page.partition("@media print")[2]
    assert "tr { break-inside: avoid; }" in printed
    assert "thead { display: table-header-group; }" in printed


def test_it_prints_to_a_pdf_of_several_pages(page: str, tmp_path: Path) -> None:
    source, place = tmp_path / "page.html", tmp_path / "page.pdf"
    source.write_text(page, encoding="utf-8")
    print_to_pdf(source, place)
    data = place.read_bytes()
    assert data.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", data)) >= 3


def test_the_folded_code_opens(summary: str, tmp_path: Path) -> None:
    closed = measured(summary, 1000, tmp_path)
    opened = measured(summary.replace("<details ", "<details open "), 390, tmp_path)
    assert closed["width"] <= 1000
    assert opened["width"] <= 390
