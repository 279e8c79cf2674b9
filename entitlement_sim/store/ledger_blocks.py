"""Views that are reckoned from blocks of the ledger while these are stored."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Final

import duckdb
import numpy as np
from numpy.typing import NDArray

from .kept import SCHEMA, table_of
from .views import expanded

#: Sums below this fit the decimals of the views, of whatever rows they are.
_TOO_LARGE: Final = 10**16


class KeptOfLedger(ABC):
    """Keeps a view while blocks of the ledger come; nothing of it where they do not suit.

    Parameters
    ----------
    connection : DuckDBPyConnection
        To the run's file, which has its types.
    """

    #: The view, and what says of each reason of a movement, by its code, what it means for it.
    view: ClassVar[str]
    meanings: ClassVar[str]
    #: How rows of the table ``totals`` become rows of the view.
    selected: ClassVar[str] = "FROM totals"

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}; {table_of(self.view)}")
        meanings = connection.execute(
            expanded(f"{self.meanings} FROM (SELECT unnest(enum_range(NULL::reason)) AS reason)")
        ).fetchnumpy()
        self._is = {name: np.asarray(column, np.bool_) for name, column in meanings.items()}
        self._last_id = -1
        self._is_given_up = False

    def add(self, cursor: duckdb.DuckDBPyConnection, ledger: Mapping[str, NDArray[Any]]) -> None:
        """Keep what rows come to, which have all movements of their entitlements."""
        ids, amounts = ledger["entitlement_id"], ledger["amount"]
        is_apart = int(ids.min()) <= self._last_id
        largest = max(int(amounts.max()), -int(amounts.min()))
        self._last_id = max(self._last_id, int(ids.max()))
        self._is_given_up |= is_apart or largest * len(amounts) >= _TOO_LARGE
        totals = None if self._is_given_up else self._totals(ledger)
        if totals is not None:  # DuckDB finds them by this name
            cursor.execute(f"INSERT INTO {SCHEMA}.{self.view} {self.selected}")
        del totals

    def finish(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Say that all rows are stored; keep nothing where movements came apart."""
        if self._is_given_up or not self._completed(connection):
            connection.execute(f"DROP TABLE {SCHEMA}.{self.view}")

    @abstractmethod
    def _totals(self, ledger: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]] | None:
        """Return the rows of the view, of one block; None where it has none."""

    @abstractmethod
    def _completed(self, connection: duckdb.DuckDBPyConnection) -> bool:
        """Do what is left when all rows are stored; return whether the view is what it says."""
