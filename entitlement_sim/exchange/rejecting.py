"""Rows of a book that cannot enter a run: each with its reason, none lost."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from .book import Book
from .columns import TABLES


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
                    "table": table,
                    "record": out[TABLES[table][0].name].to_numpy(),
                    "reason": names[place[place >= 0]],
                }
            )
        )
        return rows[place < 0]

    @property
    def rejected(self) -> pd.DataFrame:
        """All rejected rows: those that could not be read, and those taken out here."""
        read = self._book.rejected
        if not self._parts:
            return read
        entered = pd.concat(self._parts, ignore_index=True).reindex(columns=read.columns)
        return pd.concat([read, entered.astype(read.dtypes.to_dict())], ignore_index=True)

    @property
    def sources(self) -> pd.DataFrame:
        """Rows of each table in each file: those that entered, and those rejected."""
        sources = self._book.sources.copy()
        for table, count in (
            pd.concat([pd.DataFrame({"table": []}), *self._parts])["table"].value_counts().items()
        ):
            files = sources.index[sources["table"].eq(str(table))]
            if len(files) == 1:
                sources.loc[files, "kept"] -= count
                sources.loc[files, "rejected"] += count
            else:
                rows = {"table": table, "rows": 0, "kept": -count, "rejected": count}
                added = pd.DataFrame([rows]).reindex(columns=sources.columns)
                sources = pd.concat(
                    [sources, added.astype(sources.dtypes.to_dict())], ignore_index=True
                )
        return sources
