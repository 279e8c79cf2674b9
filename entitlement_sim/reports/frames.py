"""Frames of a notebook as a reader wants them: a row by its names, and a table."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..telling import UNKNOWN, Right, Table, exact, iso_day, nearest, number, plain_name

if TYPE_CHECKING:
    import pandas as pd

#: How the values of a column are written, by the kind of its type.
_WRITERS: dict[str, Callable[[Any], str]] = {
    "i": number,
    "u": number,
    "f": exact,
    "M": iso_day,
    "b": lambda value: "yes" if value else "no",
}


def first(frame: "pd.DataFrame") -> Any:
    """Return the first row with a name for each column, or None where there is no row.

    Examples
    --------
    >>> import pandas as pd
    >>> first(pd.DataFrame({"cases": [7], "origin": ["phone"]})).origin
    'phone'
    """
    return next(frame.itertuples(index=False), None)


def table(
    frame: "pd.DataFrame",
    caption: str,
    *,
    formats: Mapping[str, Callable[[Any], str]] | None = None,
    most: int = 40,
) -> Table:
    """Lay out a frame for a reader: a caption, plain headings, one way to write each column.

    Parameters
    ----------
    frame : DataFrame
        Its index is not shown. Underscores of column names become spaces.
    caption : str
    formats : mapping of str to callable, optional
        What writes a column, for instance ``{"rate": percent}`` of ``entitlement_sim.telling``.
        Without one, whole numbers have separators, other numbers two places, days are ISO dates.
    most : int
        Rows that are shown; the caption says if there are more.

    Raises
    ------
    KeyError
        A format names no column of the frame.
    TypeError
        A format is no function.

    Examples
    --------
    >>> import pandas as pd
    >>> from entitlement_sim.telling import percent
    >>> offerings = pd.DataFrame({"offering": ["Pack 10", "Pack 30"], "used_share": [0.125, 1.0]})
    >>> table(offerings, "Terms used", formats={"used_share": percent})
    Terms used
    offering  used share
    Pack 10        12.5%
    Pack 30         100%
    """
    writers = dict(formats or {})
    for name, write in writers.items():
        if name not in frame.columns:
            guess = nearest(name, map(str, frame.columns))
            raise KeyError(f"there is no column {name!r}" + (f"; {guess!r}?" if guess else ""))
        if not callable(write):
            raise TypeError(
                f"what writes {name!r} must be a function, such as percent of "
                f"entitlement_sim.telling, not {write!r}"
            )
    shown = frame.head(most)
    if len(frame) > most:
        caption = f"{caption} (first {number(most)} of {number(len(frame))})"
    columns = [_texts(shown[name], writers.get(name)) for name in shown.columns]
    headings = [
        Right(plain_name(name)) if shown[name].dtype.kind in "iuf" else plain_name(name)
        for name in shown.columns
    ]
    return Table(headings, list(zip(*columns, strict=True)), caption)


def _texts(column: "pd.Series[Any]", write: Callable[[Any], str] | None) -> list[str]:
    import pandas as pd

    chosen = write or _WRITERS.get(column.dtype.kind, str)
    return [UNKNOWN if pd.isna(value) else chosen(value) for value in column]
