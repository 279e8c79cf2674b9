"""What a run's file keeps of ``terms_at_closes``, reckoned from its ledger while that is stored.

Charts of revenue need the terms of every entitlement at every close; to sum ten million movements
for each of them takes longer than all the rest. What is kept is no part of the content: it stands
in a schema of its own, in none of the tables and hashes of a run, a run without it reckons the view
from its ledger, and :func:`~.verify.verify` holds what is kept against that.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import duckdb
import numpy as np
from numpy.typing import NDArray

from .views import expanded, view_files

#: Where it stands in a run's file.
KEPT: Final = "derived.terms_at_closes"

_VIEW: Final = "terms_at_closes"
_TABLE: Final = (
    f"CREATE TABLE {KEPT}(entitlement_id BIGINT, number INTEGER, next_number INTEGER, "
    "used_100 BIGINT, allotment_100 BIGINT)"
)
_INSERT: Final = (
    f"INSERT INTO {KEPT} SELECT * REPLACE (CASE WHEN next_number > 0 THEN next_number END "
    "AS next_number) FROM totals"
)
_MEANINGS: Final = """
SELECT puts_in(reason) AS puts_in, is_use(reason) OR is_brought_forward(reason) AS takes
FROM (SELECT unnest(enum_range(NULL::reason)) AS reason)
"""
#: Rows that are kept and do not follow from the ledger, or follow and are not kept.
_AMISS: Final = """
WITH metric_parameters AS (SELECT start_date AS run_begins FROM {schema}.run),
ledger AS (FROM {schema}.ledger),
reckoned AS (FROM terms_so_far())
SELECT count(*) FROM (
    (FROM {kept} EXCEPT ALL FROM reckoned) UNION ALL (FROM reckoned EXCEPT ALL FROM {kept})
)
"""
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
        connection.execute(f"CREATE SCHEMA derived; {_TABLE}")
        meanings = connection.execute(expanded(_MEANINGS)).fetchnumpy()
        self._puts_in = np.asarray(meanings["puts_in"], np.bool_)
        self._counts = self._puts_in | np.asarray(meanings["takes"], np.bool_)
        self._first_day = (run_begins - date(1970, 1, 1)).days
        self._last_id = -1
        self._is_apart = False

    def add(self, cursor: duckdb.DuckDBPyConnection, ledger: Mapping[str, NDArray[Any]]) -> None:
        """Keep what rows come to, which have all movements of their entitlements."""
        ids = ledger["entitlement_id"]
        self._is_apart |= bool(ids.min() <= self._last_id)
        self._last_id = max(self._last_id, int(ids.max()))
        if not self._is_apart:
            totals = self._totals(ledger)  # DuckDB finds them by this name
            cursor.execute(_INSERT)
            del totals

    def finish(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Keep nothing where the movements of an entitlement came apart."""
        if self._is_apart:
            connection.execute("DROP SCHEMA derived CASCADE")

    def _totals(self, ledger: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Return the rows of the view, as the macro ``terms_so_far`` reckons them."""
        rows = np.flatnonzero((ledger["amount"] != 0) & self._counts[ledger["reason"]])
        ids = ledger["entitlement_id"][rows]
        order = np.argsort(ids, kind="stable")
        rows, ids = rows[order], ids[order]
        numbers = self._close_numbers(ledger["happened_at"][rows] // _MINUTES_A_DAY)
        amounts = ledger["amount"][rows]
        put_in = np.where(self._puts_in[ledger["reason"][rows]], amounts, 0)
        begins = _changes(ids)
        closes = np.flatnonzero(begins | _changes(numbers))
        last = np.append(closes[1:], len(ids)) - 1
        is_next = np.append(~begins[closes[1:]], False)[: len(closes)]
        return {
            "entitlement_id": ids[closes],
            "number": numbers[closes],
            "next_number": np.where(is_next, np.append(numbers[closes[1:]], 0)[: len(closes)], 0),
            "used_100": _sums_so_far(put_in - amounts, begins)[last],
            "allotment_100": _sums_so_far(put_in, begins)[last],
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
    sums = np.cumsum(amounts)
    first = np.flatnonzero(begins)
    before = np.where(first > 0, sums[first - 1], 0) if len(first) else sums[:0]
    return sums - np.repeat(before, np.diff(np.append(first, len(amounts))))


def is_kept(connection: duckdb.DuckDBPyConnection, database: str) -> bool:
    """Say whether a run's file keeps the view, in a table as this version writes it."""
    tables = connection.execute(
        "SELECT sql FROM duckdb_tables() WHERE database_name = ? "
        "AND schema_name || '.' || table_name = ?",
        [database, KEPT],
    ).fetchall()
    return [sql.rstrip(";") for (sql,) in tables] == [_TABLE]


def view_over_kept(database: str) -> str:
    """Return the statements that put what is kept in the place of the view."""
    made, _, comments = view_files()[_VIEW].partition(";\n")
    del made
    return f"CREATE OR REPLACE VIEW {_VIEW} AS FROM {database}.{KEPT};\n{comments}"


def count_amiss(connection: duckdb.DuckDBPyConnection, database: str) -> int:
    """Return how many rows differ between what is kept and what the ledger comes to."""
    schema, kept = f"{database}.main", f"{database}.{KEPT}"
    query = expanded(_AMISS).replace("{schema}", schema).replace("{kept}", kept)
    [(count,)] = connection.execute(query).fetchall()
    return int(count)
