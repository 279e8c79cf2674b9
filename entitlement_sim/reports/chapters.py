"""An executed notebook as a part of a page."""

import base64
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup, Tag
from nbformat import NotebookNode
from traitlets.config import Config

with warnings.catch_warnings():  # what it loads silences warnings for the whole session
    from nbconvert.exporters import HTMLExporter

TEMPLATES = Path(__file__).parent / "templates"

#: What is shown of an output that comes in several forms; scripts and widgets need a server.
_SHOWN = ["text/html", "text/markdown", "image/svg+xml", "image/png", "image/jpeg", "text/plain"]

#: Elements that would run something or fetch something.
_BARRED = ["script", "link", "iframe", "object", "embed", "base", "meta", "form"]
_FETCHING = ("src", "srcset", "poster", "background", "data")
_RUNNING = ("javascript:", "vbscript:", "data:text/html")
_UNREAD = re.compile(r"[\x00-\x20]")

#: Letters of a table that fit the width of a telephone, and those between two columns.
_NARROW = 44
_GAP = 2

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_NO_ALTERNATIVE = "A figure without a description"


@dataclass(frozen=True)
class Heading:
    """An entry of the list of contents."""

    level: int
    anchor: str
    text: str


@dataclass(frozen=True)
class Chapter:
    """A notebook's part of a page.

    Attributes
    ----------
    title : str
        Its first heading.
    html : str
        Without the first heading if it is of the first level.
    headings : tuple of Heading
        Those of the second level.
    """

    title: str
    html: str
    headings: tuple[Heading, ...]


class _Exporter(HTMLExporter):
    """nbconvert with the template of this package."""

    def default_filters(self) -> Iterator[tuple[str, Any]]:
        """Filters that the template uses."""
        yield from super().default_filters()  # type: ignore[no-untyped-call]
        yield "alternative", _alternative
        yield "text_base64", lambda text: base64.b64encode(text.encode()).decode()
        yield "without_addresses", lambda text: _ADDRESS.sub("", text)


def chapter(notebook: NotebookNode, name: str, *, prefix: str, shift: int) -> Chapter:
    """Turn an executed notebook into a part of a page.

    Parameters
    ----------
    notebook : NotebookNode
    name : str
        Title where the notebook has no heading.
    prefix : str
        What all anchors begin with, so that those of several chapters differ.
    shift : int
        How many levels its headings are moved down.
    """
    soup = BeautifulSoup(_exporter().from_notebook_node(notebook)[0], "html.parser")
    _make_still(soup)
    _gather_code(soup)
    _dress_tables(soup)
    title = _take_title(soup) or name
    headings = tuple(_anchor_headings(soup, prefix, shift))
    return Chapter(title, str(soup).strip(), headings)


def _exporter() -> HTMLExporter:
    config = Config()
    config.NbConvertBase.display_data_priority = _SHOWN
    config.HighlightMagicsPreprocessor.enabled = True
    return _Exporter(  # type: ignore[no-untyped-call]
        config=config,
        template_name="chapter",
        extra_template_basedirs=[str(TEMPLATES)],
        exclude_anchor_links=True,
    )


def _alternative(output: NotebookNode, kind: str) -> str:
    """Return the text that stands for an image, from its metadata."""
    metadata = output.get("metadata", {})
    return str(metadata.get(kind, {}).get("alt") or metadata.get("alt") or _NO_ALTERNATIVE)


def _make_still(soup: BeautifulSoup) -> None:
    """Remove whatever runs or fetches: a report is to be read, and read anywhere."""
    for element in soup.find_all(_BARRED):
        element.decompose()
    for element in soup.find_all("style"):
        # The page has its own style; frames bring one each.
        element.decompose()
    for element in soup.find_all(True):
        for attribute in list(element.attrs):
            # Browsers read over blanks and control characters within a scheme.
            value = _UNREAD.sub("", str(element.attrs[attribute])).lower()
            runs = attribute.startswith("on") or value.startswith(_RUNNING)
            fetches = attribute in _FETCHING and not value.startswith("data:")
            if runs or fetches:
                del element.attrs[attribute]
    for image in soup.find_all("img"):
        if not image.get("src"):
            image.replace_with(f"[{image.get('alt') or 'a figure that is not in this file'}]")


def _gather_code(soup: BeautifulSoup) -> None:
    """Fold the code of a section into one place at its end, where it disturbs no reader."""
    folded: Tag | None = None
    for element in list(soup.find_all(["h1", "h2", "details"], recursive=False)):
        if element.name != "details":
            _close_section(element, folded)
            folded = None
        elif folded is None:
            folded = element.extract()
        else:
            folded.extend(element.extract().find_all("div", class_="highlight"))
    if folded is not None:
        soup.append(folded)


def _close_section(heading: Tag, folded: Tag | None) -> None:
    if folded is not None:
        heading.insert_before(folded)


def _dress_tables(soup: BeautifulSoup) -> None:
    """Give every table a frame in which it can be moved sideways on a narrow screen."""
    for table in soup.find_all("table"):
        for attribute in ("border", "class"):
            table.attrs.pop(attribute, None)
        caption = table.find("caption")
        label = caption.get_text(" ", strip=True) if caption else "Table"
        kind = "table wide" if _width(table) > _NARROW else "table"
        frame = soup.new_tag(
            "div", attrs={"class": kind, "role": "region", "aria-label": label, "tabindex": "0"}
        )
        table.wrap(frame)


def _width(table: Tag) -> int:
    """Return how many letters wide a table is, as far as that can be told before it is drawn."""
    rows = [
        [cell.get_text(" ", strip=True) for cell in row.find_all(["th", "td"])]
        for row in table.find_all("tr")
    ]
    columns = max((len(row) for row in rows), default=0)
    widest = [
        # A cell is broken at blanks where there is too little room.
        max(
            (len(word) for row in rows if place < len(row) for word in row[place].split()),
            default=0,
        )
        for place in range(columns)
    ]
    return sum(widest) + _GAP * columns


def _take_title(soup: BeautifulSoup) -> str:
    first = soup.find(["h1", "h2", "h3"])
    if not isinstance(first, Tag):
        return ""
    title = first.get_text(" ", strip=True)
    if first.name == "h1":
        first.decompose()
    return title


def _anchor_headings(soup: BeautifulSoup, prefix: str, shift: int) -> Iterator[Heading]:
    """Number the anchors of headings and move them down; yield those for the contents."""
    for number, element in enumerate(soup.find_all(re.compile("^h[1-6]$")), start=1):
        level = int(element.name[1])
        anchor = f"{prefix}-{number}"
        old = element.get("id")
        for link in soup.find_all("a", href=f"#{old}") if old else ():
            link["href"] = f"#{anchor}"
        element.name = f"h{min(level + shift, 6)}"
        element.attrs = {"id": anchor}
        if level <= 2:
            yield Heading(level, anchor, element.get_text(" ", strip=True))
