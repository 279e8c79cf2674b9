"""What must be true of the built site: every link leads somewhere, and nothing is fetched."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup

#: Attributes by which a page fetches something as it opens.
_FETCHING = ("src", "srcset", "poster")
_FETCHED = re.compile(r"""url\(\s*["']?(?:https?:)?//|@import\s+["'](?:https?:)?//""")


@cache
def _page(file: Path) -> BeautifulSoup:
    return BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser")


@cache
def _anchors(file: Path) -> frozenset[str]:
    return frozenset(str(element["id"]) for element in _page(file).find_all(id=True))


def _links(file: Path) -> Iterator[str]:
    for element in _page(file).find_all("a", href=True):
        yield str(element["href"])


def faults(site: Path) -> list[str]:
    """Links that lead nowhere or are no addresses, and what a page would fetch from elsewhere."""
    found = []
    for file in sorted(site.rglob("*.html")):
        name = file.relative_to(site)
        found += [f"{name}: {words}" for words in (*_broken_links(file, site), *_fetches(file))]
    for file in sorted(site.rglob("*.css")):
        if _FETCHED.search(file.read_text(encoding="utf-8")):
            found.append(f"{file.relative_to(site)}: fetches from elsewhere")
    return found


def _broken_links(file: Path, site: Path) -> Iterator[str]:
    for link in dict.fromkeys(_links(file)):
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            if not _is_address(link):
                yield f"{link} is no address"
            continue
        target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
        if not target.is_file() or site.resolve() not in target.parents:
            yield f"{link} leads to no page"
        elif parts.fragment and unquote(parts.fragment) not in _anchors(target):
            yield f"{link} leads to no place on its page"


def _is_address(link: str) -> bool:
    parts = urlsplit(link)
    if parts.scheme == "mailto":
        return "@" in parts.path
    return parts.scheme in ("http", "https") and "." in parts.netloc and " " not in link


def _fetches(file: Path) -> Iterator[str]:
    page = _page(file)
    for attribute in _FETCHING:
        for element in page.find_all(attrs={attribute: True}):
            if re.match(r"(https?:)?//", str(element[attribute])):
                yield f"fetches {element[attribute]}"
    for element in page.find_all("link", href=True):
        if re.match(r"(https?:)?//", str(element["href"])):
            yield f"fetches {element['href']}"
    for element in page.find_all("style"):
        if _FETCHED.search(element.get_text()):
            yield "fetches from elsewhere in its style"


def outward(site: Path) -> list[str]:
    """Every address outside the site that a page links to."""
    links = {link for file in site.rglob("*.html") for link in _links(file)}
    return sorted(link for link in links if urlsplit(link).netloc)
