"""The view ``terms_at_closes``, reckoned from blocks of the ledger while these are stored."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import duckdb
import numpy as np
from numpy.typing import NDArray

from .kept import SCHEMA
from .ledger_blocks import KeptOfLedger

#: What entitlements with an allowance have used and hold is known by what their terms promise.
_BY_PROMISES: Final = f"""
UPDATE {SCHEMA}.terms_at_closes AS terms
SET used_100 = least(terms.used_100, terms.allotment_100 - terms.lapsed_100),
    allotment_100 = (promised_terms * 100)::BIGINT
FROM entitlements
WHERE entitlements.entitlement_id = terms.entitlement_id AND promised_terms IS NOT NULL
"""
_HAS_PROMISES: Final = "SELECT 1 FROM entitlements WHERE promised_terms IS NOT NULL LIMIT 1"
_MINUTES_A_DAY: Final = 24 * 60
_FIRST_MONTH: Final = 12 * 1970 + 1

Integers = NDArray[np.int64]


class TermsAtCloses(KeptOfLedger):
    """Keeps the view while blocks of the ledger come.

    Parameters
    ----------
    connection : DuckDBPyConnection
        To the run's file, which has its types.
    run_begins : date
    """

    view = "terms_at_closes"
    meanings = """
    SELECT puts_in(reason) AS puts_in, rolls_over(reason) AS rolls_over, lapses(reason) AS lapses,
           lapses(reason) OR is_settled(reason) AS is_of_day_before
    """
    selected = (
        "SELECT * REPLACE (CASE WHEN next_number > 0 THEN next_number END AS next_number) "
        "FROM totals"
    )

    def __init__(self, connection: duckdb.DuckDBPyConnection, run_begins: date) -> None:
        super().__init__(connection)
        self._first_day = (run_begins - date(1970, 1, 1)).days

    def _completed(self, connection: duckdb.DuckDBPyConnection) -> bool:
        """Reckon anew what is known by promises."""
        if connection.execute(_HAS_PROMISES).fetchall():
            connection.execute(_BY_PROMISES)
        return True

    def _totals(self, ledger: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Return the rows of the view, as the macro ``terms_so_far`` reckons them of no promise."""
        rows = np.flatnonzero((ledger["amount"] != 0) & ~self._is["rolls_over"][ledger["reason"]])
        ids, reasons = ledger["entitlement_id"][rows], ledger["reason"][rows]
        days = ledger["happened_at"][rows] // _MINUTES_A_DAY
        numbers = self._close_numbers(days - self._is["is_of_day_before"][reasons])
        order = np.argsort(ids, kind="stable")
        # What lapses is of the close before: what came back later may stand ahead of it.
        is_later = (ids[order[1:]] == ids[order[:-1]]) & (numbers[order[1:]] < numbers[order[:-1]])
        if is_later.any():
            order = np.lexsort((numbers, ids))
        ids, numbers, reasons = ids[order], numbers[order], reasons[order]
        amounts = ledger["amount"][rows[order]]
        put_in = np.where(self._is["puts_in"][reasons], amounts, 0)
        lapsed = np.where(self._is["lapses"][reasons], -amounts, 0)
        begins = _changes(ids)
        closes = np.flatnonzero(begins | _changes(numbers))
        last = np.append(closes[1:], len(ids)) - 1
        is_next = np.append(~begins[closes[1:]], False)[: len(closes)]
        return {
            "entitlement_id": ids[closes],
            "number": numbers[closes],
            "next_number": np.where(is_next, np.append(numbers[closes[1:]], 0)[: len(closes)], 0),
            "used_100": _sums_so_far(put_in - amounts - lapsed, begins)[last],
            "allotment_100": _sums_so_far(put_in, begins)[last],
            "lapsed_100": _sums_so_far(lapsed, begins)[last],
        }

    def _close_numbers(self, days: NDArray[Any]) -> NDArray[np.int32]:
        """Return the numbers of the closes up to which days since 1970 belong."""
        if not len(days):
            return np.zeros(0, np.int32)
        earliest = max(int(days.min()), self._first_day)
        calendar = np.arange(earliest, max(int(days.max()), earliest) + 1)
        months = calendar.astype("datetime64[D]").astype("datetime64[M]").astype(np.int32)
        numbers = months + np.int32(_FIRST_MONTH)
        opening = np.datetime64(self._first_day, "D").astype("datetime64[M]").astype(int)
        return np.where(
            days < self._first_day,
            np.int32(opening + _FIRST_MONTH - 1),
            numbers[np.maximum(days - earliest, 0)],
        )


def _changes(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Return where a value differs from the one before it; the first one does."""
    changes = np.ones(len(values), np.bool_)
    np.not_equal(values[1:], values[:-1], out=changes[1:])
    return changes


def _sums_so_far(amounts: Integers, begins: NDArray[np.bool_]) -> Integers:
    """Return running sums that begin anew where `begins` says so."""
    sums: Integers = np.cumsum(amounts, dtype=np.int64)
    first = np.flatnonzero(begins)
    before = np.where(first > 0, sums[first - 1], 0) if len(first) else sums[:0]
    before_each: Integers = np.repeat(before, np.diff(np.append(first, len(amounts))))
    return np.subtract(sums, before_each)
