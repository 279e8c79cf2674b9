"""Pieces of Markdown."""

import html
import os
import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence

#: A link that is written ``[words](target)``; what stands in code is none.
_LINK = re.compile(
    r"(```.*?^```|`[^`\n]+`)|(?<!!)\[([^\[\]]+)\]\(([^)\s#:]+)(#[\w-]+)?\)",
    re.DOTALL | re.MULTILINE,
)
#: A picture that lies beside the pages which people write.
_PICTURE = re.compile(r"(!\[[^\[\]]+\])\(docs/([\w-]+\.png)\)")
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#$~])")


def plain(text: str) -> str:
    """A text whose signs mean nothing to Markdown."""
    return _SPECIAL.sub(r"\\\1", text)


def as_html(text: str) -> str:
    """A text as it stands in HTML."""
    return html.escape(text, quote=False)


def from_docstring(text: str) -> str:
    """A sentence of a docstring: its literals and roles become code, the rest stays a text."""
    text = re.sub(r":\w+:`~?([^`]+)`", r"`\1`", text).replace("``", "`")
    parts = re.split(r"(`[^`]+`)", " ".join(text.split()))
    return "".join(part if part.startswith("`") else plain(part) for part in parts)


def fenced(text: str, language: str = "") -> str:
    """Code as a block of its own."""
    return f"````{language}\n{text.rstrip()}\n````\n"


def folded(summary: str, inside: str, *, is_open: bool = False) -> str:
    """What is seen only by who opens it."""
    mark = " open" if is_open else ""
    return f"<details{mark}><summary>{summary}</summary>\n\n{inside}\n\n</details>\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose rows stand as blocks of their own on a narrow screen."""
    lines = [head, ["---"] * len(head), *rows]
    body = "\n".join(f"| {' | '.join(' '.join(cell.split()) for cell in line)} |" for line in lines)
    return f":::{{container}} narrow-blocks\n\n{body}\n:::\n"


def shallow(levels: int) -> str:
    """The head of a page that shows so many levels of headings in its own contents.

    What every page offers at its side is made of the contents of all pages, and takes as long.
    """
    return f"---\ntocdepth: {levels}\n---\n"


def contents(pages: Iterable[str], caption: str = "", *, hidden: bool = True) -> str:
    """A part of the navigation."""
    options = [":hidden:"] if hidden else [":maxdepth: 1"]
    if caption:
        options.append(f":caption: {caption}")
    return "\n".join(["```{toctree}", *options, "", *pages, "```", ""])


def relinked(text: str, place: str, page: str, page_of: Mapping[str, str]) -> str:
    """A text of the repository in which links to other texts lead to their pages.

    What has no page is named without a link. Pictures lie beside the first page.

    Parameters
    ----------
    text : str
    place, page : str
        Where the text stands in the repository, and the page that it becomes.
    page_of : mapping of str to str
        The pages of texts of the repository.
    """

    def new(link: re.Match[str]) -> str:
        code, words, target, anchor = link.groups()
        if code:
            return code
        there = posixpath.normpath(posixpath.join(posixpath.dirname(place), target))
        if there not in page_of:
            return words
        leads = os.path.relpath(page_of[there], posixpath.dirname(page) or ".")
        return f"[{words}]({leads.replace(os.sep, '/')}{anchor or ''})"

    up = "../" * page.count("/")
    return _PICTURE.sub(rf"\1({up}\2)", _LINK.sub(new, text))
