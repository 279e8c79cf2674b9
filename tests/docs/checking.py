"""What must be true of the built site: every link leads somewhere, and nothing is fetched."""

import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

#: Attributes by which a page fetches something as it opens, besides those of ``<link>``.
_FETCHING = ("src", "srcset", "poster")
_ELSEWHERE = re.compile(r"\s*(https?:)?//")
_FETCHED = re.compile(r"""url\(\s*["']?(?:https?:)?//|@import\s+["'](?:https?:)?//""")


class _Page(HTMLParser):
    """The links, anchors and fetched addresses of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.links: dict[str, None] = {}
        self.anchors: set[str] = set()
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take what an element refers to."""
        for name, value in attrs:
            if not value:
                continue
            if name == "id":
                self.anchors.add(value)
            elif name == "href" and tag == "a":
                self.links[value] = None
            elif name in _FETCHING or (name, tag) == ("href", "link"):
                self.fetched.append(value)


@cache
def _page(file: Path) -> _Page:
    page = _Page()
    page.feed(file.read_text(encoding="utf-8"))
    return page


def faults(site: Path) -> list[str]:
    """Links that lead nowhere or are no addresses, and what a page would fetch from elsewhere."""
    found = []
    for file in sorted(site.rglob("*.html")):
        name = file.relative_to(site)
        found += [f"{name}: {words}" for words in _broken_links(file, site)]
        found += [
            f"{name}: fetches {address}"
            for address in _page(file).fetched
            if _ELSEWHERE.match(address)
        ]
    for file in sorted(site.rglob("*.css")):
        if _FETCHED.search(file.read_text(encoding="utf-8")):
            found.append(f"{file.relative_to(site)}: fetches from elsewhere")
    return found


def _broken_links(file: Path, site: Path) -> Iterator[str]:
    for link in _page(file).links:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            if not _is_address(link):
                yield f"{link} is no address"
            continue
        target = (file.parent / unquote(parts.path)).resolve() if parts.path else file.resolve()
        if not target.is_file() or site.resolve() not in target.parents:
            yield f"{link} leads to no page"
        elif parts.fragment and unquote(parts.fragment) not in _page(target).anchors:
            yield f"{link} leads to no place on its page"


def _is_address(link: str) -> bool:
    parts = urlsplit(link)
    if parts.scheme == "mailto":
        return "@" in parts.path
    return parts.scheme in ("http", "https") and "." in parts.netloc and " " not in link


def outward(site: Path) -> list[str]:
    """Every address outside the site that a page links to."""
    links = {link for file in site.rglob("*.html") for link in _page(file).links}
    return sorted(link for link in links if urlsplit(link).netloc)
