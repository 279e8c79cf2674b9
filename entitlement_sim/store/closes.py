"""The view ``terms_at_closes``, reckoned from blocks of the ledger while these are stored."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import duckdb
import numpy as np
from numpy.typing import NDArray

from ..rules.words import RuleId
from .kept import SCHEMA, table_of
from .views import expanded

_INSERT: Final = (
    f"INSERT INTO {SCHEMA}.terms_at_closes SELECT * REPLACE "
    "(CASE WHEN next_number > 0 THEN next_number END AS next_number) FROM totals"
)
_MEANINGS: Final = """
SELECT puts_in(reason) AS puts_in,
       rolls_over(reason) OR lapses(reason) OR is_settled(reason) AS is_of_blocks
FROM (SELECT unnest(enum_range(NULL::reason)) AS reason)
"""
#: Sums below this fit the decimals of the view, of whatever rows they are.
_TOO_LARGE: Final = 10**16
_MINUTES_A_DAY: Final = 24 * 60
_FIRST_MONTH: Final = 12 * 1970 + 1

Integers = NDArray[np.int64]


class TermsAtCloses:
    """Keeps the view while blocks of the ledger come.

    Parameters
    ----------
    connection : DuckDBPyConnection
        To the run's file, which has its types.
    run_begins : date
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, run_begins: date) -> None:
        connection.execute(f"CREATE SCHEMA {SCHEMA}; {table_of('terms_at_closes')}")
        meanings = connection.execute(expanded(_MEANINGS)).fetchnumpy()
        self._puts_in = np.asarray(meanings["puts_in"], np.bool_)
        self._is_of_blocks = np.asarray(meanings["is_of_blocks"], np.bool_)
        self._first_day = (run_begins - date(1970, 1, 1)).days
        self._last_id = -1
        self._is_given_up = False

    def add(self, cursor: duckdb.DuckDBPyConnection, ledger: Mapping[str, NDArray[Any]]) -> None:
        """Keep what rows come to, which have all movements of their entitlements."""
        ids, amounts = ledger["entitlement_id"], ledger["amount"]
        is_apart = int(ids.min()) <= self._last_id
        largest = max(int(amounts.max()), -int(amounts.min()))
        self._last_id = max(self._last_id, int(ids.max()))
        self._is_given_up |= is_apart or largest * len(amounts) >= _TOO_LARGE
        # What lapses, is settled or is promised of allowances takes more than sums so far.
        self._is_given_up |= bool(self._is_of_blocks[ledger["reason"]].any())
        self._is_given_up |= bool((ledger["rule"] == RuleId.B1.value).any())
        if not self._is_given_up:
            totals = self._totals(ledger)  # DuckDB finds them by this name
            cursor.execute(_INSERT)
            del totals

    def finish(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Keep nothing where movements came apart or not as they happened, or blocks close."""
        if self._is_given_up:
            connection.execute(f"DROP TABLE {SCHEMA}.terms_at_closes")

    def _totals(self, ledger: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Return the rows of the view, as the macro ``terms_so_far`` reckons them."""
        rows = np.flatnonzero(ledger["amount"])
        ids = ledger["entitlement_id"][rows]
        order = np.argsort(ids, kind="stable")
        rows, ids = rows[order], ids[order]
        numbers = self._close_numbers(ledger["happened_at"][rows] // _MINUTES_A_DAY)
        amounts = ledger["amount"][rows]
        put_in = np.where(self._puts_in[ledger["reason"][rows]], amounts, 0)
        begins = _changes(ids)
        self._is_given_up |= bool((~begins[1:] & (numbers[1:] < numbers[:-1])).any())
        closes = np.flatnonzero(begins | _changes(numbers))
        last = np.append(closes[1:], len(ids)) - 1
        is_next = np.append(~begins[closes[1:]], False)[: len(closes)]
        return {
            "entitlement_id": ids[closes],
            "number": numbers[closes],
            "next_number": np.where(is_next, np.append(numbers[closes[1:]], 0)[: len(closes)], 0),
            "used_100": _sums_so_far(put_in - amounts, begins)[last],
            "allotment_100": _sums_so_far(put_in, begins)[last],
            "lapsed_100": np.zeros(len(closes), np.int64),
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
