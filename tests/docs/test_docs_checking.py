"""What is found on a built site: links that lead nowhere, and what would be fetched."""

from pathlib import Path

import pytest

from .checking import faults, outward


def site(folder: Path, body: str, style: str = "") -> Path:
    (folder / "there").mkdir()
    (folder / "there" / "page.html").write_text('<h1 id="top">There</h1>', encoding="utf-8")
    (folder / "index.html").write_text(f'<p id="here">{body}</p>', encoding="utf-8")
    (folder / "site.css").write_text(style, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    "body",
    [
        '<a href="there/page.html">page</a> <a href="there/page.html#top">top</a>',
        '<a href="#here">here</a>',
        '<a href="https://example.org/a">elsewhere</a> <a href="mailto:a@example.org">mail</a>',
        '<img src="data:image/png;base64,AA"><script src="search.js"></script>',
    ],
)
def test_a_site_whose_links_lead_somewhere_has_no_fault(tmp_path, body) -> None:
    assert faults(site(tmp_path, body, "p { background: url(image.png) }")) == []


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ('<a href="gone.html">x</a>', "gone.html leads to no page"),
        ('<a href="../outside.html">x</a>', "../outside.html leads to no page"),
        ('<a href="there">x</a>', "there leads to no page"),
        (
            '<a href="there/page.html#end">x</a>',
            "there/page.html#end leads to no place on its page",
        ),
        ('<a href="#nowhere">x</a>', "#nowhere leads to no place on its page"),
        ('<a href="https://nowhere">x</a>', "https://nowhere is no address"),
        ('<a href="ftp://example.org/a">x</a>', "ftp://example.org/a is no address"),
        ('<a href="mailto:nobody">x</a>', "mailto:nobody is no address"),
        ('<img src="https://example.org/a.png">', "fetches https://example.org/a.png"),
        ('<script src="//example.org/a.js"></script>', "fetches //example.org/a.js"),
        ('<link href="http://example.org/a.css">', "fetches http://example.org/a.css"),
    ],
)
def test_a_link_that_leads_nowhere_and_what_is_fetched_is_a_fault(tmp_path, body, found) -> None:
    assert faults(site(tmp_path, body)) == [f"index.html: {found}"]


@pytest.mark.parametrize(
    "style", ['@import "https://example.org/a.css";', "p { background: url( '//example.org/a' ) }"]
)
def test_a_style_that_fetches_is_a_fault(tmp_path, style) -> None:
    assert faults(site(tmp_path, "", style)) == ["site.css: fetches from elsewhere"]


def test_links_to_elsewhere_are_listed_once_in_their_order(tmp_path) -> None:
    links = '<a href="https://b.org/">b</a> <a href="https://a.org/">a</a> <a href="#here">h</a>'
    folder = site(tmp_path, links * 2)
    assert outward(folder) == ["https://a.org/", "https://b.org/"]
