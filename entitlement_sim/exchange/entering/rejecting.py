"""Rows of a book that cannot enter a run: each with its reason, none lost."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ..book import Book
from ..recurring import plain
from ..vocabulary.columns import TABLES


class Rejecting:
    """Takes rows out of the tables of a book and remembers why."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._parts: list[pd.DataFrame] = []

    def without(self, table: str, rows: pd.DataFrame, reasons: Mapping[str, Any]) -> pd.DataFrame:
        """Return rows without those to which a reason applies; the first reason counts."""
        place = np.full(len(rows), -1)
        for number, applies in enumerate(reasons.values()):
            place = np.where((place < 0) & np.asarray(applies, bool), number, place)
        out = rows[place >= 0]
        if out.empty:
            return rows
        names = np.array(list(reasons), dtype=object)
        self._parts.append(
            pd.DataFrame(
                {
                    "file": self._files(table).reindex(out.index).to_numpy(),
                    "table": table,
                    "record": plain(out[TABLES[table][0].name]).to_numpy(),
                    "reason": names[place[place >= 0]],
                }
            )
        )
        return rows[place < 0]

    def _files(self, table: str) -> "pd.Series[Any]":
        """Return the file of each row of a table, which has its rows file after file."""
        index = self._book.tables[table].index
        sources = self._book.sources[self._book.sources["table"] == table]
        if sources["kept"].sum() != len(index):  # a book that was made, not read
            return pd.Series(pd.NA, index, dtype="str")
        return sources["file"].repeat(sources["kept"].tolist()).set_axis(index)

    @property
    def rejected(self) -> pd.DataFrame:
        """All rejected rows: those that could not be read, and those taken out here."""
        read = self._book.rejected
        if not self._parts:
            return read
        entered = pd.concat(self._parts, ignore_index=True).reindex(columns=read.columns)
        forms = self._book.sources.drop_duplicates("file").set_index("file")["form"]
        entered["form"] = forms.reindex(entered["file"]).to_numpy()
        return pd.concat([read, entered.astype(read.dtypes.to_dict())], ignore_index=True)

    @property
    def sources(self) -> pd.DataFrame:
        """Rows of each table in each file: those that entered, and those rejected."""
        sources = self._book.sources.copy()
        for part in self._parts:
            table = part["table"].iloc[0]
            for file, count in part["file"].value_counts().items():
                place = sources.index[sources["table"].eq(table) & sources["file"].eq(str(file))]
                sources.loc[place, "kept"] -= count
                sources.loc[place, "rejected"] += count
        return sources
