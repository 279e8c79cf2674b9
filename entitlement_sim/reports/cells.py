"""Pages whose cells the package makes itself, without a notebook: texts, tables and pictures."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from ..store.fact_check import require_facts
from ..telling import Table
from .chapters import chapter
from .page import page

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..store.run import Run


def text_cell(markdown: str) -> NotebookNode:
    """Return a cell of Markdown."""
    cell: NotebookNode = new_markdown_cell(markdown)  # type: ignore[no-untyped-call]
    return cell


def html_cell(markup: str) -> NotebookNode:
    """Return a cell without code that shows HTML."""
    output = new_output("display_data", {"text/html": markup})  # type: ignore[no-untyped-call]
    cell: NotebookNode = new_code_cell("", outputs=[output])  # type: ignore[no-untyped-call]
    return cell


def picture_cell(chart: "Axes") -> NotebookNode:
    """Return a cell without code that shows a chart, which is closed."""
    from ..charts import image
    from ..charts.canvas import root_of
    from ..charts.showing import close

    markup = image(chart)
    close(root_of(chart))
    return html_cell(markup)


def table_cell(table: Table) -> NotebookNode:
    """Return a cell without code that shows a table."""
    return html_cell(table.html())


def page_of_cells(
    title: str, cells: Iterable[NotebookNode], runs: Sequence[tuple[str, "Run"]]
) -> str:
    """Bind cells to a page of HTML: the same, byte for byte, for the same cells and runs.

    Parameters
    ----------
    title : str
        Of the page's one chapter, unless its first cell is a heading.
    cells : iterable of NotebookNode
        Made after the facts of the runs were checked.
    runs : sequence of (str, Run)
        Name and run of each that the page is about.

    Raises
    ------
    DamagedRun
        The facts of a stored run are not those that were stored.
    """
    for _, run in runs:
        if run.path is not None:
            require_facts(run)
    notebook = new_notebook(cells=list(cells))  # type: ignore[no-untyped-call]
    part = chapter(notebook, title, prefix="part-1", shift=0)
    return page([part], [], [(name, run.manifest) for name, run in runs])
