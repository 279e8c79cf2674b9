"""Tables for the terminal."""

from collections.abc import Sequence


def aligned(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lay out a table; columns whose heading begins with ``>`` stand flush right.

    Examples
    --------
    >>> print(aligned(["run", ">cases"], [["demo", "1,204"], ["other", "7"]]))
    run    cases
    demo   1,204
    other      7
    """
    titles = [heading.removeprefix(">") for heading in headings]
    widths = [max(map(len, column)) for column in zip(titles, *rows, strict=True)]

    def line(cells: Sequence[str]) -> str:
        texts = (
            cell.rjust(width) if heading.startswith(">") else cell.ljust(width)
            for cell, width, heading in zip(cells, widths, headings, strict=True)
        )
        return "  ".join(texts).rstrip()

    return "\n".join(line(row) for row in [titles, *rows])
