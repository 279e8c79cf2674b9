"""The data dictionary as a frame that shows its texts in full."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd

from ..telling import Right, Table
from .dictionary import HOLDS, columns_of, find_relation, fitted, relations

if TYPE_CHECKING:
    from .run import Run


class DictionaryFrame(pd.DataFrame):
    """A frame of the data dictionary, and what is selected from it.

    It shows each text in full, in a terminal broken into lines, and touches no option of pandas.
    ``attrs["caption"]`` is what stands above it.
    """

    @property
    def _constructor(self) -> Callable[..., "DictionaryFrame"]:
        return DictionaryFrame

    def _table(self) -> Table | None:
        """Lay it out, if it still ends with what the dictionary says."""
        if self.columns.empty or self.columns[-1] != HOLDS:
            return None
        headings = [
            Right(name) if pd.api.types.is_numeric_dtype(self[name]) else str(name)
            for name in self.columns
        ]
        rows = [[str(value) for value in row] for row in self.itertuples(index=False)]
        return Table(headings, rows, self.attrs.get("caption", ""))

    def __repr__(self) -> str:
        table = self._table()
        return super().__repr__() if table is None else fitted(table)

    def _repr_html_(self) -> str | None:
        table = self._table()
        if table is not None:
            return table.html()
        plain: str | None = pd.DataFrame(self)._repr_html_()  # type: ignore[operator]
        return plain


def overview_frame(run: "Run") -> DictionaryFrame:
    """Return a row for every table and view: its kind, number of columns and what it holds."""
    known = relations(run)
    frame = DictionaryFrame(
        {
            "name": [each.name for each in known],
            "kind": [each.kind for each in known],
            "columns": [len(each.column_names) for each in known],
            HOLDS: [each.in_short for each in known],
        }
    )
    frame.attrs["caption"] = f"Tables and views of {run.name}"
    return frame


def description_frame(run: "Run", name: str) -> DictionaryFrame:
    """Return a row for every column of a table or view: its type and what it holds.

    Raises
    ------
    RunError
        See :func:`~.dictionary.find_relation`.
    """
    relation = find_relation(run, name)
    columns = columns_of(run, name)
    frame = DictionaryFrame(
        {
            "column": [column.name for column in columns],
            "type": [column.kind for column in columns],
            HOLDS: [column.holds for column in columns],
        }
    )
    frame.attrs["caption"] = relation.caption
    return frame
