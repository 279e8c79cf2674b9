"""A report: notebooks executed on a run and written as one page."""

import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from ..store.run import Run
from .chapters import chapter
from .errors import ReportError
from .execution import execute, read_notebook
from .page import page
from .parameters import check_names, defaults, parameters_cell, typed, written
from .shipped import find_notebook

RUN, OTHER = "run_path", "other_path"

#: What is reported when nobody names a notebook.
SUMMARY, COMPARISON = "summary", "comparison"


@dataclass
class _Part:
    """A notebook of a report, with its parameters."""

    file: Path
    notebook: NotebookNode
    defaults: dict[str, Any]
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.file.stem


def report_html(
    run: Run,
    notebooks: Sequence[str] = (),
    settings: Mapping[str, str] | None = None,
    *,
    other: Run | None = None,
) -> str:
    """Execute notebooks on a run and return them as one page of HTML.

    Parameters
    ----------
    run : Run
        A run on disk.
    notebooks : sequence of str
        Files, or names of shipped notebooks; by default the summary, or with `other` the
        comparison.
    settings : mapping of str to str, optional
        Parameters of the notebooks, as texts.
    other : Run, optional
        The run to compare with; goes to the parameter ``other_path``.

    Returns
    -------
    str
        The same, byte for byte, for the same runs, notebooks and settings.

    Raises
    ------
    ReportError
        A notebook or parameter is unknown, or a cell failed.
    """
    chosen = notebooks or [SUMMARY if other is None else COMPARISON]
    parts = [_part(name) for name in chosen]
    _settle(parts, settings or {}, run, other)
    for part in parts:
        _execute(part, run, other)
    shift = 1 if len(parts) > 1 else 0
    chapters = [
        chapter(part.notebook, part.name, prefix=f"part-{number}", shift=shift)
        for number, part in enumerate(parts, start=1)
    ]
    runs = [run] if other is None else [run, other]
    return page(
        chapters,
        [part.name for part in parts],
        [(one.name, one.manifest) for one in runs],
        ", ".join(f"{name} = {value}" for name, value in (settings or {}).items()),
    )


def write_report(html: str, place: Path) -> None:
    """Write a page, whole or not at all.

    Raises
    ------
    OSError
        The place cannot be written.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    partial = place.with_name(f".{place.name}.{secrets.token_hex(4)}.partial")
    try:
        partial.write_text(html, encoding="utf-8", newline="\n")
        partial.replace(place)
    finally:
        with suppress(FileNotFoundError):
            partial.unlink()


def _part(name: str) -> _Part:
    file = find_notebook(name)
    notebook = read_notebook(file)
    known = defaults(notebook, file.stem)
    if RUN not in known:
        raise ReportError(f"notebook {file.stem} has no parameter '{RUN}', which takes the run")
    return _Part(file, notebook, known)


def _settle(
    parts: Sequence[_Part], settings: Mapping[str, str], run: Run, other: Run | None
) -> None:
    """Give every part its parameters."""
    own = [name for part in parts for name in part.defaults if name not in (RUN, OTHER)]
    check_names(settings, list(dict.fromkeys(own)))
    takers = [part for part in parts if OTHER in part.defaults]
    if other is not None and not takers:
        raise ReportError(f"no notebook of this report has a parameter '{OTHER}' to compare with")
    for part in parts:
        if OTHER in part.defaults and not part.defaults[OTHER] and other is None:
            raise ReportError(f"notebook {part.name} compares two runs; name the second one")
        part.settings = {
            name: typed(name, text, part.defaults[name])
            for name, text in settings.items()
            if name in part.defaults
        }


def _execute(part: _Part, run: Run, other: Run | None) -> None:
    """Execute a part; what is shown of its parameters names runs without their folders."""
    cell = parameters_cell(part.notebook, part.name)
    runs = {RUN: run} | ({OTHER: other} if other is not None and OTHER in part.defaults else {})
    places = {name: str(_place(one)) for name, one in runs.items()}
    names = {name: one.name for name, one in runs.items()}
    cell.source = written(part.defaults | part.settings | places)
    execute(part.notebook, part.name, part.file.resolve().parent)
    cell.source = written(part.defaults | part.settings | names)


def _place(run: Run) -> Path:
    if run.path is None:
        raise ReportError(f"the run {run.name} lives in memory; a report needs one on disk")
    return run.path.resolve()
