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

#: Loads pages in frames, all at once, and writes down what it finds in each.
HARNESS = """<!DOCTYPE html><body><pre id="found">not measured</pre>
<script>
const found = [];
function measure(frame, place, frames) {{
  const inside = frame.contentDocument, root = inside.documentElement;
  const wide = [...inside.querySelectorAll(".table")].filter(e => e.scrollWidth > e.clientWidth);
  const fetched = frame.contentWindow.performance.getEntriesByType("resource");
  found[place] = {{
    width: root.scrollWidth,
    images: [...inside.images].map(
      image => [image.complete, image.naturalWidth, image.getBoundingClientRect().right]),
    titled: [...inside.querySelectorAll("ol > li:has(> strong:first-child)")].map(
      item => item.getBoundingClientRect().bottom),
    wide: wide.map(e => e.getAttribute("aria-label")),
    fetched: fetched.map(e => e.name).filter(name => !name.startsWith("data:")),
  }};
  if (Object.keys(found).length === frames)
    document.getElementById("found").textContent = JSON.stringify(found);
}}
</script>
{frames}"""
FRAME = """<iframe onload="measure(this, {place}, {frames})" srcdoc="{page}"
style="width:{width}px;height:900px;border:0"></iframe>"""

Found = dict[tuple[str, str], Any]


@pytest.fixture(scope="module")
def pages(summary: str, comparison: str) -> dict[str, str]:
    return {"summary": summary, "comparison": comparison}


@pytest.fixture(scope="module")
def found(pages: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Found:
    """What a browser finds in the pages at widths of screens and of paper, started once for all."""
    shown = {
        (name, width): (pixels, page)
        for name, page in pages.items()
        for width, pixels in {"wide": 1000, "first screen": 1280, "phone": 390}.items()
    }
    for name, page in pages.items():
        as_printed = page.replace("@media print", "@media all")
        assert as_printed != page
        shown[name, "paper"] = (A4, as_printed)
    opened = pages["summary"].replace("<details ", "<details open ")
    shown["summary", "phone, code opened"] = (390, opened)
    program = find_chromium()
    assert program is not None
    frames = [
        FRAME.format(place=place, frames=len(shown), width=width, page=html.escape(page))
        for place, (width, page) in enumerate(shown.values())
    ]
    file = tmp_path_factory.mktemp("browser") / "harness.html"
    file.write_text(HARNESS.format(frames="\n".join(frames)), encoding="utf-8")
    done = browse(program, "--virtual-time-budget=20000", "--dump-dom", file.as_uri())
    told = re.search(r'<pre id="found">(.*?)</pre>', done.stdout.decode(), re.DOTALL)
    assert told is not None, done.stderr.decode()
    assert told[1] != "not measured", done.stderr.decode()
    return dict(zip(shown, json.loads(html.unescape(told[1])), strict=True))


@pytest.fixture(params=["summary", "comparison"])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def page(name: str, pages: dict[str, str]) -> str:
    return pages[name]


def test_it_shows_every_figure_and_asks_nobody(name: str, page: str, found: Found) -> None:
    wide = found[name, "wide"]
    assert len(wide["images"]) == page.count("<img") >= 4
    assert all(complete and width > 0 for complete, width, _ in wide["images"])
    assert wide["fetched"] == []


def test_it_fits_the_width_of_a_phone(name: str, found: Found) -> None:
    phone = found[name, "phone"]
    assert phone["width"] <= 390
    assert all(right <= 390 for _, _, right in phone["images"])


def test_four_findings_stand_in_the_first_screen(found: Found) -> None:
    titled = found["summary", "first screen"]["titled"]
    assert len(titled) >= 4
    assert max(titled[:4]) <= 800


def test_no_table_is_wider_than_a_printed_page(name: str, found: Found) -> None:
    paper = found[name, "paper"]
    assert paper["wide"] == []
    assert paper["width"] <= A4


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


def test_the_folded_code_opens(found: Found) -> None:
    assert found["summary", "wide"]["width"] <= 1000
    assert found["summary", "phone, code opened"]["width"] <= 390
