"""Notebooks executed within this process: their cells in one namespace, without a kernel."""

import ast
import contextlib
import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import IPython.display
import ipywidgets  # noqa: F401 - it takes hold of what shows things when it is first imported
import nbformat
from IPython.core.formatters import DisplayFormatter
from nbformat import NotebookNode

from entitlement_sim.reports.execution import read_notebook
from entitlement_sim.reports.parameters import TAG, defaults
from entitlement_sim.reports.shipped import find_notebook


def outputs_of(name: str, **parameters: Any) -> list[str]:
    """Return everything that a shipped notebook shows: Markdown, or else HTML, or else text."""
    notebook = read_notebook(find_notebook(name))
    shown: list[str] = []
    space: dict[str, Any] = defaults(notebook, name) | parameters
    with _displaying(lambda value: shown.append(_text(value))) as display:
        for cell in notebook.cells:
            tags = cell.metadata.get("tags", [])
            if cell.cell_type == "code" and TAG not in tags:
                _execute(cell.source, f"{name}: {cell.id}", space, display)
    return shown


def execute_here(notebook: NotebookNode, name: str, folder: Path) -> NotebookNode:
    """Execute a notebook in a folder, which then holds its outputs as after a kernel.

    To start a kernel and to load the package in it takes longer than most notebooks. What is
    written to standard error is an output, too, and so is a figure that a cell leaves open: a
    kernel would show it. Errors and warnings are raised.
    """
    formatter = DisplayFormatter()
    space: dict[str, Any] = {"__name__": "__main__"}
    with contextlib.chdir(folder):
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs = _outputs(cell.source, f"{name}: {cell.id}", space, formatter)
    return notebook


def _outputs(
    source: str, place: str, space: dict[str, Any], formatter: DisplayFormatter
) -> list[NotebookNode]:
    outputs: list[NotebookNode] = []

    def show(value: Any) -> None:
        data, metadata = formatter.format(value)
        outputs.append(nbformat.v4.new_output("display_data", data, metadata=metadata))

    streams = {"stdout": io.StringIO(), "stderr": io.StringIO()}
    with (
        contextlib.redirect_stdout(streams["stdout"]),
        contextlib.redirect_stderr(streams["stderr"]),
        _displaying(show) as display,
    ):
        _execute(source, place, space, display)
    for stream, written in streams.items():
        if written.getvalue():
            outputs.append(nbformat.v4.new_output("stream", name=stream, text=written.getvalue()))
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        for _ in pyplot.get_fignums():
            outputs.append(nbformat.v4.new_output("display_data", {"image/png": ""}))
        pyplot.close("all")
    return outputs


def _execute(
    source: str, place: str, space: dict[str, Any], display: Callable[[Any], None]
) -> None:
    """Execute a cell, and show what its last line comes to."""
    space["display"] = display
    *statements, last = ast.parse(source).body
    if isinstance(last, ast.Expr):
        exec(compile(ast.Module(statements, []), place, "exec"), space)
        value = eval(compile(ast.Expression(last.value), place, "eval"), space)
        if value is not None:
            display(value)
    else:
        exec(compile(ast.Module([*statements, last], []), place, "exec"), space)


@contextmanager
def _displaying(show: Callable[[Any], None]) -> Iterator[Callable[..., None]]:
    """Let everything that is displayed be shown by a function, which a cell has at hand, too."""
    before = IPython.display.display

    def display(value: Any, *rest: Any, **named: Any) -> None:
        show(value)

    IPython.display.display = display
    try:
        yield display
    finally:
        IPython.display.display = before


def _text(value: Any) -> str:
    for form in ("_repr_markdown_", "_repr_html_"):
        if hasattr(value, form):
            return str(getattr(value, form)())
    return repr(value)
