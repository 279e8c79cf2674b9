"""The notebooks, executed on a run: what they say, with their pictures and tables."""

from pathlib import Path

from bs4 import BeautifulSoup, Tag

from entitlement_sim import Run
from entitlement_sim.reports.chapters import Chapter, chapter
from entitlement_sim.reports.execution import execute, read_notebook
from entitlement_sim.reports.parameters import defaults, parameters_cell, written
from entitlement_sim.reports.shipped import shipped_notebooks

from .markdown import contents, plain

#: Parameters that take a run, and the one of notebooks that make theirs of exports.
RUN, OTHER, EXPORTS = "run_path", "other_path", "exports"


def executed(file: Path, run: Run, other: Run) -> Chapter:
    """A notebook after its last cell, as a part of a page."""
    notebook = read_notebook(file)
    cell = parameters_cell(notebook, file.stem)
    known = defaults(notebook, file.stem)
    places = {} if EXPORTS in known else {RUN: str(run.path), OTHER: str(other.path)}
    cell.source = written({name: places.get(name, value) for name, value in known.items()})
    execute(notebook, file.stem, file.resolve().parent)
    names = {RUN: f"runs/{run.name}", OTHER: f"runs/{other.name}"}
    cell.source = written({name: names.get(name, value) for name, value in known.items()})
    return chapter(notebook, file.stem, prefix=file.stem, shift=0)


def notebook_page(shown: Chapter) -> str:
    """A page of an executed notebook; its headings are those of the page."""
    parts = [f"# {plain(shown.title)}\n"]
    block: list[str] = []
    for element in list(BeautifulSoup(shown.html, "html.parser").contents):
        if isinstance(element, Tag) and element.name == "h2":
            parts += [*_raw(block), f"## {plain(element.get_text(' ', strip=True))}\n"]
            block = []
        else:
            block.append(str(element))
    return "\n".join([*parts, *_raw(block)])


def _raw(block: list[str]) -> list[str]:
    text = "".join(block).strip()
    return [f'````{{raw}} html\n<div class="notebook">\n{text}\n</div>\n````\n'] if text else []


def notebooks_index() -> str:
    """The page that lists them, in the order in which to read them."""
    names = [file.stem for file in shipped_notebooks()]
    return (
        "# Notebooks\n\nEach was executed on the shipped scenario `demo`, with a fifth of its "
        "customers, when this site was built. Code is folded away. "
        "`entitlement-sim notebooks my-notebooks` copies them out, to be opened on other runs; "
        "cells with sliders need that and are left out here.\n\n" + contents(names, hidden=False)
    )
