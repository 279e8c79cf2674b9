"""From the engine's arrays to columns of Arrow, with the types and words of a run's tables."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..engine.tables import NO_AMOUNT, NO_TIME, NONE, Column
from .schema import OwnLabels, labels_of

_MICROSECONDS_A_MINUTE: Final = 60_000_000

#: Types of columns by their kind; codes are words.
_TYPES: Final = {
    "int32": pa.int32(),
    "int64": pa.int64(),
    "day": pa.date32(),
    "minute": pa.timestamp("us"),
    "amount": pa.decimal128(18, 2),
    "weight": pa.decimal128(5, 2),
    "flag": pa.bool_(),
    "real": pa.float64(),
}

#: Most hundredths in a column of decimals, as in a run in DuckDB.
_MOST: Final = {"amount": 10**16 - 1, "weight": 10**5 - 1}


def schema_of(columns: Sequence[Column]) -> pa.Schema:
    """Return the schema of a table that the engine fills."""
    return pa.schema([(column.name, _type_of(column)) for column in columns])


def arrow_table(
    columns: Sequence[Column], own: OwnLabels, arrays: Mapping[str, NDArray[Any]]
) -> pa.Table:
    """Return the engine's arrays as a table of Arrow; most columns share their memory.

    Parameters
    ----------
    columns : sequence of Column
    own : Mapping of str to sequence of str
        Labels that are the run's own.
    arrays : Mapping of str to ndarray
        Equally long arrays by column, in the engine's types.
    """
    made = [_array(column, own, arrays) for column in columns]
    return pa.Table.from_arrays(made, schema=schema_of(columns))


def _type_of(column: Column) -> pa.DataType:
    if column.kind == "code":
        codes = pa.int32() if column.array_type == "int32" else pa.int8()
        return pa.dictionary(codes, pa.string())
    return _TYPES[column.kind]


def _array(column: Column, own: OwnLabels, arrays: Mapping[str, NDArray[Any]]) -> pa.Array:
    values = np.ascontiguousarray(arrays[column.name])
    is_null = _nulls(column, arrays)
    valid = None if is_null is None else _bits(~is_null)
    kind = _type_of(column)
    if column.kind == "code":
        codes = _from_buffers(kind.index_type, valid, values)
        return pa.DictionaryArray.from_arrays(codes, pa.array(labels_of(column, own), pa.string()))
    if column.kind == "minute":
        values = values.astype(np.int64) * _MICROSECONDS_A_MINUTE
    elif column.kind in _MOST:
        _check_fits(column, values, is_null)
        values = _of_128_bits(values)
    elif column.kind == "flag":
        return pa.Array.from_buffers(kind, len(values), [valid, _bits(values == 1)])
    return _from_buffers(kind, valid, values)


def _nulls(column: Column, arrays: Mapping[str, NDArray[Any]]) -> NDArray[np.bool_] | None:
    """Return which values are NULL; None where none is."""
    if column.null_with:
        is_null = arrays[column.null_with] == NONE
    elif column.nullable:
        is_null = arrays[column.name] == _sentinel(column)
    else:
        return None
    return is_null if is_null.any() else None


def _check_fits(column: Column, values: NDArray[Any], is_null: NDArray[np.bool_] | None) -> None:
    """Stop what does not fit the decimals of its column, which Arrow does not look at."""
    if is_null is not None:
        values = values[~is_null]
    most = _MOST[column.kind]
    if len(values) and not -most <= values.min() <= values.max() <= most:
        raise ValueError(f"{column.name} has an amount that its DECIMAL does not hold")


def _sentinel(column: Column) -> int:
    if column.kind == "amount":
        return NO_AMOUNT
    return NO_TIME if column.kind in ("day", "minute") else NONE


def _of_128_bits(values: NDArray[Any]) -> NDArray[np.int64]:
    """Return whole numbers as decimals have them: the lower and the upper 64 bits."""
    wide = np.empty((len(values), 2), np.int64)
    wide[:, 0] = values
    np.right_shift(wide[:, 0], 63, out=wide[:, 1])
    return wide


def _bits(flags: NDArray[np.bool_]) -> pa.Buffer:
    return pa.py_buffer(np.packbits(flags, bitorder="little"))


def _from_buffers(kind: pa.DataType, valid: pa.Buffer | None, values: NDArray[Any]) -> pa.Array:
    return pa.Array.from_buffers(kind, len(values), [valid, pa.py_buffer(values)])
