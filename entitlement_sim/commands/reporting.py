"""The command ``report``."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from .mistakes import Mistake
from .runs import RunArgument


def report(
    run: RunArgument,
    notebook: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="A shipped notebook or a file; repeatable. By default summary."
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="A parameter of it, or other money for this page alone, such as "
            "money.hour_costs=60; repeatable.",
        ),
    ] = None,
    pdf: Annotated[bool, typer.Option("--pdf", help="Print it to a PDF, too.")] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="By default <run>.html in this folder.")
    ] = None,
    compare: Annotated[str | None, typer.Option(metavar="RUN2", hidden=True)] = None,
) -> None:
    """Write a report on a run.

    Executes notebooks on the run and writes one page of HTML that needs nothing but itself. Shipped
    notebooks read nothing but their runs; a notebook of your own may read any file. A run whose
    facts are not those that were stored is refused; whether its rows are, verify says.
    """
    if compare is not None:
        page = str(out or "comparison.html")
        command = shlex.join(["entitlement-sim", "compare", str(run), compare, "--page", page])
        raise Mistake(f"report compares no runs any more; use compare --page: {command}")

    _require_notebooks()
    from ..publishing.placing import check_file_place
    from ..reports.errors import ReportError
    from ..reports.parameters import split_settings
    from ..reports.pdf import print_to_pdf, require_chromium
    from ..reports.report import report_html, write_report
    from ..store.run import open_run

    try:
        money = [text for text in settings or () if text.startswith("money.")]
        chosen = split_settings([text for text in settings or () if text not in money])
        if pdf:
            require_chromium()
        with open_run(run, sealed=True) as opened:
            place = Path(f"{opened.name}.html") if out is None else out
            check_page(place)
            if pdf:
                check_file_place(place.with_suffix(".pdf"))
            write_report(report_html(opened, notebook or (), chosen, money), place)
        print(place)
        if pdf:
            print_to_pdf(place, place.with_suffix(".pdf"))
            print(place.with_suffix(".pdf"))
    except ReportError as error:
        raise Mistake(str(error)) from None


def check_page(place: Path) -> None:
    """Check that a page can be written to a place, before the work for it is done."""
    _require_notebooks()
    check_page_place(place)


def check_page_place(place: Path) -> None:
    """Check that a place is one for a page, whatever makes it."""
    from ..publishing.placing import check_file_place

    if place.is_dir():
        raise Mistake(f"{place} is a folder; name a file in it, such as {place / 'report.html'}")
    if place.suffix.lower() not in (".html", ".htm"):
        raise Mistake(f"{place} is no name of a page; let it end in .html")
    check_file_place(place)


def _require_notebooks() -> None:
    from ..reports.errors import ReportError, require_notebooks

    try:
        require_notebooks()
    except ReportError as error:
        raise Mistake(str(error)) from None
