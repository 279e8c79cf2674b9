"""An export with faults in it, and beside it the key that says which and where."""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .faults import plant
from .key import AnswerKey

if TYPE_CHECKING:
    from ..store.run import Run


def export_with_faults(
    run: "Run",
    place: Path,
    form: str,
    *,
    seed: int,
    each: int = 10,
    as_of: dt.date | None = None,
    **how: Any,
) -> AnswerKey:
    """Write the records of a run with faults planted into them, and the answer key beside them.

    The key is the file ``<place>.key.json``; its SHA-256 stands in the contents of the export.

    Parameters
    ----------
    run : Run
    place : path
        The folder to make.
    form : str
        One of a book (see :func:`~entitlement_sim.exchange.leaving.write_book`).
    seed : int
        Decides what is planted where.
    each : int, default 10
        Entitlements for each kind of fault.
    as_of : date, optional
        Records at the close of this day; by default the last one.
    **how
        As for ``write_book``.

    Returns
    -------
    AnswerKey

    Raises
    ------
    RunError
        There is no such form, or something else is at `place`.
    PlacingError
        The key cannot be written.
    """
    from ..exchange.leaving import book_of, write_book

    book, key = plant(book_of(run, as_of=as_of), seed, each=each)
    write_book(book, place, form, seal=key.digest(), **how)
    key.write(key_place(place))
    return key


def key_place(place: Path) -> Path:
    """Return where the key of an export is."""
    return place.with_name(f"{place.name}.key.json")
