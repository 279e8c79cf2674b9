"""The view ``balance_totals``, reckoned from blocks of the ledger while these are stored."""

from collections.abc import Mapping
from typing import Any, Final

import duckdb
import numpy as np
from numpy.typing import NDArray

from ..rules.words import RuleId
from .ledger_blocks import KeptOfLedger
from .views import expanded

_OF_SEVERAL: Final = """
SELECT DISTINCT entitlement_id FROM balances WHERE is_one_of_several(kind) ORDER BY entitlement_id
"""
#: Sums whose rows are taken away and not put in.
_TAKEN: Final = ("used_100", "rolled_out_100", "lapsed_100")


class BalanceTotals(KeptOfLedger):
    """Keeps the view while blocks of the ledger come.

    Parameters
    ----------
    connection : DuckDBPyConnection
        To the run's file, which has its types.
    """

    view = "balance_totals"
    meanings = """
    SELECT puts_in(reason) AS allotment_100,
           is_use(reason) OR is_brought_forward(reason) AS used_100,
           rolls_over(reason) AS rolled_out_100, is_settled(reason) AS settled_100,
           lapses(reason) AS lapsed_100, rolls_over(reason) OR tops_up(reason) AS is_of_several
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        super().__init__(connection)
        self._is_of_several = self._is.pop("is_of_several")
        self._found: list[NDArray[np.int64]] = []

    def _totals(self, ledger: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]] | None:
        """Return the rows of the view, as the macro ``totals_of_balances`` reckons them."""
        ids = ledger["entitlement_id"]
        marks = self._is_of_several[ledger["reason"]] | (ledger["rule"] == RuleId.B1.value)
        if not marks.any():
            return None
        several = np.unique(ids[marks])
        self._found.append(several)
        rows = np.flatnonzero(np.isin(ids, several) & (ledger["amount"] != 0))
        rows = rows[np.argsort(ledger["balance_id"][rows], kind="stable")]
        balances = ledger["balance_id"][rows]
        amounts, reasons = ledger["amount"][rows], ledger["reason"][rows]
        begins = np.flatnonzero(np.diff(balances, prepend=-1))
        totals = {"balance_id": balances[begins]}
        for name, is_meant in self._is.items():
            moved = np.where(is_meant[reasons], -amounts if name in _TAKEN else amounts, 0)
            totals[name] = np.add.reduceat(moved, begins) if len(begins) else moved
        return totals

    def _completed(self, connection: duckdb.DuckDBPyConnection) -> bool:
        """Return whether the balances of the run are those summed."""
        several = connection.execute(expanded(_OF_SEVERAL)).fetchnumpy()["entitlement_id"]
        found = np.sort(np.concatenate([*self._found, np.zeros(0, np.int64)]))
        return bool(np.array_equal(found, several))
