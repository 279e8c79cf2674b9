"""Where readers put the rows of a file, until the whole of it is known and can be understood."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa

from .recognising import Source


@dataclass(frozen=True)
class Batch:
    """Rows as they stand in a file.

    Attributes
    ----------
    table : str or None
        Which table they are of, by its name in a book; None where the heads must say it.
    rows : pyarrow.Table
        Texts, or values of types that the file knows, by the heads of the file.
    lines : ndarray of int
        Line, row of the sheet or number of the record of each.
    is_plain : bool
        Whether dates and numbers are as programs write them: ISO, a point and no grouping. Else
        they are as somebody's language has them.
    heads : dict of str to str
        Logical names of heads, where the file says them.
    place : str
        The sheet or the like, where a file has several.
    options : tuple of tuple of str
        Labels of choices in the order of their options, where the file says them; which choice
        each is of, its labels must show.
    """

    table: str | None
    rows: pa.Table
    lines: np.ndarray
    is_plain: bool
    heads: dict[str, str]
    place: str
    options: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Refused:
    """A row that its reader could not take apart."""

    table: str | None
    line: int | None
    record: str | None
    reason: str
    text: str


@dataclass
class RowSink:
    """Takes the rows of one file.

    A reader has the form ``read(source: Source, rows: RowSink) -> None``. It calls `add` once or
    often, and raises `FileError` where the file as a whole cannot be read.

    Attributes
    ----------
    source : Source
    form : str
    separator, encoding : str or None
        What a mapping says of a file of texts.
    wanted : callable or None
        Gives, of the heads of a file, those whose columns are looked at; None where all are.
    passed_over : list of str
        Heads whose columns a reader left out, since they are not among those that are wanted.
    pages : list of tuple
        Of pages of a set: the table, and whether another page comes after it.
    """

    source: Source
    form: str
    separator: str | None = None
    encoding: str | None = None
    wanted: Callable[[list[str]], list[str]] | None = None
    batches: list[Batch] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)
    pages: list[tuple[str | None, bool]] = field(default_factory=list)

    def add(
        self,
        rows: pd.DataFrame | pa.Table,
        *,
        table: str | None = None,
        lines: Sequence[int] | np.ndarray | None = None,
        is_plain: bool = False,
        heads: dict[str, str] | None = None,
        place: str = "",
        options: Iterable[tuple[str, ...]] = (),
    ) -> None:
        """Take rows as they stand in the file.

        Parameters
        ----------
        rows : DataFrame or pyarrow.Table
            Columns by the heads of the file: logical names (``customerid``, ``statecode``; a
            lookup ``_x_value`` is ``x``, its ``lookuplogicalname`` is ``xtype``, its label
            ``xname``), names of a book, or any that a mapping knows. Texts, or values of other
            types.
        table : str, optional
            A table of a book or its logical name, where the file says it.
        lines : sequence of int, optional
            Line, row or number of each; by default 1, 2, 3 …, after what was added before.
        is_plain : bool, default False
            Whether dates and numbers are as programs write them, and no language's.
        heads : dict of str to str, optional
            Logical name of each head, where the file says it.
        place : str, optional
            The sheet or the like, where a file has several.
        options : iterable of tuple of str, optional
            Labels of choices in the order of their options, where the file says them.
        """
        if isinstance(rows, pd.DataFrame):
            rows = pa.Table.from_pandas(rows, preserve_index=False)
        if lines is None:
            before = sum(b.rows.num_rows for b in self.batches if b.table == table)
            lines = np.arange(before + 1, before + 1 + rows.num_rows)
        self.batches.append(
            Batch(
                table,
                rows,
                lines if isinstance(lines, np.ndarray) else np.asarray(lines, "int64"),
                is_plain,
                dict(heads or {}),
                place,
                tuple(options),
            )
        )

    def reject(
        self,
        reason: str,
        *,
        table: str | None = None,
        line: int | None = None,
        record: str | None = None,
        text: str = "",
    ) -> None:
        """Set a row aside that cannot be taken apart; rows in `add` are apart from these."""
        self.refused.append(Refused(table, line, record, reason, text))

    def note(self, sentence: str) -> None:
        """Say what must be known of the file, as a sentence without its name."""
        self.notes.append(sentence)
