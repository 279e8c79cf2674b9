"""Rows of one table out of one file: those that could be read, and those set aside with why."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd

from ..recurring import written
from ..vocabulary.columns import LINKS, TABLES

#: Letters of a rejected row's text at the most.
LETTERS: Final = 200


@dataclass
class Part:
    """Rows of one table out of one file.

    Attributes
    ----------
    file, form, table : str
    rows : DataFrame
        Those that could be read, in columns of a book.
    lines : ndarray of int
        Line of each.
    versions : ndarray of int64
        Which of two rows of one record is the later: the higher.
    rejected : list of DataFrame
        The others: line, record, reason, text.
    """

    file: str
    form: str
    table: str
    rows: pd.DataFrame
    lines: np.ndarray
    versions: np.ndarray
    rejected: list[pd.DataFrame] = field(default_factory=list)

    def set_aside(self, mask: np.ndarray, reason: str, column: str | None = None) -> None:
        """Reject rows that could be read but have no place; the text is that of a column."""
        if not mask.any():
            return
        text: object = ""
        if column is not None:
            text = (column + ": " + self.rows.loc[mask, column].astype("str")).to_numpy()
        self.take_out(mask, reason, text)

    def take_out(self, bad: np.ndarray, reasons: object, texts: object) -> None:
        """Reject rows: each with its reason, or all with one, and with what stands there."""
        if bad.any():
            records = record_ids(self.table, self.rows[bad]).to_numpy()
            self.rejected.append(rejected_rows(self.lines[bad], records, reasons, texts))
            self.rows = self.rows[~bad].reset_index(drop=True)
            self.lines, self.versions = self.lines[~bad], self.versions[~bad]

    def count_rejected(self) -> int:
        """Return how many rows were set aside."""
        return sum(len(rows) for rows in self.rejected)


def record_ids(table: str, rows: pd.DataFrame) -> pd.Series:
    """Return the ids of rows, missing where their table has none."""
    own_id = TABLES[table][0].name if table in TABLES and table not in LINKS else ""
    if own_id in rows:
        return written(rows[own_id])
    return pd.Series(pd.NA, index=rows.index, dtype="str")


def rejected_rows(lines: object, records: object, reasons: object, texts: object) -> pd.DataFrame:
    """Return rows of the table of what was rejected, but for the file."""
    rows = pd.DataFrame(
        {"line": lines, "record": records, "reason": reasons, "text": texts}
    ).reset_index(drop=True)
    rows["line"] = rows["line"].astype("Int64")
    rows["text"] = rows["text"].astype("str").str.slice(0, LETTERS)
    return rows
