"""Notebooks executed within this process: their cells in one namespace, without a kernel."""

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import IPython.display
import ipywidgets  # noqa: F401 - it takes hold of what shows things when it is first imported

from entitlement_sim.reports.execution import read_notebook
from entitlement_sim.reports.parameters import TAG, defaults
from entitlement_sim.reports.shipped import find_notebook


def outputs_of(name: str, **parameters: Any) -> list[str]:
    """Return everything that a shipped notebook shows: Markdown, or else HTML, or else text."""
    notebook = read_notebook(find_notebook(name))
    shown: list[str] = []
    space: dict[str, Any] = defaults(notebook, name) | parameters
    with _displaying_into(shown):
        space["display"] = IPython.display.display
        for cell in notebook.cells:
            tags = cell.metadata.get("tags", [])
            if cell.cell_type == "code" and TAG not in tags:
                _execute(cell.source, f"{name}: {cell.id}", space)
    return shown


def _execute(source: str, place: str, space: dict[str, Any]) -> None:
    """Execute a cell, and show what its last line comes to."""
    *statements, last = ast.parse(source).body
    if isinstance(last, ast.Expr):
        exec(compile(ast.Module(statements, []), place, "exec"), space)
        value = eval(compile(ast.Expression(last.value), place, "eval"), space)
        if value is not None:
            space["display"](value)
    else:
        exec(compile(ast.Module([*statements, last], []), place, "exec"), space)


@contextmanager
def _displaying_into(shown: list[str]) -> Iterator[None]:
    before = IPython.display.display
    IPython.display.display = lambda value, *rest, **named: shown.append(_text(value))
    try:
        yield
    finally:
        IPython.display.display = before


def _text(value: Any) -> str:
    for form in ("_repr_markdown_", "_repr_html_"):
        if hasattr(value, form):
            return str(getattr(value, form)())
    return repr(value)
