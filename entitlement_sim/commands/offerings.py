"""The command ``offerings``: offerings as they are sold, listed, copied, and shown on a page."""

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from ..telling import Table
from .copying import copy_out
from .mistakes import Mistake
from .scenarios import SCHEMA

_HEAD = "# yaml-language-server: $schema="


def offerings(
    copy: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Write this one as a scenario, NAME.yaml, to be changed."
        ),
    ] = None,
    to: Annotated[Path, typer.Option(metavar="DIR", help="Where it is copied to.")] = Path(),
    page: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write a page: each with its burn-down, and what it comes to."
        ),
    ] = None,
) -> None:
    """List offerings as they are sold, or copy one.

    Each is sold to the same thousand customers. Where one leaves something out of what is sold, it
    says so in a line.
    """
    if copy is not None:
        _copy(copy, to)
    if page is not None:
        _write_page(page)
    if copy is None and page is None:
        print(_listed().text())


def _listed() -> Table:
    from ..scenario.library import offering, offering_files

    lines = []
    for name in offering_files():
        known = offering(name)
        lines.append([name, known.description])
        if known.leaves_out:
            lines.append(["", f"left out: {known.leaves_out}"])
    return Table(["offering", "what it is"], lines)


def _copy(name: str, folder: Path) -> None:
    from ..scenario.library import offering, offering_files
    from ..scenario.schema import schema_text
    from ..telling import unknown

    files = offering_files()
    if name not in files:
        raise Mistake(unknown("offering", name, files))
    known = offering(name)
    left_out = f"# Left out: {known.leaves_out}\n" if known.leaves_out else ""
    text = f"{_HEAD}{SCHEMA}\n#\n{known.sources}{left_out}{known.scenario.text}"
    for place in copy_out({f"{name}.yaml": text, SCHEMA: schema_text()}, folder):
        print(place)


def _write_page(place: Path) -> None:
    from ..reports.errors import ReportError, require_notebooks
    from ..scenario.library import offering, offering_files
    from .reporting import check_page
    from .simulating import simulate_visibly

    check_page(place)
    try:
        require_notebooks()
    except ReportError as error:
        raise Mistake(str(error)) from None
    from ..reports.offerings import write_offerings_page

    with ExitStack() as closing:
        runs = []
        for name in offering_files():
            known = offering(name)
            run = closing.enter_context(simulate_visibly(known.scenario, out=None))
            runs.append((known, run))
        write_offerings_page(runs, place)
    print(place)
