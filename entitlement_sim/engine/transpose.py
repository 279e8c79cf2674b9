"""Records into columns.

The engine fills a row at a time, the store takes a column at a time. Copying field by field through
a whole array would fetch every record once a column; here a few hundred records at a time are
transposed while they are in the processor's cache.
"""

import functools
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..compiling import part, rare_part
from .tables import COLUMNS
from .world import RECORDS

#: Words of each width in bytes.
_WORDS: Final[dict[int, type[np.generic]]] = {8: np.int64, 4: np.int32, 1: np.int8}
#: Records that are transposed at a time.
_CHUNK: Final = 256


@part
def _take_words(
    words: NDArray[Any],
    places: NDArray[np.int64],
    out: NDArray[Any],
    first: int,
    last: int,
    ahead: int,
) -> None:
    """Copy the words at some places of a few records into rows of columns, `ahead` further on."""
    for column in range(places.shape[0]):
        place = np.uint64(places[column])
        for row in range(first, last):
            out[column, np.uint64(row + ahead)] = words[row, place]


@rare_part
def transpose(views: tuple[NDArray[Any], ...], rows: int, ahead: int) -> None:
    """Copy the first `rows` records into columns, from place `ahead` on.

    `views` is what :meth:`Columns.views` gives: for words of 64, 32 and 8 bits the records as
    words, the places to take, and the columns.
    """
    wide, wide_at, wide_out, half, half_at, half_out, byte, byte_at, byte_out = views
    for first in range(0, rows, _CHUNK):
        last = min(first + _CHUNK, rows)
        _take_words(wide, wide_at, wide_out, first, last, ahead)
        _take_words(half, half_at, half_out, first, last, ahead)
        _take_words(byte, byte_at, byte_out, first, last, ahead)


@functools.cache
def _places(
    table: str, width: int, constant: frozenset[str]
) -> tuple[list[str], NDArray[np.int64]]:  # fmt: skip
    """Names and places of a table's own columns with fields of `width` bytes, but constant ones."""
    fields: Mapping[str, Any] = RECORDS[table].fields or {}
    names = [
        column.name
        for column in COLUMNS[table]
        if fields[column.name][0].itemsize == width and column.name not in constant
    ]
    return names, np.array([fields[name][1] // width for name in names], np.int64)


class Columns:
    """Room for the columns of one table, used again for one block after the other.

    Attributes
    ----------
    table : str
    room : int
        Rows that there is room for.
    constant : mapping of str to int, optional
        Values of columns in which every row of the run has the same: these are not copied.
    """

    def __init__(self, table: str, room: int, constant: Mapping[str, int] | None = None) -> None:
        self.table = table
        self.room = room
        self.constant = dict(constant or {})
        self._copied = {width: _places(table, width, frozenset(self.constant)) for width in _WORDS}
        self._out = [
            np.empty((len(self._copied[width][0]), room), word) for width, word in _WORDS.items()
        ]
        self._same = {
            column.name: _filled(self.constant[column.name], room, column.array_type)
            for column in COLUMNS[table]
            if column.name in self.constant
        }

    def views(self, records: NDArray[Any]) -> tuple[NDArray[Any], ...]:
        """Return what :func:`transpose` needs to copy records into these columns."""
        views: list[NDArray[Any]] = []
        for (width, word), out in zip(_WORDS.items(), self._out, strict=True):
            words = records.view(word).reshape(len(records), records.dtype.itemsize // width)
            views += [words, self._copied[width][1], out]
        return tuple(views)

    def grown(self, rows: int) -> "Columns":
        """Return columns with twice the room and the same first rows."""
        grown = Columns(self.table, 2 * self.room, self.constant)
        for old, new in zip(self._out, grown._out, strict=True):
            new[:, :rows] = old[:, :rows]
        return grown

    def first(self, rows: int) -> dict[str, NDArray[Any]]:
        """Return the first rows of the columns as arrays of the table's own types.

        They are good until the columns are used again; constant ones, which cannot be written to,
        are good for ever.
        """
        taken: dict[str, NDArray[Any]] = {}
        for width, out in zip(_WORDS, self._out, strict=True):
            taken |= dict(zip(self._copied[width][0], out[:, :rows], strict=True))
        fields = RECORDS[self.table]
        return {
            column.name: self._same[column.name][:rows]
            if column.name in self._same
            else taken[column.name].view(fields[column.name]).astype(column.array_type, copy=False)
            for column in COLUMNS[self.table]
        }


def _filled(value: int, room: int, array_type: str) -> NDArray[Any]:
    """Return an array that holds one value and can be handed on again and again."""
    same = np.full(room, value, array_type)
    same.flags.writeable = False
    return same


def columns_of(table: str, records: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """Return the columns of a table of few rows, as arrays of the table's own types."""
    return {
        column.name: records[column.name].astype(column.array_type) for column in COLUMNS[table]
    }
