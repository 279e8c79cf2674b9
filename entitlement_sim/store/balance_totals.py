"""The view ``balance_totals``, reckoned from blocks of the ledger while these are stored."""

from collections.abc import Mapping
from typing import Any, Final

import duckdb
import numpy as np
from numpy.typing import NDArray

from ..rules.words import RuleId
from .kept import SCHEMA, table_of
from .views import expanded

_INSERT: Final = f"INSERT INTO {SCHEMA}.balance_totals FROM totals"
_MEANINGS: Final = """
SELECT puts_in(reason) AS allotment_100, is_use(reason) OR is_brought_forward(reason) AS used_100,
       rolls_over(reason) AS rolled_out_100, is_settled(reason) AS settled_100,
       lapses(reason) AS lapsed_100, rolls_over(reason) OR tops_up(reason) AS is_of_several
FROM (SELECT unnest(enum_range(NULL::reason)) AS reason)
"""
_OF_SEVERAL: Final = """
SELECT DISTINCT entitlement_id FROM balances WHERE is_one_of_several(kind) ORDER BY entitlement_id
"""
#: Sums whose rows are taken away and not put in.
_TAKEN: Final = ("used_100", "rolled_out_100", "lapsed_100")
#: Sums below this fit the decimals of the views, of whatever rows they are.
_TOO_LARGE: Final = 10**16


class BalanceTotals:
    """Keeps the view while blocks of the ledger come.

    Parameters
    ----------
    connection : DuckDBPyConnection
        To the run's file, which has its types.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}; {table_of('balance_totals')}")
        meanings = connection.execute(expanded(_MEANINGS)).fetchnumpy()
        self._is = {name: np.asarray(column, np.bool_) for name, column in meanings.items()}
        self._is_of_several = self._is.pop("is_of_several")
        self._found: list[NDArray[np.int64]] = []
        self._last_id = -1
        self._is_given_up = False

    def add(self, cursor: duckdb.DuckDBPyConnection, ledger: Mapping[str, NDArray[Any]]) -> None:
        """Keep what rows come to, which have all movements of their entitlements."""
        ids, amounts = ledger["entitlement_id"], ledger["amount"]
        is_apart = int(ids.min()) <= self._last_id
        largest = max(int(amounts.max()), -int(amounts.min()))
        self._last_id = max(self._last_id, int(ids.max()))
        self._is_given_up |= is_apart or largest * len(amounts) >= _TOO_LARGE
        marks = self._is_of_several[ledger["reason"]] | (ledger["rule"] == RuleId.B1.value)
        if self._is_given_up or not marks.any():
            return
        several = np.unique(ids[marks])
        self._found.append(several)
        totals = self._totals(ledger, several)  # DuckDB finds them by this name
        cursor.execute(_INSERT)
        del totals

    def finish(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Say that all rows are stored; keep nothing where their balances are not those summed."""
        several = connection.execute(expanded(_OF_SEVERAL)).fetchnumpy()["entitlement_id"]
        found = np.sort(np.concatenate([*self._found, np.zeros(0, np.int64)]))
        if self._is_given_up or not np.array_equal(found, several):
            connection.execute(f"DROP TABLE {SCHEMA}.balance_totals")

    def _totals(
        self, ledger: Mapping[str, NDArray[Any]], several: NDArray[np.int64]
    ) -> dict[str, NDArray[Any]]:
        """Return the rows of the view, as the macro ``totals_of_balances`` reckons them."""
        is_summed = np.isin(ledger["entitlement_id"], several) & (ledger["amount"] != 0)
        rows = np.flatnonzero(is_summed)
        rows = rows[np.argsort(ledger["balance_id"][rows], kind="stable")]
        balances = ledger["balance_id"][rows]
        amounts, reasons = ledger["amount"][rows], ledger["reason"][rows]
        begins = np.flatnonzero(np.diff(balances, prepend=-1))
        totals = {"balance_id": balances[begins]}
        for name, is_meant in self._is.items():
            moved = np.where(is_meant[reasons], -amounts if name in _TAKEN else amounts, 0)
            totals[name] = np.add.reduceat(moved, begins) if len(begins) else moved
        return totals
