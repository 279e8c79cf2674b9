"""A notebook executed within the tests' process shows what it shows in a kernel."""

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from in_process import execute_here
from nbformat import NotebookNode

from entitlement_sim.reports.execution import execute

#: Cells, and all that a reader sees of each.
SHOWN = {
    "from IPython.display import Markdown, display\ndisplay(Markdown('*said*'))": {"text/markdown"},
    "print('printed')": {"stdout"},
    "import sys\nprint('warned', file=sys.stderr)": {"stderr"},
    "from matplotlib import pyplot\nfigure, ax = pyplot.subplots()": {"image/png"},
    "import pandas as pd\nframe = pd.DataFrame({'x': [1]})\nframe": {"text/html"},
    "import os\nos.path.exists('beside.txt')": {"True"},
    "number = 1": set(),
}


def kinds(cell: NotebookNode) -> set[str]:
    """What a cell shows: HTML, Markdown or a picture, or else its text; and streams."""
    found = set()
    for output in cell.outputs:
        data = output.get("data", {})
        rich = {kind for kind in data if kind != "text/plain"}
        found |= {output.name} if output.output_type == "stream" else rich or {data["text/plain"]}
    return found


@pytest.mark.parametrize("by", [execute_here, pytest.param(execute, marks=pytest.mark.soak)])
def test_everything_that_a_cell_shows_is_an_output(
    by: Callable[..., NotebookNode], tmp_path: Path
) -> None:
    (tmp_path / "beside.txt").write_text("")
    cells = [nbformat.v4.new_code_cell(source) for source in SHOWN]
    notebook = by(nbformat.v4.new_notebook(cells=cells), "small", tmp_path)
    assert {cell.source: kinds(cell) for cell in notebook.cells} == SHOWN


def test_an_error_of_a_cell_is_raised(tmp_path: Path) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 / 0")])
    with pytest.raises(ZeroDivisionError):
        execute_here(notebook, "small", tmp_path)
