"""Tables, laid out from the same headings and rows for a terminal and in HTML."""

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from unicodedata import combining, east_asian_width

from .names import printable

if TYPE_CHECKING:
    import pandas as pd

_GAP = "  "
#: Stands in a table without rows.
_EMPTY = "none"
#: Of an element in which dollar signs are letters to notebooks, which else set formulas there.
LETTERS = ' class="mathjax_ignore tex2jax_ignore"'
#: Longest text of a column that HTML keeps in one line.
_ONE_LINE = 24


def records(frame: "pd.DataFrame") -> list[Any]:
    """Return the rows of a frame, each with its columns as attributes."""
    return list(frame.itertuples(index=False))


class Right(str):
    """A heading whose column stands flush right, as numbers do."""

    __slots__ = ()


class Table:
    """A table that prints in a terminal and shows itself in a notebook; without rows it says so.

    Parameters
    ----------
    headings : sequence of str
        One a column, :class:`Right` where it stands flush right; without any, the rows are facts:
        a name and a text each.
    rows : sequence of sequence of str
        The first cell of a row names it.
    caption : str
        Stands above it; none where it is empty.

    Examples
    --------
    >>> runs = Table(["run", Right("cases")], [["demo", "1,204"], ["other", "7"]])
    >>> print(runs)
    run    cases
    demo   1,204
    other      7
    >>> print(Table([], [["scenario", "demo"], ["days", "365"]], "Run demo"))
    Run demo
    scenario  demo
    days      365
    """

    def __init__(
        self, headings: Sequence[str], rows: Sequence[Sequence[str]], caption: str = ""
    ) -> None:
        self.headings = list(headings)
        self.rows = [list(row) for row in rows]
        self.caption = caption

    def __repr__(self) -> str:
        return f"{printable(self.caption)}\n{self.text()}" if self.caption else self.text()

    def _repr_html_(self) -> str:
        return self.html()

    def without_empty_columns(self) -> "Table":
        """Return the table without the columns in which no row has a text."""
        full = [
            place for place in range(len(self.headings)) if any(row[place] for row in self.rows)
        ]
        return Table(
            [self.headings[place] for place in full],
            [[row[place] for place in full] for row in self.rows],
            self.caption,
        )

    def text(self, indent: str = "") -> str:
        """Lay the table out for a terminal, without its caption; `indent` begins every line."""
        widths = self._widths()
        texts = [self._line(row, widths) for row in self._lines()]
        return "\n".join(f"{indent}{text}" for text in (texts if self.rows else [*texts, _EMPTY]))

    def width(self) -> int:
        """Return how many columns of a terminal the table takes."""
        widths = self._widths()
        return sum(widths) + len(_GAP) * (len(widths) - 1)

    def _lines(self) -> list[list[str]]:
        rows = [[printable(cell) for cell in row] for row in self.rows]
        return [self.headings, *rows] if self.headings else rows

    def _widths(self) -> list[int]:
        return [max(map(_width, column)) for column in zip(*self._lines(), strict=True)]

    def _line(self, cells: Sequence[str], widths: Sequence[int]) -> str:
        aligned = []
        for cell, width, is_right in zip(cells, widths, self._sides(len(cells)), strict=True):
            blanks = " " * (width - _width(cell))
            aligned.append(blanks + cell if is_right else cell + blanks)
        return _GAP.join(aligned).rstrip()

    def html(self) -> str:
        """Lay the table out in HTML, with its names as row headings."""
        caption = (
            f'<caption style="text-align:left"><b>{html.escape(self.caption)}</b></caption>'
            if self.caption
            else ""
        )
        head = (
            f"<thead><tr>{''.join(map(_html_heading, self.headings))}</tr></thead>"
            if self.headings
            else ""
        )
        columns = list(zip(*self.rows, strict=True))
        styles = [
            _style(is_right, in_one_line=max(map(len, column)) <= _ONE_LINE)
            for column, is_right in zip(columns, self._sides(len(columns)), strict=True)
        ]
        body = "".join(_html_row(row, styles) for row in self.rows)
        if not self.rows:
            body = f'<tr><td colspan="{len(self.headings) or 1}">{_EMPTY}</td></tr>'
        return f"<table{LETTERS}>{caption}{head}<tbody>{body}</tbody></table>"

    def _sides(self, columns: int) -> list[bool]:
        """Whether each column stands flush right."""
        if not self.headings:
            return [False] * columns
        return [isinstance(heading, Right) for heading in self.headings][:columns]


def _width(text: str) -> int:
    """Columns of a terminal that a text takes: letters of East Asia and pictures take two."""
    if text.isascii():
        return len(text)
    return sum(
        0 if combining(letter) else 2 if east_asian_width(letter) in "WF" else 1 for letter in text
    )


def _style(is_right: bool, *, in_one_line: bool = False) -> str:
    wrap = ";white-space:nowrap" if in_one_line else ""
    return f' style="text-align:{"right" if is_right else "left"}{wrap}"'


def _html_heading(heading: str) -> str:
    return f'<th scope="col"{_style(isinstance(heading, Right))}>{html.escape(heading)}</th>'


def _html_row(row: Sequence[str], styles: Sequence[str]) -> str:
    name, *cells = (f"{style}>{html.escape(cell)}" for cell, style in zip(row, styles, strict=True))
    return f'<tr><th scope="row"{name}</th>{"".join(f"<td{cell}</td>" for cell in cells)}</tr>'
