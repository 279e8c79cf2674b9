"""The command ``report``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .mistakes import Mistake
from .runs import RunArgument

if TYPE_CHECKING:
    from ..store.run import Run


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
        typer.Option("--set", metavar="NAME=VALUE", help="A parameter of it; repeatable."),
    ] = None,
    compare: Annotated[
        str | None, typer.Option(metavar="RUN2", help="Show what moved between the two runs.")
    ] = None,
    pdf: Annotated[bool, typer.Option("--pdf", help="Print it to a PDF, too.")] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="By default <run>.html in this folder.")
    ] = None,
) -> None:
    """Write a report on a run.

    Executes notebooks on the run and writes one page of HTML that needs nothing but itself. Shipped
    notebooks read nothing but their runs; a notebook of your own may read any file. A run whose
    facts are not those that were stored is refused; whether its rows are, verify says.
    """
    from contextlib import ExitStack

    from ..publishing.placing import check_file_place
    from ..reports.errors import ReportError
    from ..reports.parameters import split_settings
    from ..reports.pdf import print_to_pdf, require_chromium
    from ..reports.report import report_html, write_report
    from ..store.run import open_run

    try:
        chosen = split_settings(settings or ())
        if pdf:
            require_chromium()
        with ExitStack() as stack:
            opened = stack.enter_context(open_run(run, sealed=True))
            other = (
                stack.enter_context(open_run(compare, sealed=True)) if compare is not None else None
            )
            place = _place(out, opened, other)
            for file in (place, place.with_suffix(".pdf"))[: 2 if pdf else 1]:
                check_file_place(file)
            write_report(report_html(opened, notebook or (), chosen, other=other), place)
        print(place)
        if pdf:
            print_to_pdf(place, place.with_suffix(".pdf"))
            print(place.with_suffix(".pdf"))
    except ReportError as error:
        raise Mistake(str(error)) from None


def _place(out: Path | None, run: "Run", other: "Run | None") -> Path:
    """Return where the page goes."""
    if out is None:
        return Path(f"{run.name}.html" if other is None else f"{run.name}-{other.name}.html")
    if out.is_dir():
        raise Mistake(f"{out} is a folder; name a file in it, such as {out / 'report.html'}")
    if out.suffix.lower() not in (".html", ".htm"):
        raise Mistake(f"{out} is no name of a page; let it end in .html")
    return out
