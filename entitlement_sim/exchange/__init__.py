"""Exports of a live system in, and a run's records out in the same forms."""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

from ..parameters import DAY, PATH, TEXT, takes
from .book import Book
from .errors import ExportError
from .reading import read_book

if TYPE_CHECKING:
    from ..store.run import Run

__all__ = ["Book", "ExportError", "read_book", "read_exports"]


@takes(
    paths=PATH,
    mapping=PATH,
    date_order=TEXT,
    zone=TEXT,
    as_of=DAY,
    date_only=TEXT,
    currency=TEXT,
    name=TEXT,
    out=PATH,
    begins=DAY,
)
def read_exports(
    *paths: str | Path,
    mapping: str | Path | None = None,
    date_order: str | None = None,
    zone: str = "UTC",
    as_of: dt.date | None = None,
    date_only: str | None = None,
    pseudonyms: bool = False,
    name: str | None = None,
    currency: str | None = None,
    out: str | Path | None = None,
    overwrite: bool = False,
    begins: dt.date | None = None,
) -> "Run":
    """Read what was exported of a live system, and make a run of it.

    Parameters
    ----------
    *paths, mapping, date_order, zone, as_of, date_only, pseudonyms, name, currency
        As of `read_book`.
    out : str or Path, optional
        Folder in which the run's folder is made; by default it stays where it is thrown away.
    overwrite : bool, default False
        Whether to replace a run of that name.
    begins : date, optional
        First day of the run: cases, charges and renewals count from it on, and what was used of
        older contracts is brought forward. By default the first day of anything or, where contracts
        are older than the cases, the day of the first case.

    Returns
    -------
    Run

    Raises
    ------
    ExportError
        Some file cannot be read; there is a line for each. Or `begins` does not lie before the
        last moment of the book.
    DocumentError
        The mapping file says something that cannot be.
    RunError
        The run cannot be made there.
    """
    from .entering import enter

    book = read_book(
        *paths,
        mapping=mapping,
        date_order=date_order,
        zone=zone,
        as_of=as_of,
        date_only=date_only,
        pseudonyms=pseudonyms,
        name=name,
        currency=currency,
        is_lean=True,
    )
    return enter(book, out=out, name=name, overwrite=overwrite, begins=begins, keep=False)
