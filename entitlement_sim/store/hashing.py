"""The content hash of a run: equal for equal rows in equal order, however they came.

Every cell is a 64-bit number: the engine's own, the bits of a real, the digest of a code's label or
of a text.
A row is the sum of its cells, each times an odd key of its column; a table is the sum of its rows,
each scrambled together with its place. Sums do not care how rows were cut into blocks, and a
changed cell always changes its row. SHA-256 then ties the sum to the names and the number of rows.
This guards against accidents (a change escapes with a chance of 1 in 2^64), not against forgery.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..engine.tables import NONE, Column
from .formats import TODAY, Format
from .schema import OwnLabels, labels_of

#: Rows that are worked on at a time: few enough to stay in the processor's cache.
_STRIP: Final = 32_768

_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_SCRAMBLE_1: Final = np.uint64(0xBF58476D1CE4E5B9)
_SCRAMBLE_2: Final = np.uint64(0x94D049BB133111EB)
_30, _27, _31 = np.uint64(30), np.uint64(27), np.uint64(31)


def _sum_rows(rows: NDArray[np.uint64], first: int) -> int:
    """Add the rows up, each scrambled (by the finaliser of SplitMix64) with its place."""
    words = np.arange(first + 1, first + 1 + rows.size, dtype=np.uint64)
    words *= _GOLDEN
    words += rows
    words ^= words >> _30
    words *= _SCRAMBLE_1
    words ^= words >> _27
    words *= _SCRAMBLE_2
    words ^= words >> _31
    return int(words.sum(dtype=np.uint64))


def _word(*parts: str) -> np.uint64:
    """Return 64 bits that depend on the texts alone."""
    digest = hashlib.sha256("\0".join(parts).encode()).digest()
    return np.uint64(int.from_bytes(digest[:8], "little"))


def _key(*parts: str) -> np.uint64:
    """Return an odd word: times such a one, no two cells become the same."""
    return _word(*parts) | np.uint64(1)


class TableHash:
    """Content hash of one of the engine's tables, fed block by block in the order of rows.

    Parameters
    ----------
    table : str
    own : Mapping of str to sequence of str
        Labels that are the run's own, in order: those of its segments.
    layout : Format, optional
        The tables as they were in some version of the format; by default as they are today.
    """

    def __init__(self, table: str, own: OwnLabels, layout: Format = TODAY) -> None:
        self._table = table
        self._columns = layout.columns[table]
        self._keys = [_key(table, column.name) for column in self._columns]
        self._digests = {
            column.name: _label_digests(layout.labels.get(column.enum) or labels_of(column, own))
            for column in self._columns
            if column.kind == "code"
        }
        self._rows = 0
        self._total = 0

    @property
    def rows(self) -> int:
        """Number of rows so far."""
        return self._rows

    def add(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Add rows: equally long arrays by column, in the engine's types."""
        count = len(arrays[self._columns[0].name])
        cells = [self._cells(column, arrays) for column in self._columns]
        for begin in range(0, count, _STRIP):
            self._add_strip([part[begin : begin + _STRIP] for part in cells])

    def digest(self) -> str:
        """Return the hash of everything added, 64 hexadecimal digits."""
        return _sha256(
            {
                "table": self._table,
                "columns": [[column.name, column.kind] for column in self._columns],
                "rows": self._rows,
                "sum": self._total,
            }
        )

    def _cells(self, column: Column, arrays: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
        cells = arrays[column.name]
        if column.kind == "real":
            return np.ascontiguousarray(cells).view(np.int64)
        if column.null_with:
            return np.where(arrays[column.null_with] == NONE, cells.dtype.type(0), cells)
        return np.ascontiguousarray(cells)

    def _add_strip(self, cells: Sequence[NDArray[Any]]) -> None:
        rows = np.zeros(len(cells[0]), np.uint64)
        for column, part, key in zip(self._columns, cells, self._keys, strict=True):
            if column.kind == "code":
                rows += (self._digests[column.name] * key)[part.astype(np.intp) + 1]
            else:
                words = part.astype(np.int64).view(np.uint64)
                words *= key
                rows += words
        self._total = (self._total + _sum_rows(rows, self._rows)) % 2**64
        self._rows += len(rows)


def hash_rows(table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return the hash of a small table whose rows are plain Python values."""
    return _sha256({"table": table, "columns": list(columns), "rows": [list(row) for row in rows]})


def hash_of_tables(digests: Mapping[str, str]) -> str:
    """Return the content hash of a run, of the hashes of its tables."""
    return _sha256(dict(digests))


def _label_digests(labels: Sequence[str]) -> NDArray[np.uint64]:
    """Return a word for NULL and one for each label, so that code + 1 is the place."""
    words = [_word("null"), *(_word("label", label) for label in labels)]
    return np.array(words, np.uint64)


def _sha256(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()
