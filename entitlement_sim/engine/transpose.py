"""Records into columns.

The engine fills a row at a time, the store takes a column at a time. Copying field by field through
a whole array would fetch every record once a column; here a few hundred records at a time are taken
apart while they are in the processor's cache.
"""

import functools
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..population.compiling import kernel, part
from .columns import RECORDS
from .tables import COLUMNS, DTYPES

#: Words of each width in bytes.
_WORDS: Final[dict[int, type[np.generic]]] = {8: np.int64, 4: np.int32, 1: np.int8}
#: Records that are taken apart at a time.
_CHUNK: Final = 256


@part
def _take_words(words, places, out, first, last):
    """Copy the words at some places of a few records into rows of columns."""
    for column in range(places.shape[0]):
        place = np.uint64(places[column])
        for row in range(first, last):
            out[column, row] = words[row, place]


@kernel
def _take_apart(wide, wide_at, wide_out, half, half_at, half_out, byte, byte_at, byte_out):
    """Copy words of 64, 32 and 8 bits from rows of records into rows of columns."""
    rows = wide.shape[0]
    for first in range(0, rows, _CHUNK):
        last = min(first + _CHUNK, rows)
        _take_words(wide, wide_at, wide_out, first, last)
        _take_words(half, half_at, half_out, first, last)
        _take_words(byte, byte_at, byte_out, first, last)


@functools.cache
def _places(table: str, width: int) -> tuple[list[str], NDArray[np.int64]]:
    """Names and places of a table's own columns with fields of `width` bytes."""
    fields: Mapping[str, Any] = RECORDS[table].fields or {}
    names = [column.name for column in COLUMNS[table] if fields[column.name][0].itemsize == width]
    return names, np.array([fields[name][1] // width for name in names], np.int64)


@kernel
def _shift(numbers, offset):
    """Add an offset to numbers, and leave alone what stands for none."""
    for place in range(numbers.shape[0]):
        numbers[place] += offset if numbers[place] >= 0 else 0


class Columns:
    """Room for the columns of one table, used again for one block after the other."""

    def __init__(self, table: str, room: int) -> None:
        self.table = table
        self._room = [
            np.empty((len(_places(table, width)[0]), room), word) for width, word in _WORDS.items()
        ]

    def take(self, records: NDArray[np.void]) -> dict[str, NDArray[Any]]:
        """Return the table's columns as arrays of its own types, good until the next call."""
        count = len(records)
        arguments: list[NDArray[Any]] = []
        taken: dict[str, NDArray[Any]] = {}
        for (width, word), room in zip(_WORDS.items(), self._room, strict=True):
            names, places = _places(self.table, width)
            rows = records.view(word).reshape(count, records.dtype.itemsize // width)
            out = room[:, :count]
            arguments += [rows, places, out]
            taken |= dict(zip(names, out, strict=True))
        _take_apart(*arguments)
        fields = RECORDS[self.table]
        return {
            column.name: taken[column.name]
            .view(fields[column.name])
            .astype(DTYPES[column.kind], copy=False)
            for column in COLUMNS[self.table]
        }


def shift(numbers: NDArray[Any], offset: int) -> None:
    """Add an offset to numbers in their place; a negative one stands for none and stays."""
    _shift(numbers, offset)
