"""A report: notebooks executed on a run and written as one page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from ..publishing.placing import new_file
from ..store.fact_check import require_facts
from ..store.run import Run
from .chapters import chapter
from .errors import ReportError
from .execution import execute, read_notebook
from .page import page
from .parameters import check_names, defaults, parameters_cell, typed, written
from .shipped import find_notebook, shipped_notebooks

RUN = "run_path"

#: What is reported when nobody names a notebook.
SUMMARY = "summary"


@dataclass
class _ReportNotebook:
    """A notebook of a report, with its parameters."""

    file: Path
    content: NotebookNode
    defaults: dict[str, Any]
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.file.stem


def report_html(
    run: Run,
    notebooks: Sequence[str] = (),
    settings: Mapping[str, str] | None = None,
    money: Sequence[str] = (),
) -> str:
    """Execute notebooks on a run and return them as one page of HTML.

    Parameters
    ----------
    run : Run
        A run on disk.
    notebooks : sequence of str
        Files, or names of shipped notebooks; by default the summary.
    settings : mapping of str to str, optional
        Parameters of the notebooks, as texts.
    money : sequence of str, optional
        With which money the page is reckoned in place of the scenario's, as texts such as
        ``money.hour_costs=60``; see :meth:`Run.reprice`. The run has its own again afterwards.

    Returns
    -------
    str
        The same, byte for byte, for the same run, notebooks and settings.

    Raises
    ------
    ReportError
        A notebook or parameter is unknown, a cell failed, or a notebook opens its run by itself, so
        that no other money reaches it.
    DocumentError
        A key or a value of the money is wrong.
    DamagedRun
        The facts of the run are not those that were stored.
    """
    require_facts(run)
    chosen = [_report_notebook(name) for name in notebooks or [SUMMARY]]
    _settle(chosen, settings or {})
    if money:
        _check_money(chosen, run, money)
    for notebook in chosen:
        _execute(notebook, run, money)
    shift = 1 if len(chosen) > 1 else 0
    chapters = [
        chapter(notebook.content, notebook.name, prefix=f"part-{place}", shift=shift)
        for place, notebook in enumerate(chosen, start=1)
    ]
    return page(
        chapters,
        [notebook.name for notebook in chosen],
        [(run.name, run.manifest)],
        ", ".join(f"{name} = {value}" for name, value in (settings or {}).items()),
        money,
    )


def write_report(html: str, place: Path) -> None:
    """Write a page, whole or not at all.

    Raises
    ------
    PlacingError
        The place cannot be written, or is no file.
    """
    with new_file(place) as hidden:
        hidden.write_text(html, encoding="utf-8", newline="\n")


def _report_notebook(name: str) -> _ReportNotebook:
    file = find_notebook(name)
    content = read_notebook(file)
    known = defaults(content, file.stem)
    if RUN not in known:
        raise ReportError(f"notebook {file.stem} has no parameter '{RUN}', which takes the run")
    return _ReportNotebook(file, content, known)


def _settle(chosen: Sequence[_ReportNotebook], settings: Mapping[str, str]) -> None:
    """Give every notebook its parameters."""
    own = [name for notebook in chosen for name in notebook.defaults if name != RUN]
    check_names(settings, list(dict.fromkeys(own)))
    for notebook in chosen:
        notebook.settings = {
            name: typed(name, text, notebook.defaults[name])
            for name, text in settings.items()
            if name in notebook.defaults
        }


def _check_money(chosen: Sequence[_ReportNotebook], run: Run, money: Sequence[str]) -> None:
    """Raise unless the run can be reckoned with other money, and all notebooks take it so."""
    run.reprice(money)
    run.reprice()
    for notebook in chosen:
        if not any("find_run(" in cell.source for cell in notebook.content.cells):
            raise ReportError(
                f"notebook {notebook.name} does not open its run with find_run, so it cannot be "
                f"reckoned with {money[0]}"
            )


def _execute(notebook: _ReportNotebook, run: Run, money: Sequence[str]) -> None:
    """Execute a notebook; what is shown of its parameters names the run without its folder."""
    cell = parameters_cell(notebook.content, notebook.name)
    cell.source = written(notebook.defaults | notebook.settings | {RUN: str(_place(run))})
    folder = notebook.file.resolve().parent
    is_shipped = notebook.file in shipped_notebooks()
    execute(notebook.content, notebook.name, folder, sealed=is_shipped, money=money)
    cell.source = written(notebook.defaults | notebook.settings | {RUN: run.name})


def _place(run: Run) -> Path:
    if run.path is None:
        raise ReportError(f"the run {run.name} lives in memory; a report needs one on disk")
    return run.path.resolve()
